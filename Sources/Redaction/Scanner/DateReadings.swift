/// Dates of birth and expiry dates, which only their context tells from other dates.
extension Scan {
    mutating func readDates(_ window: borrowing Window) {
        let digits = window.characters
        switch window.count {
        case 3, 4:
            readExpiry(window)
        case 5 where window.words == 3 || window.isSpoken, 6 where window.words >= 2 || window.isSpoken,
            7 where window.words == 3, 8:
            readExpiry(window)
            guard window.words == 3 || window.count == 8 && window.words == 1 || window.isSpoken, isDate(window, digits)
            else { return }
            let context = context(before: window.firstToken, after: window.lastToken)
            let pull = context.pull(.dateOfBirth)
            guard pull.points > 0, !context.isVetoed(.init(.dateOfBirth), by: .otherDate, within: 4),
                !isSpent(pull, before: window.firstToken)
            else { return }
            let base = window.words == 3 ? 26 : window.isSpoken ? 26 : 20
            offer(.dateOfBirth, window, base &+ pull.points, .calendar, verified: true, pull: pull)
        default:
            return
        }
    }

    /// True when another date stands between the word that supports a reading and the reading: the word is about that one.
    func isSpent(_ pull: ContextView.Pull, before first: Int) -> Bool {
        guard pull.offset >= 0 else { return false }
        var short = 0
        var index = first &- 1
        while index >= 0, start(index) > pull.offset, first &- index < 24 {
            if tokens[index].kind == .digits {
                short = tokens[index].length <= 2 ? short &+ 1 : 0
                let isYear = tokens[index].length == 4 && (text[start(index)] == 0x31 || text[start(index)] == 0x32)
                if isYear || short == 3 { return true }
            } else {
                short = 0
            }
            index &-= 1
        }
        return false
    }

    @inline(__always)
    private func isDate(_ window: borrowing Window, _ digits: Compact) -> Bool {
        let last = Int(window.shape & 31)
        let first = Int(window.shape &>> 10 & 31)
        func isDay(_ left: Int, _ right: Int) -> Bool {
            1...12 ~= left && 1...31 ~= right || 1...31 ~= left && 1...12 ~= right
        }
        if window.words == 3 {
            guard !window.has(.parenthesis) else { return false }
            let middle = window.count &- first &- last
            guard 1...2 ~= middle else { return false }
            if first == 4 {
                guard last <= 2 else { return false }
                return isYear(Digits.number(digits, 0, 4))
                    && isDay(Digits.number(digits, 4, middle), Digits.number(digits, 4 &+ middle, last))
            }
            guard first <= 2, last == 4 || last == 2 else { return false }
            guard isDay(Digits.number(digits, 0, first), Digits.number(digits, first, middle)) else { return false }
            return last == 2 || isYear(Digits.number(digits, first &+ middle, 4))
        }
        guard window.count == 8 else {
            return window.isSpoken && window.count == 6
                && isDay(Digits.number(digits, 0, 2), Digits.number(digits, 2, 2))
        }
        if isYear(Digits.number(digits, 0, 4)) {
            return isDay(Digits.number(digits, 4, 2), Digits.number(digits, 6, 2))
        }
        return isYear(Digits.number(digits, 4, 4)) && isDay(Digits.number(digits, 0, 2), Digits.number(digits, 2, 2))
    }

    @inline(__always)
    private func isYear(_ year: Int) -> Bool { 1900...2029 ~= year }

    /// Month and year of a card.
    private mutating func readExpiry(_ window: borrowing Window) {
        let digits = window.characters
        var month = 0
        var year = 0
        switch window.shape {
        case Window.shape(2, 2), Window.shape(1, 2):
            month = Digits.number(digits, 0, window.count &- 2)
            year = 2000 &+ Digits.number(digits, window.count &- 2, 2)
        case Window.shape(2, 4), Window.shape(1, 4):
            month = Digits.number(digits, 0, window.count &- 4)
            year = Digits.number(digits, window.count &- 4, 4)
        case Window.shape(4, 2):
            month = Digits.number(digits, 4, 2)
            year = Digits.number(digits, 0, 4)
        default:
            guard window.words == 1 || window.isSpoken else { return }
            guard window.count == 4 || window.count == 6 && window.isSpoken || window.count == 3 && window.isSpoken
            else { return }
            let monthDigits = window.count == 3 ? 1 : 2
            month = Digits.number(digits, 0, monthDigits)
            year = Digits.number(digits, monthDigits, window.count &- monthDigits)
            if year < 100 { year &+= 2000 }
        }
        guard 1...12 ~= month, 2015...2049 ~= year, !window.has(.parenthesis) else { return }
        let context = context(before: window.firstToken, after: window.lastToken)
        let pull = context.pull(.cardExpiry)
        // Passports and licences expire too.
        if pull.points > 0, !context.all.isDisjoint(with: .documents),
            context.isVetoed([.init(.creditCard), .init(.cardCVV)], by: .documents, within: 10)
        {
            return
        }
        let isSigned = window.has(.slash) || window.has(.wideSlash) || window.has(.hyphen) || window.isSpoken
        if pull.points >= (isSigned ? 10 : 24) {
            offer(.cardExpiry, window, (isSigned ? 34 : 22) &+ pull.points, .calendar, verified: true, pull: pull)
        } else if isSigned, isPlacedAfterCard(window, within: 4), lastCardType == .creditCard {
            offer(.cardExpiry, window, 72, .calendar, verified: true, form: .placed)
        } else if window.has(.slash) {
            // Beside the word for a card a date of month and year is the card's.
            let card = context.pull(.creditCard)
            if card.points >= 30 {
                offer(.cardExpiry, window, 20 &+ card.points, .calendar, verified: true, pull: card)
            }
        }
    }
}
