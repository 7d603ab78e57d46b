import AccessPolicy
import Credentials
import Crypto
import Dispatch
import Foundation
import Gateway
import Identity
import Ledger
import MerkleLog
import Redaction
import Storage
import WallTime

/// A gateway for measurements: a temporary ledger, one client, and one route to the upstream at the port given.
///
/// Prints one line, `<port> <credentials in base64>`, and serves until SIGTERM.
@main
struct GatewayBenchmark {
    static func main() async throws {
        guard [3, 4].contains(CommandLine.arguments.count), let upstream = Int(CommandLine.arguments[1]) else {
            print(
                "usage: [DATABASE=ADDRESS] GatewayBenchmark <upstream port> <folder for the ledger> [without-commitments]"
            )
            exit(2)
        }
        let folder = CommandLine.arguments[2]
        let clock = SystemClock()
        let database = ProcessInfo.processInfo.environment["DATABASE"].flatMap { $0.isEmpty ? nil : $0 }
        let location = LedgerLocation(
            directory: folder + "/store",
            anchor: folder + "/anchor/checkpoint",
            engine: database.map { .postgres(PostgresSettings(address: $0)) } ?? .sqlite
        )
        var generator = SystemRandomNumberGenerator()
        let signer = try NoteSigner(origin: Origin("benchmark.example/gateway"), using: &generator)
        let first = Event(type: .ledgerCreated, identity: .random(producer: "benchmark"), timestamp: clock.now())
        try Ledger.create(at: location, signer: signer, first: first)
        let ledger = try Ledger(at: location, signer: signer)
        let registry = try ClientRegistry(ledger: ledger, clock: clock, producer: "benchmark")
        let client = try await registry.create(
            name: "benchmark",
            scopes: [.read(route: "*")],
            addresses: [],
            expires: nil,
            actor: "benchmark"
        )
        let clients = ClientDirectory(tokenKey: SymmetricKey(size: .bits256))
        clients.replace(with: try await registry.all())
        let secret = (0..<TenantKey.byteCount).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let key = try TenantKey(secret: secret, tenant: "benchmark", epoch: 1)
        let gateway = try GatewayServer(
            settings: try settings(upstream: upstream, commitments: CommandLine.arguments.count == 3),
            parts: GatewayServer.Parts(
                ledger: ledger,
                clients: clients,
                tokeniser: Tokeniser(key: key),
                commitments: DisclosureCommitments(key: key),
                platform: nil,
                clock: clock
            )
        )
        let port = try await gateway.start()
        let credentials = Data("\(client.client.id):\(client.secret)".utf8).base64EncodedString()
        FileHandle.standardOutput.write(Data("\(port) \(credentials)\n".utf8))
        await terminated()
        await gateway.shutdown(within: 5)
        ledger.close()
    }

    /// The fields of `customer.json`; the policy masks four of them and withholds three, and the rest of the document is unknown.
    private static func settings(upstream: Int, commitments: Bool) throws -> GatewaySettings {
        let fields: [(String, Redaction.Category)] = [
            ("id", .identifier), ("name", .name), ("email", .email), ("phone", .phone), ("address.city", .address),
            ("address.country", .address), ("dateOfBirth", .dateOfBirth), ("nationalId", .nationalId),
            ("card.pan", .paymentCard), ("card.cvv", .cardVerification), ("accounts[].iban", .bankAccount),
            ("accounts[].balance", .balance), ("segment", .public), ("preferences.language", .preference),
        ]
        func rule(_ id: String, _ effect: RuleEffect, _ categories: [String]) -> Rule {
            Rule(id: id, effect: effect, roles: ["agent"], routes: ["*"], purposes: ["*"], categories: categories)
        }
        return GatewaySettings(
            listener: .init(host: "127.0.0.1", port: 0, tls: nil),
            upstreams: [Upstream(name: "crm", host: "127.0.0.1", port: upstream, tls: nil)],
            routes: [
                Route(
                    name: "customer-profile",
                    upstream: "crm",
                    request: UpstreamRequest(method: .get, path: "/customers/{customerId}"),
                    fields: try fields.map { Route.Field(path: try JSONPath($0.0), category: $0.1) },
                    purposes: ["service"],
                    defaultPurpose: "service"
                )
            ],
            policy: Policy(
                version: "benchmark",
                roles: [Role(name: "agent", everyone: true)],
                rules: [
                    rule(
                        "clear",
                        .allow,
                        ["identifier", "name", "email", "address", "balance", "public", "preference"]
                    ),
                    rule("masked", .mask, ["phone", "payment-card", "card-verification", "bank-account"]),
                ]
            ),
            commitments: commitments
        )
    }

    private static func terminated() async {
        await withCheckedContinuation { continuation in
            signal(SIGTERM, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: SIGTERM)
            source.setEventHandler {
                source.cancel()
                continuation.resume()
            }
            source.activate()
        }
    }
}
