import AsyncHTTPClient
import JSON
import Logging
import NIOCore
import NIOHTTP1
import Settings
import Traces

/// Sends spans to a collector by OTLP over HTTP, as JSON, off the event loops.
struct SpanExporter: Sendable {
    /// Spans of one request.
    private static let batch = 512
    /// How often a batch is tried before it is given up.
    private static let attempts = 3

    let queue: SpanQueue
    let settings: TracingSettings
    let node: String
    let logger: Logger

    /// Sends until the task is cancelled, and then once more what is left.
    func run() async {
        let http = HTTPClient(eventLoopGroupProvider: .singleton)
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(1))
            await drain(http)
        }
        // A cancelled task could send nothing.
        await Task { await drain(http) }.value
        try? await http.shutdown()
    }

    private func drain(_ http: HTTPClient) async {
        while true {
            let spans = queue.take(Self.batch)
            guard !spans.isEmpty else { return }
            guard await send(spans, http) else {
                queue.noteDropped(spans.count)
                return
            }
            queue.noteExported(spans.count)
        }
    }

    private func send(_ spans: [Span], _ http: HTTPClient) async -> Bool {
        let resource = ["service.name": "muniment", "service.instance.id": node]
        guard let body = try? Span.exportBody(spans, resource: resource).canonicalBytes() else { return false }
        var request = HTTPClientRequest(url: settings.endpoint)
        request.method = .POST
        request.headers = ["content-type": "application/json"]
        request.body = .bytes(ByteBuffer(bytes: body))
        var failure = ""
        for attempt in 1...Self.attempts {
            do {
                let response = try await http.execute(request, timeout: .seconds(5))
                _ = try? await response.body.collect(upTo: 1 << 16)
                if (200..<300).contains(response.status.code) { return true }
                failure = "status \(response.status.code)"
                // OTLP 1, "failures": others than these are not tried again.
                guard [429, 502, 503, 504].contains(response.status.code) else { break }
            } catch {
                failure = "\(type(of: error))"
            }
            if attempt < Self.attempts { try? await Task.sleep(for: .milliseconds(500)) }
        }
        logger.warning("spans not exported", metadata: ["spans": "\(spans.count)", "failure": "\(failure)"])
        return false
    }
}
