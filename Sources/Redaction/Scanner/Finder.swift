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
    private var lastCard = LastCard()

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
        let start = windowStart(text, resume)
        var last = lastCard.relative(to: start)
        let window = UnsafeRawBufferPointer(rebasing: text[start..<end])
        var settled = scratch.scan(
            window,
            resume: resume - start,
            isFinal: isFinal,
            rules: rules,
            hints: start == 0 ? hints : ContextHints(),
            lastCard: &last
        )
        if !customRules.isEmpty {
            settled = addCustom(window, from: resume - start, settled: settled, isFinal: isFinal, scratch)
            last = lastCard.relative(to: start)
            for finding in scratch.found where finding.type == .creditCard || finding.type == .cardExpiry {
                last = LastCard(end: finding.end, type: finding.type)
            }
        }
        lastCard = last.absolute(from: start)
        if start == 0, scratch.findings.isEmpty {
            // Nothing to move: most texts are one window.
            swap(&scratch.found, &scratch.findings)
            return settled
        }
        for var finding in scratch.found {
            finding.start += start
            finding.end += start
            if finding.contextOffset >= 0 { finding.contextOffset += start }
            scratch.findings.append(finding)
        }
        return start + settled
    }

    /// Adds what the policy's own rules find before `settled`; returns the offset up to which all is decided.
    private func addCustom(
        _ text: UnsafeRawBufferPointer,
        from resume: Int,
        settled: Int,
        isFinal: Bool,
        _ scratch: Scratch
    ) -> Int {
        var settled = settled
        var offset = resume
        var matches: [Finding] = []
        while offset < settled {
            guard offset == 0 || !Bytes.isWord(text[offset - 1]) else {
                offset += 1
                continue
            }
            var best: Finding?
            for (index, rule) in customRules.enumerated() {
                let match = rule.automaton.longestMatch(text, from: offset, &scratch.steps)
                if match.isOpen, !isFinal {
                    settled = offset
                    break
                }
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
            guard let best, offset < settled else {
                offset += 1
                continue
            }
            guard best.end <= settled || isFinal else {
                settled = offset
                break
            }
            matches.append(best)
            offset = best.end
        }
        // What is not decided yet is found again by the next pass.
        while let last = scratch.found.last, last.end > settled {
            settled = min(settled, last.start)
            scratch.found.removeLast()
        }
        while let last = matches.last, last.end > settled { matches.removeLast() }
        merge(matches, scratch)
        return settled
    }

    /// Own rules win; of a built-in finding that reaches beyond them the rest stays one.
    private func merge(_ matches: [Finding], _ scratch: Scratch) {
        guard !matches.isEmpty else { return }
        var merged = matches
        for finding in scratch.found {
            var rest = finding
            for match in matches where match.start < rest.end && match.end > rest.start {
                if match.start <= rest.start { rest.start = match.end } else { rest.end = match.start }
            }
            if rest.start < rest.end { merged.append(rest) }
        }
        scratch.found = merged.sorted { $0.start < $1.start }
    }

    /// Tells that `count` bytes at the beginning of the text were dropped.
    mutating func forget(_ count: Int) {
        if lastCard.end >= 0 { lastCard.end = max(lastCard.end - count, -1) }
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
