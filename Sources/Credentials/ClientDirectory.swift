public import Crypto
import Synchronization
import TextEncoding
public import WallTime

/// Why a caller was not let in. None of the texts says which part of the credentials was right.
public enum AuthenticationFailure: String, Error, Sendable, CaseIterable, CustomStringConvertible {
    /// There was no `Authorization` header.
    case missing
    /// The header is of no form known here.
    case malformed
    /// Client unknown, secret wrong, or token forged.
    case invalid
    /// The client, its secret or its token has expired, or the client was revoked.
    case expired
    /// The client may not call from this address.
    case address
    /// The client may not do this.
    case scope

    public var description: String {
        switch self {
        case .missing: "no credentials were sent: send an Authorization header"
        case .malformed: "the Authorization header is neither Basic nor Bearer in a form known here"
        case .invalid: "the credentials are not valid"
        case .expired: "the credentials have expired or were revoked"
        case .address: "this client may not call from this address"
        case .scope: "this client may not do this: its scopes do not include it"
        }
    }

    /// 401 for who you are, 403 for what you may.
    public var status: Int { self == .scope || self == .address ? 403 : 401 }
}

/// The API clients as of a moment ago, for authentication without a look into the store.
public final class ClientDirectory: Sendable {
    private let clients = Mutex<[String: APIClient]>([:])
    /// Changes whenever what is known does.
    private let generation = Atomic<UInt64>(1)
    private let tokens: AccessTokens

    /// - Parameter tokenKey: 32 secret bytes under which access tokens are made.
    public init(tokenKey: SymmetricKey) { tokens = AccessTokens(key: tokenKey) }

    /// Replaces what is known.
    public func replace(with all: [APIClient]) {
        let table = Dictionary(all.map { ($0.id, $0) }, uniquingKeysWith: { _, new in new })
        let isNew = clients.withLock { clients in
            defer { clients = table }
            return clients != table
        }
        if isNew { generation.add(1, ordering: .releasing) }
    }

    /// Checks an `Authorization` header: `Basic base64(id:secret)`, `Bearer id.secret`, or `Bearer` with an access token.
    /// - Parameters:
    ///   - header: the header's bytes, nil when there was none.
    ///   - address: the caller's IP address, 4 or 16 bytes.
    ///   - acceptingTokens: whether an access token will do.
    public func authenticate(
        _ header: UnsafeRawBufferPointer?,
        from address: [UInt8],
        at now: Timestamp,
        acceptingTokens: Bool = true
    ) throws(AuthenticationFailure) -> APIClient {
        try examine(header, from: address, at: now, acceptingTokens: acceptingTokens).client
    }

    /// As ``authenticate(_:from:at:acceptingTokens:)`` for the requests of one connection, which mostly present the same credentials.
    /// - Parameter checked: what was good on this connection before.
    public func authenticate(
        _ header: UnsafeRawBufferPointer?,
        from address: [UInt8],
        at now: Timestamp,
        remembering checked: inout CheckedCredentials
    ) throws(AuthenticationFailure) -> APIClient {
        // Read first: what changes while the credentials are examined makes them be examined again.
        let generation = generation.load(ordering: .acquiring)
        if let header, let client = checked.client(for: header, generation: generation, at: now) { return client }
        checked = CheckedCredentials()
        let (client, until) = try examine(header, from: address, at: now, acceptingTokens: true)
        if let header { checked = CheckedCredentials(header, client, until: until, generation: generation) }
        return client
    }

    private func examine(
        _ header: UnsafeRawBufferPointer?,
        from address: [UInt8],
        at now: Timestamp,
        acceptingTokens: Bool
    ) throws(AuthenticationFailure) -> (client: APIClient, until: Timestamp?) {
        guard let header else { throw .missing }
        let client: APIClient
        var until: Timestamp?
        // RFC 9110 section 11.1: the scheme is compared without case.
        if header.hasPrefix("bearer ", ignoringCase: true) {
            let rest = UnsafeRawBufferPointer(rebasing: header[7...])
            if rest.hasPrefix(AccessTokens.prefix) {
                guard acceptingTokens else { throw .invalid }
                let token = try tokens.read(rest, at: now)
                client = try find(token.clientID)
                until = token.expires
            } else {
                guard let dot = rest.firstIndex(of: UInt8(ascii: ".")) else { throw .malformed }
                (client, until) = try check(id: rest[..<dot], secret: rest[(dot + 1)...], at: now)
            }
        } else if header.hasPrefix("basic ", ignoringCase: true) {
            guard header.count <= 512, let decoded = Base64.decode(header[6...]),
                let colon = decoded.firstIndex(of: UInt8(ascii: ":"))
            else { throw .malformed }
            (client, until) = try check(id: decoded[..<colon], secret: decoded[(colon + 1)...], at: now)
        } else {
            throw .malformed
        }
        if client.revoked != nil { throw .expired }
        if let expires = client.expires, expires <= now { throw .expired }
        if !client.addresses.isEmpty, !client.addresses.contains(where: { $0.contains(address) }) { throw .address }
        return (client, [until, client.expires].compactMap { $0 }.min())
    }

    /// Makes an access token for a client that has just been authenticated by its secret.
    public func accessToken(for client: APIClient, at now: Timestamp) -> (token: String, lifetimeSeconds: Int64) {
        tokens.make(for: client.id, at: now)
    }

    private func find(_ id: String) throws(AuthenticationFailure) -> APIClient {
        guard let client = clients.withLock({ $0[id] }) else { throw .invalid }
        return client
    }

    private func check(
        id: some Collection<UInt8>,
        secret: some Collection<UInt8>,
        at now: Timestamp
    ) throws(AuthenticationFailure) -> (APIClient, until: Timestamp?) {
        guard id.count <= 64, secret.count <= 128 else { throw .invalid }
        let digest = SHA256.hash(data: Array(secret))
        let client = try find(String(decoding: id, as: UTF8.self))
        for stored in client.secrets where constantTimeEqual(digest, stored.hash) {
            if let expires = stored.expires, expires <= now { throw .expired }
            return (client, stored.expires)
        }
        throw .invalid
    }

    private func constantTimeEqual(_ digest: SHA256.Digest, _ stored: [UInt8]) -> Bool {
        guard stored.count == SHA256.byteCount else { return false }
        var difference: UInt8 = 0
        for (left, right) in zip(digest, stored) { difference |= left ^ right }
        return difference == 0
    }
}

/// Short-lived bearer tokens for callers that use OAuth 2.0 client credentials (RFC 6749 section 4.4). Nothing is stored: the
/// token carries client and expiry under a MAC, and a revoked client's tokens die with it.
struct AccessTokens: Sendable {
    static let prefix: StaticString = "mat_"
    /// How long a token works, in seconds.
    static let lifetime: Int64 = 3600

    let key: SymmetricKey

    func make(for id: String, at now: Timestamp) -> (token: String, lifetimeSeconds: Int64) {
        let body = "\(id).\(now.milliseconds / 1000 + Self.lifetime)"
        let mac = HMAC<SHA256>.authenticationCode(for: Array(body.utf8), using: key)
        return ("\(Self.prefix)\(body).\(Hex.encode(mac))", Self.lifetime)
    }

    func read(
        _ token: UnsafeRawBufferPointer,
        at now: Timestamp
    ) throws(AuthenticationFailure) -> (clientID: String, expires: Timestamp) {
        let text = String(decoding: token, as: UTF8.self).dropFirst(4)
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let expires = Int64(parts[1]), let mac = Hex.decode(parts[2].utf8),
            mac.count == SHA256.byteCount
        else { throw .malformed }
        let body = Array("\(parts[0]).\(parts[1])".utf8)
        guard HMAC<SHA256>.isValidAuthenticationCode(mac, authenticating: body, using: key) else { throw .invalid }
        guard now.milliseconds / 1000 < expires else { throw .expired }
        return (String(parts[0]), Timestamp(milliseconds: expires * 1000))
    }
}

extension UnsafeRawBufferPointer {
    /// Whether it begins with a text, which is in lower case when letters are compared without case.
    fileprivate func hasPrefix(_ text: StaticString, ignoringCase: Bool = false) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        for offset in 0..<text.utf8CodeUnitCount {
            var byte = self[offset]
            if ignoringCase, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) { byte |= 0x20 }
            if byte != text.utf8Start[offset] { return false }
        }
        return true
    }
}
