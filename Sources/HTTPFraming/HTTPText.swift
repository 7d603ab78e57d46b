/// Small helpers on bytes for code that speaks HTTP without strings.
public enum HTTPText {
    /// Whether `range` of `bytes` equals `text`, ASCII letters compared without case. `text` must be lower-case.
    @inline(__always)
    public static func equals(
        _ bytes: UnsafeRawBufferPointer,
        _ range: Range<Int>,
        ignoringCase text: StaticString
    ) -> Bool {
        let count = text.utf8CodeUnitCount
        guard range.count == count, range.lowerBound >= 0, range.upperBound <= bytes.count else { return false }
        let expected = text.utf8Start
        for index in 0..<count where Byte.lowercase(bytes[range.lowerBound + index]) != expected[index] { return false }
        return true
    }

    /// Appends a number in decimal.
    public static func appendDecimal(_ number: Int, to output: inout [UInt8]) {
        if number < 0 { output.append(0x2D) }
        var rest = number.magnitude
        let start = output.count
        repeat {
            output.append(Byte.zero + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        output[start...].reverse()
    }

    /// Appends one path segment, percent-encoding all but the unreserved characters of RFC 3986 section 2.3.
    ///
    /// Returns false, and appends nothing, for the segments that no encoding makes safe: an empty one, `.` and `..`,
    /// which a server may resolve as a walk through its paths.
    public static func appendPathSegment(_ segment: some Collection<UInt8>, to output: inout [UInt8]) -> Bool {
        if segment.count <= 2, segment.allSatisfy({ $0 == 0x2E }) { return false }
        for byte in segment {
            if ByteSet.unreserved.contains(byte) {
                output.append(byte)
            } else {
                output.append(Byte.percent)
                output.append(upperHexadecimal(byte >> 4))
                output.append(upperHexadecimal(byte & 15))
            }
        }
        return true
    }

    /// Splits an origin-form target at its first `?`; the query is nil when there is none.
    public static func splitTarget(
        _ bytes: UnsafeRawBufferPointer,
        _ target: Range<Int>
    ) -> (path: Range<Int>, query: Range<Int>?) {
        let target = target.clamped(to: 0..<bytes.count)
        for index in target where bytes[index] == Byte.questionMark {
            return (target.lowerBound..<index, index + 1..<target.upperBound)
        }
        return (target, nil)
    }

    @inline(__always)
    private static func upperHexadecimal(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x41 + value - 10 }
}
