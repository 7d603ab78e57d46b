public import Genesys

/// Which facts are brought in from the platform, and how; a feed that is nil is off.
public struct FeedSettings: Sendable {
    /// Who spoke with whom.
    public var conversations: ConversationFeed.Settings?
    /// What was changed in the organisation.
    public var audits: AuditFeed.Settings?
    /// Who listened to recordings or took them.
    public var interactionAudits: AuditFeed.Settings?
    /// How often data actions ran.
    public var executions: ExecutionFeed.Settings?
    /// Who is whose peer, and in which queues.
    public var agents: AgentFeed.Settings?
    /// When agents work.
    public var shifts: ShiftFeed.Settings?

    /// No feed.
    public init() {}

    private struct Trait {
        let name: String
        let interval: Duration
        let settleSeconds: Int64
        let permissions: [String]
    }

    private var traits: [Trait] {
        var traits: [Trait] = []
        if let conversations {
            traits.append(
                Trait(
                    name: "conversations",
                    interval: conversations.interval,
                    settleSeconds: conversations.settleSeconds,
                    permissions: ["analytics:conversationDetail:view"]
                        + (conversations.customerAttribute == nil ? [] : ["conversation:communication:view"])
                )
            )
        }
        for (settings, name, permission) in [
            (audits, "audits", "audits:audit:view"),
            (interactionAudits, "interaction-audits", "audits:interactionDetails:view"),
        ] {
            guard let settings else { continue }
            traits.append(
                Trait(
                    name: name,
                    interval: settings.interval,
                    settleSeconds: settings.settleSeconds,
                    permissions: [permission]
                )
            )
        }
        if let executions {
            traits.append(
                Trait(
                    name: "executions",
                    interval: executions.interval,
                    settleSeconds: executions.settleSeconds + Int64(executions.stepMinutes) * 60,
                    permissions: ["integrations:action:view"]
                )
            )
        }
        if let agents {
            traits.append(
                Trait(
                    name: "agents",
                    interval: agents.interval,
                    settleSeconds: 0,
                    permissions: agents.queues ? ["routing:queue:view"] : []
                )
            )
        }
        if let shifts {
            traits.append(
                Trait(
                    name: "shifts",
                    interval: shifts.interval,
                    settleSeconds: 0,
                    permissions: ["wfm:publishedSchedule:view"]
                )
            )
        }
        return traits
    }

    /// The names of the feeds, as events and metrics have them.
    public var names: [String] { traits.map(\.name) }

    /// What the OAuth client's roles must allow for each feed.
    public var permissions: [(feed: String, permissions: [String])] { traits.map { ($0.name, $0.permissions) } }

    /// After how many seconds without progress a feed is silent: a quarter of an hour, or three rounds where that is longer, and as
    /// long as its facts take to settle.
    public var silenceSeconds: [String: Int64] {
        Dictionary(
            uniqueKeysWithValues: traits.map {
                ($0.name, max(900, 3 * $0.interval.components.seconds) + $0.settleSeconds)
            }
        )
    }

    /// The feeds, ready to run.
    /// - Parameters:
    ///   - routes: the names of the gateway's routes.
    ///   - token: under which name a customer stands in the ledger.
    public func feeds(
        _ client: GenesysClient,
        routes: [String],
        token: @escaping @Sendable (_ customerNumber: String) async throws -> String
    ) -> [any FactFeed] {
        var feeds: [any FactFeed] = []
        if let conversations { feeds.append(ConversationFeed(client, settings: conversations, token: token)) }
        if let audits { feeds.append(AuditFeed(.platform, client, settings: audits)) }
        if let interactionAudits { feeds.append(AuditFeed(.interaction, client, settings: interactionAudits)) }
        if let executions { feeds.append(ExecutionFeed(client, routes: routes, settings: executions)) }
        if let agents { feeds.append(AgentFeed(client, settings: agents)) }
        if let shifts { feeds.append(ShiftFeed(client, settings: shifts)) }
        return feeds
    }
}
