internal import JSON

/// Runs the fixtures of rules: what `muniment rules test` calls.
public enum RuleTest {
    /// How many cases of either kind each rule that alerts must have.
    public static let casesNeeded = 3

    /// What came of one case.
    public struct Result: Sendable, Hashable, CustomStringConvertible {
        /// The rule, the fixture file, the line of the case and its name.
        public let rule: String
        public let file: String
        public let line: Int
        public let name: String
        /// What the case asks for.
        public let expected: Bool
        /// What the rule did.
        public let outcome: Outcome

        /// Whether the rule fired.
        public var fired: Bool { outcome.alert != nil }
        /// Whether the rule did as asked.
        public var passed: Bool { expected == fired }

        /// What was expected, and what happened.
        public var description: String {
            "\(file):\(line): '\(name)': \(rule) was to \(expected ? "fire" : "stay silent"), and \(outcome)"
        }
    }

    /// What a rule did with the events of a case.
    public struct Outcome: Sendable, Hashable, CustomStringConvertible {
        /// The sentence of the first alert, when there was one, and the number of the event that raised it, counted from 1.
        public let alert: String?
        public let event: Int
        /// The other rules that fired until then.
        public let others: [String]

        /// In words, to follow "and".
        public var description: String {
            guard let alert else {
                let others = others.isEmpty ? "; nothing else fired" : "; fired: \(others.joined(separator: ", "))"
                return "stayed silent through all events (\(event))\(others)"
            }
            return "fired at event \(event): \(alert)"
        }
    }

    /// All results, and what is missing.
    public struct Report: Sendable {
        /// One for each case.
        public let results: [Result]
        /// Fixtures that cannot be read, rules with too few cases, and cases for rules that do not exist, in words.
        public let shortcomings: [String]

        /// Whether every case passed and none is missing.
        public var passed: Bool { shortcomings.isEmpty && results.allSatisfy(\.passed) }
    }

    /// Runs every case, each with an engine of its own, against all rules, so that what one does to another shows.
    public static func run(_ rules: RuleSet) -> Report {
        let plan = FixturePlan(rules)
        let results = plan.files.flatMap { file in
            file.cases.map { rule, test in
                Result(
                    rule: rule,
                    file: file.name,
                    line: test.line,
                    name: test.name,
                    expected: test.fires,
                    outcome: outcome(of: rule, test, file.pack, file.configuration)
                )
            }
        }
        return Report(results: results, shortcomings: plan.shortcomings)
    }

    /// What is wrong with the fixtures of an installation's own rules, in words, without running them: for a server that starts.
    public static func shortcomings(ofOwn rules: RuleSet) -> [String] {
        FixturePlan(rules, of: rules.ownFiles).shortcomings
    }

    static func outcome(
        of rule: String,
        _ test: RuleFixtures.Case,
        _ pack: RulePack,
        _ configuration: DetectionConfiguration
    ) -> Outcome {
        var engine = DetectionEngine(rules: pack, configuration: configuration)
        var others: Set<String> = []
        for (index, fields) in test.events.enumerated() {
            guard let event = LedgerEvent(index: Int64(index), fields: fields) else { continue }
            for output in engine.observe(event) where output.kind == .alertRaised {
                let name = output.fields["rule"]?.string ?? ""
                guard name != rule else {
                    let sentence = output.fields["sentence"]?.string ?? ""
                    return Outcome(alert: sentence, event: index + 1, others: others.sorted())
                }
                others.insert(name)
            }
        }
        return Outcome(alert: nil, event: test.events.count, others: others.sorted())
    }
}
