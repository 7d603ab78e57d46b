import Crypto
import JSON
public import Ledger
import Redaction
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

/// Secrets that are shown once.
public struct IssuedSecret: Sendable {
    /// The client they belong to.
    public let client: APIClient
    /// The secret itself, of which only a hash is kept; nil when the client keeps its old one.
    public let newSecret: String?
    /// The secret to sign with, in base64, of which a sealed copy is kept; nil when there is no new one.
    public let signingSecret: String?

    /// The secret of a client that was just made; empty when it keeps its old one.
    public var secret: String { newSecret ?? "" }
}

/// The API clients in the store. Every change is an event in the ledger, in the same transaction.
public struct ClientRegistry: Sendable {
    let ledger: Ledger
    let clock: any WallClock
    private let producer: String
    /// The keys of the moment; they change when the keyring does.
    let sealing: @Sendable () -> SealingKeys?

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
        ),
        Migration(
            version: 2,
            statements: [
                "ALTER TABLE api_clients ADD COLUMN signs BIGINT NOT NULL DEFAULT 0",
                "ALTER TABLE api_clients ADD COLUMN certificates TEXT NOT NULL DEFAULT ''",
                """
                CREATE TABLE api_client_keys (
                    client TEXT NOT NULL, fingerprint {blob} NOT NULL, algorithm TEXT NOT NULL, material {blob} NOT NULL,
                    epoch BIGINT, created BIGINT NOT NULL, expires BIGINT,
                    PRIMARY KEY (client, fingerprint))
                """,
            ]
        ),
    ]

    /// Opens the registry in a ledger's store.
    /// - Parameters:
    ///   - producer: named in the events as what wrote them.
    ///   - sealing: under which signing secrets are sealed; without it no client can sign by HMAC.
    public init(
        ledger: Ledger,
        clock: any WallClock,
        producer: String,
        sealing: @escaping @Sendable () -> SealingKeys? = { nil }
    ) throws {
        self.ledger = ledger
        self.clock = clock
        self.producer = producer
        self.sealing = sealing
        let connection = try ledger.database.makeConnection()
        try Schema.migrate(connection, Self.schema)
    }

    /// Makes a client.
    /// - Parameters:
    ///   - signing: what it signs its requests with, if it does.
    ///   - requiresSignature: whether its credentials alone do not do.
    ///   - certificates: over which alone it may call; empty for any or none.
    ///   - actor: who asked for it, for the event.
    /// - Returns: the client with its secrets, which are not kept in clear.
    public func create(
        name: String,
        scopes: Set<Scope>,
        addresses: [AddressRange],
        expires: Timestamp?,
        signing: NewSigningKey? = nil,
        requiresSignature: Bool = false,
        certificates: [CertificateBinding] = [],
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
        guard signing != nil || !requiresSignature else {
            throw ClientError.invalid("a client that must sign its requests needs a key to sign with")
        }
        var generator = SystemRandomNumberGenerator()
        let id = "cl_" + Self.random(bytes: 10, &generator)
        let secret = Self.random(bytes: 32, &generator)
        let key = try signing.map { try prepare($0, of: id) }
        let scopeTexts = scopes.map(\.description).sorted()
        let addressTexts = addresses.map(\.description)
        var fields: [String: JSONValue] = [
            "actor": .string(actor), "clientId": .string(id), "clientName": .string(name),
            "scopes": .array(scopeTexts.map { .string($0) }),
            "allowedAddresses": .array(addressTexts.map { .string($0) }),
        ]
        if let expires { fields["expires"] = .string(expires.description) }
        Self.describe(key, requiresSignature ? true : nil, certificates.isEmpty ? nil : certificates, in: &fields)
        try await ledger.record([event(.apiClientCreated, fields, now)]) { connection in
            try connection.run(
                """
                INSERT INTO api_clients (id, name, scopes, addresses, created, expires, signs, certificates)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                """,
                [
                    .text(id), .text(name), .text(scopeTexts.joined(separator: " ")),
                    .text(addressTexts.joined(separator: " ")), .integer(now.milliseconds),
                    .optional(expires?.milliseconds), .integer(requiresSignature ? 1 : 0),
                    .text(Self.text(certificates)),
                ]
            )
            try Self.insertSecret(secret, of: id, at: now, connection)
            if let key { try Self.insert(key, of: id, at: now, connection) }
        }
        return IssuedSecret(client: try await find(id), newSecret: secret, signingSecret: key?.shown)
    }

    /// What is to change about a client.
    public struct Changes: Sendable {
        /// A new key to sign with.
        public var signing: NewSigningKey?
        /// Whether its credentials alone do not do any more, or do again.
        public var requiresSignature: Bool?
        /// Over which certificates alone it may call from now on; empty for any or none.
        public var certificates: [CertificateBinding]?

        /// Collects the changes.
        public init(
            signing: NewSigningKey? = nil,
            requiresSignature: Bool? = nil,
            certificates: [CertificateBinding]? = nil
        ) {
            self.signing = signing
            self.requiresSignature = requiresSignature
            self.certificates = certificates
        }

        var isEmpty: Bool { signing == nil && requiresSignature == nil && certificates == nil }
    }

    /// Gives a client a new secret; the old ones work for `overlapSeconds` more. With changes only what they name is changed; of
    /// signing keys, too, the old ones work on for the overlap.
    public func rotate(
        _ id: String,
        overlapSeconds: Int64,
        changes: Changes = Changes(),
        actor: String
    ) async throws -> IssuedSecret {
        guard (0...30 * 86400).contains(overlapSeconds) else {
            throw ClientError.invalid("the overlap must be between 0 seconds and 30 days")
        }
        let client = try await find(id)
        guard client.revoked == nil else { throw ClientError.revoked(id) }
        let now = clock.now()
        let end = now.adding(seconds: overlapSeconds)
        let key = try changes.signing.map { try prepare($0, of: id) }
        guard changes.requiresSignature != true || key != nil || client.safeguards?.keys.isEmpty == false else {
            throw ClientError.invalid("a client that must sign its requests needs a key to sign with")
        }
        var generator = SystemRandomNumberGenerator()
        let secret = changes.isEmpty ? Self.random(bytes: 32, &generator) : nil
        var fields: [String: JSONValue] = ["actor": .string(actor), "clientId": .string(id)]
        if secret != nil { fields["oldSecretsUntil"] = .string(end.description) }
        if key != nil { fields["oldKeysUntil"] = .string(end.description) }
        Self.describe(key, changes.requiresSignature, changes.certificates, in: &fields)
        try await ledger.record([event(.apiClientRotated, fields, now)]) { connection in
            let works = try connection.first(
                "SELECT 1 FROM api_clients WHERE id = $1 AND revoked IS NULL",
                [.text(id)]
            ) { _ in true }
            guard works == true else { throw ClientError.revoked(id) }
            if let secret {
                try Self.endOld("api_client_secrets", of: id, at: now, until: end, connection)
                try Self.insertSecret(secret, of: id, at: now, connection)
            }
            if let key {
                try Self.endOld("api_client_keys", of: id, at: now, until: end, connection)
                try Self.insert(key, of: id, at: now, connection)
            }
            if let required = changes.requiresSignature {
                try connection.run(
                    "UPDATE api_clients SET signs = $1 WHERE id = $2",
                    [.integer(required ? 1 : 0), .text(id)]
                )
            }
            if let certificates = changes.certificates {
                try connection.run(
                    "UPDATE api_clients SET certificates = $1 WHERE id = $2",
                    [.text(Self.text(certificates)), .text(id)]
                )
            }
        }
        return IssuedSecret(client: try await find(id), newSecret: secret, signingSecret: key?.shown)
    }

    /// Lets what a client has work on until a moment, and forgets what has ended.
    private static func endOld(
        _ table: String,
        of id: String,
        at now: Timestamp,
        until end: Timestamp,
        _ connection: any SQLConnection
    ) throws {
        try connection.run(
            "UPDATE \(table) SET expires = $1 WHERE client = $2 AND (expires IS NULL OR expires > $3)",
            [.integer(end.milliseconds), .text(id), .integer(end.milliseconds)]
        )
        try connection.run(
            "DELETE FROM \(table) WHERE client = $1 AND expires <= $2",
            [.text(id), .integer(now.milliseconds)]
        )
    }

    /// Ends a client at once: its secrets and tokens stop working within a second on every node.
    public func revoke(_ id: String, reason: String?, actor: String) async throws {
        guard try await find(id).revoked == nil else { throw ClientError.revoked(id) }
        let now = clock.now()
        var fields: [String: JSONValue] = ["actor": .string(actor), "clientId": .string(id)]
        if let reason { fields["reason"] = .string(RecordedWords.masked(reason)) }
        try await ledger.record([event(.apiClientRevoked, fields, now)]) { connection in
            let changed = try connection.run(
                "UPDATE api_clients SET revoked = $1 WHERE id = $2 AND revoked IS NULL",
                [.integer(now.milliseconds), .text(id)]
            )
            guard changed == 1 else { throw ClientError.revoked(id) }
            try connection.run("DELETE FROM api_client_secrets WHERE client = $1", [.text(id)])
            try connection.run("DELETE FROM api_client_keys WHERE client = $1", [.text(id)])
        }
    }

    /// Every client, revoked ones too, oldest first.
    public func all() async throws -> [APIClient] {
        let sealing = sealing()
        return try await ledger.database.read { try Self.read($0, sealing) }
    }

    private func find(_ id: String) async throws -> APIClient {
        guard let client = try await all().first(where: { $0.id == id }) else { throw ClientError.unknown(id) }
        return client
    }

    private static func read(_ connection: any SQLConnection, _ sealing: SealingKeys?) throws -> [APIClient] {
        let keys = try readKeys(connection, sealing)
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
            """
            SELECT id, name, scopes, addresses, created, expires, revoked, signs, certificates
            FROM api_clients ORDER BY created, id
            """
        ) { row in
            APIClient(
                id: row.text(0),
                name: row.text(1),
                scopes: Set(row.text(2).split(separator: " ").compactMap { Scope(String($0)) }),
                addresses: row.text(3).split(separator: " ").compactMap { AddressRange(String($0)) },
                expires: row.optionalInteger(5).map { Timestamp(milliseconds: $0) },
                created: Timestamp(milliseconds: row.integer(4)),
                revoked: row.optionalInteger(6).map { Timestamp(milliseconds: $0) },
                safeguards: Safeguards(
                    keys: keys[row.text(0)] ?? [],
                    requiresSignature: row.integer(7) != 0,
                    certificates: try bindings(row.text(8), of: row.text(0))
                ),
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

    func event(_ type: EventType, _ fields: [String: JSONValue], _ now: Timestamp) -> Event {
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
