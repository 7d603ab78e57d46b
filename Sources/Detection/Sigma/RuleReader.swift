/// Reads one document of a rule file.
struct RuleReader {
    private static let keys = [
        "title", "id", "name", "status", "description", "author", "date", "modified", "references", "logsource",
        "detection",
        "correlation", "level", "tags", "falsepositives", "muniment",
    ]
    private static let ownKeys = ["code", "version", "entity", "sentence", "containment"]
    private static let correlationKeys = ["type", "rules", "group-by", "timespan", "condition", "generate"]
    /// Texts that every alert repeats, in characters: Sigma's own limit of titles, and what leaves an alert room in its entry.
    private static let longest = ["title": 256, "name": 128, "code": 32, "sentence": 1000]
    private static let statuses = ["stable", "test", "experimental", "deprecated", "unsupported"]

    let placeholders: [String: [String]]

    func rule(_ document: RuleNode) throws(RuleProblem) -> Rule {
        let members = try document.mapping(of: "a rule", known: Self.keys)
        let title = try required("title", members, document)
        let id = try required("id", members, document)
        guard Self.isUUID(id) else { throw (members["id"] ?? document).problem("the id must be a UUID in lower case") }
        if let status = members["status"], !Self.statuses.contains(try status.requiredText("the status")) {
            throw status.problem("the status must be one of \(Self.statuses.joined(separator: ", "))")
        }
        let level = members["level"] ?? document
        guard let severity = Severity(rawValue: try required("level", members, document)) else {
            let known = Severity.allCases.map(\.rawValue).joined(separator: ", ")
            throw level.problem("the level must be one of \(known)")
        }
        let own = try members["muniment"]?.mapping(of: "muniment", known: Self.ownKeys) ?? [:]
        let kind = try kind(members, document)
        let name = try members["name"].map { node throws(RuleProblem) in try bounded("name", node) } ?? id
        return Rule(
            id: id,
            name: name,
            code: try own["code"].map { node throws(RuleProblem) in try bounded("code", node) } ?? name,
            title: title,
            version: try own["version"]?.integer("the version") ?? 1,
            severity: severity,
            file: document.file,
            line: document.line,
            containment: try own["containment"].map { node throws(RuleProblem) in try containment(node) },
            kind: kind,
            entity: try entity(own["entity"], kind),
            sentence: try sentence(own["sentence"], title),
            alerts: true
        )
    }

    private func kind(_ members: [String: RuleNode], _ document: RuleNode) throws(RuleProblem) -> Rule.Kind {
        switch (members["detection"], members["correlation"]) {
        case (let node?, nil):
            guard members["logsource"] != nil else {
                throw document.problem("the rule has no logsource: add one, such as 'logsource: {product: muniment}'")
            }
            return .detection(try detection(node))
        case (nil, let node?): return .correlation(try correlation(node))
        default: throw document.problem("a rule needs either 'detection' or 'correlation', and not both")
        }
    }

    private func required(
        _ key: String,
        _ members: [String: RuleNode],
        _ document: RuleNode
    ) throws(RuleProblem) -> String {
        guard let node = members[key] else { throw document.problem("the rule has no \(key): add it") }
        return try bounded(key, node)
    }

    private func bounded(_ key: String, _ node: RuleNode) throws(RuleProblem) -> String {
        let text = try node.requiredText("the \(key)")
        if let longest = Self.longest[key], text.count > longest || text.utf8.count > 4 * longest {
            throw node.problem("the \(key) has more than \(longest) characters: shorten it")
        }
        return text
    }

    private func containment(_ node: RuleNode) throws(RuleProblem) -> ContainmentStep {
        guard let step = ContainmentStep(rawValue: try node.requiredText("containment")) else {
            let known = ContainmentStep.allCases.map(\.rawValue).joined(separator: ", ")
            throw node.problem("containment must be one of \(known)")
        }
        return step
    }

    private func entity(_ node: RuleNode?, _ kind: Rule.Kind) throws(RuleProblem) -> [FieldPath] {
        if let node {
            return try node.oneOrMore.map { node throws(RuleProblem) in FieldPath(try node.requiredText("entity")) }
        }
        guard case .correlation(let correlation) = kind else { return [FieldPath("eventType")] }
        return correlation.groupBy
    }

    private func sentence(_ node: RuleNode?, _ title: String) throws(RuleProblem) -> SentenceTemplate {
        let text = try node.map { node throws(RuleProblem) in try bounded("sentence", node) } ?? title + "."
        guard let template = SentenceTemplate(text) else {
            throw (node?.problem("the sentence has a '{' without a '}'"))
                ?? RuleProblem(file: "", line: 0, message: "the title has a '{' without a '}'")
        }
        return template
    }

    // MARK: Detection

    private func detection(_ node: RuleNode) throws(RuleProblem) -> Detection {
        guard let members = try node.members() else { throw node.problem("detection must be a mapping") }
        var selections: [String: [[FieldTest]]] = [:]
        var conditionNode: RuleNode?
        for (key, _, value) in members {
            if key == "condition" {
                conditionNode = value
            } else {
                selections[key] = try selection(value, key)
            }
        }
        guard let conditionNode else { throw node.problem("detection has no condition: add one") }
        let condition = try ConditionParser.parse(conditionNode, selections: selections.keys.sorted())
        if let unused = selections.keys.sorted().first(where: { !condition.selections.contains($0) }) {
            throw conditionNode.problem("the selection '\(unused)' is not used in the condition: use it or remove it")
        }
        return Detection(selections: selections, condition: condition)
    }

    private func selection(_ node: RuleNode, _ name: String) throws(RuleProblem) -> [[FieldTest]] {
        var alternatives: [[FieldTest]] = []
        for alternative in node.oneOrMore {
            guard let members = try alternative.members() else {
                throw alternative.problem(
                    "the selection '\(name)' must be a mapping of fields to values, or a list of them"
                )
            }
            var tests: [FieldTest] = []
            for (key, keyNode, value) in members {
                tests.append(try FieldTest(key, at: keyNode, value, placeholders: placeholders))
            }
            guard !tests.isEmpty else { throw alternative.problem("the selection '\(name)' is empty: name a field") }
            alternatives.append(tests)
        }
        guard !alternatives.isEmpty else { throw node.problem("the selection '\(name)' is empty: name a field") }
        return alternatives
    }

    // MARK: Correlation

    private func correlation(_ node: RuleNode) throws(RuleProblem) -> Correlation {
        let members = try node.mapping(of: "correlation", known: Self.correlationKeys)
        func get(_ key: String) throws(RuleProblem) -> RuleNode {
            guard let value = members[key] else { throw node.problem("the correlation has no \(key): add it") }
            return value
        }
        let rules = try get("rules").oneOrMore.map { node throws(RuleProblem) in try node.requiredText("a rule's name")
        }
        guard !rules.isEmpty else { throw node.problem("the correlation counts no rules: name at least one") }
        let groupBy = try members["group-by"]?.oneOrMore.map { node throws(RuleProblem) in
            FieldPath(try node.requiredText("a field of group-by"))
        }
        let span = try get("timespan")
        let spanText = try span.requiredText("the timespan")
        let type = try get("type")
        let typeName = try type.requiredText("the type")
        let (condition, comparison, bound) = try self.condition(members["condition"], typeName, rules.count, node)
        return Correlation(
            measure: try measure(type, typeName, condition, rules.count),
            rules: rules,
            groupBy: groupBy ?? [],
            spanMilliseconds: try Self.milliseconds(spanText, span),
            spanText: spanText,
            comparison: comparison,
            bound: bound,
            generate: try members["generate"]?.bool("generate") ?? false
        )
    }

    /// Reads the bound; `temporal` types mean all of their rules when they name none.
    private func condition(
        _ node: RuleNode?,
        _ type: String,
        _ rules: Int,
        _ parent: RuleNode
    ) throws(RuleProblem) -> ([String: RuleNode], Correlation.Operator, Double) {
        guard let node else {
            guard type.hasPrefix("temporal") else { throw parent.problem("the correlation has no condition: add one") }
            return ([:], .gte, Double(rules))
        }
        let members = try node.mapping(
            of: "condition",
            known: Correlation.Operator.allCases.map(\.rawValue) + ["field", "percentile"]
        )
        let operators = Correlation.Operator.allCases.filter { members[$0.rawValue] != nil }
        guard operators.count == 1, let chosen = operators.first, let value = members[chosen.rawValue] else {
            throw node.problem("the condition needs exactly one of gt, gte, lt, lte, eq, neq")
        }
        guard !type.hasPrefix("temporal") else {
            throw node.problem("'\(type)' takes no condition here: all of its rules must match")
        }
        return (members, chosen, try value.number("the bound"))
    }

    private func measure(
        _ node: RuleNode,
        _ type: String,
        _ condition: [String: RuleNode],
        _ rules: Int
    ) throws(RuleProblem) -> Correlation.Measure {
        func field() throws(RuleProblem) -> FieldPath {
            guard let field = condition["field"] else { throw node.problem("'\(type)' needs a field in its condition") }
            return FieldPath(try field.requiredText("the field"))
        }
        switch type {
        case "event_count": return .eventCount
        case "value_count": return .valueCount(try field())
        case "temporal", "temporal_ordered":
            guard rules > 1 else { throw node.problem("'\(type)' needs two or more rules") }
            return type == "temporal" ? .temporal : .temporalOrdered
        case "value_sum": return .sum(try field())
        case "value_avg": return .average(try field())
        case "value_median": return .percentile(try field(), 50)
        case "value_percentile":
            guard let node = condition["percentile"] else {
                throw node.problem("'value_percentile' needs 'percentile' in its condition, such as 95")
            }
            let percentile = try node.number("the percentile")
            guard (0...100).contains(percentile) else { throw node.problem("the percentile must be from 0 to 100") }
            return .percentile(try field(), percentile)
        default:
            throw node.problem(
                "the type '\(type)' is not known; known: event_count, value_count, temporal, temporal_ordered, value_sum, "
                    + "value_avg, value_median, value_percentile"
            )
        }
    }

    /// Reads a number and one of `s m h d`.
    private static func milliseconds(_ text: String, _ node: RuleNode) throws(RuleProblem) -> Int64 {
        let units: [Character: Int64] = ["s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let last = text.last, let unit = units[last], let count = Int64(text.dropLast()),
            (1...3660).contains(count)
        else { throw node.problem("the timespan must be a number from 1 to 3660 and one of s, m, h, d, such as 10m") }
        return count * unit
    }

    private static func isUUID(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.map(\.utf8.count) == [8, 4, 4, 4, 12]
            && text.utf8.allSatisfy { $0 == 0x2D || (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
