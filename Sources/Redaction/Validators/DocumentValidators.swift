/// Checks of codes made of letters and digits, in upper case without separators.
enum DocumentValidator {
    /// Spanish NIF (eight digits and a letter) or NIE (X, Y or Z, seven digits and a letter); letter by number mod 23.
    static func isNIF(_ text: Compact) -> Bool {
        guard text.count == 9 else { return false }
        var number = 0
        for index in 0..<8 {
            let byte = text[index]
            if byte &- 0x30 < 10 {
                number = number &* 10 &+ Int(byte &- 0x30)
            } else if index == 0, 0x58...0x5A ~= byte {
                number = Int(byte &- 0x58)
            } else {
                return false
            }
        }
        let letters: StaticString = "TRWAGMYFPDXBNJZSQVHLCKE"
        return text[8] == letters.utf8Start[number % 23]
    }

    /// UK national insurance number: two letters, six digits, A to D; D F I Q U V not in front, O not second, and the prefixes
    /// BG GB KN NK NT TN ZZ are not given (HMRC NIM39110).
    static func isNINO(_ text: Compact) -> Bool {
        guard text.count == 9, 0x41...0x44 ~= text[8] else { return false }
        for index in 2..<8 where text[index] &- 0x30 > 9 { return false }
        func isRefused(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x44, 0x46, 0x49, 0x51, 0x55, 0x56: true
            default: false
            }
        }
        guard text[0] &- 0x41 < 26, text[1] &- 0x41 < 26 else { return false }
        guard !isRefused(text[0]), !isRefused(text[1]), text[1] != 0x4F else { return false }
        switch (text[0], text[1]) {
        case (0x42, 0x47), (0x47, 0x42), (0x4B, 0x4E), (0x4E, 0x4B), (0x4E, 0x54), (0x54, 0x4E), (0x5A, 0x5A):
            return false
        default: return true
        }
    }

    /// Italian tax code: six letters, year, month letter, day, place, check letter; digits may be written as letters where two
    /// people would share a code (omocodia).
    static func isItalianCode(_ text: Compact) -> Bool {
        guard text.count == 16, text[15] &- 0x41 < 26 else { return false }
        let months: StaticString = "ABCDEHLMPRST"
        var isMonth = false
        for index in 0..<12 where text[8] == months.utf8Start[index] { isMonth = true }
        guard isMonth else { return false }
        for index in 0..<15 {
            let isLetter = text[index] &- 0x41 < 26
            switch index {
            case 0..<6, 8, 11: guard isLetter else { return false }
            default: guard !isLetter || isOmocode(text[index]) else { return false }
            }
        }
        let odd: [26 of Int] = [
            1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
        ]
        var sum = 0
        for index in 0..<15 {
            let byte = text[index]
            let value = Int(byte &- 0x30 < 10 ? byte &- 0x30 : byte &- 0x41)
            sum &+= index % 2 == 0 ? odd[value] : value
        }
        return sum % 26 == Int(text[15] &- 0x41)
    }

    private static func isOmocode(_ byte: UInt8) -> Bool {
        let letters: StaticString = "LMNPQRSTUV"
        for index in 0..<10 where letters.utf8Start[index] == byte { return true }
        return false
    }

    /// True when the seventeen characters can be a VIN: no I, O or Q, at least three letters and five digits, the last four digits.
    static func hasVINShape(_ text: Compact) -> Bool {
        guard text.count == 17 else { return false }
        var letters = 0
        for byte in text {
            if byte &- 0x30 < 10 { continue }
            guard byte != 0x49, byte != 0x4F, byte != 0x51 else { return false }
            letters &+= 1
        }
        for index in 13..<17 where text[index] &- 0x30 > 9 { return false }
        return letters >= 2 && letters <= 13
    }

    /// The check digit of position 9 (49 CFR 565.15), required in North America and used by some makers elsewhere.
    static func isVIN(_ text: Compact) -> Bool {
        guard hasVINShape(text) else { return false }
        let weights: [17 of Int] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]
        let values: [26 of Int] = [
            1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 5, 0, 7, 0, 9, 2, 3, 4, 5, 6, 7, 8, 9,
        ]
        var sum = 0
        for index in 0..<17 {
            let byte = text[index]
            let value = byte &- 0x30 < 10 ? Int(byte &- 0x30) : values[Int(byte &- 0x41)]
            sum &+= value &* weights[index]
        }
        let rest = sum % 11
        return text[8] == (rest == 10 ? 0x58 : 0x30 &+ UInt8(rest))
    }

    /// ICAO 9303 check digit: weights 7 3 1, letters count from 10, over all but the last character.
    static func isMachineReadable(_ text: Compact) -> Bool {
        guard text.count >= 2, text[text.count &- 1] &- 0x30 < 10 else { return false }
        var sum = 0
        for index in 0..<(text.count &- 1) {
            let byte = text[index]
            let value = Int(byte &- 0x30 < 10 ? byte &- 0x30 : byte &- 0x37)
            sum &+= value &* (index % 3 == 0 ? 7 : index % 3 == 1 ? 3 : 1)
        }
        return sum % 10 == Digits.value(text[text.count &- 1])
    }

    /// True when the nine characters can be the serial number of a German identity card or passport: the first is one of
    /// C F G H J K L M N P R T V W X Y Z, the others are of that set or digits (BMI, "Seriennummer").
    static func hasGermanDocumentShape(_ text: Compact, fewestDigits: Int) -> Bool {
        guard text.count >= 9 else { return false }
        var digits = 0
        for index in 0..<9 {
            let byte = text[index]
            if byte &- 0x30 < 10 {
                guard index > 0 else { return false }
                digits &+= 1
            } else {
                switch byte {
                case 0x43, 0x46...0x48, 0x4A...0x4E, 0x50, 0x52, 0x54, 0x56...0x5A: break
                default: return false
                }
            }
        }
        return digits >= fewestDigits
    }

    /// DVLA driver number: five letters of the name (9 fills), decade, month (51-62 for women), day, year, two initials, a digit
    /// or letter and two letters; the last two may be missing.
    static func isUKLicence(_ text: Compact) -> Bool {
        guard text.count == 16 || text.count == 18, text[0] &- 0x41 < 26 else { return false }
        var isFilled = false
        for index in 0..<5 {
            if text[index] == 0x39 {
                isFilled = true
            } else if isFilled || text[index] &- 0x41 > 25 {
                return false
            }
        }
        for index in 5..<11 where text[index] &- 0x30 > 9 { return false }
        let month = Digits.number(text, 6, 2) % 50
        guard 1...12 ~= month, Digits.number(text, 6, 2) < 63, 1...31 ~= Digits.number(text, 8, 2) else { return false }
        guard text[11] &- 0x41 < 26, text[12] == 0x39 || text[12] &- 0x41 < 26 else { return false }
        return text[14] &- 0x41 < 26 && text[15] &- 0x41 < 26
    }
}
