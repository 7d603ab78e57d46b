/// A regular expression for the modifier `re`, run in time proportional to text times pattern: no pattern can hang the engine.
///
/// Syntax: literals, `.`, classes with ranges and negation, `\d \w \s` and their capitals, `\b \B ^ $`, groups (capturing or
/// `(?:…)`), `|`, and `* + ? {n} {n,} {n,m}`, greedy or lazy alike since only whether there is a match is asked. Look-around and
/// back references cannot be had in linear time and are refused.
struct Pattern: Hashable, Sendable {
    /// The flags `i`, `m` and `s` of Sigma.
    struct Options: Hashable, Sendable {
        var ignoresCase = false
        var multiline = false
        var dotMatchesNewline = false
    }

    enum Instruction: Hashable, Sendable {
        case set(ScalarSet)
        case split(Int, Int)
        case jump(Int)
        case lineStart
        case lineEnd
        case wordBoundary(Bool)
        case match
    }

    private let program: [Instruction]
    private let options: Options

    /// - Throws: what is wrong with the text, and what to write.
    init(_ text: String, _ options: Options) throws(PatternError) {
        self.options = options
        var parser = PatternParser(text, options)
        program = try parser.program()
    }

    /// Whether some part of the text matches.
    func matches(_ text: String) -> Bool {
        let scalars = Array((options.ignoresCase ? text.lowercased() : text).unicodeScalars)
        var current: [Int] = []
        var next: [Int] = []
        var mark = [Int](repeating: -1, count: program.count)
        for position in 0...scalars.count {
            // A match may begin anywhere.
            if add(0, scalars, position, to: &current, &mark) { return true }
            guard position < scalars.count else { break }
            next.removeAll(keepingCapacity: true)
            for thread in current {
                guard case .set(let set) = program[thread], set.contains(scalars[position]) else { continue }
                if add(thread + 1, scalars, position + 1, to: &next, &mark) { return true }
            }
            swap(&current, &next)
        }
        return false
    }

    /// Follows everything that takes no character; returns true at a match. `mark` keeps each instruction to once a position.
    private func add(
        _ start: Int,
        _ scalars: [Unicode.Scalar],
        _ position: Int,
        to threads: inout [Int],
        _ mark: inout [Int]
    ) -> Bool {
        var stack = [start]
        while let at = stack.popLast() {
            guard mark[at] != position else { continue }
            mark[at] = position
            switch program[at] {
            case .match: return true
            case .set: threads.append(at)
            case .jump(let target): stack.append(target)
            case .split(let first, let second): stack += [second, first]
            case .lineStart:
                if position == 0 || (options.multiline && scalars[position - 1] == "\n") { stack.append(at + 1) }
            case .lineEnd:
                if position == scalars.count || (options.multiline && scalars[position] == "\n") {
                    stack.append(at + 1)
                }
            case .wordBoundary(let wanted):
                let before = position > 0 && ScalarSet.word.contains(scalars[position - 1])
                let after = position < scalars.count && ScalarSet.word.contains(scalars[position])
                if (before != after) == wanted { stack.append(at + 1) }
            }
        }
        return false
    }
}

/// Why a regular expression was refused.
struct PatternError: Error {
    let message: String
}

/// The characters that one place of a pattern accepts.
struct ScalarSet: Hashable, Sendable {
    var ranges: [ClosedRange<UInt32>]
    var isNegated = false

    static let digit = ScalarSet(ranges: [0x30...0x39])
    static let word = ScalarSet(ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    static let space = ScalarSet(ranges: [0x09...0x0D, 0x20...0x20])
    static let any = ScalarSet(ranges: [0...0x10FFFF])
    static let anyButNewline = ScalarSet(ranges: [0x0A...0x0A], isNegated: true)

    static func one(_ scalar: Unicode.Scalar) -> ScalarSet { ScalarSet(ranges: [scalar.value...scalar.value]) }

    var negated: ScalarSet { ScalarSet(ranges: ranges, isNegated: !isNegated) }

    func contains(_ scalar: Unicode.Scalar) -> Bool { ranges.contains { $0.contains(scalar.value) } != isNegated }

    /// The ranges themselves, a negated set being turned into what it leaves.
    var plainRanges: [ClosedRange<UInt32>] {
        guard isNegated else { return ranges }
        var gaps: [ClosedRange<UInt32>] = []
        var start: UInt32 = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > start { gaps.append(start...range.lowerBound - 1) }
            start = max(start, range.upperBound + 1)
        }
        if start <= 0x10FFFF { gaps.append(start...0x10FFFF) }
        return gaps
    }
}
