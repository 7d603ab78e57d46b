/// One character of a spoken number and the tokens that said it.
struct SpokenCharacter {
    var firstToken = 0
    var lastToken = 0
}

/// What a run of spoken words holds.
struct SpokenRun {
    var first: Int
    /// The last token that said a number, letter, day or month.
    var last: Int
    var wordCount = 0
    var digitTokens = 0
    var ordinals = 0
    var hasMonth = false
    var hasLineBreak = false
    var isCut = false
    /// Number words of each language, a byte for each: a run has fewer than 256 words.
    private var votes: UInt64 = 0

    init(first: Int, last: Int) {
        self.first = first
        self.last = last
    }

    @inline(__always)
    mutating func vote(_ languages: SpokenLanguages) {
        // Bit n goes to the lowest bit of byte n.
        let bits = UInt64(languages.rawValue)
        votes &+= (bits | bits &<< 7 | bits &<< 14 | bits &<< 21 | bits &<< 28) & 0x01_0101_0101
    }

    /// The language of most number words; the first of those that tie.
    var language: SpokenLanguages {
        var best = votes & 0xFF
        var language: UInt8 = 0
        for other in 1..<5 where votes &>> UInt64(8 &* other) & 0xFF > best {
            best = votes &>> UInt64(8 &* other) & 0xFF
            language = UInt8(other)
        }
        return SpokenLanguages(rawValue: 1 &<< language)
    }
}

extension Scan {
    /// Most fillers between two parts of a spoken number.
    static let longestGap = 4
    /// Most bytes from the first to the last word of a spoken number.
    static let longestRun = 260

    /// Reads the spoken number that the token `index` begins.
    mutating func readSpoken(_ index: Int, _ findings: inout [Finding]) {
        var first = index
        while first > nextToken, index &- first < 8, isSpelledLetter(first &- 1), isPause(end(first &- 1), start(first))
        { first &-= 1 }
        if readRun(first, &findings) || isOpen { return }
        skipRun(first, index)
    }

    /// Goes on after a run that is nothing: with its next word, or further on when it is long, so that time stays linear.
    private mutating func skipRun(_ first: Int, _ index: Int) {
        let isLong = lastRun.first == first && lastRun.last &- first > 24
        nextToken = max(nextToken, isLong ? first &+ 16 : index &+ 1)
    }

    /// Reads digits that are written one by one ("4 1 1 1 ..."). True when the cluster is dealt with.
    mutating func readSeparateDigits(
        _ first: Int,
        _ group: UnsafeMutablePointer<GroupWord>,
        _ words: Int,
        _ findings: inout [Finding]
    ) -> Bool {
        guard words >= 6, group + 6 <= buffers.words + words else { return false }
        for word in 0..<6 where group[word].count != 1 || group[word].letters != 0 { return false }
        if readRun(first, &findings, isSeparate: true) || isOpen { return true }
        nextToken = max(nextToken, lastRun.last &- first > 24 ? first &+ 16 : first &+ words)
        return true
    }

    /// True when number words or a month go on after the group that ends with token `last`.
    @inline(__always)
    mutating func isFollowedBySpoken(_ last: Int) -> Bool {
        var index = last &+ 1
        var words = 0
        var hasLineBreak = false
        while index < tokenCount, words < 12, end(index) &- end(last) < Scan.lookAhead &- 8,
            isPause(end(index &- 1), start(index))
        {
            let kind = number(index).kind
            if tokens[index].isAfterLineBreak { hasLineBreak = true }
            if tokens[index].kind == .digits { return hasLineBreak && words > 0 }
            if kind == .month { return true }
            // "779, right? the one": behind written digits only a pause, or the next line, goes on with the number.
            if kind.isNumber { return words == 0 || hasLineBreak }
            if tokens[index].length == 1, !hasLineBreak { return false }
            guard kind == .filler || kind == .acknowledgement || kind == .ordinal || kind == .joiner else {
                return false
            }
            guard hasLineBreak || words < 2 || kind == .acknowledgement else { return false }
            words &+= 1
            index &+= 1
        }
        return false
    }

    @inline(__always)
    func isSpelledLetter(_ index: Int) -> Bool {
        tokens[index].kind == .letters && (tokens[index].length == 1 || number(index).kind == .letter)
            && !isAttached(index) && !isAttached(index &+ 1) && byte(start(index) &- 1) != 0x27
    }

    /// True when only signs of a pause stand between two words.
    @inline(__always)
    func isPause(_ start: Int, _ end: Int) -> Bool {
        guard end &- start <= 8 else { return false }
        var offset = start
        while offset < end {
            guard text[offset] < 64, Self.pauses &>> UInt64(text[offset]) & 1 == 1 else { return false }
            offset &+= 1
        }
        return end > start
    }

    /// One bit for each sign of a pause: spaces, line breaks, and "!',-.:;>?".
    private static var pauses: UInt64 { 0xCC00_7083_0000_2600 }

    /// Reads a run of number words from token `first`. True when something was found.
    mutating func readRun(_ first: Int, _ findings: inout [Finding], isSeparate: Bool = false) -> Bool {
        let run = collect(first)
        lastRun = (first, run.last)
        let runEnd = end(run.last)
        if mustWait(clusterStart(first), runEnd, reach(after: run.last, Scan.pause)) { return false }
        if isFollowedByCorrection(run.last) {
            if readCorrected(run, &findings) { return true }
            if isOpen { return false }
        }
        if readAddress(after: run.last, &findings) { return true }
        guard run.wordCount &+ run.digitTokens &+ run.ordinals >= (run.hasMonth ? 1 : 2) else { return false }
        guard run.wordCount > 0 || run.hasLineBreak || run.hasMonth || isSeparate else { return false }
        candidateCount = 0
        if readSpokenDate(run) {
            let end = resolve(from: runEnd, &findings)
            floor = max(floor, end)
            nextToken = max(nextToken, run.last &+ 1)
            return true
        }
        // A month makes dates, not numbers.
        guard run.wordCount > 0 || run.hasLineBreak || isSeparate else { return false }
        spokenLanguage = run.language
        let count = spell(run)
        guard count >= 3 else { return false }
        let mark = findings.count
        readSpokenWindow(0, count)
        // More may have been said after a card number; a valid one inside is better than a run that is not.
        for length in [15, 16] where length < count {
            let mark = candidateCount
            readSpokenWindow(0, length)
            var kept = mark
            for index in mark..<candidateCount where buffers.candidates[index].type == .creditCard {
                buffers.candidates[kept] = buffers.candidates[index]
                kept &+= 1
            }
            candidateCount = kept
        }
        if candidateCount == 0 { readPieces(count, &findings) }
        guard candidateCount > 0 || findings.count > mark else { return false }
        if candidateCount > 0 {
            let before = findings.count
            _ = resolve(from: runEnd, &findings)
            splitAtLines(from: before, count, &findings)
        }
        nextToken = max(nextToken, run.last &+ 1)
        floor = max(floor, runEnd)
        return true
    }

    /// Finds the extent of a run.
    /// - Parameter isCorrected: whether it goes on behind a "no".
    mutating func collect(_ first: Int, isCorrected: Bool = false) -> SpokenRun {
        var run = SpokenRun(first: first, last: first)
        var index = first
        var gapWords = 0
        var gapHasLineBreak = false
        var gapHasAcknowledgement = false
        while index < tokenCount, index &- first < ScanBuffers.spokenLimit,
            end(index) &- start(first) <= Self.longestRun
        {
            let token = tokens[index]
            steps &+= 1
            // What a stream has not waited for must not matter.
            guard Int(token.end) &- end(run.last) < Scan.pause &- 12 || index == first else { break }
            if index > first, !isPause(end(index &- 1), Int(token.start)), !isAttachedOrdinal(index) { break }
            if token.isAfterLineBreak, index > first { gapHasLineBreak = true }
            let word = number(index)
            var isPart = false
            switch token.kind {
            case .digits:
                guard token.length <= 19, !isCountedBefore(index, run) else { return run }
                isPart = true
                run.digitTokens &+= 1
                if !gapHasLineBreak { index = goOn(index, &run) }
            case .at:
                return run
            case .letters:
                if isAttachedOrdinal(index) { break }
                if isAttached(index) || isAttached(index &+ 1) { return run }
                if word.kind.isNumber {
                    isPart = true
                    run.wordCount &+= 1
                    run.vote(word.languages)
                    if !gapHasLineBreak { index = goOn(index, &run) }
                } else if word.kind == .month || word.kind == .ordinal {
                    isPart = true
                    if word.kind == .month { run.hasMonth = true } else { run.ordinals &+= 1 }
                } else if isSpelledLetter(index), word.kind != .joiner || token.length == 1,
                    gapWords == 0 || gapHasLineBreak,
                    word.kind != .acknowledgement
                {
                    // A joiner of one letter ("y", "e") is decided by the language.
                    isPart =
                        word.kind != .joiner && isLetterInRun(index) || isClosingLetter(index)
                        || isBesideLetter(index)
                    if !isPart, word.kind != .joiner, !isLetterWord(index) { return run }
                } else if word.kind == .none || word.kind == .dot || word.kind == .at
                    || word.kind == .correction && !isCorrected
                    || word.kind == .sign && text[Int(token.start)] | 0x20 != 0x64
                {
                    return run
                }
            }
            if isPart {
                if gapHasLineBreak {
                    guard gapHasAcknowledgement || run.wordCount > 0 else { return run }
                    run.hasLineBreak = true
                }
                run.last = index
                gapWords = 0
                gapHasLineBreak = false
                gapHasAcknowledgement = false
            } else {
                if word.kind == .acknowledgement { gapHasAcknowledgement = true }
                gapWords &+= 1
                if gapWords > (gapHasLineBreak || gapHasAcknowledgement ? 12 : Self.longestGap) { return run }
            }
            index &+= 1
        }
        run.isCut = index < tokenCount && run.last &+ 1 == index
        return run
    }

    /// Takes the numbers and number words that follow number `index` with one sign of a pause between them; returns the last.
    @inline(__always)
    private mutating func goOn(_ index: Int, _ run: inout SpokenRun) -> Int {
        let first = index
        var index = index
        let limit = min(tokenCount, run.first &+ ScanBuffers.spokenLimit) &- 1
        while index < limit {
            let next = index &+ 1
            let token = tokens[next]
            guard Int(token.start) &- end(index) == 1, isPause(end(index), Int(token.start)), !token.isAfterLineBreak,
                Int(token.end) &- start(run.first) <= Self.longestRun, token.length <= 19
            else { break }
            if token.kind == .digits {
                guard run.digitTokens > 0 else { break }
                run.digitTokens &+= 1
            } else {
                let word = lexicon.number(token.entry)
                guard token.kind == .letters, word.kind.isNumber, !isAttached(next &+ 1) else { break }
                run.wordCount &+= 1
                run.vote(word.languages)
            }
            index = next
        }
        steps &+= index &- first
        return index
    }

    /// The "th" of "4th".
    @inline(__always)
    func isAttachedOrdinal(_ index: Int) -> Bool {
        guard isAttached(index), tokens[index].kind == .letters, tokens[index &- 1].kind == .digits,
            tokens[index].length == 2
        else { return false }
        switch (text[start(index)] | 0x20, text[start(index) &+ 1] | 0x20) {
        case (0x74, 0x68), (0x73, 0x74), (0x6E, 0x64), (0x72, 0x64), (0x65, 0x72): return true
        default: return false
        }
    }

    /// A single letter counts when numbers or other single letters stand beside it.
    @inline(__always)
    func isLetterInRun(_ index: Int) -> Bool {
        func isNear(_ other: Int) -> Bool {
            guard other >= 0, other < tokenCount else { return false }
            return tokens[other].kind == .digits || number(other).kind.isNumber || isSpelledLetter(other)
        }
        return isNear(index &+ 1) || (index > 0 && isNear(index &- 1) && !isLetterWord(index))
    }

    /// The letter that ends a code: numbers before it, no other word behind it.
    @inline(__always)
    func isClosingLetter(_ index: Int) -> Bool {
        guard tokens[index].length == 1, index > 0, number(index &- 1).kind.isNumber else { return false }
        guard index &+ 1 < tokenCount, !tokens[index &+ 1].isAfterLineBreak else { return true }
        let next = number(index &+ 1).kind
        if next == .acknowledgement { return true }
        return !isPause(end(index), start(index &+ 1)) || isSentenceEnd(index, index &+ 1)
    }

    /// True for "o", "e" and "y" beside a letter that is spelled: there they are letters too, not zero or "and".
    func isBesideLetter(_ index: Int) -> Bool {
        guard tokens[index].length == 1, tokens[index].kind == .letters, number(index).kind != .none,
            isSpelledLetter(index)
        else { return false }
        func isLetter(_ other: Int) -> Bool {
            guard other >= 0, other < tokenCount else { return false }
            return tokens[other].length == 1 && isSpelledLetter(other) && number(other).kind == .none
                && !isLetterWord(other)
        }
        return isLetter(index &- 1) && start(index) &- end(index &- 1) == 1
            || isLetter(index &+ 1) && start(index &+ 1) &- end(index) == 1
    }

    /// "the other one 713-681-7668": a single small number before a written one counts something else.
    @inline(__always)
    private func isCountedBefore(_ index: Int, _ run: SpokenRun) -> Bool {
        guard run.wordCount == 1, run.digitTokens == 0, tokens[index].length >= 3, run.last == run.first,
            number(run.first).kind == .unit
        else { return false }
        return run.first == 0 || number(run.first &- 1).kind != .sign
    }

    /// "a" and "I" are words of their own.
    @inline(__always)
    private func isLetterWord(_ index: Int) -> Bool {
        let letter = text[start(index)] | 0x20
        return letter == 0x61 || letter == 0x69
    }
}
