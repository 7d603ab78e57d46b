/// Numbers that are corrected while they are said: "four two, no, four three". What was said before stays in no case.
extension Scan {
    /// True when a "no" follows token `last` within a pause.
    @inline(__always)
    func isFollowedByCorrection(_ last: Int) -> Bool {
        var index = last &+ 1
        while index < tokenCount, index &- last <= Self.longestGap, end(index) &- end(last) < Scan.lookAhead &- 8,
            isPause(end(index &- 1), start(index))
        {
            switch number(index).kind {
            case .correction: return true
            case .filler, .acknowledgement: index &+= 1
            default: return tokens[index].length == 1 && isFollowedByOne(index)
            }
        }
        return false
    }

    /// The same behind a number in digits: only with a comma or another word beside the "no", which may also stand for "number".
    @inline(__always)
    func isFollowedByWrittenCorrection(_ last: Int) -> Bool {
        guard last &+ 1 < tokenCount, tokens[last &+ 1].entry != 0 || tokens[last &+ 1].length == 1,
            tokens[last &+ 1].kind == .letters, isFollowedByCorrection(last)
        else {
            return false
        }
        for offset in end(last)..<start(last &+ 1) where text[offset] == 0x2C || text[offset] == 0x2D { return true }
        guard number(last &+ 1).kind == .correction, last &+ 2 < tokenCount else { return true }
        return number(last &+ 2).kind == .filler || byte(end(last &+ 1)) == 0x2C
    }

    /// "I mean"
    @inline(__always)
    private func isFollowedByOne(_ index: Int) -> Bool {
        index &+ 1 < tokenCount && number(index &+ 1).kind == .correction
    }

    /// Reads the run that goes on behind the correction after `run`. True when something was found: then all of it is one finding, from
    /// the first word of the run to the last of its correction.
    mutating func readCorrected(_ run: SpokenRun, _ findings: inout [Finding]) -> Bool {
        let whole = collect(run.first, isCorrected: true)
        // What is nothing with all its corrections is not tried from each of them.
        lastRun = (run.first, whole.last)
        guard whole.last > run.last, !whole.hasLineBreak else { return false }
        let wholeEnd = end(whole.last)
        if mustWait(clusterStart(run.first), wholeEnd, reach(after: whole.last, Scan.pause)) { return false }
        candidateCount = 0
        if readSpokenDate(run) { return accept(whole, &findings) }
        candidateCount = 0
        spokenLanguage = whole.language
        let count = spell(whole)
        var said = 0
        while said < count, buffers.spoken[said].lastToken <= run.last { said &+= 1 }
        guard said > 0, said < count else { return false }
        readSpokenWindow(0, said)
        readSpokenWindow(0, count)
        // Nobody says how many of the digits before are taken back: each number is tried, down to all of them.
        let head = buffers.spoken[0].firstToken
        var left = count
        for _ in 0..<said {
            let taken = said &- (count &- left) &- 1
            for place in taken..<left &- 1 {
                buffers.characters[place] = buffers.characters[place &+ 1]
                buffers.spoken[place] = buffers.spoken[place &+ 1]
            }
            // The corrected number stands where the first one began: there its context is.
            buffers.spoken[0].firstToken = head
            left &-= 1
            steps &+= left
            readSpokenWindow(0, left)
        }
        return candidateCount > 0 && accept(whole, &findings)
    }

    /// Makes the best candidate a finding over the whole run.
    private mutating func accept(_ whole: SpokenRun, _ findings: inout [Finding]) -> Bool {
        let mark = findings.count
        _ = resolve(from: 0, &findings)
        guard var finding = findings[mark...].max(by: { $0.score < $1.score }) else { return false }
        findings.removeLast(findings.count &- mark)
        finding.start = min(finding.start, start(whole.first))
        finding.end = max(finding.end, end(whole.last))
        accept(finding, after: whole.last &+ 1, &findings)
        return true
    }
}
