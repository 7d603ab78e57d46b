import Measures

/// How one route keeps its service level: of all reads those that could be answered, and of the released ones those in time.
///
/// A read that the policy refuses, of a customer who does not exist, or whose caller went away, says nothing against the service. One
/// that was refused because the upstream failed or nothing could be recorded does.
final class ServiceLevel: Sendable {
    /// Reads that the service owed an answer.
    let owed = Counter()
    /// Those that it answered.
    let answered = Counter()
    /// Reads that were released.
    let released = Counter()
    /// Those within the route's objective.
    let timely = Counter()
    private let objectiveMicroseconds: UInt64

    init(objectiveMilliseconds: Int) { objectiveMicroseconds = UInt64(max(0, objectiveMilliseconds)) * 1000 }

    func count(_ outcome: ReadOutcome) {
        switch outcome {
        case .refused, .contained, .velocityExceeded, .notFound:
            owed.add()
            answered.add()
        case .upstreamFailed, .unrecorded: owed.add()
        case .released, .clientGone, .unauthenticated, .badRequest: break
        }
    }

    func release(afterMicroseconds time: UInt64) {
        owed.add()
        answered.add()
        released.add()
        if time <= objectiveMicroseconds { timely.add() }
    }

    static func write(_ routes: [PreparedRoute], to text: inout MetricsText) {
        func family(_ name: String, _ help: String, _ counter: (ServiceLevel) -> Counter) {
            text.family(
                name,
                .counter,
                help: help,
                routes.map { ([("route", $0.route.name)], Double(counter($0.level).value)) }
            )
        }
        family("muniment_slo_reads_total", "Reads that the service owed an answer, by route.", \.owed)
        family("muniment_slo_reads_good_total", "Those that were answered as the policy says.", \.answered)
        family("muniment_slo_latency_total", "Reads that were released, by route.", \.released)
        family("muniment_slo_latency_good_total", "Those that were released within the route's objective.", \.timely)
    }
}
