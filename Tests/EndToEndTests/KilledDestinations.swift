import AsyncHTTPClient
import Foundation
import JSON
import ObjectStorage
import Sandbox
import Storage
import TestReceivers
import TestStores
import Testing

/// A destination of the real binary's, as the test sees it from the other side.
struct KilledDestination: Sendable {
    /// The sink's name.
    let name: String
    /// Its settings, a line each.
    let settings: [String]
    /// What `sinks status` must print.
    let guarantee: String
    /// The indexes that arrived, as often as they did.
    let arrived: @Sendable () async throws -> [Int64]

    /// Every kind of sink that this machine has a receiver for, but files and Splunk, which have tests of their own.
    static func all(for site: Site) async throws -> [KilledDestination] {
        var all = [try await webhook(site), try await datadog(site)]
        if RsyslogServer.isInstalled { all += try await syslog() }
        if NATSServers.isInstalled { all.append(try await nats()) }
        if PostgresSchema.server != nil { all.append(try warehouse(site)) }
        return all
    }

    /// Those, a file and Splunk.
    static func everyKind(for site: Site) async throws -> [KilledDestination] {
        try await all(for: site) + [splunk(site), file(site)]
    }

    /// Writes the sinks' settings.
    static func configure(_ destinations: [KilledDestination], of site: Site) throws {
        try site.append("\nsinks:\n")
        for destination in destinations {
            let lines = ["start: beginning"] + destination.settings
            try site.append("  \(destination.name):\n" + lines.map { "    \($0)\n" }.joined())
        }
    }

    /// Checks that it lacks nothing, and has twice what may be there twice at the most.
    /// - Parameter sinks: what the server says of its sinks.
    func check(_ sinks: [JSONValue]) async throws {
        let sink = try #require(sinks.first { $0["name"]?.string == name })
        let head = try #require(sink["conservation"]?["head"]?.integer)
        #expect(sink["guarantee"]?.string == guarantee)
        #expect(sink["conservation"]?["holds"]?.bool == true && sink["conservation"]?["dead"]?.integer == 0)
        let arrived = try await arrived()
        let missing = Set(0..<head).subtracting(arrived)
        #expect(missing.isEmpty, "\(name) lacks \(missing.sorted())")
        let isExact = guarantee == "exactly once" || name == "nats"
        let most = isExact ? 0 : sink["possibleDuplicates"]?.integer ?? 0
        #expect(arrived.count - Set(arrived).count <= Int(most), "\(name)")
    }

    private static func splunk(_ site: Site) async throws -> KilledDestination {
        let receiver = HECReceiver()
        try await receiver.start()
        let url = try #require(receiver.url)
        try site.keep(HECReceiver.Configuration().token, as: "splunk")
        return KilledDestination(
            name: "splunk",
            settings: ["kind: splunk", "url: \(url)", "token: {file: keys/splunk}"],
            guarantee: "confirmed"
        ) {
            receiver.events.compactMap { recordIndex($0.recordID) }
        }
    }

    private static func file(_ site: Site) throws -> KilledDestination {
        let folder = site.folder + "/export"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return KilledDestination(
            name: "export",
            settings: ["kind: file", "path: export/events.ndjson", "manifests: {entries: 100, interval: 1s}"],
            guarantee: "exactly once"
        ) {
            try String(contentsOfFile: folder + "/events.ndjson", encoding: .utf8).split(separator: "\n").compactMap {
                try JSONValue(parsing: String($0))["index"]?.integer
            }
        }
    }

    private static func webhook(_ site: Site) async throws -> KilledDestination {
        let receiver = WebhookReceiver([])
        let port = try await receiver.listen()
        try site.keep("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", as: "webhook")
        return KilledDestination(
            name: "webhook",
            settings: ["kind: webhook", "url: http://127.0.0.1:\(port)/hook", "secret: {file: keys/webhook}"],
            guarantee: "accepted"
        ) {
            try receiver.messages.compactMap { recordIndex(try JSONValue(parsing: $0.body)["recordId"]?.string) }
        }
    }

    private static func datadog(_ site: Site) async throws -> KilledDestination {
        let receiver = DatadogReceiver(
            DatadogReceiver.Configuration { Int64(Date().timeIntervalSince1970 * 1000) }
        )
        try await receiver.start()
        let url = try #require(receiver.url)
        try site.keep("sandbox-datadog-key", as: "datadog")
        return KilledDestination(
            name: "datadog",
            settings: ["kind: datadog", "url: \(url)/api/v2/logs", "apiKey: {file: keys/datadog}"],
            guarantee: "accepted"
        ) {
            receiver.entries.compactMap { recordIndex($0.recordID) }
        }
    }

    private static func syslog() async throws -> [KilledDestination] {
        let plain = try await Blocking.run { try RsyslogServer() }
        let relp = try await Blocking.run { try RsyslogServer() }
        return [
            KilledDestination(
                name: "syslog",
                settings: ["kind: syslog", "address: \"127.0.0.1:\(plain.tcp)\"", "transport: tcp"],
                guarantee: "best effort"
            ) {
                plain.recordIDs.compactMap(recordIndex)
            },
            KilledDestination(
                name: "relp",
                settings: [
                    "kind: syslog", "protocol: relp", "address: \"127.0.0.1:\(relp.relp)\"", "transport: tcp",
                ],
                guarantee: "accepted"
            ) {
                relp.recordIDs.compactMap(recordIndex)
            },
        ]
    }

    private static func nats() async throws -> KilledDestination {
        let stream = try await Blocking.run {
            let stream = try TestStream()
            try stream.configure()
            return stream
        }
        return KilledDestination(
            name: "nats",
            settings: [
                "kind: nats", "servers: [\"127.0.0.1:\(stream.servers.ports[0])\"]", "transport: tcp",
                "stream: \(stream.name)", "replicas: 1",
            ],
            guarantee: "accepted"
        ) {
            try await Blocking.run { try stream.ids() }.compactMap(recordIndex)
        }
    }

    static func warehouse(_ site: Site) throws -> KilledDestination {
        let schema = try PostgresSchema()
        let database = try PostgresDatabase(schema.settings)
        try database.makeConnection().run(
            """
            CREATE TABLE events (record_id text PRIMARY KEY, ledger text NOT NULL, entry_index bigint, event_type text NOT NULL,
                occurred_at timestamptz NOT NULL, leaf_hash text, payload jsonb NOT NULL)
            """
        )
        try site.keep(schema.address(), as: "warehouse")
        return KilledDestination(
            name: "warehouse",
            settings: ["kind: postgres", "address: {file: keys/warehouse}", "table: events", "allowMutable: true"],
            guarantee: "exactly once"
        ) {
            // The schema goes with the last who holds it.
            _ = schema
            return try await database.read {
                try $0.all("SELECT entry_index FROM events WHERE entry_index IS NOT NULL") { $0.integer(0) }
            }
        }
    }
}
