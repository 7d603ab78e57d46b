import AccessPolicy
import Credentials
import Crypto
import Genesys
import Identity
import Ledger
import Measures
import NIOCore
import NIOSSL
import Redaction
import Synchronization
import TextEncoding
import Traces
import WallTime

/// What all event loops of the data plane share.
final class GatewayCore: Sendable {
    let settings: GatewaySettings
    let policy: CompiledPolicy
    let shadow: CompiledPolicy?
    /// SHA-256 of the policy's canonical text, in hex.
    let policyHash: String
    let clients: ClientDirectory
    let tokeniser: Tokeniser
    /// Nil where customers stand in the ledger under their numbers' tokens.
    let names: CustomerNames?
    let commitments: DisclosureCommitments?
    let conversations: FactsCache<ConversationFacts>?
    let roles: FactsCache<[String]>?
    let limiter = VelocityLimiter()
    let neighbours = NeighbourWatch()
    let restrictions: AgentRestrictions
    let breakers: [CircuitBreaker]
    let upstreamTLS: [NIOSSLContext?]
    let metrics: GatewayMetrics
    let spool: Spool?
    /// Where spans go; nil when nothing is traced.
    let spans: SpanQueue?
    /// How the free text of some categories is redacted.
    let redactors: [Category: Redactor]
    let clock: any WallClock
    let failures = AuthenticationFailures()
    let routes: [PreparedRoute]
    /// Set when the server stops: connections finish what they do and close.
    let draining = Atomic<Bool>(false)

    init(
        settings: GatewaySettings,
        clients: ClientDirectory,
        tokeniser: Tokeniser,
        naming: (any CustomerNaming)?,
        commitments: DisclosureCommitments?,
        platform: (any Platform)?,
        restrictions: AgentRestrictions,
        spool: Spool?,
        spans: SpanQueue? = nil,
        redactors: [Category: Redactor],
        metrics: GatewayMetrics,
        clock: any WallClock
    ) throws {
        self.settings = settings
        self.clients = clients
        self.tokeniser = tokeniser
        names = naming.map { CustomerNames($0) }
        self.commitments = settings.commitments ? commitments : nil
        self.metrics = metrics
        self.clock = clock
        self.spool = spool
        self.spans = spans
        self.redactors = redactors
        self.restrictions = restrictions
        policy = Self.compiled(settings.policy)
        shadow = settings.shadowPolicy.map(Self.compiled)
        policyHash = ContentHash.hex(of: CompiledPolicy(settings.policy).canonicalText)
        if let platform {
            conversations = FactsCache(lifetime: Int64(settings.binding.factsMilliseconds)) {
                metrics.lookups.add()
                return await platform.conversation(id: $0)
            }
            roles =
                settings.binding.needsRoles
                ? FactsCache(lifetime: Int64(settings.binding.rolesMilliseconds)) {
                    metrics.lookups.add()
                    return await platform.roles(agent: $0)
                } : nil
        } else {
            conversations = nil
            roles = nil
        }
        breakers = settings.upstreams.map {
            CircuitBreaker(failuresToOpen: $0.failuresToOpen, openMilliseconds: Int64($0.openMilliseconds))
        }
        upstreamTLS = try settings.upstreams.map { try $0.tls.map { try TLSFiles.client($0) } }
        routes = settings.routes.enumerated().map {
            PreparedRoute($1, number: $0, upstreams: settings.upstreams)
        }
    }

    /// Reads that wait for the platform, or for a name.
    var remembered: Int {
        (conversations?.size.waiting ?? 0) + (roles?.size.waiting ?? 0) + (names?.waiting ?? 0)
    }

    /// A policy with its agents' ids in lower case, as reads carry them.
    private static func compiled(_ policy: Policy) -> CompiledPolicy {
        var policy = policy
        for role in policy.roles.indices {
            policy.roles[role].agents = policy.roles[role].agents.map { $0.lowercased() }
        }
        return CompiledPolicy(policy)
    }

    /// The plan for a kind of read.
    func plan(_ key: ReadPlan.Key, roles: Set<String>) -> ReadPlan? {
        let route = settings.routes[key.route]
        let request = AccessRequest(
            roles: roles,
            route: route.name,
            purpose: route.purposes[key.purpose],
            binding: key.grade,
            fields: route.descriptors
        )
        // The fields compiled when the configuration was checked; a route that does not compile refuses every read.
        return try? ReadPlan(
            route: route,
            decision: policy.decide(request),
            shadow: shadow?.decide(request),
            isMasked: key.isMasked,
            redactors: redactors
        )
    }
}

/// SHA-256 in hex, for naming policies and configurations by their content.
public enum ContentHash {
    /// The hash of a text's UTF-8 bytes.
    public static func hex(of text: String) -> String {
        Hex.encode(SHA256.hash(data: Array(text.utf8)))
    }
}
