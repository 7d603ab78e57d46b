/// Where a scan stands between two passes: all that the next pass must know besides the text.
///
/// A pass reads one cluster after the other. It stops at the first one whose reading the text that is still to come could change,
/// and takes nothing of it along: the next pass reads that cluster again from the same state, with more text. The clusters are
/// therefore the same, in the same order and from the same states, however the text is cut, and a stream finds what the whole text
/// gives. What is let out is another matter: ``settled`` may stay behind, never run ahead of what a later cluster can reach.
struct ScanProgress {
    /// Up to where all is decided: nothing that is found later begins before.
    var settled = 0
    /// The first word that was not read: clusters begin at it or after it.
    var cursor = 0
    /// Where the first word begins that no cluster has used.
    var next = 0
    /// End of the last cluster: a later one never begins before it.
    var floor = 0
    /// True when the text stopped within a word of which nothing is read any more.
    var isWithinWord = false
    /// The last card number or expiry date.
    var lastCard = LastCard()

    /// The same in a text that begins `start` bytes later.
    func relative(to start: Int) -> ScanProgress {
        var progress = self
        progress.settled -= start
        progress.cursor = max(0, cursor - start)
        progress.next = max(0, next - start)
        progress.floor = max(0, floor - start)
        progress.lastCard = lastCard.relative(to: start)
        return progress
    }

    /// The same in the text that the window at `start` belongs to.
    func absolute(from start: Int) -> ScanProgress {
        var progress = self
        progress.settled += start
        progress.cursor += start
        progress.next += start
        progress.floor += start
        progress.lastCard = lastCard.absolute(from: start)
        return progress
    }

    /// The same in the folded text.
    func folded(_ folding: borrowing Folding) -> ScanProgress {
        var progress = self
        progress.settled = folding.folded(settled)
        progress.cursor = folding.folded(cursor)
        progress.next = folding.folded(next)
        progress.floor = folding.folded(floor)
        if lastCard.end >= 0 { progress.lastCard.end = folding.folded(lastCard.end) }
        return progress
    }

    /// The same in the original of the folded text.
    func original(_ folding: borrowing Folding) -> ScanProgress {
        var progress = self
        progress.settled = folding.originalStart(settled)
        progress.cursor = folding.originalStart(cursor)
        progress.next = folding.originalStart(next)
        progress.floor = folding.originalEnd(floor)
        if lastCard.end > 0 { progress.lastCard.end = folding.originalEnd(lastCard.end) }
        return progress
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

extension Finding {
    /// The same in a text with `count` bytes more before it.
    func moved(by count: Int) -> Finding {
        var finding = self
        finding.start += count
        finding.end += count
        if finding.contextOffset >= 0 { finding.contextOffset += count }
        return finding
    }

    /// The same in the original of the folded text.
    func original(_ folding: borrowing Folding) -> Finding {
        var finding = self
        finding.start = folding.originalStart(start)
        finding.end = folding.originalEnd(end)
        if contextOffset >= 0 { finding.contextOffset = folding.originalStart(contextOffset) }
        return finding
    }

    /// The same in the folded text.
    func folded(_ folding: borrowing Folding) -> Finding {
        var finding = self
        finding.start = folding.folded(start)
        finding.end = folding.folded(end)
        if contextOffset >= 0 { finding.contextOffset = folding.folded(contextOffset) }
        return finding
    }
}
