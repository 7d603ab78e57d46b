import AuditTrail
import Credentials
import Detection
import Dispatch
import HTTPTypes
import Hummingbird
import JSON
import Monitoring
import WallTime

/// What detection looks for, and what other rules would have said of the past.
struct RuleRoutes: Sendable {
    private static let mostFiles = 20
    private static let mostListed: Int64 = 1000

    let desk: BacktestDesk
    let trail: AuditTrail

    func add(to group: RouterGroup<ClientContext>) {
        group.serve(.rules) { _, _, _ in
            try .json(["rules": .array(desk.rules.pack.rules.filter(\.alerts).map(\.json))])
        }
        group.serve(.testRules) { request, _, _ in
            _ = try await JSONBody(request, known: [], optional: true)
            return try .json(await tested().json)
        }
        group.serve(.beginBacktest) { request, context, _ in
            let body = try await JSONBody(request, known: ["rules", "from", "to", "limit", "reason"], optional: true)
            let reader = Reader(name: context.client.id, channel: .api, reason: try body.text("reason", .reason))
            let order = try Self.order(body)
            let id = try desk.begin(order, by: context.client.id)
            var asked: [String: JSONValue] = ["backtestId": .string(id)]
            asked["rules"] = .array(order.files.map { .string($0.name) })
            asked["from"] = order.from.map { .string($0.description) }
            asked["to"] = order.to.map { .string($0.description) }
            // Nobody gets an answer out of the record that does not stand in it.
            do { try await trail.note("backtest", asked, by: reader) } catch {
                try desk.cancel(id)
                throw error
            }
            return try .json(try desk.json(of: id), status: .accepted)
        }
        group.serve(.backtest) { _, context, _ in try .json(try desk.json(of: Self.id(context))) }
        group.serve(.cancelBacktest) { request, context, _ in
            _ = try await JSONBody(request, known: [], optional: true)
            let id = try Self.id(context)
            try desk.cancel(id)
            return try .json(try desk.json(of: id))
        }
    }

    /// Runs the fixtures, which takes a processor some tenths of a second, away from the threads that serve.
    private func tested() async -> RuleTest.Report {
        await withCheckedContinuation { continuation in
            DispatchQueue.global(qos: .utility).async { continuation.resume(returning: RuleTest.run(desk.rules)) }
        }
    }

    private static func id(_ context: ClientContext) throws(Refusal) -> String {
        guard let id = context.parameters.get("id") else { throw Refusal(.unknownBacktest) }
        return id
    }

    private static func order(_ body: JSONBody) throws(Refusal) -> BacktestDesk.Order {
        var order = BacktestDesk.Order()
        order.from = try body.moment("from")
        order.to = try body.moment("to")
        if let limit = try body.number("limit", in: 0...mostListed) { order.limit = Int(limit) }
        for file in try body.objects("rules", known: ["name", "text"], most: mostFiles) ?? [] {
            let name = try JSONBody.required("rules.name", try file.text("name", .ruleFile))
            guard let text = try file.value("text").string else { throw Refusal(.wrongType, "rules.text is a string") }
            order.files.append(RuleFile(name: name, text: text))
        }
        return order
    }
}

extension TextRule {
    /// The name of a rule file.
    static let ruleFile = TextRule(length: 1...128, others: "._-")
}
