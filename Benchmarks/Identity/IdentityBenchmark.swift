import Foundation
import Identity
import Ledger
import MerkleLog
import WallTime

/// Loads a million identifiers, then asks for people by them: the two numbers of docs/performance.md.
///
/// `IdentityBenchmark [IDENTIFIERS] [FOLDER]`; the folder is made and taken away again.
@main
enum IdentityBenchmark {
    private static let identifiersPerRecord = 2
    private static let lookups = 50_000

    static func main() async throws {
        let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 1_000_000
        let folder =
            CommandLine.arguments.dropFirst(2).first ?? NSTemporaryDirectory()
            + "identity-benchmark-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let clock = SystemClock()
        let location = LedgerLocation(directory: folder + "/data", anchor: folder + "/anchor/checkpoint")
        let signer = try NoteSigner(origin: Origin("benchmark.example/identity"), seed: Array(repeating: 1, count: 32))
        let first = Event(type: .ledgerCreated, identity: .random(producer: "benchmark"), timestamp: clock.now())
        try Ledger.create(at: location, signer: signer, first: first)
        let ledger = try Ledger(at: location, signer: signer)
        defer { ledger.close() }
        var generator = SystemRandomNumberGenerator()
        let keyring = try Keyring(TenantKey(secret: Array(0..<32), tenant: "benchmark", epoch: 1)).rotated(
            using: &generator
        )
        let normaliser = try Normaliser()
        let registry = try IdentityRegistry(
            ledger: ledger,
            keyring: keyring,
            normaliser: normaliser,
            clock: clock,
            producer: "benchmark"
        )

        let records = count / identifiersPerRecord
        let stopwatch = ContinuousClock()
        let start = stopwatch.now
        try await load(records, into: registry, normaliser)
        _ = await registry.scrub()
        let loading = start.duration(to: stopwatch.now)
        print(
            "load: \(count) identifiers of \(records) people in \(seconds(loading)) s, "
                + "\(Int(Double(count) / loading.seconds)) a second; \(try storeSize(location)) MB"
        )
        for (name, region) in [("known", 0..<records), ("unknown", records..<2 * records)] {
            var times: [Duration] = []
            times.reserveCapacity(lookups)
            for _ in 0..<lookups {
                let number = Int.random(in: region)
                let start = stopwatch.now
                let found = try registry.findBlocking(identifiers(number, normaliser), for: .disclosure)
                times.append(start.duration(to: stopwatch.now))
                precondition((found.customer != nil) == region.contains(number) || region.lowerBound > 0)
            }
            times.sort()
            print(
                "resolve, \(name), two identifiers, two key epochs: p50 \(microseconds(times[lookups / 2])) µs, "
                    + "p99 \(microseconds(times[lookups * 99 / 100])) µs, most \(microseconds(times[lookups - 1])) µs"
            )
        }
        try await searchPseudonyms(records, registry, normaliser)
    }

    /// The worst of all pseudonyms, of which everybody is tried: one that nobody has, and that of who came last.
    private static func searchPseudonyms(_ records: Int, _ registry: IdentityRegistry, _ normaliser: Normaliser)
        async throws
    {
        let maker = PseudonymMaker(key: registry.tokens.keyring.newest, recipient: "siem")
        let stopwatch = ContinuousClock()
        for number in [records - 1, records] {
            let known = try await registry.knownSubject(of: identifiers(number, normaliser)[0])
            let pseudonym = maker.pseudonym(of: known ?? "subject:nobody")
            let start = stopwatch.now
            let match = try await registry.person(behind: pseudonym, of: "siem")
            let time = start.duration(to: stopwatch.now)
            precondition((match == nil) == (known == nil))
            print("pseudonym of \(known == nil ? "nobody" : "the last") among \(records) people: \(seconds(time)) s")
        }
    }

    private static func load(_ records: Int, into registry: IdentityRegistry, _ normaliser: Normaliser) async throws {
        let actor = IdentityActor(name: "benchmark")
        var loaded = 0
        while loaded < records {
            let end = min(loaded + IdentityRegistry.loadBatch, records)
            let batch = (loaded..<end).map { number in
                IdentityRecord(identifiers: identifiers(number, normaliser), source: "crm", assurance: .matched)
            }
            let counts = try await registry.load(batch, source: "crm", by: actor)
            precondition(counts.created == batch.count)
            loaded = end
        }
    }

    /// As a loader does, without those that are refused: among the numbers there are placeholders such as 222 2222.
    private static func identifiers(_ number: Int, _ normaliser: Normaliser) -> [Identifier] {
        let written: [(IdentifierKind, String)] = [(.phone, phone(number)), (.email, email(number))]
        return written.compactMap { kind, text in try? normaliser.identifier(kind, text) }
    }

    private static func phone(_ number: Int) -> String {
        let digits = String(number + 2_000_000)
        return "+49 151 1\(digits)"
    }

    private static func email(_ number: Int) -> String { "Customer.\(number)@Example.com" }

    private static func storeSize(_ location: LedgerLocation) throws -> Int {
        let size = try FileManager.default.attributesOfItem(atPath: location.storeFile)[.size] as? Int
        return (size ?? 0) / 1_000_000
    }

    private static func seconds(_ duration: Duration) -> String { String((duration.seconds * 10).rounded() / 10) }
    private static func microseconds(_ duration: Duration) -> Int { Int((duration.seconds * 1e6).rounded()) }
}

extension Duration {
    fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
