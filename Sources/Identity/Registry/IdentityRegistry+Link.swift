import JSON
import Ledger

/// What came of linking identifiers.
public struct LinkResult: Sendable {
    /// The global customer id; nil when everything named was left out.
    public let customer: String?
    /// Whether the customer is new.
    public let isNew: Bool
    /// What was linked now; what was known before is not named again.
    public let linked: [IdentifierKind]
    /// Ids that redirect to the customer since.
    public let absorbed: [String]
    /// What could not be decided.
    public let conflicts: [String]
    /// What was left out because its owner was forgotten.
    public let suppressed: [IdentifierKind]
}

/// What came of loading records.
public struct LoadCounts: Sendable, Hashable {
    /// Records taken.
    public var records = 0
    /// Identifiers in them.
    public var identifiers = 0
    /// Customers made.
    public var created = 0
    /// Links made.
    public var linked = 0
    /// Customers that became one with another.
    public var merged = 0
    /// Things that rules could not decide.
    public var conflicts = 0
    /// Identifiers left out because their owners were forgotten.
    public var suppressed = 0

    /// Nothing yet.
    public init() {}

    /// Adds another count to this.
    public static func += (left: inout LoadCounts, right: LoadCounts) {
        left.records += right.records
        left.identifiers += right.identifiers
        left.created += right.created
        left.linked += right.linked
        left.merged += right.merged
        left.conflicts += right.conflicts
        left.suppressed += right.suppressed
    }

    mutating func count(_ outcome: LinkOutcome) {
        created += outcome.isNew ? 1 : 0
        linked += outcome.linked.count
        merged += outcome.merged.count
        conflicts += outcome.conflicts.count
        suppressed += outcome.suppressed.count
    }

    /// As an event carries it.
    var fields: [String: JSONValue] {
        let counts = [
            "records": records, "identifiers": identifiers, "created": created, "linked": linked, "merged": merged,
            "conflicts": conflicts, "suppressed": suppressed,
        ]
        return counts.mapValues { .integer(Int64($0)) }
    }
}

extension IdentityRegistry {
    /// Records that go into the store in one transaction while nobody else writes. Tokens are random, so that each batch touches most
    /// pages of their index: the larger the batches, the fewer times.
    public static let loadBatch = 10_000
    /// The same while a server records reads, which wait for as long as a batch takes.
    public static let gentleLoadBatch = 1000

    /// Says that identifiers are one person's, as a source reports it. What a person decides goes through ``decide(_:by:)``.
    /// - Throws: ``IdentityError/invalid(_:)`` when the record names nothing, or was decided by a person.
    public func link(_ record: IdentityRecord, by actor: IdentityActor) async throws -> LinkResult {
        guard record.decider == .rule else {
            throw IdentityError.invalid("a link by hand is a decision: ask for it as one")
        }
        return try await change { plan in try self.link(record, plan, actor) }
    }

    /// Links on a plan, for a rule or for a person.
    func link(
        _ record: IdentityRecord,
        _ plan: GraphPlan,
        _ actor: IdentityActor
    ) throws -> (value: LinkResult, events: [Event]) {
        guard !record.identifiers.isEmpty else { throw IdentityError.invalid("a link needs at least one identifier") }
        let digests = record.identifiers.map { plan.tokens.digests($0) }
        try plan.prefetch(digests)
        guard let outcome = try plan.link(record, digests: digests) else {
            let kinds = record.identifiers.map(\.kind)
            return (
                LinkResult(customer: nil, isNew: false, linked: [], absorbed: [], conflicts: [], suppressed: kinds), []
            )
        }
        var events = try mergeEvents(outcome, plan, actor)
        if outcome.isNew || !outcome.linked.isEmpty || !outcome.conflicts.isEmpty {
            var fields: [String: JSONValue] = [
                "customerId": .string(try plan.key(of: outcome.person).subject), "created": .bool(outcome.isNew),
                "linkedKinds": .array(outcome.linked.map { .string($0.rawValue) }),
                "source": .string(record.source), "assurance": .string(record.assurance.rawValue),
                "decidedBy": .string(record.decider == .human ? "human" : "rule"),
                "conflicts": .array(outcome.conflicts.map { .string($0) }),
                "normaliserVersion": .integer(Int64(Normaliser.version)),
            ]
            if !outcome.returned.isEmpty {
                fields["returnedKinds"] = .array(outcome.returned.map { .string($0.rawValue) })
            }
            events.insert(event(.identityLinked, actor, fields), at: 0)
        }
        return (
            LinkResult(
                customer: outcome.customer,
                isNew: outcome.isNew,
                linked: outcome.linked,
                absorbed: outcome.merged.map(\.absorbed),
                conflicts: outcome.conflicts,
                suppressed: outcome.suppressed
            ), events
        )
    }

    /// Loads records, one transaction and one event for all. Records loaded before change nothing.
    /// - Parameter records: at most ``loadBatch``.
    public func load(_ records: [IdentityRecord], source: String, by actor: IdentityActor) async throws -> LoadCounts {
        guard records.count <= Self.loadBatch else {
            throw IdentityError.invalid("at most \(Self.loadBatch) records are loaded at once")
        }
        if records.isEmpty { return LoadCounts() }
        return try await change { plan in
            let digests = records.map { $0.identifiers.map { plan.tokens.digests($0) } }
            try plan.prefetch(Array(digests.joined()))
            var counts = LoadCounts()
            var events: [Event] = []
            for (record, digests) in zip(records, digests) {
                counts.records += 1
                counts.identifiers += record.identifiers.count
                guard let outcome = try plan.link(record, digests: digests) else {
                    counts.suppressed += record.identifiers.count
                    continue
                }
                counts.count(outcome)
                events += try self.mergeEvents(outcome, plan, actor)
            }
            var fields = counts.fields
            fields["source"] = .string(source)
            fields["normaliserVersion"] = .integer(Int64(Normaliser.version))
            events.append(self.event(.identityLoaded, actor, fields))
            return (counts, events)
        }
    }

    /// One event for each merge that a record led to.
    private func mergeEvents(_ outcome: LinkOutcome, _ plan: GraphPlan, _ actor: IdentityActor) throws -> [Event] {
        try outcome.merged.map { merge in
            event(.identityMerged, actor, try mergeFields(merge, plan, decider: .rule))
        }
    }

    func mergeFields(_ outcome: MergeOutcome, _ plan: GraphPlan, decider: Decider) throws -> [String: JSONValue] {
        let kept = try plan.key(of: try plan.person(customer: outcome.customer)).subject
        let moved = try outcome.moved.prefix(100).map { JSONValue.string(try plan.key(of: $0).subject) }
        return [
            "customerId": .string(kept), "mergeId": .integer(outcome.id), "absorbed": .array(Array(moved)),
            "decidedBy": .string(decider == .human ? "human" : "rule"),
        ]
    }
}
