import JSON
import WallTime

/// What can be changed of the pretend organisation's users and OAuth clients, and the users' tokens that come and go with it.
struct SandboxAccounts: Sendable {
    struct User: Sendable {
        var state: String
        var version = 1
        /// When a token was issued last, in milliseconds since 1970.
        var lastToken: Int64
        /// When the user signed in with a password last; nil for users of single sign-on.
        let lastPasswordLogin: Int64?
        /// How often the password was replaced.
        var passwordChanges = 0
    }

    /// By id, in lower case.
    var users: [String: User] = [:]
    /// OAuth clients as they are served, by id.
    var clients: [String: [String: JSONValue]] = [:]
    /// How often a client was changed: makes the times of changes differ while the clock stands.
    var clientChanges: Int64 = 0

    init(agents: [SandboxAgent], clients: [SandboxClient], tokenSeconds: Int, now: Int64) {
        for (index, agent) in agents.enumerated() {
            let signedIn = now - Int64(index + 1) * 600_000
            // Every fourth came by single sign-on.
            users[agent.id] = User(
                state: agent.state,
                lastToken: signedIn,
                lastPasswordLogin: index % 4 == 3 ? nil : signedIn
            )
        }
        for client in clients {
            self.clients[client.id] = [
                "id": .string(client.id), "name": .string(client.name), "description": "Made by the sandbox",
                "authorizedGrantType": "CLIENT-CREDENTIALS", "scope": .array([]), "state": "active",
                "roleDivisions": .array([["roleId": .string("role-\(client.id)"), "divisionId": "*"]]),
                "accessTokenValiditySeconds": .integer(Int64(tokenSeconds)), "registeredRedirectUri": .array([]),
                "dateCreated": "2026-01-01T00:00:00.000Z", "selfUri": .string("/api/v2/oauth/clients/\(client.id)"),
            ]
        }
    }

    func isActive(client id: String) -> Bool { clients[id]?["state"]?.string == "active" }
}

extension Sandbox {
    /// Signs an agent in, as the agent desktop does.
    ///
    /// - Returns: the access token, which works until it is deleted, the agent is deactivated or its life is over.
    /// - Throws: ``SandboxError`` when there is no such agent, or it is not active.
    public nonisolated func signIn(_ agent: String) throws(SandboxError) -> String {
        try accounts { (contents, now) throws(SandboxError) in try contents.signIn(agent, now: now) }
    }

    /// How an agent's account stands: its state, its version, and how often its password was replaced; nil for an unknown agent.
    public nonisolated func account(of agent: String) -> (state: String, version: Int, passwordChanges: Int)? {
        accounts { contents, _ in
            contents.accounts.users[agent.lowercased()].map { ($0.state, $0.version, $0.passwordChanges) }
        }
    }

    /// Changes an agent's account as an administrator of the platform would, past Muniment.
    ///
    /// - Parameter state: nil changes something else, such as the title.
    /// - Throws: ``SandboxError`` when there is no such agent.
    public nonisolated func changeAccount(of agent: String, state: String? = nil) throws(SandboxError) {
        try accounts { (contents, _) throws(SandboxError) in
            guard contents.change(agent.lowercased(), state: state) else { throw .unknownAgent }
        }
    }

    /// Changes the state of an OAuth client as an administrator of the platform would, past Muniment.
    public nonisolated func change(client id: String, state: String) {
        accounts { contents, now in
            contents.accounts.clientChanges += 1
            contents.accounts.clients[id]?["state"] = .string(state)
            contents.accounts.clients[id]?["dateModified"] = .string(
                Timestamp(milliseconds: now + contents.accounts.clientChanges).description
            )
            if state != "active" { contents.tokens.revoke(client: id) }
        }
    }

    /// The state of an OAuth client, such as `active`; nil for an unknown one.
    public nonisolated func state(ofClient id: String) -> String? {
        accounts { contents, _ in contents.accounts.clients[id]?["state"]?.string }
    }
}

extension SandboxState.Contents {
    mutating func signIn(_ agent: String, now: Int64) throws(SandboxError) -> String {
        let id = agent.lowercased()
        guard let account = accounts.users[id] else { throw .unknownAgent }
        guard account.state == "active" else { throw .inactiveAgent }
        let token = "sandbox-user-" + generator.uuid()
        accounts.users[id]?.lastToken = now
        tokens.issue(token, to: .desktop, user: id, seconds: tokenSeconds, now: now)
        return token
    }

    /// Changes a user; one who is not active has no tokens.
    mutating func change(_ id: String, state: String?) -> Bool {
        guard accounts.users[id] != nil else { return false }
        accounts.users[id]?.version += 1
        if let state { accounts.users[id]?.state = state }
        if accounts.users[id]?.state != "active" { tokens.revoke(user: id) }
        return true
    }
}

extension SandboxClient {
    /// The application that agents sign in to.
    static let desktop = SandboxClient(
        id: "sandbox-desktop",
        name: "Agent desktop",
        secret: "",
        role: "Agent",
        permissions: []
    )
}
