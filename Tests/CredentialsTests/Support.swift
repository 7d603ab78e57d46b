import Crypto
import Foundation
import HTTPSignatures
import JSON
import Ledger
import MerkleLog
import TestStores
import Testing
import WallTime

@testable import Credentials

/// A ledger with a registry and a directory in a folder of its own.
struct Office {
    let ledger: Ledger
    let registry: ClientRegistry
    let directory: ClientDirectory
    let clock: ManualClock
    let folder: String

    static let tokenKey = SymmetricKey(data: Array(repeating: 7, count: 32))
    static let sealing = SealingKeys([1: SymmetricKey(data: Array(repeating: 1, count: 32))])
    static let start = Timestamp(milliseconds: 1_767_322_800_000)

    /// Runs a test on each engine in turn.
    static func run(_ body: (Office) async throws -> Void) async throws {
        for engine in Engine.allCases { try await run(on: engine, body) }
    }

    private static func run(on engine: Engine, _ body: (Office) async throws -> Void) async throws {
        let schema = engine == .postgres ? try PostgresSchema() : nil
        let folder = NSTemporaryDirectory() + "credentials-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let clock = ManualClock(start)
        let location = LedgerLocation(
            directory: folder + "/store",
            anchor: folder + "/anchor/checkpoint",
            engine: schema.map { .postgres($0.settings) } ?? .sqlite
        )
        let signer = try NoteSigner(origin: Origin("credentials.example/test"), seed: Array(repeating: 9, count: 32))
        let first = Event(type: .ledgerCreated, identity: .random(producer: "test"), timestamp: clock.now())
        try Ledger.create(at: location, signer: signer, first: first)
        let ledger = try Ledger(at: location, signer: signer)
        defer { ledger.close() }
        try await body(
            Office(
                ledger: ledger,
                registry: try ClientRegistry(ledger: ledger, clock: clock, producer: "test") { sealing },
                directory: ClientDirectory(
                    tokenKey: tokenKey,
                    signatures: SignatureRules(window: 60, skew: 5, capacity: 4),
                    began: start
                ),
                clock: clock,
                folder: folder
            )
        )
    }

    func create(
        _ scopes: Set<Scope> = [.read(route: "profile")],
        addresses: [String] = [],
        expires: Timestamp? = nil
    ) async throws -> IssuedSecret {
        let ranges = try addresses.map { try #require(AddressRange($0)) }
        let issued = try await registry.create(
            name: "Data Action",
            scopes: scopes,
            addresses: ranges,
            expires: expires,
            actor: "operator"
        )
        try await refresh()
        return issued
    }

    func refresh() async throws { directory.replace(with: try await registry.all()) }

    /// Who a header lets in, or why nobody.
    func check(
        _ header: String?,
        from address: String = "192.0.2.1",
        acceptingTokens: Bool = true,
        evidence: some RequestEvidence = NoEvidence()
    ) -> Result<String, AuthenticationFailure> {
        let from = IPAddress.bytes(address) ?? []
        let outcome: Result<String, any Error> = Result {
            func authenticate(_ bytes: UnsafeRawBufferPointer?) throws -> String {
                try directory.authenticate(
                    bytes,
                    from: from,
                    at: clock.now(),
                    acceptingTokens: acceptingTokens,
                    evidence: evidence
                ).id
            }
            guard let header else { return try authenticate(nil) }
            return try Array(header.utf8).withUnsafeBytes { try authenticate($0) }
        }
        return outcome.mapError { ($0 as? AuthenticationFailure) ?? .malformed }
    }

    func events() async throws -> [JSONValue] {
        var events: [JSONValue] = []
        for index in 0..<ledger.health.head.size {
            events.append(try JSONValue(parsing: try await ledger.entry(at: index)))
        }
        return events
    }
}

/// A request with nothing but its credentials.
struct NoEvidence: RequestEvidence {
    let isSigned = false
    let certificate: CallerCertificate? = nil
    var signable: SignableRequest {
        SignableRequest(method: "GET", target: "/", fields: [], body: UnsafeRawBufferPointer(start: nil, count: 0))
    }
}

func basic(_ id: String, _ secret: String) -> String {
    "Basic " + Data("\(id):\(secret)".utf8).base64EncodedString()
}
