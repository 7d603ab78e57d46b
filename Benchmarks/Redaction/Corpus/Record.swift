public import Redaction

/// A span of personal data in a record: type and UTF-8 byte offsets, half-open.
public struct GoldSpan: Hashable, Sendable {
    public let type: EntityType
    public let start: Int
    public let end: Int

    public init(type: EntityType, start: Int, end: Int) {
        self.type = type
        self.start = start
        self.end = end
    }
}

/// One text of the evaluation corpus with what is to be found in it.
public struct Record: Sendable {
    public let text: String
    public let spans: [GoldSpan]
    public let isSpoken: Bool
}

/// Repeatable random numbers (SplitMix64).
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func digits(_ count: Int) -> String {
        (0..<count).map { _ in String(Int.random(in: 0...9, using: &self)) }.joined()
    }
    mutating func pick<T>(_ choices: [T]) -> T { choices[Int.random(in: 0..<choices.count, using: &self)] }
    mutating func letters(_ count: Int, from alphabet: String = "ABCDEFGHJKLMNPRSTVWXYZ") -> String {
        let letters = Array(alphabet)
        return (0..<count).map { _ in String(pick(letters)) }.joined()
    }
}

/// How well findings agree with what was to be found: type and both offsets exact.
public struct Score: Sendable {
    public var right = 0
    public var wrong = 0
    public var missed = 0

    public init() {}

    public var precision: Double { right + wrong == 0 ? 1 : Double(right) / Double(right + wrong) }
    public var recall: Double { right + missed == 0 ? 1 : Double(right) / Double(right + missed) }
    public var f1: Double { right == 0 ? 0 : 2 * precision * recall / (precision + recall) }

    public mutating func add(_ spans: Set<GoldSpan>, found: Set<GoldSpan>) {
        let both = spans.intersection(found).count
        right += both
        wrong += found.count - both
        missed += spans.count - both
    }
}
