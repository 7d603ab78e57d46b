import AuditTrail
import Credentials
import Delivery
import HTTPTypes
import Hummingbird
import JSON
import Jobs
import WallTime

/// Where the record is delivered to, and how far it has come. Each change is an event.
struct SinkRoutes: Sendable {
    let control: DeliveryControl
    let statements: DeliveryStatements
    let sinks: [ConfiguredSink]
    let jobs: SinkJobs
    let trail: AuditTrail
    let clock: any WallClock

    func add(to group: RouterGroup<ClientContext>) {
        group.serve(.sinks) { _, _, _ in
            let now = clock.now()
            return try .json(["sinks": .array(try await control.sinks().map { $0.json(now: now) })])
        }
        group.serve(.sink) { _, context, _ in try await answer(try Self.name(context)) }
        group.serve(.deadLetters) { _, context, query in
            let from = try query.number("from", in: 0...Int.max) ?? 0
            let limit = try query.number("limit", in: 1...1000) ?? 100
            let name = try Self.name(context)
            let letters = try await control.deadLetters(name, from: UInt64(from), limit: limit)
            let reader = try Reader(context, query)
            try await trail.note("dead_letters", ["sink": .string(name)], results: letters.count, by: reader)
            return try .json(["deadLetters": .array(letters.map(\.json))])
        }
        group.serve(.pauseSink) { request, context, _ in
            let body = try await JSONBody(request, known: ["reason"], optional: true)
            let name = try Self.name(context)
            try await control.pause(name, reason: try body.text("reason", .reason), actor: context.client.id)
            return try await answer(name)
        }
        group.serve(.resumeSink) { request, context, _ in
            _ = try await JSONBody(request, known: [], optional: true)
            let name = try Self.name(context)
            try await control.resume(name, actor: context.client.id)
            return try await answer(name)
        }
        group.serve(.redriveSink) { request, context, _ in
            let body = try await JSONBody(request, known: ["first", "last"], optional: true)
            let name = try Self.name(context)
            let selection = try Self.range(body).map { DeliveryControl.Selection.range($0) } ?? .all
            let count = try await control.redrive(name, selection, actor: context.client.id)
            return try .json(["redriven": .integer(Int64(clamping: count))])
        }
        group.serve(.backfillSink) { request, context, _ in
            let body = try await JSONBody(request, known: ["first", "last"])
            let name = try Self.name(context)
            let range = try JSONBody.required("first and last", try Self.range(body))
            try await control.backfill(name, range, actor: context.client.id)
            return try await answer(name)
        }
        group.serve(.testSink) { request, context, _ in
            _ = try await JSONBody(request, known: [], optional: true)
            let name = try Self.name(context)
            let index = try await control.test(name, actor: context.client.id)
            return try .json(["index": .integer(Int64(clamping: index))], status: .created)
        }
        group.serve(.sinkEntry) { _, context, _ in
            let name = try Self.name(context)
            let head = try await control.conservation(name).head
            guard let index = context.parameters.get("index").flatMap({ UInt64($0) }), index < head else {
                throw Refusal(.unknownEntry)
            }
            let standing = try await control.standing(of: index, for: name)
            var members: [String: JSONValue] = [
                "index": .integer(Int64(clamping: index)), "standing": .string(standing.word), "reason": .null,
            ]
            if case .dead(let reason) = standing { members["reason"] = .string(reason) }
            return try .json(.object(members))
        }
        group.serve(.stateSink) { request, context, _ in
            let body = try await JSONBody(request, known: ["first", "last", "wait"])
            let sink = try configured(try Self.name(context))
            let range = try JSONBody.required("first and last", try Self.range(body))
            let actor = context.client.id
            return try await answer(.statement, sink, body, actor) {
                ["statement": .string(try await statements.statement(.init(sink), range, actor: actor))]
            }
        }
        group.serve(.reconcileSink) { request, context, _ in
            let body = try await JSONBody(request, known: ["first", "last", "resend", "wait"], optional: true)
            let sink = try configured(try Self.name(context))
            let (destination, range) = (try sink.asked(), try Self.range(body))
            let (isResending, actor) = (try body.flag("resend") ?? false, context.client.id)
            return try await answer(.reconcile, sink, body, actor) {
                try await reconcile(sink.definition.name, range, destination, isResending, actor)
            }
        }
        group.serve(.sinkJob) { _, context, _ in
            try .json(try jobs.job(Self.job(context), of: Self.name(context)).json)
        }
        group.serve(.cancelSinkJob) { request, context, _ in
            _ = try await JSONBody(request, known: [], optional: true)
            return try .json(try jobs.cancel(Self.job(context), of: Self.name(context)).json)
        }
    }

    private func configured(_ name: String) throws(Refusal) -> ConfiguredSink {
        guard let sink = sinks.first(where: { $0.definition.name == name }) else { throw Refusal(.unknownSink) }
        return sink
    }

    /// Most ranges that an answer names of each finding.
    private static let mostRanges = 1000

    private func reconcile(
        _ name: String,
        _ range: Range<UInt64>?,
        _ destination: any ReadBack,
        _ isResending: Bool,
        _ actor: String
    ) async throws -> JSONValue {
        var ranges: [Reconciliation.Finding: [JSONValue]] = [:]
        var isWhole = true
        let result = try await control.reconcile(
            name,
            range,
            asking: destination,
            resending: isResending,
            actor: actor
        ) { finding, range in
            guard ranges[finding, default: []].count < Self.mostRanges else {
                isWhole = false
                return
            }
            ranges[finding, default: []].append([
                .integer(Int64(clamping: range.lowerBound)), .integer(Int64(clamping: range.upperBound - 1)),
            ])
        }
        var indexes: [String: JSONValue] = [:]
        for finding in Reconciliation.Finding.allCases { indexes[finding.rawValue] = .array(ranges[finding] ?? []) }
        return ["result": result.json, "indexes": .object(indexes), "indexesWhole": .bool(isWhole)]
    }

    /// How long an answer is waited for unless the caller says otherwise, in seconds, and how long at the most: clients and the
    /// proxies before them often give up after half a minute.
    private static let patience: (usual: Int64, most: Int64) = (10, 25)

    /// Answers what is found soon enough, and names the job to ask for later otherwise.
    private func answer(
        _ kind: SinkJobs.Kind,
        _ sink: ConfiguredSink,
        _ body: JSONBody,
        _ actor: String,
        _ work: @escaping @Sendable () async throws -> JSONValue
    ) async throws -> Response {
        let patience = try body.number("wait", in: 0...Self.patience.most) ?? Self.patience.usual
        let job = try await jobs.run(kind, of: sink.definition.name, by: actor, waiting: .seconds(patience), work)
        if let outcome = job.outcome { return try .json(outcome.get()) }
        return try .json(job.json, status: .accepted)
    }

    private static func job(_ context: ClientContext) throws(Refusal) -> String {
        guard let id = context.parameters.get("id") else { throw Refusal(.unknownSinkJob) }
        return id
    }

    private func answer(_ name: String) async throws -> Response {
        try .json(try await control.sink(name).json(now: clock.now()))
    }

    private static func name(_ context: ClientContext) throws(Refusal) -> String {
        guard let name = context.parameters.get("name") else { throw Refusal(.unknownSink) }
        return name
    }

    /// The indexes from `first` to `last`, both included; nil when neither is given.
    private static func range(_ body: JSONBody) throws(Refusal) -> Range<UInt64>? {
        let bounds: ClosedRange<Int64> = 0...Int64.max - 1
        let (first, last) = (try body.number("first", in: bounds), try body.number("last", in: bounds))
        switch (first, last) {
        case (nil, nil): return nil
        case (let first?, let last?) where first <= last: return UInt64(first)..<UInt64(last) + 1
        default: throw JSONBody.invalid("last", "stands beside first and is not below it")
        }
    }
}
