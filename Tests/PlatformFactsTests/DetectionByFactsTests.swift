import Genesys
import Ledger
import Sandbox
import TestStores
import Testing

@testable import PlatformFacts

/// What the platform says, brought over HTTP, makes rules speak that are silent without it.
@Suite struct DetectionByFactsTests {
    @Test func aDataActionThatAnswersFromElsewhereIsNamed() async throws {
        try await Centre.run { centre in
            let directory = centre.directory
            // Within one quarter of an hour: three executions, and one read that was audited.
            try await centre.read(directory.customer, by: directory.agentWithLiveCall, on: directory.liveConversation)
            centre.sandbox.execute(directory.customerAction, times: 3)
            centre.pass(3600)
            try await centre.round(centre.executions())
            let alert = try #require(try await centre.alerts().first { $0.hasPrefix("D-27") })
            #expect(alert.contains("customer-profile"))
        }
    }

    @Test func asManyReadsAsExecutionsAreNoAlert() async throws {
        try await Centre.run { centre in
            let directory = centre.directory
            try await centre.read(directory.customer, by: directory.agentWithLiveCall, on: directory.liveConversation)
            centre.sandbox.execute(directory.customerAction, times: 1)
            centre.pass(3600)
            try await centre.round(centre.executions())
            #expect(try await centre.alerts().isEmpty)
        }
    }

    @Test(arguments: [false, true])
    func aTransferWithoutASecondReadIsNoticed(secondReads: Bool) async throws {
        try await Centre.run { centre in
            let directory = centre.directory
            let (conversation, second) = (directory.liveConversation, directory.otherAgent)
            try await centre.read(directory.customer, by: directory.agentWithLiveCall, on: conversation)
            centre.pass(30)
            try centre.sandbox.transfer(conversation, to: second)
            if secondReads { try await centre.read(directory.customer, by: second, on: conversation) }
            centre.pass(60)
            try await centre.round(centre.conversations())
            centre.pass(120)
            let found = try await centre.alerts().contains("D-28 \(conversation) \(second)")
            #expect(found == !secondReads)
        }
    }

    @Test func aReadThatNobodyExplainsIsOneThatTheRequiredFeedKnowsNothingOf() async throws {
        try await Centre.run { centre in
            let directory = centre.directory
            let (agent, customer) = (directory.otherAgent, directory.otherCustomer)
            let feed = centre.conversations()
            try await centre.round(feed)
            try await centre.read(customer, by: agent, on: "elsewhere")
            // Until the feed has come past the read, nobody is blamed.
            centre.pass(120)
            try await centre.round(feed)
            #expect(try await centre.alerts(requiring: ["conversations"]).isEmpty)
            centre.pass(600)
            try await centre.round(feed)
            #expect(
                try await centre.alerts(requiring: ["conversations"]) == ["D-01 \(agent) token:\(customer)"]
            )
        }
    }

    @Test func aCallbackExplainsARead() async throws {
        try await Centre.run { centre in
            let directory = centre.directory
            let (agent, customer) = (directory.otherAgent, directory.otherCustomer)
            _ = try centre.sandbox.scheduleCallback(agent: agent, customer: customer, inSeconds: 1200)
            try await centre.read(customer, by: agent, on: "elsewhere")
            centre.pass(720)
            try await centre.round(centre.conversations())
            #expect(try await centre.alerts(requiring: ["conversations"]).isEmpty)
        }
    }

    @Test func auditsSayWhoMadeAnAdministratorTookRecordingsAndExported() async throws {
        try await Centre.run { centre in
            var granted = SandboxAudit(
                service: "PeoplePermissions",
                entityType: "AuthUser",
                entity: "victim",
                action: "AuthorizationChanged",
                user: "mallory"
            )
            granted.changes = ["roles": ["Master Admin"]]
            centre.sandbox.audit(granted)
            centre.sandbox.audit(
                SandboxAudit(
                    service: "AnalyticsReporting",
                    entityType: "Exports",
                    entity: "x1",
                    action: "Create",
                    user: "mallory"
                )
            )
            for number in 0..<10 {
                var taken = SandboxAudit(
                    service: "RecordingService",
                    entityType: "Recording",
                    entity: "r\(number)",
                    action: "Download",
                    user: "oscar"
                )
                taken.isOfInteraction = true
                taken.conversation = "c\(number)"
                centre.sandbox.audit(taken)
                centre.pass(60)
            }
            try await centre.round(centre.audits(.platform))
            try await centre.round(centre.audits(.interaction))
            let alerts = try await centre.alerts()
            #expect(alerts == ["D-14 mallory unknown", "D-15 oscar", "D-16 mallory victim"])
        }
    }

    @Test func aFeedThatFallsSilentIsAnAlertUntilItSpeaksAgain() async throws {
        try await Centre.run { centre in
            var settings = FeedSettings()
            settings.conversations = .init()
            let feed = centre.conversations()
            try await centre.round(feed)
            #expect(try await centre.alerts(silence: settings.silenceSeconds).isEmpty)
            for _ in 0..<3 {
                centre.pass(600)
                #expect(try await centre.alerts(silence: settings.silenceSeconds).count <= 1)
            }
            #expect(try await centre.alerts(silence: settings.silenceSeconds) == ["D-22 conversations"])
            try await centre.round(feed)
            #expect(try await centre.alerts(silence: settings.silenceSeconds).isEmpty)
        }
    }
}
