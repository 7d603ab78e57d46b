/// Redacts text that comes in pieces: what was pushed comes out as soon as nothing that may follow can make it part of a finding.
///
/// However the text is cut, the output is that of the whole text. At most ``holdBack`` bytes wait; when a candidate needs more
/// (thousands of invisible characters between digits), it is masked rather than released.
public struct StreamRedactor {
    /// Most bytes that wait for what follows.
    public static let holdBack = 512

    /// What was found so far that was not taken with ``takeFindings()``; offsets count from the start of the stream.
    public private(set) var findings: [Finding] = []

    private let redactor: Redactor
    private let scope: String
    private let scratch: Scratch
    private var finder: Finder
    /// Released text that is still context, then what waits.
    private var buffer: [UInt8] = []
    private var resume = 0
    /// Bytes of the stream before the buffer.
    private var dropped = 0
    /// Set while the rest of a candidate that was too long is masked.
    private var isMasking = false

    /// Starts a stream; `scope` is as in ``Redactor/redact(_:scope:hints:into:)``.
    public init(
        _ redactor: Redactor,
        scope: String = "",
        hints: ContextHints = ContextHints(),
        scratch: Scratch = Scratch()
    ) {
        self.redactor = redactor
        self.scope = scope
        self.scratch = scratch
        finder = Finder(rules: redactor.scanRules, customRules: redactor.policy.rules, hints: hints)
    }

    /// Bytes that wait for what follows.
    public var pending: Int { buffer.count - resume }

    /// Takes the next piece and appends what can be released to `output`.
    ///
    /// - Throws: ``VaultFailure`` when a token cannot be stored; the stream must not be used further.
    public mutating func push(_ piece: UnsafeRawBufferPointer, into output: inout [UInt8]) throws(VaultFailure) {
        var offset = 0
        while offset < piece.count {
            let end = min(piece.count, offset + Finder.window)
            buffer.append(contentsOf: UnsafeRawBufferPointer(rebasing: piece[offset..<end]))
            offset = end
            try advance(isFinal: false, &output)
            boundPending(&output)
            trim()
        }
    }

    /// Ends the stream and appends the rest to `output`.
    public mutating func finish(into output: inout [UInt8]) throws(VaultFailure) {
        try advance(isFinal: true, &output)
        buffer.removeAll()
        resume = 0
    }

    /// The findings since the last time they were taken.
    public mutating func takeFindings() -> [Finding] {
        defer { findings.removeAll(keepingCapacity: true) }
        return findings
    }

    private mutating func advance(isFinal: Bool, _ output: inout [UInt8]) throws(VaultFailure) {
        if isMasking { skipMasked() }
        finder.skip(to: resume)
        scratch.findings.removeAll(keepingCapacity: true)
        let from = resume
        var failure: VaultFailure?
        var next = resume
        buffer.withUnsafeBytes { text in
            next = finder.pass(text, resume: from, end: text.count, isFinal: isFinal, scratch)
            redactor.removeAllowed(text, from: 0, scratch)
            do throws(VaultFailure) {
                try redactor.write(text, from..<next, scratch.findings[...], scope: scope, to: &output)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        resume = next
        for var finding in scratch.findings {
            finding.start += dropped
            finding.end += dropped
            if finding.contextOffset >= 0 { finding.contextOffset += dropped }
            findings.append(finding)
        }
    }

    /// Masks what has waited too long.
    private mutating func boundPending(_ output: inout [UInt8]) {
        guard pending > Self.holdBack else { return }
        findings.append(
            Finding(type: .unresolved, start: dropped + resume, end: dropped + buffer.count, score: 50, form: .bare)
        )
        Mask.full.appendStars(4, to: &output)
        resume = buffer.count
        isMasking = true
    }

    /// Goes on masking up to the next letter or line break.
    private mutating func skipMasked() {
        while resume < buffer.count {
            let byte = buffer[resume]
            if Bytes.isLineBreak(byte) || (byte | 0x20) &- 0x61 < 26 {
                isMasking = false
                break
            }
            resume += 1
        }
        if let last = findings.indices.last, findings[last].type == .unresolved {
            findings[last].end = dropped + resume
        }
    }

    /// Forgets released text that is too far back to be context.
    private mutating func trim() {
        let excess = resume - Finder.wideContext - 128
        guard excess > 4 * Finder.window || excess > buffer.count / 2 && excess > 1024 else { return }
        buffer.removeFirst(excess)
        resume -= excess
        dropped += excess
        finder.forget(excess)
    }
}
