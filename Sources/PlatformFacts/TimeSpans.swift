internal import WallTime

/// Stretches of time that do not touch each other, in order; each with its first moment and without its last.
struct TimeSpans: Sendable, Hashable {
    /// In milliseconds since 1970.
    private(set) var ranges: [Range<Int64>]

    /// Joins what touches or overlaps; empty stretches are left out.
    init(_ spans: some Sequence<Range<Int64>> = []) {
        ranges = []
        for span in spans.filter({ !$0.isEmpty }).sorted(by: {
            ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound)
        }) {
            if let last = ranges.last, span.lowerBound <= last.upperBound {
                ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, span.upperBound)
            } else {
                ranges.append(span)
            }
        }
    }

    func union(_ other: TimeSpans) -> TimeSpans { TimeSpans(ranges + other.ranges) }

    /// What lies in a stretch.
    func clamped(to span: Range<Int64>) -> TimeSpans { TimeSpans(ranges.map { $0.clamped(to: span) }) }

    /// What is left without the other's.
    func subtracting(_ other: TimeSpans) -> TimeSpans {
        var left: [Range<Int64>] = []
        for range in ranges {
            var begin = range.lowerBound
            for hole in other.ranges where hole.overlaps(range) {
                if begin < hole.lowerBound { left.append(begin..<hole.lowerBound) }
                begin = max(begin, hole.upperBound)
            }
            if begin < range.upperBound { left.append(begin..<range.upperBound) }
        }
        return TimeSpans(left)
    }
}

extension Timestamp {
    /// The stretch from here to a later moment; empty when it is not later.
    func until(_ end: Timestamp) -> Range<Int64> { milliseconds..<max(milliseconds, end.milliseconds) }

    /// The first moment of its day in UTC.
    var dayStart: Timestamp {
        let inDay = milliseconds % 86_400_000
        return Timestamp(milliseconds: milliseconds - (inDay < 0 ? inDay + 86_400_000 : inDay))
    }
}
