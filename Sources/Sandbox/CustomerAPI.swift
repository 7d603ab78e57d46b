import FoundationEssentials
import NIOHTTP1

/// The pretend CRM: customer records behind a bearer token, and every way a source system can fail.
struct CustomerAPI: Sendable {
    static let routes = ["GET /customers/{id}", "POST /customers/search"]

    let state: SandboxState

    func respond(to request: Request) async -> Response {
        let match = request.match(Self.routes)
        _ = state.arrival("CRM " + (match?.template ?? "unknown"))
        guard request.bearer == state.configuration.crmToken else {
            return Response(401, ["error": "unauthorized"], headers: ["www-authenticate": "Bearer"])
        }
        guard let match else { return Response(404, ["error": "no such route"]) }
        if match.template == "POST /customers/search" { return search(request) }
        if let fault = CustomerFault(rawValue: match.id) { return await fail(fault) }
        guard let customer = state.with({ $0.world.customers[match.id] }) else { return Self.notFound }
        return Response(200, customer.record)
    }

    private static let notFound = Response(404, ["error": "not found"])

    /// Finds customers by exact `email` or `phone`; answers an empty list when none fits.
    private func search(_ request: Request) -> Response {
        struct Query: Decodable {
            let email: String?
            let phone: String?
        }
        guard let query = try? JSONDecoder().decode(Query.self, from: Data(request.body)),
            query.email != nil || query.phone != nil
        else { return Response(400, ["error": "send email or phone"]) }
        let found = state.with { $0.world.customers }.values
            .filter {
                (query.email == nil || $0.email == query.email) && (query.phone == nil || $0.phone == query.phone)
            }
            .sorted { $0.id < $1.id }
        return Response(200, ["customers": .array(found.map(\.record))])
    }

    private func fail(_ fault: CustomerFault) async -> Response {
        let record = record(as: fault)
        let bytes = record.bytes
        switch fault {
        case .slow:
            await state.pause(.seconds(10))
            return Response(200, record)
        case .drip: return Response(200, body: .drip(bytes))
        case .internalError: return Response(500, ["error": "internal error"])
        case .unavailable: return Response(503, ["error": "unavailable"], headers: ["retry-after": "1"])
        case .missing: return Self.notFound
        case .half: return Response(200, body: .half(bytes))
        case .large: return Response(200, padded(record))
        case .html: return Response(200, body: .whole(Array("<!doctype html><h1>Sign in</h1>".utf8)), type: "text/html")
        case .empty: return Response(200)
        case .cutJSON: return Response(200, body: .whole(Array(bytes.dropLast(bytes.count / 3))))
        case .deep:
            return Response(200, body: .whole(Array(repeating: UInt8(ascii: "["), count: 100_000)))
        case .gzip: return Response(200, body: .whole(GzipBomb.bytes()), headers: ["content-encoding": "gzip"])
        case .redirect: return Response(302, headers: ["location": "http://elsewhere.example/customers/C-100001"])
        case .chunked:
            let chunks = stride(from: 0, to: bytes.count, by: 7).map { Array(bytes[$0..<min($0 + 7, bytes.count)]) }
            return Response(200, body: .chunked(chunks))
        case .extraFields, .otherCustomer: return Response(200, record)
        }
    }

    /// The first customer's record under the fault's id, so that only the fault is wrong with it.
    private func record(as fault: CustomerFault) -> JSON {
        let world = state.with { $0.world }
        guard case .object(var members) = world.customers[world.directory.customer]?.record ?? nil else { return nil }
        if fault != .otherCustomer, let index = members.firstIndex(where: { $0.name == "id" }) {
            members[index].value = .string(fault.rawValue)
        }
        if fault == .extraFields {
            members.append(.init(name: "internalRiskScore", value: 73))
            members.append(.init(name: "mothersMaidenName", value: "Undeclared"))
        }
        return .object(members)
    }

    private func padded(_ record: JSON) -> JSON {
        guard case .object(let members) = record else { return record }
        return .object(members + [.init(name: "padding", value: .string(String(repeating: "x", count: 5 << 20)))])
    }
}
