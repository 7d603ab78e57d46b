/// Finds personal data in a whole text or in the text of a stream so far.
///
/// Both go through the same windows of bounded context, which is why they find the same.
struct Finder {
    /// Bytes scanned together: small enough for the tokens to stay in the cache.
    static let window = 16 * 1024
    /// Bytes before the resume point that are read again as context when all of them are ASCII.
    static let context = 224
    /// The same when some are not: folding may shorten text by this much.
    static let wideContext = 2304

    let rules: ScanRules
    let customRules: [CustomRule]
    let hints: ContextHints
    /// Where the built-in rules stand, and what they found that is not decided yet.
    private var progress = ScanProgress()
    private var undecided: [Finding] = []
    /// What the built-in rules decided and rules of the policy's own still wait for.
    private var waiting: [Finding] = []

    init(rules: ScanRules, customRules: [CustomRule] = [], hints: ContextHints = ContextHints()) {
        self.rules = rules
        self.customRules = customRules
        self.hints = hints
    }

    /// Appends to `scratch.findings` everything in `text`.
    mutating func find(_ text: UnsafeRawBufferPointer, _ scratch: Scratch) {
        var resume = 0
        var end = 0
        while end < text.count || resume < text.count {
            end = min(text.count, max(end, resume) + Self.window)
            let next = pass(text, resume: resume, end: end, isFinal: end == text.count, scratch)
            if end == text.count { return }
            resume = next
        }
    }

    /// Scans `text[resume..<end]` with the context before it; returns where the next pass resumes.
    mutating func pass(
        _ text: UnsafeRawBufferPointer,
        resume: Int,
        end: Int,
        isFinal: Bool,
        _ scratch: Scratch
    ) -> Int {
        let end = isFinal ? end : scalarBoundary(text, end)
        guard end > resume || isFinal else { return resume }
        guard customRules.isEmpty else { return passWithRules(text, resume: resume, end: end, isFinal, scratch) }
        scan(text, end: end, isFinal, scratch)
        scratch.findings += scratch.found
        return progress.settled
    }

    /// Scans with the built-in rules up to `end`, and leaves what is decided in `scratch.found`.
    private mutating func scan(
        _ text: UnsafeRawBufferPointer,
        end: Int,
        _ isFinal: Bool,
        _ scratch: Scratch
    ) {
        let start = windowStart(text, progress.settled)
        var pass = progress.relative(to: start)
        scratch.found.removeAll(keepingCapacity: true)
        for finding in undecided { scratch.found.append(finding.moved(by: -start)) }
        undecided.removeAll(keepingCapacity: true)
        scratch.scan(
            UnsafeRawBufferPointer(rebasing: text[start..<end]),
            isFinal: isFinal,
            rules: rules,
            hints: start == 0 ? hints : ContextHints(),
            &pass
        )
        progress = pass.absolute(from: start)
        var decided = 0
        for finding in scratch.found {
            if finding.start < pass.settled {
                scratch.found[decided] = finding.moved(by: start)
                decided += 1
            } else {
                undecided.append(finding.moved(by: start))
            }
        }
        scratch.found.removeLast(scratch.found.count - decided)
    }

    // MARK: Own rules

    /// As ``pass(_:resume:end:isFinal:_:)`` with the policy's own rules. Both kinds of rules go on where each of them stopped; what one
    /// has decided waits for the other.
    private mutating func passWithRules(
        _ text: UnsafeRawBufferPointer,
        resume: Int,
        end: Int,
        _ isFinal: Bool,
        _ scratch: Scratch
    ) -> Int {
        if end > progress.settled || isFinal {
            scan(text, end: end, isFinal, scratch)
            waiting += scratch.found
        }
        let window = UnsafeRawBufferPointer(rebasing: text[..<end])
        var (matches, settled) = custom(window, from: resume, to: progress.settled, isFinal: isFinal, scratch)
        // What overlaps is let out together.
        var isCut = true
        while isCut {
            isCut = false
            for finding in waiting + matches where finding.start < settled && finding.end > settled {
                settled = finding.start
                isCut = true
            }
        }
        matches.removeAll { $0.start >= settled }
        let decided = waiting.filter { $0.start < settled && $0.start >= resume }
        waiting.removeAll { $0.start < settled }
        scratch.findings += Self.merged(matches, decided)
        return settled
    }

    /// What the policy's own rules find between `resume` and `end`, and up to where that is decided.
    private func custom(
        _ text: UnsafeRawBufferPointer,
        from resume: Int,
        to end: Int,
        isFinal: Bool,
        _ scratch: Scratch
    ) -> (matches: [Finding], settled: Int) {
        var matches: [Finding] = []
        var offset = resume
        while offset < end {
            guard offset == 0 || !Bytes.isWord(text[offset - 1]) else {
                offset += 1
                continue
            }
            var best: Finding?
            for (index, rule) in customRules.enumerated() {
                let match = rule.automaton.longestMatch(text, from: offset, &scratch.steps)
                if match.isOpen, !isFinal { return (matches, offset) }
                guard match.end > offset, match.end > best?.end ?? offset else { continue }
                best = Finding(
                    type: rule.type,
                    start: offset,
                    end: match.end,
                    score: 100,
                    form: .custom,
                    customRule: index
                )
            }
            guard let best else {
                offset += 1
                continue
            }
            matches.append(best)
            offset = best.end
        }
        return (matches, min(end, offset))
    }

    /// Own rules win; of a built-in finding that reaches beyond them the rest stays one.
    private static func merged(_ matches: [Finding], _ found: [Finding]) -> [Finding] {
        guard !matches.isEmpty else { return found }
        var merged = matches
        for finding in found {
            var rest = finding
            for match in matches where match.start < rest.end && match.end > rest.start {
                if match.start <= rest.start { rest.start = match.end } else { rest.end = match.start }
            }
            if rest.start < rest.end { merged.append(rest) }
        }
        return merged.sorted { $0.start < $1.start }
    }

    /// Tells that `count` bytes at the beginning of the text were dropped.
    mutating func forget(_ count: Int) {
        progress = progress.relative(to: count)
        undecided = undecided.map { $0.moved(by: -count) }
        waiting = waiting.map { $0.moved(by: -count) }
    }

    /// Tells that nothing is to be found before `offset`.
    mutating func skip(to offset: Int) {
        guard offset > progress.settled else { return }
        progress = ScanProgress(settled: offset, cursor: offset, next: offset, floor: offset)
        undecided.removeAll()
    }

    /// The start of the context: after a sign, so that tokens are the same as in the whole text.
    private func windowStart(_ text: UnsafeRawBufferPointer, _ resume: Int) -> Int {
        guard resume > Self.context else { return 0 }
        var start = resume - Self.context
        for offset in start..<resume where text[offset] >= 0x80 {
            start = max(0, resume - Self.wideContext)
            break
        }
        guard start > 0 else { return 0 }
        var offset = start
        while offset < resume {
            if text[offset - 1] < 0x80, !Bytes.isWord(text[offset - 1]), text[offset] < 0x80 { return offset }
            offset += 1
        }
        while start < resume, text[start] & 0xC0 == 0x80 { start += 1 }
        return start
    }

    /// `end` without an unfinished UTF-8 sequence.
    private func scalarBoundary(_ text: UnsafeRawBufferPointer, _ end: Int) -> Int {
        var offset = end
        var trailing = 0
        while offset > 0, trailing < 3, text[offset - 1] & 0xC0 == 0x80 {
            offset -= 1
            trailing += 1
        }
        guard offset > 0, text[offset - 1] >= 0xC0 else { return end }
        let lead = text[offset - 1]
        let length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2
        return trailing + 1 < length ? offset - 1 : end
    }
}
