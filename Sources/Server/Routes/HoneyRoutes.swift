import AuditTrail
import Credentials
import Hummingbird
import JSON

/// Planted customers, whom nobody has a reason to read. Each change, and each look at the list, is an event.
struct HoneyRoutes: Sendable {
    let customers: HoneyCustomers

    func add(to group: RouterGroup<ClientContext>) {
        group.serve(.honeyCustomers) { _, context, query in
            let reader = Self.reader(context, try query.text("reason", .reason))
            let found = try await customers.list(by: reader)
            return try .json(["honeyCustomers": .array(found.map(\.json))])
        }
        group.serve(.plantHoneyCustomer) { request, context, _ in
            let body = try await JSONBody(request, known: ["customerId", "reason"])
            let customer = try JSONBody.required("customerId", try body.text("customerId", .customerID))
            let reader = Self.reader(context, try JSONBody.required("reason", try body.text("reason", .reason)))
            return try .json(try await customers.plant(customer, by: reader).json)
        }
        group.serve(.removeHoneyCustomer) { request, context, _ in
            let body = try await JSONBody(request, known: ["honeyId", "reason"])
            let id = try JSONBody.required("honeyId", try body.text("honeyId", .platformID))
            let reader = Self.reader(context, try JSONBody.required("reason", try body.text("reason", .reason)))
            return try .json(try await customers.remove(id, by: reader).json)
        }
    }

    private static func reader(_ context: ClientContext, _ reason: String?) -> Reader {
        Reader(name: context.client.id, channel: .api, reason: reason)
    }
}
