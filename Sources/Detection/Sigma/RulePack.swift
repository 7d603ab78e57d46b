/// A set of rules that belong together, checked against each other and put in the order in which they are evaluated.
public struct RulePack: Sendable {
    /// The rules, each after those that it counts.
    public let rules: [Rule]
    /// For each type of event, the base rules that can match it.
    private let byType: [String: [Int]]
    /// Base rules that can match every type.
    private let untyped: [Int]
    /// For each rule, the correlations that count it.
    let counters: [[Int]]
    /// The members of events that some rule looks at.
    let interests: Set<String>
    /// Those of judged reads, and of what counts them.
    private(set) var judgedInterests: Set<String> = []

    /// Reads rule files.
    /// - Parameters:
    ///   - placeholders: the lists that values with the modifier `expand` name; ``RulePack/defaultPlaceholders`` when not given.
    ///   - events: the types and fields that may be named.
    /// - Throws: every problem found, with file, line and what to do.
    public init(
        files: [RuleFile],
        placeholders: [String: [String]] = RulePack.defaultPlaceholders,
        events: EventCatalogue = .standard
    ) throws(RulePackError) {
        var problems: [RuleProblem] = []
        var read: [Rule] = []
        let reader = RuleReader(placeholders: placeholders)
        for file in files {
            do throws(RuleProblem) {
                for document in try RuleNode.documents(file.text, file: file.name) {
                    do throws(RuleProblem) { read.append(try reader.rule(document)) } catch { problems.append(error) }
                }
            } catch { problems.append(error) }
        }
        for rule in read { problems += events.problems(of: rule) }
        problems += Self.repeated(read)
        guard problems.isEmpty else { throw RulePackError(problems: problems) }

        self.init(ordered: try Self.ordered(read))
    }

    /// Takes rules that were checked, each after those that it counts.
    init(ordered: [Rule]) {
        let numbers = Dictionary(
            ordered.enumerated().flatMap { [($1.name, $0), ($1.id, $0)] },
            uniquingKeysWith: { first, _ in first }
        )
        var rules = ordered
        var byType: [String: [Int]] = [:]
        var untyped: [Int] = []
        var counters = [[Int]](repeating: [], count: rules.count)
        for (number, rule) in ordered.enumerated() {
            switch rule.kind {
            case .detection(let detection):
                if let types = detection.eventTypes {
                    for type in types { byType[type, default: []].append(number) }
                } else {
                    untyped.append(number)
                }
            case .correlation(let correlation):
                for name in correlation.rules {
                    guard let counted = numbers[name] else { continue }
                    counters[counted].append(number)
                }
            }
        }
        for number in ordered.indices where !counters[number].isEmpty {
            rules[number].alerts = counters[number].contains { counter in
                if case .correlation(let correlation) = ordered[counter].kind { correlation.generate } else { false }
            }
        }
        self.rules = rules
        self.byType = byType
        self.untyped = untyped
        self.counters = counters
        interests = Set(rules.flatMap { EventCatalogue.fields(of: $0) }.map(\.topLevel))
        var pending = candidates("ACCESS_JUDGED")
        while let number = pending.popLast() {
            judgedInterests.formUnion(EventCatalogue.fields(of: rules[number]).map(\.topLevel))
            pending += counters[number]
        }
    }

    /// A rule and those that count it, directly or by way of others, by name.
    func resting(on name: String) -> Set<String> {
        var found: Set<String> = [name]
        // Each rule stands after those that it counts.
        for number in rules.indices where found.contains(rules[number].name) {
            found.formUnion(counters[number].map { rules[$0].name })
        }
        return found
    }

    /// Rules and those that they count, directly or by way of others, by name.
    func needed(by names: Set<String>) -> Set<String> {
        var found = names
        for number in rules.indices.reversed()
        where counters[number].contains(where: { found.contains(rules[$0].name) }) {
            found.insert(rules[number].name)
        }
        return found
    }

    /// The fields that count as sensitive where a rule says `%sensitive_fields%`.
    public static let defaultPlaceholders: [String: [String]] = [
        "sensitive_fields": [
            "ssn", "nationalId", "taxId", "passportNumber", "cardNumber", "accountNumber", "iban", "dateOfBirth",
            "password",
            "pin", "medical",
        ],
        // The customers whose reads are always looked at, by their names in the ledger; an installation gives its own.
        "watched_customers": ["subject:watched-customer-of-the-fixtures"],
    ]

    /// The base rules that can match events of a type, in order.
    func candidates(_ type: String) -> [Int] {
        guard let typed = byType[type] else { return untyped }
        return untyped.isEmpty ? typed : (typed + untyped).sorted()
    }

    private static func repeated(_ rules: [Rule]) -> [RuleProblem] {
        var seen: [String: Rule] = [:]
        var problems: [RuleProblem] = []
        for rule in rules {
            for name in Set([rule.id, rule.name]) {
                if let other = seen[name] {
                    problems.append(
                        RuleProblem(
                            file: rule.file,
                            line: rule.line,
                            message:
                                "'\(name)' is the name or id of the rule at \(other.file):\(other.line) too: choose another"
                        )
                    )
                }
                seen[name] = rule
            }
        }
        return problems
    }

    /// Puts each correlation after the rules that it counts; files' order otherwise.
    private static func ordered(_ rules: [Rule]) throws(RulePackError) -> [Rule] {
        let names = Set(rules.flatMap { [$0.id, $0.name] })
        var problems: [RuleProblem] = []
        var placed: Set<String> = []
        var ordered: [Rule] = []
        var waiting = rules
        while !waiting.isEmpty {
            var left: [Rule] = []
            for rule in waiting {
                guard case .correlation(let correlation) = rule.kind else {
                    ordered.append(rule)
                    placed.formUnion([rule.id, rule.name])
                    continue
                }
                if let unknown = correlation.rules.first(where: { !names.contains($0) }) {
                    problems.append(
                        RuleProblem(
                            file: rule.file,
                            line: rule.line,
                            message: "the correlation counts '\(unknown)', which is no rule of this pack"
                        )
                    )
                    placed.formUnion([rule.id, rule.name])
                } else if correlation.rules.allSatisfy({ placed.contains($0) }) {
                    ordered.append(rule)
                    placed.formUnion([rule.id, rule.name])
                } else {
                    left.append(rule)
                }
            }
            if left.count == waiting.count {
                problems += left.map {
                    RuleProblem(
                        file: $0.file,
                        line: $0.line,
                        message: "correlations count each other in a circle: break it"
                    )
                }
                break
            }
            waiting = left
        }
        guard problems.isEmpty else { throw RulePackError(problems: problems) }
        return ordered
    }
}
