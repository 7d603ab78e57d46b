import Synchronization

/// A pretend Splunk HTTP Event Collector that answers as Splunk was recorded to, including where it says "Success" and keeps less
/// than it was sent.
///
/// It takes the place of Splunk in tests and demonstrations; no real one is at hand there. What it does differently is a
/// defect.
public final class HECReceiver: Sendable {
    /// Whose behaviour it shows where the two differ.
    public enum Flavour: Sendable, Hashable {
        /// Splunk Enterprise: 413 above `max_content_length`, code 10 without a channel.
        case enterprise
        /// Splunk Cloud: code 6 naming event 0 above its limit, code 28 without a channel.
        case cloud
    }

    /// How it is set up.
    public struct Configuration: Sendable {
        /// The address to listen on.
        public var host = "127.0.0.1"
        /// The port; 0 takes a free one, and keeps it over restarts.
        public var port = 0
        /// The token that is accepted.
        public var token = "00000000-0000-4000-8000-000000000001"
        /// Whether the token is disabled.
        public var tokenIsDisabled = false
        /// Whether the token uses indexer acknowledgement.
        public var acknowledges = true
        /// Whether what is received is stored, and acknowledged, at once; else by ``HECReceiver/settle()``.
        public var settlesAtOnce = true
        /// Indexes that the token may write to; nil for all.
        public var indexes: Set<String>?
        /// Records that it refuses as badly formed.
        public var refusedRecords: Set<String> = []
        /// The token that searches are accepted with.
        public var searchToken = "sandbox-splunk-search"
        /// Whether it is 9.0.1 or later, which has version 2 of the search export.
        public var hasSearchVersion2 = true
        /// Most rows of a search's answer.
        public var maximumRows = Int.max
        /// Whose behaviour it shows.
        public var flavour = Flavour.enterprise
        /// The largest body before compression, in bytes; nil for the flavour's own: 838,860,800 and 5,500,000.
        public var maximumBytes: Int?

        /// The defaults.
        public init() {}
    }

    /// An event as it was stored.
    public struct Event: Sendable, Hashable {
        /// The envelope's JSON text.
        public var json: String
        /// `fields.recordId`, when there is one.
        public var recordID: String?
        /// The channel that it came on.
        public var channel: String?
    }

    /// Opens for replies that are held.
    public let gate = SandboxGate()

    private let state: Mutex<HECState>
    private let server = ReceiverServer()
    private let faults = ReceiverFaults()
    private let searchFault = Mutex<SplunkSearchFault?>(nil)

    /// Makes a receiver that does not listen yet.
    public init(_ configuration: Configuration = Configuration()) {
        state = Mutex(HECState(configuration: configuration))
    }

    /// Listens and serves until ``stop()``.
    /// - Throws: the network's error when the port is taken.
    public func start() async throws {
        let (host, port) = state.withLock { ($0.configuration.host, $0.configuration.port) }
        try await server.start(host: host, port: port) { [self] request in await respond(to: request) }
        // A receiver that comes back has to be where it was.
        if let port = server.port { state.withLock { $0.configuration.port = port } }
    }

    /// Dies: connections break, and what was received and not stored is lost. Acknowledgement ids begin anew.
    public func stop() async {
        await server.stop()
        state.withLock { $0.restart() }
    }

    /// Base URL, such as `http://127.0.0.1:8088`; nil when it does not listen.
    public var url: String? {
        server.port.map { port in "http://\(state.withLock { $0.configuration.host }):\(port)" }
    }

    /// Stores what was received and lets it be acknowledged.
    public func settle() { state.withLock { $0.settle() } }

    /// Loses its memory of acknowledgements and counts anew, while it goes on serving; what was not stored is lost.
    public func forget() { state.withLock { $0.restart() } }

    /// Changes how it is set up: a disabled token, acknowledgements switched off.
    public func change(_ change: (inout Configuration) -> Void) { state.withLock { change(&$0.configuration) } }

    /// Orders a fault of the event endpoint.
    public func inject(_ fault: ReceiverFault, times: Int = 1) { faults.order(fault, times: times) }

    /// Orders that questions for acknowledgement are answered `false`, as behind a load balancer that asks the wrong node.
    public func answerFalse(_ isFalse: Bool) { state.withLock { $0.answersFalse = isFalse } }

    /// What is stored, in the order of arrival, duplicates included.
    public var events: [Event] { state.withLock(\.stored) }

    /// Changes what is stored: loses, doubles or alters events, as retention, a forwarder or a hand does.
    public func alter(_ change: (inout [Event]) -> Void) { state.withLock { change(&$0.stored) } }

    /// Orders how searches fail from now on; nil for not at all.
    public func fail(searches fault: SplunkSearchFault?) { searchFault.withLock { $0 = fault } }

    /// Requests to the event endpoint so far.
    public var requestCount: Int { state.withLock(\.requests) }

    private func respond(to request: Request) async -> Response {
        let path = "/" + request.segments.joined(separator: "/")
        switch path {
        case "/services/collector", "/services/collector/event", "/services/collector/event/1.0":
            guard request.method == "POST" else { return .hec(405, 405, "Method Not Allowed") }
            return await receive(request)
        case "/services/collector/ack":
            guard request.method == "POST" else { return .hec(405, 405, "Method Not Allowed") }
            return state.withLock { $0.acknowledgements(request) }
        case "/services/collector/health", "/services/collector/health/1.0":
            return .hec(200, 17, "HEC is healthy")
        case "/services/search/v2/jobs/export", "/services/search/jobs/export":
            return SplunkSearchEndpoint(configuration: state.withLock(\.configuration), events: events)
                .respond(to: request, failing: searchFault.withLock { $0 })
        default: return .hec(404, 404, "The requested URL was not found on this server.")
        }
    }

    private func receive(_ request: Request) async -> Response {
        let fault = faults.next()
        switch fault {
        case .cutBefore: return Response(200, body: .none)
        case .html: return .html(200, "Sign in")
        case .refuse(let status, let retryAfter): return .hecRefusal(status, retryAfter: retryAfter)
        default: break
        }
        let response = state.withLock { $0.receive(request) }
        if fault == .cutAfter { return Response(200, body: .none) }
        if fault == .hold { await gate.pass() }
        return response
    }
}
