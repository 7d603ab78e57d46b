/// Checks of numbers that a state gives, on digits without separators.
enum GovernmentValidator {
    /// Issued ranges of US social security numbers: area not 000, 666 or 9xx, group not 00, serial not 0000; the two numbers
    /// that were printed in advertisements are left out (SSA, "Social Security Number Randomization").
    static func isSSN(_ text: Compact) -> Bool {
        guard text.count == 9 else { return false }
        let area = Digits.number(text, 0, 3)
        guard area != 0, area != 666, area < 900 else { return false }
        let group = Digits.number(text, 3, 2)
        let serial = Digits.number(text, 5, 4)
        guard group != 0, serial != 0, !Digits.areEqual(text) else { return false }
        return !(area == 78 && group == 5 && serial == 1120) && !(area == 219 && group == 9 && serial == 9999)
    }

    /// US ITIN: area 9xx, group 50-65, 70-88, 90-92 or 94-99 (IRS Publication 1915).
    static func isITIN(_ text: Compact) -> Bool {
        guard text.count == 9, text[0] == 0x39 else { return false }
        switch Digits.number(text, 3, 2) {
        case 50...65, 70...88, 90...92, 94...99: return true
        default: return false
        }
    }

    /// NHS number: weights 10 to 2, check digit 11 minus the rest mod 11 (NHS data dictionary).
    static func isNHS(_ text: Compact) -> Bool {
        guard text.count == 10, !Digits.areEqual(text) else { return false }
        let check = (11 &- Digits.weighted(text, count: 9, first: 10) % 11) % 11
        return check != 10 && check == Digits.value(text[9])
    }

    /// CPF: two check digits mod 11; repeated digits are not issued.
    static func isCPF(_ text: Compact) -> Bool {
        guard text.count == 11, !Digits.areEqual(text) else { return false }
        let first = Digits.weighted(text, count: 9, first: 10) &* 10 % 11 % 10
        let second = Digits.weighted(text, count: 10, first: 11) &* 10 % 11 % 10
        return first == Digits.value(text[9]) && second == Digits.value(text[10])
    }

    /// CNPJ: twelve letters or digits (value: ASCII code minus 48; letters since July 2026, IN RFB 2.229/2024) and two mod 11
    /// digits.
    static func isCNPJ(_ text: Compact) -> Bool {
        guard text.count == 14, text[12] &- 0x30 < 10, text[13] &- 0x30 < 10, !Digits.areEqual(text) else {
            return false
        }
        for count in 12...13 {
            var sum = 0
            for index in 0..<count { sum &+= Int(text[index] &- 0x30) &* (2 &+ (count &- 1 &- index) % 8) }
            let rest = sum % 11
            guard (rest < 2 ? 0 : 11 &- rest) == Digits.value(text[count]) else { return false }
        }
        return true
    }

    /// Canadian SIN: Luhn; 8 is not the first digit of one. Neither is 0 of an issued one, but forms show such as examples.
    static func isSIN(_ text: Compact) -> Bool {
        text.count == 9 && text[0] != 0x38 && Digits.luhn(text)
    }

    /// German tax id: eleven digits, not starting with 0, one digit two or three times among the first ten, ISO 7064 mod 11,10.
    static func isGermanTax(_ text: Compact) -> Bool {
        guard text.count == 11, text[0] != 0x30 else { return false }
        var seen = (UInt64(0))  // four bits a digit
        for index in 0..<10 { seen &+= 1 &<< UInt64(4 &* Digits.value(text[index])) }
        var repeated = 0
        for digit in 0..<10 {
            let times = Int(seen &>> UInt64(4 &* digit) & 15)
            if times > 3 { return false }
            if times > 1 { repeated &+= 1 }
        }
        guard repeated == 1 else { return false }
        var product = 10
        for index in 0..<10 {
            var sum = (Digits.value(text[index]) &+ product) % 10
            if sum == 0 { sum = 10 }
            product = sum &* 2 % 11
        }
        return (11 &- product) % 10 == Digits.value(text[10])
    }

    /// German pension number: area, birth date, letter, serial and check digit (VKVV section 4, weights 2 1 2 5 7 1 2 1 2 1 2 1).
    static func isGermanPension(_ text: Compact) -> Bool {
        guard text.count == 12, text[8] &- 0x41 < 26 else { return false }
        let day = Digits.number(text, 2, 2)
        let month = Digits.number(text, 4, 2)
        guard 1...12 ~= month, 1...31 ~= day || 51...81 ~= day else { return false }
        let letter = Int(text[8] &- 0x40)
        let weights: [12 of Int] = [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1]
        var sum = 0
        for index in 0..<12 {
            let digit: Int
            switch index {
            case 0..<8: digit = Digits.value(text[index])
            case 8: digit = letter / 10
            case 9: digit = letter % 10
            default: digit = Digits.value(text[index &- 1])
            }
            let product = digit &* weights[index]
            sum &+= product / 10 &+ product % 10
        }
        return sum % 10 == Digits.value(text[11])
    }

    /// French NIR: sex, year, month, department (2A and 2B count as 19 and 18), 97 minus the rest mod 97 (INSEE).
    static func isNIR(_ text: Compact) -> Bool {
        guard text.count == 15, 0x31...0x34 ~= text[0] || 0x37...0x38 ~= text[0] else { return false }
        let month = Digits.number(text, 3, 2)
        guard 1...12 ~= month || 20...42 ~= month || 50...99 ~= month else { return false }
        var number = 0
        for index in 0..<13 {
            switch text[index] {
            case 0x30...0x39: number = number &* 10 &+ Digits.value(text[index])
            case 0x41 where index == 6 && text[5] == 0x32: number = (number &- 2) &* 10 &+ 19
            case 0x42 where index == 6 && text[5] == 0x32: number = (number &- 2) &* 10 &+ 18
            default: return false
            }
        }
        guard text[13] &- 0x30 < 10, text[14] &- 0x30 < 10 else { return false }
        return 97 &- number % 97 == Digits.number(text, 13, 2)
    }
}
