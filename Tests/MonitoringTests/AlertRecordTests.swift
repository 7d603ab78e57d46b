import Detection
import JSON
import Ledger
import TestStores
import Testing
import WallTime

@testable import Monitoring

/// What people see of alerts does not depend on how many there are, nor on who else decides at the same moment.
@Suite struct AlertRecordTests {
    private func desk(_ watched: Watched) throws -> AlertDesk {
        try AlertDesk(ledger: watched.ledger, rules: BuiltInRules.pack(), clock: watched.clock, producer: "test")
    }

    private func raise(_ watched: Watched, _ numbers: Range<Int>) async throws {
        let now = watched.clock.now()
        let events = numbers.map { number in
            Event(
                type: .detectionAlertRaised,
                identity: EventIdentity(producer: DetectionEvent.producer, id: "a\(number)/1"),
                timestamp: now,
                fields: ["alertId": .string("a\(number)"), "status": "open", "sentence": "found"]
            )
        }
        _ = try await watched.ledger.record(events) { _ in }
    }

    /// All pages.
    private func all(_ desk: AlertDesk, _ statuses: Set<AlertStatus>, limit: Int) async throws -> [String] {
        var (ids, before): ([String], UInt64?) = ([], nil)
        repeat {
            let page = try await desk.alerts(statuses, before: before, limit: limit)
            ids += page.alerts.map(\.id)
            #expect(page.alerts.count <= limit)
            before = page.next
        } while before != nil
        return ids
    }

    @Test(arguments: Engine.allCases)
    func noFloodHidesAnAlert(engine: Engine) async throws {
        let watched = try Watched(engine)
        let desk = try desk(watched)
        try await raise(watched, 0..<2)
        _ = try await desk.decide(.acknowledge(reason: "first"), on: "a0", by: "ann")
        try await raise(watched, 2..<1300)
        try watched.ledger.catchUpIndex()
        try await raise(watched, 1300..<1500)
        _ = try await desk.note("a0", "still there", by: "ann")
        // Another desk, as a command or another node is, sees the same.
        for desk in [desk, try self.desk(watched)] {
            let oldest = try await desk.alert("a0")
            #expect(oldest.status == .acknowledged && oldest.history.map(\.actor) == ["detection", "ann", "ann"])
            #expect(try await all(desk, [], limit: 700) == (0..<1500).reversed().map { "a\($0)" })
            #expect(try await all(desk, [.open], limit: 1000) == (1..<1500).reversed().map { "a\($0)" })
            #expect(try await all(desk, [.acknowledged, .resolved], limit: 1) == ["a0"])
        }
        // A page of exactly as many as there are is the last one.
        #expect(try await desk.alerts([.open], limit: 1499).next == nil)
        #expect(try await desk.alerts([.open], limit: 1498).next != nil)
    }

    @Test(arguments: Engine.allCases)
    func noFloodHidesASuppression(engine: Engine) async throws {
        let watched = try Watched(engine)
        let desk = try desk(watched)
        let until = watched.clock.now().adding(seconds: 60)
        let first = try await desk.suppress(rule: "D-13", entity: "e", reason: "x", until: until, by: "ann")
        let events = (0..<1100).map { number in
            Event(
                type: .detectionSuppressionSet,
                identity: EventIdentity(producer: "test", id: "s\(number)"),
                timestamp: watched.clock.now(),
                fields: [
                    "suppressionId": .string("s\(number)"), "rule": "D-13", "reason": "x", "actor": "ann",
                    "until": .string(watched.clock.now().adding(seconds: 10).description),
                ]
            )
        }
        _ = try await watched.ledger.record(events) { _ in }
        watched.clock.advance(seconds: 30)
        let lasting = try await desk.suppressions(lasting: watched.clock.now())
        #expect(lasting.suppressions.map(\.id) == [first.id] && lasting.next == nil)
        let page = try await desk.suppressions(limit: 1100)
        #expect(page.suppressions.count == 1100 && page.next != nil)
        #expect(try await desk.suppressions(before: page.next, limit: 1100).suppressions.map(\.id) == [first.id])
        let lifted = await count(4) { _ = try await desk.lift(first.id, reason: "over", by: "ann") }
        #expect(lifted == 1)
        #expect(try await watched.events(.detectionSuppressionLifted).count == 1)
        #expect(try await desk.suppressions(lasting: watched.clock.now()).suppressions.isEmpty)
    }

    /// How many of several at once did not throw an ``AlertError``.
    private func count(_ number: Int, _ body: @escaping @Sendable () async throws -> Void) async -> Int {
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<number {
                group.addTask {
                    do { try await body() } catch is AlertError { return false } catch {
                        Issue.record(error)
                        return false
                    }
                    return true
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
    }

    @Test(arguments: Engine.allCases)
    func ofContradictingDecisionsOneIsTaken(engine: Engine) async throws {
        let watched = try Watched(engine)
        let desk = try desk(watched)
        let follower = try watched.follower()
        var state = try await follower.restore()
        let until = watched.clock.now().adding(seconds: 3600)
        for round in 0..<4 {
            try await watched.read(round, agent: "snoop\(round)", grade: "contradicted")
            while try await follower.step(&state) {}
            let id = try #require(try await desk.alerts([.open]).alerts.first?.id)
            async let resolved = count(6) { _ = try await desk.decide(.resolve(reason: "done"), on: id, by: "ann") }
            async let dismissed = count(6) {
                _ = try await desk.decide(.dismiss(reason: "noise", until: until), on: id, by: "bob")
            }
            #expect(await resolved + dismissed == 1)
            while try await follower.step(&state) {}
            let seen = try await desk.alert(id)
            #expect(seen.history.count == 2 && seen.status == state.alerts[id]?.status && seen.status != .open)
        }
    }

    @Test(arguments: Engine.allCases)
    func whatDetectionSaysMeanwhileIsNotOverlooked(engine: Engine) async throws {
        let watched = try Watched(engine)
        let desk = try desk(watched)
        try await raise(watched, 0..<2)
        let seen = try #require(try await desk.record.alert("a0"))
        func decision(_ id: String) -> Event {
            Event(
                type: .detectionAlertDismissed,
                identity: .random(producer: "test"),
                timestamp: watched.clock.now(),
                fields: ["alertId": .string(id), "actor": "ann", "reason": "x"]
            )
        }
        try await watched.ledger.append(
            Event(
                type: .detectionAlertCleared,
                identity: EventIdentity(producer: DetectionEvent.producer, id: "a0/2"),
                timestamp: watched.clock.now(),
                fields: ["alertId": "a0", "status": "resolved"]
            )
        )
        let size = watched.ledger.health.head.size
        await #expect(throws: AlertRecord.Overtaken.self) {
            try await desk.record.record(decision("a0"), upon: "a0", seen: seen.view.decided, since: seen.size)
        }
        #expect(watched.ledger.health.head.size == size)
        // Of another alert it says nothing.
        let other = try #require(try await desk.record.alert("a1"))
        try await desk.record.record(decision("a1"), upon: "a1", seen: other.view.decided, since: seen.size)
    }

    /// Records made before decisions excluded one another hold decisions that contradict: engine and desk read them alike.
    @Test(arguments: Engine.allCases, [EventType.detectionAlertResolved, .detectionAlertAcknowledged])
    func contradictingRecordsAreReadAlike(engine: Engine, first: EventType) async throws {
        let watched = try Watched(engine)
        let desk = try desk(watched)
        let follower = try watched.follower()
        var state = try await follower.restore()
        try await watched.read(0, agent: "snoop", grade: "contradicted")
        while try await follower.step(&state) {}
        let id = try #require(try await desk.alerts([.open]).alerts.first?.id)
        for type in [first, .detectionAlertDismissed, .detectionAlertResolved, .detectionAlertAcknowledged] {
            watched.clock.advance(seconds: 1)
            try await watched.ledger.append(
                Event(
                    type: type,
                    identity: .random(producer: "test"),
                    timestamp: watched.clock.now(),
                    fields: [
                        "alertId": .string(id), "actor": "ann", "reason": "x",
                        "until": .string(watched.clock.now().adding(seconds: 60).description),
                    ]
                )
            )
        }
        while try await follower.step(&state) {}
        let seen = try await desk.alert(id)
        #expect(seen.status == state.alerts[id]?.status)
        #expect(seen.status == (first == .detectionAlertResolved ? .resolved : .dismissed))
        #expect((seen.dismissedUntil == nil) == (seen.status == .resolved))
    }
}

/// What names somebody stands in the record for ever, so it names nobody by what is theirs.
@Suite struct RecordedNamesTests {
    @Test(arguments: ["smith@example.com", "Mr Smith", "+491701234567", "", "4111111111111111", "ann\u{0}", "jürgen"])
    func personalDataIsNoIdentifier(text: String) {
        #expect(throws: AlertError.notAnIdentifier(field: "entity")) {
            try AlertDesk.require(identifier: text, "entity")
        }
    }

    @Test func addressesAreWhatAlertsAreAbout() {
        for text in ["203.0.113.7", "203.0.113.0/24", "2001:db8::7", "2001:db8::/32"] {
            #expect(AlertDesk.isAddress(text))
        }
        for text in ["203.0.113", "1.2.3.400", "smith@example.com", "4111:1111:11111", "203.0.113.7/", "a"] {
            #expect(!AlertDesk.isAddress(text))
        }
    }

    @Test func idsOfAgentsAndTokensAreTaken() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            func hex(_ digits: Int) -> String {
                (0..<digits).map { _ in String(Int.random(in: 0..<16, using: &random), radix: 16) }.joined()
            }
            let id = [8, 4, 4, 4, 12].map(hex).joined(separator: "-")
            for text in [id, "tok_" + hex(32), "agent-\(hex(4))"] {
                try AlertDesk.require(identifier: text, "entity")
            }
        }
        for text in ["bob", "ann.lee", "ops@night", "crm/profile", "splunk-1"] {
            try AlertDesk.require(identifier: text, "assignee")
        }
    }
}
