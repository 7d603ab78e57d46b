internal import Genesys
internal import JSON
internal import WallTime

/// What a business unit's published schedules come to: for which time the schedule of each agent is known, and when they work in it.
///
/// An agent's schedule is known for the weeks of a published schedule in which the agent stands, with a shift or a day off. Who does not
/// stand in it was not scheduled, and nothing is known of them.
struct PublishedShifts: Sendable {
    /// A schedule's dates are the business unit's. East of Greenwich they begin up to fourteen hours before those of UTC, west of it up to
    /// twelve after them (the ends of the tz database): what lies between is not taken to be known, where no other week joins on.
    private static let latestBeginning: Int64 = 12 * 3_600_000
    private static let earliestEnd: Int64 = 14 * 3_600_000

    private struct Agent {
        var worked: [Range<Int64>] = []
        var timeOff: [Range<Int64>] = []
        var schedules: Set<String> = []
        var starts: [Int64] = []
        var daysOff: [Int64] = []
    }

    /// The schedule of an agent.
    struct Calendar: Sendable, Hashable {
        /// When it is known.
        var known = TimeSpans()
        /// When the agent works.
        var shifts = TimeSpans()
    }

    private var published: [String: AgentSchedules.Published] = [:]
    private var agents: [String: Agent] = [:]
    /// Agents of whom some reply held something that could not be read: nothing is known of them.
    private(set) var unreadable: Set<String> = []
    /// Rows that may be anybody's.
    private(set) var nameless = 0
    /// Replies.
    private(set) var replies = 0

    /// Takes in a reply; those of neighbouring periods tell of some shifts twice.
    mutating func add(_ reply: AgentSchedules) {
        unreadable.formUnion(reply.unreadable)
        nameless += reply.nameless
        replies += 1
        for schedule in reply.published { published[schedule.id] = schedule }
        for agent in reply.agents {
            var known = agents[agent.userID] ?? Agent()
            for shift in agent.shifts {
                known.worked.append(shift.span.from.until(shift.span.to))
                known.timeOff += shift.timeOff.map { $0.from.until($0.to) }
                if let schedule = shift.scheduleID {
                    known.schedules.insert(schedule)
                } else {
                    known.starts.append(shift.span.from.milliseconds)
                }
            }
            known.daysOff += agent.daysOff.map(\.milliseconds)
            agents[agent.userID] = known
        }
    }

    /// The schedules of all agents who have one.
    func calendars() -> [String: Calendar] {
        let published = published.values.sorted { $0.id < $1.id }
        return agents.compactMapValues { agent in
            let weeks = published.filter { schedule in
                let dates = schedule.from.until(schedule.to)
                return agent.schedules.contains(schedule.id) || agent.daysOff.contains(where: dates.contains)
                    || agent.starts.contains(where: Self.surely(dates).contains)
            }
            // Weeks that follow each other are joined before their ends are cut.
            let known = TimeSpans(weeks.map { $0.from.until($0.to) }).ranges.map(Self.surely)
            guard !known.isEmpty else { return nil }
            let shifts = TimeSpans(agent.worked).subtracting(TimeSpans(agent.timeOff))
            return Calendar(known: TimeSpans(known), shifts: shifts)
        }
    }

    /// The part of a stretch of dates that lies in it in every time zone.
    private static func surely(_ dates: Range<Int64>) -> Range<Int64> {
        dates.lowerBound + latestBeginning..<dates.upperBound - earliestEnd
    }
}

extension PublishedShifts.Calendar {
    /// More stretches than this in a day are no schedule of a person.
    static let mostShifts = 48

    /// Adds what another business unit says: agents who changed over stand in both.
    mutating func add(_ other: Self) {
        known = known.union(other.known)
        shifts = shifts.union(other.shifts)
    }

    /// What is known of a day, for the record; nil when nothing is.
    func fields(_ day: Range<Int64>, of agent: String) -> [String: JSONValue]? {
        guard let period = known.clamped(to: day).ranges.first else { return nil }
        let inPeriod = shifts.clamped(to: period).ranges
        guard inPeriod.count <= Self.mostShifts else { return nil }
        func text(_ milliseconds: Int64) -> String { Timestamp(milliseconds: milliseconds).description }
        return [
            "agentId": .string(agent), "from": .string(text(period.lowerBound)), "to": .string(text(period.upperBound)),
            "shifts": .array(inPeriod.map { .string("\(text($0.lowerBound))/\(text($0.upperBound))") }),
        ]
    }
}
