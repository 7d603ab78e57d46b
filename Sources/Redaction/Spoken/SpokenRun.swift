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
        var count = spell(run)
        guard count >= 3 else { return false }
        if takeCountry(before: run.first, count) { count &+= 2 }
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
}
