import JSON

/// What Splunk would drop silently or refuse in a body, and where.
public struct HECLintError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The recorded behaviours of Splunk that a body must not meet.
    public enum Rule: String, Hashable, Sendable {
        /// Refused with code 6, or all events from here on.
        case notJSON = "this is not a JSON object; Splunk keeps the events before it and refuses the rest"
        /// "Success", and the events from here on are dropped.
        case unknownKey = "this key is unknown to Splunk, which says Success and drops the events from here on"
        /// "Success", and this event is dropped.
        case noEvent = "there is no event; with fields Splunk says Success and drops it, without it is code 12"
        /// Code 13.
        case blankEvent = "the event is null, blank or neither object nor text (code 13)"
        /// Code 15.
        case nestedField = "an indexed field holds an object or a list of lists (code 15)"
        /// Splunk takes the first number it can make of it.
        case time = "time is not seconds since 1970 with three decimals"
        /// Not a text, or empty.
        case name = "host, source, sourcetype and index must be texts that are not empty"
        /// The number of events is not what was meant.
        case count = "the body does not hold as many events as were put in"
    }

    /// Position of the event in the body, from 0.
    public let event: Int
    /// The rule.
    public let rule: Rule

    /// Names an event and a rule.
    public init(event: Int, rule: Rule) {
        self.event = event
        self.rule = rule
    }

    /// What is wrong.
    public var description: String { "HEC: event \(event) of the request: \(rule.rawValue)" }
}

/// Reads a serialised body as Splunk does and refuses every one that Splunk would not store whole.
///
/// It shares nothing with what writes the body. It is the last thing that sees the bytes before they are sent.
public enum HECLint {
    /// Checks a body that must hold `count` events.
    /// - Throws: ``HECLintError``.
    public static func check(_ body: [UInt8], count: Int) throws(HECLintError) {
        var found = 0
        for line in body.split(separator: UInt8(ascii: "\n")) {
            try check(line, position: found)
            found += 1
        }
        guard found == count else { throw HECLintError(event: found, rule: .count) }
    }

    private static func check(_ line: ArraySlice<UInt8>, position: Int) throws(HECLintError) {
        func fail(_ rule: HECLintError.Rule) -> HECLintError { HECLintError(event: position, rule: rule) }
        guard let value = try? JSONValue(parsing: Array(line)), let members = value.object else { throw fail(.notJSON) }
        for (key, value) in members {
            switch key {
            case "event": break
            case "time":
                guard case .number(let seconds) = value, seconds >= 0, seconds < 1e10 else {
                    guard case .integer(let whole) = value, (0..<10_000_000_000).contains(whole) else {
                        throw fail(.time)
                    }
                    continue
                }
            case "host", "source", "sourcetype", "index":
                guard let text = value.string, !text.isEmpty else { throw fail(.name) }
            case "fields":
                guard let fields = value.object, fields.values.allSatisfy(isFlat) else { throw fail(.nestedField) }
            default: throw fail(.unknownKey)
            }
        }
        switch members["event"] {
        case nil: throw fail(.noEvent)
        case .object: break
        case .string(let text) where text.contains(where: { !$0.isWhitespace }): break
        default: throw fail(.blankEvent)
        }
    }

    private static func isFlat(_ value: JSONValue) -> Bool {
        switch value {
        case .null, .object: false
        case .bool, .integer, .number, .string: true
        case .array(let elements):
            elements.allSatisfy {
                switch $0 {
                case .integer, .number, .string: true
                default: false
                }
            }
        }
    }
}
