import Gzip
import JSON
import NIOHTTP1
import Synchronization

/// A pretend Datadog logs intake, version 2: limits, truncation and the time window as Datadog documents them. It keeps what it is
/// sent, and what is sent twice twice.
public final class DatadogReceiver: Sendable {
    /// How it is set up.
    public struct Configuration: Sendable {
        /// The address to listen on.
        public var host = "127.0.0.1"
        /// The port; 0 takes a free one, and keeps it over restarts.
        public var port = 0
        /// The key that is accepted.
        public var apiKey = "sandbox-datadog-key"
        /// The application key that searches are accepted with.
        public var applicationKey = "sandbox-datadog-application"
        /// Milliseconds since 1970, by which entries are too old.
        public var now: @Sendable () -> Int64

        /// The defaults, with a clock.
        public init(now: @escaping @Sendable () -> Int64) { self.now = now }
    }

    /// An entry as it was stored.
    public struct Entry: Sendable, Hashable {
        /// Its JSON text, cut where Datadog cuts.
        public let json: String
        /// `recordId`, when there is one.
        public let recordID: String?
        /// Whether it was cut.
        public let isTruncated: Bool
        /// Whether its own time was replaced by that of arrival.
        public let lostItsTime: Bool
    }

    /// Opens for replies that are held.
    public let gate = SandboxGate()

    private static let maximumEntry = 1_000_000
    private static let maximumBody = 5_000_000
    private static let maximumCount = 1000
    private static let window: Int64 = 18 * 3_600_000

    private let configuration: Mutex<Configuration>
    private let stored = Mutex<[Entry]>([])
    private let requests = Mutex(0)
    private let server = ReceiverServer()
    private let faults = ReceiverFaults()

    /// Makes a receiver that does not listen yet.
    public init(_ configuration: Configuration) { self.configuration = Mutex(configuration) }

    /// Listens and serves until ``stop()``.
    /// - Throws: the network's error when the port is taken.
    public func start() async throws {
        let (host, port) = configuration.withLock { ($0.host, $0.port) }
        try await server.start(host: host, port: port) { [self] request in await respond(to: request) }
        if let port = server.port { configuration.withLock { $0.port = port } }
    }

    /// Dies: connections break. What was answered with success stays.
    public func stop() async { await server.stop() }

    /// Base URL; nil when it does not listen.
    public var url: String? { server.port.map { port in "http://\(configuration.withLock(\.host)):\(port)" } }

    /// Orders a fault.
    public func inject(_ fault: ReceiverFault, times: Int = 1) { faults.order(fault, times: times) }

    /// Changes how it is set up.
    public func change(_ change: (inout Configuration) -> Void) { configuration.withLock { change(&$0) } }

    /// What is stored, in the order of arrival, duplicates included.
    public var entries: [Entry] { stored.withLock { $0 } }

    /// Requests so far.
    public var requestCount: Int { requests.withLock { $0 } }

    private func respond(to request: Request) async -> Response {
        if request.segments == ["api", "v2", "logs", "events", "search"] { return search(request) }
        guard request.segments == ["api", "v2", "logs"] else { return Self.failure(404, "Not Found") }
        guard request.method == "POST" else { return Self.failure(405, "Method Not Allowed") }
        requests.withLock { $0 += 1 }
        let fault = faults.next()
        switch fault {
        case .cutBefore: return Response(200, body: .none)
        case .html: return .html(200, "Sign in")
        case .refuse(let status, let retryAfter):
            var response = Self.failure(status, "Made to fail")
            if let retryAfter { response.headers.replaceOrAdd(name: "retry-after", value: String(retryAfter)) }
            return response
        default: break
        }
        let response = receive(request)
        if fault == .cutAfter { return Response(200, body: .none) }
        if fault == .hold { await gate.pass() }
        return response
    }

    private func receive(_ request: Request) -> Response {
        guard let key = request.headers.first(name: "dd-api-key") else { return Self.failure(401, "Unauthorized") }
        let (apiKey, now) = configuration.withLock { ($0.apiKey, $0.now) }
        guard key == apiKey else { return Self.failure(403, "Forbidden") }
        var body = request.body
        if request.headers.first(name: "content-encoding")?.lowercased() == "gzip" {
            do {
                body = try Gzip.decompress(body, maximum: Self.maximumBody)
            } catch .tooLarge {
                return Self.failure(413, "Payload too big")
            } catch {
                return Self.failure(400, "Bad Request")
            }
        }
        guard body.count <= Self.maximumBody else { return Self.failure(413, "Payload too big") }
        guard let value = try? JSONValue(parsing: body) else { return Self.failure(400, "Bad Request") }
        let items = value.array ?? [value]
        guard !items.isEmpty, items.allSatisfy({ $0.object != nil }) else { return Self.failure(400, "Bad Request") }
        guard items.count <= Self.maximumCount else { return Self.failure(413, "Payload too big") }
        let arrival = now()
        stored.withLock { stored in
            for item in items { stored.append(Self.entry(item, arrival: arrival)) }
        }
        return Response(202, [:])
    }

    // MARK: Search

    /// Loses entries, as by a filter of the index or the end of its retention.
    public func lose(_ isLost: (Entry) -> Bool) { stored.withLock { $0.removeAll(where: isLost) } }

    /// `POST /api/v2/logs/events/search` as Datadog documents it, for the queries that name a ledger and a range of indexes.
    private func search(_ request: Request) -> Response {
        guard request.method == "POST" else { return Self.failure(405, "Method Not Allowed") }
        let (apiKey, applicationKey) = configuration.withLock { ($0.apiKey, $0.applicationKey) }
        guard request.headers.first(name: "dd-api-key") == apiKey,
            request.headers.first(name: "dd-application-key") == applicationKey
        else { return Self.failure(403, "Forbidden") }
        guard let body = try? JSONValue(parsing: request.body), let query = body["filter"]?["query"]?.string,
            let parts = query.wholeMatch(of: /source:muniment @ledger:"([^"]*)" @ledgerIndex:\[(\d+) TO (\d+)\]/),
            let first = Int64(parts.2), let last = Int64(parts.3)
        else { return Self.failure(400, "Bad Request") }
        let limit = body["page"]?["limit"]?.integer.map { Int($0) } ?? 10
        let from = body["page"]?["cursor"]?.string.map { Int($0) ?? -1 } ?? 0
        guard (1...1000).contains(limit), from >= 0 else { return Self.failure(400, "Bad Request") }
        let found = stored.withLock { $0 }.compactMap { try? JSONValue(parsing: $0.json) }.filter { entry in
            guard let index = entry["ledgerIndex"]?.integer else { return false }
            return entry["ledger"]?.string == String(parts.1) && (first...max(first, last)).contains(index)
        }
        let page = found.dropFirst(from).prefix(limit)
        var meta: [String: JSONValue] = ["status": "done"]
        if from + page.count < found.count { meta["page"] = ["after": .string(String(from + page.count))] }
        let data = page.map { entry -> JSONValue in ["type": "log", "attributes": ["attributes": entry]] }
        let answer: JSONValue = ["data": .array(data), "meta": .object(meta)]
        return Response(200, body: .whole((try? answer.canonicalBytes()) ?? []), type: "application/json")
    }

    private static func entry(_ item: JSONValue, arrival: Int64) -> Entry {
        let json = (try? item.canonicalBytes()) ?? []
        // A time in milliseconds; an entry without one is of now.
        let time = item["timestamp"]?.integer ?? arrival
        return Entry(
            json: String(decoding: json.prefix(maximumEntry), as: UTF8.self),
            recordID: item["recordId"]?.string,
            isTruncated: json.count > maximumEntry,
            lostItsTime: arrival - time > window
        )
    }

    private static func failure(_ status: Int, _ text: String) -> Response {
        Response(status, ["errors": [["status": .string(String(status)), "title": .string(text)]]])
    }
}
