internal import CByteMasks

/// Cuts text into tokens and looks each word up.
///
/// Sixty-four bytes at a time become bit masks, one bit for each byte, and arithmetic on the masks gives the places where tokens start
/// and end. Two loops write those down, with nothing else to do; a third one looks at each token.
struct Tokenizer: ~Copyable {
    private let tokens: UnsafeMutablePointer<Token>
    private var started = 0
    private var ended = 0
    /// What the last byte of the block before was.
    private var before = ByteMasks.Carry()
    /// True when a line break came after the last token.
    private var isAfterLineBreak: UInt64 = 1
    /// Not 0 when a digit or an at sign was met.
    private var others: UInt64 = 0

    /// Fills `tokens` and, with the indices of those that can start or hold a finding, `seeds`; both have room for one entry a
    /// byte and one more. Returns how many of each there are; nil when `isPlain` and a byte is not ASCII. When `isFinal`, words are looked
    /// up only if there are seeds: without one nothing asks for them.
    static func run(
        _ text: UnsafeBufferPointer<UInt8>,
        _ lexicon: LexiconView,
        _ tokens: UnsafeMutablePointer<Token>,
        _ seeds: UnsafeMutablePointer<Int32>,
        isPlain: Bool,
        isFinal: Bool = false
    ) -> (tokens: Int, seeds: Int)? {
        guard let bytes = text.baseAddress else { return (0, 0) }
        var tokenizer = Tokenizer(tokens)
        var offset = 0
        while offset &+ ByteMasks.width <= text.count {
            let masks = ByteMasks(bytes + offset)
            if isPlain, masks.wide != 0 { return nil }
            tokenizer.take(masks, at: offset)
            offset &+= ByteMasks.width
        }
        // Behind the end stand zeros: they end the last token.
        let masks = ByteMasks(lastOf: bytes, text.count, from: offset)
        if isPlain, masks.wide != 0 { return nil }
        tokenizer.take(masks, at: offset)
        let count = tokenizer.ended
        if isFinal, tokenizer.others == 0, !hasSeed(bytes, text.count, lexicon, tokens, count) { return (count, 0) }
        return (count, look(bytes, text.count, lexicon, tokens, count, seeds))
    }

    private init(_ tokens: UnsafeMutablePointer<Token>) { self.tokens = tokens }

    @inline(__always)
    private mutating func take(_ masks: ByteMasks, at base: Int) {
        // What folding left beyond ASCII are letters of some script.
        let letters = masks.letters | masks.wide
        let digits = masks.digits
        let ats = masks.ats
        let (afterLetter, afterDigit, afterLower, afterAt) = before.take(masks)
        let camel = masks.letters & ~masks.lower & afterLower
        let starts = letters & ~afterLetter | digits & ~afterDigit | camel | ats
        let ends = afterLetter & ~letters | afterDigit & ~digits | camel | afterAt
        // Adding a line break to the run of other bytes that it stands in carries into the start of the next token.
        let others = ~(letters | digits | ats)
        let (sum, overflow) = others.addingReportingOverflow(masks.line_breaks | isAfterLineBreak & others)
        let afterBreak = starts & (sum & ~others | isAfterLineBreak & ~others)
        isAfterLineBreak = overflow ? 1 : 0

        self.others |= digits | ats
        let first = started
        var rest = starts
        while rest != 0 {
            tokens[started] = Token(start: Int32(truncatingIfNeeded: base &+ rest.trailingZeroBitCount))
            started &+= 1
            rest &= rest &- 1
        }
        rest = ends
        while rest != 0 {
            tokens[ended].end = Int32(truncatingIfNeeded: base &+ rest.trailingZeroBitCount)
            ended &+= 1
            rest &= rest &- 1
        }
        rest = afterBreak
        while rest != 0 {
            let earlier = starts & (rest & (0 &- rest) &- 1)
            tokens[first &+ earlier.nonzeroBitCount].isAfterLineBreak = true
            rest &= rest &- 1
        }
    }

    /// True when one of the tokens, which are all words, can begin or anchor a finding.
    private static func hasSeed(
        _ bytes: UnsafePointer<UInt8>,
        _ size: Int,
        _ lexicon: LexiconView,
        _ tokens: UnsafeMutablePointer<Token>,
        _ count: Int
    ) -> Bool {
        var index = 0
        while index < count {
            let (start, end) = (Int(tokens[index].start), Int(tokens[index].end))
            index &+= 1
            guard lexicon.mayBeSeed(Lexicon.chunk(bytes, start, min(end &- start, 8), size)) else { continue }
            if lexicon.isSeed(lexicon.find(Lexicon.hash(bytes, start, end, size))) { return true }
        }
        return false
    }

    /// Finds the kind of each token and the place of each word in the lexicon; returns how many seeds there are.
    private static func look(
        _ bytes: UnsafePointer<UInt8>,
        _ size: Int,
        _ lexicon: LexiconView,
        _ tokens: UnsafeMutablePointer<Token>,
        _ count: Int,
        _ seeds: UnsafeMutablePointer<Int32>
    ) -> Int {
        var seeded = 0
        for index in 0..<count {
            let start = Int(tokens[index].start)
            seeds[seeded] = Int32(truncatingIfNeeded: index)
            if Bytes.isLetter(bytes[start]) {
                let entry = lexicon.find(Lexicon.hash(bytes, start, Int(tokens[index].end), size))
                tokens[index].entry = entry
                seeded &+= lexicon.isSeed(entry) ? 1 : 0
            } else {
                tokens[index].kind = bytes[start] == 0x40 ? .at : .digits
                seeded &+= 1
            }
        }
        return seeded
    }
}

/// Which of 64 bytes are of a class, one bit for each.
typealias ByteMasks = byte_masks

extension ByteMasks {
    static let width = 64

    /// The classes of the 64 bytes at `bytes`.
    @inline(__always)
    init(_ bytes: UnsafePointer<UInt8>) { self = byte_masks_of(bytes) }

    /// The classes of the bytes from `offset` up to `count`, fewer than 64; zeros follow.
    @inline(__always)
    init(lastOf bytes: UnsafePointer<UInt8>, _ count: Int, from offset: Int) {
        let rest = count &- offset
        if offset >= Self.width, rest > 0 {
            self = ByteMasks(bytes + (count &- Self.width)).moved(by: UInt64(truncatingIfNeeded: Self.width &- rest))
            return
        }
        self = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.width) { padded in
            guard let base = padded.baseAddress else { return byte_masks() }
            padded.initialize(repeating: 0)
            base.update(from: bytes + offset, count: rest)
            return ByteMasks(base)
        }
    }

    /// The masks without the first `count` bytes.
    @inline(__always)
    private func moved(by count: UInt64) -> ByteMasks {
        ByteMasks(
            letters: letters &>> count,
            lower: lower &>> count,
            digits: digits &>> count,
            ats: ats &>> count,
            line_breaks: line_breaks &>> count,
            wide: wide &>> count
        )
    }

    /// The classes of the byte before a block.
    struct Carry {
        private var letter: UInt64 = 0
        private var digit: UInt64 = 0
        private var lower: UInt64 = 0
        private var at: UInt64 = 0

        /// The masks of the bytes that come after one of a class; keeps the last byte's classes.
        @inline(__always)
        mutating func take(_ masks: ByteMasks) -> (letter: UInt64, digit: UInt64, lower: UInt64, at: UInt64) {
            let after = (
                (masks.letters | masks.wide) &<< 1 | letter, masks.digits &<< 1 | digit, masks.lower &<< 1 | lower,
                masks.ats &<< 1 | at
            )
            (letter, digit) = ((masks.letters | masks.wide) &>> 63, masks.digits &>> 63)
            (lower, at) = (masks.lower &>> 63, masks.ats &>> 63)
            return after
        }
    }
}
