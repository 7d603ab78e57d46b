import TextEncoding

/// The one signature of a request (RFC 9421), read and checked as far as that needs no key.
public struct MessageSignature: Sendable {
    /// The longest `nonce` and `keyid`, in bytes.
    public static let longestName = 128
    /// The shortest `nonce`, in bytes: shorter ones repeat by chance.
    public static let shortestNonce = 8

    /// When it says it was made, in seconds since 1970.
    public let created: Int64
    /// When it says it ends, in seconds since 1970; nil for never.
    public let expires: Int64?
    /// Whose key it says it was made with.
    public let keyID: String
    /// What makes it unlike every other signature of that key.
    public let nonce: String
    /// The algorithm that it names; what counts is the key's.
    public let algorithm: String?
    /// What it covers, in its order.
    let components: [String]
    let parameters: FieldParameters
    let bytes: [UInt8]

    /// Reads the signature of a request; nil when the request has none.
    /// - Throws: ``SignatureFault/malformed`` or ``SignatureFault/incomplete``.
    public init?(of request: SignableRequest) throws(SignatureFault) { try self.init(of: request, isNonceNeeded: true) }

    /// - Parameter isNonceNeeded: false only for signatures that are not judged, such as published ones.
    init?(of request: SignableRequest, isNonceNeeded: Bool) throws(SignatureFault) {
        let input = try request.field("signature-input")
        let signature = try request.field("signature")
        if input == nil, signature == nil { return nil }
        guard let inputs = input.flatMap(DictionaryParser.members), inputs.count == 1,
            let signatures = signature.flatMap(DictionaryParser.members), signatures.count == 1,
            inputs[0].key == signatures[0].key, case .list(let covered, let parameters) = inputs[0].member,
            case .item(let item) = signatures[0].member, case .bytes(let bytes) = item.value
        else { throw .malformed }
        var components: [String] = []
        for component in covered {
            // Parameters of components (`sf`, `key`, `bs`, `req`, `tr`) change what is signed; none is needed here.
            guard case .string(let name) = component.value, component.parameters.all.isEmpty,
                !components.contains(name)
            else { throw .malformed }
            components.append(name)
        }
        guard case .integer(let created)? = parameters["created"], case .string(let keyID)? = parameters["keyid"] else {
            throw .incomplete
        }
        var nonce = ""
        if case .string(let text)? = parameters["nonce"] { nonce = text } else if isNonceNeeded { throw .incomplete }
        guard keyID.utf8.count <= Self.longestName,
            !isNonceNeeded || (Self.shortestNonce...Self.longestName).contains(nonce.utf8.count)
        else { throw .malformed }
        (expires, algorithm) = (try Self.integer(parameters, "expires"), try Self.string(parameters, "alg"))
        // A signature that was made for another application is not one for this.
        if let tag = try Self.string(parameters, "tag"), tag != "muniment" { throw .invalid }
        self.created = created
        self.keyID = keyID
        self.nonce = nonce
        self.components = components
        self.parameters = parameters
        self.bytes = bytes
    }

    private static func integer(_ parameters: FieldParameters, _ key: String) throws(SignatureFault) -> Int64? {
        guard let value = parameters[key] else { return nil }
        guard case .integer(let number) = value else { throw .malformed }
        return number
    }

    private static func string(_ parameters: FieldParameters, _ key: String) throws(SignatureFault) -> String? {
        guard let value = parameters[key] else { return nil }
        guard case .string(let string) = value else { throw .malformed }
        return string
    }

    /// Checks that the whole request is covered: method, path, query, and the body by its digest, which must be right.
    public func checkCoverage(of request: SignableRequest) throws(SignatureFault) {
        var needed = ["@method", "@path"]
        if request.query != nil { needed.append("@query") }
        if request.bodyLength > 0 { needed.append("content-digest") }
        guard needed.allSatisfy(components.contains) else { throw .incomplete }
        guard let digest = try request.field("content-digest") else {
            if request.bodyLength > 0 { throw .incomplete }
            return
        }
        // RFC 9530 section 2: one member per algorithm. Others than SHA-256 may stand beside it.
        guard let members = DictionaryParser.members(digest),
            case .item(let item)? = members.first(where: { $0.key == "sha-256" })?.member,
            case .bytes(let given) = item.value
        else { throw .digest }
        guard given.elementsEqual(request.bodyDigest) else { throw .digest }
    }

    /// Checks its times.
    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - window: how old it may be, in seconds.
    ///   - skew: how far a caller's clock may be ahead, in seconds.
    public func checkTimes(now: Int64, window: Int64, skew: Int64) throws(SignatureFault) {
        guard created <= now + skew, created > now - window, expires.map({ $0 > now }) ?? true else { throw .expired }
    }

    /// The text that is signed (RFC 9421 section 2.5).
    func base(of request: SignableRequest) throws(SignatureFault) -> String {
        var text = ""
        for component in components {
            text += "\"\(component)\": \(try Self.value(of: component, in: request))\n"
        }
        let covered = components.map { BareItem.string($0).text }.joined(separator: " ")
        return text + "\"@signature-params\": (\(covered))\(parameters.text)"
    }

    /// `@scheme` and `@target-uri` are not known here, because a proxy in front may have ended TLS; responses' components do not
    /// belong to requests.
    private static func value(of component: String, in request: SignableRequest) throws(SignatureFault) -> String {
        switch component {
        case "@method": return request.method
        case "@path": return request.path
        case "@query": return request.query ?? "?"
        case "@request-target": return request.target
        case "@authority":
            guard let host = try request.field("host") else { throw .malformed }
            return host.lowercased()
        default:
            guard !component.hasPrefix("@"), component == component.lowercased(),
                component != "signature", component != "signature-input",
                let value = try request.field(component)
            else { throw .malformed }
            return value
        }
    }
}
