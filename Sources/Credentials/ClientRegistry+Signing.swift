import Crypto
import HTTPSignatures
import JSON
import Ledger
import Storage
import TextEncoding
import WallTime

/// The keys with which clients sign, in the store: public keys as they are, secrets sealed.
extension ClientRegistry {
    /// A key about to be stored.
    struct PreparedKey: Sendable {
        let fingerprint: [UInt8]
        let algorithm: SignatureAlgorithm
        let material: [UInt8]
        let epoch: Int?
        /// What the client is shown once.
        let shown: String?
    }

    func prepare(_ new: NewSigningKey, of id: String) throws -> PreparedKey {
        let (material, epoch, shown): ([UInt8], Int?, String?)
        let fingerprint: [UInt8]
        switch new {
        case .ed25519(let publicKey):
            guard (try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey)) != nil else {
                throw ClientError.invalid("an Ed25519 public key is 32 bytes")
            }
            (material, epoch, shown) = (publicKey, nil, nil)
            fingerprint = Array(SHA256.hash(data: publicKey))
        case .hmacSHA256:
            guard let sealing = sealing() else {
                throw ClientError.invalid("signing secrets need a keyring to be sealed under")
            }
            var generator = SystemRandomNumberGenerator()
            let secret = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
            (material, epoch, shown) = (try sealing.seal(secret, client: id), sealing.newest, Base64.encode(secret))
            fingerprint = Array(SHA256.hash(data: secret))
        }
        return PreparedKey(
            fingerprint: fingerprint,
            algorithm: new.algorithm,
            material: material,
            epoch: epoch,
            shown: shown
        )
    }

    static func insert(
        _ key: PreparedKey,
        of id: String,
        at now: Timestamp,
        _ connection: any SQLConnection
    ) throws {
        // A public key that is registered again works on without an end.
        try connection.run(
            "DELETE FROM api_client_keys WHERE client = $1 AND fingerprint = $2",
            [.text(id), .blob(key.fingerprint)]
        )
        try connection.run(
            """
            INSERT INTO api_client_keys (client, fingerprint, algorithm, material, epoch, created)
            VALUES ($1, $2, $3, $4, $5, $6)
            """,
            [
                .text(id), .blob(key.fingerprint), .text(key.algorithm.rawValue), .blob(key.material),
                .optional(key.epoch.map(Int64.init)), .integer(now.milliseconds),
            ]
        )
    }

    static func readKeys(_ connection: any SQLConnection, _ sealing: SealingKeys?) throws -> [String: [SigningKey]] {
        var keys: [String: [SigningKey]] = [:]
        try connection.rows(
            "SELECT client, fingerprint, algorithm, material, epoch, expires FROM api_client_keys ORDER BY created DESC",
            []
        ) { row in
            guard let algorithm = SignatureAlgorithm(rawValue: row.text(2)) else { return true }
            let epoch = row.optionalInteger(4).map { Int($0) }
            keys[row.text(0), default: []].append(
                SigningKey(
                    fingerprint: row.blob(1),
                    algorithm: algorithm,
                    expires: row.optionalInteger(5).map { Timestamp(milliseconds: $0) },
                    epoch: epoch,
                    key: key(algorithm, row.blob(3), epoch, of: row.text(0), sealing)
                )
            )
            return true
        }
        return keys
    }

    private static func key(
        _ algorithm: SignatureAlgorithm,
        _ material: [UInt8],
        _ epoch: Int?,
        of id: String,
        _ sealing: SealingKeys?
    ) -> SignatureKey? {
        switch algorithm {
        case .ed25519:
            return (try? Curve25519.Signing.PublicKey(rawRepresentation: material)).map { .ed25519($0) }
        case .hmacSHA256:
            return epoch.flatMap { sealing?.open(material, epoch: $0, client: id) }.map {
                .hmacSHA256(SymmetricKey(data: $0))
            }
        }
    }

    // MARK: The keyring's own rotation

    /// Seals clients' signing secrets under the keyring's newest key.
    /// - Returns: how many were moved.
    public func moveToNewestKey() async throws -> Int {
        guard let sealing = sealing() else { return 0 }
        return try await ledger.database.write { connection in
            var sealed: [(client: String, fingerprint: [UInt8], material: [UInt8], epoch: Int)] = []
            try connection.rows(
                "SELECT client, fingerprint, material, epoch FROM api_client_keys WHERE epoch IS NOT NULL AND epoch <> $1",
                [.integer(Int64(sealing.newest))]
            ) { row in
                sealed.append((row.text(0), row.blob(1), row.blob(2), Int(row.integer(3))))
                return true
            }
            var moved = 0
            for key in sealed {
                guard let secret = sealing.open(key.material, epoch: key.epoch, client: key.client) else { continue }
                moved += try connection.run(
                    "UPDATE api_client_keys SET material = $1, epoch = $2 WHERE client = $3 AND fingerprint = $4",
                    [
                        .blob(try sealing.seal(secret, client: key.client)), .integer(Int64(sealing.newest)),
                        .text(key.client), .blob(key.fingerprint),
                    ]
                )
            }
            return moved
        }
    }

    /// How many signing secrets are sealed under an epoch's key, and would be lost with it.
    public func sealedKeys(epoch: Int) async throws -> Int {
        try await ledger.database.read { connection in
            try connection.first(
                "SELECT COUNT(*) FROM api_client_keys WHERE epoch = $1",
                [.integer(Int64(epoch))]
            ) { Int($0.integer(0)) } ?? 0
        }
    }

    // MARK: Texts

    static func text(_ bindings: [CertificateBinding]) -> String {
        bindings.map(\.description).joined(separator: " ")
    }

    /// A binding that cannot be read must not become none at all.
    static func bindings(_ text: String, of id: String) throws -> [CertificateBinding] {
        try text.split(separator: " ").map { text in
            guard let binding = CertificateBinding(String(text)) else {
                throw ClientError.invalid("the API client '\(id)' has a certificate that cannot be read")
            }
            return binding
        }
    }

    /// What an event says of them.
    static func describe(
        _ key: PreparedKey?,
        _ requiresSignature: Bool?,
        _ certificates: [CertificateBinding]?,
        in fields: inout [String: JSONValue]
    ) {
        if let key {
            fields["signatureAlgorithm"] = .string(key.algorithm.rawValue)
            fields["keyFingerprint"] = .string(Hex.encode(key.fingerprint))
        }
        if let requiresSignature { fields["signatureRequired"] = .bool(requiresSignature) }
        if let certificates { fields["certificates"] = .array(certificates.map { .string($0.description) }) }
    }
}
