/// E-mail addresses as they are written (RFC 5321 section 4.1.2, without quoted mailboxes).
extension Scan {
    /// The longest mailbox (RFC 5321 section 4.5.3.1.1).
    static let longestMailbox = 64

    /// Reads the address around the at sign that token `at` is.
    mutating func readEmail(_ at: Int, _ findings: inout [Finding]) { readEmail(at, start(at), 1, &findings) }

    /// True when the digits of token `index` are those of an at sign in a URL ("bob%40example.com").
    @inline(__always)
    func isEscapedAt(_ index: Int) -> Bool {
        let place = start(index)
        return tokens[index].length == 2 && text[place] == 0x34 && text[place &+ 1] == 0x30 && byte(place &- 1) == 0x25
            && place > 1 && isMailbox(byte(place &- 2)) && Bytes.isWord(byte(place &+ 2))
    }

    /// Reads the address around the sign of `length` bytes at `place`, which ends in or with token `at`.
    mutating func readEmail(_ at: Int, _ place: Int, _ length: Int, _ findings: inout [Finding]) {
        nextToken = max(nextToken, at &+ 1)
        var start = place
        while start > 0, place &- start < Self.longestMailbox, isMailbox(text[start &- 1]) { start &-= 1 }
        while start < place, !Bytes.isWord(text[start]), text[start] != 0x5F { start &+= 1 }
        let name = place &+ length
        var offset = name
        var lastDot = -1
        var end = -1
        while offset < count, offset &- place < 190 {
            let byte = text[offset]
            if Bytes.isWord(byte) {
                if lastDot >= 0 { end = offset &+ 1 }
            } else if byte == 0x2E {
                guard offset &+ 1 < count, Bytes.isWord(text[offset &+ 1]), offset > name else { break }
                lastDot = offset
            } else if byte != 0x2D || offset &+ 1 >= count || !Bytes.isWord(text[offset &+ 1]) {
                break
            }
            offset &+= 1
        }
        steps &+= offset &- start
        var before = findings.count
        while before > 0, findings[before &- 1].start >= start { before &-= 1 }
        guard start >= resume, before == 0 || findings[before &- 1].end <= start else { return }
        if mustWait(start, offset, 4) {
            settled = min(settled, start)
            return
        }
        guard start < place, end > lastDot &+ 2, lastDot > 0, isTopLevel(lastDot &+ 1, end) else { return }
        // What was read of the mailbox as a number is part of the address.
        findings.removeLast(findings.count &- before)
        var next = at &+ 1
        while next < tokenCount, self.start(next) < end { next &+= 1 }
        accept(
            Finding(
                type: .email,
                start: start,
                end: end,
                score: 95,
                form: .structured,
                checksum: .address,
                isVerified: true
            ),
            after: next,
            &findings
        )
    }

    /// True when what follows `end` without a space goes on as a mailbox up to an at sign, as such or as in a URL.
    func isBeforeAt(_ end: Int) -> Bool {
        var offset = end
        while offset &- end < Self.longestMailbox, offset < count, isMailbox(text[offset]) {
            if text[offset] == 0x25, byte(offset &+ 1) == 0x34, byte(offset &+ 2) == 0x30 { return true }
            offset &+= 1
        }
        return byte(offset) == 0x40
    }

    @inline(__always)
    func isMailbox(_ byte: UInt8) -> Bool {
        if Bytes.isWord(byte) { return true }
        switch byte {
        case 0x2E, 0x5F, 0x25, 0x2B, 0x2D, 0x27: return true
        default: return false
        }
    }

    /// A top-level domain has letters only.
    @inline(__always)
    private func isTopLevel(_ start: Int, _ end: Int) -> Bool {
        for offset in start..<end where Bytes.isDigit(text[offset]) { return false }
        return true
    }
}
