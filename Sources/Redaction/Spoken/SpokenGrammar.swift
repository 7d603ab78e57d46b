/// Turns spoken words into digits: "twenty three" is 23, "double five" 55, "quatre-vingt-dix" 90, "drei und zwanzig" 23.
struct SpokenGrammar {
    private enum Last {
        case nothing, unit, teen, tens, hundred, thousand, closed
    }

    let language: SpokenLanguages
    private var value = 0
    private var thousands = 0
    private var last = Last.nothing
    private var isJoined = false
    private var times = 1
    private var firstToken = 0
    private var lastToken = 0

    init(_ language: SpokenLanguages) { self.language = language }

    /// A finished number: its value, how often it is said, and its tokens.
    struct Number {
        var value: Int
        var times: Int
        var firstToken: Int
        var lastToken: Int
    }

    /// Takes one word; returns the number before it when that is finished.
    mutating func take(_ word: NumberWord, _ token: Int, nextKind: NumberWord.Kind) -> Number? {
        let value = Int(word.value)
        if word.kind == .joiner {
            if last != .nothing { isJoined = true }
            return nil
        }
        defer { isJoined = false }
        if word.kind == .times {
            let done = finish()
            times = value
            begin(token)
            return done
        }
        if join(word.kind, value, nextKind) {
            lastToken = token
            return nil
        }
        let done = last == .nothing ? nil : finish()
        if last == .nothing, times == 1 { begin(token) }
        lastToken = token
        self.value = value
        switch word.kind {
        case .unit: last = .unit
        case .teen: last = .teen
        case .tens: last = .tens
        case .hundred: last = .hundred
        case .thousand:
            thousands = 1000
            self.value = 0
            last = .thousand
        default: last = .closed
        }
        return done
    }

    /// True when a number is being said.
    var isOpen: Bool { last != .nothing || times > 1 }

    /// The number being said, if any; afterwards none is.
    mutating func finish() -> Number? {
        defer {
            value = 0
            thousands = 0
            last = .nothing
            times = 1
        }
        guard last != .nothing else { return nil }
        return Number(value: thousands &+ value, times: times, firstToken: firstToken, lastToken: lastToken)
    }

    private mutating func begin(_ token: Int) {
        firstToken = token
        lastToken = token
    }

    /// True when the word goes on with the number being said.
    private mutating func join(_ kind: NumberWord.Kind, _ word: Int, _ next: NumberWord.Kind) -> Bool {
        guard times == 1 else { return false }
        switch kind {
        case .unit: return joinUnit(word, next)
        case .teen: return joinTeen(word)
        case .tens: return joinTens(word)
        case .hundred:
            guard last == .unit || last == .teen || last == .thousand || last == .closed && value < 100, value < 100
            else { return false }
            guard last != .unit || value % 10 > 0 else { return false }
            value = max(value, 1) &* word
            last = .hundred
            return true
        case .thousand:
            guard last != .nothing, last != .thousand, thousands == 0, value > 0 else { return false }
            thousands = value &* 1000
            value = 0
            last = .thousand
            return true
        default:
            guard last == .hundred || last == .thousand, word < 100 else { return false }
            value &+= word
            last = .closed
            return true
        }
    }

    private mutating func joinUnit(_ word: Int, _ next: NumberWord.Kind) -> Bool {
        guard word > 0 else { return false }
        switch last {
        case .tens where language != .german:
            // "treinta cinco" is two numbers in Spanish and Portuguese unless joined.
            guard language == .english || language == .french || isJoined else { return false }
            value &+= word
            last = value % 100 == 80 &+ word ? .closed : .unit
            last = .closed
            return true
        case .hundred:
            guard isJoined || language != .english else { return false }
            value &+= word
            // "neuf cent quatre-vingt" goes on.
            last = language == .german || language == .french && word == 4 && next == .tens ? .unit : .closed
            return true
        case .thousand:
            value = word
            last = next == .hundred ? .unit : .closed
            return true
        case .teen where language == .french && word >= 7 && [10, 70, 90].contains(value % 100):
            // "dix-sept", "soixante-dix-sept"
            value &+= word
            last = .closed
            return true
        default: return false
        }
    }

    private mutating func joinTeen(_ word: Int) -> Bool {
        switch last {
        case .tens where language == .french && (value % 100 == 60 || value % 100 == 80):
            value &+= word
        case .hundred where isJoined || language != .english, .thousand:
            value &+= word
        default: return false
        }
        last = word == 10 ? .teen : .closed
        return true
    }

    private mutating func joinTens(_ word: Int) -> Bool {
        switch last {
        case .unit where language == .french && word == 20 && value % 10 == 4 && value % 100 == 4:
            value = value &- 4 &+ 80
            last = .tens
        case .unit where language == .german && isJoined && value < 10 && value > 0:
            value &+= word
            last = .closed
        case .hundred where isJoined || language != .english, .thousand:
            value &+= word
            last = .tens
        default: return false
        }
        return true
    }
}

extension Scan {
    /// Spells a run: writes its characters, with the tokens of each, to the buffers. Returns how many.
    mutating func spell(_ run: SpokenRun) -> Int {
        var grammar = SpokenGrammar(run.language)
        var count = 0
        for index in run.first...run.last {
            steps &+= 1
            let token = tokens[index]
            let word = number(index)
            if token.kind == .digits {
                if grammar.isOpen, let number = grammar.finish() { count = write(number, count) }
                for offset in start(index)..<end(index) { count = write(text[offset], index, index, count) }
            } else if token.length == 1, isBesideLetter(index) {
                if let number = grammar.finish() { count = write(number, count) }
                count = write(text[start(index)] & 0xDF, index, index, count)
            } else if word.kind.isNumber || word.kind == .joiner && index < run.last,
                !word.languages.isDisjoint(with: run.language)
            {
                let next = index < run.last ? number(index &+ 1).kind : .none
                if word.kind == .unit, next == .unit, !grammar.isOpen {
                    // One digit after the other joins nothing.
                    count = write(0x30 &+ UInt8(truncatingIfNeeded: word.value), index, index, count)
                    continue
                }
                if let number = grammar.take(word, index, nextKind: next) { count = write(number, count) }
            } else if isSpelledLetter(index), word.kind != .filler, word.kind != .acknowledgement,
                word.kind != .joiner && isLetterInRun(index) || isClosingLetter(index)
            {
                if let number = grammar.finish() { count = write(number, count) }
                let letter = word.kind == .letter ? UInt8(truncatingIfNeeded: word.value) : text[start(index)] & 0xDF
                if letter < 0x80 { count = write(letter, index, index, count) }
            } else if word.kind != .filler, word.kind != .joiner {
                if let number = grammar.finish() { count = write(number, count) }
            }
        }
        if let number = grammar.finish() { count = write(number, count) }
        return count
    }

    @inline(__always)
    private func write(_ number: SpokenGrammar.Number, _ count: Int) -> Int {
        var count = count
        for _ in 0..<number.times {
            if number.value < 100 {
                if number.value >= 10 { count = write(number.value / 10, number, count) }
                count = write(number.value % 10, number, count)
                continue
            }
            var divisor = 1
            while number.value / divisor >= 10 { divisor &*= 10 }
            while divisor > 0 {
                count = write(number.value / divisor % 10, number, count)
                divisor /= 10
            }
        }
        return count
    }

    @inline(__always)
    private func write(_ digit: Int, _ number: SpokenGrammar.Number, _ count: Int) -> Int {
        write(0x30 &+ UInt8(truncatingIfNeeded: digit), number.firstToken, number.lastToken, count)
    }

    @inline(__always)
    private func write(_ character: UInt8, _ first: Int, _ last: Int, _ count: Int) -> Int {
        guard count < ScanBuffers.spokenLimit else { return count }
        buffers.characters[count] = character
        buffers.spoken[count] = SpokenCharacter(firstToken: first, lastToken: last)
        return count &+ 1
    }
}
