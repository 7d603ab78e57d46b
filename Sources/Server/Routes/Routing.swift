import HTTPTypes
import Hummingbird

extension Router<PlainContext> {
    /// Adds an endpoint that is open to everybody.
    func serve(
        _ endpoint: Endpoint,
        use handler: @escaping @Sendable (Request) async throws -> Response
    ) {
        precondition(endpoint.scopes.isEmpty, "\(endpoint.template) needs a scope")
        on(endpoint.routerPath, method: endpoint.method) { request, _ in
            _ = try QueryParameters(request.uri.query, known: endpoint.query)
            return try await handler(request)
        }
    }
}

extension RouterGroup<ClientContext> {
    /// Adds an endpoint for clients that have one of its scopes. Nothing else of the request is looked at before that is certain.
    func serve(
        _ endpoint: Endpoint,
        use handler: @escaping @Sendable (Request, ClientContext, QueryParameters) async throws -> Response
    ) {
        precondition(!endpoint.scopes.isEmpty, "\(endpoint.template) needs no scope")
        on(endpoint.routerPath, method: endpoint.method) { request, context in
            try context.client.require(oneOf: endpoint.scopes)
            let query = try QueryParameters(request.uri.query, known: endpoint.query)
            return try await handler(request, context, query)
        }
    }
}
