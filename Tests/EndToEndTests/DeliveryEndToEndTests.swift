import Foundation
import JSON
import Sandbox
import Testing

/// The real binary delivers to a file and to a pretend Splunk, and is killed again and again on the way.
@Suite(.serialized) struct DeliveryEndToEndTests {
    /// `MUNIMENT_DELIVERY_KILLS` sets the number of rounds; 15 when it is not set.
    @Test(.timeLimit(.minutes(10))) func killedAgainAndAgainNothingIsLost() async throws {
        let rounds = ProcessInfo.processInfo.environment["MUNIMENT_DELIVERY_KILLS"].flatMap { Int($0) } ?? 15
        let site = try await Site()
        let splunk = HECReceiver()
        try await splunk.start()
        try addSinks(to: site, splunk: try #require(splunk.url))
        let reader = try await site.client("read:customer-profile")
        let operating = try await site.client("sinks")
        for round in 1...rounds {
            let server = try await site.start()
            try await server.read(20, reader, as: site.sandbox.directory)
            if round % 3 == 0 { splunk.inject(.cutAfter) }
            if round % 5 == 0 { splunk.forget() }
            // A different moment each time: some sooner, some after something arrived.
            let seen = splunk.requestCount
            if round % 2 == 0 { try await repeatedly { splunk.requestCount > seen } }
            await server.kill()
            try await site.checkSinks()
        }

        let server = try await site.start()
        let sinks = try await server.drained(operating, count: 2)
        let size = try #require(sinks.first?["conservation"]?["head"]?.integer)
        #expect(sinks.map { $0["guarantee"]?.string } == ["exactly once", "confirmed"])

        let text = try String(contentsOfFile: site.folder + "/export/events.ndjson", encoding: .utf8)
        let indexes = try text.split(separator: "\n").compactMap {
            try JSONValue(parsing: String($0))["index"]?.integer
        }
        #expect(indexes.prefix(Int(size)) == (0..<size).map { $0 }[...])
        #expect(Set(indexes).count == indexes.count)

        let stored = splunk.events.compactMap(\.recordID).filter { !$0.contains("/manifest/") }
        let there = Set(stored.compactMap { $0.split(separator: "/").last.flatMap { Int64($0) } })
        #expect(there.isSuperset(of: 0..<size))
        let duplicates = try #require(sinks[1]["possibleDuplicates"]?.integer)
        #expect(stored.count - there.count <= Int(duplicates))

        try await steer(site, server, operating)
        await server.stop()
        await splunk.stop()
        await site.end()
    }

    private func addSinks(to site: Site, splunk: String) throws {
        try FileManager.default.createDirectory(atPath: site.folder + "/export", withIntermediateDirectories: true)
        try site.keep(HECReceiver.Configuration().token, as: "splunk")
        try site.append(
            """

            sinks:
              export:
                kind: file
                path: export/events.ndjson
                start: beginning
                manifests: {entries: 100, interval: 1s}
              siem:
                kind: splunk
                url: \(splunk)
                plaintext: accepted
                token: {file: keys/splunk}
                start: beginning

            """
        )
    }

    /// Pause and resume from the command line while the server runs, and metrics.
    private func steer(_ site: Site, _ server: RunningServer, _ bearer: String) async throws {
        try await site.succeed("sinks", "pause", "siem", "--reason", "maintenance")
        let paused = try await server.get("/api/v1/sinks/siem", bearer)
        #expect(paused.json?["state"]?.string == "paused")
        #expect(paused.json?["stateReason"]?.string == "maintenance")
        #expect(try await site.run("sinks", "pause", "siem").status == 1)
        let waiting = try await site.run("sinks", "test", "siem", "--wait", "1")
        #expect(waiting.status == 2 && waiting.output.contains("the sink is paused (maintenance)"), "\(waiting.output)")
        try await site.succeed("sinks", "resume", "siem")
        _ = try await server.drained(bearer, count: 2)
        #expect(try await site.succeed("sinks", "test", "siem").contains("confirmed after"))
        let metrics = String(decoding: try await server.get("/metrics").body, as: UTF8.self)
        #expect(metrics.contains("muniment_sink_conserved{sink=\"siem\"} 1"))
        #expect(try await server.get("/api/v1/sinks/none", bearer).status == 404)
        #expect(try await server.get("/api/v1/sinks").status == 401)
        #expect(try await site.run("sinks", "redrive", "siem", "--all").status == 1)
        #expect(try await site.succeed("sinks", "dead-letters", "siem").contains("reason"))
    }
}
