internal import JSON

/// Reads back what ``StateEncoder`` wrote, straight from the bytes: no tree of the whole is built, so that taking up a large state
/// needs little more memory than the state itself. Errors name no path: what cannot be read is made again from the ledger.
enum StateDecoder {
    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        try bytes.withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes)
            guard let first = try scanner.next() else { throw JSONError(.unexpectedEnd, at: 0) }
            let piece = Piece(bytes: bytes, token: first, range: try scanner.finish(first))
            _ = try scanner.next()
            return try value(type, piece)
        }
    }

    /// One value, where it stands in the text of the container around it.
    private struct Piece {
        let bytes: UnsafeRawBufferPointer
        let token: JSONToken
        let range: Range<Int>

        /// Its text alone.
        var text: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[range]) }
        var isNull: Bool { token.kind == .null }
        var string: String? { token.kind == .string ? JSONText.string(bytes, token) : nil }

        var bool: Bool? {
            switch token.kind {
            case .true: true
            case .false: false
            default: nil
            }
        }

        var double: Double? { token.kind == .number ? Double(String(decoding: text, as: UTF8.self)) : nil }

        /// The encoder writes integers within 2^53 - 1 as digits.
        var integer: Int64? {
            guard token.kind == .number, range.count <= 17 else { return nil }
            var (magnitude, start): (Int64, Int) = (0, range.lowerBound)
            if bytes[start] == UInt8(ascii: "-") { start += 1 }
            for offset in start..<range.upperBound {
                let digit = Int64(bytes[offset]) - Int64(UInt8(ascii: "0"))
                guard (0...9).contains(digit) else { return nil }
                magnitude = magnitude * 10 + digit
            }
            return start > range.lowerBound ? -magnitude : magnitude
        }
    }

    private static func value<Value: Decodable>(_ type: Value.Type, _ piece: Piece) throws
        -> Value
    {
        let found: Any?
        switch type {
        case is String.Type: found = piece.string
        case is Bool.Type: found = piece.bool
        case is Double.Type: found = piece.double
        case is JSONBox.Type: found = JSONBox(try JSONValue(parsing: piece.text))
        case let integer as any FixedWidthInteger.Type: found = piece.integer.flatMap { Self.integer(integer, $0) }
        default: return try Value(from: ValueDecoder(piece: piece))
        }
        guard let value = found as? Value else { throw mismatch(type) }
        return value
    }

    private static func integer<Integer: FixedWidthInteger>(_ type: Integer.Type, _ value: Int64) -> Any? {
        Integer(exactly: value)
    }

    private static func mismatch(_ type: Any.Type) -> DecodingError {
        .typeMismatch(type, .init(codingPath: [], debugDescription: "the stored state holds something else here"))
    }

    private struct ValueDecoder: Decoder, SingleValueDecodingContainer {
        let piece: Piece
        var codingPath: [any CodingKey] { [] }
        var userInfo: [CodingUserInfoKey: Any] { [:] }

        func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
            KeyedDecodingContainer(try Keyed<Key>(piece))
        }

        func unkeyedContainer() throws -> any UnkeyedDecodingContainer { try Unkeyed(piece) }
        func singleValueContainer() -> any SingleValueDecodingContainer { self }
        func decodeNil() -> Bool { piece.isNull }
        func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try value(type, piece) }
    }

    private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
        private let members: [String: Piece]
        var codingPath: [any CodingKey] { [] }

        init(_ piece: Piece) throws {
            guard piece.token.kind == .beginObject else { throw mismatch([String: JSONBox].self) }
            let text = piece.text
            var scanner = JSONScanner(text)
            _ = try scanner.next()
            var members: [String: Piece] = [:]
            while let key = try scanner.next(), key.kind == .key, let token = try scanner.next() {
                let member = Piece(bytes: text, token: token, range: try scanner.finish(token))
                guard members.updateValue(member, forKey: JSONText.string(text, key)) == nil else {
                    throw JSONError(.duplicateKey, at: key.range.lowerBound)
                }
            }
            self.members = members
        }

        var allKeys: [Key] { members.keys.compactMap { Key(stringValue: $0) } }
        func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }

        private func member(_ key: any CodingKey) throws -> Piece {
            guard let piece = members[key.stringValue] else {
                throw DecodingError.keyNotFound(
                    key,
                    .init(codingPath: [], debugDescription: "the state lacks it")
                )
            }
            return piece
        }

        func decodeNil(forKey key: Key) throws -> Bool { try member(key).isNull }
        func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
            try value(type, try member(key))
        }
        func decode(_ type: String.Type, forKey key: Key) throws -> String {
            guard let text = try member(key).string else { throw mismatch(type) }
            return text
        }
        func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 {
            guard let number = try member(key).integer else { throw mismatch(type) }
            return number
        }
        func decode(_ type: Int.Type, forKey key: Key) throws -> Int {
            guard let number = try member(key).integer else { throw mismatch(type) }
            return Int(number)
        }
        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type,
            forKey key: Key
        ) throws -> KeyedDecodingContainer<Nested> {
            KeyedDecodingContainer(try Keyed<Nested>(try member(key)))
        }
        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
            try Unkeyed(try member(key))
        }
        func superDecoder() throws -> any Decoder { throw mismatch(Key.self) }
        func superDecoder(forKey key: Key) throws -> any Decoder {
            ValueDecoder(piece: try member(key))
        }
    }

    private struct Unkeyed: UnkeyedDecodingContainer {
        private let text: UnsafeRawBufferPointer
        private var scanner: JSONScanner
        /// The element that comes next; nil after the last.
        private var upcoming: Piece?
        var codingPath: [any CodingKey] { [] }
        private(set) var currentIndex = 0

        init(_ piece: Piece) throws {
            guard piece.token.kind == .beginArray else { throw mismatch([JSONBox].self) }
            text = piece.text
            scanner = JSONScanner(text)
            _ = try scanner.next()
            try advance()
        }

        var count: Int? { nil }
        var isAtEnd: Bool { upcoming == nil }

        private mutating func advance() throws {
            upcoming = nil
            guard let token = try scanner.next(), token.kind != .endArray else { return }
            upcoming = Piece(bytes: text, token: token, range: try scanner.finish(token))
        }

        private mutating func next() throws -> Piece {
            guard let piece = upcoming else { throw mismatch(JSONBox.self) }
            try advance()
            currentIndex += 1
            return piece
        }

        mutating func decodeNil() throws -> Bool {
            guard upcoming?.isNull == true else { return false }
            _ = try next()
            return true
        }
        mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
            try value(type, try next())
        }
        mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<
            Nested
        > {
            KeyedDecodingContainer(try Keyed<Nested>(try next()))
        }
        mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
            try Unkeyed(try next())
        }
        mutating func superDecoder() throws -> any Decoder { ValueDecoder(piece: try next()) }
    }
}
