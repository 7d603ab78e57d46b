public import Identity
public import JSON
public import Ledger
import MerkleLog
import Redaction
public import WallTime

/// Who asks the audit trail, and why. Asking is recorded before anything is answered.
public struct Reader: Sendable {
    /// How the question came.
    public enum Channel: String, Sendable {
        /// The command line on the machine itself.
        case commandLine = "cli"
        /// The management API.
        case api
    }

    /// The operator or API client.
    public let name: String
    /// How the question came.
    public let channel: Channel
    /// What the answer is for, in the reader's words, with what looks like personal data masked: it is recorded.
    public let reason: String?
    /// For whom the answer is made up, in codes of their own; nil for the reader alone.
    public let recipient: String?

    /// Names a reader.
    public init(name: String, channel: Channel, reason: String?, recipient: String? = nil) {
        self.recipient = recipient
        self.name = name
        self.channel = channel
        self.reason = reason.map(RecordedWords.masked)
    }
}

/// "Who saw this customer?", "What did this agent see?", "What was seen on this call?".
public struct AccessQuestion: Sendable {
    /// The customer's number in clear, or a global customer id; it becomes a token before it goes anywhere.
    public var customer: String?
    /// Any other identifier of the customer.
    public var identifier: Identifier?
    /// The agent's id.
    public var agent: String?
    /// The conversation's id.
    public var interaction: String?
    /// The first moment, inclusive.
    public var from: Timestamp?
    /// The moment at which to stop, exclusive.
    public var to: Timestamp?
    /// Whether reads that released nothing are wanted too.
    public var includeRefused = false
    /// Where a page goes on, from the page before.
    public var cursor: String?
    /// Accesses in a page, 1 to 1,000.
    public var limit = 100
    /// Whether each access comes with its proof.
    public var proofs = false

    /// An empty question; set at least one of customer, identifier, agent and interaction.
    public init() {}
}

/// One event found, newest first.
public struct FoundEvent: Sendable {
    /// Its place in the ledger.
    public let index: UInt64
    /// The event.
    public let event: JSONValue
    /// Its `.tlog-proof`, when asked for.
    public let proof: String?
}

/// A page of events.
public struct EventAnswer: Sendable {
    /// The events, newest first.
    public let events: [FoundEvent]
    /// Where the next page goes on; nil when this is the last.
    public let next: String?
    /// The answer misses nothing among this many entries.
    public let completeToTreeSize: UInt64
    /// The entry that records the question.
    public let receipt: UInt64

    /// The same with each event changed, as for a recipient who gets codes of its own. Proofs are of the record's bytes and go.
    public func mapEvents(_ change: (JSONValue) -> JSONValue) -> EventAnswer {
        EventAnswer(
            events: events.map { FoundEvent(index: $0.index, event: change($0.event), proof: nil) },
            next: next,
            completeToTreeSize: completeToTreeSize,
            receipt: receipt
        )
    }
}

/// A question that cannot be answered as asked.
public struct QuestionError: Error, Sendable, CustomStringConvertible {
    /// What is wrong, and what to do.
    public let description: String

    /// Says what is wrong.
    public init(_ description: String) { self.description = description }
}

/// The questions that a compliance officer asks of the ledger.
public struct AuditTrail: Sendable {
    private let ledger: Ledger
    private let names: CustomerLedgerNames
    private let clock: any WallClock
    private let producer: String

    /// Answers from a ledger.
    /// - Parameter identities: who has which identifiers; without it a customer is found by the token of their number only.
    public init(
        ledger: Ledger,
        tokeniser: Tokeniser,
        identities: IdentityRegistry? = nil,
        clock: any WallClock,
        producer: String
    ) {
        self.ledger = ledger
        names = CustomerLedgerNames(tokeniser: tokeniser, identities: identities)
        self.clock = clock
        self.producer = producer
    }

    /// Answers who saw what.
    /// - Throws: ``QuestionError`` when the question names nothing to look for or is out of bounds; errors of the ledger.
    public func accesses(_ question: AccessQuestion, by reader: Reader) async throws -> EventAnswer {
        var keys: [IndexKey] = []
        var asked: [String: JSONValue] = [:]
        var customers: [String]?
        if let reference = names.reference(customer: question.customer, identifier: question.identifier) {
            let found = try await names.find(reference)
            customers = found
            asked["customerId"] = names.recorded(found).map { .string($0) }
            asked["askedBy"] = .string(reference.words)
        }
        if let agent = question.agent?.lowercased() {
            keys.append(IndexKey(.agent, agent))
            asked["agentId"] = .string(agent)
        }
        if let interaction = question.interaction?.lowercased() {
            keys.append(IndexKey(.interaction, interaction))
            asked["interactionId"] = .string(interaction)
        }
        guard !keys.isEmpty || customers != nil else {
            throw QuestionError("name a customer, an agent or an interaction to look for")
        }
        var types: Set<String> = [EventType.customerDataAccessed.rawValue]
        if question.includeRefused { types.insert(EventType.customerDataAccessRefused.rawValue) }
        return try await answer(
            keys: customers.map { names in names.map { keys + [IndexKey(.customer, $0)] } } ?? [keys],
            types: types,
            from: question.from,
            to: question.to,
            cursor: question.cursor,
            limit: question.limit,
            proofs: question.proofs,
            question: "accesses",
            asked: asked,
            by: reader
        )
    }

    /// Lists events of one kind, newest first.
    public func events(
        ofType type: String,
        from: Timestamp?,
        to: Timestamp?,
        cursor: String?,
        limit: Int,
        proofs: Bool,
        by reader: Reader
    ) async throws -> EventAnswer {
        try await answer(
            keys: [[IndexKey(.eventType, type)]],
            types: [],
            from: from,
            to: to,
            cursor: cursor,
            limit: limit,
            proofs: proofs,
            question: "events",
            asked: ["eventTypeAsked": .string(type)],
            by: reader
        )
    }

    /// One event, by its place.
    public func event(at index: UInt64, proof: Bool, by reader: Reader) async throws -> FoundEvent {
        let bytes = try await ledger.entry(at: index)
        _ = try await record("event", ["indexAsked": .integer(Int64(clamping: index))], results: 1, reader)
        return FoundEvent(
            index: index,
            event: try JSONValue(parsing: bytes),
            proof: proof ? try await ledger.proof(of: index).encoded : nil
        )
    }

    /// The token under which a customer stands in the ledger. Asking is recorded like any other question.
    public func token(ofCustomer customer: String, by reader: Reader) async throws -> String {
        guard let reference = names.reference(customer: customer, identifier: nil) else {
            throw QuestionError("name a customer")
        }
        let found = try await names.find(reference)
        let token = found.first ?? names.token(ofCustomerNumber: customer)
        let asked = names.recorded(found).map { ["customerId": JSONValue.string($0)] } ?? [:]
        _ = try await record("token", asked, results: 1, reader)
        return token
    }

    private func answer(
        keys: [[IndexKey]],
        types: Set<String>,
        from: Timestamp?,
        to: Timestamp?,
        cursor: String?,
        limit: Int,
        proofs: Bool,
        question: String,
        asked: [String: JSONValue],
        by reader: Reader
    ) async throws -> EventAnswer {
        if let from, let to, from >= to {
            throw QuestionError("the period is empty: its end is not after its beginning")
        }
        var asked = asked
        if let from { asked["from"] = .string(from.description) }
        if let to { asked["to"] = .string(to.description) }
        guard (1...1000).contains(limit) else { throw QuestionError("a page has 1 to 1000 events") }
        var before: UInt64?
        if let cursor {
            guard let position = UInt64(cursor), String(position) == cursor else {
                throw QuestionError("the cursor is not one that an earlier page gave")
            }
            before = position
        }
        let page = try await page(
            keys.map { EventQuery(keys: $0, types: types, from: from, to: to, before: before, limit: limit) },
            limit: limit
        )
        let receipt = try await record(question, asked, results: page.events.count, reader)
        var events: [FoundEvent] = []
        for found in page.events {
            events.append(
                FoundEvent(
                    index: found.index,
                    event: try JSONValue(parsing: found.bytes),
                    proof: proofs ? try await ledger.proof(of: found.index).encoded : nil
                )
            )
        }
        return EventAnswer(
            events: events,
            next: page.next.map { String($0) },
            completeToTreeSize: page.completeToTreeSize,
            receipt: receipt
        )
    }

    /// One page of what any of several queries finds.
    private func page(_ queries: [EventQuery], limit: Int) async throws -> EventPage {
        var pages: [EventPage] = []
        for query in queries { pages.append(try await ledger.events(query)) }
        if pages.count == 1 { return pages[0] }
        let found = pages.flatMap(\.events).sorted { $0.index > $1.index }
        let shown = Array(found.prefix(limit))
        let more = found.count > limit || pages.contains { $0.next != nil }
        return EventPage(
            events: shown,
            next: more ? shown.last?.index : nil,
            completeToTreeSize: pages.map(\.completeToTreeSize).min() ?? ledger.health.head.size
        )
    }

    var identities: IdentityRegistry? { names.identities }

    /// Records that somebody has the record read by something else than these questions.
    public func note(_ question: String, _ asked: [String: JSONValue], results: Int = 0, by reader: Reader) async throws
    {
        _ = try await record(question, asked, results: results, reader)
    }

    func record(
        _ question: String,
        _ asked: [String: JSONValue],
        results: Int,
        _ reader: Reader
    ) async throws -> UInt64 {
        var fields = asked
        fields["actor"] = .string(reader.name)
        fields["channel"] = .string(reader.channel.rawValue)
        fields["question"] = .string(question)
        fields["results"] = .integer(Int64(results))
        if let reason = reader.reason { fields["reason"] = .string(reason) }
        if let recipient = reader.recipient { fields["recipient"] = .string(recipient) }
        let event = Event(
            type: .auditTrailRead,
            identity: .random(producer: producer),
            timestamp: clock.now(),
            fields: fields
        )
        return try await ledger.append(event).index
    }
}
