internal import JSON

/// Turns values of the engine's state into JSON.
///
/// The state's types say through `Codable` what they hold; nothing of Foundation is needed for that. Dictionaries with text keys
/// become objects, so that the canonical form sorts them; sets have no order and must not be encoded.
enum StateEncoder {
    static func encode(_ value: some Encodable) throws -> JSONValue {
        let box = Box()
        try value.encode(to: ValueEncoder(box: box, codingPath: []))
        return box.value
    }

    /// Where a value that is being made will stand.
    fileprivate final class Box {
        var scalar: JSONValue = .null
        var members: [String: Box]?
        var elements: [Box]?

        var value: JSONValue {
            if let members { return .object(members.mapValues(\.value)) }
            if let elements { return .array(elements.map(\.value)) }
            return scalar
        }

        func child(_ key: String) -> Box {
            let box = Box()
            if members == nil { members = [:] }
            members?[key] = box
            return box
        }

        func element() -> Box {
            let box = Box()
            if elements == nil { elements = [] }
            elements?.append(box)
            return box
        }

        func put(_ value: some Encodable, _ path: [any CodingKey]) throws {
            switch value {
            case let text as String: scalar = .string(text)
            case let number as Int64: scalar = .integer(number)
            case let number as Int: scalar = .integer(Int64(number))
            case let number as Double: scalar = .number(number)
            case let flag as Bool: scalar = .bool(flag)
            case let json as JSONBox: scalar = json.value
            default: try value.encode(to: ValueEncoder(box: self, codingPath: path))
            }
        }
    }

    private struct ValueEncoder: Encoder, SingleValueEncodingContainer {
        let box: Box
        let codingPath: [any CodingKey]
        var userInfo: [CodingUserInfoKey: Any] { [:] }

        func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
            if box.members == nil { box.members = [:] }
            return KeyedEncodingContainer(Keyed<Key>(box: box, codingPath: codingPath))
        }

        func unkeyedContainer() -> any UnkeyedEncodingContainer {
            if box.elements == nil { box.elements = [] }
            return Unkeyed(box: box, codingPath: codingPath)
        }

        func singleValueContainer() -> any SingleValueEncodingContainer { self }
        func encodeNil() { box.scalar = .null }
        func encode(_ value: some Encodable) throws { try box.put(Widened.of(value), codingPath) }
    }

    private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
        let box: Box
        let codingPath: [any CodingKey]

        func encodeNil(forKey key: Key) { box.child(key.stringValue).scalar = .null }
        func encode(_ value: some Encodable, forKey key: Key) throws {
            try box.child(key.stringValue).put(Widened.of(value), codingPath + [key])
        }
        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type,
            forKey key: Key
        ) -> KeyedEncodingContainer<Nested> {
            ValueEncoder(box: box.child(key.stringValue), codingPath: codingPath + [key]).container(keyedBy: type)
        }
        func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
            ValueEncoder(box: box.child(key.stringValue), codingPath: codingPath + [key]).unkeyedContainer()
        }
        func superEncoder() -> any Encoder { ValueEncoder(box: box.child("super"), codingPath: codingPath) }
        func superEncoder(forKey key: Key) -> any Encoder {
            ValueEncoder(box: box.child(key.stringValue), codingPath: codingPath + [key])
        }
    }

    private struct Unkeyed: UnkeyedEncodingContainer {
        let box: Box
        let codingPath: [any CodingKey]
        var count: Int { box.elements?.count ?? 0 }

        func encodeNil() { box.element().scalar = .null }
        func encode(_ value: some Encodable) throws { try box.element().put(Widened.of(value), codingPath) }
        func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
            ValueEncoder(box: box.element(), codingPath: codingPath).container(keyedBy: type)
        }
        func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
            ValueEncoder(box: box.element(), codingPath: codingPath).unkeyedContainer()
        }
        func superEncoder() -> any Encoder { ValueEncoder(box: box.element(), codingPath: codingPath) }
    }

    /// Every width of integer is written as one of 64 bits.
    private enum Widened {
        static func of(_ value: some Encodable) -> any Encodable {
            if let integer = value as? any FixedWidthInteger & Encodable, let wide = Int64(exactly: integer) {
                return wide
            }
            return value
        }
    }
}

/// A JSON value inside the state.
struct JSONBox: Codable, Sendable, Hashable {
    let value: JSONValue

    init(_ value: JSONValue) { self.value = value }

    func encode(to encoder: any Encoder) throws {
        throw EncodingError.invalidValue(
            self,
            .init(codingPath: encoder.codingPath, debugDescription: "for StateEncoder only")
        )
    }

    init(from decoder: any Decoder) throws {
        throw DecodingError.dataCorrupted(
            .init(codingPath: decoder.codingPath, debugDescription: "for StateDecoder only")
        )
    }
}
