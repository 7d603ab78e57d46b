import Measures
import Synchronization

/// What the control plane counts of its own requests.
final class ControlMetrics: Sendable {
    private struct Key: Hashable {
        let method: String
        let route: String
        let status: Int
    }

    private let requests = Mutex<[Key: UInt64]>([:])
    private let seconds = Histogram()

    /// Counts a request. Method and route are words of this program, so that there are only so many.
    func count(method: String, route: String, status: Int, took: Duration) {
        requests.withLock { $0[Key(method: method, route: route, status: status), default: 0] += 1 }
        seconds.observe(microseconds: UInt64(clamping: took.microseconds))
    }

    /// Adds everything to a text.
    func write(to text: inout MetricsText) {
        let counted = requests.withLock { $0 }.sorted {
            ($0.key.route, $0.key.method, $0.key.status) < ($1.key.route, $1.key.method, $1.key.status)
        }
        text.family(
            "muniment_control_requests_total",
            .counter,
            help: "Requests to the control plane.",
            counted.map {
                (
                    [("method", $0.key.method), ("route", $0.key.route), ("status", "\($0.key.status)")],
                    Double($0.value)
                )
            }
        )
        text.histograms(
            "muniment_control_request_seconds",
            help: "Time of requests to the control plane.",
            [([], seconds)]
        )
    }
}
