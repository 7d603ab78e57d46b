/// Text of JSON strings: from the escaped form and back.
public enum JSONText {
    /// Appends the UTF-8 text of a string whose escaped content (without quotation marks) a scanner has accepted.
    ///
    /// - Parameters:
    ///   - bytes: the JSON text.
    ///   - content: the range between the quotation marks, as ``JSONToken/contentRange`` gives it.
    ///   - output: receives the text; never more bytes than the range has.
    public static func appendUnescaped(
        _ bytes: UnsafeRawBufferPointer,
        _ content: Range<Int>,
        to output: inout [UInt8]
    ) {
        let content = content.clamped(to: 0..<bytes.count)
        var offset = content.lowerBound
        while offset < content.upperBound {
            var run = offset
            while run < content.upperBound, bytes[run] != 0x5C { run &+= 1 }
            output.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[offset..<run]))
            guard run &+ 1 < content.upperBound else { return }
            offset = appendEscape(bytes, run, to: &output)
        }
    }

    /// The text of a key or string token that a scanner over `bytes` returned.
    public static func string(_ bytes: UnsafeRawBufferPointer, _ token: JSONToken) -> String {
        let content = token.contentRange.clamped(to: 0..<bytes.count)
        guard token.isEscaped else { return String(decoding: bytes[content], as: UTF8.self) }
        var text: [UInt8] = []
        text.reserveCapacity(content.count)
        appendUnescaped(bytes, content, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends a quoted JSON string in the form of RFC 8785 section 3.2.2.2: the shortest escape where one is required,
    /// every other character as it is.
    ///
    /// Bytes that are not well-formed UTF-8 become U+FFFD, so that the output is always valid JSON.
    public static func appendQuoted(_ text: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        output.append(0x22)
        var start = 0
        var offset = 0
        while true {
            offset = JSONLexer.plainRunEnd(text, from: offset)
            if offset < text.count, text[offset] >= 0x80 {
                let length = UTF8Sequence.length(text, at: offset)
                if length > 0 {
                    offset &+= length
                    continue
                }
            }
            if start < offset {
                output.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[start..<offset]))
            }
            guard offset < text.count else { break }
            appendEscaped(text[offset], to: &output)
            offset &+= 1
            start = offset
        }
        output.append(0x22)
    }

    /// Appends a quoted JSON string as ``appendQuoted(_:to:)-(UnsafeRawBufferPointer,_)`` does.
    public static func appendQuoted(_ text: String, to output: inout [UInt8]) {
        var text = text
        text.withUTF8 { appendQuoted(UnsafeRawBufferPointer($0), to: &output) }
    }

    private static func appendEscape(_ bytes: UnsafeRawBufferPointer, _ start: Int, to output: inout [UInt8]) -> Int {
        switch bytes[start &+ 1] {
        case 0x62: output.append(0x08)
        case 0x66: output.append(0x0C)
        case 0x6E: output.append(0x0A)
        case 0x72: output.append(0x0D)
        case 0x74: output.append(0x09)
        case 0x75: return appendUnicodeEscape(bytes, start, to: &output)
        default: output.append(bytes[start &+ 1])
        }
        return start &+ 2
    }

    private static func appendUnicodeEscape(
        _ bytes: UnsafeRawBufferPointer,
        _ start: Int,
        to output: inout [UInt8]
    ) -> Int {
        var end = start &+ 6
        // The scanner refused malformed escapes and lone surrogates before.
        guard var scalar = try? JSONLexer.codeUnit(bytes, at: start) else { return bytes.count }
        if scalar & 0xFC00 == 0xD800, let low = try? JSONLexer.codeUnit(bytes, at: end) {
            scalar = 0x10000 &+ (scalar & 0x3FF) &<< 10 &+ (low & 0x3FF)
            end &+= 6
        }
        output.append(contentsOf: UTF8.encode(Unicode.Scalar(scalar) ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter)
        return end
    }

    private static func appendEscaped(_ byte: UInt8, to output: inout [UInt8]) {
        switch byte {
        case 0x22, 0x5C: output.append(contentsOf: [0x5C, byte])
        case 0x08: output.append(contentsOf: [0x5C, 0x62])
        case 0x09: output.append(contentsOf: [0x5C, 0x74])
        case 0x0A: output.append(contentsOf: [0x5C, 0x6E])
        case 0x0C: output.append(contentsOf: [0x5C, 0x66])
        case 0x0D: output.append(contentsOf: [0x5C, 0x72])
        case 0..<0x20:
            output.append(contentsOf: [0x5C, 0x75, 0x30, 0x30, 0x30 &+ byte &>> 4])
            output.append(byte & 15 < 10 ? 0x30 &+ byte & 15 : 0x57 &+ byte & 15)
        default: output.append(contentsOf: UTF8.encodedReplacementCharacter)
        }
    }
}
