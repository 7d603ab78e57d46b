/// How the local parts of e-mail addresses are compared. A mail server alone knows whether `Ann` and `ann` are one box, so what
/// is taken away is declared.
public struct EmailRules: Sendable, Hashable {
    /// Whether upper and lower case are the same. They are at every large provider.
    public var ignoresCase = true
    /// Domains, in lower case, whose addresses mean the same without `+` and what follows it; `*` for all.
    public var tagDomains: Set<String> = []
    /// Domains whose addresses mean the same without dots.
    public var dotlessDomains: Set<String> = []

    /// Case is ignored, and nothing else.
    public init() {}
}

/// Reads e-mail addresses of RFC 5321 and 6531 into one spelling: the domain in lower case and ASCII (RFC 5891 A-labels), the local
/// part as the rules say. Quoted local parts and address literals are refused: nobody's customers have them, and they hide
/// evasions.
struct EmailAddress {
    private static let longestLocalPart = 64
    private static let longestDomain = 253

    static func canonical(_ text: String, rules: EmailRules) throws(IdentifierRefusal) -> String {
        guard text.utf8.count <= 1024 else { throw refusal(.tooLong) }
        guard var address = UnicodeForm.normalised(text) else { throw refusal(.unicode) }
        if address.lowercased().hasPrefix("mailto:") { address.removeFirst("mailto:".count) }
        guard !address.isEmpty else { throw refusal(.empty) }
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw refusal(.form) }
        let domain = try canonicalDomain(parts[1])
        let local = try canonicalLocalPart(parts[0], domain, rules)
        guard local.utf8.count + 1 + domain.utf8.count <= 254 else { throw refusal(.tooLong) }
        return local + "@" + domain
    }

    private static func refusal(_ reason: IdentifierRefusal.Reason) -> IdentifierRefusal {
        IdentifierRefusal(.email, reason)
    }

    private static func canonicalLocalPart(
        _ text: Substring,
        _ domain: String,
        _ rules: EmailRules
    ) throws(IdentifierRefusal) -> String {
        guard text.utf8.count <= longestLocalPart else { throw refusal(.tooLong) }
        guard text.unicodeScalars.allSatisfy(isAtomText) else { throw refusal(.characters) }
        var local = rules.ignoresCase ? text.lowercased() : String(text)
        if rules.tagDomains.contains(domain) || rules.tagDomains.contains("*"),
            let plus = local.firstIndex(of: "+"), plus > local.startIndex
        {
            local = String(local[..<plus])
        }
        guard !local.split(separator: ".", omittingEmptySubsequences: false).contains("") else { throw refusal(.form) }
        if rules.dotlessDomains.contains(domain) { local.removeAll { $0 == "." } }
        return local
    }

    /// The characters of a dot-atom (RFC 5322 section 3.2.3), with letters beyond ASCII as in RFC 6532.
    private static func isAtomText(_ scalar: Unicode.Scalar) -> Bool {
        if !scalar.isASCII { return scalar.properties.generalCategory != .spaceSeparator }
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", ".": return true
        default: return "!#$%&'*+-/=?^_`{|}~".unicodeScalars.contains(scalar)
        }
    }

    private static func canonicalDomain(_ text: Substring) throws(IdentifierRefusal) -> String {
        // The ideographic full stops are dots (RFC 3490 section 3.1); NFKC has made the half-width one of them already.
        let dotted = text.lowercased().replacing("\u{3002}", with: ".")
        guard let folded = UnicodeForm.normalised(dotted) else { throw refusal(.unicode) }
        var labels = folded.split(separator: ".", omittingEmptySubsequences: false)
        if labels.count > 2, labels.last == "" { labels.removeLast() }
        guard labels.count >= 2 else { throw refusal(.form) }
        var ascii: [String] = []
        for label in labels { ascii.append(try canonicalLabel(label)) }
        guard let last = ascii.last, !last.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { throw refusal(.form) }
        let domain = ascii.joined(separator: ".")
        guard domain.utf8.count <= longestDomain else { throw refusal(.tooLong) }
        return domain
    }

    private static func canonicalLabel(_ label: Substring) throws(IdentifierRefusal) -> String {
        guard !label.isEmpty, label.first != "-", label.last != "-" else { throw refusal(.form) }
        var isASCII = true
        for scalar in label.unicodeScalars {
            if scalar.isASCII {
                switch scalar {
                case "a"..."z", "0"..."9", "-": continue
                default: throw refusal(.characters)
                }
            }
            isASCII = false
            switch scalar.properties.generalCategory {
            case .lowercaseLetter, .otherLetter, .modifierLetter, .nonspacingMark, .spacingMark, .decimalNumber:
                continue
            default: throw refusal(.characters)
            }
        }
        guard let encoded = isASCII ? String(label) : Punycode.encode(label).map({ "xn--" + $0 }),
            encoded.utf8.count <= 63
        else { throw refusal(.tooLong) }
        return encoded
    }
}
