import AccessPolicy
import Foundation
import Gateway
import JSON
import Ledger
import Settings
import WallTime

/// What the server writes into the record about itself.
struct OwnRecord {
    let ledger: Ledger
    let producer: String
    let clock: any WallClock

    /// Records a configuration that is new to this node, and that it starts, and whether it was stopped in order before.
    func recordStart(_ configuration: Configuration, policyHash: String) async throws {
        let now = clock.now()
        let known = try await latest(.configurationChanged)?["configurationHash"]?.string
        if known != configuration.contentHash {
            try await ledger.append(
                event(
                    .configurationChanged,
                    now,
                    [
                        "configurationHash": .string(configuration.contentHash),
                        "policyHash": .string(policyHash),
                        "policyVersion": .string(configuration.gateway.policy.version),
                        "previousConfigurationHash": known.map { .string($0) } ?? .null,
                    ]
                )
            )
        }
        let (started, stopped) = (try await newest(.serverStarted)?.index, try await newest(.serverStopped)?.index)
        let previous: JSONValue =
            switch (started, stopped) {
            case (nil, _): .null
            case (let started?, let stopped?) where stopped > started: .string("clean")
            default: .string("unclean")
            }
        try await ledger.append(
            event(
                .serverStarted,
                now,
                [
                    "configurationHash": .string(configuration.contentHash), "previousStop": previous,
                    "processId": .integer(Int64(getpid())), "treeSize": .integer(Int64(ledger.health.head.size)),
                    "version": .string(Build.version),
                ]
            )
        )
    }

    /// Records that it stops.
    func recordStop() async throws {
        try await ledger.append(event(.serverStopped, clock.now(), ["processId": .integer(Int64(getpid()))]))
    }

    private func event(_ type: EventType, _ now: Timestamp, _ fields: [String: JSONValue]) -> Event {
        Event(type: type, identity: .random(producer: producer), timestamp: now, fields: fields)
    }

    /// The newest event of a kind that this node wrote; other nodes have configurations and starts of their own.
    private func newest(_ type: EventType) async throws -> StoredEvent? {
        var query = EventQuery(keys: [IndexKey(.eventType, type.rawValue)], limit: 100)
        repeat {
            let page = try await ledger.events(query)
            let own = page.events.first { (try? JSONValue(parsing: $0.bytes))?["producer"]?.string == producer }
            if let own { return own }
            query.before = page.next
        } while query.before != nil
        return nil
    }

    private func latest(_ type: EventType) async throws -> JSONValue? {
        try await newest(type).map { try JSONValue(parsing: $0.bytes) }
    }
}
