/// The compact form of a candidate: upper-case letters and digits without separators.
typealias Compact = UnsafeBufferPointer<UInt8>

/// Arithmetic that several check digits share.
enum Digits {
    /// The value of an ASCII digit.
    @inline(__always)
    static func value(_ byte: UInt8) -> Int { Int(byte &- 0x30) }

    /// The number that `count` digits from `start` write.
    @inline(__always)
    static func number(_ text: Compact, _ start: Int, _ count: Int) -> Int {
        var result = 0
        for index in start..<(start &+ count) { result = result &* 10 &+ value(text[index]) }
        return result
    }

    /// True when every character is a digit.
    static func areAll(_ text: Compact) -> Bool {
        for byte in text where byte &- 0x30 > 9 { return false }
        return true
    }

    /// True when all characters are the same.
    static func areEqual(_ text: Compact) -> Bool {
        for byte in text where byte != text[0] { return false }
        return true
    }

    /// Luhn's sum is a multiple of ten (ISO/IEC 7812-1 annex B).
    static func luhn(_ text: Compact) -> Bool {
        var sum = 0
        var isDoubled = false
        var index = text.count
        while index > 0 {
            index &-= 1
            var digit = value(text[index])
            if isDoubled {
                digit &*= 2
                if digit > 9 { digit &-= 9 }
            }
            sum &+= digit
            isDoubled.toggle()
        }
        return sum % 10 == 0
    }

    /// The sum of digits times falling weights `first`, `first - 1`, ...
    static func weighted(_ text: Compact, count: Int, first: Int) -> Int {
        var sum = 0
        for index in 0..<count { sum &+= value(text[index]) &* (first &- index) }
        return sum
    }
}
