/// Addresses of machines.
extension Scan {
    mutating func readIPv4(_ window: borrowing Window) {
        // A net length may follow after a slash; more dots make it something else.
        if window.isTightAfter, byte(window.end) != 0x2F { return }
        var offset = 0
        var isSmall = true
        for place in 0..<4 {
            let length = Int(window.shape &>> UInt64(15 &- 5 &* place) & 31)
            guard length <= 3 else { return }
            let value = Digits.number(window.characters, offset, length)
            guard value <= 255, length == 1 || window.characters[offset] != 0x30 else { return }
            if value > 9 { isSmall = false }
            offset &+= length
        }
        // "Chrome/120.0.0.0"
        if byte(window.start &- 1) == 0x2F, Bytes.isLetter(byte(window.start &- 2)) { return }
        let context = context(before: window.firstToken, after: window.lastToken)
        let ip = ContextClass(.ipAddress)
        if context.isVetoed(ip, by: [.version, .device], within: 4) { return }
        let pull = context.pull(ip)
        offer(.ipAddress, window, (isSmall ? 46 : 82) &+ pull.points / 4, .address, verified: true, pull: pull)
    }

    /// MAC and IPv6 addresses around the word that begins at token `first`. True when one was found or must be waited for.
    mutating func readColons(_ first: Int, _ findings: inout [Finding]) -> Bool {
        var start = self.start(first)
        let floor = nextToken > 0 ? end(nextToken &- 1) : 0
        while start > floor, Bytes.isHex(text[start &- 1]) || text[start &- 1] == 0x3A || text[start &- 1] == 0x2D,
            self.start(first) &- start < Self.longestOpening
        {
            start &-= 1
        }
        // A label before the address ends with a colon and a letter that is not hexadecimal.
        while start < self.start(first), text[start] == 0x3A || text[start] == 0x2D,
            !(text[start] == 0x3A && byte(start &+ 1) == 0x3A && !Bytes.isWord(byte(start &- 1)))
        {
            start &+= 1
        }
        if start > 0, Bytes.isWord(text[start &- 1]) {
            while start < self.start(first), Bytes.isWord(text[start]) { start &+= 1 }
            while start < self.start(first), text[start] == 0x3A || text[start] == 0x2D { start &+= 1 }
        }
        guard !isFinal || count &- start >= 3 else { return false }
        if let end = macEnd(start) {
            return acceptStructured(.macAddress, start, end, .address, &findings)
        }
        if let end = ipv6End(start) {
            return acceptStructured(.ipAddress, start, end, .address, &findings)
        }
        return false
    }

    /// Records what its structure alone tells. True also when it must be waited for.
    mutating func acceptStructured(
        _ type: EntityType,
        _ start: Int,
        _ end: Int,
        _ checksum: Checksum,
        _ findings: inout [Finding]
    ) -> Bool {
        if mustWait(start, end) { return true }
        var next = nextToken
        while next < tokenCount, self.start(next) < end { next &+= 1 }
        accept(
            Finding(
                type: type,
                start: start,
                end: end,
                score: 88,
                form: .structured,
                checksum: checksum,
                isVerified: true
            ),
            after: next,
            &findings
        )
        return true
    }

    /// True when a MAC address begins at `start`; most words are told by one byte.
    @inline(__always)
    mutating func isMAC(_ start: Int) -> Bool {
        guard byte(start &+ 2) == 0x2D || byte(start &+ 4) == 0x2E else { return false }
        return macEnd(start) != nil
    }

    /// Six pairs with colons or hyphens, or three groups of four with dots.
    @inline(__always)
    private mutating func macEnd(_ start: Int) -> Int? {
        let sign = byte(start &+ 2)
        if sign == 0x3A || sign == 0x2D {
            guard start &+ 17 <= count else { return nil }
            var hasLetterOrColon = sign == 0x3A
            for offset in 0..<17 {
                let byte = text[start &+ offset]
                if offset % 3 == 2 {
                    guard byte == sign else { return nil }
                } else {
                    guard Bytes.isHex(byte) else { return nil }
                    if !Bytes.isDigit(byte) { hasLetterOrColon = true }
                }
            }
            guard hasLetterOrColon, !Bytes.isWord(byte(start &+ 17)), byte(start &+ 17) != sign else { return nil }
            return start &+ 17
        }
        guard byte(start &+ 4) == 0x2E, start &+ 14 <= count, byte(start &+ 9) == 0x2E else { return nil }
        for offset in 0..<14 where offset != 4 && offset != 9 && !Bytes.isHex(text[start &+ offset]) { return nil }
        return Bytes.isWord(byte(start &+ 14)) || byte(start &+ 14) == 0x2E ? nil : start &+ 14
    }

    /// Up to eight groups of hexadecimal digits with one `::`, or eight without (RFC 4291 section 2.2); an IPv4 address may
    /// be the end.
    @inline(__always)
    private mutating func ipv6End(_ start: Int) -> Int? {
        var offset = start
        var groups = 0
        var isCompressed = false
        if byte(offset) == 0x3A, byte(offset &+ 1) == 0x3A {
            isCompressed = true
            offset &+= 2
        }
        var last = offset
        while groups < 8 {
            let groupStart = offset
            while offset &- groupStart < 5, Bytes.isHex(byte(offset)) { offset &+= 1 }
            let length = offset &- groupStart
            guard 1...4 ~= length else {
                if length > 4 { return nil }
                break
            }
            if byte(offset) == 0x2E, groups > 0, let end = dottedEnd(groupStart) {
                groups &+= 2
                last = end
                break
            }
            groups &+= 1
            last = offset
            guard byte(offset) == 0x3A else { break }
            if byte(offset &+ 1) == 0x3A {
                guard !isCompressed else { return nil }
                isCompressed = true
                offset &+= 2
                last = offset
            } else {
                guard Bytes.isHex(byte(offset &+ 1)) else { break }
                offset &+= 1
            }
        }
        guard isCompressed ? groups >= 1 && groups < 8 : groups == 8 else { return nil }
        guard !Bytes.isWord(byte(last)), byte(last) != 0x3A else { return nil }
        // "1::" in prose is not an address.
        guard groups >= 2 || last &- start >= 3 && byte(start) == 0x3A else { return nil }
        return last
    }

    @inline(__always)
    private mutating func dottedEnd(_ start: Int) -> Int? {
        var offset = start
        for place in 0..<4 {
            let first = offset
            while offset &- first < 3, Bytes.isDigit(byte(offset)) { offset &+= 1 }
            guard offset > first else { return nil }
            if place < 3 {
                guard byte(offset) == 0x2E else { return nil }
                offset &+= 1
            }
        }
        return offset
    }
}
