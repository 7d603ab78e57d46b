/// Dates of birth said or written with words: "March 4, 1987", "the fourth of March nineteen eighty seven".
extension Scan {
    /// Offers the date that a run is, when it is one and the context says that it is of a birth.
    mutating func readSpokenDate(_ run: SpokenRun) -> Bool {
        // Without a month only a word for the birth makes a date of numbers.
        guard run.hasMonth || context(before: run.first, after: run.last).all.contains(.init(.dateOfBirth)) else {
            return false
        }
        var grammar = SpokenGrammar(run.language)
        var parts = DateParts()
        var index = run.first
        while index <= run.last {
            let word = number(index)
            if tokens[index].kind == .digits {
                if let number = grammar.finish() { parts.take(number.value, number.firstToken, number.lastToken) }
                var value = 0
                for offset in start(index)..<min(end(index), start(index) &+ 9) {
                    value = value &* 10 &+ Int(text[offset] &- 0x30)
                }
                parts.take(value, index, isAttachedOrdinal(index &+ 1) ? index &+ 1 : index)
            } else if word.kind == .month || word.kind == .ordinal {
                // "twenty first"
                if word.kind == .ordinal, let tens = grammar.finish() {
                    if tens.value % 10 == 0, tens.value <= 30, word.value < 10 {
                        parts.take(tens.value &+ Int(word.value), tens.firstToken, index)
                    } else {
                        parts.take(tens.value, tens.firstToken, tens.lastToken)
                        parts.take(Int(word.value), index, index)
                    }
                } else {
                    if let number = grammar.finish() { parts.take(number.value, number.firstToken, number.lastToken) }
                    if word.kind == .month {
                        parts.take(month: Int(word.value), index)
                    } else {
                        parts.take(Int(word.value), index, index)
                    }
                }
            } else if word.kind.isNumber || word.kind == .joiner, !word.languages.isDisjoint(with: run.language) {
                let next = index < run.last ? number(index &+ 1).kind : .none
                if let number = grammar.take(word, index, nextKind: next) {
                    parts.take(number.value, number.firstToken, number.lastToken)
                }
            }
            if parts.isSpoilt { return false }
            index &+= 1
        }
        if let number = grammar.finish() { parts.take(number.value, number.firstToken, number.lastToken) }
        guard parts.lastToken > parts.firstToken else { return false }
        if parts.isMonthAndYear { return readSpokenExpiry(parts, run) }
        guard parts.isDate else { return false }
        let context = context(before: parts.firstToken, after: parts.lastToken)
        let pull = context.pull(.dateOfBirth)
        guard pull.points >= (parts.month > 0 ? 8 : 18),
            !context.isVetoed(.init(.dateOfBirth), by: .otherDate, within: 4),
            !isSpent(pull, before: parts.firstToken)
        else { return false }
        offer(
            Finding(
                type: .dateOfBirth,
                start: start(parts.firstToken),
                end: end(parts.lastToken),
                score: UInt8(clamping: 42 &+ pull.points),
                form: run.wordCount > 0 ? .spoken : .structured,
                checksum: .calendar,
                isVerified: true,
                contextOffset: pull.offset
            )
        )
        return candidateCount > 0
    }
}

extension Scan {
    /// True when a day stands before the month: "4 July 2031", "12 de junho".
    private func hasDay(before month: Int) -> Bool {
        guard month > 0 else { return false }
        if tokens[month &- 1].kind == .digits { return true }
        let isFiller = number(month &- 1).kind == .filler || isAttachedOrdinal(month &- 1)
        return month > 1 && isFiller && tokens[month &- 2].kind == .digits
    }

    /// "expires March 2027"
    private mutating func readSpokenExpiry(_ parts: DateParts, _ run: SpokenRun) -> Bool {
        let context = context(before: parts.firstToken, after: parts.lastToken)
        let pull = context.pull(.cardExpiry)
        guard pull.points >= 24, !hasDay(before: parts.firstToken),
            !context.isVetoed([.init(.creditCard), .init(.cardCVV)], by: .documents, within: 10)
        else { return false }
        offer(
            Finding(
                type: .cardExpiry,
                start: start(parts.firstToken),
                end: end(parts.lastToken),
                score: UInt8(clamping: 34 &+ pull.points),
                form: run.wordCount > 0 ? .spoken : .structured,
                checksum: .calendar,
                isVerified: true,
                contextOffset: pull.offset
            )
        )
        return candidateCount > 0
    }
}

/// Day, month and year as they come.
private struct DateParts {
    var month = 0
    var firstToken = Int.max
    var lastToken = 0
    private var numbers: (Int, Int, Int, Int) = (-1, -1, -1, -1)
    private var count = 0
    /// True when there are too many parts for a date.
    private(set) var isSpoilt = false
    private var hasOpenZero = false

    mutating func take(_ number: Int, _ first: Int, _ last: Int) {
        extend(first, last)
        // "oh four" is one number.
        if number == 0, !hasOpenZero {
            hasOpenZero = true
            return
        }
        hasOpenZero = false
        switch count {
        case 0: numbers.0 = number
        case 1: numbers.1 = number
        case 2: numbers.2 = number
        case 3: numbers.3 = number
        default: isSpoilt = true
        }
        count &+= 1
    }

    mutating func take(month: Int, _ token: Int) {
        extend(token, token)
        if self.month > 0 { isSpoilt = true }
        self.month = month
    }

    private mutating func extend(_ first: Int, _ last: Int) {
        firstToken = min(firstToken, first)
        lastToken = max(lastToken, last)
    }

    /// True when the parts are a month and a year in which a card can expire.
    var isMonthAndYear: Bool {
        guard !isSpoilt, !hasOpenZero, month > 0 else { return false }
        return count == 1 && (2015...2049 ~= numbers.0 || 24...49 ~= numbers.0)
            || count == 2 && numbers.0 == 20 && 15...49 ~= numbers.1
    }

    /// True when the parts are a day, a month and a year.
    var isDate: Bool {
        guard !isSpoilt, !hasOpenZero else { return false }
        if month > 0 {
            guard count >= 2 else { return false }
            if 1...31 ~= numbers.0 { return isYear(numbers.1, numbers.2, count &- 1) }
            return count == 2 && 1900...2029 ~= numbers.0 && 1...31 ~= numbers.1
        }
        guard count >= 3 else { return false }
        if 1900...2029 ~= numbers.0 { return count == 3 && 1...12 ~= numbers.1 && 1...31 ~= numbers.2 }
        guard 1...31 ~= numbers.0, 1...31 ~= numbers.1, numbers.0 <= 12 || numbers.1 <= 12 else { return false }
        return isYear(numbers.2, numbers.3, count &- 2)
    }

    private func isYear(_ first: Int, _ second: Int, _ count: Int) -> Bool {
        switch count {
        case 1: return 1900...2029 ~= first || 20...99 ~= first
        case 2: return first == 19 && 0...99 ~= second || first == 20 && 0...29 ~= second
        default: return false
        }
    }
}
