/// The fixtures of rule files, read, with which rule each case is about, and what is missing.
struct FixturePlan {
    /// The fixtures of one rule file.
    struct File {
        let name: String
        let cases: [(rule: String, test: RuleFixtures.Case)]
        let equivalent: [RuleFixtures.Equivalent]
        /// All rules, with the lists that the fixtures name.
        let pack: RulePack
        let configuration: DetectionConfiguration
    }

    private(set) var files: [File] = []
    /// Fixtures that cannot be read, rules with too few cases, and cases for rules that do not exist, in words.
    private(set) var shortcomings: [String] = []

    /// - Parameter files: those of the set whose fixtures are looked at; all when not given.
    init(_ set: RuleSet, of files: [RuleFile]? = nil) {
        for file in files ?? set.files {
            let rules = set.pack.rules.filter { $0.file == file.name }
            do throws(RuleProblem) { try add(file, rules, set) } catch {
                shortcomings.append("\(error)")
                continue
            }
            count(rules)
        }
    }

    private mutating func add(_ file: RuleFile, _ rules: [Rule], _ set: RuleSet) throws(RuleProblem) {
        guard let bytes = file.fixtures else { return }
        let fixtures = try RuleFixtures(name: file.fixtureName, json: bytes)
        let alerting = rules.filter(\.alerts).map(\.name)
        var cases: [(rule: String, test: RuleFixtures.Case)] = []
        for test in fixtures.cases {
            guard let rule = test.rule ?? (alerting.count == 1 ? alerting[0] : nil), alerting.contains(rule) else {
                shortcomings.append(
                    "\(file.fixtureName):\(test.line): '\(test.name)' must name a rule of \(file.name) that raises alerts, as "
                        + "'rule'\(Self.hint(rules, set.pack))"
                )
                continue
            }
            cases.append((rule, test))
        }
        self.files.append(
            File(
                name: file.fixtureName,
                cases: cases,
                equivalent: fixtures.equivalent,
                pack: try Self.pack(fixtures, set),
                configuration: fixtures.configuration
            )
        )
    }

    /// Which rules could be named, or why there are none.
    private static func hint(_ rules: [Rule], _ pack: RulePack) -> String {
        let alerting = rules.filter(\.alerts).map(\.name)
        guard alerting.isEmpty else { return "; such rules: \(alerting.sorted().joined(separator: ", "))" }
        let counters = pack.rules.indices.filter { number in rules.contains { $0.name == pack.rules[number].name } }
            .flatMap { pack.counters[$0] }.map { pack.rules[$0].name }
        guard let counter = counters.first else { return "; there is none" }
        return "; there is none, because \(counter) counts them: 'generate: true' there lets them raise alerts, too"
    }

    private static func pack(_ fixtures: RuleFixtures, _ set: RuleSet) throws(RuleProblem) -> RulePack {
        guard !fixtures.lists.isEmpty else { return set.pack }
        do { return try set.pack(lists: fixtures.lists) } catch {
            throw RuleProblem(
                file: fixtures.name,
                line: 1,
                message: "with these lists the rules cannot be read: \(error)"
            )
        }
    }

    private mutating func count(_ rules: [Rule]) {
        for rule in rules where rule.alerts {
            let cases = files.last.map { $0.cases.filter { $0.rule == rule.name } } ?? []
            let firing = cases.count { $0.test.fires }
            let silent = cases.count - firing
            guard min(firing, silent) < RuleTest.casesNeeded else { continue }
            shortcomings.append(
                "\(rule.file):\(rule.line): '\(rule.name)' has \(firing) firing and \(silent) silent cases; "
                    + "write at least \(RuleTest.casesNeeded) of each into \(RuleFile.fixtureName(beside: rule.file))"
            )
        }
    }
}
