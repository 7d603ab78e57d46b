import Credentials
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import TextEncoding
import Traces

/// The outermost layer of every request: takes its body within bounds, turns whatever goes wrong into a problem document, sets the
/// headers that every answer has, counts and logs.
struct Envelope: RouterMiddleware {
    let logger: Logger
    let metrics: ControlMetrics
    /// How long a body may take to arrive.
    let bodyTimeout: Duration
    /// Told of each caller that was not let in, and the address it called from.
    let refused: @Sendable (AuthenticationFailure, String) -> Void

    func handle(
        _ request: Request,
        context: PlainContext,
        next: (Request, PlainContext) async throws -> Response
    ) async throws -> Response {
        let began = ContinuousClock.now
        var response: Response
        var failure: String?
        do {
            response = try await next(try await received(request), context)
        } catch {
            let (refusal, logged) = Refusal.explaining(error, method: request.method, path: request.uri.path)
            failure = logged ?? refusal.authentication?.rawValue
            if let reason = refusal.authentication { refused(reason, context.address) }
            response = .problem(refusal, requestID: context.id)
        }
        if request.method == .head { response = response.createHeadResponse() }
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        response.headers[.xContentTypeOptions] = "nosniff"
        note(request, context, response.status.code, failure, took: .now - began)
        return response
    }

    /// The request with its whole body in memory. Nothing is left on the wire that a handler did not look at.
    private func received(_ request: Request) async throws -> Request {
        let length = request.headers[.contentLength]
        guard request.headers[.transferEncoding] != nil || (length != nil && length != "0") else { return request }
        let largest = Endpoint.largestBody(at: request.uri.path)
        if let length = length.flatMap({ Int($0) }), length > largest {
            throw Refusal(.bodyTooLarge)
        }
        let body = request.body
        let buffer = try await withThrowingTaskGroup(of: ByteBuffer?.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await body.collect(upTo: largest) }
            group.addTask {
                try await Task.sleep(for: bodyTimeout)
                return nil
            }
            guard let first = try await group.next(), let buffer = first else { throw Refusal(.requestTimeout) }
            return buffer
        }
        var request = request
        request.body = RequestBody(buffer: buffer)
        return request
    }

    /// Counts and logs. The path and the query are the caller's and may hold personal data; the route's template is ours.
    private func note(
        _ request: Request,
        _ context: PlainContext,
        _ status: Int,
        _ failure: String?,
        took: Duration
    ) {
        let route = context.endpointPath ?? "NotFound"
        let method = Self.methods.contains(request.method) ? request.method.rawValue : "other"
        metrics.count(method: method, route: route, status: status, took: took)
        var metadata: Logger.Metadata = [
            "requestId": "\(context.id)", "method": "\(method)", "route": "\(route)", "status": "\(status)",
            "microseconds": "\(took.microseconds)",
        ]
        if let trace = Self.trace(request) { metadata["traceId"] = "\(trace)" }
        if let client = context.outcome.clientID { metadata["clientId"] = "\(client)" }
        if let failure { metadata["failure"] = "\(failure)" }
        logger.log(level: status >= 500 ? .error : .info, "request", metadata: metadata)
    }

    /// The trace that a caller says the request belongs to.
    private static func trace(_ request: Request) -> String? {
        let headers = HTTPField.Name("traceparent").map { request.headers[values: $0] } ?? []
        guard headers.count == 1, let context = TraceContext(traceparent: Array(headers[0].utf8)) else { return nil }
        return Hex.encode(context.trace)
    }

    private static let methods: Set<HTTPRequest.Method> = [
        .get, .head, .post, .put, .patch, .delete, .options, .trace, .connect,
    ]
}

extension Duration {
    /// The duration in whole microseconds.
    var microseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}
