public import WallTime

/// A shift of a pretend agent.
public struct SandboxShift: Sendable, Hashable {
    /// A stretch of time off within a shift.
    public struct TimeOff: Sendable, Hashable {
        /// Its beginning.
        public var from: Timestamp
        /// Its length.
        public var minutes: Int

        /// A stretch of time off.
        public init(from: Timestamp, minutes: Int) {
            self.from = from
            self.minutes = minutes
        }
    }

    /// Its beginning.
    public var from: Timestamp
    /// Its length.
    public var minutes: Int
    /// Time off within it.
    public var timeOff: [TimeOff] = []

    var to: Timestamp { from.adding(seconds: Int64(minutes) * 60) }

    /// A shift without time off.
    public init(from: Timestamp, minutes: Int) {
        self.from = from
        self.minutes = minutes
    }
}

/// Who works when and in which queues, in the pretend organisation.
struct SandboxWorkforce: Sendable {
    struct Week: Sendable {
        /// The first moment of its first date in UTC.
        let start: Timestamp
        let count: Int
    }

    struct Schedule: Sendable {
        var shifts: [SandboxShift] = []
        var daysOff: Set<Timestamp> = []
    }

    struct Unit: Sendable {
        /// The published schedules, by id.
        var weeks: [String: Week] = [:]
        /// By user.
        var schedules: [String: Schedule] = [:]
    }

    /// By id.
    var units: [String: Unit]
    /// The members of each queue.
    var members: [String: Set<String>] = [:]
    /// Longer periods than this are answered elsewhere than in the reply.
    var hoursInReply: Int64?

    init(unit: String) { units = [unit: Unit()] }
}

extension Sandbox {
    /// Publishes a schedule of a business unit, made when it is unknown.
    /// - Parameter week: the first moment in UTC of its first date.
    public nonisolated func publish(_ schedule: String, week: Timestamp, weeks: Int = 1, unit: String? = nil) {
        change(unit) { $0.weeks[schedule] = .init(start: week, count: weeks) }
    }

    /// Withdraws a published schedule.
    public nonisolated func withdraw(_ schedule: String, unit: String? = nil) {
        change(unit) { $0.weeks[schedule] = nil }
    }

    /// Sets the shifts of an agent, and the dates on which the agent has the whole day off. Only those in published weeks are shown.
    public nonisolated func schedule(
        _ agent: String,
        _ shifts: [SandboxShift],
        daysOff: Set<Timestamp> = [],
        unit: String? = nil
    ) {
        change(unit) { $0.schedules[agent.lowercased()] = .init(shifts: shifts, daysOff: daysOff) }
    }

    /// Answers searches for schedules of longer periods elsewhere than in the reply, as the platform does with large ones.
    public nonisolated func answerSchedules(upToHours hours: Int64?) {
        state.with { $0.facts.workforce.hoursInReply = hours }
    }

    /// Makes an agent a member of a queue, or ends that.
    public nonisolated func setMember(_ agent: String, of queue: String, _ isMember: Bool = true) {
        state.with { contents in
            if isMember {
                contents.facts.workforce.members[queue, default: []].insert(agent)
            } else {
                contents.facts.workforce.members[queue]?.remove(agent)
            }
        }
    }

    private nonisolated func change(_ unit: String?, _ body: (inout SandboxWorkforce.Unit) -> Void) {
        state.with { contents in
            let id = unit ?? contents.world.directory.businessUnit
            body(&contents.facts.workforce.units[id, default: .init()])
        }
    }
}
