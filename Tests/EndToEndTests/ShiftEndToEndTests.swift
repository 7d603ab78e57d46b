import Foundation
import JSON
import Sandbox
import Testing
import WallTime

/// A published schedule, from the pretend platform through the real binary to an alert.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ShiftEndToEndTests {
    @Test func aReadOutsideAShiftIsAnAlertAndOneInsideIsNot() async throws {
        let site = try await Site()
        let people = site.sandbox.directory
        let now = Timestamp(milliseconds: site.sandbox.clock.now)
        let today = Timestamp(String(now.description.prefix(10)))
        site.sandbox.publish("week", week: try #require(today).adding(seconds: -3 * 86_400))
        // One works from two hours ago until in two hours, the other begins in five.
        let (working, free) = (people.chatAgent, people.otherAgent)
        for (agent, hours, length) in [(working, -2, 4), (free, 5, 1)] as [(String, Int64, Int)] {
            site.sandbox.schedule(agent, [.init(from: now.adding(seconds: hours * 3600), minutes: length * 60)])
        }
        try site.edit("  binding:\n", "  feeds:\n    shifts: {interval: 1s}\n    agents: {interval: 1h}\n  binding:\n")
        let bearer = try await site.client("read:customer-profile")
        let doctor = try await site.run("doctor")
        #expect(doctor.output.contains("feed shifts") && !doctor.output.contains("wfm:"), "\(doctor.output)")
        let server = try await site.start()
        // The second question shows that what the first brought is in the record.
        let search = "POST /api/v2/workforcemanagement/businessunits/{id}/agentschedules/search"
        try await repeatedly { site.sandbox.requestCounts[search, default: 0] >= 2 }
        for agent in [working, free] {
            // Somebody whom the call does not name: in a conversation that was confirmed, overtime is no alert.
            let call = try site.sandbox.begin(agent: agent, customer: nil)
            let answer = try await server.read(bearer, customer: people.customer, agent: agent, interaction: call)
            #expect(answer.status == 200)
        }
        var alerts = ""
        try await repeatedly {
            alerts = try await site.succeed("alerts", "--format", "json")
            return alerts.contains("D-10")
        }
        #expect(alerts.contains("Agent \(free) read customer"))
        #expect(!alerts.contains("Agent \(working) read customer"))
        await server.stop()
        try await site.succeed("ledger", "verify")
        await site.end()
    }
}
