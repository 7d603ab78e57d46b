import JSON
import Ledger
import Storage

/// Which node this is, what it knows of the ledger, and which node does the work that runs once in a cluster.
struct ClusterView: Sendable {
    let node: String
    let ledger: Ledger
    let leases: LeaseKeeper?

    func json() async -> JSONValue {
        let size = ledger.health.head.size
        var members: [String: JSONValue] = [
            "node": .string(node), "engine": .string(ledger.isShared ? "postgresql" : "sqlite"),
            "treeSize": .integer(Int64(clamping: size)), "leases": .null,
        ]
        members["indexLag"] =
            (try? ledger.indexedSize()).map {
                .integer(Int64(clamping: size > $0 ? size - $0 : 0))
            } ?? .null
        if let leases, let states = try? await leases.states() {
            members["role"] = .string(
                states.contains { $0.lease.holder == leases.name && $0.remainingMilliseconds > 0 } ? "leader" : "member"
            )
            members["leases"] = .array(
                states.map { state in
                    .object([
                        "work": .string(state.lease.name),
                        "holder": state.remainingMilliseconds > 0 ? .string(state.lease.holder) : .null,
                        "fence": .integer(state.lease.fence),
                        "remainingMilliseconds": .integer(max(0, state.remainingMilliseconds)),
                    ])
                }
            )
        }
        return .object(members)
    }
}
