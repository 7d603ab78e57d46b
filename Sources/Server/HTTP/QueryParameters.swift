import JSON
import WallTime

/// The query of a request, read strictly: only names that the endpoint knows, each at most once, each with a value.
///
/// Values are percent-decoded (RFC 3986 section 2.1). A plus sign stands for itself, not for a space: it occurs in customer ids and
/// in the offsets of times.
struct QueryParameters: Sendable {
    /// The longest value, in bytes after decoding.
    static let maximumValueBytes = 1024

    private let values: [String: String]

    /// - Parameters:
    ///   - query: what stands behind the question mark; nil when there is none.
    ///   - known: the names that the endpoint knows.
    init(_ query: String?, known: [String]) throws(Refusal) {
        var values: [String: String] = [:]
        for pair in (query ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(parts[0]), let name = known.first(where: { $0 == name }) else {
                let names = known.isEmpty ? "none" : known.joined(separator: ", ")
                throw Refusal(.unknownParameter, "known here: \(names)")
            }
            guard parts.count == 2, let value = PercentEncoding.decode(parts[1]), !value.isEmpty,
                value.utf8.count <= Self.maximumValueBytes, value.unicodeScalars.allSatisfy({ !$0.isControl })
            else {
                throw Self.invalid(
                    name,
                    "needs a value of at most \(Self.maximumValueBytes) bytes without control characters"
                )
            }
            guard values.updateValue(value, forKey: name) == nil else { throw Self.invalid(name, "stands twice") }
        }
        self.values = values
    }

    /// A refusal that names a parameter.
    static func invalid(_ name: String, _ reason: String) -> Refusal {
        Refusal(.invalidParameter, "\(name): \(reason)")
    }

    /// The value of a parameter.
    subscript(name: String) -> String? { values[name] }

    /// A truth value; false when it is not given.
    func flag(_ name: String) throws(Refusal) -> Bool {
        switch values[name] {
        case nil, "false": false
        case "true": true
        default: throw Self.invalid(name, "is true or false")
        }
    }

    /// A moment in RFC 3339, or a date for its first moment in UTC.
    func moment(_ name: String) throws(Refusal) -> Timestamp? {
        guard let text = values[name] else { return nil }
        guard let moment = Timestamp(text) else {
            throw Self.invalid(name, "is an RFC 3339 time such as 2026-01-02T03:04:05Z, or a date")
        }
        return moment
    }

    /// A whole number within bounds, in plain digits.
    func number(_ name: String, in bounds: ClosedRange<Int>) throws(Refusal) -> Int? {
        guard let text = values[name] else { return nil }
        let bounds = bounds.clamped(to: 0...Int(CanonicalJSONWriter.largestInteger))
        guard let number = Int(text), String(number) == text, bounds.contains(number) else {
            throw Self.invalid(name, "is a number from \(bounds.lowerBound) to \(bounds.upperBound)")
        }
        return number
    }

    /// A text that passes a test.
    func text(_ name: String, _ rule: TextRule) throws(Refusal) -> String? {
        guard let text = values[name] else { return nil }
        guard rule.accepts(text) else { throw Self.invalid(name, rule.explanation) }
        return text
    }
}

/// What a text must look like.
struct TextRule: Sendable {
    /// How many Unicode scalars, which is what JSON Schema counts.
    let length: ClosedRange<Int>
    /// The characters beside ASCII letters and digits; nil when every character is good that is not a control character.
    let others: String?

    /// Customer ids as the data plane takes them. Another id cannot be in the ledger, so that an empty answer would mislead.
    static let customerID = TextRule(length: 1...128, others: "._~@+:-")
    /// Ids of agents and conversations as the data plane takes them.
    static let platformID = TextRule(length: 1...64, others: "._-")
    /// Words of a person.
    static let reason = TextRule(length: 1...200, others: nil)

    var explanation: String {
        let size = "has \(length.lowerBound) to \(length.upperBound)"
        guard let others else { return "\(size) characters and no control characters" }
        return "\(size) ASCII letters, digits and \(others.map { "\($0)" }.joined(separator: " "))"
    }

    func accepts(_ text: String) -> Bool {
        guard length.contains(text.unicodeScalars.count) else { return false }
        return text.unicodeScalars.allSatisfy { scalar in
            guard let others else { return !scalar.isControl }
            return scalar.isASCIIAlphanumeric || others.unicodeScalars.contains(scalar)
        }
    }
}

/// Percent-encoding (RFC 3986 section 2.1).
enum PercentEncoding {
    /// The decoded text; nil when an escape is not one, or the bytes are not UTF-8.
    static func decode(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

extension Unicode.Scalar {
    var isControl: Bool { properties.generalCategory == .control }

    var isASCIIAlphanumeric: Bool {
        ("0"..."9").contains(self) || ("A"..."Z").contains(self) || ("a"..."z").contains(self)
    }
}
