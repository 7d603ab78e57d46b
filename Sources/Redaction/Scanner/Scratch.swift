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
        var lastCard = LastCard()
        _ = scan(text, resume: 0, isFinal: true, rules: rules, hints: hints, lastCard: &lastCard)
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
    /// - Parameters:
    ///   - text: the window.
    ///   - resume: where it goes on; what stands before is context.
    ///   - isFinal: true when nothing follows the window.
    /// - Returns: the offset that a later window must resume at.
    func scan(
        _ text: UnsafeRawBufferPointer,
        resume: Int,
        isFinal: Bool,
        rules: ScanRules,
        hints: ContextHints,
        lastCard: inout LastCard
    ) -> Int {
        if !found.isEmpty { found.removeAll(keepingCapacity: true) }
        makeRoom(text.count + 1)
        let bytes = text.bindMemory(to: UInt8.self)
        if let made = Tokenizer.run(bytes, lexicon, tokens, seeds, isPlain: true) {
            return scan(bytes, made, resume, isFinal, rules, hints, &lastCard)
        }
        folding.fold(text)
        var last = lastCard
        if last.end >= 0 { last.end = folding.folded(last.end) }
        let folded = folding.folded(resume)
        makeRoom(folding.bytes.count + 1)
        let settled = folding.bytes.withUnsafeBufferPointer { bytes in
            guard let made = Tokenizer.run(bytes, lexicon, tokens, seeds, isPlain: false) else { return folded }
            return scan(bytes, made, folded, isFinal, rules, hints, &last)
        }
        for index in found.indices {
            found[index].start = folding.originalStart(found[index].start)
            found[index].end = folding.originalEnd(found[index].end)
            if found[index].contextOffset >= 0 {
                found[index].contextOffset = folding.originalStart(found[index].contextOffset)
            }
        }
        last.end = last.end > 0 ? folding.originalEnd(last.end) : last.end
        lastCard = last
        guard !isFinal else { return text.count }
        return settled >= folding.bytes.count ? text.count : max(resume, folding.originalStart(settled))
    }

    /// Scans folded text that is cut into tokens.
    private func scan(
        _ text: UnsafeBufferPointer<UInt8>,
        _ made: (tokens: Int, seeds: Int),
        _ resume: Int,
        _ isFinal: Bool,
        _ rules: ScanRules,
        _ hints: ContextHints,
        _ lastCard: inout LastCard
    ) -> Int {
        var first = 0
        if resume > 0 {
            while first < made.tokens, Int(tokens[first].start) < resume { first += 1 }
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
            nextToken: first,
            floor: resume,
            resume: resume,
            settled: resume,
            lastCardEnd: lastCard.end,
            lastCardType: lastCard.type
        )
        scan.run(into: &found)
        steps &+= scan.steps &+ made.tokens
        lastCard = LastCard(end: scan.lastCardEnd, type: scan.lastCardType)
        return scan.settled
    }
}

/// Where the last card number or expiry date ended; -1000 when there was none near.
struct LastCard {
    var end = -1000
    var type = EntityType.custom

    /// The same place counted from `start`.
    func relative(to start: Int) -> LastCard {
        end < start ? LastCard() : LastCard(end: end - start, type: type)
    }

    /// The place in the text that the window at `start` belongs to.
    func absolute(from start: Int) -> LastCard {
        end < 0 ? LastCard() : LastCard(end: end + start, type: type)
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
