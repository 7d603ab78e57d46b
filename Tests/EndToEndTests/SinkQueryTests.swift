import Foundation
import JSON
import Sandbox
import Storage
import TestStores
import Testing

/// `muniment sinks query`: what the command prints for each kind of destination.
@Suite(.serialized, .timeLimit(.minutes(5))) struct SinkQueryTests {
    private static let sinks = """

        sinks:
          splunk:
            kind: splunk
            url: https://splunk.example.com:8088
            token: {file: keys/secret}
            index: audit
          anywhere:
            kind: splunk
            url: https://splunk.example.com:8088
            token: {file: keys/secret}
          datadog:
            kind: datadog
            site: datadoghq.eu
            apiKey: {file: keys/secret}
          warehouse:
            kind: postgres
            address: {file: keys/address}
            table: audit.events
          log:
            kind: syslog
            address: siem.example.com
          hook:
            kind: webhook
            url: https://hooks.example.com/muniment
            secret: {file: keys/hook}
          stream:
            kind: nats
            servers: [nats.example.com]
            stream: AUDIT
          silent:
            kind: splunk
            url: https://splunk.example.com:8088
            token: {file: keys/secret}
            manifests: false

        """

    private func site(_ settings: String) async throws -> Site {
        let site = try await Site()
        try site.keep("secret", as: "secret")
        try site.keep("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", as: "hook")
        try site.keep("postgresql://muniment@warehouse.example/audit", as: "address")
        try site.append(settings)
        return site
    }

    @Test func eachDestinationHasTheQueryOfItsLanguage() async throws {
        let site = try await site(Self.sinks)
        func query(_ words: String...) async throws -> String {
            try await Binary.succeed(["sinks", "query"] + words + ["--config", site.configuration])
        }
        // A name stands in the query as that of the ledger and of the sink, and what is searched is what is delivered to.
        let splunk = try await query("splunk")
        #expect(splunk.hasPrefix("search index=\"audit\" ledger=") && splunk.contains("lane=\"splunk\""))
        #expect(try await query("anywhere").hasPrefix("search index=\"*\" "))
        #expect(
            try await query("anywhere", "--source", "audit") == splunk.replacing("\"splunk\"", with: "\"anywhere\"")
        )
        #expect(try await query("datadog").contains("@lane:\"datadog\""))
        #expect(try await query("warehouse").contains("FROM \"audit\".\"events\" AS manifest"))
        // Behind these stands a SIEM that the configuration does not name.
        for sink in ["log", "hook", "stream"] {
            let text = try await query(sink, "--language", "kusto", "--source", "Muniment_CL")
            #expect(text.hasPrefix("let delivered = Muniment_CL") && text.contains("\"\(sink)\""))
            #expect(try await query(sink, "--language", "splunk").contains("lane=\"\(sink)\""))
        }
        await site.end()
    }

    @Test func whatHasNoQueryIsSaid() async throws {
        let site = try await site(Self.sinks)
        for (words, says) in [
            (["silent"], "'manifests: false'"), (["log"], "--language"), (["hook"], "--language"),
            (["stream"], "--language"), (["none"], "none"), (["log", "--language", "kusto"], "--source"),
            (["log", "--language", "postgresql"], "--source"), (["log", "--language", "sql"], "sql"),
        ] {
            let outcome = try await Binary.run(["sinks", "query"] + words + ["--config", site.configuration])
            #expect(outcome.status != 0 && outcome.errors.contains(says), "\(words): \(outcome.errors)")
        }
        await site.end()
    }

    /// The query as it is printed, run on a real warehouse that the real binary filled: nothing is missing, and then exactly what
    /// somebody took away.
    @Test(.enabled(if: PostgresSchema.server != nil, "set MUNIMENT_TEST_POSTGRES"))
    func theWarehouseNamesWhatIsMissing() async throws {
        let site = try await Site()
        let warehouse = try KilledDestination.warehouse(site)
        let destination = KilledDestination(
            name: warehouse.name,
            settings: warehouse.settings + ["manifests: {entries: 100, interval: 1s}"],
            guarantee: warehouse.guarantee,
            arrived: warehouse.arrived
        )
        try KilledDestination.configure([destination], of: site)
        let reader = try await site.client("read:customer-profile")
        let operating = try await site.client("sinks")
        let server = try await site.start()
        try await server.read(10, reader, as: site.sandbox.directory)
        let head = try #require(try await server.drained(operating, count: 1).first?["conservation"]?["head"]?.integer)
        try await repeatedly {
            let sink = try await server.get("/api/v1/sinks/warehouse", operating).json
            return (sink?["manifestedTo"]?.integer ?? 0) >= head
        }
        await server.stop()
        let query = try await site.succeed("sinks", "query", "warehouse")
        let address = try String(contentsOfFile: site.folder + "/keys/warehouse", encoding: .utf8)
        let database = try PostgresDatabase(PostgresSettings(address: address))
        func missing() async throws -> [Int64] {
            try await database.read { try $0.all(query) { $0.integer(0) } }
        }
        #expect(try await missing() == [])
        let table = try #require(query.firstMatch(of: /FROM (\S+) AS manifest/)).output.1
        try database.makeConnection().run("DELETE FROM \(table) WHERE entry_index IN (0, 3, \(head - 1))")
        #expect(try await missing() == [0, 3, head - 1])
        database.close()
        await site.end()
    }
}
