/// What a source says of one person: these identifiers are theirs.
public struct IdentityRecord: Sendable {
    /// The identifiers.
    public var identifiers: [Identifier]
    /// Where it comes from, such as `crm` or `ivr`; part of the evidence.
    public var source: String
    /// How sure the source is.
    public var assurance: Assurance
    /// Who decided.
    public var decider: Decider
    /// How the identifiers are used, when they are not one person's.
    public var sharing: Sharing
    /// What to do with identifiers of people who were forgotten.
    public var forgotten: WhenForgotten
    /// Whether a person is made when nobody is found.
    public var makesPeople = true

    /// A record.
    public init(
        identifiers: [Identifier],
        source: String,
        assurance: Assurance,
        decider: Decider = .rule,
        sharing: Sharing = .personal,
        forgotten: WhenForgotten = .leaveOut
    ) {
        self.identifiers = identifiers
        self.source = source
        self.assurance = assurance
        self.decider = decider
        self.sharing = sharing
        self.forgotten = forgotten
    }
}

/// What to do with an identifier whose owner was forgotten. Whatever is done, nothing leads back to who they were.
public enum WhenForgotten: String, Sendable, CaseIterable {
    /// Leave it out, as when yesterday's copy of a system is loaded.
    case leaveOut = "leave-out"
    /// The person has come back by themselves: a new customer, and the forgetting is over.
    case recontact
    /// An act must be recorded: a new customer, and the forgetting stands.
    case recordOnly = "record-only"
}

/// What came of a record.
struct LinkOutcome: Sendable {
    /// The person as first met to whom the new links were made.
    var person: Person
    /// The global customer id.
    var customer: String
    var isNew = false
    var linked: [IdentifierKind] = []
    /// Merges that the record led to.
    var merged: [MergeOutcome] = []
    /// Why something was not done; each stands in the queue of conflicts.
    var conflicts: [String] = []
    /// Kinds that were left out because their owner was forgotten.
    var suppressed: [IdentifierKind] = []
    /// Kinds that are met again although their owner was forgotten.
    var returned: [IdentifierKind] = []
}

extension GraphPlan {
    private struct Met {
        let identifier: Identifier
        let digests: [TokenDigest]
        var node: Node?
    }

    /// Links the identifiers of a record to whom they belong, making a person where there is none.
    /// - Parameter digests: the tokens of each identifier, newest epoch first, which were prefetched.
    /// - Returns: nil when everything in the record was forgotten, or nobody is found and none may be made.
    func link(_ record: IdentityRecord, digests: [[TokenDigest]]) throws -> LinkOutcome? {
        var met: [Met] = []
        var suppressed: [IdentifierKind] = []
        var returned: [IdentifierKind] = []
        for (identifier, digests) in zip(record.identifiers, digests) {
            let node = node(digests)
            if node == nil {
                let buried = tombstones(of: digests)
                if !buried.isEmpty, record.forgotten == .leaveOut {
                    suppressed.append(identifier.kind)
                    continue
                }
                if !buried.isEmpty, record.forgotten == .recordOnly { returned.append(identifier.kind) }
                if record.forgotten == .recontact { for tombstone in buried { lift(tombstone) } }
            }
            met.append(Met(identifier: identifier, digests: digests, node: node))
        }
        guard !met.isEmpty else { return nil }
        let found = votes(met.compactMap(\.node))
        let contradicted = record.decider == .human ? [] : found.filter { isContradicted($0, by: met) }
        let votes = found.filter { !contradicted.contains($0) }
        if votes.isEmpty, !record.makesPeople { return nil }
        let person = try votes.first ?? makePerson()
        var outcome = LinkOutcome(
            person: person,
            customer: person.customer,
            isNew: votes.isEmpty,
            suppressed: suppressed,
            returned: returned
        )
        for other in contradicted where survivor(of: other.id) != survivor(of: person.id) {
            let cause = "an identifier is with two customers who cannot be one: shared, or out of date?"
            outcome.conflicts.append(cause)
            noteConflict(identifier: 0, survivor(of: person.id), survivor(of: other.id), cause: cause)
        }
        for other in votes.dropFirst() where survivor(of: other.id) != survivor(of: person.id) {
            try consider(merging: other, into: person, record, &outcome)
        }
        for entry in met { try link(entry, to: person, record, &outcome) }
        outcome.customer = self.person(survivor(of: person.id))?.customer ?? person.customer
        return outcome
    }

    /// The people whom the rules find in a record, in the order of the rules: for each rule the one to whom all its kinds point.
    private func votes(_ nodes: [Node]) -> [Person] {
        var votes: [Person] = []
        var seen: Set<Int64> = []
        for kinds in rules.matching {
            let fitting = nodes.filter { kinds.contains($0.kind) && $0.sharing == .personal && !$0.links.isEmpty }
            guard Set(fitting.map(\.kind)) == kinds else { continue }
            let owners = fitting.map { self.owners(of: $0) }
            // An identifier of two people decides nothing.
            guard let survivor = owners.first?.first, owners.allSatisfy({ $0 == [survivor] }),
                seen.insert(survivor).inserted, let link = fitting.first?.links.min(by: { $0.id < $1.id }),
                let person = person(link.person)
            else { continue }
            votes.append(person)
        }
        return votes
    }

    /// Whether a record carries another identifier of a kind of which a person has only so many: then it is about somebody else,
    /// whatever they share.
    private func isContradicted(_ person: Person, by met: [Met]) -> Bool {
        let survivor = survivor(of: person.id)
        return rules.mostPerPerson.contains { kind, most in
            let carried = met.filter { $0.identifier.kind == kind }
            if carried.isEmpty { return false }
            let held = identifiers(of: survivor, kind: kind)
            if carried.contains(where: { $0.node.map { held.contains($0.id) } ?? false }) { return false }
            return held.count + Set(carried.map(\.identifier)).count > most
        }
    }

    private func consider(
        merging other: Person,
        into person: Person,
        _ record: IdentityRecord,
        _ outcome: inout LinkOutcome
    ) throws {
        let cause: String
        if record.decider == .rule, rules.mergesFrom.map({ record.assurance < $0 }) ?? true {
            cause = "a record fits two customers, and is not sure enough to make them one"
        } else if try isKeptApart(survivor(of: person.id), survivor(of: other.id)) {
            cause = "a record fits two customers that were decided to be kept apart"
        } else if let kind = excess(survivor(of: person.id), survivor(of: other.id)) {
            cause = "a record fits two customers with different \(kind.rawValue) identifiers"
        } else {
            outcome.merged.append(
                try merge(person, other, decider: record.decider, rule: "record of \(record.source)")
            )
            return
        }
        outcome.conflicts.append(cause)
        noteConflict(identifier: 0, survivor(of: person.id), survivor(of: other.id), cause: cause)
    }

    private func link(_ met: Met, to person: Person, _ record: IdentityRecord, _ outcome: inout LinkOutcome) throws {
        // Read again: a record may name an identifier twice.
        let node = node(met.digests) ?? makeNode(met.identifier, met.digests, record.sharing)
        if record.sharing != .personal { set(record.sharing, of: node.id) }
        let survivor = survivor(of: person.id)
        if let existing = node.links.first(where: { self.survivor(of: $0.person) == survivor }) {
            guard existing.assurance < record.assurance, existing.decider.rawValue <= record.decider.rawValue,
                let holder = self.person(existing.person)
            else { return }
            retract(existing)
            try link(
                node.id,
                to: holder,
                met.identifier,
                assurance: record.assurance,
                decider: record.decider,
                source: record.source
            )
            return
        }
        let barred = node.bars.intersection(members(of: survivor))
        if record.decider == .rule, !barred.isEmpty {
            let cause = "a \(node.kind.rawValue) identifier was decided not to be this customer's"
            outcome.conflicts.append(cause)
            noteConflict(identifier: node.id, survivor, survivor, cause: cause)
            return
        }
        if record.decider == .rule, let most = rules.mostPerPerson[node.kind],
            identifiers(of: survivor, kind: node.kind).count >= most
        {
            let cause = "the customer has another \(node.kind.rawValue) identifier, and may have \(most)"
            outcome.conflicts.append(cause)
            noteConflict(identifier: node.id, survivor, owners(of: node).min() ?? survivor, cause: cause)
            return
        }
        for person in barred { unbar(node.id, from: person) }
        try link(
            node.id,
            to: person,
            met.identifier,
            assurance: record.assurance,
            decider: record.decider,
            source: record.source
        )
        outcome.linked.append(node.kind)
        note(.linked, survivor)
        if let changed = self.node(node.id), changed.sharing == .personal,
            owners(of: changed).count > rules.mostPeoplePerIdentifier
        {
            set(.hub, of: node.id)
        }
    }

    /// The kind of which two people would have more identifiers than one person has.
    func excess(_ first: Int64, _ second: Int64) -> IdentifierKind? {
        for kind in IdentifierKind.allCases {
            guard let most = rules.mostPerPerson[kind] else { continue }
            let (mine, theirs) = (identifiers(of: first, kind: kind), identifiers(of: second, kind: kind))
            if !mine.isEmpty, !theirs.isEmpty, mine.union(theirs).count > most { return kind }
        }
        return nil
    }

    /// Takes an identifier from a customer, by a person's decision. No rule gives it back.
    func unlink(_ node: Node, from customer: Person) throws {
        let survivor = survivor(of: customer.id)
        let links = node.links.filter { self.survivor(of: $0.person) == survivor }
        guard !links.isEmpty else { throw IdentityError.unknownIdentifier(node.kind) }
        for link in links {
            retract(link)
            bar(node.id, from: link.person)
        }
        note(.unlinked, survivor)
    }
}
