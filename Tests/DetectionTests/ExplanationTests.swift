import JSON
import Testing
import WallTime

@testable import Detection

@Suite("Snooping by explanation")
struct ExplanationTests {
    static let configuration = DetectionConfiguration(requiredFeeds: ["conversations"])

    static func fact(
        _ index: Int64,
        _ provider: ExplanationProvider,
        from: Double,
        to: Double? = nil,
        at seconds: Double = -3600,
        _ more: [String: JSONValue] = [:]
    ) -> LedgerEvent {
        var fields: [String: JSONValue] = [
            "relationshipId": .string("r-\(index)"), "provider": .string(provider.rawValue), "agentId": "agent-1",
            "customerId": "c-1", "from": text(from), "objectId": "object-1",
        ]
        fields["to"] = to.map { text($0) }
        return event(index, "RELATIONSHIP_RECORDED", at: seconds, fields.merging(more) { $1 })
    }

    static func feed(_ index: Int64, through: Double, at seconds: Double) -> LedgerEvent {
        event(index, "PLATFORM_FEED_ADVANCED", at: seconds, ["feed": "conversations", "through": text(through)])
    }

    static func beat(_ index: Int64, at seconds: Double) -> LedgerEvent {
        event(index, "DETECTION_HEARTBEAT", at: seconds)
    }

    static func engine(_ configuration: DetectionConfiguration = configuration) throws -> DetectionEngine {
        DetectionEngine(rules: try BuiltInRules.pack(), configuration: configuration)
    }

    static func raised(_ events: [DetectionEvent], _ code: String) -> [DetectionEvent] {
        events.filter { $0.kind == .alertRaised && $0.text("ruleCode") == code }
    }

    struct Life: Sendable {
        let provider: ExplanationProvider
        let end: Double?
        let last: Double
    }

    @Test(
        "each provider explains to the second and no longer",
        arguments: [
            Life(provider: .liveParticipant, end: 0, last: 1800), Life(provider: .consult, end: 0, last: 1800),
            Life(provider: .afterCallWork, end: 0, last: 120), Life(provider: .callback, end: 0, last: 1800),
            Life(provider: .outbound, end: 0, last: 900), Life(provider: .supervisor, end: 0, last: 1800),
            Life(provider: .qualityReview, end: 0, last: 0), Life(provider: .openCase, end: 0, last: 0),
            Life(provider: .breakGlass, end: 0, last: 900),
        ]
    )
    func lives(life: Life) throws {
        for (after, isExplained) in [(life.last, true), (life.last + 0.001, false)] {
            var engine = try Self.engine()
            let output = engine.feed([
                Self.fact(0, life.provider, from: -600, to: life.end), read(1, at: after),
                Self.feed(2, through: 9000, at: 9000),
            ])
            let snooping = Self.raised(output, "D-01") + Self.raised(output, "D-02")
            #expect(snooping.isEmpty == isExplained, "\(life.provider) after \(after)")
        }
    }

    @Test("a callback explains half an hour before its window too")
    func lead() throws {
        for (at, isExplained) in [(-1800.0, true), (-1800.001, false)] {
            var engine = try Self.engine()
            let output = engine.feed([
                Self.fact(0, .callback, from: 0, to: 60), read(1, at: at), Self.feed(2, through: 9000, at: 100),
            ])
            #expect(Self.raised(output, "D-01").isEmpty == isExplained)
        }
    }

    @Test("late facts clear the alert, which stays in the record with its history")
    func lateFact() throws {
        var engine = try Self.engine()
        let before = engine.feed([read(0), Self.feed(1, through: 60, at: 61)])
        let alert = try #require(Self.raised(before, "D-01").first)
        #expect(alert.text("alertId") == "D-01-0-agent-1/c-1")
        #expect(alert.text("nearestExplanation") == "none is known")
        let after = engine.feed([Self.fact(2, .openCase, from: -600, at: 3600)])
        #expect(after.map(\.kind) == [.alertCleared, .verdictChanged])
        #expect(after[0].text("reason") == "an open case explains it (object-1)")
        #expect(after[1].text("previousVerdict") == "unexplained")
        let kept = try #require(engine.alerts["D-01-0-agent-1/c-1"])
        #expect(kept.history.map(\.status) == [.open, .resolved])
    }

    @Test("an alert of two reads is cleared when both are explained, not before")
    func twoReads() throws {
        var engine = try Self.engine()
        _ = engine.feed([read(0), read(1, at: 10_000), Self.feed(2, through: 20_000, at: 10_100)])
        #expect(engine.alerts["D-01-0-agent-1/c-1"]?.matches == 2)
        let one = engine.feed([Self.fact(3, .liveParticipant, from: -60, to: 30, at: 10_200)])
        #expect(!one.contains { $0.kind == .alertCleared })
        let two = engine.feed([Self.fact(4, .liveParticipant, from: 9_900, to: 10_050, at: 10_300)])
        #expect(two.contains { $0.kind == .alertCleared })
    }

    @Test("missing facts are unverifiable, never guilt; they are judged again when they come")
    func unverifiable() throws {
        var engine = try Self.engine()
        let waiting = engine.feed([read(0, binding: "unverifiable"), Self.beat(1, at: 60), Self.beat(2, at: 840)])
        #expect(waiting.isEmpty)
        #expect(engine.feed([Self.beat(3, at: 1000)]).isEmpty)
        // Told with the next hour, however many there were.
        let given = engine.feed([Self.beat(4, at: 3500), Self.beat(5, at: 3601)])
        #expect(given.map(\.kind) == [.accessUnverifiable])
        #expect(given[0].fields["missingFacts"] == ["facts of the feed 'conversations'"])
        #expect(given[0].fields["reads"] == 1 && given[0].fields["firstIndex"] == 0)
        let late = engine.feed([Self.feed(6, through: 60, at: 3602)])
        #expect(late.first?.kind == .verdictChanged)
        #expect(Self.raised(late, "D-01").count == 1)
    }

    @Test("without any feed nothing is called unexplained")
    func noFeeds() throws {
        var engine = try Self.engine(DetectionConfiguration())
        let output = engine.feed([read(0, binding: "claimed"), Self.beat(1, at: 90_000), Self.beat(2, at: 90_001)])
        #expect(output.map(\.kind) == [.accessUnverifiable])
    }

    @Test("where nothing ties agents to customers, reads cost neither memory nor entries")
    func thousandsOfReads() throws {
        var engine = try Self.engine(DetectionConfiguration())
        var told: [DetectionEvent] = []
        var size = 0
        for index in 0..<20_000 {
            // Five hours of 12 reads of a few agents a minute: no rule fires.
            told += engine.observe(
                read(Int64(index), at: Double(index) * 5, agent: "a-\(index % 9)", binding: "claimed")
            )
            if index == 9_999 { size = try engine.encodedState().count }
        }
        #expect(engine.state.judge.openCount == 0)
        #expect(try engine.encodedState().count < size * 3 / 2)
        #expect(Set(told.map(\.kind)) == [.accessUnverifiable])
        // 100,000 s: 27 whole hours, each told by the first read after it, which is counted too.
        #expect(told.count == 27)
        #expect(told.compactMap { $0.fields["reads"]?.int }.reduce(0, +) == 19_441)
        #expect(Set(told.map(\.eventID)).count == 27)
    }

    @Test("an alert about a read that could not be judged is cleared by what explains it, required feeds or not")
    func watchedWithoutFeeds() throws {
        let rules = try pack(
            ruleText("judged:\n  eventType: ACCESS_JUDGED\n  verdict: unverifiable\ncondition: judged")
        )
        var engine = DetectionEngine(rules: rules, configuration: DetectionConfiguration())
        #expect(engine.feed([read(1, binding: "claimed")]).map(\.kind) == [.alertRaised])
        #expect(engine.state.judge.openCount == 1)
        let after = engine.feed([Self.fact(2, .openCase, from: -600, at: 60)])
        #expect(after.map(\.kind) == [.alertCleared, .verdictChanged])
        #expect(engine.state.judge.openCount == 0)
    }

    @Test("reads that wait are bounded: what falls out is counted and said, and nobody is blamed for it")
    func boundedWaiting() throws {
        var configuration = Self.configuration
        configuration.mostOpenReads = 50
        var engine = try Self.engine(configuration)
        var output: [DetectionEvent] = []
        for index in 0..<80 {
            output += engine.observe(read(Int64(index), at: Double(index), binding: "unverifiable"))
        }
        #expect(output.isEmpty && engine.state.judge.openCount == 50)
        // The feed comes: what stayed is judged, what fell out is not.
        output = engine.feed([Self.feed(80, through: 90, at: 100), Self.beat(81, at: 3600), Self.beat(82, at: 3601)])
        let alert = try #require(engine.alerts.values.first { $0.code == "D-01" })
        #expect(alert.matches == 50)
        let told = try #require(output.first { $0.kind == .accessUnverifiable })
        #expect(told.fields["reads"] == 30 && told.fields["lastIndex"] == 29)
        #expect(told.fields["missingFacts"] == [.string(AccessJudge.noRoom)])
        // Unexplained ones stay as long as there are others.
        _ = engine.observe(read(83, at: 3700, binding: "unverifiable"))
        #expect(engine.state.judge.openCount == 50)
    }

    @Test("a conversation whose customer is unknown settles nothing until the customer is known")
    func halfTied() throws {
        var engine = try Self.engine()
        let unknown = Self.fact(0, .liveParticipant, from: -60, at: -50, ["customerId": .null, "interactionId": "i-1"])
        let output = engine.feed([
            unknown, read(1, binding: "partial"), Self.feed(2, through: 60, at: 61), Self.beat(3, at: 3500),
            Self.beat(4, at: 3601),
        ])
        #expect(output.first?.fields["missingFacts"] == ["the customer of the conversation"])
        let known = Self.fact(
            5,
            .liveParticipant,
            from: -60,
            at: 3602,
            ["relationshipId": "r-0", "interactionId": "i-1"]
        )
        #expect(engine.feed([known]).first?.text("verdict") == "explained")
    }

    struct Unknown: Sendable {
        let fact: [String: JSONValue]
        let read: [String: JSONValue]
        let known: Bool
        let verdict: String
    }

    @Test(
        "a tie to a customer who is not known is never guilt, unless the read is for another conversation",
        arguments: [
            // The agent's callback, which names no conversation.
            Unknown(fact: [:], read: ["interactionId": .null], known: false, verdict: "unverifiable"),
            // It names one, and the read none, or one that nobody knows of.
            Unknown(
                fact: ["interactionId": "i-9"],
                read: ["interactionId": .null],
                known: true,
                verdict: "unverifiable"
            ),
            Unknown(fact: ["interactionId": "i-9"], read: [:], known: false, verdict: "unverifiable"),
            // The read is for the callback itself, for one of a queue, or for another conversation whose customer is known.
            Unknown(
                fact: ["interactionId": "i-9"],
                read: ["interactionId": "i-9"],
                known: true,
                verdict: "unverifiable"
            ),
            Unknown(
                fact: ["agentId": .null, "queueId": "q-1"],
                read: ["interactionId": .null],
                known: false,
                verdict: "unverifiable"
            ),
            Unknown(
                fact: ["agentId": .null, "queueId": "q-2"],
                read: ["interactionId": .null],
                known: false,
                verdict: "unexplained"
            ),
            Unknown(
                fact: ["interactionId": "i-9"],
                read: ["interactionId": "i-1"],
                known: true,
                verdict: "unexplained"
            ),
            // Its time is over.
            Unknown(
                fact: ["to": text(-1801)],
                read: ["interactionId": .null],
                known: false,
                verdict: "unexplained"
            ),
        ]
    )
    func unknownCustomers(_ unknown: Unknown) throws {
        var engine = try Self.engine()
        let agent = event(0, "AGENT_RECORDED", at: -4000, ["agentId": "agent-1", "queueIds": ["q-1"]])
        let callback: [String: JSONValue] = ["customerId": .null]
        let conversation: [String: JSONValue] = ["customerId": "c-2", "interactionId": "i-1"]
        var events = [agent, Self.fact(1, .callback, from: -2000, to: 60, callback.merging(unknown.fact) { $1 })]
        if unknown.known { events.append(Self.fact(2, .liveParticipant, from: -60, conversation)) }
        let output = engine.feed(
            events + [
                read(3, unknown.read), Self.feed(4, through: 60, at: 61), Self.beat(5, at: 3500),
                Self.beat(6, at: 3601),
            ]
        )
        #expect(Self.raised(output, "D-01").count == (unknown.verdict == "unexplained" ? 1 : 0))
        #expect(output.contains { $0.kind == .accessUnverifiable } == (unknown.verdict == "unverifiable"))
    }

    @Test("the nearest missing explanation is named")
    func nearest() throws {
        let cases: [(LedgerEvent, String)] = [
            (Self.fact(0, .callback, from: -9000, to: -7800), "a callback with this customer ended 2 h 10 min earlier"),
            (Self.fact(0, .callback, from: 4000), "a callback with this customer began 66 min later"),
            (
                Self.fact(0, .callback, from: -60, ["customerId": "c-2"]),
                "a callback existed at the time, but for another customer"
            ),
            (
                Self.fact(0, .liveParticipant, from: -60, ["agentId": "agent-2"]),
                "a conversation tied this customer to agent agent-2, not to this one"
            ),
        ]
        for (fact, expected) in cases {
            var engine = try Self.engine()
            let output = engine.feed([fact, read(1), Self.feed(2, through: 60, at: 61)])
            let alert = try #require(
                output.first { $0.kind == .alertRaised && $0.text("ruleCode")?.hasPrefix("D-0") == true }
            )
            #expect(alert.text("nearestExplanation") == expected)
        }
    }

    @Test("how fresh a fact is stands in the alert, and in what cleared it")
    func freshness() throws {
        var engine = try Self.engine()
        let fetched: [String: JSONValue] = ["fetchedAt": text(-60)]
        let over = Self.fact(0, .callback, from: -9000, to: -7800, fetched)
        let raised = Self.raised(engine.feed([over, read(1), Self.feed(2, through: 60, at: 61)]), "D-01")
        #expect(
            raised.first?.text("nearestExplanation")
                == "a callback with this customer ended 2 h 10 min earlier (as fetched at 2026-03-02T08:59:00.000Z)"
        )
        let after = engine.feed([Self.fact(3, .openCase, from: -600, at: 100, ["fetchedAt": text(90)])])
        #expect(
            after.first?.text("reason") == "an open case explains it (object-1, as fetched at 2026-03-02T09:01:30.000Z)"
        )
        #expect(after.last?.text("providerFetchedAt") == "2026-03-02T09:01:30.000Z")
    }

    @Test("a token of an earlier epoch is the same customer once it is linked")
    func linkedToken() throws {
        var engine = try Self.engine()
        let link = event(1, "CUSTOMERS_LINKED", at: -3000, ["customerId": "old", "sameAs": "c-1"])
        let output = engine.feed([
            Self.fact(0, .liveParticipant, from: -60), link, read(2, customer: "old"),
            Self.feed(3, through: 60, at: 61),
        ])
        #expect(Self.raised(output, "D-01").isEmpty)
    }

    @Test("the platform's late answer counts as the gateway's own")
    func correctedBinding() throws {
        var engine = try Self.engine()
        let corrected = event(2, "BINDING_CORRECTED", at: 20, ["correctedEventId": "e-0", "binding": "verified"])
        let output = engine.feed([
            read(0, binding: "unverifiable"), Self.beat(1, at: 10), corrected, Self.feed(3, through: 60, at: 61),
        ])
        #expect(output.isEmpty)
    }

    @Test("facts are forgotten when no read can ask for them, cases when they are closed")
    func forgetting() {
        var store = RelationshipStore()
        for fact in [
            Self.fact(0, .liveParticipant, from: 0, to: 60), Self.fact(1, .openCase, from: 0),
            Self.fact(2, .callback, from: 0),
        ] {
            if let relationship = Relationship(fact) { store.put(relationship) }
        }
        store.sweep(watermark: Timestamp(milliseconds: monday.milliseconds + 37 * 3_600_000))
        #expect(store.ofAgent("agent-1", queue: nil).map(\.provider) == [.openCase])
        #expect(store.ofCustomer("c-1").count == 1)
    }
}
