public import Identity
public import JSON
public import Ledger
import Redaction
public import WallTime

/// Why something about planted customers cannot be done. Holds ids, never a customer.
public enum HoneyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// No planted customer is called so.
    case unknown(String)
    /// What was given is no number of a customer, and no id of somebody who is known.
    case noCustomer
    case reasonMissing

    public var description: String {
        switch self {
        case .unknown(let id): "no planted customer is called '\(id)'; list them with 'muniment honey list'"
        case .noCustomer: "that is no customer's number that can be read, and no global customer id of anybody known"
        case .reasonMissing: "give a reason: it stays in the record"
        }
    }
}

/// A planted customer, as far as anybody is told.
public struct HoneyCustomer: Sendable, Hashable {
    /// What it is called.
    public let id: String
    /// When it was planted, by whom, and what for.
    public let plantedAt: Timestamp
    public let actor: String
    public let reason: String
    /// Whether the key is still there under which it would be noticed; it has to be planted anew otherwise.
    public let isWatched: Bool
    let epoch: Int64
    let codes: Set<String>

    /// For people and programs.
    public var json: JSONValue {
        [
            "honeyId": .string(id), "plantedAt": .string(plantedAt.description), "actor": .string(actor),
            "reason": .string(reason), "watched": .bool(isWatched),
        ]
    }
}

/// The customers who are planted in a system of record so that any read of them is an alert.
///
/// Who they are stands nowhere: the ledger has codes of their names under a key of their own, which detection compares with those of
/// every read. Planting, removing and listing them are events.
public struct HoneyCustomers: Sendable {
    private let ledger: Ledger
    private let names: CustomerLedgerNames
    private let identities: IdentityRegistry
    private let codes: HoneyCodes
    private let clock: any WallClock
    private let producer: String

    /// Plants customers in the record of a ledger.
    public init(
        ledger: Ledger,
        tokeniser: Tokeniser,
        identities: IdentityRegistry,
        codes: HoneyCodes,
        clock: any WallClock,
        producer: String
    ) {
        self.ledger = ledger
        self.identities = identities
        self.codes = codes
        self.clock = clock
        self.producer = producer
        names = CustomerLedgerNames(tokeniser: tokeniser, identities: identities)
    }

    /// Plants a customer. One who is planted already stays as they are.
    /// - Parameter customer: the number in the system of record, or a global customer id; in clear, and kept nowhere.
    /// - Throws: ``HoneyError``.
    public func plant(_ customer: String, by reader: Reader) async throws -> HoneyCustomer {
        let reason = try Self.reason(of: reader)
        let found = try await ledgerNames(customer)
        let planted = try await all()
        if let known = planted.first(where: { known in
            known.isWatched && found.contains { codes.code($0, epoch: known.epoch).map(known.codes.contains) ?? false }
        }) {
            return known
        }
        let epoch = codes.newestEpoch
        let made = HoneyCustomer(
            id: "honey-\(EventIdentity.random(producer: producer).id)",
            plantedAt: clock.now(),
            actor: reader.name,
            reason: reason,
            isWatched: true,
            epoch: epoch,
            codes: Set(found.compactMap { codes.code($0, epoch: epoch) })
        )
        try await record(
            .honeyCustomerPlanted,
            [
                "honeyId": .string(made.id), "epoch": .integer(epoch),
                "codes": .array(made.codes.sorted().map { .string($0) }),
            ],
            reader
        )
        return made
    }

    /// Watches a planted customer no longer.
    /// - Throws: ``HoneyError``.
    public func remove(_ id: String, by reader: Reader) async throws -> HoneyCustomer {
        _ = try Self.reason(of: reader)
        guard let found = try await all().first(where: { $0.id == id }) else { throw HoneyError.unknown(id) }
        try await record(.honeyCustomerRemoved, ["honeyId": .string(id)], reader)
        return found
    }

    /// Those who are planted, the oldest first. That somebody asked is recorded before it is answered.
    public func list(by reader: Reader) async throws -> [HoneyCustomer] {
        let found = try await all()
        try await record(.honeyCustomersListed, ["results": .integer(Int64(found.count))], reader)
        return found
    }

    // MARK: The record

    private static func reason(of reader: Reader) throws(HoneyError) -> String {
        guard let reason = reader.reason, reason.contains(where: { !$0.isWhitespace }) else { throw .reasonMissing }
        return reason
    }

    /// Every name under which reads of a customer stand in the ledger, or will. A number that nobody knows becomes a customer, as it
    /// would with the first read.
    private func ledgerNames(_ customer: String) async throws -> [String] {
        if CustomerID.isOne(customer) {
            let found = try await names.find(.id(customer))
            guard !found.isEmpty else { throw HoneyError.noCustomer }
            return found
        }
        guard let identifier = try? identities.normaliser.identifier(.customer, customer) else {
            throw HoneyError.noCustomer
        }
        let subject = try await identities.subject(ofCustomerNumber: identifier, source: "reported")
        return try await [subject] + names.find(.number(customer)).filter { $0 != subject }
    }

    private func all() async throws -> [HoneyCustomer] {
        let removed = Set(try await events(.honeyCustomerRemoved).compactMap { $0["honeyId"]?.string })
        return try await events(.honeyCustomerPlanted).reversed().compactMap { event in
            guard let id = event["honeyId"]?.string, !removed.contains(id), let epoch = event["epoch"]?.integer,
                let plantedAt = event["timestamp"]?.string.flatMap({ Timestamp($0) })
            else { return nil }
            return HoneyCustomer(
                id: id,
                plantedAt: plantedAt,
                actor: event["actor"]?.string ?? "unknown",
                reason: event["reason"]?.string ?? "",
                isWatched: codes.hasKey(epoch),
                epoch: epoch,
                codes: Set(event["codes"]?.array?.compactMap(\.string) ?? [])
            )
        }
    }

    /// Newest first.
    private func events(_ type: EventType) async throws -> [JSONValue] {
        var query = EventQuery(keys: [IndexKey(.eventType, type.rawValue)], limit: 1000)
        var found: [JSONValue] = []
        repeat {
            let page = try await ledger.events(query)
            found += try page.events.map { try JSONValue(parsing: $0.bytes) }
            query.before = page.next
        } while query.before != nil
        return found
    }

    private func record(_ type: EventType, _ fields: [String: JSONValue], _ reader: Reader) async throws {
        var fields = fields
        fields["actor"] = .string(reader.name)
        fields["channel"] = .string(reader.channel.rawValue)
        fields["reason"] = reader.reason.map { .string($0) }
        try await ledger.append(
            Event(type: type, identity: .random(producer: producer), timestamp: clock.now(), fields: fields)
        )
    }
}
