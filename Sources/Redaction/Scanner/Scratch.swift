/// Buffers of the finding engine, used again from call to call: one for each task, never shared.
///
/// After the first calls nothing is allocated until a longer text or more findings come than ever before.
public final class Scratch {
    /// What the last call found, by rising start.
    public internal(set) var findings: [Finding] = []
    /// The redacted text of the last call.
    public internal(set) var output: [UInt8] = []
    /// Elementary steps of the last call: a measure of work that does not depend on the machine.
    public internal(set) var steps = 0

    var folding = Folding()
    var found: [Finding] = []
    var decoded: [UInt8] = []
    var decodedMarks: [Int] = []
    var written: [UInt8] = []

    private var tokens = UnsafeMutablePointer<Token>.allocate(capacity: Scratch.firstRoom)
    private var seeds = UnsafeMutablePointer<Int32>.allocate(capacity: Scratch.firstRoom)
    private var room = Scratch.firstRoom
    private let buffers: ScanBuffers
    private let lexicon = Lexicon.shared

    private static let firstRoom = 1024

    /// Empty buffers.
    public init() {
        buffers = ScanBuffers()
    }

    deinit {
        tokens.deallocate()
        seeds.deallocate()
        buffers.deallocate()
    }

    /// Finds everything in a whole text that is one window.
    func findAll(_ text: UnsafeRawBufferPointer, _ rules: ScanRules, _ hints: ContextHints) {
        if !found.isEmpty { found.removeAll(keepingCapacity: true) }
        var progress = ScanProgress()
        scan(text, isFinal: true, rules: rules, hints: hints, &progress)
        swap(&found, &findings)
    }

    private func makeRoom(_ count: Int) {
        guard count > room else { return }
        tokens.deallocate()
        seeds.deallocate()
        room = count
        tokens = .allocate(capacity: count)
        seeds = .allocate(capacity: count)
    }

    /// Scans one window of text and appends what it finds to ``found``, in the window's own offsets.
    ///
    /// ``found`` holds what earlier passes found and did not let out; it may go again when the clusters are read that follow.
    ///
    /// - Parameters:
    ///   - text: the window.
    ///   - isFinal: true when nothing follows the window.
    ///   - progress: where the scan goes on, then where the next one does; what stands before is context.
    func scan(
        _ text: UnsafeRawBufferPointer,
        isFinal: Bool,
        rules: ScanRules,
        hints: ContextHints,
        _ progress: inout ScanProgress
    ) {
        makeRoom(text.count + 1)
        let bytes = text.bindMemory(to: UInt8.self)
        if let made = Tokenizer.run(bytes, lexicon, tokens, seeds, isPlain: true, isFinal: isFinal) {
            return scan(bytes, made, isFinal, rules, hints, &progress)
        }
        let settled = progress.settled
        folding.fold(text)
        makeRoom(folding.bytes.count + 1)
        progress = progress.folded(folding)
        for index in found.indices { found[index] = found[index].folded(folding) }
        folding.bytes.withUnsafeBufferPointer { bytes in
            guard let made = Tokenizer.run(bytes, lexicon, tokens, seeds, isPlain: false, isFinal: isFinal) else {
                return
            }
            scan(bytes, made, isFinal, rules, hints, &progress)
        }
        for index in found.indices { found[index] = found[index].original(folding) }
        let isDone = isFinal || progress.settled >= folding.bytes.count
        progress = progress.original(folding)
        progress.settled = isDone ? text.count : max(settled, progress.settled)
    }

    /// Scans folded text that is cut into tokens.
    private func scan(
        _ text: UnsafeBufferPointer<UInt8>,
        _ made: (tokens: Int, seeds: Int),
        _ isFinal: Bool,
        _ rules: ScanRules,
        _ hints: ContextHints,
        _ progress: inout ScanProgress
    ) {
        if isFinal, made.seeds == 0 {
            steps &+= made.tokens
            progress.settled = text.count
            return
        }
        var scan = Scan(
            text: text,
            tokens: tokens,
            tokenCount: made.tokens,
            seeds: seeds,
            seedCount: made.seeds,
            lexicon: lexicon,
            isFinal: isFinal,
            rules: rules,
            hints: hints,
            buffers: buffers,
            nextToken: 0,
            floor: progress.floor,
            resume: progress.settled,
            settled: progress.settled,
            lastCardEnd: progress.lastCard.end,
            lastCardType: progress.lastCard.type
        )
        scan.run(&progress, into: &found)
        steps &+= scan.steps &+ made.tokens
    }
}

/// What a policy asks of the scanner.
struct ScanRules: Sendable, Hashable {
    /// One bit for each type that is looked for.
    var types: UInt64 = (1 << 28) - 1
    /// The least score of a finding.
    var threshold = 50
}

extension ScanBuffers {
    /// Memory for one scan at a time.
    init() {
        candidates = .allocate(capacity: Self.candidateLimit)
        words = .allocate(capacity: Self.wordLimit)
        characters = .allocate(capacity: 256)
        hits = .allocate(capacity: Self.hitLimit)
        forwardHits = .allocate(capacity: Self.hitLimit)
        spoken = .allocate(capacity: Self.spokenLimit)
    }

    func deallocate() {
        candidates.deallocate()
        words.deallocate()
        characters.deallocate()
        hits.deallocate()
        forwardHits.deallocate()
        spoken.deallocate()
    }
}
