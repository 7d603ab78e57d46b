import Genesys
import JSON
import Ledger
import Sandbox
import Storage
import TestStores
import Testing
import WallTime

@testable import PlatformFacts

@Suite struct ConversationFeedTests {
    @Test(arguments: Engine.allCases)
    func eachPartInAConversationIsRecordedOnce(engine: Engine) async throws {
        try await Centre.run(engine) { centre in
            let feed = centre.conversations()
            try await centre.round(feed)
            let directory = centre.directory
            let found = try await centre.events(.relationshipRecorded)
            func of(_ conversation: String) -> [JSONValue] {
                found.filter { $0["interactionId"]?.string == conversation }
            }

            let live = try #require(of(directory.liveConversation).first)
            #expect(of(directory.liveConversation).count == 1)
            #expect(live["provider"] == "live_participant" && live["to"] == nil)
            #expect(live["agentId"]?.string == directory.agentWithLiveCall)
            #expect(live["customerId"]?.string == "token:" + directory.customer)

            let wrapUp = of(directory.wrapUpConversation)
            #expect(Set(wrapUp.compactMap { $0["provider"]?.string }) == ["live_participant", "after_call_work"])
            #expect(wrapUp.first { $0["provider"] == "after_call_work" }?["to"] == nil)

            let transferred = of(directory.transferredConversation)
            let second = try #require(transferred.first { $0["agentId"]?.string == directory.transferredTo })
            #expect(second["provider"] == "consult" && second["mode"] == "transfer")
            #expect(of(directory.ringingConversation).isEmpty)
            #expect(of(directory.anonymousConversation).first?["customerId"] == nil)

            // The same again brings nothing; what changes is a newer version under the same id.
            centre.pass(60)
            try await centre.round(feed)
            #expect(try await centre.events(.relationshipRecorded).count == found.count)
            try centre.sandbox.end(directory.liveConversation)
            centre.pass(60)
            try await centre.round(feed)
            let later = try await centre.events(.relationshipRecorded).dropFirst(found.count)
            #expect(Set(later.compactMap { $0["provider"]?.string }) == ["live_participant", "after_call_work"])
            #expect(later.contains { $0["relationshipId"] == live["relationshipId"] && $0["to"] != nil })
        }
    }

    @Test func supervisorsAndCallbacksAreRelationships() async throws {
        try await Centre.run { centre in
            let directory = centre.directory
            try centre.sandbox.supervise(directory.liveConversation, by: directory.supervisor, kind: "coaching")
            let callback = try centre.sandbox.scheduleCallback(
                agent: directory.otherAgent,
                customer: directory.otherCustomer,
                inSeconds: 1200
            )
            try await centre.round(centre.conversations())
            let found = try await centre.events(.relationshipRecorded)
            let supervision = try #require(found.first { $0["provider"] == "supervisor" })
            #expect(supervision["agentId"]?.string == directory.supervisor && supervision["mode"] == "coaching")
            let due = try #require(
                found.first { $0["provider"] == "callback" && $0["interactionId"]?.string == callback }
            )
            #expect(due["from"]?.string == centre.now.adding(seconds: 1200).description)
            #expect(due["customerId"]?.string == "token:" + directory.otherCustomer)
        }
    }

    @Test func theWatermarkWaitsForCustomersWhoAreNotKnownYet() async throws {
        try await Centre.run { centre in
            let feed = centre.conversations {
                $0.customersPerMinute = 2
                $0.settleSeconds = 0
            }
            try await centre.round(feed)
            let first = try #require(try await centre.store.states().first)
            let settled = centre.now
            #expect(first.through.map { $0 < settled } == true)
            #expect(first.problem?.contains("are not known yet") == true)
            for _ in 0..<10 { try await centre.round(feed) }
            let last = try #require(try await centre.store.states().first)
            #expect(last.through == settled && last.problem == nil)
            let throughs = try await centre.events(.platformFeedAdvanced).compactMap { $0["through"]?.string }
            #expect(throughs == throughs.sorted() && throughs.last == settled.description)
        }
    }

    @Test func aConversationWithoutCustomerIsAskedForAgainWhenItHasEnded() async throws {
        try await Centre.run { centre in
            let feed = centre.conversations()
            func asked() -> Int { centre.sandbox.requestCounts["GET /api/v2/conversations/{id}"] ?? 0 }
            try await centre.round(feed)
            let first = asked()
            centre.pass(60)
            try await centre.round(feed)
            #expect(asked() == first)
            try centre.sandbox.end(centre.directory.anonymousConversation)
            centre.pass(60)
            for _ in 0..<2 { try await centre.round(feed) }
            #expect(asked() == first + 1)
        }
    }

    @Test func manyPagesAndReplies429AreTakenInOrder() async throws {
        try await Centre.run { centre in
            for number in 0..<130 {
                _ = try centre.sandbox.begin(
                    agent: centre.directory.agents[number % 7],
                    customer: centre.directory.customers[number % 20]
                )
            }
            centre.sandbox.inject(
                PlatformFault(
                    route: "POST /api/v2/analytics/conversations/details/query",
                    status: 429,
                    times: 2,
                    retryAfter: 0
                )
            )
            try await centre.round(centre.conversations { $0.customersPerMinute = 1000 })
            let live = try await centre.events(.relationshipRecorded).filter { $0["to"] == nil }
            #expect(live.count >= 130)
            let asked = centre.sandbox.requestCounts["POST /api/v2/analytics/conversations/details/query"]
            #expect(asked == 5)
        }
    }

    @Test func anotherHolderOfTheLeaseWritesAndThisOneDoesNot() async throws {
        try await Centre.run { centre in
            let old = try await centre.lease("one")
            _ = try await centre.lease("two")
            let importer = centre.importer(centre.conversations())
            await #expect(throws: (any Error).self) { try await importer.round(old) }
            #expect(try await centre.events(.relationshipRecorded).isEmpty)
            #expect(try await centre.events(.platformFeedAdvanced).isEmpty)
        }
    }

    @Test func aMissingPermissionIsSaidInTheFeedsState() async throws {
        try await Centre.run(limited: true) { centre in
            let lease = try await centre.lease()
            let (store, clock) = (centre.store, centre.clock)
            let feed = centre.conversations()
            // The first wait ends the work.
            let importer = FeedImporter(
                feed,
                store: store,
                clock: clock,
                pause: { _ in throw CancellationError() },
                failed: { _, _ in }
            )
            await #expect(throws: CancellationError.self) { try await importer.run(lease) }
            let problem = try #require(try await store.states().first?.problem)
            #expect(problem.contains("analytics:conversationDetail:view"))
            var settings = FeedSettings()
            settings.conversations = .init()
            let report = try #require(try await FeedDesk(settings, store: store).reports(at: clock.now()).first)
            #expect(report.trouble == problem)
        }
    }
}

@Suite struct AuditFeedTests {
    @Test func rowsAreRecordedOnceHoweverOftenTheyAreFound() async throws {
        try await Centre.run { centre in
            for number in 0..<1200 {
                var row = SandboxAudit(
                    service: "Quality",
                    entityType: "Recording",
                    entity: "r\(number)",
                    action: "Export",
                    user: "u1"
                )
                row.secondsAgo = Int64(number) * 60 + 1
                centre.sandbox.audit(row)
            }
            let feed = centre.audits(.platform)
            try await centre.round(feed)
            try await centre.round(feed)
            let rows = try await centre.events(.platformAuditRecorded)
            #expect(rows.count == 1200)
            #expect(Set(rows.compactMap { $0["auditId"]?.string }).count == 1200)
            // When it happened, not when it was found.
            let dates = rows.compactMap { $0["timestamp"]?.string.flatMap { Timestamp($0) } }
            #expect(dates.max() == centre.now.adding(seconds: -1))
        }
    }

    @Test func aRowThatComesLateIsFoundWhenARoundGoesBack() async throws {
        try await Centre.run { centre in
            let feed = centre.audits(.interaction)
            try await centre.round(feed)
            var row = SandboxAudit(
                service: "RecordingService",
                entityType: "Recording",
                entity: "r1",
                action: "Download",
                user: "u1"
            )
            row.isOfInteraction = true
            row.secondsAgo = 20 * 3600
            centre.sandbox.audit(row)
            try await centre.round(feed)
            #expect(try await centre.events(.platformAuditRecorded).isEmpty)
            centre.pass(6 * 3600)
            try await centre.round(feed)
            let found = try #require(try await centre.events(.platformAuditRecorded).first)
            #expect(found["auditKind"] == "interaction" && found["status"] == "SUCCESS")
        }
    }

    @Test func valuesOfPropertiesThatMayBePersonalStayOutside() async throws {
        try await Centre.run { centre in
            var row = SandboxAudit(
                service: "PeoplePermissions",
                entityType: "AuthUser",
                entity: "u2",
                action: "AuthorizationChanged",
                user: "u1"
            )
            row.changes = ["roles": ["Master Admin"], "email": ["mara@example.com"]]
            centre.sandbox.audit(row)
            centre.pass(1)
            try await centre.round(centre.audits(.platform))
            let found = try #require(try await centre.events(.platformAuditRecorded).first)
            #expect(found["changedProperties"] == ["email", "roles"] && found["newValues"] == ["Master Admin"])
            #expect(found["userId"] == "u1")
            #expect(!String(decoding: try found.canonicalBytes(), as: UTF8.self).contains("Somebody"))
        }
    }

    @Test func aShorterRetentionIsSaidToBeShorter() async throws {
        try await Centre.run { centre in
            for (days, entity) in [("90", "a"), ("900", "b")] {
                var row = SandboxAudit(
                    service: "AnalyticsReporting",
                    entityType: "AnalyticsReportingSettings",
                    entity: entity,
                    action: "Update",
                    user: "u1"
                )
                row.changes = ["retentionDays": [days]]
                row.before = ["retentionDays": ["400"]]
                centre.sandbox.audit(row)
            }
            centre.pass(1)
            try await centre.round(centre.audits(.platform))
            let rows = try await centre.events(.platformAuditRecorded)
            #expect(
                Dictionary(uniqueKeysWithValues: rows.map { ($0["entityId"]?.string ?? "", $0["shortened"]?.bool) })
                    == ["a": true, "b": nil]
            )
            #expect(try await centre.alerts() == ["D-21 u1 a"])
        }
    }

    @Test func servicesThatThePlatformDoesNotAuditAreNamed() async throws {
        try await Centre.run { centre in
            try await centre.round(centre.audits(.platform, services: ["quality", "Nonsense"]))
            #expect(try await centre.store.states().first?.problem == "the platform has no audits of Nonsense")
            let none = centre.importer(centre.audits(.platform, services: ["Nonsense"]))
            let lease = try await centre.lease()
            await #expect(throws: FeedError.noSuchServices(["Nonsense"])) { try await none.round(lease) }
            // Those that are asked for without being named are all there, or named too.
            try await centre.round(centre.audits(.platform))
            #expect(try await centre.store.states().first?.problem == nil)
            centre.sandbox.auditOnly(["Quality", "GDPR"])
            try await centre.round(centre.audits(.platform))
            let problem = try #require(try await centre.store.states().first?.problem)
            #expect(problem.hasPrefix("the platform has no audits of PeoplePermissions, Groups, Recording"))
        }
    }
}

@Suite struct ExecutionFeedTests {
    @Test func executionsOfOurActionsAreCountedInWholeSteps() async throws {
        try await Centre.run { centre in
            let action = centre.directory.customerAction
            centre.sandbox.execute(action, times: 7, secondsAgo: 3600)
            centre.sandbox.execute(action, times: 2, secondsAgo: 3600, status: 403)
            // Not understood, so nothing was recorded of it.
            centre.sandbox.execute(action, times: 5, secondsAgo: 3600, status: 400)
            let feed = centre.executions()
            try await centre.round(feed)
            let counts = try await centre.events(.platformExecutionsCounted)
            #expect(counts.allSatisfy { $0["actionId"]?.string == action && $0["route"] == "customer-profile" })
            #expect(counts.compactMap { $0["executions"]?.int }.filter { $0 > 0 } == [9])
            #expect(counts.first?["actionName"] == "Muniment customer-profile")
            let through = try #require(try await centre.store.states().first?.through)
            #expect(through <= centre.now.adding(seconds: -900))
            #expect(through.milliseconds % 900_000 == 0)
            // Counted again, and differently: the later count is a fact of its own.
            centre.sandbox.execute(action, times: 1, secondsAgo: 3600)
            try await centre.round(feed)
            let again = try await centre.events(.platformExecutionsCounted).compactMap { $0["executions"]?.int }
            #expect(again.filter { $0 > 0 } == [9, 10])
        }
    }

    @Test func afterALongPauseEveryStepIsCountedADayAtATime() async throws {
        try await Centre.run { centre in
            let feed = centre.executions()
            try await centre.round(feed)
            let before = try #require(try await centre.store.states().first?.through)
            centre.pass(5 * 86_400)
            // Three days ago, longer back than a round takes.
            centre.sandbox.execute(centre.directory.customerAction, times: 4, secondsAgo: 3 * 86_400)
            var ends: [Int64] = []
            for _ in 0..<6 {
                try await centre.round(feed)
                ends.append(try #require(try await centre.store.states().first?.through).milliseconds)
            }
            #expect(ends == ends.sorted() && ends[0] < before.milliseconds + 86_400_000)
            #expect(ends.last == (centre.now.milliseconds - 900_000) / 900_000 * 900_000)
            let counts = try await centre.events(.platformExecutionsCounted)
            let steps = Set(counts.compactMap { $0["from"]?.string })
            var missing = 0
            for start in stride(from: before.milliseconds, to: ends[5], by: 900_000)
            where !steps.contains(Timestamp(milliseconds: start).description) {
                missing += 1
            }
            #expect(missing == 0)
            // None of the four was audited.
            #expect(try await centre.alerts().contains { $0.hasPrefix("D-27 customer-profile") })
        }
    }

    @Test func whatLiesTooFarBackIsNamed() async throws {
        try await Centre.run { centre in
            let feed = centre.executions()
            try await centre.round(feed)
            centre.pass(9 * 86_400)
            try await centre.round(feed)
            let problem = try #require(try await centre.store.states().first?.problem)
            #expect(problem.contains("are never compared"))
        }
    }

    @Test func withoutAnActionThatCallsUsItSaysSo() async throws {
        try await Centre.run { centre in
            let feed = ExecutionFeed(centre.client, routes: ["other"], settings: .init())
            let lease = try await centre.lease()
            let importer = centre.importer(feed)
            await #expect(throws: FeedError.noAction) { try await importer.round(lease) }
            var settings = ExecutionFeed.Settings()
            settings.actions = [centre.directory.customerAction: "other"]
            try await centre.round(ExecutionFeed(centre.client, routes: ["other"], settings: settings))
            #expect(try await centre.events(.platformExecutionsCounted).first?["route"] == "other")
        }
    }
}

@Suite struct AgentFeedTests {
    @Test func agentsHaveTheirPeers() async throws {
        try await Centre.run { centre in
            try await centre.round(AgentFeed(centre.client))
            let agents = try await centre.events(.agentRecorded)
            #expect(Set(agents.compactMap { $0["peerGroup"]?.string }) == ["Supervision", "Customer service"])
            #expect(!agents.contains { $0["agentId"]?.string == centre.directory.inactiveAgent })
        }
    }
}
