import Gateway
import Redaction

/// Reads routes.
struct RouteReader {
    let upstreams: [Upstream]
    /// The names in the section 'upstreams', those with problems of their own included.
    let declared: Set<String>

    func route(_ name: String, _ section: Section) -> Route? {
        defer { section.end() }
        if !Names.isName(name) {
            section.problem(nil, "the name may have 1 to 63 lower-case letters, digits and hyphens")
        }
        let upstreamName = section.requiredText("upstream")
        let upstream = upstreams.first { $0.name == upstreamName }
        if let upstreamName, !declared.contains(upstreamName) {
            section.problem("upstream", "there is no upstream '\(upstreamName)'")
        }
        let purposes = section.texts("purposes")
        if purposes.isEmpty {
            section.problem("purposes", "name at least one purpose for which this route may be read")
        }
        for purpose in purposes where !Names.isName(purpose) {
            section.problem("purposes", "'\(purpose)' may have 1 to 63 lower-case letters, digits and hyphens")
        }
        let defaultPurpose = section.text("defaultPurpose")
        if let defaultPurpose, !purposes.contains(defaultPurpose) {
            section.problem("defaultPurpose", "is not one of the route's purposes")
        }
        let budget = section.duration("budget", in: 50...55_000) ?? 4000
        if let upstream, budget < upstream.timeoutMilliseconds {
            section.problem(
                section.has("budget") ? "budget" : nil,
                "the budget of \(budget)ms is shorter than the upstream's time-out of \(upstream.timeoutMilliseconds)ms"
            )
        }
        let request = request(section)
        let fields = fields(section)
        let failMode = section.choice("failMode", Route.FailMode.self) ?? .refuse
        let mode = section.choice("mode", Route.Mode.self) ?? .enforce
        let maximum = section.size("maximumResponse", in: 1 << 10...64 << 20) ?? 1 << 20
        var velocity: VelocityLimit?
        if let limit = section.section("velocity") {
            let reads = limit.integer("readsPerMinute", in: 1...100_000)
            if !limit.has("readsPerMinute") { limit.problem(nil, "the setting 'readsPerMinute' is missing") }
            let action = limit.choice("action", VelocityLimit.Action.self) ?? .flag
            if let reads { velocity = VelocityLimit(readsPerMinute: reads, action: action) }
            limit.end()
        }
        guard let upstream, let request, let fields else { return nil }
        return Route(
            name: name,
            upstream: upstream.name,
            request: request,
            fields: fields,
            purposes: purposes,
            defaultPurpose: defaultPurpose,
            failMode: failMode,
            mode: mode,
            budgetMilliseconds: budget,
            maximumResponseBytes: maximum,
            velocity: velocity
        )
    }

    private func request(_ section: Section) -> UpstreamRequest? {
        let method = section.choice("method", UpstreamRequest.Method.self) ?? .get
        let body = section.text("body")
        guard let path = section.requiredText("path") else { return nil }
        if !path.hasPrefix("/") { section.problem("path", "must begin with /") }
        if path.split(separator: "/").contains("..") { section.problem("path", "must not contain '..'") }
        if path.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7f }) || path.contains("#") {
            section.problem("path", "may only have printable ASCII characters, without spaces and '#'")
        }
        for (key, text) in [("path", path), ("body", body ?? "")] {
            for name in Self.placeholders(text, braces: key == "path") where name != "customerId" {
                section.problem(key, "'{\(name)}' is not known; only {customerId} can vary")
            }
        }
        let request = UpstreamRequest(method: method, path: path, body: body)
        if request.path.places + (request.body?.places ?? 0) == 0 {
            section.problem("path", "has no {customerId}: every read would ask for the same record")
        }
        if body != nil, method == .get { section.problem("body", "a GET has no body: use 'method: POST'") }
        return request
    }

    /// The names in braces. A JSON body has braces of its own, so there only `{word}` counts.
    private static func placeholders(_ text: String, braces strict: Bool) -> [String] {
        var names: [String] = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "{") {
            rest = rest[rest.index(after: open)...]
            let name = rest.prefix { $0.isLetter }
            if rest.dropFirst(name.count).first == "}", !name.isEmpty {
                names.append(String(name))
            } else if strict {
                names.append(String(name))
            }
        }
        return names
    }

    private func fields(_ section: Section) -> [Route.Field]? {
        let list = section.sections("fields")
        if list.isEmpty {
            section.problem("fields", "declare at least one field: whatever is not declared is withheld")
        }
        var fields: [Route.Field] = []
        for item in list {
            let category = item.requiredText("category").map { Category(rawValue: $0) }
            if let category, !category.isKnown {
                item.problem(
                    "category",
                    "is not known; known: \(Category.known.map(\.rawValue).joined(separator: ", "))"
                )
            }
            if let text = item.requiredText("path"), let category {
                do {
                    fields.append(Route.Field(path: try JSONPath(text), category: category))
                } catch {
                    item.problem("path", "\(error)")
                }
            }
            item.end()
        }
        guard fields.count == list.count, !fields.isEmpty else { return nil }
        do {
            _ = try ProjectionPlan(fields: fields.map { ($0.path, .release) })
        } catch {
            section.problem("fields", "\(error)")
            return nil
        }
        return fields
    }
}
