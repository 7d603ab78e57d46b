/// What account numbers of the installation look like.
public struct AccountRules: Sendable, Hashable {
    /// How check digits are proved.
    public enum Checksum: String, Sendable, CaseIterable {
        /// There are none.
        case none
        /// The last digit, modulus 10 (ISO/IEC 7812-1 annex B).
        case luhn
        /// An IBAN: ISO 7064 MOD 97-10 over the number with its first four characters at the end (ISO 13616).
        case iban
        /// A US routing number: weights 3, 7, 1 (American Bankers Association).
        case aba
    }

    /// Characters at least, without spaces and hyphens.
    public var minimumLength = 4
    /// Characters at most.
    public var maximumLength = 34
    /// Whether letters belong in it; they count in upper case.
    public var allowsLetters = true
    /// How check digits are proved.
    public var checksum = Checksum.none

    /// 4 to 34 letters and digits without check digits.
    public init() {}
}

/// Reads account numbers: letters in upper case, no spaces, hyphens, dots or slashes.
struct AccountNumber {
    static func canonical(_ text: String, rules: AccountRules) throws(IdentifierRefusal) -> String {
        guard text.utf8.count <= 256 else { throw refusal(.tooLong) }
        guard let normalised = UnicodeForm.normalised(text) else { throw refusal(.unicode) }
        var number = ""
        for scalar in normalised.unicodeScalars {
            if let digit = scalar.decimalDigit {
                number.unicodeScalars.append(Unicode.Scalar(UInt8(ascii: "0") + digit))
                continue
            }
            switch scalar {
            case " ", "-", ".", "/": continue
            case "a"..."z" where rules.allowsLetters, "A"..."Z" where rules.allowsLetters:
                number += String(scalar).uppercased()
            default: throw refusal(.characters)
            }
        }
        guard !number.isEmpty else { throw refusal(.empty) }
        guard number.utf8.count >= rules.minimumLength else { throw refusal(.tooShort) }
        guard number.utf8.count <= rules.maximumLength else { throw refusal(.tooLong) }
        guard isSound(Array(number.utf8), rules.checksum) else { throw refusal(.checksum) }
        return number
    }

    private static func refusal(_ reason: IdentifierRefusal.Reason) -> IdentifierRefusal {
        IdentifierRefusal(.account, reason)
    }

    private static func isSound(_ number: [UInt8], _ checksum: AccountRules.Checksum) -> Bool {
        switch checksum {
        case .none: true
        case .luhn: digits(number).map { $0.count > 1 && luhn($0) } ?? false
        case .aba:
            digits(number).map { digits in
                digits.count == 9 && zip(digits, [3, 7, 1, 3, 7, 1, 3, 7, 1]).map(*).reduce(0, +) % 10 == 0
            } ?? false
        case .iban: iban(number)
        }
    }

    private static func digits(_ number: [UInt8]) -> [Int]? {
        let digits = number.filter { (0x30...0x39).contains($0) }.map { Int($0) - 0x30 }
        return digits.count == number.count ? digits : nil
    }

    private static func luhn(_ digits: [Int]) -> Bool {
        var sum = 0
        for (place, digit) in digits.reversed().enumerated() {
            let doubled = place % 2 == 1 ? digit * 2 : digit
            sum += doubled > 9 ? doubled - 9 : doubled
        }
        return sum % 10 == 0
    }

    private static func iban(_ number: [UInt8]) -> Bool {
        func isLetter(_ character: UInt8) -> Bool { (0x41...0x5A).contains(character) }
        guard (15...34).contains(number.count), isLetter(number[0]), isLetter(number[1]),
            !isLetter(number[2]), !isLetter(number[3])
        else { return false }
        var rest = 0
        for character in number[4...] + number[..<4] {
            let value = isLetter(character) ? Int(character) - 0x41 + 10 : Int(character) - 0x30
            rest = (rest * (value > 9 ? 100 : 10) + value) % 97
        }
        return rest == 1
    }
}
