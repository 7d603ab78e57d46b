import Hummingbird
import JSON
import Ledger
import MerkleLog
import WallTime

/// What the installation is, and how it fares.
struct InstallationRoutes: Sendable {
    let ledger: Ledger
    let dataPlane: any DataPlaneStatus
    let configurationSummary: JSONValue
    let configurationHash: String
    let clock: any WallClock
    let began: Timestamp

    func add(to group: RouterGroup<ClientContext>) {
        group.serve(.configuration) { _, _, _ in
            try .json(["configuration": configurationSummary, "hash": .string(configurationHash)])
        }
        group.serve(.status) { _, _, _ in
            try .json([
                "configurationHash": .string(configurationHash), "policyHash": .string(dataPlane.policyHash),
                "startedAt": .string(began.description), "now": .string(clock.now().description),
                "ledger": try ledgerStatus(), "dataPlane": dataPlaneStatus,
            ])
        }
    }

    private func ledgerStatus() throws -> JSONValue {
        let health = ledger.health
        return .object([
            "origin": .string(ledger.verifier.name), "verifierKey": .string(ledger.verifier.vkey),
            "size": .count(health.head.size), "indexedSize": .count(try ledger.indexedSize()),
            "commits": .count(health.commits), "failedCommits": .count(health.failedCommits),
            "appended": .count(health.appended), "commitFailure": .optional(health.commitFailure),
            "anchorFailure": .optional(health.anchorFailure),
        ])
    }

    private var dataPlaneStatus: JSONValue {
        let journal: JSONValue
        if let status = dataPlane.journal {
            journal = [
                "records": .integer(Int64(status.records)), "bytes": .integer(Int64(status.bytes)),
                "failure": .optional(status.failure),
            ]
        } else {
            journal = .null
        }
        return [
            "connections": .integer(Int64(dataPlane.connectionCount)), "journal": journal,
            "upstreams": .array(
                dataPlane.upstreams.map { ["name": .string($0.name), "leftAlone": .bool($0.isOpen)] }
            ),
        ]
    }
}
