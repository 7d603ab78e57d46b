/// Telephone numbers: international with plus or 00, and the national groupings of the countries of the five languages.
extension Scan {
    mutating func readPhone(_ window: borrowing Window, _ context: ContextView, _ isAmount: Bool) {
        let count = window.count
        guard 7...17 ~= count, !isAmount else { return }
        // No plan groups so, and it is how a social security number is written.
        if window.shape == Window.shape(3, 2, 4), window.isOnly(.hyphen) { return }
        var start = window.start
        let hasPlus = takePrefix(&start, window.end)
        let pull = context.pull(.phone)
        var score = hasPlus && window.characters[0] != 0x30 && count <= 15 ? 86 : national(window)
        if score == 0 {
            guard pull.points > 0, count <= 15 else { return }
            let isDotted = window.shape == Window.shape(3, 7) && isNorthAmerican(window.characters, 0)
            guard !window.has(.dot) || window.words > 2 || isDotted else { return }
            score = 20 &+ pull.points &- (window.isSpoken ? 0 : window.words > 6 ? 10 : 0)
            guard !window.has(.slash) || window.words <= 3 else { return }
        } else {
            if !hasPlus, context.isVetoed(.init(.phone), within: 3) { score &-= 45 }
            score = max(score &+ pull.points / 5, pull.points > 0 ? 20 &+ pull.points : 0)
        }
        guard score >= rules.threshold else { return }
        let end = window.isSpoken ? window.end : endOfExtension(window.end)
        if window.isSpoken, window.firstToken > 0, number(window.firstToken &- 1).value == 0x2B,
            number(window.firstToken &- 1).kind == .sign, self.start(window.firstToken &- 1) >= floor
        {
            start = self.start(window.firstToken &- 1)
        }
        offer(.phone, window, score, .numberingPlan, pull: pull, range: start..<end)
    }

    /// Takes the plus sign and an opening parenthesis into the window; true when there is a plus.
    @inline(__always)
    private mutating func takePrefix(_ start: inout Int, _ end: Int) -> Bool {
        let first = start
        if byte(start &- 1) == 0x28 {
            // Only when it is closed within the number.
            for offset in start..<end where text[offset] == 0x29 {
                start &-= 1
                break
            }
        }
        var hasPlus = false
        if byte(start &- 1) == 0x2B {
            start &-= 1
            hasPlus = true
            if byte(start &- 1) == 0x28 {
                for offset in first..<end where text[offset] == 0x29 {
                    start &-= 1
                    break
                }
            }
        } else if byte(start &- 1) | 0x20 == 0x62, byte(start &- 2) == 0x32, byte(start &- 3) == 0x25 {
            start &-= 3
            hasPlus = true
        } else if byte(start &- 1) == 0x20, byte(start &- 2) == 0x2B, start < first {
            start &-= 2
            hasPlus = true
        }
        return hasPlus
    }

    /// The end of a number with "x12", "ext. 12" or "extension 12" behind it; the number's own end when there is none.
    @inline(__always)
    private mutating func endOfExtension(_ end: Int) -> Int {
        var offset = end
        if byte(offset) == 0x2C { offset &+= 1 }
        if byte(offset) == 0x20 { offset &+= 1 }
        let letters = offset
        while Bytes.isLetter(byte(offset)), offset &- letters < 10 { offset &+= 1 }
        guard
            byte(letters) | 0x20 == 0x78 && offset == letters &+ 1
                || byte(letters) | 0x20 == 0x65 && byte(letters &+ 1) | 0x20 == 0x78
        else { return end }
        if byte(offset) == 0x2E { offset &+= 1 }
        if byte(offset) == 0x20 { offset &+= 1 }
        let digits = offset
        while Bytes.isDigit(byte(offset)), offset &- digits < 7 { offset &+= 1 }
        guard 1...6 ~= offset &- digits, !Bytes.isWord(byte(offset)) else { return end }
        return offset
    }

    /// The score of a grouping that a national plan uses, 0 for any other.
    @inline(__always)
    private mutating func national(_ window: borrowing Window) -> Int {
        let digits = window.characters
        let count = window.count
        if window.isSpoken {
            // Ten digits said one after the other are seldom anything else, unless they are the end of a longer number.
            if window.firstToken > 0, number(window.firstToken &- 1).kind.isNumber { return 0 }
            let isNational =
                count == 10 && isNorthAmerican(digits, 0) || count == 11 && digits[0] == 0x30 && digits[1] == 0x37
            let isPrefixed = count == 11 && digits[0] == 0x31 && isNorthAmerican(digits, 1)
            return isNational || isPrefixed ? 58 : spokenNational(digits)
        }
        let isPlain = !window.hasSlash
        switch count {
        case 10 where isNorthAmerican(digits, 0) && isPlain:
            switch window.shape {
            case Window.shape(3, 3, 4): return 78
            case Window.shape(3, 7) where window.has(.parenthesis): return 76
            default: break
            }
        case 11 where digits[0] == 0x31 && isNorthAmerican(digits, 1) && isPlain:
            if window.shape == Window.shape(1, 3, 3, 4) { return 82 }
        case 13 where Digits.number(digits, 0, 3) == 1 && isNorthAmerican(digits, 3):
            if window.words >= 2 { return 84 }
        default: break
        }
        guard digits[0] == 0x30 else { return groupedWithoutZero(window) }
        if Digits.number(digits, 0, 2) == 0, 10...17 ~= count, digits[2] != 0x30 { return window.words > 1 ? 74 : 0 }
        guard window.words > 1, 9...12 ~= count, digits[1] != 0x30, !window.has(.dot) || window.isOnly(.dot) else {
            // A British mobile number is 07 and nine digits.
            return window.words == 1 && count == 11 && digits[1] == 0x37 ? 50 : 0
        }
        if window.shape == Window.shape(2, 2, 2, 2, 2) { return 82 }
        // The grouping of US social security numbers.
        if window.shape == Window.shape(3, 2, 4) { return 0 }
        let first = Int(window.shape &>> UInt64(5 &* (window.words &- 1)))
        guard 2...6 ~= first, window.words <= 5, first >= 3 || !window.hasSlash else { return 0 }
        return window.words == 2 && window.isOnly(.hyphen) && count < 10 ? 0 : 66
    }

    /// Numbers as they are said in the countries of a language, with the zero of the trunk or a mobile's first digit.
    private mutating func spokenNational(_ digits: Compact) -> Int {
        let hasTrunk = digits[0] == 0x30 && digits[1] != 0x30
        let isNational: Bool
        switch spokenLanguage {
        case .spanish: isNational = digits.count == 9 && (digits[0] == 0x36 || digits[0] == 0x37)
        case .portuguese:
            // A mobile with its area in Brazil; one of Portugal, or without its area, has nine digits and begins with 9.
            isNational =
                digits.count == 11 && digits[0] != 0x30 && digits[1] != 0x30 && digits[2] == 0x39
                || digits.count == 9 && digits[0] == 0x39
        case .french: isNational = digits.count == 10 && hasTrunk
        case .german: isNational = 10...12 ~= digits.count && hasTrunk
        default: isNational = digits.count == 11 && hasTrunk && digits[1] <= 0x32
        }
        return isNational ? 54 : 0
    }

    /// Area and exchange begin with 2 to 9 (North American Numbering Plan).
    @inline(__always)
    private func isNorthAmerican(_ digits: Compact, _ start: Int) -> Bool {
        digits[start] >= 0x32 && digits[start &+ 3] >= 0x32
    }

    /// Brazilian area codes in parentheses; Spanish nine digits in threes.
    @inline(__always)
    private mutating func groupedWithoutZero(_ window: borrowing Window) -> Int {
        switch window.shape {
        case Window.shape(2, 5, 4), Window.shape(2, 4, 4):
            return window.has(.parenthesis)
                ? 80 : window.isOnly(.space) || window.has(.hyphen) && window.has(.space) ? 52 : 0
        case Window.shape(3, 3, 3) where window.isOnly(.space), Window.shape(3, 2, 2, 2) where window.isOnly(.space):
            return window.characters[0] == 0x36 || window.characters[0] == 0x37 ? 50 : 0
        default:
            return 0
        }
    }
}
