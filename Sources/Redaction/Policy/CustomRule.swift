/// A rule of the installation's own: a pattern that is matched in linear time.
///
/// A pattern is a sequence of items: a character, `.` (any byte but a line break), `\d` digit, `\l` letter, `\w` both, `\s` blank,
/// `[a-z0-9]` or `[^...]`, a backslash before any other sign; each may be followed by `?`, `*`, `+`, `{n}` or `{n,m}`. `|` separates
/// alternatives. A match begins where a word begins and ends where one ends, is the longest possible and has at most
/// ``longestMatch`` bytes.
public struct CustomRule: Hashable, Sendable {
    /// Most bytes of a match.
    public static let longestMatch = 128

    /// Names the rule in explanations.
    public let name: String
    /// The pattern as it was given.
    public let pattern: String
    /// The type that findings have; ``EntityType/custom`` unless the rule finds another form of a known one.
    public let type: EntityType
    /// A word that must stand before a match, as in the context of built-in rules; nil when none is needed.
    let automaton: Automaton

    /// Why a pattern was refused.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// What is wrong, and at which byte of the pattern.
        public let description: String
        public let offset: Int
    }

    /// Compiles a rule.
    public init(name: String, pattern: String, type: EntityType = .custom) throws(Failure) {
        self.name = name
        self.pattern = pattern
        self.type = type
        automaton = try Automaton(Array(pattern.utf8))
    }

    /// Two rules are equal when they are written the same.
    public static func == (left: CustomRule, right: CustomRule) -> Bool {
        left.name == right.name && left.pattern == right.pattern && left.type == right.type
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(pattern)
        hasher.combine(type)
    }
}

/// A position automaton (Glushkov) of at most 64 positions, run as bit sets.
struct Automaton: Sendable {

    /// For each byte, the positions that accept it.
    private var accepts = [UInt64](repeating: 0, count: 256)
    /// For each position, the positions that may follow.
    private var follow: [UInt64] = []
    private var first: UInt64 = 0
    private var last: UInt64 = 0

    init(_ pattern: [UInt8]) throws(CustomRule.Failure) {
        var parser = PatternParser(pattern)
        while true {
            try add(parser.alternative())
            guard parser.takeBar() else { break }
        }
        guard last != 0 else { throw CustomRule.Failure(description: "the pattern matches nothing", offset: 0) }
    }

    private mutating func add(_ items: [PatternParser.Item]) throws(CustomRule.Failure) {
        let base = follow.count
        guard base + items.count <= 64 else {
            throw CustomRule.Failure(
                description: "the pattern is too long: at most 64 characters once counts are written out",
                offset: 0
            )
        }
        guard items.contains(where: { !$0.isOptional }) else {
            throw CustomRule.Failure(description: "an alternative matches the empty text", offset: 0)
        }
        for (index, item) in items.enumerated() {
            let bit: UInt64 = 1 << UInt64(base + index)
            for byte in 0..<256 where item.accepts[byte] { accepts[byte] |= bit }
            var next: UInt64 = item.repeats ? bit : 0
            var other = index + 1
            while other < items.count {
                next |= 1 << UInt64(base + other)
                guard items[other].isOptional else { break }
                other += 1
            }
            follow.append(next)
            if items[..<index].allSatisfy(\.isOptional) { first |= bit }
            if items[(index + 1)...].allSatisfy(\.isOptional) { last |= bit }
        }
    }

    /// The end of the longest match that begins at `start`, -1 when there is none; `isOpen` when more text could change that.
    func longestMatch(_ text: UnsafeRawBufferPointer, from start: Int, _ steps: inout Int) -> (end: Int, isOpen: Bool) {
        var states = first
        var end = -1
        var offset = start
        while states != 0 {
            guard offset - start < CustomRule.longestMatch else { return (end, false) }
            guard offset < text.count else { return (end, true) }
            let alive = states & accepts[Int(text[offset])]
            guard alive != 0 else { break }
            steps += 1
            offset += 1
            if alive & last != 0 {
                if offset == text.count { return (offset, true) }
                if !Bytes.isWord(text[offset]) || !Bytes.isWord(text[offset - 1]) { end = offset }
            }
            var next: UInt64 = 0
            var rest = alive
            while rest != 0 {
                next |= follow[rest.trailingZeroBitCount]
                rest &= rest - 1
            }
            states = next
        }
        return (end, false)
    }
}
