/// What one word of the lexicon means.
struct LexiconEntry {
    /// The whole hash, to tell words in one slot apart.
    var hash: UInt64 = 0
    /// What the word says about a number near it.
    var classes: ContextClass = []
    /// What the word is in a spoken number or address.
    var number = NumberWord()
    /// True when a finding can begin or be anchored here.
    var isSeed: Bool { number.kind.isSeed }
    /// True when the word ends a two-word phrase.
    var isPhraseEnd = false
}

/// Words by hash, and two-word phrases by the places of their words. Built once, never changed.
struct Lexicon: Sendable {
    static let seed: UInt64 = 0xCBF2_9CE4_8422_2325
    /// Longer words are not looked up.
    static let longestWord = 48
    static let slotBits = 13

    private(set) var slots = [UInt16](repeating: 0, count: 1 << Lexicon.slotBits)
    private(set) var entries = [LexiconEntry()]
    private(set) var phraseSlots = [UInt16](repeating: 0, count: 1 << 10)
    private(set) var phrases: [(key: UInt32, classes: ContextClass)] = [(0, [])]

    /// The lexicon of every language.
    static let shared = Lexicon()

    /// The hash of a word whose letters are taken eight at a time, lower-cased, into `chunk` (little endian, zero filled).
    @inline(__always)
    static func step(_ hash: UInt64, _ chunk: UInt64) -> UInt64 {
        let product = (hash ^ chunk).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return product.high ^ product.low
    }

    /// The hash of the word that the bytes `start..<end` of a text of `count` bytes are.
    @inline(__always)
    static func hash(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ count: Int) -> UInt64 {
        let cases: UInt64 = 0x2020_2020_2020_2020
        var hash = seed
        var offset = start
        while offset < end {
            let left = end &- offset
            var chunk: UInt64 = 0
            if offset &+ 8 <= count {
                chunk = UInt64(littleEndian: UnsafeRawPointer(bytes + offset).loadUnaligned(as: UInt64.self))
                if left < 8 { chunk &= (1 &<< UInt64(8 &* left)) &- 1 }
            } else {
                for index in 0..<min(left, 8) { chunk |= UInt64(bytes[offset &+ index]) &<< UInt64(8 &* index) }
            }
            // The case bit of the bytes that are there.
            let present = left < 8 ? cases & ((1 &<< UInt64(8 &* left)) &- 1) : cases
            hash = step(hash, chunk | present)
            offset &+= 8
        }
        return hash
    }

    @inline(__always)
    static func slot(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash &>> UInt64(64 - slotBits))
    }

    @inline(__always)
    static func phraseSlot(_ key: UInt32) -> Int { Int((key &* 0x9E37_79B1) &>> 22) }

    static func hash(_ word: some Sequence<UInt8>) -> UInt64 {
        Array(word).withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return seed }
            return hash(base, 0, bytes.count, bytes.count)
        }
    }

    init() {
        for word in ContextWords.plain.split(separator: " ") { _ = place(word.utf8) }
        for (classes, words) in ContextWords.all {
            for word in words.split(separator: " ") { add(word, classes) }
        }
        for (word, number) in NumberWords.all {
            let index = place(word.utf8)
            if entries[index].number.kind == .none {
                entries[index].number = number
            } else if entries[index].number.kind == number.kind, entries[index].number.value == number.value {
                entries[index].number.languages.formUnion(number.languages)
            }
        }
    }

    private mutating func add(_ word: Substring, _ classes: ContextClass) {
        let parts = word.split(separator: "+")
        guard parts.count > 1 else {
            entries[place(word.utf8)].classes.formUnion(classes)
            return
        }
        let first = place(parts[parts.count - 2].utf8)
        let last = place(parts[parts.count - 1].utf8)
        entries[last].isPhraseEnd = true
        let key = UInt32(first) << 16 | UInt32(last)
        var slot = Self.phraseSlot(key)
        while phraseSlots[slot] != 0 {
            let place = Int(phraseSlots[slot])
            if phrases[place].key == key {
                phrases[place].classes.formUnion(classes)
                return
            }
            slot = (slot + 1) & (phraseSlots.count - 1)
        }
        phraseSlots[slot] = UInt16(phrases.count)
        phrases.append((key, classes))
    }

    private mutating func place(_ word: some Sequence<UInt8>) -> Int {
        let hash = Self.hash(word)
        var slot = Self.slot(hash)
        while slots[slot] != 0 {
            if entries[Int(slots[slot])].hash == hash { return Int(slots[slot]) }
            slot = (slot + 1) & (slots.count - 1)
        }
        slots[slot] = UInt16(entries.count)
        entries.append(LexiconEntry(hash: hash))
        return entries.count - 1
    }
}

/// The lexicon's tables as pointers that are valid during one scan.
struct LexiconView {
    let slots: UnsafePointer<UInt16>
    let entries: UnsafePointer<LexiconEntry>
    let phraseSlots: UnsafePointer<UInt16>
    let phrases: UnsafePointer<(key: UInt32, classes: ContextClass)>

    /// The place of the word with this hash, 0 when it is not in the lexicon.
    @inline(__always)
    func find(_ hash: UInt64) -> UInt16 {
        var slot = Lexicon.slot(hash)
        while slots[slot] != 0 {
            if entries[Int(slots[slot])].hash == hash { return slots[slot] }
            slot = (slot &+ 1) & (1 &<< Lexicon.slotBits &- 1)
        }
        return 0
    }

    /// What the phrase of two words says, nil when it is none.
    func phrase(_ first: UInt16, _ last: UInt16) -> ContextClass? {
        let key = UInt32(first) &<< 16 | UInt32(last)
        var slot = Lexicon.phraseSlot(key)
        while phraseSlots[slot] != 0 {
            let phrase = phrases[Int(phraseSlots[slot])]
            if phrase.key == key { return phrase.classes }
            slot = (slot &+ 1) & 1023
        }
        return nil
    }
}

extension Lexicon {
    /// Lends the tables as pointers.
    func withView<Result>(_ body: (LexiconView) -> Result) -> Result {
        slots.withUnsafeBufferPointer { slots in
            entries.withUnsafeBufferPointer { entries in
                phraseSlots.withUnsafeBufferPointer { phraseSlots in
                    phrases.withUnsafeBufferPointer { phrases in
                        guard let slots = slots.baseAddress, let entries = entries.baseAddress,
                            let phraseSlots = phraseSlots.baseAddress, let phrases = phrases.baseAddress
                        else { preconditionFailure("the lexicon is never empty") }
                        return body(
                            LexiconView(slots: slots, entries: entries, phraseSlots: phraseSlots, phrases: phrases)
                        )
                    }
                }
            }
        }
    }
}
