import TextEncoding

/// A value in a structured field (RFC 8941 section 3.3). Decimals are not used by the fields read here, and not known.
enum BareItem: Hashable {
    case integer(Int64)
    case string(String)
    case token(String)
    case bytes([UInt8])
    case boolean(Bool)

    /// The item as RFC 8941 section 4.1.3 writes it.
    var text: String {
        switch self {
        case .integer(let number): "\(number)"
        case .string(let string):
            "\"" + string.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
        case .token(let token): token
        case .bytes(let bytes): ":" + Base64.encode(bytes) + ":"
        case .boolean(let flag): flag ? "?1" : "?0"
        }
    }
}

/// An item with its parameters.
struct FieldItem: Hashable {
    let value: BareItem
    let parameters: FieldParameters
}

/// Parameters in their order; none stands twice.
struct FieldParameters: Hashable {
    var all: [Pair] = []

    struct Pair: Hashable {
        let key: String
        let value: BareItem
    }

    subscript(key: String) -> BareItem? { all.first { $0.key == key }?.value }

    /// The parameters as RFC 8941 section 4.1.1.2 writes them.
    var text: String {
        all.map { $0.value == .boolean(true) ? ";\($0.key)" : ";\($0.key)=\($0.value.text)" }.joined()
    }
}

/// A member of a dictionary.
enum FieldMember: Hashable {
    case item(FieldItem)
    case list([FieldItem], FieldParameters)
}

/// Reads a dictionary (RFC 8941 section 3.2), more strictly than the RFC: of a key that stands twice it does not take the last, it
/// refuses the field.
struct DictionaryParser {
    private let bytes: [UInt8]
    private var place = 0

    /// Nil when the text is no dictionary.
    static func members(_ text: String) -> [(key: String, member: FieldMember)]? {
        var parser = DictionaryParser(bytes: Array(text.utf8))
        return parser.dictionary()
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func dictionary() -> [(key: String, member: FieldMember)]? {
        var members: [(key: String, member: FieldMember)] = []
        skip { $0 == 0x20 }
        repeat {
            skip(Self.isWhiteSpace)
            guard let key = key(), !members.contains(where: { $0.key == key }) else { return nil }
            let member: FieldMember
            if take("=") {
                guard let read = self.member() else { return nil }
                member = read
            } else {
                guard let parameters = parameters() else { return nil }
                member = .item(FieldItem(value: .boolean(true), parameters: parameters))
            }
            members.append((key, member))
            skip(Self.isWhiteSpace)
        } while take(",")
        return place == bytes.count ? members : nil
    }

    private mutating func member() -> FieldMember? {
        guard take("(") else { return item().map { .item($0) } }
        var items: [FieldItem] = []
        while true {
            let before = place
            skip { $0 == 0x20 }
            if take(")") { break }
            // Items are parted by at least one space.
            guard items.isEmpty || place > before, let item = item() else { return nil }
            items.append(item)
        }
        return parameters().map { .list(items, $0) }
    }

    private mutating func item() -> FieldItem? {
        guard let value = bareItem(), let parameters = parameters() else { return nil }
        return FieldItem(value: value, parameters: parameters)
    }

    private mutating func parameters() -> FieldParameters? {
        var parameters = FieldParameters()
        while take(";") {
            skip { $0 == 0x20 }
            guard let key = key(), parameters[key] == nil else { return nil }
            var value = BareItem.boolean(true)
            if take("=") {
                guard let read = bareItem() else { return nil }
                value = read
            }
            parameters.all.append(.init(key: key, value: value))
        }
        return parameters
    }

    private mutating func key() -> String? {
        guard let first = peek, Self.isLower(first) || first == UInt8(ascii: "*") else { return nil }
        return text { Self.isLower($0) || Self.isDigit($0) || "_-.*".utf8.contains($0) }
    }

    private mutating func bareItem() -> BareItem? {
        guard let first = peek else { return nil }
        switch first {
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: ":"): return byteSequence()
        case UInt8(ascii: "?"):
            place += 1
            if take("1") { return .boolean(true) }
            return take("0") ? .boolean(false) : nil
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return integer()
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "*"):
            return .token(text { $0 > 0x20 && $0 < 0x7f && !"\"(),;<=>?@[\\]{}".utf8.contains($0) })
        default: return nil
        }
    }

    /// At most 15 digits (RFC 8941 section 3.3.1).
    private mutating func integer() -> BareItem? {
        let isNegative = take("-")
        let digits = text(Self.isDigit)
        guard (1...15).contains(digits.utf8.count), peek != UInt8(ascii: "."), let number = Int64(digits) else {
            return nil
        }
        return .integer(isNegative ? -number : number)
    }

    private mutating func string() -> BareItem? {
        place += 1
        var string: [UInt8] = []
        while let byte = peek {
            place += 1
            switch byte {
            case UInt8(ascii: "\""): return .string(String(decoding: string, as: UTF8.self))
            case UInt8(ascii: "\\"):
                guard let escaped = peek, escaped == byte || escaped == UInt8(ascii: "\"") else { return nil }
                place += 1
                string.append(escaped)
            case 0x20...0x7e: string.append(byte)
            default: return nil
            }
        }
        return nil
    }

    private mutating func byteSequence() -> BareItem? {
        place += 1
        guard let end = bytes[place...].firstIndex(of: UInt8(ascii: ":")),
            let decoded = Base64.decode(bytes[place..<end])
        else { return nil }
        place = end + 1
        return .bytes(decoded)
    }

    private var peek: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    private mutating func skip(_ isSkipped: (UInt8) -> Bool) {
        while let byte = peek, isSkipped(byte) { place += 1 }
    }

    private mutating func text(_ belongs: (UInt8) -> Bool) -> String {
        let start = place
        skip(belongs)
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    private static func isWhiteSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    private static func isLower(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
