internal import JSON

/// Reads back what ``StateEncoder`` wrote.
enum StateDecoder {
    static func decode<Value: Decodable>(_ type: Value.Type, from json: JSONValue) throws -> Value {
        try value(type, json, [])
    }

    private static func value<Value: Decodable>(_ type: Value.Type, _ json: JSONValue, _ path: [any CodingKey]) throws
        -> Value
    {
        let found: Any?
        switch type {
        case is String.Type: found = json.string
        case is Bool.Type: found = json.bool
        case is Double.Type: found = json.double
        case is JSONBox.Type: found = JSONBox(json)
        case let integer as any FixedWidthInteger.Type: found = json.integer.flatMap { Self.integer(integer, $0) }
        default: return try Value(from: ValueDecoder(json: json, codingPath: path))
        }
        guard let value = found as? Value else { throw mismatch(type, path) }
        return value
    }

    private static func integer<Integer: FixedWidthInteger>(_ type: Integer.Type, _ value: Int64) -> Any? {
        Integer(exactly: value)
    }

    private static func mismatch(_ type: Any.Type, _ path: [any CodingKey]) -> DecodingError {
        .typeMismatch(type, .init(codingPath: path, debugDescription: "the stored state holds something else here"))
    }

    private struct ValueDecoder: Decoder, SingleValueDecodingContainer {
        let json: JSONValue
        let codingPath: [any CodingKey]
        var userInfo: [CodingUserInfoKey: Any] { [:] }

        func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
            guard let members = json.object else { throw mismatch([String: JSONBox].self, codingPath) }
            return KeyedDecodingContainer(Keyed<Key>(members: members, codingPath: codingPath))
        }

        func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
            guard let elements = json.array else { throw mismatch([JSONBox].self, codingPath) }
            return Unkeyed(elements: elements, codingPath: codingPath)
        }

        func singleValueContainer() -> any SingleValueDecodingContainer { self }
        func decodeNil() -> Bool { json.isNull }
        func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try value(type, json, codingPath) }
    }

    private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let members: [String: JSONValue]
        let codingPath: [any CodingKey]

        var allKeys: [Key] { members.keys.compactMap { Key(stringValue: $0) } }
        func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }

        private func member(_ key: any CodingKey) throws -> JSONValue {
            guard let value = members[key.stringValue] else {
                throw DecodingError.keyNotFound(
                    key,
                    .init(codingPath: codingPath, debugDescription: "the state lacks it")
                )
            }
            return value
        }

        func decodeNil(forKey key: Key) throws -> Bool { try member(key).isNull }
        func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
            try value(type, try member(key), codingPath + [key])
        }
        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type,
            forKey key: Key
        ) throws -> KeyedDecodingContainer<Nested> {
            try ValueDecoder(json: try member(key), codingPath: codingPath + [key]).container(keyedBy: type)
        }
        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
            try ValueDecoder(json: try member(key), codingPath: codingPath + [key]).unkeyedContainer()
        }
        func superDecoder() throws -> any Decoder {
            ValueDecoder(json: members["super"] ?? .null, codingPath: codingPath)
        }
        func superDecoder(forKey key: Key) throws -> any Decoder {
            ValueDecoder(json: try member(key), codingPath: codingPath + [key])
        }
    }

    private struct Unkeyed: UnkeyedDecodingContainer {
        let elements: [JSONValue]
        let codingPath: [any CodingKey]
        var currentIndex = 0

        init(elements: [JSONValue], codingPath: [any CodingKey]) {
            self.elements = elements
            self.codingPath = codingPath
        }

        var count: Int? { elements.count }
        var isAtEnd: Bool { currentIndex >= elements.count }

        private mutating func next() throws -> JSONValue {
            guard !isAtEnd else { throw mismatch(JSONBox.self, codingPath) }
            defer { currentIndex += 1 }
            return elements[currentIndex]
        }

        mutating func decodeNil() throws -> Bool {
            guard !isAtEnd, elements[currentIndex].isNull else { return false }
            currentIndex += 1
            return true
        }
        mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
            try value(type, try next(), codingPath)
        }
        mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<
            Nested
        > {
            try ValueDecoder(json: try next(), codingPath: codingPath).container(keyedBy: type)
        }
        mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
            try ValueDecoder(json: try next(), codingPath: codingPath).unkeyedContainer()
        }
        mutating func superDecoder() throws -> any Decoder { ValueDecoder(json: try next(), codingPath: codingPath) }
    }
}
