/// Turns the text of a regular expression into instructions; see ``Pattern`` for the syntax.
struct PatternParser {
    private indirect enum Tree {
        case empty
        case set(ScalarSet)
        case assertion(Pattern.Instruction)
        case sequence([Tree])
        case either([Tree])
        case repeated(Tree, Int, Int?)
    }

    /// Bounds on a pattern: repetition counts multiply.
    private static let maximumInstructions = 4096
    private static let maximumDepth = 32
    private static let maximumCount = 1000
    private static let maximumLength = 4096

    private let scalars: [Unicode.Scalar]
    private let options: Pattern.Options
    private var position = 0
    private var depth = 0

    init(_ text: String, _ options: Pattern.Options) {
        scalars = Array(text.unicodeScalars)
        self.options = options
    }

    mutating func program() throws(PatternError) -> [Pattern.Instruction] {
        guard scalars.count <= Self.maximumLength else {
            throw PatternError(message: "the pattern is longer than \(Self.maximumLength) characters")
        }
        let tree = try alternatives()
        guard position == scalars.count else { throw PatternError(message: "a ')' has no '(' before it") }
        var program: [Pattern.Instruction] = []
        try emit(tree, &program)
        program.append(.match)
        return program
    }

    // MARK: Reading

    private var peek: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == scalar else { return false }
        position += 1
        return true
    }

    private mutating func alternatives() throws(PatternError) -> Tree {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw PatternError(message: "groups are nested too deeply") }
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .either(branches)
    }

    private mutating func sequence() throws(PatternError) -> Tree {
        var items: [Tree] = []
        while let next = peek, next != "|", next != ")" {
            let item = try quantified(try atom())
            // What emits nothing is left out, so that the bound on instructions bounds the work of repetitions, too.
            if case .empty = item { continue }
            items.append(item)
        }
        return items.isEmpty ? .empty : .sequence(items)
    }

    /// One repetition at most: the repetition of a repetition needs a group, and groups are counted.
    private mutating func quantified(_ atom: Tree) throws(PatternError) -> Tree {
        guard let (low, high) = try repetition() else { return atom }
        _ = take("?")
        guard try repetition() == nil else {
            throw PatternError(message: "two repetitions follow each other; write a group, such as '(?:a{2})*'")
        }
        if high == 0 { return .empty }
        if case .empty = atom { return .empty }
        return .repeated(atom, low, high)
    }

    private mutating func repetition() throws(PatternError) -> (Int, Int?)? {
        switch peek {
        case "*":
            position += 1
            return (0, nil)
        case "+":
            position += 1
            return (1, nil)
        case "?":
            position += 1
            return (0, 1)
        case "{": return try counts()
        default: return nil
        }
    }

    /// Reads `{n}`, `{n,}` or `{n,m}`; a brace that begins none of them is a literal.
    private mutating func counts() throws(PatternError) -> (Int, Int?)? {
        guard let end = scalars[position...].firstIndex(of: "}") else { return nil }
        var inside = ""
        inside.unicodeScalars.append(contentsOf: scalars[(position + 1)..<end])
        let parts = inside.split(separator: ",", omittingEmptySubsequences: false)
        guard let low = Int(parts[0]), parts.count <= 2 else { return nil }
        let high = parts.count == 1 ? low : parts[1].isEmpty ? nil : Int(parts[1])
        guard low >= 0, low <= Self.maximumCount, (high ?? low) >= low, (high ?? low) <= Self.maximumCount else {
            throw PatternError(message: "the counts {\(inside)} must rise and stay below \(Self.maximumCount)")
        }
        position = end + 1
        return (low, high)
    }

    private mutating func atom() throws(PatternError) -> Tree {
        guard let scalar = peek else { return .empty }
        position += 1
        switch scalar {
        case "(": return try group()
        case "[": return .set(folded(try characterClass()))
        case ".": return .set(options.dotMatchesNewline ? .any : .anyButNewline)
        case "^": return .assertion(.lineStart)
        case "$": return .assertion(.lineEnd)
        case "*", "+", "?": throw PatternError(message: "'\(scalar)' has nothing to repeat")
        case "\\": return try escape()
        default: return .set(folded(.one(scalar)))
        }
    }

    private mutating func group() throws(PatternError) -> Tree {
        if take("?") {
            guard take(":") else {
                throw PatternError(message: "groups may only begin with '(' or '(?:'; look-around is not available")
            }
        }
        let tree = try alternatives()
        guard take(")") else { throw PatternError(message: "a '(' has no ')' after it") }
        return tree
    }

    private mutating func escape() throws(PatternError) -> Tree {
        guard let scalar = peek else { throw PatternError(message: "the pattern ends with a backslash") }
        switch scalar {
        case "b", "B":
            position += 1
            return .assertion(.wordBoundary(scalar == "b"))
        default: return .set(folded(try escapedSet()))
        }
    }

    private mutating func escapedSet() throws(PatternError) -> ScalarSet {
        guard let scalar = peek else { throw PatternError(message: "the pattern ends with a backslash") }
        position += 1
        switch scalar {
        case "d": return .digit
        case "D": return .digit.negated
        case "w": return .word
        case "W": return .word.negated
        case "s": return .space
        case "S": return .space.negated
        case "n": return .one("\n")
        case "r": return .one("\r")
        case "t": return .one("\t")
        case "0"..."9", "a"..."z", "A"..."Z":
            throw PatternError(message: "'\\\(scalar)' is not available; write the character itself or a class")
        default: return .one(scalar)
        }
    }

    private mutating func characterClass() throws(PatternError) -> ScalarSet {
        var set = ScalarSet(ranges: [], isNegated: take("^"))
        var isFirst = true
        while let scalar = peek, scalar != "]" || isFirst {
            isFirst = false
            position += 1
            let low = scalar == "\\" ? try escapedSet() : .one(scalar)
            let isRange = peek == "-" && position + 1 < scalars.count && scalars[position + 1] != "]"
            guard isRange else {
                set.ranges += low.plainRanges
                continue
            }
            position += 1
            let next = scalars[position]
            position += 1
            let high = next == "\\" ? try escapedSet() : .one(next)
            guard let from = single(low), let to = single(high), from <= to else {
                throw PatternError(message: "a range in a class must go from one character up to another")
            }
            set.ranges.append(from...to)
        }
        guard take("]") else { throw PatternError(message: "a '[' has no ']' after it") }
        return set
    }

    private func single(_ set: ScalarSet) -> UInt32? {
        guard !set.isNegated, set.ranges.count == 1, set.ranges[0].count == 1 else { return nil }
        return set.ranges[0].lowerBound
    }

    /// With `i` the text is in lower case; so must be what is looked for.
    private func folded(_ set: ScalarSet) -> ScalarSet {
        guard options.ignoresCase else { return set }
        var folded = set
        for range in set.ranges {
            let upper = range.clamped(to: 0x41...0x5A)
            if range.overlaps(0x41...0x5A) { folded.ranges.append(upper.lowerBound + 32...upper.upperBound + 32) }
            guard range.count == 1, let scalar = Unicode.Scalar(range.lowerBound), scalar.value >= 0x80 else {
                continue
            }
            folded.ranges += scalar.properties.lowercaseMapping.unicodeScalars.map { $0.value...$0.value }
        }
        return folded
    }

    // MARK: Writing

    private func emit(_ tree: Tree, _ program: inout [Pattern.Instruction]) throws(PatternError) {
        guard program.count < Self.maximumInstructions else {
            throw PatternError(message: "the pattern is too large; use smaller counts")
        }
        switch tree {
        case .empty: break
        case .set(let set): program.append(.set(set))
        case .assertion(let instruction): program.append(instruction)
        case .sequence(let items):
            for item in items { try emit(item, &program) }
        case .either(let branches): try emit(either: branches, &program)
        case .repeated(let item, let low, let high):
            for _ in 0..<low { try emit(item, &program) }
            guard let high else {
                let start = program.count
                program.append(.jump(0))
                try emit(item, &program)
                program.append(.jump(start))
                program[start] = .split(start + 1, program.count)
                return
            }
            var splits: [Int] = []
            for _ in low..<high {
                splits.append(program.count)
                program.append(.jump(0))
                try emit(item, &program)
            }
            for split in splits { program[split] = .split(split + 1, program.count) }
        }
    }

    private func emit(either branches: [Tree], _ program: inout [Pattern.Instruction]) throws(PatternError) {
        var jumps: [Int] = []
        for branch in branches.dropLast() {
            let start = program.count
            program.append(.jump(0))
            try emit(branch, &program)
            jumps.append(program.count)
            program.append(.jump(0))
            program[start] = .split(start + 1, program.count)
        }
        if let last = branches.last { try emit(last, &program) }
        for jump in jumps { program[jump] = .jump(program.count) }
    }
}
