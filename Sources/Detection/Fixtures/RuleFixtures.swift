internal import JSON

/// Made-up events for a rule file, and whether its rules must match them.
///
/// A fixture file is JSON: `configuration` (`requiredFeeds`, `feedSilenceSeconds`, and `lists`, which take the place of the
/// installation's), `templates` (events by name), `cases`, and `equivalent` (see ``MutantTest``). A case has a `name`, `fires` (true or
/// false), `rule` when the file has several that alert, and `events`. An event may be `like` a template, and
/// `{"repeat": 200, "every": "3s", "as": "n", "events": […]}` stands for that many, each later by `every`, with `{n}` in texts
/// replaced by the number, counted from 0.
public struct RuleFixtures: Sendable {
    private static let keys = ["configuration", "templates", "cases", "equivalent"]
    private static let configurationKeys = ["requiredFeeds", "feedSilenceSeconds", "lists"]
    private static let caseKeys = ["name", "rule", "fires", "events"]

    /// The file, for messages.
    public let name: String
    let configuration: DetectionConfiguration
    /// Lists that take the place of the installation's, so that what the fixtures show does not hang on them.
    let lists: [String: [String]]
    let cases: [Case]
    /// Mutants that no fixture can kill, each with the reason why not.
    let equivalent: [Equivalent]

    struct Case: Sendable {
        let name: String
        let rule: String?
        let fires: Bool
        let events: [JSONValue]
        /// Where it stands.
        let line: Int
    }

    struct Equivalent: Sendable {
        let rule: String
        let mutant: String
        let reason: String
    }

    /// Reads a fixture file.
    /// - Parameter events: the types and fields that events may have.
    /// - Throws: what is wrong with it, with the line and the place, such as `cases[2].events[0]`, both counted as editors and JSON do.
    public init(name: String, json bytes: [UInt8], events: EventCatalogue = .standard) throws(RuleProblem) {
        guard !bytes.isEmpty else {
            throw RuleProblem(file: name, line: 1, message: "the file is empty or cannot be read")
        }
        let json: JSONValue
        do { json = try JSONValue(parsing: bytes) } catch {
            let line = bytes.prefix(error.offset).count { $0 == 0x0A } + 1
            throw RuleProblem(file: name, line: line, message: "this is not JSON: \(error.reason.rawValue)")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        do throws(FixtureFault) {
            let file = FixturePlace()
            try Self.check(json, at: file, "a fixture file", known: Self.keys)
            let own = json["configuration"] ?? [:]
            try Self.check(own, at: file["configuration"], "the configuration", known: Self.configurationKeys)
            self.name = name
            configuration = DetectionConfiguration(
                requiredFeeds: try Self.texts(own["requiredFeeds"], at: file["configuration"]["requiredFeeds"]),
                feedSilenceSeconds: try Self.seconds(
                    own["feedSilenceSeconds"],
                    at: file["configuration"]["feedSilenceSeconds"]
                )
            )
            lists = try Self.lists(own["lists"], at: file["configuration"]["lists"])
            guard json["templates"] == nil || json["templates"]?.object != nil else {
                throw file["templates"].fault("must be events by name")
            }
            let lines = try? RuleNode.documents(text, file: name).first
            cases = try Self.cases(json, events) { lines?.line(at: $0) ?? 1 }
            equivalent = try Self.equivalent(json["equivalent"], at: file["equivalent"])
        } catch {
            throw error.problem(file: name, text: text)
        }
    }

    private static func cases(
        _ json: JSONValue,
        _ catalogue: EventCatalogue,
        line: (FixturePlace) -> Int
    ) throws(FixtureFault) -> [Case] {
        let place = FixturePlace()["cases"]
        guard let entries = json["cases"]?.array, !entries.isEmpty else { throw place.fault("must be a list of cases") }
        var cases: [Case] = []
        var names: Set<String> = []
        for (number, entry) in entries.enumerated() {
            let place = place[number]
            try check(entry, at: place, "a case", known: caseKeys)
            let title = try text(entry, "name", at: place)
            guard let fires = entry["fires"]?.bool else { throw place["fires"].fault("must be true or false") }
            guard entry["rule"] == nil || entry["rule"]?.string != nil else {
                throw place["rule"].fault("must be the name of a rule of the file beside")
            }
            guard names.insert("\(entry["rule"]?.string ?? ""): \(title)").inserted else {
                throw place["name"].fault("another case is called '\(title)', too: choose another name")
            }
            var expansion = FixtureEvents(templates: json["templates"]?.object ?? [:], catalogue: catalogue)
            try expansion.add(entry["events"], at: place["events"])
            cases.append(
                Case(
                    name: title,
                    rule: entry["rule"]?.string,
                    fires: fires,
                    events: expansion.events,
                    line: line(place)
                )
            )
        }
        return cases
    }

    private static func equivalent(_ json: JSONValue?, at place: FixturePlace) throws(FixtureFault) -> [Equivalent] {
        guard let json else { return [] }
        guard let entries = json.array else { throw place.fault("must be a list") }
        var found: [Equivalent] = []
        for (number, entry) in entries.enumerated() {
            let place = place[number]
            try check(entry, at: place, "an equivalent mutant", known: ["rule", "mutant", "reason"])
            found.append(
                Equivalent(
                    rule: try text(entry, "rule", at: place),
                    mutant: try text(entry, "mutant", at: place),
                    reason: try text(entry, "reason", at: place)
                )
            )
        }
        return found
    }

    // MARK: Members

    private static func check(
        _ json: JSONValue,
        at place: FixturePlace,
        _ what: String,
        known: [String]
    ) throws(FixtureFault) {
        guard let members = json.object else { throw place.fault("\(what) must be an object") }
        if let unknown = members.keys.sorted().first(where: { !known.contains($0) }) {
            throw place[unknown].fault("\(what) has no such key; known keys: \(known.joined(separator: ", "))")
        }
    }

    private static func text(_ json: JSONValue, _ key: String, at place: FixturePlace) throws(FixtureFault) -> String {
        guard let text = json[key]?.string, !text.isEmpty else { throw place[key].fault("must be a text") }
        return text
    }

    private static func texts(_ json: JSONValue?, at place: FixturePlace) throws(FixtureFault) -> [String] {
        guard let json else { return [] }
        guard let elements = json.array, elements.allSatisfy({ $0.string != nil }) else {
            throw place.fault("must be a list of texts")
        }
        return elements.compactMap(\.string)
    }

    private static func seconds(_ json: JSONValue?, at place: FixturePlace) throws(FixtureFault) -> [String: Int64] {
        guard let json else { return [:] }
        guard let members = json.object, members.values.allSatisfy({ $0.integer != nil }) else {
            throw place.fault("must be whole numbers of seconds by feed")
        }
        return members.compactMapValues(\.integer)
    }

    private static func lists(_ json: JSONValue?, at place: FixturePlace) throws(FixtureFault) -> [String: [String]] {
        guard let json else { return [:] }
        guard let members = json.object else { throw place.fault("must be lists by name") }
        var lists: [String: [String]] = [:]
        for (name, list) in members { lists[name] = try texts(list, at: place[name]) }
        return lists
    }
}
