internal import JSON
internal import WallTime

/// One line of a Sigma selection: a field, how its value is looked at, and what it is compared with.
struct FieldTest: Sendable {
    enum Comparison: Sendable { case less, lessOrEqual, greater, greaterOrEqual }
    enum TimePart: String, Sendable { case minute, hour, day, week, month, year }
    enum Place: Sendable { case whole, start, end, anywhere }

    enum Expected: Sendable {
        case text(Wildcard)
        case absent
        case pattern(Pattern)
        case range(AddressRange)
        case number(Comparison, Double)
        case exists(Bool)
        case field(FieldPath, Place, cased: Bool)
    }

    let field: FieldPath
    var expected: [Expected]
    /// `all`: each of the expected values must be met, not one.
    var needsAll: Bool
    /// `neq`
    var isNegated: Bool
    /// `expand`: the values come from a list of the installation.
    let isExpanded: Bool
    let timePart: TimePart?

    /// Whether an event meets this.
    func matches(_ event: JSONValue) -> Bool {
        let met =
            needsAll
            ? expected.allSatisfy { matches($0, event) }
            : expected.contains { matches($0, event) }
        return met != isNegated
    }

    private func matches(_ expected: Expected, _ event: JSONValue) -> Bool {
        switch expected {
        case .absent: return !field.exists(in: event)
        case .exists(let wanted): return field.exists(in: event) == wanted
        case .text(let wildcard): return anyText(event) { wildcard.matches($0) }
        case .pattern(let pattern): return anyText(event) { pattern.matches($0) }
        case .range(let range): return anyText(event) { range.contains($0) }
        case .number(let comparison, let bound):
            return field.any(in: event) { value in
                guard let number = number(value) else { return false }
                switch comparison {
                case .less: return number < bound
                case .lessOrEqual: return number <= bound
                case .greater: return number > bound
                case .greaterOrEqual: return number >= bound
                }
            }
        case .field(let other, let place, let cased):
            return anyText(event) { text in
                other.any(in: event) { $0.scalarText.map { Self.compare(text, $0, place, cased) } ?? false }
            }
        }
    }

    private func anyText(_ event: JSONValue, _ body: (String) -> Bool) -> Bool {
        field.any(in: event) { value in
            guard let text = timePart == nil ? value.scalarText : part(value).map(String.init) else { return false }
            return body(text)
        }
    }

    private func number(_ value: JSONValue) -> Double? {
        if timePart != nil { return part(value).map(Double.init) }
        return value.double ?? value.string.flatMap { Double($0) }
    }

    private static func compare(_ left: String, _ right: String, _ place: Place, _ cased: Bool) -> Bool {
        let (text, other) = cased ? (left, right) : (left.lowercased(), right.lowercased())
        switch place {
        case .whole: return text == other
        case .start: return text.hasPrefix(other)
        case .end: return text.hasSuffix(other)
        case .anywhere: return other.isEmpty || text.indices.contains { text[$0...].hasPrefix(other) }
        }
    }

    /// A part of a moment in UTC; `week` counts as ISO 8601 does.
    private func part(_ value: JSONValue) -> Int? {
        guard let timePart, let moment = value.string.flatMap({ Timestamp($0) }) else { return nil }
        let text = Array(moment.description.utf8)
        func digits(_ range: Range<Int>) -> Int { text[range].reduce(0) { $0 * 10 + Int($1) - 0x30 } }
        switch timePart {
        case .year: return digits(0..<4)
        case .month: return digits(5..<7)
        case .day: return digits(8..<10)
        case .hour: return digits(11..<13)
        case .minute: return digits(14..<16)
        case .week: return CalendarWeek.number(of: moment)
        }
    }
}

/// Weeks of ISO 8601: they begin on Monday, and week 1 holds the year's first Thursday.
enum CalendarWeek {
    static func number(of moment: Timestamp) -> Int? {
        let day = Int64((Double(moment.milliseconds) / 86_400_000).rounded(.down))
        // 1970-01-01 was a Thursday.
        let weekday = ((day + 3) % 7 + 7) % 7
        let thursday = Timestamp(milliseconds: (day - weekday + 3) * 86_400_000)
        guard let newYear = Timestamp(thursday.description.prefix(4) + "-01-01") else { return nil }
        return Int((thursday.milliseconds - newYear.milliseconds) / (7 * 86_400_000)) + 1
    }
}
