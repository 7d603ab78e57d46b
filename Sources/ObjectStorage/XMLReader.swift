/// An element of an XML document: what replies of S3 are made of.
struct XMLElement: Sendable, Hashable {
    /// The name without its namespace prefix.
    let name: String
    /// Child elements in order.
    var children: [XMLElement] = []
    /// All text directly in it, entities resolved.
    var text = ""

    /// The first child with this name.
    subscript(name: String) -> XMLElement? { children.first { $0.name == name } }
    /// All children with this name.
    func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }
    /// The text of the first child with this name, or nil when there is none or it is empty.
    func value(_ name: String) -> String? { self[name].flatMap { $0.text.isEmpty ? nil : $0.text } }
}

/// Why bytes are not XML that is read here.
enum XMLError: Error, Hashable, Sendable {
    case malformed(offset: Int)
    case tooDeep
    case tooManyElements
    case notUTF8
    /// Document types and processing instructions: no S3 reply needs them, and entities of one's own are an attack.
    case refused(offset: Int)
}

/// A small reader of XML 1.0 for replies of object stores: elements, text, CDATA, comments, the five entities and character
/// references. Attributes are read and dropped. Anything that could make the reader fetch, expand or run is refused.
struct XMLReader {
    static let maximumDepth = 32
    static let maximumElements = 200_000

    private let bytes: [UInt8]
    private var position = 0
    private var elements = 0

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The document's root element.
    static func read(_ bytes: [UInt8]) throws(XMLError) -> XMLElement {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .notUTF8 }
        var reader = XMLReader(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes)
        try reader.prolog()
        let root = try reader.element(depth: 0)
        try reader.misc()
        guard reader.position == reader.bytes.count else { throw .malformed(offset: reader.position) }
        return root
    }

    private mutating func prolog() throws(XMLError) {
        if starts("<?xml") { try skip(past: "?>") }
        try misc()
    }

    /// White space and comments outside the root.
    private mutating func misc() throws(XMLError) {
        while true {
            skipSpace()
            guard starts("<!") || starts("<?") else { return }
            guard starts("<!--") else { throw .refused(offset: position) }
            try skip(past: "-->")
        }
    }

    private mutating func element(depth: Int) throws(XMLError) -> XMLElement {
        guard depth < Self.maximumDepth else { throw .tooDeep }
        elements += 1
        guard elements <= Self.maximumElements else { throw .tooManyElements }
        try expect("<")
        let full = try name()
        var element = XMLElement(name: Self.local(full))
        while true {
            skipSpace()
            if take("/>") { return element }
            if take(">") { break }
            _ = try name()
            skipSpace()
            try expect("=")
            skipSpace()
            guard let quote = peek, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
                throw .malformed(offset: position)
            }
            position += 1
            while let byte = peek, byte != quote {
                guard byte != UInt8(ascii: "<") else { throw .malformed(offset: position) }
                position += 1
            }
            guard peek == quote else { throw .malformed(offset: position) }
            position += 1
        }
        var text: [UInt8] = []
        while true {
            guard let byte = peek else { throw .malformed(offset: position) }
            if byte == UInt8(ascii: "&") {
                try entity(into: &text)
            } else if byte != UInt8(ascii: "<") {
                text.append(byte)
                position += 1
            } else if take("</") {
                guard try name() == full else { throw .malformed(offset: position) }
                skipSpace()
                try expect(">")
                element.text = String(decoding: text, as: UTF8.self)
                return element
            } else if take("<![CDATA[") {
                let start = position
                try skip(past: "]]>")
                text += bytes[start..<(position - 3)]
            } else if starts("<!--") {
                try skip(past: "-->")
            } else if starts("<!") || starts("<?") {
                throw .refused(offset: position)
            } else {
                element.children.append(try self.element(depth: depth + 1))
            }
        }
    }

    private mutating func entity(into text: inout [UInt8]) throws(XMLError) {
        let start = position
        guard let end = bytes[position...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else {
            throw .malformed(offset: start)
        }
        let name = String(decoding: bytes[(position + 1)..<end], as: UTF8.self)
        position = end + 1
        switch name {
        case "lt": text.append(UInt8(ascii: "<"))
        case "gt": text.append(UInt8(ascii: ">"))
        case "amp": text.append(UInt8(ascii: "&"))
        case "quot": text.append(UInt8(ascii: "\""))
        case "apos": text.append(UInt8(ascii: "'"))
        default:
            let number =
                name.hasPrefix("#x")
                ? UInt32(name.dropFirst(2), radix: 16)
                : name.hasPrefix("#") ? UInt32(name.dropFirst()) : nil
            guard let number, number != 0, let scalar = Unicode.Scalar(number) else { throw .malformed(offset: start) }
            text += String(Character(scalar)).utf8
        }
    }

    private mutating func name() throws(XMLError) -> String {
        let start = position
        while let byte = peek, Self.isNameByte(byte) { position += 1 }
        guard position > start else { throw .malformed(offset: position) }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte) || byte >= 0x80
            || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: ".")
    }

    private static func local(_ name: String) -> String { name.split(separator: ":").last.map(String.init) ?? name }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func starts(_ text: StaticString) -> Bool {
        let wanted = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        return bytes[position...].starts(with: wanted)
    }

    private mutating func take(_ text: StaticString) -> Bool {
        guard starts(text) else { return false }
        position += text.utf8CodeUnitCount
        return true
    }

    private mutating func expect(_ text: StaticString) throws(XMLError) {
        guard take(text) else { throw .malformed(offset: position) }
    }

    private mutating func skip(past text: StaticString) throws(XMLError) {
        while position < bytes.count {
            if take(text) { return }
            position += 1
        }
        throw .malformed(offset: position)
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }
}

/// Escapes text for a request's XML body.
enum XMLText {
    static func escaped(_ text: String) -> String {
        var out = ""
        for character in text.unicodeScalars {
            switch character {
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "&": out += "&amp;"
            default: out.unicodeScalars.append(character)
            }
        }
        return out
    }
}
