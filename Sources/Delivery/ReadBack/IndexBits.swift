/// A set of indexes within a range, one bit each, whatever is in it.
struct IndexBits: Sendable, Hashable {
    /// Which indexes it can hold. Begins and ends at a multiple of 64.
    let range: Range<UInt64>
    private var words: [UInt64]

    /// An empty set.
    /// - Parameter range: widened to multiples of 64.
    init(_ range: Range<UInt64>) {
        let first = range.lowerBound & ~63
        self.range = first..<max(first, (range.upperBound + 63) & ~63)
        words = [UInt64](repeating: 0, count: Int((self.range.upperBound - first) / 64))
    }

    /// How many there are.
    var count: UInt64 { words.reduce(0) { $0 + UInt64($1.nonzeroBitCount) } }

    func contains(_ index: UInt64) -> Bool {
        guard range.contains(index) else { return false }
        let place = index - range.lowerBound
        return words[Int(place / 64)] & (1 << (place % 64)) != 0
    }

    /// Adds an index of the range.
    /// - Returns: whether it was new; false for one that is out of range.
    @discardableResult
    mutating func insert(_ index: UInt64) -> Bool {
        guard range.contains(index) else { return false }
        let place = index - range.lowerBound
        let bit = UInt64(1) << (place % 64)
        defer { words[Int(place / 64)] |= bit }
        return words[Int(place / 64)] & bit == 0
    }

    /// Adds a range; what lies outside is left out.
    /// - Returns: how many were new.
    @discardableResult
    mutating func insert(_ indexes: Range<UInt64>) -> UInt64 {
        change(indexes) { word, mask in
            defer { word |= mask }
            return mask & ~word
        }
    }

    /// Removes a range; what lies outside is left out.
    /// - Returns: how many were there.
    @discardableResult
    mutating func remove(_ indexes: Range<UInt64>) -> UInt64 {
        change(indexes) { word, mask in
            defer { word &= ~mask }
            return mask & word
        }
    }

    /// Changes the words of a range.
    /// - Parameter body: changes the bits of a mask, and says which of them changed.
    private mutating func change(_ indexes: Range<UInt64>, _ body: (inout UInt64, UInt64) -> UInt64) -> UInt64 {
        let here = indexes.clamped(to: range)
        var (changed, place) = (UInt64(0), here.lowerBound)
        while place < here.upperBound {
            let offset = place - range.lowerBound
            let bits = min(64 - offset % 64, here.upperBound - place)
            let mask = (UInt64.max >> (64 - bits)) << (offset % 64)
            changed += UInt64(body(&words[Int(offset / 64)], mask).nonzeroBitCount)
            place += bits
        }
        return changed
    }

    /// Keeps what is in another set over the same range as well.
    mutating func formIntersection(_ other: IndexBits) {
        for place in words.indices { words[place] &= other.words[place] }
    }

    /// Leaves out what is in another set over the same range.
    mutating func subtract(_ other: IndexBits) {
        for place in words.indices { words[place] &= ~other.words[place] }
    }

    /// Leaves out everything but a range.
    mutating func clamp(to indexes: Range<UInt64>) {
        remove(range.lowerBound..<max(range.lowerBound, indexes.lowerBound))
        remove(min(indexes.upperBound, range.upperBound)..<range.upperBound)
    }

    /// The set as ranges, in order.
    func forEachRange(_ each: (Range<UInt64>) throws -> Void) rethrows {
        var position = range.lowerBound
        while let found = nextRange(from: position) {
            try each(found)
            position = found.upperBound
        }
    }

    /// The first consecutive indexes at or above one; nil when there are none.
    func nextRange(from index: UInt64) -> Range<UInt64>? {
        guard let first = next(from: index, whereIn: true) else { return nil }
        return first..<(next(from: first, whereIn: false) ?? range.upperBound)
    }

    /// The first index at or above one that is in the set, or that is not.
    private func next(from index: UInt64, whereIn isIn: Bool) -> UInt64? {
        var place = max(index, range.lowerBound) - range.lowerBound
        while place < UInt64(words.count) * 64 {
            let word = (isIn ? words[Int(place / 64)] : ~words[Int(place / 64)]) & (UInt64.max << (place % 64))
            if word != 0 { return range.lowerBound + (place & ~63) + UInt64(word.trailingZeroBitCount) }
            place = (place & ~63) + 64
        }
        return nil
    }

    // MARK: Stored

    /// The bits of a range of the set as bytes, lowest first.
    /// - Parameter indexes: whole words within the set's range.
    func bytes(of indexes: Range<UInt64>) -> [UInt8] {
        let first = Int((indexes.lowerBound - range.lowerBound) / 64)
        let count = Int((indexes.upperBound - indexes.lowerBound) / 64)
        return words[first..<first + count].map(\.littleEndian).withUnsafeBytes { Array($0) }
    }

    /// Adds what ``bytes(of:)`` wrote; what lies outside the range is left out.
    mutating func insert(bytes: UnsafeRawBufferPointer, from first: UInt64) {
        for place in 0..<bytes.count / 8 {
            let index = first + UInt64(place) * 64
            guard range.contains(index) else { continue }
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place * 8, as: UInt64.self))
            words[Int((index - range.lowerBound) / 64)] |= word
        }
    }
}
