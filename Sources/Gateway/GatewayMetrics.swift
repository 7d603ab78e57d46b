import AccessPolicy
public import Measures

/// How a read ended.
public enum ReadOutcome: String, Sendable, CaseIterable {
    /// Data was released.
    case released
    /// The policy or the binding refused it.
    case refused
    /// The agent is contained, and all reads are refused, or those without a reason.
    case contained
    /// The agent read too fast.
    case velocityExceeded = "velocity_exceeded"
    /// The upstream has no such customer.
    case notFound = "not_found"
    /// The upstream failed, was too slow, or answered what cannot be used.
    case upstreamFailed = "upstream_failed"
    /// The client went away before anything was released.
    case clientGone = "client_gone"
    /// The ledger could not record it, so nothing was released.
    case unrecorded
    /// The caller was not let in.
    case unauthenticated
    /// The request could not be understood.
    case badRequest = "bad_request"
}

/// What the data plane counts.
public final class GatewayMetrics: Sendable {
    private let outcomes = Dictionary(uniqueKeysWithValues: ReadOutcome.allCases.map { ($0, Counter()) })
    private let grades = Dictionary(uniqueKeysWithValues: BindingReason.allCases.map { ($0, Counter()) })
    /// Time to understand a request and let its caller in.
    let intake = Histogram()
    /// Time until the binding was graded.
    let binding = Histogram()
    /// Time that the upstream took.
    let upstream = Histogram()
    /// Time to project and mask the upstream's answer.
    let project = Histogram()
    /// Time until the record was durable.
    let commit = Histogram()
    /// Time to write the answer out.
    let answer = Histogram()
    /// Time of the whole read.
    let total = Histogram()
    /// Look-ups of platform facts.
    let lookups = Counter()
    /// Reads released on the strength of the local journal.
    let spooled = Counter()
    /// Corrections written because a release did not happen as recorded.
    let corrections = Counter()
    /// Corrections that could not be recorded.
    let lostCorrections = Counter()
    /// Reads that an observed route released though the policy would have refused or withheld.
    let observedDifferences = Counter()
    /// Reads that the shadow policy would have decided otherwise.
    let shadowDifferences = Counter()

    func count(_ outcome: ReadOutcome) { outcomes[outcome]?.add() }
    func count(_ reason: BindingReason) { grades[reason]?.add() }

    /// How often a read ended this way.
    public func value(of outcome: ReadOutcome) -> UInt64 { outcomes[outcome]?.value ?? 0 }

    /// Adds everything to a text.
    public func write(to text: inout MetricsText) {
        text.family(
            "muniment_reads_total",
            .counter,
            help: "Reads by how they ended.",
            ReadOutcome.allCases.map { ([("outcome", $0.rawValue)], Double(value(of: $0))) }
        )
        text.family(
            "muniment_bindings_total",
            .counter,
            help: "Reads by how agent, interaction and customer were tied together.",
            BindingReason.allCases.map {
                ([("grade", $0.grade.rawValue), ("reason", $0.rawValue)], Double(grades[$0]?.value ?? 0))
            }
        )
        text.histograms(
            "muniment_read_seconds",
            help: "Time of reads, by stage.",
            [
                ([("stage", "intake")], intake), ([("stage", "binding")], binding), ([("stage", "upstream")], upstream),
                ([("stage", "project")], project), ([("stage", "commit")], commit), ([("stage", "answer")], answer),
                ([("stage", "total")], total),
            ]
        )
        text.value(
            "muniment_platform_lookups_total",
            .counter,
            help: "Look-ups of platform facts.",
            Double(lookups.value)
        )
        text.value(
            "muniment_reads_spooled_total",
            .counter,
            help: "Reads recorded in the local journal.",
            Double(spooled.value)
        )
        text.value(
            "muniment_corrections_total",
            .counter,
            help: "Corrections of earlier records.",
            Double(corrections.value)
        )
        text.value(
            "muniment_corrections_lost_total",
            .counter,
            help: "Corrections that could not be recorded.",
            Double(lostCorrections.value)
        )
        text.value(
            "muniment_observed_differences_total",
            .counter,
            help: "Reads on observed routes that the policy would have refused or cut.",
            Double(observedDifferences.value)
        )
        text.value(
            "muniment_shadow_differences_total",
            .counter,
            help: "Reads that the shadow policy would have decided otherwise.",
            Double(shadowDifferences.value)
        )
    }
}
