public import WallTime

/// The published schedules of a business unit's agents in a period. Shifts are moments in UTC with a length, so that midnight and
/// changes of the clock mean nothing to them; weeks and days off are dates of the business unit's own calendar. What activities are
/// called is not read.
public struct AgentSchedules: Sendable, Hashable, Decodable {
    /// A stretch of time.
    public struct Span: Sendable, Hashable, Decodable {
        /// Its beginning.
        public let from: Timestamp
        /// Its end.
        public let to: Timestamp

        /// Reads `startDate` and `lengthMinutes`, as shifts and activities have them.
        public init(from decoder: any Decoder) throws {
            self = try Wire(from: decoder).span()
        }

        fileprivate init(from: Timestamp, to: Timestamp) {
            self.from = from
            self.to = to
        }

        fileprivate struct Wire: Decodable {
            let startDate: String
            let lengthMinutes: Int64

            func span() throws -> Span {
                guard let from = Timestamp(startDate), (0...AgentSchedules.longestMinutes).contains(lengthMinutes)
                else {
                    throw Unreadable()
                }
                return Span(from: from, to: from.adding(seconds: lengthMinutes * 60))
            }
        }
    }

    /// A shift.
    public struct Shift: Sendable, Hashable, Decodable {
        /// From its beginning to its end.
        public let span: Span
        /// The schedule that it belongs to.
        public let scheduleID: String?
        /// Its activities that are time off.
        public let timeOff: [Span]

        /// Reads `BuAgentScheduleShift` of the API.
        public init(from decoder: any Decoder) throws {
            let wire = try Wire(from: decoder)
            span = try Span(from: decoder)
            scheduleID = wire.schedule?.value?.id.plain()?.lowercased()
            let activities = wire.activities?.value ?? []
            timeOff = try activities.filter { $0.timeOffRequestId.plain() != nil }.map { try $0.span() }
        }

        private struct Wire: Decodable {
            let activities: Lenient<[Activity]>?
            let schedule: Lenient<Reference>?
        }

        private struct Reference: Decodable { let id: Lenient<String>? }

        /// `BuAgentScheduleActivity` of the API; a request of time off tells those of it from the others.
        private struct Activity: Decodable {
            let startDate: Lenient<String>?
            let lengthMinutes: Lenient<Int64>?
            let timeOffRequestId: Lenient<String>?

            func span() throws -> Span {
                guard let startDate = startDate.plain(), let lengthMinutes = lengthMinutes.plain() else {
                    throw Unreadable()
                }
                return try Span.Wire(startDate: startDate, lengthMinutes: lengthMinutes).span()
            }
        }
    }

    /// What is published of one agent.
    public struct Agent: Sendable, Hashable, Decodable {
        /// The user's id, lower case.
        public let userID: String
        /// The shifts, in the platform's order.
        public let shifts: [Shift]
        /// Whole days off: the first moment of each date in UTC, though it is a date of the business unit's calendar.
        public let daysOff: [Timestamp]

        /// Reads `BuAgentScheduleSearchResponse` of the API. One shift that cannot be read makes the whole of it unreadable: who is
        /// known only in part would seem to be off.
        public init(from decoder: any Decoder) throws {
            userID = try Named(from: decoder).userID
            let wire = try Wire(from: decoder)
            shifts = wire.shifts ?? []
            daysOff = (wire.fullDayTimeOffMarkers ?? []).compactMap { Timestamp($0.businessUnitDate) }
        }

        private struct Wire: Decodable {
            let shifts: [Shift]?
            let fullDayTimeOffMarkers: [Marker]?
        }

        private struct Marker: Decodable { let businessUnitDate: String }
    }

    /// Whom a row is about.
    private struct Named: Decodable {
        let userID: String

        init(from decoder: any Decoder) throws {
            userID = try Wire(from: decoder).user.id.lowercased()
            guard !userID.isEmpty, userID.utf8.count <= 128 else { throw Unreadable() }
        }

        private struct Wire: Decodable { let user: Reference }
        private struct Reference: Decodable { let id: String }
    }

    /// A schedule that was published.
    public struct Published: Sendable, Hashable, Decodable {
        /// Its id, lower case.
        public let id: String
        /// The first moment of its first date in UTC, though it is a date of the business unit's calendar.
        public let from: Timestamp
        /// The same of the date after its last.
        public let to: Timestamp

        /// Reads `BuAgentSchedulePublishedScheduleReference` of the API.
        public init(from decoder: any Decoder) throws {
            let wire = try Wire(from: decoder)
            id = wire.id.lowercased()
            let weeks = wire.weekCount.plain() ?? 1
            guard let from = Timestamp(wire.weekDate), (1...AgentSchedules.mostWeeks).contains(weeks) else {
                throw Unreadable()
            }
            self.from = from
            to = from.adding(seconds: weeks * 7 * 86_400)
        }

        private struct Wire: Decodable {
            let id: String
            let weekDate: String
            let weekCount: Lenient<Int64>?
        }
    }

    /// Longer than any shift: a week.
    static let longestMinutes: Int64 = 7 * 1440
    /// Longer than any schedule: half a year. The platform makes them for up to six weeks.
    static let mostWeeks: Int64 = 26

    private struct Unreadable: Error {}

    /// A row, whose agent is nil when more than the name cannot be read.
    private struct Row: Decodable {
        let userID: String
        let agent: Agent?

        init(from decoder: any Decoder) throws {
            userID = try Named(from: decoder).userID
            agent = try? Agent(from: decoder)
        }
    }

    /// The agents who could be read.
    public let agents: [Agent]
    /// The users, lower case, whose schedules could not.
    public let unreadable: [String]
    /// How many rows do not even say whose they are.
    public let nameless: Int
    /// The published schedules that the period touches.
    public let published: [Published]

    /// Reads `BuAgentSchedulesSearchResponse` of the API.
    public init(from decoder: any Decoder) throws {
        let wire = try Wire(from: decoder)
        let rows = wire.agentSchedules ?? []
        agents = rows.compactMap { $0.value?.agent }
        unreadable = rows.compactMap(\.value).filter { $0.agent == nil }.map(\.userID)
        nameless = rows.count - agents.count - unreadable.count
        published = (wire.publishedSchedules ?? []).compactMap(\.value)
    }

    private struct Wire: Decodable {
        let agentSchedules: [Lenient<Row>]?
        let publishedSchedules: [Lenient<Published>]?
    }
}

/// The answer to a search for published schedules.
struct ScheduleSearch: Decodable {
    /// Nil unless the answer holds it: a large one is made later and told of elsewhere, or lies at another address.
    let result: AgentSchedules?

    /// Reads `BuAsyncAgentSchedulesSearchResponse` of the API.
    init(from decoder: any Decoder) throws {
        let wire = try Wire(from: decoder)
        result = wire.status.plain()?.lowercased() == "complete" ? wire.result : nil
    }

    private struct Wire: Decodable {
        let status: Lenient<String>?
        let result: AgentSchedules?
    }
}

/// The business units of workforce management.
struct BusinessUnits: Decodable {
    let ids: [String]

    init(from decoder: any Decoder) throws {
        ids = try Wire(from: decoder).entities.elements().compactMap { $0.id.plain() }
    }

    private struct Wire: Decodable { let entities: Lenient<[Lenient<Named>]>? }
    private struct Named: Decodable { let id: Lenient<String>? }
}

/// One page of ids: of queues, or of the users who are members of a queue.
struct IDPage: Decodable {
    let ids: [String]
    let rows: Int
    let pageCount: Int?

    init(from decoder: any Decoder) throws {
        let wire = try Wire(from: decoder)
        let entities = wire.entities
        ids = entities.compactMap { $0.value?.id.plain()?.lowercased() }
        rows = entities.count
        pageCount = wire.pageCount.plain()
    }

    private struct Wire: Decodable {
        let entities: [Lenient<Named>]
        let pageCount: Lenient<Int>?
    }

    private struct Named: Decodable { let id: Lenient<String>? }
}
