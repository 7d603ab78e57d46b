/// Where a value stands in a JSON document: `name`, `address.city`, `accounts[].iban`, `[].name`, `["odd key"].x`.
///
/// Members follow each other with dots, `[]` means every element of an array, and a key with characters other than letters,
/// digits, `_` and `-` is written in the quoted form, in which `\"` and `\\` are the only escapes. Keys are matched byte for
/// byte: `SSN` is not `ssn`, and a composed letter is not a decomposed one.
public struct JSONPath: Hashable, Sendable, CustomStringConvertible {
    /// One step down into a document.
    public enum Step: Hashable, Sendable {
        /// The member of an object with this key.
        case member(String)
        /// Every element of an array.
        case elements
    }

    /// Most steps a path may have; a document may not be nested deeper either.
    public static let maximumSteps = 64

    /// The steps from the outermost value; at least one.
    public let steps: [Step]

    /// Reads the text form.
    ///
    /// - Throws: ``JSONPathError`` with the offset in UTF-8 bytes of the first character that cannot be accepted.
    public init(_ text: String) throws(JSONPathError) {
        var reader = PathReader(bytes: Array(text.utf8))
        steps = try reader.steps()
    }

    /// The text form; reading it gives the same path.
    public var description: String {
        var text = ""
        for step in steps {
            switch step {
            case .elements:
                text += "[]"
            case .member(let key) where !key.isEmpty && key.utf8.allSatisfy(PathReader.isPlain):
                text += text.isEmpty ? key : ".\(key)"
            case .member(let key):
                text += "[\""
                for scalar in key.unicodeScalars {
                    if scalar == "\"" || scalar == "\\" { text += "\\" }
                    text.unicodeScalars.append(scalar)
                }
                text += "\"]"
            }
        }
        return text
    }
}

/// Why a path was refused, and where in its text.
public struct JSONPathError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The rule that was broken.
    public enum Reason: String, Hashable, Sendable {
        case empty = "the path is empty"
        case expectedKey = "a key of letters, digits, '_' or '-' must stand here; quote other keys as [\"key\"]"
        case expectedStep = "only '.', '[]' or '[\"key\"]' may follow"
        case unclosedBracket = "'[' must be followed by ']' or by a quoted key and ']'"
        case invalidEscape = "only \\\" and \\\\ are escapes in a quoted key"
        case controlCharacter = "a key may not contain control characters"
        case tooLong = "a path has at most 64 steps"
    }

    /// The rule that was broken.
    public let reason: Reason
    /// Offset in UTF-8 bytes from the start of the path.
    public let position: Int

    /// Creates an error; `position` counts UTF-8 bytes from the start of the path.
    public init(_ reason: Reason, at position: Int) {
        self.reason = reason
        self.position = position
    }

    /// One line that says what, where and what to do.
    public var description: String { "invalid field path at position \(position): \(reason.rawValue)" }
}

/// Reads the text form of a path.
private struct PathReader {
    let bytes: [UInt8]
    var offset = 0

    static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2D: true
        default: false
        }
    }

    mutating func steps() throws(JSONPathError) -> [JSONPath.Step] {
        guard !bytes.isEmpty else { throw error(.empty) }
        var steps: [JSONPath.Step] = []
        while offset < bytes.count {
            guard steps.count < JSONPath.maximumSteps else { throw error(.tooLong) }
            switch bytes[offset] {
            case UInt8(ascii: "["):
                steps.append(try bracket())
            case UInt8(ascii: ".") where !steps.isEmpty:
                offset += 1
                steps.append(try plainKey())
            default:
                guard steps.isEmpty else { throw error(.expectedStep) }
                steps.append(try plainKey())
            }
        }
        return steps
    }

    private mutating func plainKey() throws(JSONPathError) -> JSONPath.Step {
        let key = bytes[offset...].prefix(while: Self.isPlain)
        guard !key.isEmpty else { throw error(.expectedKey) }
        offset = key.endIndex
        return .member(String(decoding: key, as: UTF8.self))
    }

    private mutating func bracket() throws(JSONPathError) -> JSONPath.Step {
        offset += 1
        if take(UInt8(ascii: "]")) { return .elements }
        guard take(UInt8(ascii: "\"")) else { throw error(.unclosedBracket) }
        var key: [UInt8] = []
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "\"") {
            if take(UInt8(ascii: "\\")) {
                guard offset < bytes.count, [UInt8(ascii: "\""), UInt8(ascii: "\\")].contains(bytes[offset]) else {
                    throw error(.invalidEscape)
                }
            }
            guard bytes[offset] >= 0x20, bytes[offset] != 0x7F else { throw error(.controlCharacter) }
            key.append(bytes[offset])
            offset += 1
        }
        guard take(UInt8(ascii: "\"")), take(UInt8(ascii: "]")) else { throw error(.unclosedBracket) }
        return .member(String(decoding: key, as: UTF8.self))
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard offset < bytes.count, bytes[offset] == byte else { return false }
        offset += 1
        return true
    }

    private func error(_ reason: JSONPathError.Reason) -> JSONPathError {
        JSONPathError(reason, at: offset)
    }
}
