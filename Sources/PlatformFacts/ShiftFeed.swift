public import Genesys
internal import JSON
internal import Ledger
public import WallTime

/// When agents work by their published schedules, of the last days and the next one.
///
/// A fact is an agent's schedule of one day in UTC. It is asked for again in every round, so that a shift that was moved, swapped or
/// withdrawn replaces the one before, and a schedule that is not published any more is said not to be known.
public actor ShiftFeed: FactFeed {
    /// How it asks.
    public struct Settings: Sendable, Hashable {
        /// How long to wait between two rounds.
        public var interval: Duration = .seconds(900)
        /// The business units; all that the client may see, when it is empty.
        public var businessUnits: [String] = []
        /// How many days back schedules are asked for again, today not counted.
        public var rereadDays: Int64 = 2

        /// Every quarter of an hour, all business units, two days back.
        public init() {}
    }

    /// As far back as a week in which today lies can have begun: a shift in it shows that an agent stands in its schedule.
    private static let weekDays: Int64 = 7
    /// Today, and tomorrow so that a day's facts are there when it begins.
    private static let daysAhead: Int64 = 2
    /// The shortest period that is asked for. An hour of the largest business unit, 5,000 agents (Genesys Cloud Resource Center,
    /// "Business units overview"), fits into a reply.
    private static let shortestSeconds: Int64 = 3600
    private static let daySeconds: Int64 = 86_400

    public nonisolated let name = "shifts"
    public nonisolated var interval: Duration { settings.interval }

    private let client: GenesysClient
    private nonisolated let settings: Settings
    /// The period that a business unit's answers have fitted into a reply for, in seconds.
    private var slices: [String: Int64] = [:]

    /// Makes a feed; nothing is asked before its first round.
    public init(_ client: GenesysClient, settings: Settings) {
        self.client = client
        self.settings = settings
    }

    public func round(after through: Timestamp?, now: Timestamp, record: FactRecorder) async throws -> FeedRound {
        let units = settings.businessUnits.isEmpty ? try await client.businessUnits() : settings.businessUnits
        guard !units.isEmpty else { throw FeedError.noBusinessUnit }
        let today = now.dayStart
        // One day more, for shifts that began the day before.
        let back = max(Self.weekDays, settings.rereadDays + 1)
        let asked =
            today.adding(seconds: -back * Self.daySeconds)..<today.adding(seconds: Self.daysAhead * Self.daySeconds)
        // Nothing is recorded before all units were heard: who left one for another would seem to be off.
        var calendars: [String: PublishedShifts.Calendar] = [:]
        var unreadable: Set<String> = []
        var (nameless, replies) = (0, 0)
        for unit in units.sorted() {
            let shifts = try await shifts(of: unit, in: asked)
            unreadable.formUnion(shifts.unreadable)
            nameless += shifts.nameless
            replies += shifts.replies
            for (agent, calendar) in shifts.calendars() { calendars[agent, default: .init()].add(calendar) }
        }
        for agent in unreadable { calendars[agent] = nil }
        // A row that names nobody may be the one that has the shift of somebody whom other replies name.
        if nameless > 0, replies > 1 { calendars = [:] }
        for day in -settings.rereadDays..<Self.daysAhead {
            try await self.record(calendars, of: today.adding(seconds: day * Self.daySeconds), at: now, record)
        }
        return FeedRound(
            through: now,
            note: unreadable.isEmpty && nameless == 0
                ? nil
                : "the schedules of \(unreadable.count) agents could not be read, and \(nameless) rows name nobody"
        )
    }

    /// Asks for a business unit's schedules, in parts when an answer does not fit into a reply.
    private func shifts(of unit: String, in asked: Range<Timestamp>) async throws -> PublishedShifts {
        var shifts = PublishedShifts()
        let whole = asked.lowerBound.until(asked.upperBound).count / 1000
        var slice = slices[unit] ?? Int64(whole)
        var from = asked.lowerBound
        while from < asked.upperBound {
            let to = min(asked.upperBound, from.adding(seconds: slice))
            if let reply = try await client.agentSchedules(businessUnit: unit, from: from, to: to) {
                shifts.add(reply)
                from = to
                continue
            }
            guard slice > Self.shortestSeconds else { throw FeedError.schedulesTooLarge }
            slice = max(Self.shortestSeconds, slice / 2)
            // Later rounds begin with the shorter period.
            slices[unit] = slice
        }
        return shifts
    }

    /// Records a day, and takes back what was recorded of agents of whom nothing is known now.
    private func record(
        _ calendars: [String: PublishedShifts.Calendar],
        of day: Timestamp,
        at now: Timestamp,
        _ record: FactRecorder
    ) async throws {
        let end = day.adding(seconds: Self.daySeconds)
        let span = day.until(end)
        let date = day.description.prefix(10) + "/"
        var found: [String: [String: JSONValue]] = [:]
        for (agent, calendar) in calendars { found[agent] = calendar.fields(span, of: agent) }
        for key in try await record.keys(prefix: String(date)) {
            let agent = String(key.dropFirst(date.count))
            guard found[agent] == nil else { continue }
            found[agent] = [
                "agentId": .string(agent), "from": .string(day.description), "to": .string(end.description),
            ]
        }
        let facts = found.sorted { $0.key < $1.key }.map { agent, fields in
            Fact(key: date + agent, type: .scheduleRecorded, timestamp: now, fields: fields)
        }
        try await record(facts)
    }
}
