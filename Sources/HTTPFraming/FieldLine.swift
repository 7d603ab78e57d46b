/// One header or trailer line: `name ":" OWS value OWS` (RFC 9112 section 5), strictly.
enum FieldLine {
    static func parse(
        _ line: Range<Int>,
        in bytes: UnsafeRawBufferPointer,
        from sender: FramingError.Sender
    ) throws(FramingError) -> HTTPField {
        var index = line.lowerBound
        while index < line.upperBound, ByteSet.token.contains(bytes[index]) { index += 1 }
        guard index < line.upperBound else { throw sender.error(.missingColon, at: line.lowerBound) }
        guard bytes[index] == Byte.colon else {
            throw sender.error(nameFault(bytes[index], isFirst: index == line.lowerBound), at: index)
        }
        guard index > line.lowerBound else { throw sender.error(.invalidHeaderName, at: index) }
        let raw = index + 1..<line.upperBound
        try checkText(raw, in: bytes, from: sender)
        return HTTPField(name: line.lowerBound..<index, value: trim(raw, in: bytes))
    }

    /// Refuses control bytes other than HTAB; bytes above 0x7F are opaque text (RFC 9110 section 5.5).
    static func checkText(
        _ range: Range<Int>,
        in bytes: UnsafeRawBufferPointer,
        from sender: FramingError.Sender
    ) throws(FramingError) {
        var index = Scan.control(bytes, in: range)
        while index < range.upperBound {
            if bytes[index] == Byte.carriageReturn { throw sender.error(.bareCarriageReturn, at: index) }
            if bytes[index] != Byte.tab { throw sender.error(.invalidHeaderValue, at: index) }
            index = Scan.control(bytes, in: index + 1..<range.upperBound)
        }
    }

    static func trim(_ range: Range<Int>, in bytes: UnsafeRawBufferPointer) -> Range<Int> {
        var lower = range.lowerBound
        var upper = range.upperBound
        while lower < upper, isBlank(bytes[lower]) { lower += 1 }
        while upper > lower, isBlank(bytes[upper - 1]) { upper -= 1 }
        return lower..<upper
    }

    @inline(__always)
    private static func isBlank(_ byte: UInt8) -> Bool { byte == Byte.space || byte == Byte.tab }

    private static func nameFault(_ byte: UInt8, isFirst: Bool) -> FramingFault {
        if isBlank(byte) { return isFirst ? .obsoleteFolding : .whitespaceBeforeColon }
        return byte == Byte.carriageReturn ? .bareCarriageReturn : .invalidHeaderName
    }
}
