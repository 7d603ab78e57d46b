import FoundationEssentials

extension GenesysClient {
    /// Which client this is and of which organisation (`GET /api/v2/tokens/me`; no permission needed).
    ///
    /// - Throws: ``GenesysError``; so do all calls here. `CancellationError` when the caller's task is cancelled.
    public func tokenInfo(priority: RequestPriority = .ordinary, deadline: Duration? = nil) async throws -> TokenInfo {
        try await read(try Call("/tokens/me"), priority, deadline)
    }

    /// The organisation of this client (`GET /api/v2/organizations/me`; no permission needed).
    public func organization(
        priority: RequestPriority = .ordinary,
        deadline: Duration? = nil
    ) async throws -> Organization {
        try await read(try Call("/organizations/me"), priority, deadline)
    }

    /// What this client may do (`GET /api/v2/authorization/subjects/me`; no permission needed).
    public func ownGrants(priority: RequestPriority = .ordinary, deadline: Duration? = nil) async throws -> OwnGrants {
        try await read(try Call("/authorization/subjects/me"), priority, deadline)
    }

    /// A user with the names of the user's roles (`GET /api/v2/users/{id}?expand=authorization`; no permission needed).
    public func user(
        id: String,
        priority: RequestPriority = .ordinary,
        deadline: Duration? = nil
    ) async throws -> User {
        try await read(try Call("/users/{id}", id: id, query: [("expand", "authorization")]), priority, deadline)
    }

    /// One page of users in any state, with the names of their roles (`GET /api/v2/users`; no permission needed).
    ///
    /// - Parameters:
    ///   - number: the page, from 1. Rows can move between pages while one pages: drop repeated ids.
    ///   - size: users per page, up to 100.
    public func users(
        page number: Int = 1,
        size: Int = 100,
        priority: RequestPriority = .ordinary,
        deadline: Duration? = nil
    ) async throws -> UserPage {
        let query = [
            ("pageNumber", String(number)), ("pageSize", String(size)), ("state", "any"), ("expand", "authorization"),
        ]
        return try await read(try Call("/users", query: query), priority, deadline)
    }

    /// What the platform says of a conversation now (`GET /api/v2/conversations/{id}`; permission
    /// `conversation:communication:view`).
    ///
    /// The platform answers ``GenesysError/Kind/notFound`` for conversations that ended long ago.
    public func conversation(
        id: String,
        priority: RequestPriority = .ordinary,
        deadline: Duration? = nil
    ) async throws -> ConversationFacts {
        try await read(try Call("/conversations/{id}", id: id), priority, deadline)
    }

    /// Sends a call and reads what it promises.
    func read<Value: Decodable>(
        _ call: Call,
        _ priority: RequestPriority,
        _ deadline: Duration?
    ) async throws -> Value {
        let reply = try await reply(to: call, priority: priority, deadline: deadline)
        do {
            return try JSONDecoder().decode(Value.self, from: Data(reply.body))
        } catch {
            throw GenesysError(.unreadableReply, operation: call.operation, status: reply.status)
        }
    }
}
