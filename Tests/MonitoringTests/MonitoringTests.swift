import Detection
import JSON
import Ledger
import Measures
import Storage
import TestStores
import Testing
import WallTime

@testable import Monitoring

@Suite struct DetectionFollowerTests {
    /// The scraping burst of rule D-03 with a follower that is stopped and started anew at any point, and one that ran through.
    @Test(arguments: Engine.allCases)
    func alertsAreTheSameFromAnyRestart(engine: Engine) async throws {
        var alerts: [[[UInt8]]] = []
        for restarts in [false, true] {
            let watched = try Watched(engine)
            let follower = try watched.follower()
            var state = try await follower.restore()
            for number in 0..<420 {
                try await watched.read(number, agent: number % 20 == 19 ? "calm" : "scraper")
                guard number % 37 == 0 else { continue }
                while try await follower.step(&state) {}
                guard restarts else { continue }
                // Sometimes the state was kept, sometimes the process died before.
                if number % 2 == 0 { try await follower.keep(state) }
                state = try await follower.restore()
            }
            while try await follower.step(&state) {}
            alerts.append(try await watched.events(.detectionAlertRaised))
        }
        #expect(alerts[0] == alerts[1])
        let sentences = try alerts[0].map { try JSONValue(parsing: $0)["sentence"]?.string ?? "" }
        #expect(sentences.contains { $0.contains("scraper") && $0.contains("200") })
        #expect(!sentences.contains { $0.contains("calm") })
    }

    /// What it says of itself: how far it is, that another may watch, and that it failed; and that it watches only after a look.
    @Test func itSaysHowItGoes() async throws {
        let watched = try Watched(.sqlite)
        let status = DetectionStatus(ledger: watched.ledger)
        #expect(status.state == .elsewhere && status.lag == nil)
        for number in 0..<3 { try await watched.read(number, agent: "a") }
        let (looks, continuation) = AsyncStream<Void>.makeStream()
        let follower = try DetectionFollower(
            ledger: watched.ledger,
            rules: BuiltInRules.pack(),
            configuration: DetectionConfiguration(),
            clock: watched.clock,
            status: status,
            pause: { _ in
                continuation.yield()
                if watched.ledger.health.head.size > 10 { throw CancellationError() }
                try await watched.read(100 + Int(watched.ledger.health.head.size), agent: "a")
            },
            failed: { what, error in Issue.record("\(what): \(error)") }
        )
        async let running: Void = follower.run()
        for await _ in looks.prefix(1) {
            guard case .watching(let next) = status.state else {
                Issue.record("it does not watch")
                break
            }
            #expect(next >= 4)
        }
        try await running
        #expect(status.state == .elsewhere)
        #expect(try await watched.events(.detectionHeartbeat).count == 1)

        watched.ledger.close()
        await #expect(throws: (any Error).self) { try await follower.run() }
        guard case .failing = status.state else {
            Issue.record("nobody would know that it ended")
            return
        }
        var text = MetricsText()
        status.write(to: &text)
        #expect(
            text.text.contains("muniment_detection_failing 1\n")
                && text.text.contains("muniment_detection_watching 0\n")
        )
    }

    @Test func aStateOfAnotherLedgerIsNotUsed() async throws {
        let watched = try Watched(.sqlite)
        let follower = try watched.follower()
        var state = try await follower.restore()
        for number in 0..<5 { try await watched.read(number, agent: "a") }
        while try await follower.step(&state) {}
        try await follower.keep(state)
        let other = try Watched(.sqlite)
        let bytes = try state.encodedState()
        _ = try other.follower()
        try await other.ledger.database.write { connection in
            _ = try connection.run("INSERT INTO detection_state VALUES (1, 99, $1)", [.blob(bytes)])
        }
        #expect(try await other.follower().restore().nextIndex == 0)
    }

    @Test(arguments: Engine.allCases)
    func peopleDecideAndTheEngineLearnsOfIt(engine: Engine) async throws {
        let watched = try Watched(engine)
        let follower = try watched.follower()
        var state = try await follower.restore()
        let desk = try AlertDesk(
            ledger: watched.ledger,
            rules: BuiltInRules.pack(),
            clock: watched.clock,
            producer: "test"
        )
        #expect(try await desk.alerts().alerts.isEmpty)
        try await watched.read(0, agent: "snoop", grade: "contradicted")
        while try await follower.step(&state) {}
        let alert = try #require(try await desk.alerts([.open]).alerts.first)
        #expect(alert.fields["ruleCode"]?.string == "D-13")
        #expect(try await desk.decide(.acknowledge(), on: alert.id, by: "ann").status == .acknowledged)
        await #expect(throws: AlertError.self) { try await desk.decide(.acknowledge(), on: alert.id, by: "ann") }
        await #expect(throws: AlertError.self) {
            try await desk.decide(.resolve(reason: " "), on: alert.id, by: "ann")
        }
        await #expect(throws: AlertError.self) { try await desk.decide(.acknowledge(), on: "D-99-1-x", by: "ann") }
        let until = watched.clock.now().adding(seconds: 3600)
        let dismissed = try await desk.decide(.dismiss(reason: "a drill", until: until), on: alert.id, by: "ann")
        #expect(dismissed.status == .dismissed && dismissed.dismissedUntil == until)
        #expect(dismissed.history.map(\.actor) == ["detection", "ann", "ann"])
        #expect(dismissed.json["history"]?.array?.count == 3)
        // The same again falls into the dismissal, and raises nothing.
        while try await follower.step(&state) {}
        try await watched.read(1, agent: "snoop", grade: "contradicted", customer: "c0")
        while try await follower.step(&state) {}
        #expect(state.alerts[alert.id]?.status == .dismissed)
        #expect(try await desk.decide(.reopen(reason: "no drill"), on: alert.id, by: "bob").status == .open)
        #expect(try await desk.alerts([.dismissed]).alerts.isEmpty)
    }

    @Test(arguments: Engine.allCases)
    func alertsAreAssignedAndNotedAndHeldBack(engine: Engine) async throws {
        let watched = try Watched(engine)
        let follower = try watched.follower()
        var state = try await follower.restore()
        let desk = try AlertDesk(
            ledger: watched.ledger,
            rules: BuiltInRules.pack(),
            clock: watched.clock,
            producer: "test"
        )
        try await watched.read(0, agent: "snoop", grade: "contradicted")
        while try await follower.step(&state) {}
        let id = try #require(try await desk.alerts([.open]).alerts.first).id
        #expect(try await desk.assign(id, to: "bob", by: "ann").assignee == "bob")
        // A note stays for ever, so what it says of a customer is masked.
        let noted = try await desk.note(id, "she gave card 4111 1111 1111 1111", by: "bob")
        let words = try #require(noted.history.last?.reason)
        #expect(words.hasPrefix("she gave card ") && !words.contains("4111 1111"))
        #expect(noted.status == .open && noted.assignee == "bob" && noted.json["assignee"]?.string == "bob")
        #expect(try await desk.assign(id, to: nil, by: "ann").assignee == nil)
        await #expect(throws: AlertError.reasonMissing) { try await desk.note(id, " ", by: "bob") }
        await #expect(throws: AlertError.unknownAlert("D-0")) { try await desk.assign("D-0", to: "b", by: "ann") }

        let (now, until) = (watched.clock.now(), watched.clock.now().adding(seconds: 3600))
        await #expect(throws: AlertError.suppressesEverything) {
            try await desk.suppress(rule: "*", entity: nil, reason: "x", until: until, by: "ann")
        }
        await #expect(throws: AlertError.unknownRule("D-99")) {
            try await desk.suppress(rule: "D-99", entity: nil, reason: "x", until: until, by: "ann")
        }
        await #expect(throws: AlertError.expiryOutOfRange) {
            try await desk.suppress(rule: "D-13", entity: nil, reason: "x", until: now, by: "ann")
        }
        await #expect(throws: AlertError.reasonMissing) {
            try await desk.suppress(rule: "D-13", entity: nil, reason: "", until: until, by: "ann")
        }
        let silence = try await desk.suppress(rule: "D-13", entity: "other", reason: "drill", until: until, by: "ann")
        for number in 1...5 { try await watched.read(number, agent: "other", grade: "contradicted") }
        while try await follower.step(&state) {}
        #expect(try await desk.alerts().alerts.allSatisfy { $0.id == id }, "the suppression held back nothing")
        // Told at the first, second and fourth; the fifth when it ends.
        #expect(try await desk.suppressions().suppressions.first?.matches == 4)
        let lifted = try await desk.lift(silence.id, reason: "over", by: "bob")
        #expect(lifted.lifted?.actor == "bob" && !lifted.lasts(at: now))
        await #expect(throws: AlertError.unknownSuppression(silence.id)) {
            try await desk.lift(silence.id, reason: "again", by: "bob")
        }
        while try await follower.step(&state) {}
        let told = try #require(try await desk.suppressions().suppressions.first)
        #expect(told.matches == 5 && told.json(at: now)["lasts"] == false)
        try await watched.read(6, agent: "other", grade: "contradicted")
        while try await follower.step(&state) {}
        #expect(try await desk.alerts([.open]).alerts.count == 2)
    }
}

@Suite struct ContainmentDeskTests {
    private func desk(_ watched: Watched, _ steps: Set<ContainmentStep> = [.maskOnly, .block]) throws
        -> ContainmentDesk
    {
        try ContainmentDesk(
            ledger: watched.ledger,
            policy: ContainmentPolicy(enabled: steps, protected: ["emergency"]),
            clock: watched.clock,
            producer: "test"
        )
    }

    private func proposal(
        _ id: String,
        _ step: ContainmentStep = .maskOnly,
        _ agent: String = "scraper",
        until: Timestamp? = nil
    ) -> ContainmentCommand {
        .propose(
            ContainmentProposal(
                id: id,
                step: step,
                target: ContainmentTarget(id: agent),
                reason: "200 customers in ten minutes",
                undoAt: until
            )
        )
    }

    @Test(arguments: Engine.allCases)
    func aMaskComesHoldsAndEndsByItself(engine: Engine) async throws {
        let watched = try Watched(engine)
        let end = watched.clock.now().adding(seconds: 60)
        let found = try await desk(watched).command(proposal("c1", until: end), by: "ann")
        #expect(found.phase == .approved)
        #expect(try await desk(watched).restrictions().isEmpty)
        // Another process each time, as after a crash between any two steps.
        while try await desk(watched).work() {}
        #expect(try await desk(watched).restrictions() == [LocalRestriction(agent: "scraper", step: .maskOnly)])
        #expect(try await desk(watched).book().cases["c1"]?.phase == .effective)
        watched.clock.advance(seconds: 61)
        while try await desk(watched).work() {}
        while try await desk(watched).work() {}
        #expect(try await desk(watched).restrictions().isEmpty)
        #expect(try await desk(watched).book().cases["c1"]?.phase == .undone)
        // The ledger tells the whole story, in order.
        var story: [(UInt64, String)] = []
        for type in EventType.containment {
            let query = EventQuery(keys: [IndexKey(.eventType, type.rawValue)], limit: 10)
            story += try await watched.ledger.events(query).events.map { ($0.index, type.rawValue) }
        }
        #expect(
            story.sorted { $0.0 < $1.0 }.map { $0.1.dropFirst("CONTAINMENT_".count) } == [
                "PROPOSED", "PRIOR_STATE_SAVED", "PERFORMED", "EFFECT_VERIFIED", "UNDO_REQUESTED", "UNDO_PERFORMED",
                "UNDONE",
            ]
        )
    }

    @Test(arguments: Engine.allCases)
    func boundsHoldAndNothingIsRecordedOfWhatIsRefused(engine: Engine) async throws {
        let watched = try Watched(engine)
        let desk = try desk(watched, [.maskOnly])
        let size = watched.ledger.health.head.size
        await #expect(throws: ContainmentError.stepDisabled(.block)) {
            try await desk.command(proposal("b", .block), by: "ann")
        }
        await #expect(throws: ContainmentError.protected("emergency")) {
            try await desk.command(proposal("p", .maskOnly, "emergency"), by: "ann")
        }
        await #expect(throws: ContainmentError.unknownCase("none")) {
            try await desk.command(.undo(caseID: "none", reason: "x"), by: "ann")
        }
        #expect(watched.ledger.health.head.size == size)
        for agent in ["a1", "a2", "a3"] { _ = try await desk.command(proposal(agent, .maskOnly, agent), by: "ann") }
        await #expect(throws: ContainmentError.self) {
            try await desk.command(proposal("a4", .maskOnly, "a4"), by: "ann")
        }
        while try await desk.work() {}
        #expect(try await desk.restrictions().count == 3)
        let undone = try await desk.command(.undo(caseID: "a1", reason: "a false alarm"), by: "bob")
        #expect(undone.phase == .undoing)
        while try await desk.work() {}
        #expect(Set(try await desk.restrictions().map(\.agent)) == ["a2", "a3"])
    }

    /// Two people ask for the same at once: one case, one row, one event.
    @Test(arguments: Engine.allCases)
    func askingTwiceIsAskingOnce(engine: Engine) async throws {
        let watched = try Watched(engine)
        let desk = try desk(watched)
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for person in 0..<6 {
                group.addTask { (try? await desk.command(proposal("same"), by: "person \(person)")) != nil }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(outcomes == 1)
        #expect(try await watched.events(EventType.containment[0]).count == 1)
    }
}
