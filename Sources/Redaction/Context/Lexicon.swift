/// Words by hash, and two-word phrases by the places of their words. Built once, never changed.
struct Lexicon {
    static let seed: UInt64 = 0xCBF2_9CE4_8422_2325
    /// Longer words are never found.
    static let longestWord = 48

    private var places: [UInt64: Int] = [:]
    /// The hashes of the words by their places, of which 0 is free, and what each word says about a number near it.
    private var hashes: [UInt64] = [0]
    private var classes: [ContextClass] = [[]]
    /// What each word is in a spoken number or address.
    private var numbers = [NumberWord()]
    private var phrases: [UInt32: ContextClass] = [:]
    /// The words up to this place, and no others, can begin or anchor a finding.
    private var lastSeed = 0

    /// The lexicon of every language.
    static let shared = Lexicon().makeView()

    /// The hash of a word whose letters are taken eight at a time, lower-cased, into `chunk` (little endian, zero filled).
    @inline(__always)
    static func step(_ hash: UInt64, _ chunk: UInt64) -> UInt64 {
        let product = (hash ^ chunk).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return product.high ^ product.low
    }

    /// The hash of the word that the bytes `start..<end` of a text of `count` bytes are.
    @inline(__always)
    static func hash(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ count: Int) -> UInt64 {
        let left = end &- start
        if 1...8 ~= left { return step(seed, chunk(bytes, start, left, count)) }
        return longHash(bytes, start, end, count)
    }

    @inline(never)
    private static func longHash(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ count: Int) -> UInt64 {
        guard end &- start <= longestWord else { return 0 }
        var hash = seed
        var offset = start
        while offset < end {
            hash = step(hash, chunk(bytes, offset, min(end &- offset, 8), count))
            offset &+= 8
        }
        return hash
    }

    /// One to eight letters, lower-cased.
    @inline(__always)
    static func chunk(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ left: Int, _ count: Int) -> UInt64 {
        let present = UInt64.max &>> UInt64(truncatingIfNeeded: 64 &- 8 &* left)
        let last = count &- 8
        var chunk: UInt64 = 0
        if start <= last {
            chunk = UInt64(littleEndian: UnsafeRawPointer(bytes + start).loadUnaligned(as: UInt64.self))
        } else if last >= 0 {
            let shift = UInt64(truncatingIfNeeded: 8 &* (start &- last))
            chunk = UInt64(littleEndian: UnsafeRawPointer(bytes + last).loadUnaligned(as: UInt64.self)) &>> shift
        } else {
            for index in 0..<left { chunk |= UInt64(bytes[start &+ index]) &<< UInt64(8 &* index) }
        }
        return (chunk | 0x2020_2020_2020_2020) & present
    }

    /// The bit for a word with this first chunk, of ``seedBits``.
    @inline(__always)
    fileprivate static func seedBit(_ chunk: UInt64) -> UInt {
        UInt(truncatingIfNeeded: (chunk &* 0x9E37_79B9_7F4A_7C15) &>> 49)
    }

    /// A bit for each word that may be a seed.
    fileprivate static let seedBits = 1 << 15

    static func hash(_ word: some Sequence<UInt8>) -> UInt64 {
        Array(word).withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return seed }
            return hash(base, 0, bytes.count, bytes.count)
        }
    }

    init() {
        var numbers: [Substring: NumberWord] = [:]
        for (word, number) in NumberWords.all {
            guard var known = numbers[word[...]] else {
                numbers[word[...]] = number
                continue
            }
            guard known.kind == number.kind, known.value == number.value else { continue }
            known.languages.formUnion(number.languages)
            numbers[word[...]] = known
        }
        // Seeds come first: the place tells them.
        let words = numbers.sorted { ($0.value.kind.isSeed ? 0 : 1, $0.key) < ($1.value.kind.isSeed ? 0 : 1, $1.key) }
        for (word, number) in words {
            let place = place(word.utf8)
            self.numbers[place] = number
            if number.kind.isSeed { lastSeed = place }
        }
        for word in ContextWords.plain.split(separator: " ") { _ = place(word.utf8) }
        for (classes, words) in ContextWords.all {
            for word in words.split(separator: " ") { add(word, classes) }
        }
    }

    private static func seedBits(_ words: some Sequence<String>) -> [UInt64] {
        var bits = [UInt64](repeating: 0, count: seedBits / 64)
        for word in words {
            let bit = Array(word.utf8).withUnsafeBufferPointer { bytes in
                bytes.baseAddress.map { seedBit(chunk($0, 0, min(bytes.count, 8), bytes.count)) } ?? 0
            }
            bits[Int(bit / 64)] |= 1 << UInt64(bit % 64)
        }
        return bits
    }

    private mutating func add(_ word: Substring, _ classes: ContextClass) {
        let parts = word.split(separator: "+")
        guard parts.count > 1 else {
            self.classes[place(word.utf8)].formUnion(classes)
            return
        }
        let first = place(parts[parts.count - 2].utf8)
        let last = place(parts[parts.count - 1].utf8)
        self.classes[last].insert(.phraseEnd)
        phrases[UInt32(first) << 16 | UInt32(last), default: []].formUnion(classes)
    }

    private mutating func place(_ word: some Sequence<UInt8>) -> Int {
        let hash = Self.hash(word)
        if let place = places[hash] { return place }
        places[hash] = hashes.count
        hashes.append(hash)
        classes.append([])
        numbers.append(NumberWord())
        return hashes.count - 1
    }

    /// Slots of the table of words.
    static let wordSlots = 8192

    private static func words(_ hashes: [UInt64]) -> PerfectHashView {
        let words = PerfectHashView(PerfectHash(hashes, slots: wordSlots))
        precondition(words.slotCount == wordSlots, "the words need a larger table: double Lexicon.wordSlots")
        return words
    }

    /// The tables for look-ups.
    fileprivate func makeView() -> LexiconView {
        let keys = phrases.keys.sorted()
        return LexiconView(
            words: Self.words(Array(hashes.dropFirst())),
            numbers: Immortal.copy(numbers),
            classes: Immortal.copy(classes),
            phrases: PerfectHashView(PerfectHash(keys.map(LexiconView.phraseHash))),
            phraseClasses: Immortal.copy([[]] + keys.compactMap { phrases[$0] }),
            lastSeed: UInt16(truncatingIfNeeded: lastSeed),
            seedBits: Immortal.copy(Self.seedBits(NumberWords.all.lazy.filter(\.number.kind.isSeed).map(\.word)))
        )
    }
}

/// The lexicon's tables, in memory that is never freed: a look-up counts no references.
struct LexiconView: @unchecked Sendable {
    // The pointers are to memory that nothing writes after it was filled.
    fileprivate let words: PerfectHashView
    fileprivate let numbers: UnsafePointer<NumberWord>
    fileprivate let classes: UnsafePointer<ContextClass>
    fileprivate let phrases: PerfectHashView
    fileprivate let phraseClasses: UnsafePointer<ContextClass>
    fileprivate let lastSeed: UInt16
    fileprivate let seedBits: UnsafePointer<UInt64>

    /// What the word is in a spoken number or address.
    @inline(__always)
    func number(_ entry: UInt16) -> NumberWord { numbers[Int(entry)] }

    /// What the word says about a number near it.
    @inline(__always)
    func classes(_ entry: UInt16) -> ContextClass { classes[Int(entry)].subtracting(.phraseEnd) }

    /// True when the word ends a two-word phrase.
    @inline(__always)
    func isPhraseEnd(_ entry: UInt16) -> Bool { classes[Int(entry)].contains(.phraseEnd) }

    /// True when a finding can begin or be anchored at the word.
    @inline(__always)
    func isSeed(_ entry: UInt16) -> Bool { entry &- 1 < lastSeed }

    /// False when no word that begins with these letters, eight at most, can begin or anchor a finding.
    @inline(__always)
    func mayBeSeed(_ chunk: UInt64) -> Bool {
        let bit = Lexicon.seedBit(chunk)
        return seedBits[Int(bitPattern: bit / 64)] &>> UInt64(truncatingIfNeeded: bit % 64) & 1 == 1
    }

    /// The place of the word with this hash, 0 when it is not in the lexicon.
    @inline(__always)
    func find(_ hash: UInt64) -> UInt16 {
        UInt16(truncatingIfNeeded: words.place(hash, slots: Lexicon.wordSlots))
    }

    /// What the phrase of two words says, nil when it is none.
    @inline(__always)
    func phrase(_ first: UInt16, _ last: UInt16) -> ContextClass? {
        let place = phrases.place(Self.phraseHash(UInt32(first) &<< 16 | UInt32(last)))
        return place == 0 ? nil : phraseClasses[place]
    }

    /// Different for every two phrases.
    fileprivate static func phraseHash(_ key: UInt32) -> UInt64 { UInt64(key) &* 0x9E37_79B9_7F4A_7C15 }
}
