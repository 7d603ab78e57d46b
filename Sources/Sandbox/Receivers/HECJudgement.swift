import JSON

/// What Splunk makes of one object of a request.
enum HECJudgement: Equatable {
    /// Stored.
    case good(recordID: String?)
    /// Not stored, and never mentioned.
    case skipped
    /// Not stored, nor anything after it, and never mentioned unless it is the first.
    case endsSilently
    /// Refused with this code.
    case bad(Int, String)

    private static let keys: Set<String> = ["time", "host", "source", "sourcetype", "index", "event", "fields"]

    static func of(_ text: [UInt8], indexes: Set<String>?) -> HECJudgement {
        guard let members = (try? JSONValue(parsing: text))?.object else { return .bad(6, "Invalid data format") }
        if members.keys.contains(where: { !keys.contains($0) }) { return .endsSilently }
        if let fields = members["fields"] {
            guard members["event"] != nil else { return .skipped }
            guard let fields = fields.object, fields.values.allSatisfy(isFlat) else {
                return .bad(15, "Error in handling indexed fields")
            }
        }
        switch members["event"] {
        case nil: return .bad(12, "Event field is required")
        case .null?, .string("")?: return .bad(13, "Event field cannot be blank")
        default: break
        }
        if let indexes, let index = members["index"]?.string, !indexes.contains(index) {
            return .bad(7, "Incorrect index")
        }
        return .good(recordID: members["fields"]?["recordId"]?.string)
    }

    private static func isFlat(_ value: JSONValue) -> Bool {
        switch value {
        case .object: false
        case .array(let elements): elements.allSatisfy { $0.object == nil && $0.array == nil }
        default: true
        }
    }
}

/// Takes the objects of a body apart, which stand one after another with or without white space between.
enum HECSplitter {
    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    /// The objects; what is left when they end in something else comes last, as it is.
    static func split(_ body: [UInt8]) -> [[UInt8]] {
        var objects: [[UInt8]] = []
        var start = 0
        while true {
            while start < body.count, isSpace(body[start]) { start += 1 }
            guard start < body.count else { return objects }
            guard let end = end(of: body, from: start) else {
                objects.append(Array(body[start...]))
                return objects
            }
            objects.append(Array(body[start..<end]))
            start = end
        }
    }

    /// Offset after the object that begins here, or nil when none ends.
    private static func end(of body: [UInt8], from start: Int) -> Int? {
        guard body[start] == UInt8(ascii: "{") else { return nil }
        var depth = 0
        var position = start
        var isInText = false
        while position < body.count {
            switch body[position] {
            case UInt8(ascii: "\\") where isInText: position += 1
            case UInt8(ascii: "\""): isInText.toggle()
            case UInt8(ascii: "{") where !isInText: depth += 1
            case UInt8(ascii: "}") where !isInText:
                depth -= 1
                if depth == 0 { return position + 1 }
            default: break
            }
            position += 1
        }
        return nil
    }
}
