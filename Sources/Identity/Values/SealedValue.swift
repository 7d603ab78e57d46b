import Crypto
import TextEncoding

/// A value for which a token stands in some text, to be kept so that the token can be taken back.
public struct TokenisedValue: Sendable, Hashable {
    /// What stands in the text.
    public let token: String
    /// Where the token holds.
    public let scope: String
    /// What it stands for.
    public let value: [UInt8]

    /// Names a value.
    public init(token: String, scope: String, value: [UInt8]) {
        self.token = token
        self.scope = scope
        self.value = value
    }

    /// Token, scope and value behind each other, the first two behind their lengths in four big-endian bytes.
    fileprivate var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for part in [token, scope] {
            withUnsafeBytes(of: UInt32(part.utf8.count).bigEndian) { bytes.append(contentsOf: $0) }
            bytes += part.utf8
        }
        return bytes + value
    }

    /// Reads what ``bytes`` wrote.
    fileprivate init?(bytes: [UInt8]) {
        var rest = bytes[...]
        func part() -> String? {
            guard rest.count >= 4 else { return nil }
            let count = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(4)
            guard count <= rest.count else { return nil }
            defer { rest = rest.dropFirst(count) }
            return String(decoding: rest.prefix(count), as: UTF8.self)
        }
        guard let token = part(), let scope = part() else { return nil }
        self.init(token: token, scope: scope, value: Array(rest))
    }
}

/// A tokenised value as the store holds it: under names that only who holds the tenant's keys can make, sealed under the key of the
/// person whose it is, or under the tenant's.
struct SealedValue: Sendable {
    let name: [UInt8]
    let scope: [UInt8]
    let epoch: Int
    /// Nobody's when 0.
    let person: Int64
    let sealed: [UInt8]
    let expires: Int64
}

/// Names and seals values under one of the tenant's keys (HMAC-SHA-256; AES-256-GCM).
struct ValueSealer: Sendable {
    let epoch: Int
    private let names: KeyedHash
    private let key: SymmetricKey

    init(_ key: TenantKey) {
        epoch = key.epoch
        names = KeyedHash(key: key.derived(for: "value-names"))
        self.key = key.derived(for: "values")
    }

    func scope(_ scope: String) -> [UInt8] { name("scope", scope, "") }

    func name(_ token: String, in scope: String) -> [UInt8] { name("token", scope, token) }

    private func name(_ kind: String, _ scope: String, _ token: String) -> [UInt8] {
        Array("\(kind)\u{0}\(scope.utf8.count)\u{0}\(scope)\(token)".utf8).withUnsafeBytes {
            Array(names.code(for: $0))
        }
    }

    /// - Parameter person: the key of the person whose value it is; nil for the tenant's.
    func seal(_ value: TokenisedValue, of person: (id: Int64, key: PersonKey)?, expires: Int64) throws -> SealedValue {
        let name = name(value.token, in: value.scope)
        let box = try AES.GCM.seal(value.bytes, using: person?.key.values ?? key, authenticating: name)
        return SealedValue(
            name: name,
            scope: scope(value.scope),
            epoch: epoch,
            person: person?.id ?? 0,
            sealed: Array(box.combined ?? box.ciphertext),
            expires: expires
        )
    }

    /// The value; nil when another key sealed it, or it was altered.
    func open(_ sealed: SealedValue, _ person: PersonKey?) -> TokenisedValue? {
        guard let box = try? AES.GCM.SealedBox(combined: sealed.sealed),
            let bytes = try? AES.GCM.open(box, using: person?.values ?? key, authenticating: sealed.name)
        else { return nil }
        return TokenisedValue(bytes: Array(bytes))
    }
}
