internal import JSON

/// Writes values of the engine's state as canonical JSON (RFC 8785), straight into one buffer: a state may have a million parts, and
/// a tree of them would take many times its room.
///
/// The state's types say through `Codable` what they hold; nothing of Foundation is needed for that. Dictionaries with text keys
/// become objects; sets have no order and must not be encoded.
enum StateEncoder {
    /// - Throws: `EncodingError` for what canonical JSON cannot carry, such as an integer beyond 2^53 - 1.
    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let text = Text()
        try text.put(value, [])
        return text.bytes
    }

    /// The JSON written so far, with the objects and arrays that are still open.
    fileprivate final class Text {
        private(set) var bytes: [UInt8] = []
        private var open: [Container] = []

        private struct Container {
            let isObject: Bool
            /// Where its first member or element begins.
            let start: Int
            var members: [Member] = []
            var count = 0
            var isSorted = true
        }

        private struct Member {
            let key: String
            /// Where the key begins. It ends at the comma before the next one.
            let start: Int
        }

        func begin(isObject: Bool) {
            bytes.append(isObject ? 0x7B : 0x5B)
            open.append(Container(isObject: isObject, start: bytes.count))
        }

        var count: Int { open.last?.count ?? 0 }

        func key(_ name: String) {
            let last = open.count - 1
            if open[last].count > 0 { bytes.append(0x2C) }
            open[last].count += 1
            if let before = open[last].members.last, !Self.precedes(before.key, name) { open[last].isSorted = false }
            open[last].members.append(Member(key: name, start: bytes.count))
            JSONText.appendQuoted(name, to: &bytes)
            bytes.append(0x3A)
        }

        func element() {
            let last = open.count - 1
            if open[last].count > 0 { bytes.append(0x2C) }
            open[last].count += 1
        }

        /// Order of UTF-16 code units (RFC 8785 section 3.2.3).
        private static func precedes(_ left: String, _ right: String) -> Bool {
            left.utf16.lexicographicallyPrecedes(right.utf16)
        }

        private func close() {
            guard let container = open.popLast() else { return }
            if !container.isSorted { sort(container) }
            bytes.append(container.isObject ? 0x7D : 0x5D)
        }

        private func sort(_ container: Container) {
            let members = container.members
            let ends = members.dropFirst().map { $0.start - 1 } + [bytes.count]
            var sorted: [UInt8] = []
            sorted.reserveCapacity(bytes.count - container.start)
            for place in members.indices.sorted(by: { Self.precedes(members[$0].key, members[$1].key) }) {
                if !sorted.isEmpty { sorted.append(0x2C) }
                sorted.append(contentsOf: bytes[members[place].start..<ends[place]])
            }
            bytes.replaceSubrange(container.start..., with: sorted)
        }

        func put(_ value: some Encodable, _ path: [any CodingKey]) throws {
            switch value {
            case let text as String: put(text)
            case let flag as Bool: put(flag)
            case let number as Double: try put(.number(number), path)
            case let integer as any FixedWidthInteger: try put(integer: integer, path)
            case let json as JSONBox: try put(json.value, path)
            default:
                let (depth, before) = (open.count, bytes.count)
                try value.encode(to: ValueEncoder(text: self, codingPath: path))
                while open.count > depth { close() }
                if bytes.count == before { putNull() }
            }
        }

        func put(_ text: String) { JSONText.appendQuoted(text, to: &bytes) }
        func put(_ flag: Bool) { bytes.append(contentsOf: (flag ? "true" : "false").utf8) }
        func putNull() { bytes.append(contentsOf: "null".utf8) }

        func put(integer: some FixedWidthInteger, _ path: [any CodingKey]) throws {
            guard integer.magnitude <= CanonicalJSONWriter.largestInteger else {
                throw Self.invalid(integer, path, "an integer is beyond 2^53 - 1")
            }
            bytes.append(contentsOf: String(integer).utf8)
        }

        private func put(_ json: JSONValue, _ path: [any CodingKey]) throws {
            do throws(JSONCanonicalError) { bytes += try json.canonicalBytes() } catch {
                throw Self.invalid(json, path, error.description)
            }
        }

        private static func invalid(_ value: Any, _ path: [any CodingKey], _ reason: String) -> EncodingError {
            .invalidValue(value, .init(codingPath: path, debugDescription: reason))
        }
    }

    private struct ValueEncoder: Encoder, SingleValueEncodingContainer {
        let text: Text
        let codingPath: [any CodingKey]
        var userInfo: [CodingUserInfoKey: Any] { [:] }

        func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
            text.begin(isObject: true)
            return KeyedEncodingContainer(Keyed<Key>(text: text, codingPath: codingPath))
        }

        func unkeyedContainer() -> any UnkeyedEncodingContainer {
            text.begin(isObject: false)
            return Unkeyed(text: text, codingPath: codingPath)
        }

        func singleValueContainer() -> any SingleValueEncodingContainer { self }
        func encodeNil() { text.putNull() }
        func encode(_ value: some Encodable) throws { try text.put(value, codingPath) }
    }

    /// No type of the state nests a container by hand; one that did would have to say where it ends.
    private static func unsupported() -> Never { fatalError("types of the state have one container each") }

    private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
        let text: Text
        let codingPath: [any CodingKey]

        func encodeNil(forKey key: Key) {
            text.key(key.stringValue)
            text.putNull()
        }
        func encode(_ value: String, forKey key: Key) {
            text.key(key.stringValue)
            text.put(value)
        }
        func encode(_ value: Bool, forKey key: Key) {
            text.key(key.stringValue)
            text.put(value)
        }
        func encode(_ value: Int, forKey key: Key) throws {
            text.key(key.stringValue)
            try text.put(integer: value, codingPath)
        }
        func encode(_ value: Int64, forKey key: Key) throws {
            text.key(key.stringValue)
            try text.put(integer: value, codingPath)
        }
        func encode(_ value: some Encodable, forKey key: Key) throws {
            text.key(key.stringValue)
            try text.put(value, codingPath)
        }
        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type,
            forKey key: Key
        ) -> KeyedEncodingContainer<Nested> { unsupported() }
        func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { unsupported() }
        func superEncoder() -> any Encoder { unsupported() }
        func superEncoder(forKey key: Key) -> any Encoder { unsupported() }
    }

    private struct Unkeyed: UnkeyedEncodingContainer {
        let text: Text
        let codingPath: [any CodingKey]
        var count: Int { text.count }

        func encodeNil() {
            text.element()
            text.putNull()
        }
        func encode(_ value: some Encodable) throws {
            text.element()
            try text.put(value, codingPath)
        }
        func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
            unsupported()
        }
        func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { unsupported() }
        func superEncoder() -> any Encoder { unsupported() }
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
