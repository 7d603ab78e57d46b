/// A set of field numbers 0...255: one bit each, no allocation.
public struct FieldSet: Hashable, Sendable {
    /// One more than the largest number a set can hold.
    public static let capacity = 256

    /// The bits: field n is bit n % 64 of word n / 64.
    public private(set) var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// The empty set.
    public init() {}

    /// The set 0..<count; counts outside 0...256 are brought into it.
    public init(first count: Int) {
        for field in 0..<min(max(count, 0), FieldSet.capacity) { insert(field) }
    }

    /// Adds `field`; a number outside 0...255 is ignored.
    public mutating func insert(_ field: Int) {
        let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: field & 63)
        switch field >> 6 {
        case 0: words.0 |= bit
        case 1: words.1 |= bit
        case 2: words.2 |= bit
        case 3: words.3 |= bit
        default: break
        }
    }

    /// True when `field` is in the set.
    public func contains(_ field: Int) -> Bool {
        let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: field & 63)
        return switch field >> 6 {
        case 0: words.0 & bit != 0
        case 1: words.1 & bit != 0
        case 2: words.2 & bit != 0
        case 3: words.3 & bit != 0
        default: false
        }
    }

    /// The fields in either set.
    public func union(_ other: FieldSet) -> FieldSet {
        var result = self
        result.words.0 |= other.words.0
        result.words.1 |= other.words.1
        result.words.2 |= other.words.2
        result.words.3 |= other.words.3
        return result
    }

    /// The fields in this set and not in the other.
    public func subtracting(_ other: FieldSet) -> FieldSet {
        var result = self
        result.words.0 &= ~other.words.0
        result.words.1 &= ~other.words.1
        result.words.2 &= ~other.words.2
        result.words.3 &= ~other.words.3
        return result
    }

    /// Number of fields in the set.
    public var count: Int {
        words.0.nonzeroBitCount + words.1.nonzeroBitCount + words.2.nonzeroBitCount + words.3.nonzeroBitCount
    }

    /// True when the set is empty.
    public var isEmpty: Bool { words == (0, 0, 0, 0) }

    /// The field numbers in rising order.
    public var fields: [Int] { (0..<FieldSet.capacity).filter(contains) }

    /// True when both sets hold the same fields.
    public static func == (left: FieldSet, right: FieldSet) -> Bool { left.words == right.words }

    /// Feeds the bits.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}
