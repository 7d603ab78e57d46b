import Crypto
import JSON
public import Ledger
public import Storage
public import WallTime

/// What is wrong with a request about API clients.
public enum ClientError: Error, Sendable, CustomStringConvertible {
    /// No client has this id.
    case unknown(String)
    /// The client was revoked before.
    case revoked(String)
    /// A value is not acceptable.
    case invalid(String)

    public var description: String {
        switch self {
        case .unknown(let id): "there is no API client '\(id)'"
        case .revoked(let id): "the API client '\(id)' is revoked"
        case .invalid(let reason): reason
        }
    }
}

/// A secret that is shown once.
public struct IssuedSecret: Sendable {
    /// The client it belongs to.
    public let client: APIClient
    /// The secret itself; only its hash is kept.
    public let secret: String
}

/// The API clients in the store. Every change is an event in the ledger, in the same transaction.
public struct ClientRegistry: Sendable {
    private let ledger: Ledger
    private let clock: any WallClock
    private let producer: String

    /// The tables of clients and secrets, for whoever prepares a database.
    public static let schema = SchemaComponent("credentials", migrations)

    private static let migrations = [
        Migration(
            version: 1,
            statements: [
                """
                CREATE TABLE api_clients (
                    id TEXT PRIMARY KEY, name TEXT NOT NULL, scopes TEXT NOT NULL, addresses TEXT NOT NULL,
                    created BIGINT NOT NULL, expires BIGINT, revoked BIGINT)
                """,
                """
                CREATE TABLE api_client_secrets (
                    client TEXT NOT NULL, hash {blob} NOT NULL, created BIGINT NOT NULL, expires BIGINT,
                    PRIMARY KEY (client, hash))
                """,
            ]
        )
    ]

    /// Opens the registry in a ledger's store.
    /// - Parameter producer: named in the events as what wrote them.
    public init(ledger: Ledger, clock: any WallClock, producer: String) throws {
        self.ledger = ledger
        self.clock = clock
        self.producer = producer
        let connection = try ledger.database.makeConnection()
        try Schema.migrate(connection, Self.schema)
    }

    /// Makes a client.
    /// - Parameters:
    ///   - actor: who asked for it, for the event.
    /// - Returns: the client with its secret, which is not kept.
    public func create(
        name: String,
        scopes: Set<Scope>,
        addresses: [AddressRange],
        expires: Timestamp?,
        actor: String
    ) async throws -> IssuedSecret {
        guard !name.isEmpty, name.utf8.count <= 200 else {
            throw ClientError.invalid("a client needs a name of 1 to 200 bytes")
        }
        guard !scopes.isEmpty else {
            throw ClientError.invalid(
                "a client needs at least one scope: \(Scope.list)"
            )
        }
        let now = clock.now()
        if let expires, expires <= now { throw ClientError.invalid("the expiry lies in the past") }
        var generator = SystemRandomNumberGenerator()
        let id = "cl_" + Self.random(bytes: 10, &generator)
        let secret = Self.random(bytes: 32, &generator)
        let scopeTexts = scopes.map(\.description).sorted()
        let addressTexts = addresses.map(\.description)
        var fields: [String: JSONValue] = [
            "actor": .string(actor), "clientId": .string(id), "clientName": .string(name),
            "scopes": .array(scopeTexts.map { .string($0) }),
            "allowedAddresses": .array(addressTexts.map { .string($0) }),
        ]
        if let expires { fields["expires"] = .string(expires.description) }
        try await ledger.record([event(.apiClientCreated, fields, now)]) { connection in
            try connection.run(
                "INSERT INTO api_clients (id, name, scopes, addresses, created, expires) VALUES ($1, $2, $3, $4, $5, $6)",
                [
                    .text(id), .text(name), .text(scopeTexts.joined(separator: " ")),
                    .text(addressTexts.joined(separator: " ")), .integer(now.milliseconds),
                    .optional(expires?.milliseconds),
                ]
            )
            try Self.insertSecret(secret, of: id, at: now, connection)
        }
        return IssuedSecret(client: try await find(id), secret: secret)
    }

    /// Gives a client a new secret; the old ones work for `overlapSeconds` more.
    public func rotate(_ id: String, overlapSeconds: Int64, actor: String) async throws -> IssuedSecret {
        guard (0...30 * 86400).contains(overlapSeconds) else {
            throw ClientError.invalid("the overlap must be between 0 seconds and 30 days")
        }
        guard try await find(id).revoked == nil else { throw ClientError.revoked(id) }
        let now = clock.now()
        let end = now.adding(seconds: overlapSeconds)
        var generator = SystemRandomNumberGenerator()
        let secret = Self.random(bytes: 32, &generator)
        let fields: [String: JSONValue] = [
            "actor": .string(actor), "clientId": .string(id), "oldSecretsUntil": .string(end.description),
        ]
        try await ledger.record([event(.apiClientRotated, fields, now)]) { connection in
            let works = try connection.first(
                "SELECT 1 FROM api_clients WHERE id = $1 AND revoked IS NULL",
                [.text(id)]
            ) { _ in true }
            guard works == true else { throw ClientError.revoked(id) }
            try connection.run(
                "UPDATE api_client_secrets SET expires = $1 WHERE client = $2 AND (expires IS NULL OR expires > $3)",
                [.integer(end.milliseconds), .text(id), .integer(end.milliseconds)]
            )
            try connection.run(
                "DELETE FROM api_client_secrets WHERE client = $1 AND expires <= $2",
                [.text(id), .integer(now.milliseconds)]
            )
            try Self.insertSecret(secret, of: id, at: now, connection)
        }
        return IssuedSecret(client: try await find(id), secret: secret)
    }

    /// Ends a client at once: its secrets and tokens stop working within a second on every node.
    public func revoke(_ id: String, reason: String?, actor: String) async throws {
        guard try await find(id).revoked == nil else { throw ClientError.revoked(id) }
        let now = clock.now()
        var fields: [String: JSONValue] = ["actor": .string(actor), "clientId": .string(id)]
        if let reason { fields["reason"] = .string(reason) }
        try await ledger.record([event(.apiClientRevoked, fields, now)]) { connection in
            let changed = try connection.run(
                "UPDATE api_clients SET revoked = $1 WHERE id = $2 AND revoked IS NULL",
                [.integer(now.milliseconds), .text(id)]
            )
            guard changed == 1 else { throw ClientError.revoked(id) }
            try connection.run("DELETE FROM api_client_secrets WHERE client = $1", [.text(id)])
        }
    }

    /// Every client, revoked ones too, oldest first.
    public func all() async throws -> [APIClient] {
        try await ledger.database.read { try Self.read($0) }
    }

    private func find(_ id: String) async throws -> APIClient {
        guard let client = try await all().first(where: { $0.id == id }) else { throw ClientError.unknown(id) }
        return client
    }

    private static func read(_ connection: any SQLConnection) throws -> [APIClient] {
        var secrets: [String: [APIClient.StoredSecret]] = [:]
        try connection.rows("SELECT client, hash, expires FROM api_client_secrets", []) { row in
            secrets[row.text(0), default: []].append(
                APIClient.StoredSecret(
                    hash: row.blob(1),
                    expires: row.optionalInteger(2).map { Timestamp(milliseconds: $0) }
                )
            )
            return true
        }
        return try connection.all(
            "SELECT id, name, scopes, addresses, created, expires, revoked FROM api_clients ORDER BY created, id"
        ) { row in
            APIClient(
                id: row.text(0),
                name: row.text(1),
                scopes: Set(row.text(2).split(separator: " ").compactMap { Scope(String($0)) }),
                addresses: row.text(3).split(separator: " ").compactMap { AddressRange(String($0)) },
                expires: row.optionalInteger(5).map { Timestamp(milliseconds: $0) },
                created: Timestamp(milliseconds: row.integer(4)),
                revoked: row.optionalInteger(6).map { Timestamp(milliseconds: $0) },
                secrets: secrets[row.text(0)] ?? []
            )
        }
    }

    private static func insertSecret(
        _ secret: String,
        of id: String,
        at now: Timestamp,
        _ connection: any SQLConnection
    ) throws {
        try connection.run(
            "INSERT INTO api_client_secrets (client, hash, created) VALUES ($1, $2, $3)",
            [.text(id), .blob(Array(SHA256.hash(data: Array(secret.utf8)))), .integer(now.milliseconds)]
        )
    }

    private func event(_ type: EventType, _ fields: [String: JSONValue], _ now: Timestamp) -> Event {
        Event(type: type, identity: .random(producer: producer), timestamp: now, fields: fields)
    }

    /// Random bytes in the letters and digits of base 32 (RFC 4648 section 6, lower case): safe in URLs, headers and shells.
    private static func random(bytes count: Int, _ generator: inout some RandomNumberGenerator) -> String {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
        return String(
            decoding: (0..<(count * 8 + 4) / 5).map { _ in alphabet[Int.random(in: 0..<32, using: &generator)] },
            as: UTF8.self
        )
    }
}
