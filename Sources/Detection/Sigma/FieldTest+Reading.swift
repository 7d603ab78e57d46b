extension FieldTest {
    /// The modifiers of Sigma 2.1 that are understood here.
    static let knownModifiers = [
        "contains", "startswith", "endswith", "all", "cased", "exists", "neq", "re", "i", "m", "s", "cidr", "lt", "lte",
        "gt",
        "gte", "base64", "fieldref", "expand", "minute", "hour", "day", "week", "month", "year",
    ]

    /// Reads `field|modifier|modifier: value or list`.
    /// - Parameter placeholders: the lists that `expand` may name as `%name%`.
    init(
        _ key: String,
        at keyNode: RuleNode,
        _ value: RuleNode,
        placeholders: [String: [String]]
    ) throws(RuleProblem) {
        let parts = key.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        let modifiers = parts.dropFirst()
        guard !parts[0].isEmpty else {
            throw keyNode.problem("a search for bare keywords is not available: name the field before the '|'")
        }
        for modifier in modifiers where !Self.knownModifiers.contains(modifier) {
            throw keyNode.problem(
                "the modifier '\(modifier)' is not known; known: \(Self.knownModifiers.joined(separator: ", "))"
            )
        }
        guard Set(modifiers).count == modifiers.count else {
            throw keyNode.problem("a modifier stands twice in '\(key)'")
        }
        let reader = ModifierReader(Array(modifiers), at: keyNode)
        field = FieldPath(parts[0])
        needsAll = modifiers.contains("all")
        isNegated = modifiers.contains("neq")
        isExpanded = modifiers.contains("expand")
        timePart = try reader.timePart()
        try reader.check()
        var expected: [Expected] = []
        for node in value.oneOrMore {
            expected += try reader.expected(node, placeholders)
        }
        // A list of the configuration may be empty: then the test is never met.
        guard !expected.isEmpty || modifiers.contains("expand") else {
            throw value.problem("'\(key)' has an empty list: give it a value")
        }
        guard !needsAll || expected.count > 1 else {
            throw keyNode.problem("'all' needs a list of two or more values")
        }
        self.expected = expected
    }
}

/// Makes expected values from texts as a chain of modifiers says.
private struct ModifierReader {
    private static let operators = [
        "contains", "startswith", "endswith", "re", "cidr", "lt", "lte", "gt", "gte", "exists",
    ]

    let modifiers: [String]
    let keyNode: RuleNode

    init(_ modifiers: [String], at keyNode: RuleNode) {
        self.modifiers = modifiers
        self.keyNode = keyNode
    }

    private func has(_ name: String) -> Bool { modifiers.contains(name) }
    private var chosen: String? { modifiers.first { Self.operators.contains($0) } }

    func timePart() throws(RuleProblem) -> FieldTest.TimePart? {
        let parts = modifiers.compactMap { FieldTest.TimePart(rawValue: $0) }
        guard parts.count <= 1 else { throw keyNode.problem("only one part of the time can be looked at: keep one") }
        return parts.first
    }

    /// Refuses chains that contradict themselves.
    func check() throws(RuleProblem) {
        let operators = modifiers.filter { Self.operators.contains($0) }
        guard operators.count <= 1 else {
            throw keyNode.problem("\(operators.joined(separator: " and ")) cannot stand together: keep one")
        }
        for flag in ["i", "m", "s"] where has(flag) && !has("re") {
            throw keyNode.problem("'\(flag)' is a flag of 're': write 're|\(flag)'")
        }
        if has("fieldref"), let chosen, !["contains", "startswith", "endswith"].contains(chosen) {
            throw keyNode.problem("'fieldref' goes with contains, startswith, endswith or alone, not with '\(chosen)'")
        }
        if has("base64"), has("re") || has("cidr") || has("exists") || has("fieldref") {
            throw keyNode.problem("'base64' goes with plain texts only")
        }
    }

    func expected(_ node: RuleNode, _ placeholders: [String: [String]]) throws(RuleProblem) -> [FieldTest.Expected] {
        if node.isNull {
            guard modifiers.allSatisfy({ $0 == "neq" }) else {
                throw node.problem("null goes with no modifier but 'neq': write the field alone, or use 'exists'")
            }
            return [.absent]
        }
        if has("exists") { return [.exists(try node.bool("the value of 'exists'"))] }
        let text = try node.requiredText("a value")
        guard has("expand") else { return [try one(text, node)] }
        return try expand(text, node, placeholders).map { text throws(RuleProblem) in try one(text, node) }
    }

    private func expand(
        _ text: String,
        _ node: RuleNode,
        _ placeholders: [String: [String]]
    ) throws(RuleProblem) -> [String] {
        let parts = text.split(separator: "%", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3 else { throw node.problem("'expand' needs one placeholder in the text, such as %name%") }
        guard let values = placeholders[parts[1]] else {
            throw node.problem(
                "the placeholder %\(parts[1])% is not set; set: \(placeholders.keys.sorted().joined(separator: ", "))"
            )
        }
        return values.map { parts[0] + $0 + parts[2] }
    }

    private func one(_ text: String, _ node: RuleNode) throws(RuleProblem) -> FieldTest.Expected {
        if has("fieldref") { return .field(FieldPath(text), place, cased: has("cased")) }
        switch chosen {
        case "re":
            let options = Pattern.Options(ignoresCase: has("i"), multiline: has("m"), dotMatchesNewline: has("s"))
            do { return .pattern(try Pattern(text, options)) } catch {
                throw node.problem("this is not a regular expression that can be used: \(error.message)")
            }
        case "cidr":
            guard let range = AddressRange(text) else {
                throw node.problem("'\(text)' is not an address range; write one such as 192.0.2.0/24 or 2001:db8::/32")
            }
            return .range(range)
        case "lt": return .number(.less, try node.number("the value of 'lt'"))
        case "lte": return .number(.lessOrEqual, try node.number("the value of 'lte'"))
        case "gt": return .number(.greater, try node.number("the value of 'gt'"))
        case "gte": return .number(.greaterOrEqual, try node.number("the value of 'gte'"))
        default:
            let wildcard =
                has("base64")
                ? Wildcard(Base64Text.encode(Array(text.utf8)), cased: true) : Wildcard(text, cased: has("cased"))
            return .text(
                wildcard.extended(
                    before: place == .anywhere || place == .end,
                    after: place == .anywhere || place == .start
                )
            )
        }
    }

    private var place: FieldTest.Place {
        switch chosen {
        case "contains": .anywhere
        case "startswith": .start
        case "endswith": .end
        default: .whole
        }
    }
}

/// Base64 (RFC 4648 section 4) of a rule's own texts.
enum Base64Text {
    static func encode(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let word = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for place in 0..<4 {
                text.append(place <= group.count ? alphabet[word >> (18 - 6 * place) & 63] : 0x3D)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
