import Credentials
import HTTPTypes
import Hummingbird
import JSON
import WallTime

/// Management of API clients. Each change is an event, and works on this node before it is answered.
struct ClientRoutes: Sendable {
    /// The longest time for which old secrets go on working: 30 days.
    private static let overlap: ClosedRange<Int64> = 0...30 * 86_400

    let registry: ClientRegistry
    let refresher: ClientRefresher

    func add(to group: RouterGroup<ClientContext>) {
        group.serve(.clients) { _, _, _ in
            try .json(["clients": .array(try await registry.all().map(Self.json))])
        }
        group.serve(.createClient) { request, context, _ in
            guard !request.headers.contains(where: { $0.name.canonicalName == "idempotency-key" }) else {
                throw Refusal(.idempotencyUnsupported)
            }
            let body = try await JSONBody(
                request,
                known: ["name", "scopes", "allowedAddresses", "expires"] + ClientSafeguardsBody.members
            )
            let safeguards = try ClientSafeguardsBody.changes(body)
            let issued = try await registry.create(
                name: try JSONBody.required("name", try body.text("name", .clientName)),
                scopes: try Self.scopes(body),
                addresses: try Self.addresses(body),
                expires: try Self.expiry(body),
                signing: safeguards.signing,
                requiresSignature: safeguards.requiresSignature ?? false,
                certificates: safeguards.certificates ?? [],
                actor: context.client.id
            )
            try await refresher.refresh()
            return try .json(Self.json(issued), status: .created)
        }
        group.serve(.rotateClient) { request, context, _ in
            let body = try await JSONBody(request, known: ["overlapSeconds"] + ClientSafeguardsBody.members)
            let overlap = try JSONBody.required("overlapSeconds", try body.number("overlapSeconds", in: Self.overlap))
            let issued = try await registry.rotate(
                try Self.id(context),
                overlapSeconds: overlap,
                changes: try ClientSafeguardsBody.changes(body),
                actor: context.client.id
            )
            try await refresher.refresh()
            return try .json(Self.json(issued))
        }
        group.serve(.revokeClient) { request, context, _ in
            let body = try await JSONBody(request, known: ["reason"], optional: true)
            let id = try Self.id(context)
            try await registry.revoke(id, reason: try body.text("reason", .reason), actor: context.client.id)
            let all = try await refresher.refresh()
            guard let client = all.first(where: { $0.id == id }) else { throw ClientError.unknown(id) }
            return try .json(["client": Self.json(client)])
        }
    }

    private static func id(_ context: ClientContext) throws(Refusal) -> String {
        guard let id = context.parameters.get("id") else { throw Refusal(.unknownClient) }
        return id
    }

    private static func scopes(_ body: JSONBody) throws(Refusal) -> Set<Scope> {
        let texts = try JSONBody.required("scopes", try body.texts("scopes", most: 100))
        let scopes = texts.compactMap(Scope.init)
        guard !scopes.isEmpty, scopes.count == texts.count else {
            throw JSONBody.invalid(
                "scopes",
                "are \(Scope.list), at least one of them"
            )
        }
        return Set(scopes)
    }

    private static func addresses(_ body: JSONBody) throws(Refusal) -> [AddressRange] {
        let texts = try body.texts("allowedAddresses", most: 100) ?? []
        let ranges = texts.compactMap { AddressRange($0) }
        guard ranges.count == texts.count else {
            throw JSONBody.invalid("allowedAddresses", "are IP addresses and ranges such as 192.0.2.0/24")
        }
        return ranges
    }

    private static func expiry(_ body: JSONBody) throws(Refusal) -> Timestamp? {
        try body.moment("expires")
    }

    private static func json(_ client: APIClient) -> JSONValue {
        .object(
            [
                "id": .string(client.id), "name": .string(client.name),
                "scopes": .array(client.scopes.map(\.description).sorted().map { .string($0) }),
                "allowedAddresses": .array(client.addresses.map { .string($0.description) }),
                "created": .string(client.created.description), "expires": .optional(client.expires?.description),
                "revoked": .optional(client.revoked?.description),
            ].merging(ClientSafeguardsBody.json(client.safeguards)) { first, _ in first }
        )
    }

    private static func json(_ issued: IssuedSecret) -> JSONValue {
        var answer: [String: JSONValue] = ["client": json(issued.client)]
        if let secret = issued.newSecret { answer["secret"] = .string(secret) }
        if let secret = issued.signingSecret { answer["signingSecret"] = .string(secret) }
        return .object(answer)
    }
}

extension TextRule {
    /// What people call a client.
    static let clientName = TextRule(length: 1...200, others: nil)
    /// A time; its form is checked afterwards.
    static let moment = TextRule(length: 10...40, others: nil)
}
