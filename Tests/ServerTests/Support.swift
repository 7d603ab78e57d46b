import AuditTrail
import Credentials
import Crypto
import Delivery
import Detection
import Foundation
import Gateway
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Identity
import JSON
import Ledger
import Logging
import Measures
import MerkleLog
import Monitoring
import NIOCore
import Redaction
import Storage
import Synchronization
import Testing
import WallTime

@testable import Server

/// A whole installation in a folder of its own, which disappears with it.
final class Installation: Sendable {
    let folder: String
    let clock = ManualClock(Timestamp(milliseconds: 1_780_000_000_000))
    let rules: RuleSet
    let signer: NoteSigner
    let ledger: Ledger
    let tokeniser: Tokeniser
    let registry: ClientRegistry
    let identities: IdentityRegistry
    let deliveryState: DeliveryState
    let containment: ContainmentDesk
    let alerts: AlertDesk
    let directory = ClientDirectory(tokenKey: SymmetricKey(size: .bits256))
    let dataPlane = PretendDataPlane()
    let lines = Lines()
    let refusals = Refusals()

    init(approvals: DecisionApprovals = .none, ownRules: [RuleFile] = []) throws {
        rules = try RuleSet(files: BuiltInRules.files + ownRules)
        folder = NSTemporaryDirectory() + "muniment-server-" + UUID().uuidString
        signer = try NoteSigner(origin: Origin("muniment.example/server"), seed: [UInt8](repeating: 7, count: 32))
        let location = LedgerLocation(directory: folder + "/data", anchor: folder + "/anchor/checkpoint")
        let first = Event(
            type: .ledgerCreated,
            identity: EventIdentity(producer: "test", id: "first"),
            timestamp: clock.now()
        )
        try Ledger.create(at: location, signer: signer, first: first)
        ledger = try Ledger(at: location, signer: signer)
        tokeniser = Tokeniser(key: try TenantKey(secret: [UInt8](repeating: 3, count: 32), tenant: "test", epoch: 1))
        identities = try IdentityRegistry(
            ledger: ledger,
            keyring: Keyring(try TenantKey(secret: [UInt8](repeating: 3, count: 32), tenant: "test", epoch: 1)),
            approvals: approvals,
            normaliser: try Normaliser(),
            clock: clock,
            producer: "test"
        )
        let sealing = SealingKeys([1: SymmetricKey(data: [UInt8](repeating: 4, count: 32))])
        registry = try ClientRegistry(ledger: ledger, clock: clock, producer: "test") { sealing }
        containment = try ContainmentDesk(
            ledger: ledger,
            policy: ContainmentPolicy(enabled: [.maskOnly, .block], protected: ["emergency"]),
            clock: clock,
            producer: "test"
        )
        alerts = try AlertDesk(ledger: ledger, rules: rules.pack, clock: clock, producer: "test")
        deliveryState = try DeliveryState(ledger: ledger, producer: "test")
    }

    deinit {
        ledger.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    func control(
        routes: [Route] = [],
        checks: [ReadyCheck] = [],
        redaction: RedactionService = RedactionService(),
        containment: ContainmentDesk? = nil,
        signedDecisions: SignedDecisions? = nil,
        sinks: [ConfiguredSink] = []
    ) -> ControlPlane {
        let delivery = DeliveryControl(state: deliveryState, ledger: ledger, clock: clock)
        return ControlPlane(
            ControlPlane.Parts(
                ledger: ledger,
                auditTrail: AuditTrail(
                    ledger: ledger,
                    tokeniser: tokeniser,
                    identities: identities,
                    clock: clock,
                    producer: "test"
                ),
                identities: identities,
                intake: EventIntake(ledger: ledger, tokeniser: tokeniser, identities: identities, clock: clock),
                registry: registry,
                directory: directory,
                dataPlane: dataPlane,
                routes: routes,
                delivery: delivery,
                statements: DeliveryStatements(control: delivery, ledger: ledger, signer: signer),
                sinks: sinks,
                alerts: alerts,
                backtests: BacktestDesk(
                    ledger: ledger,
                    rules: rules,
                    configuration: DetectionConfiguration(),
                    clock: clock
                ),
                containment: containment ?? self.containment,
                honey: honey,
                signedDecisions: signedDecisions,
                readyChecks: checks,
                configurationSummary: ["node": "n1"],
                configurationHash: "c0ffee",
                redaction: redaction,
                refused: { [refusals] in refusals.note($0, $1) },
                clock: clock,
                logger: lines.logger(clock)
            )
        )
    }

    /// The planted customers, and how detection is to know them.
    var honey: HoneyCustomers {
        HoneyCustomers(
            ledger: ledger,
            tokeniser: tokeniser,
            identities: identities,
            codes: honeyCodes,
            clock: clock,
            producer: "test"
        )
    }

    var honeyCodes: HoneyCodes { HoneyCodes { [identities] in identities.tokens.keyring } }

    /// Runs a test against the control plane's router, or over a real connection.
    func test<Value: Sendable>(
        _ setup: TestingSetup = .router,
        _ control: ControlPlane? = nil,
        _ body: @Sendable (any TestClientProtocol) async throws -> Value
    ) async throws -> Value {
        try await (control ?? self.control()).application(ControlListener(host: "127.0.0.1", port: 0)).test(setup, body)
    }

    /// The `Authorization` header of a new client.
    func caller(
        _ scopes: Scope...,
        addresses: [AddressRange] = [],
        expires: Timestamp? = nil
    ) async throws -> (id: String, header: HTTPFields) {
        let issued = try await registry.create(
            name: "caller",
            scopes: Set(scopes),
            addresses: addresses,
            expires: expires,
            actor: "test"
        )
        directory.replace(with: try await registry.all())
        return (issued.client.id, [.authorization: "Bearer \(issued.client.id).\(issued.secret)"])
    }

    /// Records reads as the data plane would: number `n` by agent `n % agents`, a minute apart.
    func recordAccesses(
        _ count: Int,
        customer: String = "C-1",
        agents: Int = 1,
        type: EventType = .customerDataAccessed
    ) async throws {
        let batch = UUID().uuidString
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                let event = Event(
                    type: type,
                    identity: EventIdentity(producer: "test", id: "\(batch)-\(number)"),
                    timestamp: clock.now().adding(seconds: Int64(number) * 60),
                    fields: [
                        "customerId": .string(tokeniser.token(.customer, customer)),
                        "agentId": .string("agent-\(number % agents)"), "interactionId": .string("call-\(number)"),
                    ]
                )
                group.addTask { _ = try await self.ledger.append(event) }
            }
            try await group.waitForAll()
        }
    }

    /// Runs a statement on the store, as somebody would who has the file.
    func change(_ statement: String) throws { try ledger.database.makeConnection().run(statement) }

    /// The events of a kind, newest first.
    func events(_ type: EventType) async throws -> [JSONValue] {
        try await ledger.events(EventQuery(keys: [IndexKey(.eventType, type.rawValue)], limit: 1000)).events
            .map { try JSONValue(parsing: $0.bytes) }
    }
}

/// A data plane that says what a test wants.
final class PretendDataPlane: DataPlaneStatus {
    let open = Mutex<[(name: String, isOpen: Bool)]>([("crm", false)])
    let spool = Mutex<JournalStatus?>(nil)

    var policyHash: String { "abc" }
    var connectionCount: Int { 3 }
    var upstreams: [(name: String, isOpen: Bool)] { open.withLock { $0 } }
    var journal: JournalStatus? { spool.withLock { $0 } }

    func write(to text: inout MetricsText) { text.value("pretended", .gauge, help: "A test.", 1) }
}

/// Log lines as they would go to standard error.
final class Lines: Sendable {
    private let written = Mutex<[String]>([])

    var all: [String] { written.withLock { $0 } }

    func parsed() throws -> [JSONValue] { try all.map { try JSONValue(parsing: $0) } }

    func logger(_ clock: any WallClock, level: Logger.Level = .info) -> Logger {
        Logger(label: "test") { [self] label in
            JSONLogHandler(label: label, level: level, clock: clock) { line in
                self.written.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
            }
        }
    }
}

/// Callers that were not let in.
final class Refusals: Sendable {
    private let noted = Mutex<[AuthenticationFailure]>([])

    var all: [AuthenticationFailure] { noted.withLock { $0 } }

    func note(_ failure: AuthenticationFailure, _ address: String) { noted.withLock { $0.append(failure) } }
}

extension TestClientProtocol {
    func get(_ uri: String, _ headers: HTTPFields = [:]) async throws -> TestResponse {
        try await execute(uri: uri, method: .get, headers: headers) { $0 }
    }

    func post(_ uri: String, _ headers: HTTPFields = [:], _ body: JSONValue) async throws -> TestResponse {
        try await post(uri, headers, String(decoding: body.canonicalBytes(), as: UTF8.self))
    }

    func post(_ uri: String, _ headers: HTTPFields = [:], _ text: String) async throws -> TestResponse {
        var headers = headers
        if headers[.contentType] == nil { headers[.contentType] = "application/json" }
        return try await execute(uri: uri, method: .post, headers: headers, body: ByteBuffer(string: text)) { $0 }
    }
}

extension TestResponse {
    var text: String { String(buffer: body) }
    var bytes: [UInt8] { Array(body.readableBytesView) }

    func json() throws -> JSONValue { try JSONValue(parsing: bytes) }

    func expect(status: HTTPResponse.Status, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(self.status == status, sourceLocation: sourceLocation)
    }

    /// Checks that this is a problem document of this kind, whole and without anything that the request said.
    func expect(
        _ problem: ControlProblem,
        detail: String? = nil,
        without secret: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        #expect(Int(status.code) == problem.status, sourceLocation: sourceLocation)
        #expect(headers[.contentType] == "application/problem+json", sourceLocation: sourceLocation)
        #expect(headers[.cacheControl] == "no-store", sourceLocation: sourceLocation)
        #expect(headers[.xContentTypeOptions] == "nosniff", sourceLocation: sourceLocation)
        let document = try json()
        #expect(document["type"]?.string == "urn:muniment:problem:\(problem.rawValue)", sourceLocation: sourceLocation)
        #expect(document["code"]?.string == problem.rawValue, sourceLocation: sourceLocation)
        #expect(document["status"]?.int == problem.status, sourceLocation: sourceLocation)
        #expect(document["title"]?.string == problem.title, sourceLocation: sourceLocation)
        if let detail {
            #expect(document["detail"]?.string?.contains(detail) == true, sourceLocation: sourceLocation)
        }
        if let secret { #expect(!text.contains(secret), sourceLocation: sourceLocation) }
    }
}

/// A generator with a seed, so that a failure can be repeated.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}
