import Credentials
import HTTPTypes
import Hummingbird
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
        let client: APIClient
        do {
            client = try authenticate(request, from: IPAddress.bytes(context.address) ?? [])
        } catch {
            throw Self.refusal(error)
        }
        context.client = client
        context.outcome.clientID = client.id
        return try await next(request, context)
    }

    private func authenticate(
        _ request: Request,
        from address: [UInt8]
    ) throws(AuthenticationFailure) -> APIClient {
        guard let header = request.headers[.authorization] else {
            return try directory.authenticate(nil, from: address, at: clock.now())
        }
        let bytes = Array(header.utf8)
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(AuthenticationFailure) in
                try directory.authenticate(bytes, from: address, at: clock.now())
            }
        }
        return try result.get()
    }

    /// Who you are is asked again; what you may is not explained further.
    private static func refusal(_ failure: AuthenticationFailure) -> Refusal {
        if failure.status == 403 { return Refusal(.forbidden, authentication: failure) }
        return Refusal(
            .unauthenticated,
            headers: [.wwwAuthenticate: "Basic realm=\"muniment\", Bearer realm=\"muniment\""],
            authentication: failure
        )
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
