internal import JSON
internal import WallTime

/// Made-up events for a rule file, and whether its rules must match them.
///
/// A fixture file is JSON: `configuration` (`requiredFeeds`, `feedSilenceSeconds`), `templates` (events by name) and `cases`. A case
/// has a `name`, `fires` (true or false), `rule` when the file has several that alert, and `events`. An event may be `like` a
/// template, and `{"repeat": 200, "every": "3s", "as": "n", "events": […]}` stands for that many, each later by `every`, with `{n}`
/// in texts replaced by the number, counted from 0.
public struct RuleFixtures: Sendable {
    /// The file, for messages.
    public let name: String
    let configuration: DetectionConfiguration
    let cases: [Case]

    struct Case: Sendable {
        let name: String
        let rule: String?
        let fires: Bool
        let events: [JSONValue]
    }

    /// Reads a fixture file.
    /// - Throws: what is wrong with it; JSON has no lines, so the place is the case's name.
    public init(name: String, json bytes: [UInt8]) throws(RuleProblem) {
        self.name = name
        func problem(_ message: String) -> RuleProblem { RuleProblem(file: name, line: 1, message: message) }
        let json: JSONValue
        do { json = try JSONValue(parsing: bytes) } catch { throw problem("the fixtures cannot be read: \(error)") }
        guard let cases = json["cases"]?.array else { throw problem("the fixtures have no list 'cases'") }
        var configuration = DetectionConfiguration()
        configuration.requiredFeeds = json["configuration"]?["requiredFeeds"]?.array?.compactMap(\.string) ?? []
        configuration.feedSilenceSeconds =
            json["configuration"]?["feedSilenceSeconds"]?.object?.compactMapValues(\.integer) ?? [:]
        self.configuration = configuration
        var read: [Case] = []
        for entry in cases {
            guard let title = entry["name"]?.string, let fires = entry["fires"]?.bool,
                let events = entry["events"]?.array
            else {
                throw problem("each case needs 'name', 'fires' and 'events'")
            }
            var expansion = Expansion(templates: json["templates"]?.object ?? [:])
            guard expansion.add(events, offset: 0, [:]), !expansion.events.isEmpty else {
                throw problem(
                    "the case '\(title)' has an event without type or timestamp, an unknown template or a wrong repeat"
                )
            }
            read.append(Case(name: title, rule: entry["rule"]?.string, fires: fires, events: expansion.events))
        }
        self.cases = read
    }
}

/// Writes repeated and templated events out.
private struct Expansion {
    static let maximumEvents = 200_000

    let templates: [String: JSONValue]
    var events: [JSONValue] = []

    init(templates: [String: JSONValue]) { self.templates = templates }

    mutating func add(_ nodes: [JSONValue], offset: Int64, _ numbers: [String: String]) -> Bool {
        for node in nodes {
            if let count = node["repeat"]?.int {
                guard let inner = node["events"]?.array, let every = node["every"]?.string.flatMap(Self.milliseconds)
                else {
                    return false
                }
                for number in 0..<max(count, 0) {
                    var numbers = numbers
                    numbers[node["as"]?.string ?? "n"] = String(number)
                    guard add(inner, offset: offset + every * Int64(number), numbers) else { return false }
                }
            } else {
                guard events.count < Self.maximumEvents, let event = event(node, offset, numbers) else { return false }
                events.append(event)
            }
        }
        return true
    }

    private func event(_ node: JSONValue, _ offset: Int64, _ numbers: [String: String]) -> JSONValue? {
        guard var members = node.object else { return nil }
        if let name = members.removeValue(forKey: "like")?.string {
            guard let template = templates[name]?.object else { return nil }
            members = template.merging(members) { _, own in own }
        }
        guard let moment = members["timestamp"]?.string.flatMap({ Timestamp($0) }), members["eventType"]?.string != nil
        else {
            return nil
        }
        members = members.mapValues { Self.replaced($0, numbers) }
        members["timestamp"] = .string(Timestamp(milliseconds: moment.milliseconds + offset).description)
        if members["eventId"] == nil { members["eventId"] = .string("fixture-\(events.count)") }
        if members["producer"] == nil { members["producer"] = "fixture" }
        return .object(members)
    }

    private static func replaced(_ value: JSONValue, _ numbers: [String: String]) -> JSONValue {
        switch value {
        case .string(let text):
            var result = ""
            var rest = text[...]
            while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
                let name = String(rest[rest.index(after: open)..<close])
                result += rest[..<open] + (numbers[name] ?? "{\(name)}")
                rest = rest[rest.index(after: close)...]
            }
            return .string(result + rest)
        case .array(let elements): return .array(elements.map { replaced($0, numbers) })
        case .object(let members): return .object(members.mapValues { replaced($0, numbers) })
        default: return value
        }
    }

    private static func milliseconds(_ text: String) -> Int64? {
        let units: [(String, Int64)] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)]
        for (unit, factor) in units where text.hasSuffix(unit) {
            if let count = Int64(text.dropLast(unit.count)) { return count * factor }
        }
        return nil
    }
}
