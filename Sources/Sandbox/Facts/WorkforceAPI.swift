import FoundationEssentials
import WallTime

/// The pretend platform's answers about queues' members and agents' published schedules.
struct WorkforceAPI: Sendable {
    /// What each route demands.
    static let permissions = [
        "GET /api/v2/routing/queues": "routing:queue:view",
        "GET /api/v2/routing/queues/{id}/members": "routing:queue:view",
        "POST /api/v2/workforcemanagement/businessunits/{id}/agentschedules/search": "wfm:publishedSchedule:view",
    ]
    static let routes = permissions.keys.sorted() + ["GET /api/v2/workforcemanagement/businessunits"]

    let state: SandboxState

    func serve(_ match: (template: String, id: String), _ request: Request) -> Response? {
        switch match.template {
        case "GET /api/v2/routing/queues":
            let queues = state.with { $0.world.queues }
            return page(queues.map { ["id": .string($0.id), "name": .string($0.name)] }, request)
        case "GET /api/v2/routing/queues/{id}/members": return members(match.id.lowercased(), request)
        case "GET /api/v2/workforcemanagement/businessunits":
            let units = state.with { $0.facts.workforce.units.keys.sorted() }
            return Response(200, ["entities": .array(units.map { ["id": .string($0), "name": "Business unit"] })])
        case "POST /api/v2/workforcemanagement/businessunits/{id}/agentschedules/search":
            return schedules(match.id.lowercased(), request)
        default: return nil
        }
    }

    private func page(_ entities: [JSON], _ request: Request) -> Response {
        let size = request.parameter("pageSize").flatMap { Int($0) } ?? 25
        let number = request.parameter("pageNumber").flatMap { Int($0) } ?? 1
        guard (1...100).contains(size), (1...100_000).contains(number) else {
            return .platformError(400, "invalid.value", "pageSize must be 1 to 100 and pageNumber 1 or more.")
        }
        return Response(
            200,
            [
                "entities": .array(Array(entities.dropFirst((number - 1) * size).prefix(size))),
                "pageSize": .number(size), "pageNumber": .number(number), "total": .number(entities.count),
                "pageCount": .number((entities.count + size - 1) / size),
            ]
        )
    }

    private func members(_ queue: String, _ request: Request) -> Response {
        let (world, workforce) = state.with { ($0.world, $0.facts.workforce) }
        guard world.queues.contains(where: { $0.id == queue }) else {
            return .platformError(404, "not.found", "Unable to find a queue with that id.")
        }
        let members = (workforce.members[queue] ?? []).sorted().map { user -> JSON in
            ["id": .string(user.uppercased()), "name": "Somebody's name", "joined": false, "memberBy": "user"]
        }
        return page(members, request)
    }

    // MARK: Schedules

    private func schedules(_ id: String, _ request: Request) -> Response {
        struct Search: Decodable {
            let startDate: String
            let endDate: String
            let userIds: [String]?
        }
        guard let search = try? JSONDecoder().decode(Search.self, from: Data(request.body)),
            let from = Timestamp(search.startDate), let to = Timestamp(search.endDate), from < to
        else { return .platformError(400, "bad.request", "The request could not be understood.") }
        let workforce = state.with { $0.facts.workforce }
        guard let unit = workforce.units[id] else {
            return .platformError(404, "not.found", "Unable to find a business unit with that id.")
        }
        if let hours = workforce.hoursInReply, to > from.adding(seconds: hours * 3600) {
            let operation = state.with { $0.generator.uuid() }
            // A middling answer is told of on a channel, a large one lies at another address.
            if to <= from.adding(seconds: 2 * hours * 3600) {
                return Response(202, ["status": "Processing", "operationId": .string(operation)])
            }
            return Response(
                200,
                [
                    "status": "Complete", "operationId": .string(operation),
                    "downloadUrl": .string("https://downloads.example.com/\(operation)"),
                ]
            )
        }
        let wanted = search.userIds.map { Set($0.map { $0.lowercased() }) }
        return Response(200, ["status": "Complete", "result": unit.json(from, to, wanted)])
    }
}

extension SandboxWorkforce.Unit {
    /// `BuAgentSchedulesSearchResponse` of the API.
    fileprivate func json(_ from: Timestamp, _ to: Timestamp, _ wanted: Set<String>?) -> JSON {
        // Dates are the business unit's, which lies an hour or two east of Greenwich.
        let published = weeks.sorted { $0.key < $1.key }.filter { _, week in
            week.start < to && from < week.start.adding(seconds: Int64(week.count) * 7 * 86_400)
        }
        let agents = schedules.sorted { $0.key < $1.key }.filter { wanted?.contains($0.key) ?? true }
        return [
            "businessUnitTimeZone": "Europe/Vienna",
            "publishedSchedules": .array(
                published.map { id, week in
                    ["id": .string(id), "weekDate": .date(week.start), "weekCount": .number(week.count)]
                }
            ),
            "agentSchedules": .array(
                published.isEmpty
                    ? []
                    : agents.map { user, schedule in
                        let shifts = schedule.shifts.filter { $0.from < to && from < $0.to }
                        return [
                            "user": ["id": .string(user.uppercased()), "selfUri": .string("/api/v2/users/\(user)")],
                            "shifts": .array(shifts.compactMap { json($0) }),
                            "fullDayTimeOffMarkers": .array(
                                schedule.daysOff.sorted().map {
                                    [
                                        "businessUnitDate": .date($0), "lengthMinutes": 480, "activityCodeId": "5",
                                        "paid": true,
                                    ]
                                }
                            ),
                        ]
                    }
            ),
        ]
    }

    /// `BuAgentScheduleShift` of the API; nil for one of no published week.
    private func json(_ shift: SandboxShift) -> JSON? {
        let week = weeks.sorted { $0.key < $1.key }.first { _, week in
            week.start.adding(seconds: -7200) <= shift.from
                && shift.from < week.start.adding(seconds: Int64(week.count) * 7 * 86_400 - 7200)
        }
        guard let week else { return nil }
        let work: JSON = [
            "startDate": .string(shift.from.description), "lengthMinutes": .number(shift.minutes),
            "activityCodeId": "0", "paid": true,
        ]
        let timeOff = shift.timeOff.map { span -> JSON in
            [
                "startDate": .string(span.from.description), "lengthMinutes": .number(span.minutes),
                "activityCodeId": "5", "paid": true, "timeOffRequestId": "request",
            ]
        }
        return [
            "id": .string("shift-\(shift.from.milliseconds)"), "startDate": .string(shift.from.description),
            "lengthMinutes": .number(shift.minutes), "activities": .array([work] + timeOff),
            "schedule": ["id": .string(week.key), "weekDate": .date(week.value.start)],
        ]
    }
}

extension JSON {
    /// A date of the business unit's calendar.
    fileprivate static func date(_ moment: Timestamp) -> JSON { .string(String(moment.description.prefix(10))) }
}
