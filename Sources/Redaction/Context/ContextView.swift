/// A word near a candidate that says something about it.
struct ContextHit {
    var classes: ContextClass = []
    /// Words between it and the candidate, plus one; numbers on the way count more.
    var distance = 0
    /// Offset of the word; -1 outside the text.
    var offset = -1
}

/// What is known about a text from outside: the JSON key that it is the value of, the keys around that, the question before.
public struct ContextHints: Hashable, Sendable {
    /// The nearest name and one further away.
    var near = ContextClass(rawValue: 0)
    var far = ContextClass(rawValue: 0)

    /// Nothing is known.
    public init() {}

    /// Learns from a name (`cardNumber`, `date_of_birth`) as the nearest one; what was nearest moves away.
    public mutating func enter(_ name: UnsafeRawBufferPointer) {
        far = near.isEmpty ? far : near
        near = ContextHints.classes(name)
    }

    /// What the words of a name say, phrases included.
    static func classes(_ name: UnsafeRawBufferPointer) -> ContextClass {
        guard name.count <= 96 else { return [] }
        let lexicon = Lexicon.shared
        var classes: ContextClass = []
        var previous: UInt16 = 0
        var offset = 0
        while offset < name.count {
            guard Bytes.isLetter(name[offset]) else {
                if Bytes.isDigit(name[offset]) { previous = 0 }
                offset += 1
                continue
            }
            let start = offset
            repeat {
                offset += 1
            } while offset < name.count && Bytes.isLetter(name[offset])
                && !(Bytes.isLower(name[offset - 1]) && Bytes.isUpper(name[offset]))
            let entry = lexicon.find(Lexicon.hash(name[start..<offset]))
            if entry != 0 {
                if previous != 0, let phrase = lexicon.phrase(previous, entry) {
                    // A phrase counts instead of its last word, and instead of what its first word announced.
                    classes.subtract(lexicon.classes(previous))
                    classes.formUnion(phrase)
                } else {
                    classes.formUnion(lexicon.classes(entry))
                }
            }
            previous = entry
        }
        return classes
    }
}

/// The context of one candidate: hits before it, nearest first, and after it.
struct ContextView {
    let hits: UnsafeMutablePointer<ContextHit>
    let count: Int
    let forwardHits: UnsafeMutablePointer<ContextHit>
    let forwardCount: Int
    /// What all hits say together: most readings end here.
    let all: ContextClass

    /// A reading's support from its context, and the word that gave it.
    struct Pull {
        /// 0 when nothing supports the reading, at most 46.
        var points = 0
        var offset = -1
    }

    /// How strongly the nearest words support `classes`: nearer is stronger, a nearer word for something else weakens it.
    @inline(__always)
    func pull(_ classes: ContextClass) -> Pull {
        guard !all.isDisjoint(with: classes) else { return Pull() }
        let back = pull(classes, hits, count)
        guard back.points == 0, forwardCount > 0 else { return back }
        // "invoice 9515727, the account is": what stands right before says enough.
        if count > 0, hits[0].distance <= 2, !hits[0].classes.isDisjoint(with: .vetoes) { return back }
        return pull(classes, forwardHits, forwardCount)
    }

    /// Support for one type.
    @inline(__always) func pull(_ type: EntityType) -> Pull { pull(ContextClass(type)) }

    @inline(__always)
    private func pull(_ classes: ContextClass, _ hits: UnsafeMutablePointer<ContextHit>, _ count: Int) -> Pull {
        var penalty = 0
        for index in 0..<count {
            let hit = hits[index]
            if !hit.classes.isDisjoint(with: classes) {
                return Pull(points: max(0, 46 &- 2 &* hit.distance &- penalty), offset: hit.offset)
            }
            if !hit.classes.isDisjoint(with: .vetoes) {
                penalty &+= 20
            } else if !hit.classes.isDisjoint(with: .types) {
                penalty &+= 6
            } else if hit.classes.contains(.otherDate) {
                penalty &+= 8
            }
        }
        return Pull()
    }

    /// True when the nearest word before within `reach` words says that the number is a thing, a device or the like, and none
    /// nearer says that it is one of `classes`.
    @inline(__always)
    func isVetoed(_ classes: ContextClass, by vetoes: ContextClass = .vetoes, within reach: Int = 5) -> Bool {
        for index in 0..<count {
            let hit = hits[index]
            guard hit.distance <= reach else { return false }
            if !hit.classes.isDisjoint(with: classes) { return false }
            if !hit.classes.isDisjoint(with: vetoes) { return true }
        }
        return false
    }
}

extension Scan {
    /// The words before token `first` and after token `last` that say something.
    mutating func context(before first: Int, after last: Int) -> ContextView {
        if backContextOf != first {
            backContextCount = backContext(before: first)
            backContextClasses = union(buffers.hits, backContextCount)
            backContextOf = first
        }
        if forwardContextOf != last {
            let isWord = last &+ 1 < tokenCount && tokens[last &+ 1].kind == .letters
            forwardContextCount = isWord ? forwardContext(after: last) : 0
            forwardContextClasses = union(buffers.forwardHits, forwardContextCount)
            forwardContextOf = last
        }
        return ContextView(
            hits: buffers.hits,
            count: backContextCount,
            forwardHits: buffers.forwardHits,
            forwardCount: forwardContextCount,
            all: backContextClasses.union(forwardContextClasses)
        )
    }

    @inline(__always)
    private func union(_ hits: UnsafeMutablePointer<ContextHit>, _ count: Int) -> ContextClass {
        var classes: ContextClass = []
        for index in 0..<count { classes.formUnion(hits[index].classes) }
        return classes
    }

    private mutating func backContext(before first: Int) -> Int {
        var found = 0
        var distance = 0
        var index = first &- 1
        let limit = first < tokenCount ? start(first) &- 128 : 0
        while index >= 0, distance < 16, found < ScanBuffers.hitLimit &- 2 {
            let token = tokens[index]
            guard Int(token.start) >= limit else { break }
            steps &+= 1
            if token.kind == .letters {
                if token.length > 1 { distance &+= 1 }
                if token.length == 1, index > 0, tokens[index &- 1].length == 1, tokens[index &- 1].kind == .letters,
                    let (classes, first) = acronym(index, limit)
                {
                    distance &+= 1
                    index = first
                    buffers.hits[found] = ContextHit(classes: classes, distance: distance, offset: start(index))
                    found &+= 1
                } else if token.entry != 0 {
                    let entry = token.entry
                    var classes = lexicon.classes(entry)
                    if lexicon.isPhraseEnd(entry), index > 0, case let before = tokens[index &- 1].entry, before != 0,
                        start(index &- 1) >= limit,
                        let phrase = lexicon.phrase(before, entry)
                    {
                        classes = phrase
                        index &-= 1
                    } else if classes.contains(ContextClass(.bankAccount)), distance > 1, isPlace(index) {
                        classes.subtract(ContextClass(.bankAccount))
                    }
                    if !classes.isEmpty {
                        buffers.hits[found] = ContextHit(
                            classes: classes,
                            distance: distance,
                            offset: start(index)
                        )
                        found &+= 1
                    }
                }
            } else {
                distance &+= token.length >= 3 ? 3 : 1
            }
            index &-= 1
        }
        if index < 0, !hints.near.isEmpty, distance < 16 {
            buffers.hits[found] = ContextHit(classes: hints.near, distance: distance &+ 1)
            found &+= 1
        }
        if index < 0, !hints.far.isEmpty, distance < 16 {
            buffers.hits[found] = ContextHit(classes: hints.far, distance: distance &+ 4)
            found &+= 1
        }
        return found
    }

    /// "The number on the account": the account is where the number is, not what it is.
    @inline(never)
    private mutating func isPlace(_ index: Int) -> Bool {
        func isOn(_ token: Int) -> Bool {
            guard token >= 0, tokens[token].length == 2 else { return false }
            return text[start(token)] | 0x20 == 0x6F && text[start(token) &+ 1] | 0x20 == 0x6E
        }
        return isOn(index &- 1) || index > 1 && tokens[index &- 1].length <= 4 && isOn(index &- 2)
    }

    /// What a word that is spelled letter by letter says ("s s n", "d.o.b."), and its first token.
    @inline(never)
    private mutating func acronym(_ last: Int, _ limit: Int) -> (classes: ContextClass, first: Int)? {
        var index = last
        var word: UInt64 = 0
        while index >= 0, last &- index < 7, tokens[index].kind == .letters, tokens[index].length == 1,
            start(index) >= limit, text[start(index)] < 0x80,
            index == last || start(index &+ 1) &- end(index) == 1
        {
            word = word &<< 8 | UInt64(text[start(index)] | 0x20)
            index &-= 1
        }
        guard last &- index > 1 else { return nil }
        let classes = lexicon.classes(lexicon.find(Lexicon.step(Lexicon.seed, word)))
        return classes.isEmpty ? nil : (classes, index &+ 1)
    }

    private mutating func forwardContext(after last: Int) -> Int {
        var found = 0
        var words = 0
        var index = last &+ 1
        let limit = end(last) &+ 40
        while index < tokenCount, words < 5, found < ScanBuffers.hitLimit {
            let token = tokens[index]
            guard token.kind == .letters, Int(token.end) <= limit, !token.isAfterLineBreak else { break }
            if hasStop(end(index &- 1), Int(token.start)) { break }
            steps &+= 1
            if token.length > 1 { words &+= 1 }
            let entry = token.entry
            if entry != 0 {
                var classes = lexicon.classes(entry)
                if lexicon.isPhraseEnd(entry),
                    let phrase = lexicon.phrase(tokens[index &- 1].entry, entry)
                {
                    classes = phrase
                }
                if !classes.isEmpty {
                    buffers.forwardHits[found] = ContextHit(
                        classes: classes,
                        distance: words &+ 3,
                        offset: Int(token.start)
                    )
                    found &+= 1
                }
            }
            index &+= 1
        }
        return found
    }

    @inline(__always)
    private func hasStop(_ start: Int, _ end: Int) -> Bool {
        for offset in start..<end {
            switch text[offset] {
            case 0x2E, 0x3F, 0x21, 0x3B, 0x2C, 0x7C, 0x3A, 0x3D, 0x22: return true
            default: continue
            }
        }
        return false
    }
}
