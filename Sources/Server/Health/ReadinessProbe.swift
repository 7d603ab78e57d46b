import Gateway
import Ledger

/// Looks at every part of the installation.
struct ReadinessProbe: Sendable {
    /// Entries that the query index may lack before that counts as degraded: every query reads them one by one.
    static let tolerableIndexLag: UInt64 = 100_000

    let ledger: Ledger
    let dataPlane: any DataPlaneStatus
    let routes: [Route]
    let checks: [ReadyCheck]
    let cluster: ClusterView
    let commits: CommitProbe

    func look() async -> Readiness {
        let recording = await canRecord()
        let journal = dataPlane.journal
        // A journal that took nothing the last time stands in for nobody.
        let journalTakes = journal.map { $0.failure == nil } ?? false
        let spools = journalTakes && routes.contains { $0.failMode == .spool }
        let upstreams = dataPlane.upstreams
        let open = Set(upstreams.filter(\.isOpen).map(\.name))
        var parts: [(name: String, state: PartState)] = []
        if recording {
            parts.append(("ledger", .ok))
        } else if spools {
            parts.append(("ledger", .degraded("the store does not record: routes that spool go on, the others refuse")))
        } else {
            parts.append(("ledger", .failed("the store does not record: reads are refused")))
        }
        parts.append(("anchor", anchor))
        parts.append(("index", index))
        if let journal { parts.append(("journal", state(of: journal))) }
        for upstream in upstreams {
            let state: PartState = upstream.isOpen ? .degraded("it is left alone for a while after failures") : .ok
            parts.append(("upstream \(upstream.name)", state))
        }
        for check in checks { parts.append((check.name, await check.state())) }
        let reports = routes.map { route in
            let state: Readiness.RouteState
            if open.contains(route.upstream) {
                state = .upstreamUnavailable
            } else if recording {
                state = .serving
            } else {
                state = route.failMode == .spool && journalTakes ? .spooling : .refusing
            }
            return Readiness.RouteReport(
                name: route.name,
                upstream: route.upstream,
                failMode: route.failMode.rawValue,
                state: state
            )
        }
        return Readiness(parts: parts, routes: reports, cluster: await cluster.json())
    }

    /// Whether the store can be read, and took the last group. After a failure it is asked again, since a node that is sent no
    /// more reads would never find out that the store is back.
    private func canRecord() async -> Bool {
        guard ledger.health.storeFailure == nil else { return false }
        guard (try? await ledger.checkpoint()) != nil else { return false }
        return await commits.commitsSucceed()
    }

    private var anchor: PartState {
        ledger.health.anchorFailure == nil ? .ok : .degraded("the checkpoint outside the store cannot be written")
    }

    private var index: PartState {
        guard let indexed = try? ledger.indexedSize() else { return .degraded("the query index cannot be read") }
        let size = ledger.health.head.size
        let lag = size > indexed ? size - indexed : 0
        return lag <= Self.tolerableIndexLag
            ? .ok : .degraded("the query index lacks \(lag) entries: questions take longer")
    }

    private func state(of journal: JournalStatus) -> PartState {
        if journal.failure != nil { return .degraded("the local journal cannot take records") }
        return journal.records == 0 ? .ok : .degraded("\(journal.records) records wait to be put into the ledger")
    }
}
