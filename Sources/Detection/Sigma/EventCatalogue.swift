/// The types of event that rules may speak of, and the fields of each.
///
/// A rule that names a field or type that no event has could never fire; it is refused instead.
public struct EventCatalogue: Sendable {
    /// The top-level fields of each type, the common ones not repeated.
    public let fieldsByType: [String: [String]]

    /// Makes a catalogue.
    public init(fieldsByType: [String: [String]]) { self.fieldsByType = fieldsByType }

    /// The catalogue with further types, for events that an installation writes itself.
    public func adding(_ more: [String: [String]]) -> EventCatalogue {
        EventCatalogue(fieldsByType: fieldsByType.merging(more) { $0 + $1 })
    }

    static let common = ["eventId", "eventType", "producer", "schemaVersion", "timestamp"]

    /// What is wrong with an event of a type that has these members, in words; nil when nothing is.
    func problem(ofMembers members: some Sequence<String>, type: String) -> String? {
        guard let fields = fieldsByType[type] else { return noType(type) }
        let unknown = Set(members).subtracting(Self.common + fields).sorted()
        guard let first = unknown.first else { return nil }
        return "no \(type) has a field '\(first)'; fields: \((Self.common + fields).sorted().joined(separator: ", "))"
    }

    private func noType(_ type: String) -> String {
        "'\(type)' is no type of event; types: \(fieldsByType.keys.sorted().joined(separator: ", "))"
    }

    /// The problems of a rule: fields and types that do not exist.
    func problems(of rule: Rule) -> [RuleProblem] {
        func problem(_ message: String) -> RuleProblem {
            RuleProblem(file: rule.file, line: rule.line, message: message)
        }
        var allowed = Set(Self.common)
        if case .detection(let detection) = rule.kind, let types = detection.eventTypes {
            for type in types.sorted() {
                guard let fields = fieldsByType[type] else { return [problem(noType(type))] }
                allowed.formUnion(fields)
            }
        } else {
            for fields in fieldsByType.values { allowed.formUnion(fields) }
        }
        let unknown = Set(Self.fields(of: rule).map(\.topLevel)).subtracting(allowed).sorted()
        return unknown.map {
            problem(
                "no event that this rule can match has a field '\($0)'; fields: \(allowed.sorted().joined(separator: ", "))"
            )
        }
    }

    /// Every field that a rule looks at.
    static func fields(of rule: Rule) -> [FieldPath] {
        var fields = rule.entity + rule.sentence.fields
        switch rule.kind {
        case .detection(let detection):
            for test in detection.tests {
                fields.append(test.field)
                for case .field(let other, _, _) in test.expected { fields.append(other) }
            }
        case .correlation(let correlation):
            fields += correlation.groupBy
            switch correlation.measure {
            case .valueCount(let field), .sum(let field), .average(let field), .percentile(let field, _):
                fields.append(field)
            case .eventCount, .temporal, .temporalOrdered: break
            }
        }
        return fields
    }
}
