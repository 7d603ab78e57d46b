public import Crypto
import HTTPSignatures
import Synchronization
import TextEncoding
public import WallTime

/// The API clients as of a moment ago, for authentication without a look into the store.
public final class ClientDirectory: Sendable {
    private let clients = Mutex<[String: APIClient]>([:])
    /// Changes whenever what is known does.
    private let generation = Atomic<UInt64>(1)
    private let tokens: AccessTokens
    private let signatures: SignatureChecker
    private let bindings = Atomic<Bool>(false)

    /// - Parameters:
    ///   - tokenKey: 32 secret bytes under which access tokens are made.
    ///   - signatures: how signed requests are judged.
    ///   - began: when this process began; what was signed before is refused, because nobody here remembers whether it was used.
    public init(
        tokenKey: SymmetricKey,
        signatures: SignatureRules = SignatureRules(),
        began: Timestamp = Timestamp(milliseconds: 0)
    ) {
        tokens = AccessTokens(key: tokenKey)
        self.signatures = SignatureChecker(rules: signatures, began: began)
    }

    /// Whether any client is bound to a certificate, so that callers' certificates have to be looked at.
    public var bindsCertificates: Bool { bindings.load(ordering: .relaxed) }

    /// Replaces what is known.
    public func replace(with all: [APIClient]) {
        let table = Dictionary(all.map { ($0.id, $0) }, uniquingKeysWith: { _, new in new })
        bindings.store(all.contains { $0.safeguards?.certificates.isEmpty == false }, ordering: .relaxed)
        let isNew = clients.withLock { clients in
            defer { clients = table }
            return clients != table
        }
        if isNew { generation.add(1, ordering: .releasing) }
    }

    /// Checks an `Authorization` header: `Basic base64(id:secret)`, `Bearer id.secret`, or `Bearer` with an access token; or, where
    /// there is none, the request's signature (RFC 9421), which says by `keyid` whose it is. Of clients that can sign, a signature that
    /// is there is checked besides their credentials.
    /// - Parameters:
    ///   - header: the header's bytes, nil when there was none.
    ///   - address: the caller's IP address, 4 or 16 bytes.
    ///   - acceptingTokens: whether an access token will do.
    ///   - evidence: the rest of the request.
    public func authenticate(
        _ header: UnsafeRawBufferPointer?,
        from address: [UInt8],
        at now: Timestamp,
        acceptingTokens: Bool = true,
        evidence: some RequestEvidence
    ) throws(AuthenticationFailure) -> APIClient {
        try examine(header, from: address, at: now, acceptingTokens: acceptingTokens, evidence: evidence).client
    }

    /// As ``authenticate(_:from:at:acceptingTokens:evidence:)`` for the requests of one connection, which mostly present the same credentials.
    /// - Parameter checked: what was good on this connection before.
    /// - Returns: who calls, and what its signature is remembered under, if it signed: of client and nonce, the same on every node.
    public func authenticate(
        _ header: UnsafeRawBufferPointer?,
        from address: [UInt8],
        at now: Timestamp,
        remembering checked: inout CheckedCredentials,
        evidence: some RequestEvidence
    ) throws(AuthenticationFailure) -> (client: APIClient, signature: UInt128?) {
        // Read first: what changes while the credentials are examined makes them be examined again.
        let generation = generation.load(ordering: .acquiring)
        if let header, let client = checked.client(for: header, generation: generation, at: now) {
            return (client, nil)
        }
        checked = CheckedCredentials()
        let (client, until, signature) = try examine(
            header,
            from: address,
            at: now,
            acceptingTokens: true,
            evidence: evidence
        )
        // What else a client needs is looked at with each of its requests.
        if let header, client.safeguards == nil {
            checked = CheckedCredentials(header, client, until: until, generation: generation)
        }
        return (client, signature)
    }

    private func examine(
        _ header: UnsafeRawBufferPointer?,
        from address: [UInt8],
        at now: Timestamp,
        acceptingTokens: Bool,
        evidence: some RequestEvidence
    ) throws(AuthenticationFailure) -> (client: APIClient, until: Timestamp?, signature: UInt128?) {
        guard let header else {
            guard evidence.isSigned else { throw .missing }
            let request = evidence.signable
            guard let signature = try SignatureChecker.read(request) else { throw .missing }
            // Who is not known here gets the same answer as whose signature is wrong.
            guard let client = clients.withLock({ $0[signature.keyID] }), let safeguards = client.safeguards else {
                throw .signatureInvalid
            }
            try checkStanding(of: client, from: address, at: now)
            try checkCertificate(safeguards, evidence)
            let name = try signatures.check(signature, of: request, keys: safeguards.keys, at: now)
            return (client, client.expires, name)
        }
        let (client, until) = try identify(header, at: now, acceptingTokens: acceptingTokens)
        try checkStanding(of: client, from: address, at: now)
        var signature: UInt128?
        if let safeguards = client.safeguards { signature = try check(safeguards, of: client, evidence, at: now) }
        return (client, [until, client.expires].compactMap { $0 }.min(), signature)
    }

    /// What a client needs besides credentials that are good.
    /// - Returns: what its signature is remembered under.
    private func check(
        _ safeguards: Safeguards,
        of client: APIClient,
        _ evidence: some RequestEvidence,
        at now: Timestamp
    ) throws(AuthenticationFailure) -> UInt128? {
        try checkCertificate(safeguards, evidence)
        guard evidence.isSigned, !safeguards.keys.isEmpty else {
            if safeguards.requiresSignature { throw .signatureRequired }
            return nil
        }
        let request = evidence.signable
        guard let signature = try SignatureChecker.read(request) else { throw .signatureRequired }
        guard signature.keyID == client.id else { throw .signatureInvalid }
        return try signatures.check(signature, of: request, keys: safeguards.keys, at: now)
    }

    private func checkCertificate(
        _ safeguards: Safeguards,
        _ evidence: some RequestEvidence
    ) throws(AuthenticationFailure) {
        guard !safeguards.certificates.isEmpty else { return }
        guard let certificate = evidence.certificate, certificate.satisfies(safeguards.certificates) else {
            throw .certificate
        }
    }

    private func checkStanding(
        of client: APIClient,
        from address: [UInt8],
        at now: Timestamp
    ) throws(AuthenticationFailure) {
        if client.revoked != nil { throw .expired }
        if let expires = client.expires, expires <= now { throw .expired }
        if !client.addresses.isEmpty, !client.addresses.contains(where: { $0.contains(address) }) { throw .address }
    }

    /// Whose credentials a header holds.
    private func identify(
        _ header: UnsafeRawBufferPointer,
        at now: Timestamp,
        acceptingTokens: Bool
    ) throws(AuthenticationFailure) -> (client: APIClient, until: Timestamp?) {
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
        return (client, until)
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
