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

    /// Two sinks get the same reads under codes that have nothing in common; each leads back to the customer until they are forgotten.
    @Test func eachSinkHasCodesOfItsOwn() async throws {
        let site = try await Site()
        let text = try String(contentsOfFile: site.configuration, encoding: .utf8)
        let sinks = """

            sinks:
              siem: {kind: file, path: siem.ndjson, pseudonyms: own, start: beginning}
              shop: {kind: file, path: shop.ndjson, pseudonyms: own, pseudonymEpoch: 1, start: beginning}
              plain: {kind: file, path: plain.ndjson, start: beginning}

            """
        try (text + sinks).write(toFile: site.configuration, atomically: true, encoding: .utf8)
        let people = site.sandbox.directory
        let bearer = try await site.client("read:customer-profile")
        let server = try await site.start()
        let answer = try await server.read(
            bearer,
            customer: people.customer,
            agent: people.agentWithLiveCall,
            interaction: people.liveConversation
        )
        #expect(answer.status == 200)
        var records: [String: JSONValue] = [:]
        let deadline = ContinuousClock.now + .seconds(30)
        while records.count < 3 {
            try #require(ContinuousClock.now < deadline, "the sinks did not get the read")
            try await Task.sleep(for: .milliseconds(50))
            for name in ["siem", "shop", "plain"] { records[name] = try access(in: site.folder + "/\(name).ndjson") }
        }
        await server.stop()

        let codes = records.mapValues { $0["event"]?["customerId"]?.string ?? "" }
        #expect(Set(codes.values).count == 3 && codes["plain"]?.hasPrefix("subject:") == true)
        let (siem, shop) = (try #require(codes["siem"]), try #require(codes["shop"]))
        #expect(siem.hasPrefix("pseudonym:1:subject:") && shop.hasPrefix("pseudonym:1:subject:"))
        #expect(Set(records.values.map { $0["recordId"] }).count == 1)
        #expect(records["plain"]?["leafHash"] != nil && records["siem"]?["leafHash"] == nil)
        let plain = try #require(codes["plain"]?.dropFirst(8))
        for name in ["siem", "shop"] {
            let all = try String(contentsOfFile: site.folder + "/\(name).ndjson", encoding: .utf8)
            #expect(!all.contains(plain))
        }

        func behind(_ code: String, _ sink: String) async throws -> Binary.Outcome {
            try await site.run(
                "identity",
                "pseudonym",
                "--sink",
                sink,
                code,
                "--reason",
                "an alert",
                "--format",
                "json"
            )
        }
        let found = try await behind(siem, "siem")
        let customer = try #require(JSONValue(parsing: found.output)["customerId"]?.string)
        #expect(try await behind(shop, "shop").output.contains(customer))
        #expect(try await behind(siem, "shop").status == 2)
        // An export for the same recipient has the same codes, and its officer can look a customer up there.
        let seen = try await site.succeed(
            "who-saw",
            "--customer",
            customer,
            "--recipient",
            "siem",
            "--format",
            "json"
        )
        #expect(seen.contains(siem) && !seen.contains(plain))
        #expect(try await site.succeed("token", people.customer, "--recipient", "siem").contains(siem))
        #expect(try await site.run("who-saw", "--customer", customer, "--recipient", "siem", "--proofs").status == 64)

        let asked = try await Binary.run([
            "identity", "forget", "--customer", customer, "--yes", "--operator", "ann", "--reason", "GDPR article 17",
            "--format", "json", "--config", site.configuration,
        ])
        let proposal = try #require(JSONValue(parsing: asked.output)["proposal"]?["proposalId"]?.int)
        try await site.succeed(
            "identity",
            "approve",
            String(proposal),
            "--operator",
            "bob",
            "--reason",
            "nothing against it"
        )
        #expect(try await behind(siem, "siem").status == 2)
        try await site.succeed("ledger", "verify")
        await site.end()
    }

    /// The read that a file has, if it is there yet.
    private func access(in path: String) throws -> JSONValue? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        return try text.split(separator: "\n").lazy.map { try JSONValue(parsing: String($0)) }.first {
            $0["event"]?["eventType"] == "CUSTOMER_DATA_ACCESSED"
        }
    }
}
