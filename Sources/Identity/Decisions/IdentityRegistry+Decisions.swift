import JSON
import Ledger
import Storage

extension IdentityRegistry {
    /// Carries a decision out, or asks others to agree where the rules want them to.
    public func decide(_ decision: IdentityDecision, by actor: IdentityActor) async throws -> DecisionAnswer {
        let needed = approvals.needed(for: decision.kind)
        if needed > 0 { return .proposed(try await propose(decision, approvals: needed, by: actor)) }
        return .done(try await perform(decision, by: actor))
    }

    /// Carries a decision out at once.
    func perform(_ decision: IdentityDecision, by actor: IdentityActor) async throws -> DecisionOutcome {
        var touched = TouchedEvents()
        switch decision {
        case .merge, .unmerge: touched = try await self.touched(by: decision)
        default: break
        }
        let found = touched
        let outcome = try await change { plan in try self.carryOut(decision, plan, touched: found, by: actor) }
        return try await finish(outcome)
    }

    /// What has to be done once a decision is in the store.
    func finish(_ outcome: DecisionOutcome) async throws -> DecisionOutcome {
        switch outcome {
        case .unlinked:
            invalidateMemory()
            return outcome
        case .forgotten(var receipt):
            invalidateMemory()
            receipt.remains = await scrub()
            if let identity = receipt.event {
                let found = try await ledger.events(EventQuery(keys: [.event(identity)], limit: 1)).events.first
                receipt.entry = found?.index ?? 0
            }
            return .forgotten(receipt)
        default: return outcome
        }
    }

    /// Does what was decided on a plan.
    /// - Parameter proposal: the proposal by which it comes, whose end is not for this to write.
    /// - Returns: what came of it, and the events that say so.
    func carryOut(
        _ decision: IdentityDecision,
        _ plan: GraphPlan,
        touched: TouchedEvents,
        by actor: IdentityActor,
        proposal: Int64? = nil
    ) throws -> (value: DecisionOutcome, events: [Event]) {
        switch decision {
        case .merge(let first, let second):
            let (one, two) = (try Self.person(first, in: plan), try Self.person(second, in: plan))
            let outcome = try plan.merge(one, two, decider: .human, rule: "decision")
            var fields = try mergeFields(outcome, plan, decider: .human)
            fields["touchedEvents"] = .integer(Int64(touched.count))
            return (.merged(DecisionResult(outcome, touched)), [event(.identityMerged, actor, fields)])
        case .unmerge(let customer, let merge, let keepApart):
            let person = try Self.person(customer, in: plan)
            let outcome = try plan.unmerge(
                try merge ?? newestMerge(of: person, plan),
                of: person,
                keepApart: keepApart
            )
            var fields = try mergeFields(outcome, plan, decider: .human)
            fields["freed"] = fields.removeValue(forKey: "absorbed")
            fields["keptApart"] = .bool(keepApart)
            fields["touchedEvents"] = .integer(Int64(touched.count))
            return (.unmerged(DecisionResult(outcome, touched)), [event(.identityUnmerged, actor, fields)])
        case .apart(let first, let second):
            let (one, two) = (try Self.person(first, in: plan), try Self.person(second, in: plan))
            try plan.keepApart(one, two)
            return (.apart(true), [event(.identityKeptApart, actor, try pair(one, two, plan))])
        case .together(let first, let second):
            let (one, two) = (try Self.person(first, in: plan), try Self.person(second, in: plan))
            guard try plan.allowTogether(one, two) > 0 else {
                throw IdentityError.invalid("nothing keeps these customers apart")
            }
            return (.apart(false), [event(.identityAllowedTogether, actor, try pair(one, two, plan))])
        case .link(let record):
            let (result, events) = try link(record, plan, actor)
            return (.linked(result), events)
        case .unlink(let identifier, let customer): return try unlink(identifier, customer, plan, actor)
        case .share(let identifier, let sharing): return try share(identifier, sharing, plan, actor)
        case .settle(let conflict):
            guard try plan.reader.isOpenConflict(conflict) else {
                throw IdentityError.invalid("there is no open conflict \(conflict)")
            }
            plan.add(.settle(conflict: conflict, at: plan.now))
            return (
                .settled(conflict), [event(.identityConflictSettled, actor, ["conflictId": .integer(conflict)])]
            )
        case .forget(let customer, let request):
            return try forget(customer, request, plan, actor, except: proposal)
        }
    }

    /// The newest merge in force of a customer.
    /// - Throws: ``IdentityError/invalid(_:)`` when there is none.
    func newestMerge(of person: Person, _ plan: GraphPlan) throws -> Int64 {
        guard let newest = try plan.merges(among: plan.members(of: person.survivor)).last?.id else {
            throw IdentityError.invalid("this customer has no merge in force")
        }
        return newest
    }

    private func unlink(
        _ identifier: Identifier,
        _ customer: CustomerReference,
        _ plan: GraphPlan,
        _ actor: IdentityActor
    ) throws -> (value: DecisionOutcome, events: [Event]) {
        let digests = plan.tokens.digests(identifier)
        try plan.prefetch([digests])
        let person = try Self.person(customer, in: plan)
        guard let node = plan.node(digests) else { throw IdentityError.unknownIdentifier(identifier.kind) }
        try plan.unlink(node, from: person)
        let fields: [String: JSONValue] = [
            "customerId": .string(try plan.key(of: person).subject), "kind": .string(identifier.kind.rawValue),
        ]
        return (.unlinked, [event(.identityUnlinked, actor, fields)])
    }

    private func share(
        _ identifier: Identifier,
        _ sharing: Sharing,
        _ plan: GraphPlan,
        _ actor: IdentityActor
    ) throws -> (value: DecisionOutcome, events: [Event]) {
        let digests = plan.tokens.digests(identifier)
        try plan.prefetch([digests])
        guard let node = plan.node(digests), let owner = node.links.first.flatMap({ plan.person($0.person) }) else {
            throw IdentityError.unknownIdentifier(identifier.kind)
        }
        plan.set(sharing, of: node.id)
        let fields: [String: JSONValue] = [
            "customerId": .string(try plan.key(of: owner).subject), "kind": .string(identifier.kind.rawValue),
            "sharing": .string(sharing.rawValue), "customers": .integer(Int64(plan.owners(of: node).count)),
        ]
        return (.shared(sharing), [event(.identityShared, actor, fields)])
    }

    private func pair(_ one: Person, _ two: Person, _ plan: GraphPlan) throws -> [String: JSONValue] {
        ["customerId": .string(try plan.key(of: one).subject), "other": .string(try plan.key(of: two).subject)]
    }

    /// What the ledger holds of the customers whom a decision is about, newest first.
    /// - Throws: ``IdentityError/unknownCustomer`` when one that is named is not known; identifiers may be new.
    func touched(by decision: IdentityDecision) async throws -> TouchedEvents {
        let tokens = tokens
        let names = try await ledger.database.read { connection in
            try connection.snapshot {
                let reader = GraphReader(connection: connection)
                var survivors: [Int64] = []
                for reference in decision.customers {
                    guard let person = try Self.person(reference, reader, tokens) else { throw Self.unknown(reference) }
                    survivors.append(person.survivor)
                }
                for identifier in decision.identifiers {
                    let person = try Self.person(.identifier(identifier), reader, tokens)
                    person.map { survivors.append($0.survivor) }
                }
                var names: [(name: String, customer: String)] = []
                for member in try reader.members(ofSurvivors: Set(survivors)) {
                    names.append((try PersonKey.open(member, tokens.keyring).subject, member.customer))
                    names += try reader.customerTokens(of: member.id).map { ($0, member.customer) }
                }
                return names
            }
        }
        var touched = TouchedEvents()
        for (name, customer) in names {
            var before: UInt64?
            repeat {
                let page = try await ledger.events(
                    EventQuery(keys: [IndexKey(.customer, name)], before: before, limit: TouchedEvents.most)
                )
                touched.count += page.events.count
                if touched.list.count < TouchedEvents.most * 2 {
                    for found in page.events {
                        touched.list.append(
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
        touched.list.sort { $0.index > $1.index }
        touched.list = Array(touched.list.prefix(TouchedEvents.most))
        return touched
    }
}
