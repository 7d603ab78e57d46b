internal import JSON
internal import WallTime

/// Where in a fixture file something stands, such as `cases[2].events[0]`.
struct FixturePlace: CustomStringConvertible {
    enum Step {
        case member(String)
        case element(Int)
    }

    private(set) var steps: [Step] = []

    var description: String {
        steps.reduce("") { text, step in
            switch step {
            case .member(let name): text.isEmpty ? name : "\(text).\(name)"
            case .element(let number): "\(text)[\(number)]"
            }
        }
    }

    subscript(_ name: String) -> FixturePlace { FixturePlace(steps: steps + [.member(name)]) }
    subscript(_ number: Int) -> FixturePlace { FixturePlace(steps: steps + [.element(number)]) }

    /// What is wrong with what stands here.
    func fault(_ message: String) -> FixtureFault { FixtureFault(place: self, message: message) }
}

/// What is wrong with a fixture file, and where.
struct FixtureFault: Error {
    let place: FixturePlace
    let message: String

    /// The line is looked for in the text only now: JSON that was read has none.
    func problem(file: String, text: String) -> RuleProblem {
        let line = (try? RuleNode.documents(text, file: file).first?.line(at: place)) ?? 1
        return RuleProblem(file: file, line: line, message: place.steps.isEmpty ? message : "\(place): \(message)")
    }
}

extension RuleNode {
    /// The line of a place, or of as much of the way there as exists.
    func line(at place: FixturePlace) -> Int {
        var node = self
        for step in place.steps {
            let next: RuleNode? =
                switch step {
                case .member(let name): (try? node.members())?.first { $0.key == name }?.value
                case .element(let number): node.list.flatMap { $0.indices.contains(number) ? $0[number] : nil }
                }
            guard let next else { break }
            node = next
        }
        return node.line
    }
}

/// Writes repeated and templated events of a case out.
struct FixtureEvents {
    static let maximum = 200_000

    private static let repeatKeys = ["repeat", "every", "as", "events"]

    let templates: [String: JSONValue]
    let catalogue: EventCatalogue
    private(set) var events: [JSONValue] = []

    init(templates: [String: JSONValue], catalogue: EventCatalogue) {
        self.templates = templates
        self.catalogue = catalogue
    }

    mutating func add(_ nodes: JSONValue?, at place: FixturePlace) throws(FixtureFault) {
        try add(nodes, at: place, offset: 0, [:])
    }

    private mutating func add(
        _ nodes: JSONValue?,
        at place: FixturePlace,
        offset: Int64,
        _ numbers: [String: String]
    ) throws(FixtureFault) {
        guard let nodes = nodes?.array, !nodes.isEmpty else { throw place.fault("must be a list of events") }
        for (position, node) in nodes.enumerated() {
            let place = place[position]
            guard node["repeat"] != nil else {
                guard events.count < Self.maximum else {
                    throw place.fault("a case has \(Self.maximum) events at the most")
                }
                events.append(try event(node, at: place, offset, numbers))
                continue
            }
            if let unknown = node.object?.keys.sorted().first(where: { !Self.repeatKeys.contains($0) }) {
                throw place.fault(
                    "a repeat has no key '\(unknown)'; known keys: \(Self.repeatKeys.joined(separator: ", "))"
                )
            }
            guard let count = node["repeat"]?.int, count > 0 else {
                throw place["repeat"].fault("must be a whole number above 0")
            }
            guard let every = node["every"]?.string.flatMap(Self.milliseconds) else {
                throw place["every"].fault("must be a whole number and one of ms, s, m, h, d, such as \"3s\"")
            }
            for number in 0..<count {
                var numbers = numbers
                numbers[node["as"]?.string ?? "n"] = String(number)
                let (later, isTooLate) = every.multipliedReportingOverflow(by: Int64(number))
                guard !isTooLate, later < 1 << 46 else { throw place["every"].fault("goes on for thousands of years") }
                try add(node["events"], at: place["events"], offset: offset + later, numbers)
            }
        }
    }

    private func event(
        _ node: JSONValue,
        at place: FixturePlace,
        _ offset: Int64,
        _ numbers: [String: String]
    ) throws(FixtureFault) -> JSONValue {
        guard var members = node.object else { throw place.fault("must be an event, or a repeat") }
        if let like = members.removeValue(forKey: "like") {
            guard let name = like.string, let template = templates[name]?.object else {
                throw place["like"].fault(
                    "names no template; templates: \(templates.keys.sorted().joined(separator: ", "))"
                )
            }
            members = template.merging(members) { _, own in own }
        }
        guard let moment = members["timestamp"]?.string.flatMap({ Timestamp($0) }) else {
            throw place.fault("the event needs a 'timestamp' such as 2026-03-02T09:00:00.000Z")
        }
        guard let type = members["eventType"]?.string else { throw place.fault("the event needs an 'eventType'") }
        // A mistyped name would let a silent case pass for ever.
        if let problem = catalogue.problem(ofMembers: members.keys, type: type) { throw place.fault(problem) }
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
            guard let count = Int64(text.dropLast(unit.count)), (0...100_000_000).contains(count) else { continue }
            return count * factor
        }
        return nil
    }
}
