/// Numbers that depend on a seed alone: SplitMix64.
struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// A number below a bound.
    mutating func below(_ bound: Int) -> Int {
        Int(next() % UInt64(max(1, bound)))
    }

    /// An element of a list that is not empty.
    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[below(elements.count)]
    }

    /// Decimal digits.
    mutating func digits(_ count: Int) -> String {
        (0..<count).map { _ in String(below(10)) }.joined()
    }

    /// A random UUID (RFC 9562, version 4) in lower case.
    mutating func uuid() -> String {
        let high = (next() & 0xffff_ffff_ffff_0fff) | 0x4000
        let low = (next() & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000
        let text = Self.hexadecimal(high) + Self.hexadecimal(low)
        var groups: [Substring] = []
        var rest = text[...]
        for length in [8, 4, 4, 4, 12] {
            groups.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return groups.joined(separator: "-")
    }

    private static func hexadecimal(_ value: UInt64) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }

    /// A card number of sixteen digits with a valid check digit (ISO/IEC 7812-1) under a prefix that payment firms use
    /// for tests.
    mutating func cardNumber() -> String {
        let payload = "411111" + digits(9)
        var sum = 0
        for (index, digit) in payload.reversed().enumerated() {
            let value = digit.wholeNumberValue ?? 0
            let doubled = index % 2 == 0 ? value * 2 : value
            sum += doubled > 9 ? doubled - 9 : doubled
        }
        return payload + String((10 - sum % 10) % 10)
    }

    /// A German account number with valid check digits (ISO 13616).
    mutating func iban() -> String {
        let account = digits(18)
        // The check digits make the number "account, DE as 1314, check digits" leave 1 when divided by 97.
        let remainder = (account + "131400").reduce(0) { ($0 * 10 + ($1.wholeNumberValue ?? 0)) % 97 }
        let check = 98 - remainder
        return "DE" + (check < 10 ? "0" : "") + String(check) + account
    }

    /// A Spanish identity number with a valid check letter.
    mutating func nationalID() -> String {
        let number = 10_000_000 + below(80_000_000)
        return String(number) + String(Array("TRWAGMYFPDXBNJZSQVHLCKE")[number % 23])
    }
}
