/// How two words of a group are joined.
enum Gap: UInt8 {
    case none, space, hyphen, dot, slash, wideSlash, parenthesis

    /// True for signs that make one name of what they join.
    var isTight: Bool { self == .hyphen || self == .dot || self == .slash }
}

/// One word of a group: letters and digits without a sign between them.
struct GroupWord {
    var start = 0
    var end = 0
    /// The tokens that it is made of.
    var firstToken = 0
    var lastToken = 0
    /// Its place in the group's characters.
    var first = 0
    var count = 0
    /// One bit for each letter among the group's characters.
    var letters: UInt64 = 0
    var gapBefore = Gap.none
}

extension Scan {
    /// Reads the group of numbers that the digits token `index` belongs to.
    mutating func readDigits(_ index: Int, _ findings: inout [Finding]) {
        if isEscapedAt(index) { return readEmail(index, start(index) &- 1, 3, &findings) }
        var first = index
        // A word that began before this pass was too long to be a number.
        if isEscapedPlus(index &+ 1) {
            nextToken = max(nextToken, index &+ 2)
            return
        }
        while first >= nextToken, isAttached(first), tokens[first &- 1].kind != .at, !isEscapedPlus(first &- 1) {
            guard first > nextToken else { return skipWord(index) }
            first &-= 1
            steps &+= 1
        }
        if readLongWord(first, &findings) { return }
        if readColons(first, &findings) { return }
        if readRegistration(first, &findings) { return }
        let digitsFirst = first
        // Letters in front that are part of the code: "AB 12 34 56 C".
        if first > nextToken, !isAttached(first), tokens[first &- 1].kind == .letters, !isAttached(first &- 1),
            isCodePrefix(first &- 1),
            gap(end(first &- 1), start(first)) == .space || gap(end(first &- 1), start(first)) == .hyphen
        {
            first &-= 1
        }
        var words = gather(first)
        if words > 0, buffers.words[words &- 1].lastToken < digitsFirst { words = gather(digitsFirst) }
        guard words > 0 else {
            // An address of a machine may still come of it.
            if mustWait(clusterStart(first), wordEnd(index)) { return }
            nextToken = max(nextToken, index &+ 1)
            return
        }
        let isCut = words == ScanBuffers.wordLimit
        let clusterEnd = buffers.words[words &- 1].end
        let last = buffers.words[words &- 1].lastToken
        if mustWait(clusterStart(first), clusterEnd, reach(after: last, Scan.lookAhead)) { return }
        if readAddress(after: last, &findings) { return }
        if readSeparateDigits(digitsFirst, buffers.words + (first < digitsFirst ? 1 : 0), words, &findings) { return }
        if !isCut, isFollowedByWrittenCorrection(last) {
            if mustWait(clusterStart(digitsFirst), clusterEnd, Scan.pause) { return }
            let run = collect(digitsFirst)
            if run.last == last, readCorrected(run, &findings) || isOpen { return }
        }
        if !isCut, isFollowedBySpoken(last), readRun(digitsFirst, &findings) || isOpen { return }
        let mark = findings.count
        candidateCount = 0
        for word in 0..<(isCut ? words / 2 : words) { readWindows(from: word, words) }
        var settledEnd = resolve(from: isCut ? buffers.words[words / 2].start : clusterEnd, &findings)
        if lastCardEnd > buffers.words[0].start, lastCardEnd < clusterEnd {
            settledEnd = max(settledEnd, readBehindCard(words, &findings))
        }
        var next = isCut ? buffers.words[words / 2].firstToken : last &+ 1
        while next < tokenCount, start(next) < settledEnd { next &+= 1 }
        nextToken = max(nextToken, max(next, index &+ 1))
        // What may be the beginning of a mailbox is read again with its at sign.
        if findings.count == mark, isBeforeAt(clusterEnd) { return }
        floor = max(floor, settledEnd)
    }

    /// Reads again what stands behind a card number or expiry date of the same group: its place says what it is.
    private mutating func readBehindCard(_ words: Int, _ findings: inout [Finding]) -> Int {
        var settledEnd = 0
        for word in 0..<words
        where buffers.words[word].start >= lastCardEnd && lastCardEnd < buffers.words[words &- 1].end {
            guard findings.last.map({ $0.end <= buffers.words[word].start }) ?? true else { continue }
            candidateCount = 0
            readWindows(from: word, words)
            settledEnd = max(settledEnd, resolve(from: 0, &findings))
        }
        return settledEnd
    }

    /// Where the word ends that token `index` is in.
    private func wordEnd(_ index: Int) -> Int {
        var last = index
        while isAttached(last &+ 1), tokens[last &+ 1].kind != .at { last &+= 1 }
        return end(last)
    }

    private mutating func skipWord(_ index: Int) {
        var last = index
        // The rest of the word may be the end of a mailbox.
        while isAttached(last &+ 1), tokens[last &+ 1].kind != .at {
            last &+= 1
            steps &+= 1
        }
        nextToken = last &+ 1
    }

    /// Where the text of a group begins: signs in front belong to it.
    @inline(__always)
    func clusterStart(_ token: Int) -> Int {
        var offset = start(token)
        let first = max(0, offset &- 8)
        while offset > first, byte(offset &- 1) == 0x28 || byte(offset &- 1) == 0x2B { offset &-= 1 }
        return offset
    }

    /// Skips words that cannot be a number of a person: hashes, UUIDs, base64. True when it did.
    private mutating func readLongWord(_ first: Int, _ findings: inout [Finding]) -> Bool {
        if isUUID(start(first)) {
            if mustWait(start(first), start(first) &+ 36) { return true }
            var next = first
            while next < tokenCount, start(next) < start(first) &+ 36 { next &+= 1 }
            nextToken = next
            floor = max(floor, start(first) &+ 36)
            return true
        }
        var last = first
        while last &+ 1 < tokenCount, isAttached(last &+ 1), tokens[last &+ 1].kind != .at {
            last &+= 1
            steps &+= 1
        }
        guard end(last) &- start(first) > Self.longestWord else { return false }
        nextToken = last &+ 1
        // The end may be the mailbox of an address; the tail keeps that.
        return true
    }

    @inline(__always)
    private mutating func isUUID(_ start: Int) -> Bool {
        guard start &+ 36 <= count, text[start &+ 8] == 0x2D else { return false }
        for offset in 0..<36 {
            let byte = text[start &+ offset]
            switch offset {
            case 8, 13, 18, 23: guard byte == 0x2D else { return false }
            default: guard Bytes.isHex(byte) else { return false }
            }
        }
        return true
    }

    @inline(__always)
    private mutating func isCodePrefix(_ token: Int) -> Bool {
        let length = tokens[token].length
        guard length <= 6, !isAddressSign(token) else { return false }
        if length <= 2 { return text[start(token)] < 0x80 }
        for offset in start(token)..<end(token) where !Bytes.isUpper(text[offset]) { return false }
        return true
    }

    /// The sign or signs between two words of a group, or none when they do not belong together.
    @inline(__always)
    func gap(_ start: Int, _ end: Int) -> Gap {
        let length = end &- start
        guard length >= 1, length <= 3 else { return .none }
        var sign: UInt8 = 0x20
        var signs = 0
        for offset in start..<end {
            let byte = text[offset]
            switch byte {
            case 0x20, 0x09: continue
            case 0x2D, 0x2E, 0x2F, 0x28, 0x29:
                // A full stop with a space is the end of a sentence.
                if byte == 0x2E, length > 1 { return .none }
                if signs > 0, byte != 0x28, sign != 0x29 { return .none }
                sign = byte
                signs &+= 1
            default: return .none
            }
        }
        switch sign {
        case 0x2D: return .hyphen
        case 0x2E: return .dot
        case 0x2F: return length == 1 ? .slash : .wideSlash
        case 0x28, 0x29: return .parenthesis
        default: return .space
        }
    }

    /// "4012, 8888, 8888, 1881": fours with commas, as recognisers write card numbers.
    @inline(__always)
    private func isCardList(_ word: GroupWord, _ next: Int) -> Bool {
        word.count == 4 && word.letters == 0 && tokens[next].length == 4 && tokens[next].kind == .digits
            && start(next) &- word.end == 2 && text[word.end] == 0x2C && text[word.end &+ 1] == 0x20
    }

    /// Collects the words of the group that begins at token `first`; returns how many.
    private mutating func gather(_ first: Int) -> Int {
        var words = 0
        var characters = 0
        var token = first
        var gapBefore = Gap.none
        while token < tokenCount, words < ScanBuffers.wordLimit {
            var last = token
            var hasDigit = tokens[token].kind == .digits
            guard tokens[token].kind != .at else { break }
            while last &+ 1 < tokenCount, isAttached(last &+ 1), tokens[last &+ 1].kind != .at, last &- token < 40 {
                if isTimeSign(last &+ 1) { break }
                if isExtensionSign(last &+ 1), characters &+ end(last) &- start(token) >= 10 { break }
                last &+= 1
                if tokens[last].kind == .digits { hasDigit = true }
            }
            let length = end(last) &- start(token)
            // "10:22", "1d:8f": times and addresses are not part of a number before them.
            if gapBefore == .space,
                byte(end(last)) == 0x3A && Bytes.isHex(byte(end(last) &+ 1)) || isMAC(start(token))
            {
                break
            }
            guard length <= 34, hasDigit || (last == token && isCodePrefix(token)) else { break }
            guard hasDigit || gapBefore == .none || gapBefore == .space || gapBefore == .hyphen else { break }
            guard characters &+ length <= 160 else { break }
            var word = GroupWord()
            word.start = start(token)
            word.end = end(last)
            word.firstToken = token
            word.lastToken = last
            word.first = characters
            word.count = length
            word.gapBefore = gapBefore
            var isPlain = true
            var offset = word.start
            // Digits are copied eight at a time; what that writes too much is written over.
            while tokens[token].kind == .digits, offset < end(token), offset &+ 8 <= count {
                let eight = UnsafeRawBufferPointer(text).loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                UnsafeMutableRawPointer(buffers.characters + characters).storeBytes(of: eight, as: UInt64.self)
                let copied = min(8, end(token) &- offset)
                characters &+= copied
                offset &+= copied
            }
            while offset < word.end {
                var byte = text[offset]
                if !Bytes.isDigit(byte) {
                    guard byte < 0x80 else {
                        isPlain = false
                        break
                    }
                    byte &= 0xDF
                    word.letters |= 1 &<< UInt64(offset &- word.start)
                }
                buffers.characters[characters] = byte
                characters &+= 1
                offset &+= 1
            }
            guard isPlain else { break }
            buffers.words[words] = word
            words &+= 1
            steps &+= length
            token = last &+ 1
            guard token < tokenCount, !tokens[token].isAfterLineBreak else { break }
            gapBefore = gap(word.end, start(token))
            if gapBefore == .none, isCardList(word, token) { gapBefore = .space }
            guard gapBefore != .none else { break }
        }
        // Trailing letters alone are not part of a group unless they close a code; windows decide.
        return words
    }

    @inline(__always)
    private func isAddressSign(_ token: Int) -> Bool {
        switch number(token).kind {
        case .at, .dot, .sign: true
        default: false
        }
    }

    /// True for the `B` of a plus sign in a URL ("%2B14155550132").
    @inline(__always)
    private func isEscapedPlus(_ token: Int) -> Bool {
        guard token > 0, token < tokenCount, tokens[token].length == 1 else { return false }
        let place = start(token)
        return text[place] | 0x20 == 0x62 && byte(place &- 1) == 0x32 && byte(place &- 2) == 0x25
    }

    /// True for the `T` between a date and a time (ISO 8601).
    @inline(__always)
    private func isTimeSign(_ token: Int) -> Bool {
        guard tokens[token].length == 1, text[start(token)] == 0x54, byte(start(token) &+ 3) == 0x3A else {
            return false
        }
        return tokens[token &- 1].length == 2 && byte(start(token) &- 3) == 0x2D
    }

    /// True for the `x` of "x1234" after a telephone number.
    @inline(__always)
    func isExtensionSign(_ token: Int) -> Bool {
        tokens[token].length == 1 && text[start(token)] | 0x20 == 0x78 && token &+ 1 < tokenCount
            && isAttached(token &+ 1) && tokens[token &+ 1].kind == .digits
    }
}
