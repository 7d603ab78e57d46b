import NIOHTTP1
public import WallTime

/// Who works when and in which queues.
extension GenesysClient {
    /// The business units whose schedules this client may see
    /// (`GET /api/v2/workforcemanagement/businessunits?feature=BuSchedules`; no permission of its own).
    public func businessUnits() async throws -> [String] {
        let listing: BusinessUnits = try await facts(
            try Call("/workforcemanagement/businessunits", query: [("feature", "BuSchedules")])
        )
        return listing.ids
    }

    /// The published schedules of a business unit's agents in a period
    /// (`POST /api/v2/workforcemanagement/businessunits/{id}/agentschedules/search`; permission `wfm:publishedSchedule:view` or
    /// `wfm:schedule:view`).
    ///
    /// The platform answers small searches at once. The answer to a large one it makes later and tells of on a notification channel
    /// (HTTP 202), or lays down at another address (`downloadUrl`); neither is followed.
    /// - Returns: nil when the reply does not hold the answer: a shorter period has to be asked for.
    public func agentSchedules(businessUnit: String, from: Timestamp, to: Timestamp) async throws -> AgentSchedules? {
        struct Search: Encodable {
            let startDate: String
            let endDate: String
        }
        let search = Search(startDate: from.description, endDate: to.description)
        do {
            let answer: ScheduleSearch = try await facts(
                try Call(
                    "/workforcemanagement/businessunits/{id}/agentschedules/search",
                    id: businessUnit,
                    method: .POST,
                    body: Self.json(search)
                )
            )
            return answer.result
        } catch let error as GenesysError where error.isOfSize {
            return nil
        }
    }

    /// All queues (`GET /api/v2/routing/queues`; permission `routing:queue:view`).
    public func queues() async throws -> [String] {
        try await ids { try Call("/routing/queues", query: $0) }
    }

    /// The users who are members of a queue, whether they take its interactions at the moment or not
    /// (`GET /api/v2/routing/queues/{id}/members`; permission `routing:queue:view`).
    public func members(ofQueue id: String) async throws -> [String] {
        try await ids { try Call("/routing/queues/{id}/members", id: id, query: $0) }
    }

    /// All ids of a listing. Rows can move between pages, so each is told once.
    private func ids(_ call: ([(name: String, value: String)]) throws -> Call) async throws -> [String] {
        /// The most rows of a page that the platform documents.
        let size = 100
        var found: Set<String> = []
        var number = 1
        while true {
            let page: IDPage = try await facts(
                try call([("pageSize", String(size)), ("pageNumber", String(number))])
            )
            found.formUnion(page.ids)
            let isLast = page.pageCount.map { number >= $0 } ?? (page.rows < size)
            if isLast || page.rows == 0 { return found.sorted() }
            number += 1
        }
    }
}

extension GenesysError {
    /// Whether the answer was too large, for the platform or for this client.
    public var isOfSize: Bool {
        if case .replyTooLarge = kind { return true }
        return code == "response.entity.too.large"
    }
}
