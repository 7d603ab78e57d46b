import AccessPolicy
import Gateway
import JSON
import Redaction

/// Reads routes.
struct RouteReader {
    let upstreams: [NetworkReader.UpstreamReading]
    /// Whether these are all upstreams of the file.
    let areUpstreamsComplete: Bool

    /// What was read of a route.
    struct Reading {
        let name: String
        let section: Section
        /// The upstream that it names, there or not.
        let upstream: String?
        let spools: Bool
        /// What policies may speak about.
        let schema: PolicySchema.Route
        /// Whether purposes and fields were all understood, so that a policy can be judged by them.
        let isSchemaSound: Bool
        /// Nil when it cannot be used.
        let route: Route?
    }

    func route(_ name: String, _ section: Section) -> Reading {
        defer { section.end() }
        Names.check(name, section)
        let before = section.source.collector.count
        let purposes = purposes(section)
        let fields = fields(section)
        let isSchemaSound = section.isSound && section.source.collector.count == before

        let defaultPurpose = section.text("defaultPurpose")
        if let defaultPurpose, !purposes.isEmpty, !purposes.contains(defaultPurpose) {
            section.problem("defaultPurpose", "is not one of the route's purposes: \(purposes.joined(separator: ", "))")
        }
        let upstreamName = section.requiredText("upstream", example: upstreams.first?.name ?? "crm")
        let upstream = upstreams.first { $0.name == upstreamName }
        if upstreamName != nil, upstream == nil, areUpstreamsComplete {
            let known = upstreams.map(\.name).joined(separator: ", ")
            section.problem("upstream", "is not configured; known: \(known)")
        }
        let budget = budget(section, timeout: upstream?.timeoutMilliseconds)
        let objective = objective(section, budget: budget)
        let request = request(section)
        let failMode = section.choice("failMode", Route.FailMode.self) ?? .refuse
        let mode = section.choice("mode", Route.Mode.self) ?? .enforce
        let maximum = section.size("maximumResponse", in: 1 << 10...64 << 20) ?? 1 << 20
        let velocity = velocity(section)
        let customerField = customerField(section, of: fields)
        let route = request.flatMap { request in
            upstreamName.map { upstream in
                Route(
                    name: name,
                    upstream: upstream,
                    request: request,
                    fields: fields,
                    customerField: customerField,
                    purposes: purposes,
                    defaultPurpose: defaultPurpose,
                    failMode: failMode,
                    mode: mode,
                    budgetMilliseconds: budget,
                    objectiveMilliseconds: objective,
                    maximumResponseBytes: maximum,
                    velocity: velocity
                )
            }
        }
        return Reading(
            name: name,
            section: section,
            upstream: upstreamName,
            spools: failMode == .spool,
            schema: PolicySchema.Route(
                name: name,
                purposes: purposes,
                fields: fields.map { FieldDescriptor(path: $0.name, category: $0.category.rawValue) }
            ),
            isSchemaSound: isSchemaSound,
            route: route
        )
    }

    private func purposes(_ section: Section) -> [String] {
        section.require("purposes", example: "[service]")
        let purposes = section.texts("purposes")
        if section.isEmptyList("purposes") {
            section.problem("purposes", "must name at least one purpose for which this route may be read")
        }
        for purpose in purposes where !Names.isName(purpose) {
            section.problem("purposes", "'\(purpose)' must have \(Names.rule)")
        }
        return purposes
    }

    /// A read that gives up before its upstream may have answered would be refused although nothing failed.
    private func budget(_ section: Section, timeout: Int?) -> Int {
        let budget = section.duration("budget", in: 50...55_000) ?? 4000
        if let timeout, budget < timeout {
            section.problem(
                "budget",
                "the budget of \(budget)ms is shorter than the upstream's timeout of \(timeout)ms: "
                    + "raise it, or lower the timeout"
            )
        }
        return budget
    }

    /// A time that no read may take would count every read as good.
    private func objective(_ section: Section, budget: Int) -> Int {
        let objective = section.duration("objective", in: 1...55_000)
        if let objective, objective > budget {
            section.problem(
                "objective",
                "the objective of \(objective)ms is beyond the budget of \(budget)ms: lower it"
            )
        }
        return objective ?? min(1000, budget)
    }

    private func velocity(_ section: Section) -> VelocityLimit? {
        guard let limit = section.section("velocity") else { return nil }
        defer { limit.end() }
        limit.require("readsPerMinute", example: "60")
        let reads = limit.integer("readsPerMinute", in: 1...100_000)
        let action = limit.choice("action", VelocityLimit.Action.self) ?? .flag
        return reads.map { VelocityLimit(readsPerMinute: $0, action: action) }
    }

    // MARK: Request

    private static let place = "{customerId}"

    private func request(_ section: Section) -> UpstreamRequest? {
        let method = section.choice("method", UpstreamRequest.Method.self) ?? .get
        let body = section.text("body")
        if body != nil, method == .get {
            section.problem("body", "has no effect: a GET has no body; add 'method: POST'")
        }
        if let body { check(body: body, section) }
        guard let path = section.requiredText("path", example: "/customers/{customerId}") else { return nil }
        check(path: path, section)
        let request = UpstreamRequest(method: method, path: path, body: body)
        if request.path.places + (request.body?.places ?? 0) == 0 {
            section.problem("path", "has no {customerId}, nor has a body: every read would ask for the same record")
        }
        return request
    }

    private func check(path: String, _ section: Section) {
        if !path.hasPrefix("/") { section.problem("path", "must begin with '/'") }
        if path.contains("#") || !path.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
            section.problem(
                "path",
                "may have printable ASCII characters only, without spaces and '#': percent-encode others"
            )
        }
        let rest = path.split(separator: Self.place, omittingEmptySubsequences: false).joined(separator: "")
        if rest.contains(where: { "{}".contains($0) }) {
            section.problem("path", "has braces other than {customerId}, which is all that can vary")
        }
        // An id may hold dots: a place beside a dot could become '..' and walk through the upstream's paths.
        let filled = path.lowercased().split(separator: "?", omittingEmptySubsequences: false)[0]
            .split(separator: "%2e", omittingEmptySubsequences: false).joined(separator: ".")
            .split(separator: Self.place.lowercased(), omittingEmptySubsequences: false).joined(separator: ".")
        if filled.split(separator: "/").contains("..") {
            section.problem("path", "must not be able to hold '..': give {customerId} a path segment of its own")
        }
    }

    private func check(body: String, _ section: Section) {
        let parts = body.split(separator: Self.place, omittingEmptySubsequences: false)
        let rest = parts.joined(separator: "")
        // JSON has braces of its own: only a word in braces is meant as a place.
        let words = rest.split(separator: "{", omittingEmptySubsequences: false).dropFirst().compactMap { tail in
            let word = tail.prefix { $0.isLetter }
            return !word.isEmpty && tail.dropFirst(word.count).first == "}" ? String(word) : nil
        }
        if let word = words.first {
            section.problem("body", "has {\(word)}, but {customerId} is all that can vary")
        } else if (try? JSONValue(parsing: parts.joined(separator: "x"))) == nil {
            section.problem("body", "must be JSON, with {customerId} inside quotes")
        }
    }

    // MARK: Fields

    private func fields(_ section: Section) -> [Route.Field] {
        section.require("fields", example: "[{path: name, category: name}]")
        let list = section.sections("fields")
        if section.isEmptyList("fields") {
            section.problem("fields", "must declare at least one field: whatever is not declared is withheld")
        }
        let fields = list.map(field)
        let sound = fields.compactMap { $0 }
        // The plan names fields by their place in the list, so it is only made of a whole list.
        if !sound.isEmpty, sound.count == list.count {
            do throws(ProjectionPlanError) {
                _ = try ProjectionPlan(fields: sound.map { ($0.path, .release) })
            } catch {
                let place: Int? =
                    switch error {
                    case .duplicatePath(_, let second): second
                    case .overlap(_, let inner): inner
                    case .elementWithoutMember(let field): field
                    case .noFields, .tooManyFields: nil
                    }
                if let place { list[place].problem(nil, "\(error)") } else { section.problem("fields", "\(error)") }
            }
        }
        return sound
    }

    /// The field whose value must be the id asked for.
    private func customerField(_ section: Section, of fields: [Route.Field]) -> Int? {
        guard let path = section.text("customerField") else { return nil }
        let place = fields.firstIndex { $0.name == path }
        if place == nil, !fields.isEmpty {
            section.problem(
                "customerField",
                "must be the path of a declared field: the one that holds the customer's id"
            )
        }
        return place
    }

    private func field(_ section: Section) -> Route.Field? {
        defer { section.end() }
        let category = section.requiredText("category", example: "name").map { Category(rawValue: $0) }
        if let category, !category.isKnown {
            section.problem(
                "category",
                "is not known; known: \(Category.known.map(\.rawValue).joined(separator: ", "))"
            )
        }
        guard let text = section.requiredText("path", example: "address.city") else { return nil }
        do throws(JSONPathError) {
            let path = try JSONPath(text)
            return category.map { Route.Field(path: path, category: $0) }
        } catch {
            section.problem("path", "\(error)")
            return nil
        }
    }
}
