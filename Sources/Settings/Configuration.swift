import AccessPolicy
public import Credentials
import Delivery
import Detection
import EventFormats
public import Gateway
public import Genesys
public import Identity
public import JSON
public import Ledger
public import MerkleLog
public import PlatformFacts
import Redaction

/// The whole configuration, checked.
public struct Configuration: Sendable {
    /// The platform: where it is, who we are there.
    public struct Platform: Sendable {
        /// The hosts.
        public let host: GenesysHost
        /// Our OAuth client.
        public let credentials: ClientCredentials
    }

    /// The file it was read from.
    public let file: String
    /// The name of this node, in events and metrics.
    public let node: String
    /// The tenant, part of every token.
    public let tenant: String
    /// The ledger's name.
    public let origin: Origin
    /// Where the ledger lives.
    public let ledger: LedgerLocation
    /// The file of the key that signs checkpoints.
    public let ledgerKey: String
    /// Where the keys are kept under which tokens are made.
    public let keyring: KeyringSource
    /// The number of a key that stands alone.
    public let tokenEpoch: Int
    /// How identifiers make people.
    public let identity: IdentityRules
    /// How many people have to agree to a decision about who is whom.
    public let identityApprovals: DecisionApprovals
    /// How identifiers are read.
    public let normaliser: Normaliser.Rules
    /// The data plane.
    public let gateway: GatewaySettings
    /// Where the control plane listens.
    public let control: GatewaySettings.Listener
    /// How signed requests are judged.
    public let signatures: SignatureRules
    /// Where traces go; nil when nothing is traced.
    public let tracing: TracingSettings?
    /// The platform; nil when none is configured.
    public let platform: Platform?
    /// Which facts are brought in from the platform.
    public let feeds: FeedSettings
    /// Where the record is delivered to.
    public let sinks: [SinkSettings]
    /// What is redacted where.
    public let redaction: RedactionSettings
    /// How the record is watched.
    public let detection: DetectionSettings
    /// The least severe messages that are logged: trace, debug, info, notice, warning, error.
    public let logLevel: String
    /// SHA-256 of the file's bytes and of the policy files it names, in hex.
    public let contentHash: String

    /// The resolved settings without secrets, for people to check.
    public var summary: JSONValue {
        .object([
            "node": .string(node), "tenant": .string(tenant), "origin": .string(origin.text),
            "configurationHash": .string(contentHash), "store": .string(ledger.name),
            "dataListener": .string("\(gateway.listener.host):\(gateway.listener.port)"),
            "dataTLS": .bool(gateway.listener.tls != nil),
            "controlListener": .string("\(control.host):\(control.port)"), "controlTLS": .bool(control.tls != nil),
            "platform": platform.map { .string($0.host.apiURL) } ?? .null,
            "policyVersion": .string(gateway.policy.version),
            "shadowPolicyVersion": gateway.shadowPolicy.map { .string($0.version) } ?? .null,
            "commitments": .bool(gateway.commitments),
            "routes": .array(gateway.routes.map(summary)),
            "sinks": .array(sinks.map(summary)),
            "feeds": .array(feeds.names.map { .string($0) }),
            "redaction": .object([
                "policies": .object(redaction.policies.mapValues { .integer(Int64($0.version)) }),
                "categories": .object(
                    Dictionary(uniqueKeysWithValues: redaction.categories.map { ($0.key.rawValue, .string($0.value)) })
                ),
                "sinks": .string(redaction.sinks ?? RedactionSettings.standardForEvents.name),
                "log": .string(redaction.log ?? "log"),
                "tokensKeptDays": .integer(Int64(redaction.tokensKeptDays)),
            ]),
            "detection": .object([
                "enabled": .bool(detection.isOn),
                "requiredFeeds": .array(detection.configuration.requiredFeeds.map { .string($0) }),
                "rules": .integer(Int64(detection.rules.pack.rules.count { $0.alerts })),
                "containmentSteps": .array(
                    detection.containment.enabled.map(\.rawValue).sorted().map { .string($0) }
                ),
                "containmentAutomatic": .array(
                    detection.containment.automatic.map(\.rawValue).sorted().map { .string($0) }
                ),
            ]),
        ])
    }

    private func path(_ request: UpstreamRequest) -> String {
        request.path.parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "{customerId}")
    }

    private func summary(_ sink: SinkSettings) -> JSONValue {
        .object([
            "name": .string(sink.definition.name), "kind": .string(sink.definition.kind),
            "format": .string(sink.format.description), "filter": sink.filter.json,
            "redaction": .string(sink.redaction?.name ?? RedactionReader.none),
            "definitionHash": .string(sink.definition.hash),
        ])
    }

    private func summary(_ route: Route) -> JSONValue {
        let upstream = gateway.upstreams.first { $0.name == route.upstream }
        return .object([
            "name": .string(route.name), "upstream": .string(route.upstream),
            "upstreamRegion": upstream?.region.map { .string($0) } ?? .null,
            "method": .string(route.request.method.rawValue), "path": .string(path(route.request)),
            "mode": .string(route.mode.rawValue),
            "failMode": .string(route.failMode.rawValue),
            "budgetMilliseconds": .integer(Int64(route.budgetMilliseconds)),
            "purposes": .array(route.purposes.map { .string($0) }),
            "fields": .array(
                route.fields.map {
                    .object(["path": .string($0.name), "category": .string($0.category.rawValue)])
                }
            ),
        ])
    }
}
