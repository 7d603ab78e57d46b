/// Finding the extent of a spoken run.
extension Scan {
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
