import Delivery
import Gateway
import Hummingbird
import JSON
import Ledger
import Measures
import Monitoring
import PlatformFacts
import WallTime

/// Whether it lives, whether it works, what it counts, and what can be asked.
struct OperationsRoutes: Sendable {
    let ledger: Ledger
    let dataPlane: any DataPlaneStatus
    let node: String
    let probe: ReadinessProbe
    let metrics: ControlMetrics
    let certificates: [TLSKeeper]
    let delivery: DeliveryMetrics
    let detection: DetectionStatus?
    let feeds: FeedDesk?
    let clock: any WallClock

    func add(to router: Router<PlainContext>) {
        router.serve(.health) { _ in try .json(["status": "ok"]) }
        router.serve(.readiness) { _ in
            let readiness = await probe.look()
            return try .json(readiness.json, status: readiness.isReady ? .ok : .serviceUnavailable)
        }
        router.serve(.metrics) { _ in
            .text(await metricsText(), type: "text/plain; version=0.0.4; charset=utf-8")
        }
        router.serve(.description) { _ in .bytes(OpenAPIDocument.bytes, type: "application/json") }
    }

    private func metricsText() async -> String {
        var text = MetricsText()
        dataPlane.write(to: &text)
        metrics.write(to: &text)
        TLSKeeper.write(certificates, to: &text)
        text.family("muniment_node_info", .gauge, help: "This node.", [([("node", node)], 1)])
        let health = ledger.health
        let size = health.head.size
        text.value("muniment_ledger_size", .gauge, help: "Entries in the ledger.", Double(size))
        text.value("muniment_ledger_commits_total", .counter, help: "Groups committed.", Double(health.commits))
        text.value(
            "muniment_ledger_failed_commits_total",
            .counter,
            help: "Groups that could not be committed.",
            Double(health.failedCommits)
        )
        text.value("muniment_ledger_appended_total", .counter, help: "Entries appended.", Double(health.appended))
        text.value(
            "muniment_ledger_commit_failing",
            .gauge,
            help: "1 while the latest commit failed.",
            health.commitFailure == nil ? 0 : 1
        )
        text.value(
            "muniment_ledger_anchor_failing",
            .gauge,
            help: "1 while the checkpoint outside the store cannot be written.",
            health.anchorFailure == nil ? 0 : 1
        )
        if let indexed = try? ledger.indexedSize() {
            text.value(
                "muniment_ledger_index_lag",
                .gauge,
                help: "Entries that the query index lacks.",
                Double(size > indexed ? size - indexed : 0)
            )
        }
        // A store that is away must not hide what is measured of the rest.
        var sinks = text
        if (try? await delivery.add(to: &sinks, now: clock.now())) != nil { text = sinks }
        detection?.write(to: &text)
        if let feeds {
            var more = text
            if (try? await feeds.add(to: &more, now: clock.now())) != nil { text = more }
        }
        ProcessMeasures().write(to: &text)
        return text.text
    }
}
