public import Genesys
internal import JSON
internal import Ledger
public import WallTime

/// Who spoke with whom: tells detection which reads are explained.
///
/// Conversations are asked for over and over while they are young, since they change. The customer stands in an attribute, which the
/// platform tells of one conversation at a time; until it was asked, nothing is said of a conversation, and the feed does not pass it.
public actor ConversationFeed: FactFeed {
    /// How it asks.
    public struct Settings: Sendable, Hashable {
        /// How long to wait between two rounds.
        public var interval: Duration = .seconds(60)
        /// How long after a moment the platform has everything of it, in seconds.
        public var settleSeconds: Int64 = 300
        /// How far a round goes back beyond what was known, in seconds.
        public var overlapSeconds: Int64 = 2700
        /// Conversations whose customer is asked for in a minute; each costs a request.
        public var customersPerMinute = 60
        /// The attribute that holds the customer's number; nil when conversations name no customer.
        public var customerAttribute: String?

        /// Every minute, five minutes late, 45 minutes back, 60 customers a minute.
        public init() {}
    }

    /// What a conversation said of its customer.
    private struct Customer {
        let number: String?
        /// It may be told later.
        let isPreliminary: Bool
    }

    public nonisolated let name = "conversations"
    public nonisolated var interval: Duration { settings.interval }

    private let client: GenesysClient
    private nonisolated let settings: Settings
    private let token: @Sendable (_ customerNumber: String) async throws -> String
    private var customers: [String: Customer] = [:]
    private var pageSize = 50

    /// - Parameter token: under which name a customer stands in the ledger, as the gateway writes it.
    public init(
        _ client: GenesysClient,
        settings: Settings,
        token: @escaping @Sendable (_ customerNumber: String) async throws -> String
    ) {
        self.client = client
        self.settings = settings
        self.token = token
    }

    public func round(after through: Timestamp?, now: Timestamp, record: FactRecorder) async throws -> FeedRound {
        let begin = (through ?? now).adding(seconds: -settings.overlapSeconds)
        // After a long pause it catches up a day at a time; the platform takes a month at once.
        let end = min(now, begin.adding(seconds: 86_400))
        var lookups = lookupsOfARound
        var seen: Set<String> = []
        var unknownSince: Timestamp?
        var number = 1
        while true {
            let page = try await page(number, from: begin, to: end)
            var facts: [Fact] = []
            for conversation in page.conversations where seen.insert(conversation.id).inserted {
                let relationships = conversation.relationships
                guard !relationships.isEmpty else { continue }
                guard let customer = try await customer(of: conversation, &lookups) else {
                    unknownSince = min(unknownSince ?? .init(milliseconds: .max), conversation.start ?? begin)
                    continue
                }
                let named: String? = if let number = customer.number { try await token(number) } else { nil }
                facts += relationships.map { Self.fact($0, conversation.id, customer: named, at: now) }
            }
            try await record(facts)
            if page.rows < pageSize || number * pageSize >= page.total { break }
            number += 1
        }
        customers = customers.filter { seen.contains($0.key) }
        let settled = min(end, now.adding(seconds: -settings.settleSeconds))
        return FeedRound(
            through: min(settled, unknownSince ?? settled),
            note: unknownSince.map {
                "the customers of some conversations since \($0) are not known yet: \(settings.customersPerMinute) a minute are asked for"
            }
        )
    }

    /// Asks for a page; for smaller ones when they turn out too large.
    private func page(_ number: Int, from: Timestamp, to: Timestamp) async throws -> ConversationPage {
        do {
            return try await client.conversations(from: from, to: to, page: number, size: pageSize)
        } catch let error as GenesysError where error.isOfSize && pageSize > 1 {
            // The next round begins with the smaller pages.
            pageSize /= 2
            throw error
        }
    }

    private var lookupsOfARound: Int {
        max(1, settings.customersPerMinute * Int(settings.interval.components.seconds) / 60)
    }

    /// Who the customer is; nil when that has to be asked for another time.
    private func customer(of conversation: ConversationDetails, _ lookups: inout Int) async throws -> Customer? {
        guard let attribute = settings.customerAttribute else { return Customer(number: nil, isPreliminary: false) }
        let known = customers[conversation.id]
        // Who has no customer while the conversation lasts is looked at once more when it has ended, so that calls without one
        // do not use up the requests of others.
        if let known, !known.isPreliminary || conversation.end == nil { return known }
        guard lookups > 0 else { return known }
        lookups -= 1
        let customer: Customer
        do {
            let facts = try await client.conversation(
                id: conversation.id,
                priority: .background,
                deadline: .seconds(60)
            )
            let values = facts.values(ofAttribute: attribute)
            // Several mean that the platform's facts disagree.
            let number = values.count == 1 ? values.first : nil
            customer = Customer(number: number, isPreliminary: number == nil && facts.end == nil)
        } catch let error as GenesysError where error.kind == .notFound {
            customer = Customer(number: nil, isPreliminary: false)
        }
        customers[conversation.id] = customer
        return customer
    }

    private static func fact(
        _ relationship: ConversationRelationship,
        _ conversation: String,
        customer: String?,
        at now: Timestamp
    ) -> Fact {
        var fields: [String: JSONValue] = [
            "relationshipId": .string(relationship.id), "provider": .string(relationship.provider.rawValue),
            "interactionId": .string(conversation), "from": .string(relationship.from.description),
            "objectId": .string(conversation), "source": "analytics.conversations.details",
        ]
        fields["agentId"] = relationship.agent.map { .string($0) }
        fields["queueId"] = relationship.queue.map { .string($0) }
        fields["customerId"] = customer.map { .string($0) }
        fields["to"] = relationship.to.map { .string($0.description) }
        fields["mode"] = relationship.mode.map { .string($0) }
        return Fact(
            key: relationship.id,
            type: .relationshipRecorded,
            timestamp: now,
            fields: fields,
            passing: ["fetchedAt": .string(now.description)]
        )
    }
}
