import DeliveryWire
import JSON

extension DatadogSink: ReadBack {
    /// Logs in one page; Datadog gives 1,000 at the most.
    private static var page: Int { 500 }
    /// Longest page that is read, in bytes.
    private static var longestPage: Int { 32 << 20 }

    /// Asks the logs search API (`POST /api/v2/logs/events/search`), page by page. It finds what is indexed and still kept;
    /// `ledgerIndex` must be a measure there.
    public func arrivals(in range: Range<UInt64>, _ each: ([Arrival]) async throws -> Void) async throws {
        guard let search = settings.search else {
            throw ReadBackError.notConfigured("its settings have no applicationKey, which searching takes")
        }
        guard !range.isEmpty else { return }
        let query =
            "source:muniment @ledger:\"\(shaping.ledger)\" @ledgerIndex:[\(range.lowerBound) TO \(range.upperBound - 1)]"
        var cursor: String?
        repeat {
            let (arrivals, next) = try await page(query, after: cursor, search)
            try await each(arrivals)
            guard next != cursor || next == nil else {
                throw ReadBackError.failed("Datadog gave the same cursor twice")
            }
            cursor = next
        } while cursor != nil
    }

    private func page(
        _ query: String,
        after cursor: String?,
        _ search: Search
    ) async throws -> (arrivals: [Arrival], next: String?) {
        var page: [String: JSONValue] = ["limit": .integer(Int64(Self.page))]
        if let cursor { page["cursor"] = .string(cursor) }
        let body: JSONValue = [
            "filter": ["query": .string(query), "from": "1970-01-01T00:00:00Z", "to": "now"], "sort": "timestamp",
            "page": .object(page),
        ]
        let result = await SinkHTTP.post(
            http,
            search.url.description + "/api/v2/logs/events/search",
            headers: [
                ("dd-api-key", settings.apiKey), ("dd-application-key", search.applicationKey),
                ("content-type", "application/json"),
            ],
            body: try body.canonicalBytes(),
            timeout: settings.timeout,
            longest: Self.longestPage
        )
        switch result {
        case .failure(let failure): throw ReadBackError.failed(failure.verdict.reason)
        case .success(let reply):
            guard reply.status == 200 else {
                throw ReadBackError.failed(
                    reply.detail(hiding: [settings.apiKey, search.applicationKey], sent: [])?.description
                        ?? "status \(reply.status)"
                )
            }
            guard let value = try? JSONValue(parsing: reply.body), let logs = value["data"]?.array,
                value["meta"]?["status"]?.string ?? "done" == "done"
            else { throw ReadBackError.failed("Datadog's search did not finish") }
            let arrivals = logs.compactMap { log in
                Arrival(written: log["attributes"]?["attributes"] ?? .null, ledger: shaping.ledger)
            }
            return (arrivals, value["meta"]?["page"]?["after"]?.string)
        }
    }
}
