import Credentials
import HTTPSignatures
import HTTPTypes
import Hummingbird
import NIOCore
import WallTime

/// Lets API clients in, and nobody else.
struct Authentication: RouterMiddleware {
    let directory: ClientDirectory
    let clock: any WallClock

    func handle(
        _ request: Request,
        context: PlainContext,
        next: (Request, PlainContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        let evidence = try await Evidence(request, context, directory)
        let client: APIClient
        do throws(AuthenticationFailure) {
            client = try authenticate(request, from: IPAddress.bytes(context.address) ?? [], evidence)
        } catch {
            throw Self.refusal(error)
        }
        context.client = client
        context.outcome.clientID = client.id
        return try await next(request, context)
    }

    private func authenticate(
        _ request: Request,
        from address: [UInt8],
        _ evidence: Evidence
    ) throws(AuthenticationFailure) -> APIClient {
        let headers = request.headers[values: .authorization]
        guard let header = headers.first else {
            return try directory.authenticate(nil, from: address, at: clock.now(), evidence: evidence)
        }
        guard headers.count == 1 else { throw .malformed }
        let bytes = Array(header.utf8)
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(AuthenticationFailure) in
                try directory.authenticate(bytes, from: address, at: clock.now(), evidence: evidence)
            }
        }
        return try result.get()
    }

    /// Who you are is asked again; what you may is not explained further.
    private static func refusal(_ failure: AuthenticationFailure) -> Refusal {
        let problem = ControlProblem(rawValue: failure.problem) ?? .unauthenticated
        let headers: HTTPFields =
            switch failure.status {
            case 401: [.wwwAuthenticate: "Basic realm=\"muniment\", Bearer realm=\"muniment\""]
            case 503: [.retryAfter: "5"]
            default: [:]
            }
        return Refusal(problem, headers: headers, authentication: failure)
    }
}

/// The rest of a request, as it can say who sent it.
private struct Evidence: RequestEvidence {
    private static let names: [HTTPField.Name] = [HTTPField.Name("Signature-Input"), HTTPField.Name("Signature")]
        .compactMap(\.self)

    private let head: HTTPRequest
    private let body: ByteBuffer
    let isSigned: Bool
    let certificate: CallerCertificate?

    init(_ request: Request, _ context: PlainContext, _ directory: ClientDirectory) async throws {
        head = request.head
        isSigned = Self.names.contains { request.headers.contains($0) }
        // The envelope has it in memory already.
        body =
            isSigned ? try await request.body.collect(upTo: Endpoint.largestBody(at: request.uri.path)) : ByteBuffer()
        certificate = directory.bindsCertificates ? await context.certificate() : nil
    }

    var signable: SignableRequest {
        // HTTPTypes keeps `Host` apart from the other headers.
        var fields = head.headerFields.map { (name: $0.name.canonicalName, value: $0.value) }
        if let authority = head.authority { fields.append((name: "host", value: authority)) }
        return body.withUnsafeReadableBytes {
            SignableRequest(method: head.method.rawValue, target: head.path ?? "", fields: fields, body: $0)
        }
    }
}

extension APIClient {
    /// Refuses a client that has none of these scopes.
    func require(oneOf scopes: [Scope]) throws(Refusal) {
        guard scopes.contains(where: allows) else {
            let names = scopes.map(\.description).joined(separator: " or ")
            throw Refusal(.forbidden, "this needs the scope \(names)", authentication: .scope)
        }
    }
}
