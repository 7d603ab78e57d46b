import JSON
import Testing
import WallTime

@testable import Detection

@Suite("Alerts")
struct AlertTests {
    static func engine() throws -> DetectionEngine {
        DetectionEngine(rules: try BuiltInRules.pack(), configuration: DetectionConfiguration())
    }

    static func contradicted(_ index: Int64, at seconds: Double, agent: String = "agent-1", id: String? = nil)
        -> LedgerEvent
    {
        let fields: [String: JSONValue] = [
            "agentId": .string(agent), "customerId": "c-1", "interactionId": "i-1", "binding": "contradicted",
            "bindingReason": "agent_not_on_conversation", "outcome": "refused",
        ]
        return event(index, "CUSTOMER_DATA_ACCESS_REFUSED", at: seconds, id: id, fields)
    }

    static let id = "D-13-0-agent-1/i-1"

    static func decision(_ index: Int64, _ type: String, at seconds: Double, _ fields: [String: JSONValue])
        -> LedgerEvent
    {
        event(index, type, at: seconds, ["alertId": .string(id), "actor": "alice"].merging(fields) { $1 })
    }

    @Test("further matches join one alert, told at the second, fourth, eighth")
    func joining() throws {
        var engine = try Self.engine()
        let told = engine.feed((0..<9).map { Self.contradicted($0, at: Double($0)) })
        #expect(told.map(\.kind) == [.alertRaised, .alertUpdated, .alertUpdated, .alertUpdated])
        #expect(told.map(\.eventID) == (1...4).map { "\(Self.id)/\($0)" })
        #expect(engine.alerts[Self.id]?.matches == 9)
        #expect(engine.alerts[Self.id]?.evidence == Array(0..<9))
    }

    @Test("a second delivery of the same event is no further match, even when the alert is resolved")
    func secondDelivery() throws {
        var engine = try Self.engine()
        _ = engine.feed([Self.contradicted(0, at: 0, id: "same"), Self.contradicted(1, at: 0, id: "same")])
        #expect(engine.alerts[Self.id]?.matches == 1)
        let after = engine.feed([
            Self.decision(2, "DETECTION_ALERT_RESOLVED", at: 5, ["reason": "done"]),
            Self.contradicted(3, at: 0, id: "same"),
        ])
        #expect(after.isEmpty)
        #expect(engine.feed([Self.contradicted(4, at: 6)]).map(\.kind) == [.alertRaised])
    }

    @Test("a day after the last match a new alert begins")
    func newAlert() throws {
        var engine = try Self.engine()
        let day = 86_400.0
        let told = engine.feed([
            Self.contradicted(0, at: 0), Self.contradicted(1, at: day), Self.contradicted(2, at: 2 * day + 0.001),
        ])
        #expect(told.map(\.kind) == [.alertRaised, .alertUpdated, .alertRaised])
    }

    @Test("a dismissal holds matches back until it expires, and the next alert says how many")
    func dismissal() throws {
        var engine = try Self.engine()
        let told = engine.feed([
            Self.contradicted(0, at: 0),
            Self.decision(1, "DETECTION_ALERT_DISMISSED", at: 10, ["reason": "a test", "until": text(100)]),
            Self.contradicted(2, at: 50), Self.contradicted(3, at: 100), Self.contradicted(4, at: 101),
        ])
        #expect(told.map(\.kind) == [.alertRaised, .alertRaised])
        #expect(told[1].fields["counterEvidence"]?.array?.last == "2 matches fell into the dismissal of \(Self.id)")
    }

    @Test("a suppression that expires in the middle of a burst")
    func suppression() throws {
        var engine = try Self.engine()
        let set: [String: JSONValue] = [
            "suppressionId": "s", "rule": "D-13", "entity": "AGENT-1", "reason": "moving", "until": text(10),
            "actor": "alice",
        ]
        let told = engine.feed(
            [event(0, "DETECTION_SUPPRESSION_SET", set)] + (1...20).map { Self.contradicted($0, at: Double($0)) }
        )
        // What is held back is told of as it doubles.
        let counts = told.filter { $0.kind == .suppressionCounted }
        #expect(counts.map { $0.fields["matches"]?.int } == [1, 2, 4, 8])
        #expect(counts.allSatisfy { $0.fields["suppressionId"] == "s" && $0.fields["entity"] == "AGENT-1" })
        let alert = told.first { $0.kind == .alertRaised }
        #expect(alert?.text("alertId") == "D-13-11-agent-1/i-1")
        #expect(alert?.fields["counterEvidence"]?.array?.last == "10 earlier matches were suppressed by alice")
        #expect(engine.suppressed == ["s": 10])
        #expect(engine.feed([Self.contradicted(30, at: 9, agent: "agent-2")]).count == 1)
        // And in all when it has ended, once: with the first event of the next hour.
        let later = engine.feed([Self.contradicted(31, at: 3601), Self.contradicted(32, at: 7201)])
        #expect(later.filter { $0.kind == .suppressionCounted }.map { $0.fields["matches"]?.int } == [10])
        #expect(!later.contains { "\($0.fields["counterEvidence"] ?? .null)".contains("suppressed by") })
    }

    @Test("a suppression that is lifted says what it held back, and holds nothing back any more")
    func lifted() throws {
        var engine = try Self.engine()
        let told = engine.feed([
            event(
                0,
                "DETECTION_SUPPRESSION_SET",
                [
                    "suppressionId": "s", "rule": "D-13", "reason": "moving", "until": text(1000), "actor": "alice",
                ]
            ),
            Self.contradicted(1, at: 1), Self.contradicted(2, at: 2), Self.contradicted(3, at: 3),
            event(4, "DETECTION_SUPPRESSION_LIFTED", at: 4, ["suppressionId": "s", "reason": "moved", "actor": "bob"]),
            Self.contradicted(5, at: 5),
        ])
        #expect(told.map(\.kind) == [.suppressionCounted, .suppressionCounted, .suppressionCounted, .alertRaised])
        #expect(told.compactMap { $0.fields["matches"]?.int }.prefix(3) == [1, 2, 3] && engine.suppressed.isEmpty)
    }

    @Test("a suppression without an end or a reason is none")
    func endlessSuppression() throws {
        for missing in ["until", "reason"] {
            var engine = try Self.engine()
            var set: [String: JSONValue] = ["suppressionId": "s", "reason": "x", "until": text(10), "actor": "alice"]
            set[missing] = nil
            #expect(engine.feed([event(0, "DETECTION_SUPPRESSION_SET", set), Self.contradicted(1, at: 1)]).count == 1)
        }
    }

    @Test("every command in every status")
    func lifeCycle() {
        let later = monday.adding(seconds: 60)
        let commands: [(AlertCommand, [AlertStatus: AlertStatus])] = [
            (.acknowledge(), [.open: .acknowledged]),
            (.resolve(reason: "r"), [.open: .resolved, .acknowledged: .resolved]),
            (.dismiss(reason: "r", until: later), [.open: .dismissed, .acknowledged: .dismissed]),
            (.reopen(reason: "r"), [.acknowledged: .open, .resolved: .open, .dismissed: .open]),
        ]
        for (command, allowed) in commands {
            for status in AlertStatus.allCases {
                #expect((try? command.apply(to: status, at: monday)) == allowed[status])
            }
        }
        for command in [
            AlertCommand.resolve(reason: ""), .dismiss(reason: " ", until: later), .dismiss(reason: "r", until: monday),
            .dismiss(reason: "r", until: monday.adding(seconds: 400 * 86_400)),
        ] {
            #expect(throws: AlertError.self) { try command.apply(to: .open, at: monday) }
        }
    }

    @Test("what had stopped and goes again clears its alert")
    func recovery() throws {
        var engine = try Self.engine()
        let told = engine.feed([
            event(0, "SINK_STOPPED", ["sink": "splunk", "reason": "unauthorized"]),
            event(1, "SINK_RESUMED", at: 60, ["sink": "warehouse"]),
            event(2, "SINK_RESUMED", at: 61, ["sink": "splunk"]),
        ])
        #expect(told.map(\.kind) == [.alertRaised, .alertCleared])
        #expect(told[0].text("sentence") == "Delivery to splunk stopped: unauthorized.")
    }

    @Test("a pause is told, and is over when the sink goes on")
    func pause() throws {
        var engine = try Self.engine()
        let told = engine.feed([
            event(0, "SINK_PAUSED", ["sink": "splunk", "actor": "op", "reason": "upgrade"]),
            event(1, "SINK_RESUMED", at: 60, ["sink": "splunk", "actor": "op"]),
        ])
        #expect(told.map(\.kind) == [.alertRaised, .alertCleared])
        #expect(told[0].text("sentence") == "op paused the delivery to splunk: upgrade.")
    }

    @Test("a late read clears the alert of a missing one")
    func lateRead() throws {
        var engine = try Self.engine()
        let counted: [String: JSONValue] = [
            "actionId": "a", "route": "profile", "from": text(0), "to": text(600), "executions": 2,
        ]
        let told = engine.feed([
            read(0, at: 30, binding: "verified"), event(1, "PLATFORM_EXECUTIONS_COUNTED", at: 660, counted),
            ExplanationTests.beat(2, at: 960),
        ])
        #expect(told.map { $0.text("ruleCode") } == ["D-27"])
        #expect(told.first?.text("sentence")?.contains("1 are missing") == true)
        let late = engine.feed([read(3, at: 599, customer: "c-2", binding: "verified")])
        #expect(late.map(\.kind) == [.alertCleared])
        // The moment of the end belongs to the next interval.
        #expect(engine.feed([read(4, at: 600, customer: "c-3", binding: "verified")]).isEmpty)
    }

    @Test("two rules of one code that match one event have an alert each")
    func sharedCode() throws {
        let texts = ["one", "two"].enumerated().map { number, name in
            ruleText("sel:\n  eventType: CUSTOMER_DATA_ACCESSED\ncondition: sel")
                .replacing("name: test", with: "name: \(name)").replacing("0001", with: "000\(number + 1)")
                + "\nmuniment: {code: X-01, entity: agentId}"
        }
        let pack = try RulePack(files: texts.map { RuleFile(name: "own.yml", text: $0) })
        var engine = DetectionEngine(rules: pack, configuration: DetectionConfiguration())
        let told = engine.feed([read(0)])
        #expect(told.map { $0.text("rule") } == ["one", "two"])
        #expect(Set(told.map { $0.text("alertId") }).count == 2 && Set(told.map(\.eventID)).count == 2)
    }

    @Test("hostile texts stay within an entry and break nothing")
    func hostileTexts() throws {
        var engine = try Self.engine()
        let long = String(repeating: "\u{1F600}\"\n", count: 8000)
        let told = engine.feed([
            Self.contradicted(0, at: 0, agent: long), read(1, agent: "{count}", customer: "\u{0}/{x}"),
        ])
        for event in told { #expect(try event.encoded().count < 32 * 1024) }
        // A read that could not be judged is counted and no event of its own.
        #expect(told.count == 2)
    }
}
