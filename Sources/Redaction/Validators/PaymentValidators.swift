/// Checks of cards and bank numbers.
enum PaymentValidator {
    /// True when the first digits and the length belong to a card scheme (issuer ranges of ISO/IEC 7812 as the schemes
    /// publish them: Visa 4; Mastercard 51-55 and 2221-2720; American Express 34, 37; Diners 30, 36, 38, 39; Discover
    /// 6011, 644-649, 65; JCB 35 and, with 15 digits, 1800 and 2131; UnionPay 62, 81; Maestro 50, 56-58, 6; Elo; Hipercard; Mir 2200-2204).
    static func isIssued(_ text: Compact) -> Bool {
        let length = text.count
        guard 12...19 ~= length else { return false }
        let four = Digits.number(text, 0, 4)
        switch four {
        case 4000...4999: return length == 13 || length == 16 || length == 19
        case 5100...5599, 2221...2720, 2200...2204: return length == 16 || (four < 2205 && length <= 19)
        case 3400...3499, 3700...3799: return length == 15
        case 3000...3059, 3095, 3600...3699, 3800...3999: return 14...19 ~= length && length != 15
        case 3500...3599: return 16...19 ~= length
        case 1800, 2131: return length == 15
        case 6011, 6440...6599, 6282...6288: return 16...19 ~= length
        case 6200...6299, 8100...8199: return 16...19 ~= length
        case 5000...5099, 5600...5899, 6000...6999: return length == 12 || length == 16 || 18...19 ~= length
        default: return false
        }
    }

    /// ABA routing number: nine digits, Federal Reserve prefix, 3-7-1 weighted sum a multiple of ten.
    static func isRouting(_ text: Compact) -> Bool {
        guard text.count == 9 else { return false }
        switch Digits.number(text, 0, 2) {
        case 1...12, 21...32, 61...72, 80: break
        default: return false
        }
        var sum = 0
        for index in 0..<9 {
            let weight = index % 3 == 0 ? 3 : index % 3 == 1 ? 7 : 1
            sum &+= Digits.value(text[index]) &* weight
        }
        return sum % 10 == 0
    }

    /// IBAN: the country's length and ISO 7064 mod 97-10 over the rearranged text.
    static func isIBAN(_ text: Compact) -> Bool {
        guard text.count >= 15, ibanLength(text[0], text[1]) == text.count else { return false }
        return rest(text, 0..<4, after: rest(text, 4..<text.count, after: 0)) == 1
    }

    /// The rest mod 97 of a number that goes on with the characters of `range`, letters as 10 to 35.
    private static func rest(_ text: Compact, _ range: Range<Int>, after first: Int) -> Int {
        var rest = first
        for index in range {
            let byte = text[index]
            rest = byte &- 0x30 < 10 ? rest &* 10 &+ Int(byte &- 0x30) : rest &* 100 &+ Int(byte &- 0x37)
            rest %= 97
        }
        return rest
    }

    /// The length of an IBAN of the country with these two letters, 0 when it has none (SWIFT IBAN registry, release 99).
    static func ibanLength(_ first: UInt8, _ second: UInt8) -> Int {
        guard first &- 0x41 < 26, second &- 0x41 < 26 else { return 0 }
        return Int(ibanLengths[Int(first &- 0x41) &* 26 &+ Int(second &- 0x41)])
    }

    private static let ibanLengths: [UInt8] = {
        let registry =
            "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27"
            + "GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24"
            + "ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23"
            + "ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30"
        var table = [UInt8](repeating: 0, count: 676)
        let bytes = Array(registry.utf8)
        for start in stride(from: 0, to: bytes.count, by: 4) {
            let index = Int(bytes[start] - 0x41) * 26 + Int(bytes[start + 1] - 0x41)
            table[index] = (bytes[start + 2] - 0x30) * 10 + bytes[start + 3] - 0x30
        }
        return table
    }()
}
