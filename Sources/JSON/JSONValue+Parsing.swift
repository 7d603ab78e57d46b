extension JSONValue {
    /// Reads one JSON text strictly: RFC 8259, UTF-8 without byte order mark, no repeated keys (compared after unescaping), no
    /// lone surrogates, nothing after the value.
    ///
    /// A number without fraction or exponent that does not fit 64 bits is read as the nearest double.
    /// - Throws: ``JSONError`` with byte offset and reason.
    public init(parsing bytes: UnsafeRawBufferPointer, limits: JSONLimits = .default) throws(JSONError) {
        var scanner = JSONScanner(bytes, limits: limits)
        guard let first = try scanner.next() else { throw JSONError(.unexpectedEnd, at: 0) }
        self = try JSONValue.build(first, &scanner)
        _ = try scanner.next()
    }

    /// Reads one JSON text; see ``init(parsing:limits:)-(UnsafeRawBufferPointer,_)``.
    public init(parsing bytes: [UInt8], limits: JSONLimits = .default) throws(JSONError) {
        self = try bytes.withUnsafeBufferPointer { (buffer) throws(JSONError) -> JSONValue in
            try JSONValue(parsing: UnsafeRawBufferPointer(buffer), limits: limits)
        }
    }

    /// Reads one JSON text; see ``init(parsing:limits:)-(UnsafeRawBufferPointer,_)``.
    public init(parsing text: String, limits: JSONLimits = .default) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), limits: limits)
    }

    /// Recursion is bounded by the depth that the scanner admits.
    private static func build(_ token: JSONToken, _ scanner: inout JSONScanner) throws(JSONError) -> JSONValue {
        switch token.kind {
        case .null: return .null
        case .true: return .bool(true)
        case .false: return .bool(false)
        case .string, .key: return .string(JSONText.string(scanner.bytes, token))
        case .number: return try number(scanner.bytes, token)
        case .beginArray, .endArray: return .array(try elements(&scanner))
        case .beginObject, .endObject: return .object(try members(&scanner))
        }
    }

    private static func elements(_ scanner: inout JSONScanner) throws(JSONError) -> [JSONValue] {
        var elements: [JSONValue] = []
        while let token = try scanner.next(), token.kind != .endArray {
            elements.append(try build(token, &scanner))
        }
        return elements
    }

    private static func members(_ scanner: inout JSONScanner) throws(JSONError) -> [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        while let key = try scanner.next(), key.kind != .endObject, let token = try scanner.next() {
            let value = try build(token, &scanner)
            guard members.updateValue(value, forKey: JSONText.string(scanner.bytes, key)) == nil else {
                throw JSONError(.duplicateKey, at: key.range.lowerBound)
            }
        }
        return members
    }

    private static func number(_ bytes: UnsafeRawBufferPointer, _ token: JSONToken) throws(JSONError) -> JSONValue {
        let text = String(decoding: bytes[token.range], as: UTF8.self)
        // Int64 refuses a fraction and an exponent.
        if let integer = Int64(text) { return .integer(integer) }
        guard let double = Double(text), double.isFinite else {
            throw JSONError(.numberOutOfRange, at: token.range.lowerBound)
        }
        return .number(double)
    }
}
