import Foundation
import JSON
import Sandbox
import Testing

/// Decisions about who is whom with the real binary.
@Suite(.serialized, .timeLimit(.minutes(3))) struct IdentityEndToEndTests {
    /// An operator asks on the command line, another agrees there; an API client asks, an operator refuses.
    @Test func fourEyes() async throws {
        let site = try await Site()
        let crowd = site.folder + "/crowd.jsonl"
        let lines = ["C-1", "C-2"].map { "{\"identifiers\":[{\"kind\":\"customer\",\"value\":\"\($0)\"}]}\n" }
        try lines.joined().write(toFile: crowd, atomically: true, encoding: .utf8)
        try await site.succeed("identity", "load", crowd, "--source", "crm")
        let merge = [
            "identity", "merge", "customer:C-1", "customer:C-2", "--reason", "the same card", "--format", "json",
        ]
        let asked = try await Binary.run(merge + ["--operator", "ann", "--config", site.configuration])
        #expect(asked.status == 0 && asked.errors.contains("Nothing is done yet"), "\(asked.errors)")
        let proposal = try #require(JSONValue(parsing: asked.output)["proposal"])
        let id = String(proposal["proposalId"]?.int ?? 0)
        #expect(proposal["approvalsNeeded"] == 1 && proposal["consequence"]?["other"]?.string != nil)
        let own = try await site.run("identity", "approve", id, "--operator", "ann", "--reason", "it is right")
        #expect(own.status != 0 && own.errors.contains("somebody else must"))
        let listed = try await site.succeed("identity", "proposals")
        #expect(listed.contains("merge") && listed.contains("0 of 1") && listed.contains("ann"))
        let shown = try await site.succeed("identity", "proposals", id, "--operator", "bob", "--format", "json")
        #expect(try JSONValue(parsing: shown)["proposal"]?["status"] == "waiting")
        let agreed = try await site.succeed(
            "identity",
            "approve",
            id,
            "--operator",
            "bob",
            "--reason",
            "I saw the card",
            "--format",
            "json"
        )
        #expect(try JSONValue(parsing: agreed)["outcome"]?["mergeId"]?.int != nil)
        let again = try await site.run("identity", "approve", id, "--operator", "carol", "--reason", "me too")
        #expect(again.status != 0 && again.errors.contains("carried-out"))

        // Over the API, with the server running, refused from the command line.
        let bearer = try await site.client("identity.forget")
        let server = try await site.start()
        let answer = try await server.post(
            "/api/v1/identity/forget",
            bearer,
            ["identifier": ["kind": "customer", "value": "C-1"], "reason": "GDPR article 17"]
        )
        #expect(answer.status == 202)
        let forget = String(answer.json?["proposal"]?["proposalId"]?.int ?? 0)
        try await site.succeed("identity", "reject", forget, "--operator", "bob", "--reason", "a court case runs")
        #expect(try await site.succeed("identity", "proposals", "--all").contains("rejected"))
        await server.stop()
        for type in ["IDENTITY_DECISION_PROPOSED", "IDENTITY_DECISION_APPROVED", "IDENTITY_DECISION_REJECTED"] {
            let events = try await site.succeed("events", type)
            #expect(events.contains("proposalId"), "\(type)")
        }
        #expect(try await site.succeed("events", "IDENTITY_FORGOTTEN").contains("proposalId") == false)
        try await site.succeed("ledger", "verify")
        await site.end()
    }
}
