/// A run of words of a group, tried as one number.
struct Window: ~Copyable {
    var start: Int
    var firstToken: Int
    var end = 0
    var lastToken = 0
    var words = 0
    var characters = Compact(start: nil, count: 0)
    /// One bit for each letter among the characters.
    var letters: UInt64 = 0
    /// The lengths of the words, five bits each, the last in the lowest.
    var shape: UInt64 = 0
    /// One bit for each kind of gap between the words.
    var gaps: UInt8 = 0
    var isTightAfter = false
    var isSpoken = false

    var count: Int { characters.count }
    var isDigits: Bool { letters == 0 }
    @inline(__always)
    func has(_ gap: Gap) -> Bool { gaps & 1 &<< gap.rawValue != 0 }
    var hasSlash: Bool { has(.slash) || has(.wideSlash) }
    /// The window in the text, for readings that begin or end elsewhere.
    var range: Range<Int> { start..<max(start, end) }
    @inline(__always)
    func isOnly(_ gap: Gap) -> Bool { gaps == 1 &<< gap.rawValue }
    var form: Finding.Form { isSpoken ? .spoken : words > 1 ? .structured : .bare }

    /// The shape number of words of these lengths.
    @inline(__always)
    static func shape(_ a: UInt64, _ b: UInt64, _ c: UInt64 = 0, _ d: UInt64 = 0, _ e: UInt64 = 0) -> UInt64 {
        var shape = a &<< 5 | b
        if c > 0 { shape = shape &<< 5 | c }
        if d > 0 { shape = shape &<< 5 | d }
        if e > 0 { shape = shape &<< 5 | e }
        return shape
    }
}

extension Scan {
    /// Tries every run of words that begins at `first` as one number.
    mutating func readWindows(from first: Int, _ words: Int) {
        let head = buffers.words + first
        guard !isTightBefore(head) else { return }
        var window = Window(start: head.pointee.start, firstToken: head.pointee.firstToken)
        let base = head.pointee.first
        var last = first
        while last < words {
            let word = buffers.words + last
            let length = word.pointee.first &+ word.pointee.count &- base
            guard length <= 34, last &- first < 10 else { break }
            window.letters |= word.pointee.letters &<< UInt64(word.pointee.first &- base)
            window.shape = window.shape &<< 5 | UInt64(word.pointee.count)
            window.words = last &- first &+ 1
            if last > first { window.gaps |= 1 &<< word.pointee.gapBefore.rawValue }
            window.end = word.pointee.end
            window.lastToken = word.pointee.lastToken
            window.characters = Compact(start: buffers.characters + base, count: length)
            let isTightAfter =
                last &+ 1 < words ? isTight(buffers.words + last + 1) : isTightAfter(word, first == last)
            window.isTightAfter = isTightAfter
            readWindow(&window)
            last &+= 1
        }
    }

    /// True when one sign without spaces joins the word to the one before.
    @inline(__always)
    private func isTight(_ word: UnsafeMutablePointer<GroupWord>) -> Bool {
        word.pointee.gapBefore.isTight && Bytes.isWord(byte(word.pointee.start &- 2))
            && !Bytes.isSpace(byte(word.pointee.start &- 1))
    }

    @inline(__always)
    private func isTightBefore(_ word: UnsafeMutablePointer<GroupWord>) -> Bool {
        if isTight(word) { return true }
        guard word.pointee.gapBefore == .none else { return false }
        let before = byte(word.pointee.start &- 1)
        guard before == 0x2D || before == 0x2E else { return false }
        return Bytes.isDigit(byte(word.pointee.start &- 2))
            || (before == 0x2D && Bytes.isLetter(byte(word.pointee.start &- 2)))
    }

    /// True for the comma of "1,234" and "12,50": behind it stand two digits, or three after at most three. Other commas are
    /// those of lists.
    private func isDecimalComma(_ end: Int, _ count: Int) -> Bool {
        var digits = 0
        while digits < 4, Bytes.isDigit(byte(end &+ 1 &+ digits)) { digits &+= 1 }
        return 1...2 ~= digits && count < 9 || digits == 3 && count <= 3
    }

    @inline(__always)
    private func isTightAfter(_ word: UnsafeMutablePointer<GroupWord>, _ isAlone: Bool) -> Bool {
        let end = word.pointee.end
        let next = byte(end)
        let after = byte(end &+ 1)
        switch next {
        case 0x2D: return Bytes.isWord(after)
        case 0x2E: return Bytes.isDigit(after)
        case 0x2C: return isAlone && isDecimalComma(end, word.pointee.count)
        case 0x2F: return Bytes.isDigit(after)
        case 0x25, 0x40: return true
        default: return false
        }
    }
}
