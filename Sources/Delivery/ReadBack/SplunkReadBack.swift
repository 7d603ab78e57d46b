import DeliveryWire
import MerkleLog

extension SplunkSink: ReadBack {
    /// How many indexes one search is about; fewer after Splunk gave fewer rows than it found.
    private static let windows: [UInt64] = [100_000, 10_000, 1000]
    /// Largest answer that is read, in bytes: a row is about 250.
    private static let longestAnswer = 64 << 20
    /// How long a search may take.
    private static let longestSearch = Duration.seconds(600)
    /// Most arrivals that are told at a time.
    private static let atOnce: UInt64 = 4096

    /// Asks the search export (`POST services/search/v2/jobs/export`), range by range. It finds what is indexed, still kept, and
    /// what the token's role may search.
    public func arrivals(in range: Range<UInt64>, _ each: ([Arrival]) async throws -> Void) async throws {
        guard let search = settings.search else {
            throw ReadBackError.notConfigured("its settings have no searchUrl and searchToken, which searching takes")
        }
        let query: SplunkSearch
        do throws(SplunkSearchError) {
            query = try SplunkSearch(
                index: settings.origin.index,
                source: settings.origin.source,
                ledger: shaping.ledger
            )
        } catch { throw ReadBackError.notConfigured("\(error)") }
        let standing = try await export(query.standing, search) { body throws(SplunkSearchError) in
            try SplunkExport.standing(body)
        }
        // A role that may not search an index gets no error, but nothing.
        guard standing.events > 0 else {
            throw ReadBackError.failed(
                "Splunk shows nothing at all of this ledger: see that index and source are those of the events, and that the role "
                    + "of searchToken may search the index"
            )
        }
        try await tell(.unknown, standing.strays, each)
        var windows = Self.windows[...]
        var first = range.lowerBound
        while first < range.upperBound, let window = windows.first {
            let end = min(range.upperBound, first + min(window, range.upperBound - first))
            let records: [SplunkExport.Record]
            do {
                records = try await export(query.records(first..<end), search) { body throws(SplunkSearchError) in
                    try SplunkExport.records(body)
                }
            } catch SplunkSearchError.limited where windows.count > 1 {
                windows.removeFirst()
                continue
            } catch let error as SplunkSearchError { throw ReadBackError.failed("\(error)") }
            var arrivals: [Arrival] = []
            for record in records {
                let hash = Hash(base64: record.hash)
                guard let arrival = Arrival(recordID: record.id, ledger: shaping.ledger, leafHash: hash) else {
                    continue
                }
                if record.count > 1 { try await tell(arrival, record.count - 1, each) }
                arrivals.append(arrival)
                if arrivals.count >= Self.atOnce {
                    try await each(arrivals)
                    arrivals = []
                }
            }
            try await each(arrivals)
            first = end
        }
    }

    private func tell(
        _ arrival: Arrival,
        _ count: UInt64,
        _ each: ([Arrival]) async throws -> Void
    ) async throws {
        var left = count
        while left > 0 {
            let some = min(left, Self.atOnce)
            try await each(Array(repeating: arrival, count: Int(some)))
            left -= some
        }
    }

    /// Runs a search to its end.
    /// - Throws: ``ReadBackError``, or `SplunkSearchError.limited`.
    private func export<Answer>(
        _ query: String,
        _ search: Search,
        _ read: ([UInt8]) throws(SplunkSearchError) -> Answer
    ) async throws -> Answer {
        // The times are those of the records. Without a latest one, what a clock ahead of Splunk's has written would be left out.
        let form = [
            ("search", query), ("earliest_time", "0"), ("latest_time", "2147483647"), ("output_mode", "json"),
        ]
        // Version 1 is of Splunks before 9.0.1.
        var reply = try await post("/services/search/v2/jobs/export", form, search)
        if reply.status == 404 { reply = try await post("/services/search/jobs/export", form, search) }
        guard reply.status == 200 else {
            throw ReadBackError.failed(
                reply.detail(hiding: [search.token], sent: [])?.description ?? "status \(reply.status)"
            )
        }
        do throws(SplunkSearchError) { return try read(reply.body) } catch {
            if case .limited = error { throw error }
            throw ReadBackError.failed("\(error)")
        }
    }

    private func post(_ path: String, _ form: [(String, String)], _ search: Search) async throws -> SinkHTTP.Reply {
        let result = await SinkHTTP.post(
            http,
            search.url.description + path,
            headers: [
                ("authorization", "Bearer \(search.token)"), ("content-type", "application/x-www-form-urlencoded"),
            ],
            body: FormBody.encoded(form),
            timeout: Self.longestSearch,
            longest: Self.longestAnswer
        )
        switch result {
        case .success(let reply): return reply
        case .failure(let failure): throw ReadBackError.failed(failure.verdict.reason)
        }
    }
}
