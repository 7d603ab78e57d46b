/// Numbers as ECMAScript prints them, which RFC 8785 section 3.2.2.3 requires.
///
/// Swift's description of a double has the same digits (the shortest that read back to the same value, closest when there is a
/// choice), but places point and exponent by other rules; only the placing is done here (ECMA-262, Number::toString).
enum ECMAScriptNumber {
    /// Appends `value`, which must be finite.
    static func append(_ value: Double, to output: inout [UInt8]) {
        guard value != 0 else { return output.append(0x30) }  // also -0
        if value < 0 { output.append(0x2D) }
        let (digits, point) = shortestDigits(value.magnitude)
        switch point {
        case digits.count...21:  // a double has at most 17 digits
            output.append(contentsOf: digits)
            output.append(contentsOf: repeatElement(0x30, count: point - digits.count))
        case 1...21:
            output.append(contentsOf: digits[..<point])
            output.append(0x2E)
            output.append(contentsOf: digits[point...])
        case -5...0:
            output.append(contentsOf: [0x30, 0x2E])
            output.append(contentsOf: repeatElement(0x30, count: -point))
            output.append(contentsOf: digits)
        default:
            output.append(contentsOf: digits.prefix(1))
            if digits.count > 1 {
                output.append(0x2E)
                output.append(contentsOf: digits.dropFirst())
            }
            let exponent = point - 1
            output.append(contentsOf: [0x65, exponent < 0 ? 0x2D : 0x2B])
            DecimalDigits.append(UInt64(exponent.magnitude), to: &output)
        }
    }

    /// The significant digits without zeros at either end, and the place of the decimal point counted from the first of them:
    /// value = 0.digits x 10^point.
    private static func shortestDigits(_ magnitude: Double) -> (digits: [UInt8], point: Int) {
        let parts = magnitude.description.split(separator: "e", maxSplits: 1)
        let mantissa = parts[0].split(separator: ".", maxSplits: 1)
        let fraction = mantissa.count > 1 ? mantissa[1] : ""
        var digits = Array(mantissa[0].utf8) + Array(fraction.utf8)
        var point = mantissa[0].utf8.count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
        let leadingZeros = digits.prefix { $0 == 0x30 }.count
        digits.removeFirst(leadingZeros)
        point -= leadingZeros
        while digits.last == 0x30 { digits.removeLast() }
        return (digits, point)
    }
}
