/// One left-to-right pass over a window of text.
///
/// The pass is a sequence of clusters (a group of numbers, an address, a spoken run). A cluster depends only on the text from
/// ``lookBack`` bytes before it to ``lookAhead`` bytes after it, so a stream that holds back what a cluster can still reach
/// finds exactly what a pass over the whole text finds.
///
/// Helpers on the hot path are `mutating` although they change nothing: the compiler copies a scan for a call that borrows it.
struct Scan: ~Copyable {
    /// Most bytes of text before a candidate that can change what it is.
    static let lookBack = 160
    /// Most bytes and words that are kept because they may begin a spelled address, which is never longer.
    static let longestHold = 120
    static let mostHeldWords = 40
    /// Most signs before a word that can belong to it: an address may begin with them.
    static let longestOpening = 48
    /// Most words in succession of a spelled address that are neither signs nor letters.
    static let plainWords = 3
    /// Most bytes after a cluster that can change it.
    static let lookAhead = 72
    /// Most bytes that a spoken number can pause for.
    static let pause = 120
    /// Bytes that are known behind a word before it is read at all.
    static let wordMargin = 8
    /// Longer words are never a number of a person: hashes, base64.
    static let longestWord = 40

    let text: UnsafeBufferPointer<UInt8>
    let tokens: UnsafeMutablePointer<Token>
    let tokenCount: Int
    let seeds: UnsafeMutablePointer<Int32>
    let seedCount: Int
    let lexicon: LexiconView
    let isFinal: Bool
    let rules: ScanRules
    /// What is known from outside the text: a JSON key, the question before.
    let hints: ContextHints

    /// Buffers that live as long as the scratch.
    let buffers: ScanBuffers
    /// Set when the text ends before a cluster can be decided.
    var isOpen = false
    /// The first token that no cluster has used.
    var nextToken: Int
    /// End of the last cluster: a later pass never begins before it.
    var floor: Int
    /// Where this pass began; what is before was decided and released.
    let resume: Int
    /// Start of what is not decided yet.
    var settled: Int
    /// Where the last card number or expiry date ended, far away when there was none.
    var lastCardEnd: Int
    var lastCardType = EntityType.custom
    /// Number of candidates in the cluster being read.
    var candidateCount = 0
    /// The tokens whose context the buffers hold, and how much of it.
    var backContextOf = -1
    var backContextCount = 0
    var forwardContextOf = -1
    var forwardContextCount = 0
    var backContextClasses: ContextClass = []
    var forwardContextClasses: ContextClass = []
    /// The language of the spoken run that was spelled last.
    var spokenLanguage = SpokenLanguages.english
    /// The extent of the spoken run that was collected last.
    var lastRun = (first: -1, last: -1)
    /// Elementary steps, counted to show that time is linear.
    var steps = 0

    @inline(__always) var count: Int { text.count }
    @inline(__always) func byte(_ offset: Int) -> UInt8 { offset >= 0 && offset < text.count ? text[offset] : 0 }
    @inline(__always) func token(_ index: Int) -> Token { tokens[index] }
    @inline(__always) func start(_ index: Int) -> Int { Int(tokens[index].start) }
    @inline(__always) func end(_ index: Int) -> Int { Int(tokens[index].end) }
    @inline(__always) func number(_ index: Int) -> NumberWord { lexicon.number(tokens[index].entry) }
    /// True when no byte stands between the token and the one before.
    @inline(__always) func isAttached(_ index: Int) -> Bool {
        index > 0 && index < tokenCount && start(index) == end(index &- 1)
    }

    /// Reads every cluster whose surroundings are known; afterwards `progress` is where the next pass must go on.
    mutating func run(_ progress: inout ScanProgress, into findings: inout [Finding]) {
        var seed = 0
        if progress.cursor > 0 || progress.next > 0 { seed = goOn(from: progress) }
        while seed < seedCount {
            let index = Int(seeds[seed])
            seed &+= 1
            steps &+= 1
            guard index >= nextToken else { continue }
            let next = nextToken
            if isFinal || !isUnfinished(index) { read(index, &findings) }
            if isOpen {
                // Nothing of it was read.
                nextToken = next
                return leave(at: start(index), &progress)
            }
        }
        if isFinal {
            progress.settled = count
            return
        }
        settled = max(floor, resume, hold(before: count, tokenCount &- 1))
        leave(at: firstUnfinished, &progress)
    }

    /// Finds the words where an earlier pass stopped; returns the first seed to read.
    private mutating func goOn(from progress: ScanProgress) -> Int {
        while nextToken < tokenCount, start(nextToken) < progress.next { nextToken &+= 1 }
        if progress.isWithinWord {
            while nextToken < tokenCount, isAttached(nextToken), tokens[nextToken].kind != .at { nextToken &+= 1 }
        }
        var seed = 0
        while seed < seedCount, start(Int(seeds[seed])) < progress.cursor { seed &+= 1 }
        return seed
    }

    /// Writes down where the scan stands.
    private mutating func leave(at cursor: Int, _ progress: inout ScanProgress) {
        let last = tokenCount &- 1
        let isUsedUp = nextToken >= tokenCount
        progress.settled = max(resume, settled)
        progress.cursor = cursor
        progress.next = isUsedUp ? (last >= 0 ? end(last) : 0) : start(nextToken)
        progress.isWithinWord = isUsedUp && last >= 0 && end(last) == count
        progress.floor = floor
        progress.lastCard = LastCard(end: lastCardEnd, type: lastCardType)
    }

    /// Where the word begins that the text ends with, or the end of the text.
    private var firstUnfinished: Int {
        tokenCount > 0 && end(tokenCount &- 1) == count ? start(tokenCount &- 1) : count
    }

    /// Reads the cluster that the token `index` begins or belongs to.
    @inline(__always)
    private mutating func read(_ index: Int, _ findings: inout [Finding]) {
        switch tokens[index].kind {
        case .at:
            readEmail(index, &findings)
        case .digits:
            readDigits(index, &findings)
        case .letters:
            let kind = number(index).kind
            if isAttached(index) || isAttached(index &+ 1) {
                nextToken = max(nextToken, index)
            } else if kind == .dot {
                readSpokenEmail(index, &findings)
            } else {
                readSpoken(index, &findings)
            }
        }
    }

    /// True when the text ends so near behind the token that its word may become another one; then the scan waits.
    private mutating func isUnfinished(_ index: Int) -> Bool {
        guard end(index) &+ Self.wordMargin > count else { return false }
        var first = index
        while isAttached(first), count &- start(first) <= Self.longestWord { first &-= 1 }
        // A word that is too long to be anything stays that.
        return count &- start(first) <= Self.longestWord && mustWait(start(index), end(index), Self.wordMargin)
    }

    /// True when the text may go on after `clusterEnd` in a way that matters; the caller then leaves the cluster for later.
    mutating func mustWait(_ clusterStart: Int, _ clusterEnd: Int, _ reach: Int = Scan.lookAhead) -> Bool {
        guard !isFinal, clusterEnd &+ reach > count else { return false }
        isOpen = true
        // The cluster may be the middle of an address, and so may the last words.
        var first = tokenCount &- 1
        while first >= 0, start(first) >= clusterStart { first &-= 1 }
        settled = min(clusterStart, hold(before: clusterStart, first), hold(before: count, tokenCount &- 1))
        settled = max(floor, resume, settled)
        return true
    }

    /// Where the words before `end`, of which token `last` is the last, may begin an address or a code.
    @inline(__always)
    private func hold(before end: Int, _ last: Int) -> Int {
        var mailbox = end
        while mailbox > floor, end &- mailbox < Self.longestMailbox, isMailbox(text[mailbox &- 1]) { mailbox &-= 1 }
        var index = last
        var kept = 0
        // The last word may be the beginning of another, and what the plain ones follow is a sign.
        var reach = Self.plainWords &+ 2
        var hold = end
        while index >= 0, kept < reach, start(index) >= floor, end &- start(index) < Self.longestHold {
            // A word of an address or a spelled letter may have more of them before it.
            if continuesAddress(index) { reach = min(kept &+ Self.plainWords &+ 3, Self.mostHeldWords) }
            if !isAttached(index) {
                hold = start(index)
                kept &+= 1
            }
            index &-= 1
        }
        // Signs before the first kept word belong to it.
        let signs = max(floor, hold &- Self.longestOpening)
        while hold > signs, Bytes.isOpening(text[hold &- 1]) { hold &-= 1 }
        return min(hold, mailbox)
    }

    /// True for a word of a spelled address that others follow: a sign or a single letter.
    @inline(__always)
    func continuesAddress(_ index: Int) -> Bool {
        let kind = number(index).kind
        return kind == .at || kind == .dot || kind == .sign || kind == .letter || tokens[index].length == 1
    }

    /// Records a finding and moves on past it.
    mutating func accept(_ finding: Finding, after nextToken: Int, _ findings: inout [Finding]) {
        if rules.types &>> UInt64(finding.type.rawValue) & 1 == 1, Int(finding.score) >= rules.threshold {
            findings.append(finding)
        }
        if finding.type == .creditCard || finding.type == .cardExpiry {
            lastCardEnd = finding.end
            lastCardType = finding.type
        }
        self.nextToken = max(self.nextToken, nextToken)
        floor = max(floor, finding.end)
    }

    /// Records a reading of the cluster being read, unless it is too weak or there is no room.
    @inline(__always)
    mutating func offer(_ finding: Finding) {
        steps &+= 1
        guard Int(finding.score) >= rules.threshold, rules.types &>> UInt64(finding.type.rawValue) & 1 == 1,
            candidateCount < ScanBuffers.candidateLimit
        else { return }
        buffers.candidates[candidateCount] = finding
        candidateCount &+= 1
    }

    /// Takes the best reading, drops what overlaps it, and so on; accepted ones are appended in text order.
    mutating func resolve(from first: Int, limit: Int = .max, _ findings: inout [Finding]) -> Int {
        let mark = findings.count
        var last = first
        let candidates = buffers.candidates
        while candidateCount > 0 {
            var best = 0
            for index in 1..<max(candidateCount, 1) where isBetter(candidates[index], candidates[best]) { best = index }
            let winner = candidates[best]
            var kept = 0
            for index in 0..<candidateCount {
                steps &+= 1
                if candidates[index].start >= winner.end || candidates[index].end <= winner.start {
                    candidates[kept] = candidates[index]
                    kept &+= 1
                }
            }
            candidateCount = kept
            guard winner.start < limit else { continue }
            var place = findings.count
            while place > mark, findings[place &- 1].start > winner.start { place &-= 1 }
            findings.insert(winner, at: place)
            last = max(last, winner.end)
        }
        for finding in findings[mark...] where finding.type == .creditCard || finding.type == .cardExpiry {
            lastCardEnd = finding.end
            lastCardType = finding.type
        }
        return last
    }

    @inline(__always)
    private func isBetter(_ left: Finding, _ right: Finding) -> Bool {
        if left.score != right.score { return left.score > right.score }
        return left.end &- left.start > right.end &- right.start
    }
}

/// Fixed buffers of a scan.
struct ScanBuffers {
    static let candidateLimit = 96
    static let wordLimit = 16
    static let hitLimit = 16
    static let spokenLimit = 96

    let candidates: UnsafeMutablePointer<Finding>
    let words: UnsafeMutablePointer<GroupWord>
    /// The characters of a group or run without separators.
    let characters: UnsafeMutablePointer<UInt8>
    /// Context before and after a candidate.
    let hits: UnsafeMutablePointer<ContextHit>
    let forwardHits: UnsafeMutablePointer<ContextHit>
    /// For each spoken character, the tokens that it came from.
    let spoken: UnsafeMutablePointer<SpokenCharacter>
}
