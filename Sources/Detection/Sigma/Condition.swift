internal import JSON

/// The `condition` of a rule: selections joined by `and`, `or`, `not`, parentheses, `1 of` and `all of`.
indirect enum Condition: Sendable {
    case selection(String)
    case not(Condition)
    case all([Condition])
    case any([Condition])

    /// - Parameter holds: whether a named selection is met.
    func evaluate(_ holds: (String) -> Bool) -> Bool {
        switch self {
        case .selection(let name): holds(name)
        case .not(let condition): !condition.evaluate(holds)
        case .all(let conditions): conditions.allSatisfy { $0.evaluate(holds) }
        case .any(let conditions): conditions.contains { $0.evaluate(holds) }
        }
    }

    /// The selections that it names.
    var selections: Set<String> {
        switch self {
        case .selection(let name): [name]
        case .not(let condition): condition.selections
        case .all(let conditions), .any(let conditions): conditions.reduce(into: []) { $0.formUnion($1.selections) }
        }
    }
}

/// Reads a condition. `not` binds closest, then `and`, then `or`.
struct ConditionParser {
    private let words: [String]
    private let selections: [String]
    private let node: RuleNode
    private var position = 0
    private var depth = 0

    /// - Parameter selections: the names that the rule defines.
    static func parse(_ node: RuleNode, selections: [String]) throws(RuleProblem) -> Condition {
        let text = try node.requiredText("the condition")
        var parser = ConditionParser(text, selections, node)
        let condition = try parser.either()
        guard let rest = parser.peek else { return condition }
        throw node.problem("the condition goes on after its end, at '\(rest)'; join the parts with and, or")
    }

    private init(_ text: String, _ selections: [String], _ node: RuleNode) {
        var words: [String] = []
        var word = ""
        for character in text {
            let isMark = character == "(" || character == ")"
            guard isMark || character.isWhitespace else {
                word.append(character)
                continue
            }
            if !word.isEmpty { words.append(word) }
            word = ""
            if isMark { words.append(String(character)) }
        }
        if !word.isEmpty { words.append(word) }
        self.words = words
        self.selections = selections
        self.node = node
    }

    private var peek: String? { position < words.count ? words[position] : nil }

    private mutating func take(_ word: String) -> Bool {
        guard peek?.lowercased() == word else { return false }
        position += 1
        return true
    }

    private mutating func either() throws(RuleProblem) -> Condition {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 32 else { throw node.problem("the condition is nested too deeply") }
        var parts = [try both()]
        while take("or") { parts.append(try both()) }
        return parts.count == 1 ? parts[0] : .any(parts)
    }

    private mutating func both() throws(RuleProblem) -> Condition {
        var parts = [try negated()]
        while take("and") { parts.append(try negated()) }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    private mutating func negated() throws(RuleProblem) -> Condition {
        var negations = 0
        while take("not") { negations += 1 }
        let condition = try term()
        return negations % 2 == 0 ? condition : .not(condition)
    }

    private mutating func term() throws(RuleProblem) -> Condition {
        if take("(") {
            let inner = try either()
            guard take(")") else { throw node.problem("a '(' in the condition has no ')'") }
            return inner
        }
        guard let word = peek else { throw node.problem("the condition ends where a selection should stand") }
        position += 1
        if let quantity = Self.quantities[word.lowercased()], take("of") { return try several(quantity) }
        guard selections.contains(word) else {
            throw node.problem(
                "the condition names '\(word)', which is no selection; selections: \(selections.joined(separator: ", "))"
            )
        }
        return .selection(word)
    }

    private enum Quantity { case any, all }
    private static let quantities: [String: Quantity] = ["1": .any, "any": .any, "all": .all]

    private mutating func several(_ quantity: Quantity) throws(RuleProblem) -> Condition {
        guard let word = peek else { throw node.problem("'of' needs a selection, a pattern such as sel*, or them") }
        position += 1
        let wildcard = Wildcard(word, cased: true)
        // A selection whose name begins with an underscore is a helper and not one of "them" (Sigma 2.1, "condition").
        let chosen = selections.filter { word == "them" ? !$0.hasPrefix("_") : wildcard.matches($0) }
        guard !chosen.isEmpty else { throw node.problem("no selection is called like '\(word)'") }
        let parts = chosen.map { Condition.selection($0) }
        return quantity == .all ? .all(parts) : .any(parts)
    }
}
