/// A rule with one thing changed, as somebody might have written it by mistake.
struct RuleMutant: Sendable {
    /// What was changed.
    let words: String
    let rule: Rule

    /// Every mutant of a rule. Values that come from a list of the installation (`expand`) are not the rule's own and stay.
    /// - Parameter catalogue: tells when a test for the type of event says nothing that the other tests do not.
    static func all(of rule: Rule, _ catalogue: EventCatalogue = .standard) -> [RuleMutant] {
        let kinds: [(String, Rule.Kind)] =
            switch rule.kind {
            case .correlation(let correlation): correlation.mutants.map { ($0, .correlation($1)) }
            case .detection(let detection): detection.mutants(catalogue).map { ($0, .detection($1)) }
            }
        return kinds.map { words, kind in
            var mutated = rule
            mutated.kind = kind
            return RuleMutant(words: words, rule: mutated)
        }
    }

    /// The numbers beside a bound: one away from a whole number, a tenth away from any other.
    static func neighbours(of bound: Double) -> [Double] {
        let step = bound == bound.rounded() ? 1 : bound / 10
        return [bound + step, bound - step]
    }

    static func text(_ number: Double) -> String {
        Int64(exactly: number).map(String.init) ?? "\((number * 10_000).rounded() / 10_000)"
    }
}

extension Correlation {
    fileprivate var mutants: [(String, Correlation)] {
        var found: [(String, Correlation)] = []
        func add(_ words: String, _ change: (inout Correlation) -> Void) {
            var changed = self
            change(&changed)
            found.append((words, changed))
        }
        let isTemporal = measure == .temporal || measure == .temporalOrdered
        if !isTemporal {
            for bound in RuleMutant.neighbours(of: bound) {
                add("the bound \(comparison) \(RuleMutant.text(self.bound)) becomes \(RuleMutant.text(bound))") {
                    $0.bound = bound
                }
            }
            add("the condition \(comparison) becomes \(comparison.opposite)") { $0.comparison = comparison.opposite }
        }
        for seconds: Int64 in [1, -1] where spanMilliseconds > 1000 {
            add("the timespan \(spanText) becomes a second \(seconds > 0 ? "longer" : "shorter")") {
                $0.spanMilliseconds += seconds * 1000
            }
        }
        for (place, field) in groupBy.enumerated() {
            add("group-by \(field) is dropped") { $0.groupBy.remove(at: place) }
        }
        if rules.count > 1 {
            for (place, name) in rules.enumerated() {
                add("the rule \(name) is no longer counted") {
                    $0.rules.remove(at: place)
                    if isTemporal { $0.bound -= 1 }
                }
            }
        }
        switch measure {
        case .valueCount(let field): add("events are counted, not values of \(field)") { $0.measure = .eventCount }
        case .sum(let field), .average(let field), .percentile(let field, _):
            add("events are counted, not what \(field) comes to") { $0.measure = .eventCount }
        case .temporalOrdered: add("the order does not matter") { $0.measure = .temporal }
        case .eventCount, .temporal: break
        }
        return found
    }
}

extension Correlation.Operator {
    fileprivate var opposite: Self {
        switch self {
        case .gt: .lte
        case .gte: .lt
        case .lt: .gte
        case .lte: .gt
        case .eq: .neq
        case .neq: .eq
        }
    }
}

extension Detection {
    fileprivate func mutants(_ catalogue: EventCatalogue) -> [(String, Detection)] {
        var found = condition.mutants.map { ($0, Detection(selections: selections, condition: $1)) }
        for (name, alternatives) in selections.sorted(by: { $0.key < $1.key }) {
            func add(_ words: String, _ changed: [[FieldTest]]) {
                var selections = selections
                selections[name] = changed
                found.append(("in '\(name)' \(words)", Detection(selections: selections, condition: condition)))
            }
            for (number, tests) in alternatives.enumerated() {
                let which = alternatives.count > 1 ? "alternative \(number + 1): " : ""
                if alternatives.count > 1 {
                    var fewer = alternatives
                    fewer.remove(at: number)
                    add("alternative \(number + 1) is dropped", fewer)
                }
                for (place, test) in tests.enumerated() {
                    var others = tests
                    others.remove(at: place)
                    if !others.isEmpty, !catalogue.implies(test, others) {
                        var changed = alternatives
                        changed[number] = others
                        add("\(which)\(test.field) is not looked at", changed)
                    }
                    for (words, mutant) in test.mutants {
                        var changed = alternatives
                        changed[number][place] = mutant
                        add("\(which)\(words)", changed)
                    }
                }
            }
        }
        return found
    }
}

extension EventCatalogue {
    /// Whether only events of the types that a test asks for have what the other tests look at, so that it changes nothing.
    fileprivate func implies(_ test: FieldTest, _ others: [FieldTest]) -> Bool {
        guard let types = Detection.types([test]) else { return false }
        let needed = others.filter(\.needsValue).map(\.field.topLevel).filter { !Self.common.contains($0) }
        guard !needed.isEmpty else { return false }
        let able = fieldsByType.filter { type in needed.allSatisfy { type.value.contains($0) } }
        return Set(able.keys).isSubset(of: types)
    }
}

extension FieldTest {
    /// Whether an event without the field never meets this.
    fileprivate var needsValue: Bool {
        !isNegated
            && expected.allSatisfy {
                switch $0 {
                case .absent: false
                case .exists(let wanted): wanted
                default: true
                }
            }
    }

    fileprivate var mutants: [(String, FieldTest)] {
        var found: [(String, FieldTest)] = []
        func add(_ words: String, _ change: (inout FieldTest) -> Void) {
            var changed = self
            change(&changed)
            found.append(("\(field) \(words)", changed))
        }
        add("is negated") { $0.isNegated.toggle() }
        if needsAll { add("needs one value, not all") { $0.needsAll = false } }
        for (place, value) in expected.enumerated() where !isExpanded {
            if expected.count > 1 {
                add("is not compared with \(value.words ?? "value \(place + 1)")") { $0.expected.remove(at: place) }
            }
            switch value {
            case .number(let comparison, let bound):
                for other in RuleMutant.neighbours(of: bound) {
                    add("\(comparison.words) \(RuleMutant.text(bound)) becomes \(RuleMutant.text(other))") {
                        $0.expected[place] = .number(comparison, other)
                    }
                }
            case .text(let text) where expected.count == 1:
                add("'\(text)' becomes another text") {
                    $0.expected[place] = .text(Wildcard("\u{1}", cased: true))
                }
            default: break
            }
        }
        return found
    }
}

extension FieldTest.Expected {
    /// Nil for what can only be told by its place.
    fileprivate var words: String? {
        switch self {
        case .text(let wildcard): "'\(wildcard)'"
        case .absent: "null"
        case .pattern, .range: nil
        case .number(let comparison, let bound): "\(comparison.words) \(RuleMutant.text(bound))"
        case .exists(let wanted): "exists \(wanted)"
        case .field(let other, _, _): "the field \(other)"
        }
    }
}

extension FieldTest.Comparison {
    fileprivate var words: String {
        switch self {
        case .less: "lt"
        case .lessOrEqual: "lte"
        case .greater: "gt"
        case .greaterOrEqual: "gte"
        }
    }
}

extension Condition {
    /// The condition as Sigma writes it.
    var words: String {
        switch self {
        case .selection(let name): name
        case .not(let inner): "not \(inner.words)"
        case .all(let parts): "(\(parts.map(\.words).joined(separator: " and ")))"
        case .any(let parts): "(\(parts.map(\.words).joined(separator: " or ")))"
        }
    }

    /// Selections negated, parts dropped, `and` and `or` exchanged; the words say what the condition becomes.
    fileprivate var mutants: [(String, Condition)] {
        changed.map { ("the condition '\(words)' becomes '\($0.words)'", $0) }
    }

    private var changed: [Condition] {
        switch self {
        case .selection: [.not(self)]
        case .not(let inner):
            // To negate what is negated is to take the negation away.
            if case .selection = inner { [inner] } else { [inner] + inner.changed.map { .not($0) } }
        case .all(let parts): [.any(parts)] + Self.changed(parts).map { .all($0) }
        case .any(let parts): [.all(parts)] + Self.changed(parts).map { .any($0) }
        }
    }

    private static func changed(_ parts: [Condition]) -> [[Condition]] {
        parts.indices.flatMap { place in
            var fewer = parts
            fewer.remove(at: place)
            return [fewer]
                + parts[place].changed.map { part in
                    var other = parts
                    other[place] = part
                    return other
                }
        }
    }
}
