import Gateway
import Genesys
import Identity
import Ledger
import Logging
import PlatformFacts
import Server
import Settings
import Storage
import Synchronization
import WallTime

/// The configured feeds of platform facts, put together with who knows customers' names.
struct FeedAssembly: Sendable {
    /// The feeds as operators see them; nil when there is no platform.
    let desk: FeedDesk?
    private let store: FactStore
    private let feeds: [any FactFeed]
    private let clock: any WallClock

    init(_ installation: Installation, client: GenesysClient?, ledger: Ledger, identities: IdentityRegistry) throws {
        let settings = installation.configuration.feeds
        let names = LedgerNames(identities: identities, tokeniser: installation.tokeniser)
        store = try FactStore(ledger: ledger)
        clock = installation.clock
        desk = client.map { [store] _ in FeedDesk(settings, store: store) }
        feeds =
            client.map {
                settings.feeds($0, routes: installation.configuration.gateway.routes.map(\.name)) {
                    try await names.name(ofCustomer: $0)
                }
            } ?? []
    }

    /// A part of `GET /readyz`, when there are feeds.
    var readyChecks: [ReadyCheck] {
        guard let desk, !feeds.isEmpty else { return [] }
        let clock = self.clock
        return [
            ReadyCheck(name: "feeds") {
                guard let reports = try? await desk.reports(at: clock.now()) else {
                    return .degraded("the state of the feeds cannot be read")
                }
                let troubles = reports.filter {
                    $0.trouble != nil && $0.state?.succeeded != nil || $0.state?.problem != nil
                }
                guard !troubles.isEmpty else { return .ok }
                let names = troubles.map(\.feed).joined(separator: ", ")
                return .degraded("facts of \(names) do not arrive as they should: 'muniment doctor' says why")
            }
        ]
    }

    /// Runs every feed on one node of the cluster at a time, until the task is cancelled.
    func run(_ leases: LeaseKeeper, logger: Logger) async {
        await withDiscardingTaskGroup { group in
            for feed in feeds {
                let importer = FeedImporter(feed, store: store, clock: clock) { feed, error in
                    logger.warning("facts not brought", metadata: ["feed": "\(feed)", "error": "\(error)"])
                }
                group.addTask { await leases.run("feed \(feed.name)") { try await importer.run($0) } }
            }
        }
    }
}

/// Under which names customers stand in the ledger, as the gateway writes them. Those that are known are remembered until somebody is
/// forgotten.
private final class LedgerNames: Sendable {
    private static let capacity = 100_000
    private let identities: IdentityRegistry
    private let tokeniser: Tokeniser
    private let known = Mutex<(generation: Int, names: [String: String])>((0, [:]))

    init(identities: IdentityRegistry, tokeniser: Tokeniser) {
        self.identities = identities
        self.tokeniser = tokeniser
    }

    func name(ofCustomer number: String) async throws -> String {
        let generation = identities.epochOfMemory
        let remembered: String? = known.withLock { known in
            if known.generation != generation || known.names.count >= Self.capacity { known = (generation, [:]) }
            return known.names[number]
        }
        if let remembered { return remembered }
        guard let identifier = try? identities.normaliser.identifier(.customer, number),
            let name = try await identities.knownSubject(of: identifier)
        else { return tokeniser.token(.customer, number) }
        known.withLock { if $0.generation == generation { $0.names[number] = name } }
        return name
    }
}
