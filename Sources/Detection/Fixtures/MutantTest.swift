internal import JSON

/// How much the fixtures of rules would notice: each rule is changed in one thing at a time, and a change that no fixture notices is a
/// mistake that could be made without anybody seeing it. What `muniment rules test --mutants` calls.
///
/// A mutant that no events could tell from its rule is named under `equivalent` in the fixture file, with `rule`, `mutant` (the words
/// that are printed) and `reason`; such a claim about a mutant that is killed, or that there is not, is a shortcoming.
public enum MutantTest {
    /// The share of mutants that the fixtures of a rule file must kill.
    public static let shareNeeded = 0.9

    /// What came of one rule's mutants.
    public struct Tally: Sendable, Hashable {
        /// The rule and the file where it stands.
        public let rule: String
        public let file: String
        /// How many mutants a fixture told from the rule.
        public fileprivate(set) var killed = 0
        /// What was changed in those that none did.
        public fileprivate(set) var survivors: [String] = []
        /// How many cannot be told from the rule, by what the fixture file says.
        public fileprivate(set) var equivalent = 0

        /// How many there are, without the equivalent ones.
        public var total: Int { killed + survivors.count }
    }

    /// The tallies of all rules, and what is wrong.
    public struct Report: Sendable {
        /// One for each rule, in the order of the files.
        public let tallies: [Tally]
        /// Files whose fixtures kill too few, rules whose fixtures fail to begin with, and wrong claims, in words.
        public let shortcomings: [String]

        /// Whether enough mutants are killed, and nothing is wrong.
        public var passed: Bool { shortcomings.isEmpty }
        /// How many mutants are killed, of how many.
        public var killed: Int { tallies.reduce(0) { $0 + $1.killed } }
        public var total: Int { tallies.reduce(0) { $0 + $1.total } }
    }

    /// Changes every rule of some files, and runs the fixtures that have to do with it.
    /// - Parameter files: the names of the rule files; all when not given.
    public static func run(_ rules: RuleSet, files: Set<String>? = nil) -> Report {
        let plan = FixturePlan(rules)
        var tallies: [Tally] = []
        var shortcomings = plan.shortcomings
        for file in rules.files where files?.contains(file.name) ?? true {
            let equivalent = plan.files.first { $0.name == file.fixtureName }?.equivalent ?? []
            var claims = Dictionary(
                equivalent.map { (Claim(rule: $0.rule, mutant: $0.mutant), false) },
                uniquingKeysWith: { first, _ in first }
            )
            var own: [Tally] = []
            for rule in rules.pack.rules where rule.file == file.name {
                let trial = MutantTrial(rule, rules.pack, plan)
                guard trial.failing == nil else {
                    shortcomings.append(
                        "\(rule.file):\(rule.line): '\(rule.name)' is not tried: \(trial.failing ?? "")"
                    )
                    continue
                }
                own.append(tally(trial, &claims))
            }
            for (claim, holds) in claims.sorted(by: { $0.key.mutant < $1.key.mutant }) where !holds {
                shortcomings.append(
                    "\(file.fixtureName): 'equivalent' names '\(claim.mutant)' of '\(claim.rule)', which a fixture kills or which "
                        + "there is not: remove it"
                )
            }
            let (killed, total) = own.reduce((0, 0)) { ($0.0 + $1.killed, $0.1 + $1.total) }
            if Double(killed) < shareNeeded * Double(total) {
                shortcomings.append(
                    "\(file.fixtureName): the fixtures notice \(killed) of \(total) changes of the rules; write cases for what is "
                        + "left until they notice \(Int(shareNeeded * 100)) %"
                )
            }
            tallies += own
        }
        return Report(tallies: tallies, shortcomings: shortcomings)
    }

    private struct Claim: Hashable {
        let rule: String
        let mutant: String
    }

    private static func tally(_ trial: MutantTrial, _ claims: inout [Claim: Bool]) -> Tally {
        var tally = Tally(rule: trial.rule.name, file: trial.rule.file)
        for mutant in RuleMutant.all(of: trial.rule) {
            let claim = Claim(rule: trial.rule.name, mutant: mutant.words)
            if trial.kills(mutant) {
                tally.killed += 1
            } else if claims[claim] != nil {
                claims[claim] = true
                tally.equivalent += 1
            } else {
                tally.survivors.append(mutant.words)
            }
        }
        return tally
    }
}

/// A rule, those that rest on it and those that it rests on, and the cases that are about them.
private struct MutantTrial {
    let rule: Rule
    /// The first case that fails although nothing was changed.
    private(set) var failing: String?
    private var cases: [(file: FixturePlan.File, rules: [Rule], rule: String, test: RuleFixtures.Case)] = []

    init(_ rule: Rule, _ pack: RulePack, _ plan: FixturePlan) {
        self.rule = rule
        let affected = pack.resting(on: rule.name)
        let needed = pack.needed(by: affected)
        for file in plan.files {
            let rules = file.pack.rules.filter { needed.contains($0.name) }
            for (name, test) in file.cases where affected.contains(name) { cases.append((file, rules, name, test)) }
        }
        // The short cases first: most mutants fall to one.
        cases.sort { $0.test.events.count < $1.test.events.count }
        failing = cases.first { differs($0, $0.rules) }.map { "'\($0.test.name)' in \($0.file.name) fails already" }
    }

    /// Whether some case comes out otherwise.
    func kills(_ mutant: RuleMutant) -> Bool {
        cases.contains { test in
            differs(test, test.rules.map { $0.name == mutant.rule.name ? mutant.rule : $0 })
        }
    }

    private func differs(
        _ test: (file: FixturePlan.File, rules: [Rule], rule: String, test: RuleFixtures.Case),
        _ rules: [Rule]
    ) -> Bool {
        let outcome = RuleTest.outcome(of: test.rule, test.test, RulePack(ordered: rules), test.file.configuration)
        return (outcome.alert != nil) != test.test.fires
    }
}
