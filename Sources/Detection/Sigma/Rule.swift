internal import JSON

/// How grave an alert is; the levels of Sigma 2.1.
public enum Severity: String, Sendable, Hashable, Codable, CaseIterable {
    case informational, low, medium, high, critical
}

/// One rule: what it looks for, and what its alerts say.
public struct Rule: Sendable {
    enum Kind: Sendable {
        case detection(Detection)
        case correlation(Correlation)
    }

    /// The UUID of the file, which stays when the rule is renamed.
    public let id: String
    /// The name by which correlations refer to it; unique in the pack.
    public let name: String
    /// The short code shown to people, such as `D-03`.
    public let code: String
    /// What it finds, in a few words.
    public let title: String
    /// Raised with every change of what the rule finds.
    public let version: Int
    /// How grave its alerts are.
    public let severity: Severity
    /// The file and line where it stands.
    public let file: String
    public let line: Int
    /// The step of the containment ladder that fits, when one does.
    public let containment: ContainmentStep?

    var kind: Kind
    /// The fields that say who or what an alert is about.
    let entity: [FieldPath]
    let sentence: SentenceTemplate
    /// False for a rule that only feeds correlations.
    public var alerts: Bool

    /// Tells a changed rule from its earlier form: its windows begin anew.
    var key: String { "\(name)@\(version)" }
}

/// The `detection` of a base rule.
struct Detection: Sendable {
    /// Each selection holds when one of its alternatives does, and that when all of its tests do.
    let selections: [String: [[FieldTest]]]
    let condition: Condition

    func matches(_ event: JSONValue) -> Bool {
        condition.evaluate { name in
            selections[name]?.contains { $0.allSatisfy { $0.matches(event) } } ?? false
        }
    }

    /// The types of event that can match, or nil when every type may.
    var eventTypes: Set<String>? { types(condition) }

    private func types(_ condition: Condition) -> Set<String>? {
        switch condition {
        case .not: return nil
        case .selection(let name):
            return selections[name].flatMap { union($0.map { Self.types($0) }) }
        case .all(let conditions):
            let known = conditions.compactMap { types($0) }
            return known.dropFirst().reduce(known.first) { $0?.intersection($1) }
        case .any(let conditions): return union(conditions.map { types($0) })
        }
    }

    private func union(_ sets: [Set<String>?]) -> Set<String>? {
        sets.reduce(Set()) { all, next in
            guard let all, let next else { return nil }
            return all.union(next)
        }
    }

    /// The types of event that can meet all of some tests, or nil when every type may.
    static func types(_ tests: [FieldTest]) -> Set<String>? {
        for test in tests where test.field.description == "eventType" && !test.isNegated && test.timePart == nil {
            let literals = test.expected.compactMap { expected -> String? in
                guard case .text(let wildcard) = expected else { return nil }
                return wildcard.literal?.uppercased()
            }
            if literals.count == test.expected.count { return Set(literals) }
        }
        return nil
    }

    var tests: [FieldTest] { selections.values.flatMap { $0.flatMap { $0 } } }
}

/// A correlation of Sigma 2.1: what other rules found, counted over time.
struct Correlation: Sendable {
    enum Measure: Sendable, Hashable {
        case eventCount
        case valueCount(FieldPath)
        case temporal
        case temporalOrdered
        case sum(FieldPath)
        case average(FieldPath)
        case percentile(FieldPath, Double)
    }

    enum Operator: String, Sendable, CaseIterable {
        case gt, gte, lt, lte, eq, neq

        func holds(_ measured: Double, _ bound: Double) -> Bool {
            switch self {
            case .gt: measured > bound
            case .gte: measured >= bound
            case .lt: measured < bound
            case .lte: measured <= bound
            case .eq: measured == bound
            case .neq: measured != bound
            }
        }
    }

    var measure: Measure
    /// The names of the rules whose matches are counted.
    var rules: [String]
    var groupBy: [FieldPath]
    var spanMilliseconds: Int64
    let spanText: String
    var comparison: Operator
    var bound: Double
    /// Whether the rules counted also raise alerts of their own.
    let generate: Bool
}

/// The text of a rule's alerts, with `{field}` where a value of the event or of the count goes.
struct SentenceTemplate: Sendable {
    enum Piece: Sendable {
        case text(String)
        case field(FieldPath)
    }

    /// What a sentence may name besides fields.
    static let counted = ["count", "threshold", "timespan"]

    let pieces: [Piece]

    /// Nil when a brace is open at the end.
    init?(_ text: String) {
        var pieces: [Piece] = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "{") {
            guard let close = rest[open...].firstIndex(of: "}") else { return nil }
            pieces.append(.text(String(rest[..<open])))
            pieces.append(.field(FieldPath(String(rest[rest.index(after: open)..<close]))))
            rest = rest[rest.index(after: close)...]
        }
        pieces.append(.text(String(rest)))
        self.pieces = pieces
    }

    var fields: [FieldPath] {
        pieces.compactMap {
            if case .field(let path) = $0, !Self.counted.contains(path.description) { path } else { nil }
        }
    }

    func filled(from event: JSONValue, counted: [String: String]) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .field(let path): counted[path.description] ?? path.text(in: event) ?? "unknown"
            }
        }.joined()
    }
}
