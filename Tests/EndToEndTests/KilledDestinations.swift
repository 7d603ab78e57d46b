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
        let plain = try await Blocking.attempt { try RsyslogServer() }
        let relp = try await Blocking.attempt { try RsyslogServer() }
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
        let stream = try await Blocking.attempt {
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
            try await Blocking.attempt { try stream.ids() }.compactMap(recordIndex)
        }
    }

    private static func warehouse(_ site: Site) throws -> KilledDestination {
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

extension Blocking {
    /// Work that blocks its thread and may fail.
    static func attempt<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await run { Result { try body() } }.get()
    }
}
