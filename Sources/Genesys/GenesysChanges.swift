import FoundationEssentials
import JSON
import NIOHTTP1

/// The changes of the platform that containment makes, apart from the reads: whoever holds this may change accounts.
///
/// A change is sent once. It is sent again only when the platform said that it had not begun (a refused token, HTTP 429), or when
/// making it twice comes to the same. Whether one that failed on the way was carried out is for the caller to read.
public struct GenesysChanges: Sendable {
    /// What the platform said to a change that it accepted. That says nothing yet of its effect.
    public struct Acceptance: Sendable, Hashable {
        /// `ININ-Correlation-Id` of the reply: what the vendor's support asks for.
        public let correlationID: String?
    }

    private let client: GenesysClient

    /// Changes through a client, with the urgent share of its requests.
    public init(client: GenesysClient) { self.client = client }

    /// Makes every token of a user invalid (`DELETE /api/v2/tokens/{userId}`; permission `oauth:token:delete`).
    ///
    /// A user of single sign-on is signed in again by the browser without being asked.
    public func deleteTokens(ofUser id: String) async throws -> Acceptance {
        try await accepted(Call("/tokens/{id}", id: id, method: .DELETE))
    }

    /// Sets the state of a user, and nothing else (`PATCH /api/v2/users/{id}`; permission `directory:user:edit`).
    ///
    /// - Parameters:
    ///   - state: `active` or `inactive`.
    ///   - version: of the user as it was read last.
    /// - Throws: ``GenesysError/Kind/conflict`` when the version is another by now.
    public func setState(ofUser id: String, to state: String, version: Int) async throws -> Acceptance {
        struct Body: Encodable { let state: String, version: Int }
        return try await accepted(
            Call(
                "/users/{id}",
                id: id,
                method: .PATCH,
                body: Self.encoded(Body(state: state, version: version)),
                repetition: .whenRefused
            )
        )
    }

    /// Sets the state of an OAuth client (`PUT /api/v2/oauth/clients/{id}`; permission `oauth:client:edit`). The platform replaces
    /// the whole object, so everything that was read goes back with it.
    ///
    /// - Parameter state: `active` or `disabled`.
    public func setState(of found: OAuthClient, to state: String) async throws -> Acceptance {
        try await accepted(
            Call(
                "/oauth/clients/{id}",
                id: found.id,
                method: .PUT,
                body: found.replacement(state: state),
                repetition: .whenRefused
            )
        )
    }

    /// Replaces a user's password by one that nobody knows: it is made here, sent, and forgotten
    /// (`POST /api/v2/users/{id}/password`; permission `directory:user:setPassword`).
    public func setRandomPassword(ofUser id: String) async throws -> Acceptance {
        struct Body: Encodable { let newPassword: String }
        return try await accepted(
            Call(
                "/users/{id}/password",
                id: id,
                method: .POST,
                body: Self.encoded(Body(newPassword: RandomPassword.make())),
                repetition: .whenRefused
            )
        )
    }

    private func accepted(_ call: Call) async throws -> Acceptance {
        let reply = try await client.reply(to: call, priority: .urgent, deadline: nil)
        return Acceptance(correlationID: reply.correlationID.flatMap(GenesysError.identifier))
    }

    private static func encoded(_ body: some Encodable) throws -> [UInt8] { Array(try JSONEncoder().encode(body)) }
}

/// Passwords that nobody is to know.
enum RandomPassword {
    private static let classes = ["abcdefghijkmnopqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789", "!#%+-=?@_"]
        .map(Array.init)

    /// 40 characters of the system's generator, about 230 bits, with each class that a password policy may ask for.
    static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        let everything = classes.flatMap(\.self)
        var characters = classes.compactMap { $0.randomElement(using: &generator) }
        while characters.count < 40 { everything.randomElement(using: &generator).map { characters.append($0) } }
        return String(characters.shuffled(using: &generator))
    }
}

extension GenesysClient {
    /// A user's account in any state but deleted (`GET /api/v2/users?id=…&state=any`; no permission needed): the call for one
    /// user hides those who are not active.
    ///
    /// - Throws: ``GenesysError/Kind/notFound`` when there is no such user.
    public func account(id: String) async throws -> UserAccount {
        struct Listing: Decodable { let entities: [Lenient<UserAccount>] }
        let query = [("id", id), ("state", "any"), ("expand", "lasttokenissued,dateLastLogin")]
        let call = try Call("/users", query: query)
        let listing: Listing = try await read(call, .urgent, nil)
        let readable = listing.entities.compactMap(\.value)
        guard let found = readable.first(where: { $0.id.lowercased() == id.lowercased() }) else {
            let isReadable = readable.count == listing.entities.count
            throw GenesysError(isReadable ? .notFound : .unreadableReply, operation: call.operation)
        }
        return found
    }

    /// An OAuth client (`GET /api/v2/oauth/clients/{id}`; permission `oauth:client:view`).
    public func oauthClient(id: String) async throws -> OAuthClient {
        let call = try Call("/oauth/clients/{id}", id: id)
        let reply = try await reply(to: call, priority: .urgent, deadline: nil)
        guard let json = try? JSONValue(parsing: reply.body), let found = OAuthClient(json) else {
            throw GenesysError(.unreadableReply, operation: call.operation, status: reply.status)
        }
        return found
    }
}

/// How a user's account stands. Holds no personal data.
public struct UserAccount: Sendable, Decodable {
    /// Id, as the platform wrote it.
    public let id: String
    /// `active`, `inactive`, `deleted` or a value the vendor adds later.
    public let state: String
    /// Raised by the platform with every change; a change must name it.
    public let version: Int
    /// When the user was issued a token last, as the platform wrote it; nil when it does not say.
    public let lastTokenIssued: String?
    /// Whether the user has ever signed in with a password of the platform: `dateLastLogin` counts nothing else.
    public let hasSignedInWithPassword: Bool

    /// Reads `User` of the API.
    public init(from decoder: any Decoder) throws {
        let wire = try Wire(from: decoder)
        id = wire.id
        state = wire.state
        version = wire.version
        lastTokenIssued = wire.lastTokenIssued?.value?.dateIssued.plain()
        hasSignedInWithPassword = wire.dateLastLogin.plain() != nil
    }

    private struct Wire: Decodable {
        struct Token: Decodable { let dateIssued: Lenient<String>? }

        let id: String
        let state: String
        let version: Int
        let lastTokenIssued: Lenient<Token>?
        let dateLastLogin: Lenient<String>?
    }
}

/// An OAuth client of the organisation, with everything that has to go back when it is replaced.
public struct OAuthClient: Sendable {
    /// Id, as the platform wrote it.
    public let id: String
    /// `active`, `disabled` or `inactive`; older clients have none, which means active.
    public let state: String
    /// Such as `CLIENT-CREDENTIALS`.
    public let grantType: String?
    /// How many roles it holds.
    public let roles: Int
    /// When it was changed last, as the platform wrote it; nil when it does not say.
    public let dateModified: String?
    private let members: [String: JSONValue]

    /// What the platform keeps to itself, and the secret, which some replies hold and nobody is to keep.
    private static let readOnly: Set<String> = [
        "id", "secret", "selfUri", "dateCreated", "dateModified", "createdBy", "modifiedBy",
    ]

    init?(_ json: JSONValue) {
        guard let members = json.object, let id = members["id"]?.string, !id.isEmpty else { return nil }
        self.id = id
        state = members["state"]?.string ?? "active"
        grantType = members["authorizedGrantType"]?.string.flatMap(GenesysError.identifier)
        dateModified = members["dateModified"]?.string
        roles = members["roleDivisions"]?.array?.count ?? 0
        self.members = members.filter { !Self.readOnly.contains($0.key) }
    }

    func replacement(state: String) throws -> [UInt8] {
        var members = members
        members["state"] = .string(state)
        return Array(try JSONValue.object(members).canonicalBytes())
    }
}
