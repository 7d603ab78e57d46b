import Foundation
import JSON
import Sandbox
import Testing

/// The main job through the real binary, from an empty folder.
@Suite(.serialized) struct MainJobTests {
    @Test func fromAnEmptyFolderToAVerifiedRecord() async throws {
        let site = try await Site()
        let people = site.sandbox.directory
        _ = try await site.succeed("check-config")
        let bearer = try await site.client("read:customer-profile")
        let auditor = try await site.client("audit", "ledger")
        let server = try await site.start()

        let read = try await server.read(
            bearer,
            customer: people.customer,
            agent: people.agentWithLiveCall,
            interaction: people.liveConversation
        )
        #expect(read.status == 200)
        #expect(read.json?["name"]?.string != nil)
        #expect(read.json?["card"]?["cvv"] == nil, "an undeclared field was released")
        let receipt = try #require(read.receipt)

        let snoop = try await server.read(
            bearer,
            customer: people.customer,
            agent: people.otherAgent,
            interaction: people.liveConversation
        )
        #expect(snoop.status == 403)
        #expect(snoop.json?["type"]?.string == "urn:muniment:problem:binding-contradicted")

        // The call is transferred; the platform is asked again before the new agent is called a snoop.
        try site.sandbox.transfer(people.liveConversation, to: people.otherAgent)
        var second = try await server.read(
            bearer,
            customer: people.customer,
            agent: people.otherAgent,
            interaction: people.liveConversation
        )
        let deadline = ContinuousClock.now.advanced(by: .seconds(20))
        while second.status != 200, ContinuousClock.now < deadline {
            second = try await server.read(
                bearer,
                customer: people.customer,
                agent: people.otherAgent,
                interaction: people.liveConversation
            )
        }
        #expect(second.status == 200)
        #expect(second.receipt != receipt)

        // The same question on the command line while the server runs, and over the API.
        let asked = try await site.succeed("who-saw", "--customer", people.customer, "--format", "json")
        let seen = try #require(JSONValue(parsing: asked)["events"]?.array)
        #expect(seen.count == 2)
        #expect(!asked.contains(people.customer), "the clear id stands in the record")
        let overAPI = try await server.get("/api/v1/accesses?customerId=\(people.customer)", auditor)
        #expect(overAPI.status == 200)
        #expect(overAPI.json?["accesses"]?.array?.count == 2)
        let trail = try await site.succeed("events", "AUDIT_TRAIL_READ", "--format", "json")
        #expect(try JSONValue(parsing: trail)["events"]?.array?.count ?? 0 >= 2, "asking is not recorded")

        // Was this value shown?
        let name = try #require(read.json?["name"]?.string)
        _ = try await site.succeed("disclosed", receipt, "--path", "name", "--value", "\"\(name)\"")
        let other = try await site.run("disclosed", receipt, "--path", "name", "--value", "\"Somebody Else\"")
        #expect(other.status == 2)

        // Verified over HTTP, and offline from an export, by us and by an unrelated implementation.
        let vkey = try String(contentsOfFile: site.folder + "/keys/ledger.vkey", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let head = try await site.succeed("ledger", "head", "--format", "json")
        let old = site.folder + "/old-checkpoint"
        try #require(JSONValue(parsing: head)["checkpoint"]?.string).write(
            toFile: old,
            atomically: true,
            encoding: .utf8
        )
        for number in 0..<300 {
            let more = try await server.read(
                bearer,
                customer: people.customers[number % people.customers.count],
                agent: people.supervisor,
                interaction: people.liveConversation
            )
            #expect(more.status == 403)
        }
        _ = try await Binary.succeed([
            "ledger", "verify", "--from-url", "http://127.0.0.1:\(server.controlPort)", "--token", auditor, "--key",
            vkey,
            "--since", old,
        ])
        await server.stop()
        let export = site.folder + "/export"
        _ = try await site.succeed("ledger", "export", export)
        _ = try await site.succeed("ledger", "prove", receipt, "--output", site.folder + "/receipt.tlog-proof")
        _ = try await Binary.succeed(["ledger", "verify", export, "--key", vkey, "--since", old])
        try await verifyWithGo(
            export,
            vkey,
            old,
            site.folder + "/receipt.tlog-proof",
            site.folder + "/receipt.json",
            expected: 0
        )
        // One bit in a full bundle.
        let bundle = export + "/tile/entries/000"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: bundle))
        bytes[1000] ^= 1
        try bytes.write(to: URL(fileURLWithPath: bundle))
        try await verifyWithGo(export, vkey, expected: 1)
        let caught = try await Binary.run(["ledger", "verify", export, "--key", vkey, "--format", "json"])
        #expect(caught.status == 2)
        #expect(try JSONValue(parsing: caught.output)["firstBadEntry"]?.int != nil)
        await site.end()
    }

    /// Go's x/mod packages, as Debian ships them, know nothing of this project.
    private func verifyWithGo(_ arguments: String..., expected: Int32) async throws {
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "Verifier/main.go"
        ).path
        let outcome = try await Binary.run(
            ["go", "run", source] + arguments,
            program: "/usr/bin/env",
            environment: [
                "GOPATH": "/usr/share/gocode", "GO111MODULE": "off", "GOFLAGS": "", "GOPROXY": "off",
                "GOCACHE": NSTemporaryDirectory() + "muniment-go-cache",
            ]
        )
        #expect(outcome.status == expected, "\(outcome.output) \(outcome.errors)")
        #expect(outcome.output.contains(expected == 0 ? "VERIFIED" : "FAILED"))
    }

    @Test func theDemonstrationEndsWell() async throws {
        let folder = NSTemporaryDirectory() + "muniment-demo-test-" + UUID().uuidString
        let outcome = try await Binary.run(["demo", "--folder", folder])
        #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
        for expected in [
            "a verified read", "a contradicted read refused", "a second event", "the changed entry named",
            "nobody behind the telephone number any more", "the card masked",
            "an alert with the entries that it rests on",
        ] {
            #expect(outcome.output.contains("=> \(expected)"))
        }
        // What the demonstration wrote verifies without any of our own code.
        let vkey = try String(contentsOfFile: folder + "/keys/ledger.vkey", encoding: .utf8)
        try await verifyWithGo(
            folder + "/export",
            vkey.trimmingCharacters(in: .whitespacesAndNewlines),
            expected: 0
        )
        try? FileManager.default.removeItem(atPath: folder)
    }
}
