/// Addresses that are spelled out: "j o h n dot smith at example dot com".
extension Scan {
    /// Reads the address whose last "dot" may be the token `index`.
    mutating func readSpokenEmail(_ index: Int, _ findings: inout [Finding]) {
        if waitForAddress(index) { return }
        nextToken = max(nextToken, index &+ 1)
        _ = readAddress(index, &findings)
    }

    /// Reads an address whose mailbox ends with the number that ends with token `last`. True when there is one.
    mutating func readAddress(after last: Int, _ findings: inout [Finding]) -> Bool {
        guard reach(after: last, 0) > 0 else { return false }
        var index = last &+ 1
        while index < tokenCount, end(index) &- end(last) <= Self.longestSpokenDomain {
            if number(index).kind == .dot, readAddress(index, &findings) { return true }
            index &+= 1
        }
        return false
    }

    private mutating func readAddress(_ index: Int, _ findings: inout [Finding]) -> Bool {
        // Forward: the names after this dot, as long as dots follow.
        var last = index &+ 1
        guard index > 1, last < tokenCount else { return false }
        var names = 1
        while last &+ 2 < tokenCount, number(last &+ 1).kind == .dot, isNear(last), isNear(last &+ 1), names < 4 {
            last &+= 2
            names &+= 1
        }
        guard isTopLevelWord(last) else { return false }
        // Back: the domain up to "at".
        var at = index &- 1
        var words = 0
        var plain = 0
        while at > 0, words < 7, plain <= Self.plainWords, number(at).kind != .at,
            tokens[at].kind == .letters || tokens[at].kind == .digits,
            isNear(at)
        {
            plain = continuesAddress(at) ? 0 : plain &+ 1
            at &-= 1
            words &+= 1
        }
        guard plain <= Self.plainWords else { return false }
        steps &+= words
        guard at > 0, number(at).kind == .at, !isAttached(at), words > 0, number(at &+ 1).kind != .filler,
            end(last) &- start(at) <= Self.longestSpokenDomain, let first = mailboxStart(before: at, last)
        else { return false }
        while let last = findings.last, last.start >= start(first) { findings.removeLast() }
        if let previous = findings.last, previous.end > start(first) { return false }
        accept(
            Finding(type: .email, start: start(first), end: end(last), score: 86, form: .spoken, checksum: .address),
            after: last &+ 1,
            &findings
        )
        return true
    }

    /// Most bytes from "at" to the end of a spelled address.
    static let longestSpokenDomain = 64

    /// How far the text must be known behind a number that ends with token `last`: further when an address may go on there.
    @inline(__always)
    func reach(after last: Int, _ reach: Int) -> Int {
        guard last &+ 1 < tokenCount else { return reach }
        switch number(last &+ 1).kind {
        case .at, .dot, .sign: return max(reach, Scan.lookAhead &+ Self.longestSpokenDomain &+ 16)
        default: return reach
        }
    }

    /// Waits until the words after a dot are known.
    private mutating func waitForAddress(_ index: Int) -> Bool {
        guard !isFinal, end(index) &+ Scan.lookAhead > count else { return false }
        var first = index
        while first > 0, start(index) &- start(first &- 1) <= Scan.lookBack, index &- first < Self.mostHeldWords,
            start(first &- 1) >= floor
        {
            first &-= 1
        }
        return mustWait(start(first), end(index))
    }

    @inline(__always)
    private func isNear(_ index: Int) -> Bool {
        guard index &+ 1 < tokenCount else { return false }
        return isPause(end(index), start(index &+ 1)) && start(index &+ 1) &- end(index) <= 3
    }

    @inline(__always)
    private func isTopLevelWord(_ index: Int) -> Bool {
        guard tokens[index].kind == .letters, !isAttached(index &+ 1) else { return false }
        let length = tokens[index].length
        guard 2...4 ~= length else { return false }
        var word: UInt32 = 0
        for offset in start(index)..<end(index) { word = word &<< 8 | UInt32(text[offset] | 0x20) }
        switch word {
        case 0x636F_6D, 0x6E65_74, 0x6F72_67, 0x6564_75, 0x676F_76, 0x6269_7A, 0x696E_666F, 0x6465, 0x6672, 0x6573,
            0x7074, 0x6272,
            0x756B, 0x696F, 0x6575, 0x6974, 0x6361, 0x6174, 0x6368, 0x6E6C, 0x6265, 0x6D78, 0x6175, 0x7573, 0x6D65,
            0x636F:
            return true
        default:
            return false
        }
    }

    /// The first token of the mailbox that ends before "at", or nil; token `last` ends the address.
    @inline(__always)
    private func mailboxStart(before at: Int, _ last: Int) -> Int? {
        var first = at &- 1
        guard first >= 0, start(first) >= floor, isMailboxWord(first) else { return nil }
        let limit = max(start(at) &- 72, end(last) &- Self.longestHold &+ 2)
        guard start(first) >= limit else { return nil }
        while first > 0, last &- first < Self.mostHeldWords &- 1, start(first &- 1) >= max(limit, floor),
            isNear(first &- 1)
        {
            let before = first &- 1
            let kind = number(before).kind
            let isSign = kind == .dot || kind == .sign
            let isSpelt =
                isSpelledLetter(before) || kind.isNumber && number(first).kind != .dot || tokens[before].kind == .digits
            let currentKind = number(first).kind
            let isCurrentSign = currentKind == .dot || currentKind == .sign
            let isCurrentSpelt = isSpelledLetter(first) || currentKind.isNumber || tokens[first].kind == .digits
            if isSign || isCurrentSign || (isSpelt && isCurrentSpelt) {
                first = before
            } else if isCurrentSpelt, !isSpelledLetter(first), isMailboxWord(before), tokens[before].entry == 0 {
                // "martin forty two": the word before the number, and what signs join to it.
                first = before
            } else {
                break
            }
        }
        let kind = number(first).kind
        if kind == .dot || kind == .sign { first &+= 1 }
        guard first < at else { return nil }
        // The whole of a word such as "m2", or nothing.
        while isAttached(first) {
            first &-= 1
            guard start(first) >= max(limit, floor) else { return nil }
        }
        return first
    }

    @inline(__always)
    private func isMailboxWord(_ index: Int) -> Bool {
        tokens[index].kind == .digits || tokens[index].kind == .letters && number(index).kind != .at
    }
}
