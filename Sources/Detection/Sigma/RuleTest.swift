internal import JSON

/// Runs the fixtures of a pack: what `muniment rules test` calls.
public enum RuleTest {
    /// How many cases of either kind each rule that alerts must have.
    public static let casesNeeded = 3

    /// What came of one case.
    public struct Result: Sendable, Hashable {
        /// The rule, the fixture file and the case.
        public let rule: String
        public let file: String
        public let name: String
        /// What the case asks for, and what the rule did.
        public let expected: Bool
        public let fired: Bool
        /// The sentence of the first alert, when there was one.
        public let sentence: String?

        /// Whether the rule did as asked.
        public var passed: Bool { expected == fired }
    }

    /// All results, and what is missing.
    public struct Report: Sendable {
        /// One for each case.
        public let results: [Result]
        /// Rules with too few cases, and cases for rules that do not exist, in words.
        public let shortcomings: [String]

        /// Whether every case passed and none is missing.
        public var passed: Bool { shortcomings.isEmpty && results.allSatisfy(\.passed) }
    }

    /// Runs every case against the whole pack, each with an engine of its own.
    public static func run(_ pack: RulePack, _ fixtures: [RuleFixtures]) -> Report {
        var results: [Result] = []
        var shortcomings: [String] = []
        for file in fixtures {
            let own = pack.rules.filter { $0.alerts && stem($0.file) == stem(file.name) }.map(\.name)
            for test in file.cases {
                guard let rule = test.rule ?? (own.count == 1 ? own[0] : nil), own.contains(rule) else {
                    shortcomings.append(
                        "\(file.name): the case '\(test.name)' must name one of the rules \(own.sorted())"
                    )
                    continue
                }
                let sentence = firstSentence(of: rule, pack, file, test)
                results.append(
                    Result(
                        rule: rule,
                        file: file.name,
                        name: test.name,
                        expected: test.fires,
                        fired: sentence != nil,
                        sentence: sentence
                    )
                )
            }
        }
        for rule in pack.rules where rule.alerts {
            let firing = results.count { $0.rule == rule.name && $0.expected }
            let silent = results.count { $0.rule == rule.name && !$0.expected }
            if min(firing, silent) < casesNeeded {
                shortcomings.append(
                    "\(rule.file):\(rule.line): '\(rule.name)' has \(firing) firing and \(silent) silent cases; "
                        + "write at least \(casesNeeded) of each"
                )
            }
        }
        return Report(results: results, shortcomings: shortcomings)
    }

    private static func firstSentence(
        of rule: String,
        _ pack: RulePack,
        _ file: RuleFixtures,
        _ test: RuleFixtures.Case
    ) -> String? {
        var engine = DetectionEngine(rules: pack, configuration: file.configuration)
        for (index, fields) in test.events.enumerated() {
            guard let event = LedgerEvent(index: Int64(index), fields: fields) else { continue }
            for output in engine.observe(event)
            where output.kind == .alertRaised && output.fields["rule"] == .string(rule) {
                return output.fields["sentence"]?.string ?? ""
            }
        }
        return nil
    }

    /// `D-03.yml` and `D-03.fixtures.json` belong together.
    private static func stem(_ name: String) -> Substring { name.prefix { $0 != "." } }
}
