public import JSON
import Ledger
import Storage

/// An event that a decision about two customers touches: it was recorded of one of them while something else was believed.
public struct TouchedEvent: Sendable {
    /// Its place in the ledger.
    public let index: UInt64
    /// The event.
    public let event: JSONValue
    /// The customer of whom it was recorded, by the id that this one has now.
    public let customer: String
}

/// What came of a decision.
public struct DecisionResult: Sendable {
    /// The assertion by which a merge is taken back.
    public let mergeID: Int64
    /// The id that stays.
    public let customer: String
    /// The id that redirects since, or is a customer of its own again.
    public let other: String
    /// What was recorded of either, newest first, so that somebody can look whether it was right: accesses, identifications,
    /// alerts, cases.
    public let touched: [TouchedEvent]
    /// How many there are, which may be more than are listed.
    public let touchedCount: Int
}

extension IdentityRegistry {
    /// Touched events that are listed with a decision, at most.
    public static let mostTouched = 1000

    /// Makes two customers one, by a person's decision.
    public func merge(
        _ first: CustomerReference,
        _ second: CustomerReference,
        by actor: IdentityActor
    ) async throws -> DecisionResult {
        let touched = try await touched(by: [first, second])
        let outcome = try await change { plan in
            let one = try Self.person(first, in: plan)
            let two = try Self.person(second, in: plan)
            let outcome = try plan.merge(one, two, decider: .human, rule: "decision")
            var fields = try self.mergeFields(outcome, plan, decider: .human)
            fields["touchedEvents"] = .integer(Int64(touched.count))
            return (outcome, [self.event(.identityMerged, actor, fields)])
        }
        return result(outcome, touched)
    }

    /// Takes back one merge, exactly.
    /// - Parameters:
    ///   - customer: the customer, by any id or identifier.
    ///   - mergeID: the merge, as ``merge(_:_:by:)`` or ``explain(_:asOf:)`` names it; nil for the newest in force.
    ///   - keepApart: whether no rule may make them one again.
    public func unmerge(
        _ customer: CustomerReference,
        mergeID: Int64?,
        keepApart: Bool = true,
        by actor: IdentityActor
    ) async throws -> DecisionResult {
        let touched = try await touched(by: [customer])
        let outcome = try await change { plan in
            let person = try Self.person(customer, in: plan)
            let newest = try plan.merges(among: plan.members(of: person.survivor)).last?.id
            guard let id = mergeID ?? newest else {
                throw IdentityError.invalid("this customer has no merge in force")
            }
            let outcome = try plan.unmerge(id, of: person, keepApart: keepApart)
            var fields = try self.mergeFields(outcome, plan, decider: .human)
            fields["freed"] = fields.removeValue(forKey: "absorbed")
            fields["keptApart"] = .bool(keepApart)
            fields["touchedEvents"] = .integer(Int64(touched.count))
            return (outcome, [self.event(.identityUnmerged, actor, fields)])
        }
        return result(outcome, touched)
    }

    /// Decides that two customers are two, whatever is found later.
    public func keepApart(
        _ first: CustomerReference,
        _ second: CustomerReference,
        by actor: IdentityActor
    ) async throws {
        try await change { plan in
            let (one, two) = (try Self.person(first, in: plan), try Self.person(second, in: plan))
            try plan.keepApart(one, two)
            return ((), [self.event(.identityKeptApart, actor, try self.pair(one, two, plan))])
        }
    }

    /// Takes back the decisions that keep two customers apart.
    /// - Throws: ``IdentityError/invalid(_:)`` when there is none.
    public func allowTogether(
        _ first: CustomerReference,
        _ second: CustomerReference,
        by actor: IdentityActor
    ) async throws {
        try await change { plan in
            let (one, two) = (try Self.person(first, in: plan), try Self.person(second, in: plan))
            guard try plan.allowTogether(one, two) > 0 else {
                throw IdentityError.invalid("nothing keeps these customers apart")
            }
            return ((), [self.event(.identityAllowedTogether, actor, try self.pair(one, two, plan))])
        }
    }

    /// Marks a conflict as settled.
    public func settle(conflict: Int64, by actor: IdentityActor) async throws {
        try await change { plan in
            guard try plan.reader.openConflicts(limit: .max).contains(where: { $0.id == conflict }) else {
                throw IdentityError.invalid("there is no open conflict \(conflict)")
            }
            plan.add(.settle(conflict: conflict, at: plan.now))
            return ((), [self.event(.identityConflictSettled, actor, ["conflictId": .integer(conflict)])])
        }
    }

    private func pair(_ one: Person, _ two: Person, _ plan: GraphPlan) throws -> [String: JSONValue] {
        ["customerId": .string(try plan.key(of: one).subject), "other": .string(try plan.key(of: two).subject)]
    }

    private func result(_ outcome: MergeOutcome, _ touched: (list: [TouchedEvent], count: Int)) -> DecisionResult {
        DecisionResult(
            mergeID: outcome.id,
            customer: outcome.customer,
            other: outcome.absorbed,
            touched: touched.list,
            touchedCount: touched.count
        )
    }

    /// Everything that the ledger holds of customers, newest first.
    private func touched(by references: [CustomerReference]) async throws -> (list: [TouchedEvent], count: Int) {
        let tokens = tokens
        let names = try await ledger.database.read { connection in
            try connection.snapshot {
                let reader = GraphReader(connection: connection)
                var names: [(name: String, customer: String)] = []
                for reference in references {
                    guard let person = try Self.person(reference, reader, tokens) else { throw Self.unknown(reference) }
                    for member in try reader.members(ofSurvivors: [person.survivor]) {
                        names.append((try PersonKey.open(member, tokens.keyring).subject, member.customer))
                        names += try reader.customerTokens(of: member.id).map { ($0, member.customer) }
                    }
                }
                return names
            }
        }
        var touched: [TouchedEvent] = []
        var count = 0
        for (name, customer) in names {
            var before: UInt64?
            repeat {
                let page = try await ledger.events(
                    EventQuery(keys: [IndexKey(.customer, name)], before: before, limit: Self.mostTouched)
                )
                count += page.events.count
                if touched.count < Self.mostTouched * 2 {
                    for found in page.events {
                        touched.append(
                            TouchedEvent(
                                index: found.index,
                                event: try JSONValue(parsing: found.bytes),
                                customer: customer
                            )
                        )
                    }
                }
                before = page.next
            } while before != nil
        }
        touched.sort { $0.index > $1.index }
        return (Array(touched.prefix(Self.mostTouched)), count)
    }
}
