import AccessPolicy
import NIOCore
import Traces
import WallTime

/// The trace of one read: which it is, and when its stages ended.
final class ReadTrace {
    /// The read itself, as a span.
    let context: TraceContext
    /// The caller's span; nil when the trace begins here.
    private let parent: [UInt8]?
    /// The exchange with the upstream, which the upstream is told.
    let upstreamSpan: [UInt8]
    private let eventID: [UInt8]
    var bound: NIODeadline?

    /// - Parameter header: the caller's `traceparent`, if there was a valid one.
    init(
        _ header: TraceContext?,
        eventID: [UInt8],
        ratio: Double,
        using generator: inout some RandomNumberGenerator
    ) {
        parent = header?.span
        let own = TraceContext.bytes(8, &generator)
        context =
            header.map { TraceContext(trace: $0.trace, span: own, isSampled: $0.isSampled) }
            ?? TraceContext(keeping: ratio, using: &generator)
        upstreamSpan = TraceContext.bytes(8, &generator)
        self.eventID = eventID
    }

    /// What the upstream is sent.
    var traceparent: String { context.traceparent(span: upstreamSpan) }

    /// The spans of a read that has ended.
    func spans(
        of read: ReadState,
        outcome: ReadOutcome,
        using generator: inout some RandomNumberGenerator
    ) -> [Span] {
        let began = read.timestamp.milliseconds * 1_000_000
        func moment(_ deadline: NIODeadline) -> Int64 { began + (deadline - read.started).nanoseconds }
        let end = NIODeadline.now()
        let hasFailed = outcome == .upstreamFailed || outcome == .unrecorded
        var spans = [
            Span(
                context: context,
                parent: parent,
                name: "read \(read.route.name)",
                kind: .server,
                start: began,
                end: moment(end),
                attributes: [
                    "muniment.route": read.route.name, "muniment.outcome": outcome.rawValue,
                    "muniment.binding": read.binding.grade.rawValue,
                    "muniment.event": String(decoding: eventID, as: UTF8.self),
                ],
                hasFailed: hasFailed
            )
        ]
        func add(
            _ name: String,
            _ kind: Span.Kind,
            _ id: [UInt8],
            _ start: NIODeadline,
            _ end: NIODeadline,
            _ failed: Bool
        ) {
            spans.append(
                Span(
                    context: TraceContext(trace: context.trace, span: id, isSampled: true),
                    parent: context.span,
                    name: name,
                    kind: kind,
                    start: moment(start),
                    end: moment(end),
                    hasFailed: failed
                )
            )
        }
        if let bound { add("binding", .internal, TraceContext.bytes(8, &generator), read.started, bound, false) }
        if read.hasAskedUpstream {
            let answered = read.upstreamMicroseconds > 0 ? read.upstreamEnded : read.recordStarted
            add(
                "upstream \(read.route.upstream)",
                .client,
                upstreamSpan,
                read.upstreamStarted,
                answered,
                outcome == .upstreamFailed
            )
        }
        let commit = TraceContext.bytes(8, &generator)
        add("record", .internal, commit, read.recordStarted, end, outcome == .unrecorded)
        return spans
    }
}
