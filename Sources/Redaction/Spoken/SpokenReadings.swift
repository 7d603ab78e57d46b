/// The numbers of a spoken run: the whole, its parts, its lines.
extension Scan {
    /// Tries the characters `first..<end` of the run as one number.
    mutating func readSpokenWindow(_ first: Int, _ end: Int) {
        guard end &- first >= 3, end &- first <= 34 else { return }
        let head = buffers.spoken[first]
        let tail = buffers.spoken[end &- 1]
        var window = Window(start: start(head.firstToken), firstToken: head.firstToken)
        window.end = self.end(tail.lastToken)
        window.lastToken = tail.lastToken
        window.words = 1
        window.isSpoken = true
        window.shape = UInt64(end &- first) & 31
        window.characters = Compact(start: buffers.characters + first, count: end &- first)
        for index in first..<end where !Bytes.isDigit(buffers.characters[index]) {
            window.letters |= 1 &<< UInt64(index &- first)
        }
        readWindow(&window)
    }

    /// "DE acht neun": the country of an IBAN, heard as a word, goes before the `count` characters of the run. True when the check holds.
    mutating func takeCountry(before first: Int, _ count: Int) -> Bool {
        let code = first &- 1
        guard 13...32 ~= count, code >= 0, tokens[code].kind == .letters, tokens[code].length == 2, !isAttached(code),
            start(code) >= floor, buffers.spoken[0].firstToken == first, isPause(end(code), start(first))
        else { return false }
        let letters = (text[start(code)] & 0xDF, text[start(code) &+ 1] & 0xDF)
        guard PaymentValidator.ibanLength(letters.0, letters.1) == count &+ 2 else { return false }
        (buffers.characters + 2).update(from: buffers.characters, count: count)
        (buffers.characters[0], buffers.characters[1]) = letters
        guard PaymentValidator.isIBAN(Compact(start: buffers.characters, count: count &+ 2)) else {
            buffers.characters.update(from: buffers.characters + 2, count: count)
            return false
        }
        (buffers.spoken + 2).update(from: buffers.spoken, count: count)
        buffers.spoken[0] = SpokenCharacter(firstToken: code, lastToken: code)
        buffers.spoken[1] = buffers.spoken[0]
        return true
    }

    /// Tries the parts between sentence ends one after the other, when the whole is nothing.
    mutating func readPieces(_ count: Int, _ findings: inout [Finding]) {
        var first = 0
        var pieces = 0
        for index in 1...count {
            let isEnd =
                index == count || isSentenceEnd(buffers.spoken[index &- 1].lastToken, buffers.spoken[index].firstToken)
            guard isEnd else { continue }
            if index &- first < count {
                readSpokenWindow(first, index)
                if candidateCount > 0 { _ = resolve(from: 0, &findings) }
            }
            first = index
            pieces &+= 1
        }
        guard pieces == 1 else { return }
        // Letters around digits.
        var digits = 0
        while digits < count, !Bytes.isDigit(buffers.characters[digits]) { digits &+= 1 }
        var end = count
        while end > digits, !Bytes.isDigit(buffers.characters[end &- 1]) { end &-= 1 }
        if digits > 0 || end < count { readSpokenWindow(digits, end) }
    }

    @inline(__always)
    func isSentenceEnd(_ left: Int, _ right: Int) -> Bool {
        guard left < right, !tokens[right].isAfterLineBreak else { return left < right }
        for offset in end(left)..<start(right) {
            switch text[offset] {
            case 0x2E, 0x3F, 0x21, 0x3B: return true
            default: continue
            }
        }
        return false
    }

    /// A number dictated over several lines is one finding on each: the words between stay.
    mutating func splitAtLines(from mark: Int, _ count: Int, _ findings: inout [Finding]) {
        guard findings.count > mark, let whole = findings.last else { return }
        findings.removeLast()
        var part = whole
        part.end = whole.start
        var first = 0
        while first < count, start(buffers.spoken[first].firstToken) < whole.start { first &+= 1 }
        var index = first
        while index < count, end(buffers.spoken[index].lastToken) <= whole.end {
            let next = index &+ 1
            let isLast = next >= count || end(buffers.spoken[next].lastToken) > whole.end
            if isLast || hasLineBreak(buffers.spoken[index].lastToken, buffers.spoken[next].firstToken) {
                part.start = part.end > whole.start ? start(buffers.spoken[first].firstToken) : whole.start
                part.end = end(buffers.spoken[index].lastToken)
                findings.append(part)
                first = next
            }
            index = next
        }
    }

    @inline(__always)
    private func hasLineBreak(_ left: Int, _ right: Int) -> Bool {
        guard left < right else { return false }
        for token in (left &+ 1)...right where tokens[token].isAfterLineBreak { return true }
        return false
    }
}
