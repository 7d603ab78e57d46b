import Foundation
import JSON
import Sandbox
import Storage
import Testing

/// What `muniment sinks status` tells whoever runs it from a monitor: by its exit code, and as JSON.
@Suite(.serialized, .timeLimit(.minutes(5))) struct SinkStatusTests {
    private struct Told {
        let status: Int
        let exitCode: Int64?
        /// What is wrong, by sink.
        let faults: [String: [String]]
    }

    private func status(_ site: Site, _ faults: Faults, _ sink: String? = nil) async throws -> Told {
        let outcome = try await Binary.run(
            ["sinks", "status"] + (sink.map { [$0] } ?? []) + ["--format", "json", "--config", site.configuration],
            environment: faults.environment
        )
        let json = try JSONValue(parsing: outcome.output)
        let sinks = (json["sinks"]?.array ?? []).map { sink in
            (sink["name"]?.string ?? "", (sink["faults"]?.array ?? []).compactMap(\.string))
        }
        return Told(
            status: Int(outcome.status),
            exitCode: json["exitCode"]?.integer,
            faults: Dictionary(sinks) { $1 }
        )
    }

    @Test(.enabled(if: Faults.compiler != nil, "needs a C compiler"))
    func theExitCodeIsTheSumOfWhatIsWrong() async throws {
        let site = try await Site()
        let receiver = HECReceiver()
        try await receiver.start()
        try site.keep("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", as: "hook")
        // Nothing answers at that path, so the second stops itself.
        try site.append(
            """

            sinks:
              export:
                kind: file
                path: export/events.ndjson
                start: beginning
                delayedAfter: 5m
              hook:
                kind: webhook
                url: \(try #require(receiver.url))/nothing
                plaintext: accepted
                secret: {file: keys/hook}
                start: beginning

            """
        )
        let faults = try await Faults(site)
        let reader = try await site.client("read:customer-profile")
        let operating = try await site.client("sinks")
        let server = try await site.start(environment: faults.environment)
        try await server.read(3, reader, as: site.sandbox.directory)
        try await repeatedly {
            let sinks = try await server.get("/api/v1/sinks", operating).json?["sinks"]?.array ?? []
            return sinks.map { $0["state"]?.string } == ["running", "stopped"]
        }
        await server.stop()

        // What is written now waits, but not for long yet.
        _ = try await site.client("sinks")
        let soon = try await status(site, faults)
        #expect(soon.status == 2 && soon.exitCode == 2 && soon.faults == ["export": [], "hook": ["stopped"]])
        #expect(try await status(site, faults, "export").status == 0)

        // An hour later, in which nothing was confirmed; what has stopped itself is no delay besides.
        try faults.set(Faults.State(clock: 3600))
        let late = try await status(site, faults)
        #expect(late.status == 6 && late.exitCode == 6)
        #expect(late.faults == ["export": ["delayed"], "hook": ["stopped"]])
        let table = try await Binary.run(
            ["sinks", "status", "export", "--config", site.configuration],
            environment: faults.environment
        )
        #expect(table.status == 4 && table.output.contains("export: delayed"), "\(table.output)")

        // An account that somebody changed.
        let store = try SQLiteDatabase(path: site.folder + "/data/ledger.db")
        try store.makeConnection().run("UPDATE sinks SET confirmed = confirmed + 1 WHERE name = 'export'")
        store.close()
        let wrong = try await status(site, faults)
        #expect(wrong.status == 14 && wrong.exitCode == 14)
        #expect(wrong.faults == ["export": ["delayed", "unconserved"], "hook": ["stopped"]])
        await receiver.stop()
        await site.end()
    }
}
