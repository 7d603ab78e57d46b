internal import JSON
internal import WallTime

/// What is known of agents' published schedules: for which periods, and the shifts in them.
struct ShiftCalendar: Codable, Sendable {
    private struct Period: Codable, Sendable {
        let from: Int64
        let to: Int64
        /// Beginnings and ends, in order.
        let shifts: [[Int64]]

        func part(from: Int64, to: Int64) -> Period? {
            let (from, to) = (max(from, self.from), min(to, self.to))
            guard from < to else { return nil }
            return Period(from: from, to: to, shifts: shifts)
        }

        func hasShift(around time: Int64, grace: Int64) -> Bool {
            shifts.contains { shift in
                guard shift.count == 2 else { return false }
                let (begin, end) = (max(shift[0], from), min(shift[1], to))
                return begin < end && begin - grace <= time && time <= end + grace
            }
        }
    }

    /// Whether somebody works at a moment.
    enum Answer: String, Sendable {
        case on, off
        /// No schedule of the moment is known; that is nobody's fault.
        case unknown
    }

    /// Of each agent the periods, in order and apart from each other.
    private var periods: [String: [Period]] = [:]

    /// Takes in the schedule of a period, in place of what was known of it.
    /// - Parameter shifts: beginnings and ends; nil when the schedule is not known any more.
    mutating func record(_ agent: String, from: Int64, to: Int64, shifts: [(from: Int64, to: Int64)]?) {
        guard from < to else { return }
        var known = (periods[agent] ?? []).flatMap {
            [$0.part(from: .min, to: from), $0.part(from: to, to: .max)].compactMap(\.self)
        }
        if let shifts {
            let inOrder = shifts.map { [$0.from, $0.to] }.sorted { ($0[0], $0[1]) < ($1[0], $1[1]) }
            known.append(Period(from: from, to: to, shifts: inOrder))
        }
        periods[agent] = known.isEmpty ? nil : known.sorted { $0.from < $1.from }
    }

    /// Whether the agent works at a moment.
    /// - Parameter grace: milliseconds before and after a shift that still belong to it.
    func answer(of agent: String, at time: Int64, grace: Int64) -> Answer {
        let own = periods[agent] ?? []
        if own.contains(where: { $0.hasShift(around: time, grace: grace) }) { return .on }
        // Nobody is off as long as a shift that is not known may begin or have ended within the grace.
        var reached = time - grace
        for period in own where period.from <= reached && reached < period.to { reached = period.to }
        return reached > time + grace ? .off : .unknown
    }

    /// Drops what ended before a moment.
    mutating func forget(before oldest: Int64) {
        guard periods.values.contains(where: { $0.contains { $0.to < oldest } }) else { return }
        periods = periods.mapValues { $0.filter { $0.to >= oldest } }.filter { !$0.value.isEmpty }
    }
}

extension LedgerEvent {
    /// The shifts of a schedule's event, each `from/to`; nil when it has none or one that cannot be read: then nothing is known.
    var shifts: [(from: Int64, to: Int64)]? {
        guard let texts = fields["shifts"]?.array else { return nil }
        var shifts: [(from: Int64, to: Int64)] = []
        for text in texts {
            let ends = text.string?.split(separator: "/", omittingEmptySubsequences: false).map { Timestamp($0) } ?? []
            guard ends.count == 2, let from = ends[0], let to = ends[1], from <= to else { return nil }
            shifts.append((from.milliseconds, to.milliseconds))
        }
        return shifts
    }
}
