import Foundation
import JSON
import Sandbox
import Testing

/// What operators do, and what goes wrong for them.
@Suite(.serialized) struct OperationsTests {
    @Test func aSecondServerOnTheSameLedgerIsRefused() async throws {
        let site = try await Site()
        let server = try await site.start()
        let second = try await site.run("serve")
        #expect(second.status == 1)
        #expect(second.errors.contains("another muniment server"))
        await server.stop()
        await site.end()
    }

    @Test func backupWhileServingAndRestore() async throws {
        let site = try await Site()
        let people = site.sandbox.directory
        let bearer = try await site.client("read:customer-profile")
        let server = try await site.start()
        func read() async throws {
            let answer = try await server.read(
                bearer,
                customer: people.customer,
                agent: people.agentWithLiveCall,
                interaction: people.liveConversation
            )
            #expect(answer.status == 200)
        }
        for _ in 0..<20 { try await read() }
        let backup = site.folder + "/backup"
        _ = try await site.succeed("backup", backup)
        for _ in 0..<20 { try await read() }
        #expect(try await site.run("restore", backup).status == 1, "restored under a running server")
        await server.stop()
        _ = try await site.succeed("restore", backup)
        // The backup is older than what was signed: nothing starts until somebody answers for it.
        let refused = try await site.run("serve")
        #expect(refused.status == 1)
        #expect(refused.errors.contains("accept-restore"))
        _ = try await site.succeed("ledger", "accept-restore", "--reason", "drill")
        let again = try await site.start()
        await again.stop()
        let accepted = try await site.succeed("events", "LEDGER_RESTORE_ACCEPTED", "--format", "json")
        #expect(accepted.contains("drill"))
        _ = try await site.succeed("ledger", "verify")
        // A damaged backup is not put in place.
        let handle = try #require(FileHandle(forWritingAtPath: backup + "/ledger.db"))
        try handle.seek(toOffset: 9000)
        try handle.write(contentsOf: Data(repeating: 0x55, count: 3000))
        try handle.close()
        #expect(try await site.run("restore", backup).status != 0)
        _ = try await site.succeed("ledger", "verify")
        await site.end()
    }

    @Test func configurationProblemsAreListedAtOnce() async throws {
        let site = try await Site()
        try site.edit("failMode: refuse", "failMode: sometimes")
        try site.edit("budget: 4s", "budgit: 4s")
        try site.edit("categories: [name, identifier]", "categories: [nome]")
        let outcome = try await site.run("check-config")
        #expect(outcome.status == 2)
        for expected in ["failMode", "budgit", "nome"] { #expect(outcome.errors.contains(expected)) }
        #expect(try await site.run("serve").status == 2)
        await site.end()
    }

    @Test func ownRulesHaveFixturesOfTheirOwn() async throws {
        let site = try await Site()
        let rule = """
            title: A read of a queue that is closed
            id: 5d3c8d51-67f6-4c0b-8f5e-2f1a4a0c1a01
            name: own_read
            logsource: {product: muniment}
            detection: {read: {eventType: CUSTOMER_DATA_ACCESSED, queueId: closed}, condition: read}
            level: low
            """
        func cases(_ queue: String) -> String {
            let cases = [true, true, true, false, false, false].enumerated().map { number, fires in
                """
                {"name": "case \(number)", "fires": \(fires), "events": [{"eventType": "CUSTOMER_DATA_ACCESSED", \
                "timestamp": "2026-03-02", "queueId": "\(fires ? queue : "open")"}]}
                """
            }
            return "{\"cases\": [\n\(cases.joined(separator: ",\n"))]}"
        }
        func write(_ text: String, _ name: String) throws {
            try Data(text.utf8).write(to: URL(fileURLWithPath: site.folder + "/" + name))
        }
        try write(rule, "own.yml")
        let configuration = try String(contentsOfFile: site.configuration, encoding: .utf8)
        try write(configuration + "detection: {rules: [own.yml]}\n", "muniment.yaml")

        let untested = try await site.run("rules", "test")
        #expect(untested.status == 2 && untested.output.contains("'own_read' has 0 firing and 0 silent cases"))
        let checked = try await site.run("check-config")
        #expect(checked.status == 0 && checked.errors.contains("warning: ") && checked.errors.contains("own_read"))
        let doctor = try await site.run("doctor")
        #expect(doctor.status == 0 && doctor.output.contains("own rules"))

        try write(cases("closed"), "own.fixtures.json")
        let tested = try await site.succeed("rules", "test")
        #expect(tested.contains("cases passed"))
        #expect(!(try await site.run("check-config")).errors.contains("warning"))

        try write(cases("elsewhere"), "own.fixtures.json")
        let failed = try await site.run("rules", "test")
        #expect(failed.status == 2)
        #expect(failed.output.contains("own.fixtures.json:2: 'case 0': own_read was to fire, and stayed silent"))
        // The same files without any configuration.
        let apart = try await Binary.run(["rules", "test", "--rules", site.folder + "/own.yml"])
        #expect(apart.status == 2 && apart.output.contains("'case 0': own_read was to fire"))
        await site.end()
    }

    @Test func secretsOthersCanReadAreRefused() async throws {
        let site = try await Site()
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: site.folder + "/keys/crm-token")
        let outcome = try await site.run("check-config")
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("chmod 600"))
        await site.end()
    }

    @Test func theDoctorFindsWhatIsWrong() async throws {
        let site = try await Site()
        let healthy = try await site.run("doctor", "--format", "json")
        #expect(healthy.status == 0, "\(healthy.output)")
        #expect(healthy.output.contains("the store refuses UPDATE and DELETE"))
        await site.sandbox.stop()
        let sick = try await site.run("doctor", "--format", "json")
        #expect(sick.status == 2)
        #expect(sick.output.contains("cannot be reached"))
        await site.end()
    }

    @Test func revokedAndExpiredClientsAreRefusedByARunningServer() async throws {
        let site = try await Site()
        let people = site.sandbox.directory
        let server = try await site.start()
        let bearer = try await site.client("read:customer-profile")
        func status() async throws -> Int {
            try await server.read(
                bearer,
                customer: people.customer,
                agent: people.agentWithLiveCall,
                interaction: people.liveConversation
            ).status
        }
        // A client that another process made is known within about a second.
        try await becomes(200, status)
        let id = try #require(bearer.split(separator: ".").first.map { String($0) })
        _ = try await site.succeed("clients", "revoke", id, "--reason", "test")
        try await becomes(401, status)
        await server.stop()
        let log = server.logText
        #expect(!log.contains(people.customer), "a customer's id stands in the log")
        await site.end()
    }

    private func becomes(_ wanted: Int, _ status: () async throws -> Int) async throws {
        let deadline = ContinuousClock.now.advanced(by: .seconds(30))
        while try await status() != wanted {
            try #require(ContinuousClock.now < deadline, "it never answered \(wanted)")
            await Task.yield()
        }
    }

    @Test func aDataActionIsExported() async throws {
        let site = try await Site()
        let outcome = try await site.run(
            "genesys",
            "export-action",
            "customer-profile",
            "--url",
            "https://muniment.example.com"
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
        let action = try JSONValue(parsing: outcome.output)
        #expect(
            action["config"]?["request"]?["requestUrlTemplate"]?.string
                == "https://muniment.example.com/api/v1/read/customer-profile"
        )
        #expect(outcome.errors.contains("{{Scripter.Agent Id}}"))
        await site.end()
    }

    @Test func thePolicyExplainsItself() async throws {
        let site = try await Site()
        let text = try await site.succeed(
            "policy",
            "explain",
            "--route",
            "customer-profile",
            "--binding",
            "unverifiable"
        )
        #expect(text.contains("unverifiable-reads-see-little"))
        await site.end()
    }

    /// A database that does not answer leaves nothing behind, so that the next attempt can succeed.
    @Test func initThatCannotReachItsDatabaseLeavesNothing() async throws {
        let folder = NSTemporaryDirectory() + "muniment-init-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let outcome = try await Binary.run(["init", folder, "--postgres", "postgresql://nobody@127.0.0.1:1/none"])
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("127.0.0.1:1/none"))
        #expect(!FileManager.default.fileExists(atPath: folder + "/keys"))
        try await Binary.succeed(["init", folder])
    }
}
