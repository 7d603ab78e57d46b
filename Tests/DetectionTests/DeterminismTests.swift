import JSON
import Testing
import WallTime

@testable import Detection

@Suite("The same events give the same alerts")
struct DeterminismTests {
    static let configuration = DetectionConfiguration(
        requiredFeeds: ["conversations"],
        feedSilenceSeconds: ["conversations": 900]
    )

    /// A made-up centre: agents who talk, read, consult, snoop, scrape and are late with their facts.
    static func stream(_ seed: UInt64, _ count: Int) -> [LedgerEvent] {
        var generator = SeededGenerator(seed)
        var events: [LedgerEvent] = []
        var now = 0.0
        for index in 0..<Int64(count) {
            now += Double.random(in: 0...40, using: &generator).rounded()
            if index % 97 == 96 { now += 2000 }
            let agent = "agent-\(Int.random(in: 0..<4, using: &generator))"
            let customer = "c-\(Int.random(in: 0..<9, using: &generator))"
            let late =
                Int.random(in: 0..<6, using: &generator) == 0 ? Double(Int.random(in: 0...800, using: &generator)) : 0
            let at = now - late
            switch Int.random(in: 0..<15, using: &generator) {
            case 0..<5:
                let binding =
                    ["verified", "contradicted", "partial", "unverifiable"].randomElement(using: &generator) ?? ""
                let purpose: JSONValue = Int.random(in: 0..<9, using: &generator) == 0 ? "break_glass" : "service"
                events.append(
                    read(index, at: at, agent: agent, customer: customer, binding: binding, ["purpose": purpose])
                )
            case 5:
                let fields: [String: JSONValue] = [
                    "agentId": .string(agent), "customerId": .string("missing-\(index)"), "outcome": "not_found",
                    "route": "profile",
                ]
                events.append(event(index, "CUSTOMER_DATA_ACCESS_REFUSED", at: at, fields))
            case 6, 7:
                let provider = ExplanationProvider.allCases.randomElement(using: &generator) ?? .callback
                let more: [String: JSONValue] = [
                    "agentId": .string(agent), "customerId": .string(customer), "interactionId": "i-1",
                ]
                events.append(ExplanationTests.fact(index, provider, from: at - 300, to: at, at: now, more))
            case 8, 9: events.append(ExplanationTests.feed(index, through: now - 60, at: now))
            case 10:
                let fields: [String: JSONValue] = [
                    "actionId": "a", "route": "profile", "from": text(now - 600), "to": text(now), "executions": 12,
                ]
                events.append(event(index, "PLATFORM_EXECUTIONS_COUNTED", at: now, fields))
            case 11:
                let other = "c-\(Int.random(in: 0..<9, using: &generator))"
                events.append(
                    event(
                        index,
                        "CUSTOMERS_LINKED",
                        at: now,
                        ["customerId": .string(customer), "sameAs": .string(other)]
                    )
                )
            case 12:
                let begin = now - Double(Int.random(in: 0...3600, using: &generator))
                var fields: [String: JSONValue] = [
                    "agentId": .string(agent), "from": text(begin), "to": text(now + 7200),
                ]
                if Int.random(in: 0..<4, using: &generator) > 0 {
                    let shift = "\(text(begin + 600).string ?? "")/\(text(begin + 900).string ?? "")"
                    fields["shifts"] = [.string(shift)]
                }
                events.append(event(index, "SCHEDULE_RECORDED", at: now, fields))
            case 13:
                let queues: JSONValue = Bool.random(using: &generator) ? ["q-1"] : []
                events.append(
                    event(index, "AGENT_RECORDED", at: now, ["agentId": .string(agent), "queueIds": queues])
                )
            default:
                events.append(event(index, "DEAD_LETTER_RECORDED", at: at, ["sink": "splunk", "reason": "x"]))
            }
        }
        return events
    }

    static func bytes(_ events: [DetectionEvent]) throws -> [[UInt8]] { try events.map { try $0.encoded() } }

    @Test("restarting at every event changes no byte, and states agree", arguments: [1, 2] as [UInt64])
    func restarts(seed: UInt64) throws {
        let pack = try BuiltInRules.pack()
        var straight = DetectionEngine(rules: pack, configuration: Self.configuration)
        var broken = DetectionEngine(rules: pack, configuration: Self.configuration)
        var alerts = 0
        for event in Self.stream(seed, 220) {
            let expected = try Self.bytes(straight.observe(event))
            broken = try DetectionEngine(
                rules: pack,
                configuration: Self.configuration,
                restoring: try broken.encodedState()
            )
            let found = try Self.bytes(broken.observe(event))
            #expect(found == expected)
            alerts += found.count
        }
        #expect(alerts > 10)
        let state = try straight.encodedState()
        #expect(try state == broken.encodedState())
        // Written at once as what its tree would be in canonical form.
        #expect(try JSONValue(parsing: state).canonicalBytes() == state)
    }

    @Test("feeding entries again, or what the engine wrote itself, changes nothing")
    func fedAgain() throws {
        let pack = try BuiltInRules.pack()
        var once = DetectionEngine(rules: pack, configuration: Self.configuration)
        var twice = DetectionEngine(rules: pack, configuration: Self.configuration)
        var index: Int64 = 0
        for event in Self.stream(4, 300) {
            let output = once.observe(event)
            let moved = try #require(LedgerEvent(index: index, fields: event.fields))
            index += 1
            let again = twice.observe(moved)
            #expect(output.count == again.count)
            #expect(twice.observe(moved).isEmpty)
            // The engine's own events stand between the others in the ledger.
            for own in again {
                let json = try JSONValue(parsing: try own.encoded())
                #expect(twice.observe(try #require(LedgerEvent(index: index, fields: json))).isEmpty)
                index += 1
            }
        }
        #expect(once.alerts.count == twice.alerts.count)
        #expect(once.alerts.values.map(\.sentence).sorted() == twice.alerts.values.map(\.sentence).sorted())
    }

    @Test("entries as bytes are as good as values, and every alert fits an entry")
    func bytesAndValues() throws {
        let pack = try BuiltInRules.pack()
        var values = DetectionEngine(rules: pack, configuration: Self.configuration)
        var entries = DetectionEngine(rules: pack, configuration: Self.configuration)
        for event in Self.stream(5, 300) {
            let expected = try Self.bytes(values.observe(event))
            let entry = try event.fields.canonicalBytes()
            let found = try Self.bytes(entry.withUnsafeBytes { entries.observe(index: event.index, entry: $0) })
            #expect(found == expected)
            for alert in found { #expect(alert.count < 32 * 1024) }
        }
        #expect([UInt8]("no json".utf8).withUnsafeBytes { entries.observe(index: 9999, entry: $0) }.isEmpty)
        #expect(entries.nextIndex == 10_000)
    }

    @Test("a rule that was changed begins its windows anew; the others go on")
    func changedRule() throws {
        let files = BuiltInRules.files
        let changed = files.map {
            $0.name == "D-07.yml"
                ? RuleFile(name: $0.name, text: $0.text.replacing("version: 1", with: "version: 2")) : $0
        }
        func notFound(_ index: Int64) -> LedgerEvent {
            let fields: [String: JSONValue] = [
                "agentId": "a", "customerId": .string("m-\(index)"), "outcome": "not_found",
            ]
            return event(index, "CUSTOMER_DATA_ACCESS_REFUSED", at: Double(index), fields)
        }
        var old = DetectionEngine(rules: try RulePack(files: files), configuration: Self.configuration)
        #expect(old.feed((0..<9).map(notFound)).isEmpty)
        let state = try old.encodedState()
        var new = try DetectionEngine(
            rules: try RulePack(files: changed),
            configuration: Self.configuration,
            restoring: state
        )
        #expect(new.observe(notFound(9)).isEmpty)
        #expect(old.observe(notFound(9)).count == 1)
    }

    @Test(
        "a state that cannot be read says what to do",
        arguments: ["", "{}", "{\"version\":1}", "[1]", "{\"version\":2}"]
    )
    func damagedState(text: String) throws {
        let error = #expect(throws: DetectionStateError.self) {
            try DetectionEngine(
                rules: try BuiltInRules.pack(),
                configuration: Self.configuration,
                restoring: Array(text.utf8)
            )
        }
        #expect(error?.description.contains("start again from the first entry") == true)
    }

    @Test("one wrong clock closes no window")
    func wrongClock() throws {
        var engine = DetectionEngine(rules: try BuiltInRules.pack(), configuration: Self.configuration)
        _ = engine.feed([
            ExplanationTests.beat(0, at: 0), ExplanationTests.beat(1, at: 400_000), ExplanationTests.beat(2, at: 60),
        ])
        #expect(engine.watermark == Timestamp(milliseconds: monday.milliseconds + 60_000))
        _ = engine.feed([ExplanationTests.beat(3, at: 500_000), ExplanationTests.beat(4, at: 500_060)])
        #expect(engine.watermark == Timestamp(milliseconds: monday.milliseconds + 500_000_000))
    }
}
