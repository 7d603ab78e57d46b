public import JSON

/// Gives a recipient codes of its own in the place of those under which people stand in the record.
public struct Pseudonymisation: Sendable, Hashable {
    /// Names recipient and key: two of the same name do the same.
    public let name: String
    /// The recipient's code for one of the record's, such as `subject:…`.
    let code: @Sendable (String) -> String
    /// The recipient's hash for one of the record's, both 64 hex digits.
    let hash: @Sendable (String) -> String

    /// Describes a pseudonymisation.
    public init(
        name: String,
        code: @escaping @Sendable (String) -> String,
        hash: @escaping @Sendable (String) -> String
    ) {
        self.name = name
        self.code = code
        self.hash = hash
    }

    public static func == (left: Pseudonymisation, right: Pseudonymisation) -> Bool { left.name == right.name }

    public func hash(into hasher: inout Hasher) { hasher.combine(name) }

    /// The member whose members are hashes of identifiers without anything in front of them.
    private static let hashes = "piiContext"

    /// Everything that stands for a person or an identifier replaced, however deep, in names of members too.
    public func apply(to value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): return .string(apply(to: text))
        case .array(let values): return .array(values.map { apply(to: $0) })
        case .object(let members): return .object(apply(to: members))
        default: return value
        }
    }

    /// The same for the members of an object.
    public func apply(to members: [String: JSONValue]) -> [String: JSONValue] {
        var replaced: [String: JSONValue] = [:]
        replaced.reserveCapacity(members.count)
        for (name, value) in members {
            replaced[apply(to: name)] = name == Self.hashes ? hashed(value) : apply(to: value)
        }
        return replaced
    }

    private func hashed(_ value: JSONValue) -> JSONValue {
        guard case .object(let members) = value else { return apply(to: value) }
        return .object(
            members.mapValues { value in
                guard let text = value.string, PersonCode.isHash(text.utf8) else { return apply(to: value) }
                return .string(hash(text))
            }
        )
    }

    /// A text with the codes in it replaced. One that was cut short, as long texts in alerts are, names its person to whoever knows
    /// the whole: of it only the kind is left.
    public func apply(to text: String) -> String {
        var text = text
        return text.withUTF8 { bytes in
            let found = PersonCode.all(in: bytes)
            if found.isEmpty { return String(decoding: bytes, as: UTF8.self) }
            var result = ""
            var place = 0
            for item in found {
                result += String(decoding: bytes[place..<item.range.lowerBound], as: UTF8.self)
                let written = String(decoding: bytes[item.range], as: UTF8.self)
                result += item.isWhole ? code(written) : String(written.prefix(item.prefix)) + "…"
                place = item.range.upperBound
            }
            return result + String(decoding: bytes[place...], as: UTF8.self)
        }
    }
}

/// Finds the codes that stand for people and identifiers in texts of the record: `subject:<64 hex>`,
/// `hmac-sha256:<epoch>:<kind>:<64 hex>` and `tok_<TYPE>_<32 hex>`.
enum PersonCode {
    struct Found {
        let range: Range<Int>
        /// The bytes in front of the digits.
        let prefix: Int
        let isWhole: Bool
    }

    /// Whether these are 64 hex digits and nothing else.
    static func isHash(_ bytes: some Collection<UInt8>) -> Bool { bytes.count == 64 && bytes.allSatisfy(isHex) }

    static func all(in text: UnsafeBufferPointer<UInt8>) -> [Found] {
        // The shortest beginning with a digit behind it; most texts of events are shorter, or have none of the letters.
        guard text.count >= 6 else { return [] }
        var found: [Found] = []
        var place = 0
        while place < text.count {
            guard let (start, digits) = head(text, place) else {
                place += 1
                continue
            }
            var end = start
            while end < text.count, isHex(text[end]), end - start < digits { end += 1 }
            guard end > start else {
                place = start
                continue
            }
            found.append(Found(range: place..<end, prefix: start - place, isWhole: end - start == digits))
            place = end
        }
        return found
    }

    /// Where the digits of a code begin that begins here, and how many a whole one has.
    private static func head(_ text: UnsafeBufferPointer<UInt8>, _ place: Int) -> (start: Int, digits: Int)? {
        switch text[place] {
        case UInt8(ascii: "s"): return after("subject:", text, place).map { ($0, 64) }
        case UInt8(ascii: "t"):
            guard let type = after("tok_", text, place) else { return nil }
            return run(text, type, isType).flatMap { end in
                // The type's own underscores are part of the run; the last stands before the digits.
                guard let last = text[type..<end].lastIndex(of: UInt8(ascii: "_")) else { return nil }
                return (last + 1, 32)
            }
        case UInt8(ascii: "h"):
            guard let epoch = after("hmac-sha256:", text, place), let kind = run(text, epoch, isDigit),
                kind < text.count, text[kind] == UInt8(ascii: ":"), let end = run(text, kind + 1, isLower),
                end < text.count, text[end] == UInt8(ascii: ":")
            else { return nil }
            return (end + 1, 64)
        default: return nil
        }
    }

    private static func after(_ word: StaticString, _ text: UnsafeBufferPointer<UInt8>, _ place: Int) -> Int? {
        let end = place + word.utf8CodeUnitCount
        guard end <= text.count else { return nil }
        for offset in 0..<word.utf8CodeUnitCount where text[place + offset] != word.utf8Start[offset] { return nil }
        return end
    }

    /// The end of a run of at least one such byte.
    private static func run(
        _ text: UnsafeBufferPointer<UInt8>,
        _ start: Int,
        _ belongs: (UInt8) -> Bool
    ) -> Int? {
        var end = start
        while end < text.count, belongs(text[end]) { end += 1 }
        return end > start ? end : nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isLower(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte) }
    private static func isType(_ byte: UInt8) -> Bool { (0x41...0x5a).contains(byte) || byte == 0x5f }
    private static func isHex(_ byte: UInt8) -> Bool { isDigit(byte) || (0x61...0x66).contains(byte) }
}
