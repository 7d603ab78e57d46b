import AsyncHTTPClient
import Foundation
import JSON
import Ledger
import MerkleLog
import ObjectStorage
import Storage
import TestStores
import Testing
import WallTime

@testable import Delivery

/// The locked copy, in a real object store; `scripts/test-s3` starts one.
@Suite(
    "WORM mirror",
    .enabled(if: MirrorBench.endpoint != nil, "set MUNIMENT_TEST_S3, or run scripts/test-s3"),
    .timeLimit(.minutes(5))
) struct MirrorTests {
    /// Grows, is copied, grows again, with a kill in between; at every rest the copy alone verifies.
    @Test(arguments: Engine.allCases) func theCopyVerifiesOnItsOwn(engine: Engine) async throws {
        try await MirrorBench.run(engine) { bench in
            for (round, count) in [3, 300, 700, 1].enumerated() {
                try await bench.append(count)
                if round == 2 {
                    let lane = bench.lane()
                    let task = Task { await lane.run() }
                    try await eventually { (try? await bench.control.conservation("mirror").inFlight) ?? 0 > 0 }
                    task.cancel()
                    await task.value
                    #expect(try await bench.control.conservation("mirror").holds)
                }
                try await bench.deliver()
                let report = try await bench.verify()
                #expect(report.head.size == bench.ledger.health.head.size)
            }
            let status = try await bench.control.sink("mirror")
            #expect(status.guarantee == .exactlyOnce && status.conservation.filtered == 0)
            // Nobody can delete a version of it.
            let info = try await bench.client.head("copy/tile/0/000")
            #expect(info.retention?.mode == .compliance)
            await #expect(throws: S3Error.self) {
                try await bench.client.delete("copy/tile/0/000", versionID: info.versionID)
            }
        }
    }

    /// A bundle is hidden by a delete marker, which a lock does not forbid: its entries are named, and it is put again.
    @Test func aDeletedBundleIsNamedAndPutAgain() async throws {
        try await MirrorBench.run(.sqlite) { bench in
            try await bench.append(600)
            try await bench.deliver()
            func reconcile(resending: Bool) async throws -> (Reconciliation, RangeSet<UInt64>) {
                var missing = RangeSet<UInt64>()
                let result = try await bench.control.reconcile(
                    "mirror",
                    0..<600,
                    asking: bench.sink(),
                    resending: resending,
                    actor: "op"
                ) { finding, range in
                    #expect(finding == .missing)
                    missing.insert(contentsOf: range)
                }
                return (result, missing)
            }
            #expect(try await reconcile(resending: false).0.isComplete)
            _ = try await bench.client.delete("copy/tile/entries/001")
            let (result, missing) = try await reconcile(resending: true)
            #expect(missing == RangeSet(256..<512) && result.resent == 256)
            #expect(try await bench.control.conservation("mirror").holds)
            try await bench.deliver()
            #expect(try await reconcile(resending: false).0.isComplete)
            #expect(try await bench.verify().head.size > 600)
        }
    }

    @Test func aBucketWithoutLockStopsTheLane() async throws {
        try await MirrorBench.run(.sqlite, objectLock: false) { bench in
            let lane = bench.lane()
            async let running: Void = lane.run()
            try await eventually { (try? await bench.control.sink("mirror").state.description) == "stopped" }
            lane.end()
            await running
            #expect(try await bench.control.conservation("mirror").holds)
        }
    }
}

/// A ledger and a bucket for one test.
struct MirrorBench: Sendable {
    private static func variable(_ name: String) -> String? { ProcessInfo.processInfo.environment[name] }
    static let endpoint = variable("MUNIMENT_TEST_S3")

    let ledger: Ledger
    let verifier: NoteVerifier
    let control: DeliveryControl
    let client: S3Client
    private let state: DeliveryState

    static func run(
        _ engine: Engine,
        objectLock: Bool = true,
        _ body: (MirrorBench) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        let schema = engine == .postgres ? try PostgresSchema() : nil
        let location = LedgerLocation(
            directory: folder.path("data"),
            anchor: folder.path("anchor/checkpoint"),
            engine: schema.map { .postgres($0.settings) } ?? .sqlite
        )
        let signer = try NoteSigner(origin: Origin("muniment.example/mirror"), seed: [UInt8](repeating: 9, count: 32))
        try Ledger.create(at: location, signer: signer, first: Self.event(.ledgerCreated))
        let ledger = try Ledger(at: location, signer: signer)
        let state = try DeliveryState(ledger: ledger, producer: "test")
        let http = HTTPClient(configuration: S3Client.httpConfiguration(caFile: variable("MUNIMENT_TEST_S3_CA")))
        let client = S3Client(
            endpoint: try S3Endpoint(
                url: endpoint ?? "",
                region: "us-east-1",
                bucket: "muniment-\(UUID().uuidString.lowercased())",
                addressing: .path
            ),
            credentials: S3Credentials(
                accessKeyID: variable("MUNIMENT_TEST_S3_KEY") ?? "",
                secretAccessKey: variable("MUNIMENT_TEST_S3_SECRET") ?? ""
            ),
            http: http
        )
        do {
            try await client.createBucket(objectLock: objectLock)
            let control = DeliveryControl(state: state, ledger: ledger)
            try await body(
                MirrorBench(ledger: ledger, verifier: signer.verifier, control: control, client: client, state: state)
            )
        } catch {
            ledger.close()
            try await http.shutdown()
            throw error
        }
        ledger.close()
        try await http.shutdown()
    }

    private static func event(_ type: EventType) -> Event {
        Event(type: type, identity: .random(producer: "test"), timestamp: testTime, fields: [:])
    }

    func append(_ count: Int) async throws {
        for _ in 0..<count { try await ledger.append(Self.event(.customerDataAccessed)) }
    }

    func sink() -> WORMMirrorSink {
        var settings = WORMMirrorSink.Settings(retention: .seconds(3600))
        settings.prefix = "copy/"
        settings.interval = .milliseconds(1)
        return WORMMirrorSink(settings, client: client, source: StoreSource(ledger), verifier: verifier)
    }

    /// Runs a lane until nothing is left for it.
    func deliver() async throws {
        let lane = lane()
        async let running: Void = lane.run()
        try await control.drained("mirror")
        lane.end()
        await running
    }

    func lane() -> Lane<WORMMirrorSink> {
        var parts = LaneParts(
            definition: LaneDefinition(name: "mirror", kind: "worm", hash: "h", start: .beginning, manifests: nil),
            sink: sink(),
            ledger: ledger,
            state: state,
            lease: TestLease()
        )
        parts.sleep = { try await Task.sleep(for: min($0, .milliseconds(5))) }
        return Lane(parts)
    }

    /// Reads the copy with nothing but the bucket and the public key.
    func verify() async throws -> LedgerVerifier.Report {
        var keys: [String] = []
        try await client.listAll(prefix: "copy/") { page in keys += page.entries.map(\.key) }
        var files: [String: [UInt8]] = [:]
        for key in keys { files[String(key.dropFirst(5))] = try await client.get(key).content }
        let source = TiledSource { [files] path in
            guard let file = files[path] else { throw LedgerError.missing(path) }
            return file
        }
        return try LedgerVerifier(source: source, verifier: verifier, workers: 1).verify()
    }
}
