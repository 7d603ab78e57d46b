import Approvals
import JSON
import Ledger
import Storage
import WallTime

extension IdentityRegistry {
    /// Proposals that may wait at a time. Each is looked at when somebody is forgotten.
    public static let mostProposals = 1000

    // MARK: Asking

    /// The newest proposals.
    /// - Parameter all: those that have come to their end, too.
    public func proposals(all: Bool = false, limit: Int = mostProposals) async throws -> [IdentityProposal] {
        let (keyring, now) = (tokens.keyring, clock.now())
        let stored = try await ledger.database.read { connection in
            try connection.snapshot { try GraphReader(connection: connection).proposals(all: all, limit: limit) }
        }
        return stored.map { $0.shown(keyring, at: now) }.filter { all || $0.status == .waiting }
    }

    /// One proposal, with what it touches now; nothing once it has ended.
    /// - Throws: ``IdentityError/unknownProposal(_:)``.
    public func proposal(_ id: Int64) async throws -> (proposal: IdentityProposal, touched: TouchedEvents) {
        let stored = try await stored(id)
        let proposal = stored.shown(tokens.keyring, at: clock.now())
        guard proposal.status == .waiting, let body = stored.body(tokens.keyring) else {
            return (proposal, TouchedEvents())
        }
        return (proposal, try await touched(by: body.decision))
    }

    private func stored(_ id: Int64) async throws -> StoredProposal {
        let found = try await ledger.database.read { connection in
            try connection.snapshot { try GraphReader(connection: connection).proposal(id) }
        }
        guard let found else { throw IdentityError.unknownProposal(id) }
        return found
    }

    // MARK: Proposing

    /// Asks others to agree to a decision. Nothing is done yet; what would come of it is tried out and kept with the proposal.
    /// Whoever asks for the same on the same state again is told of the proposal that waits.
    func propose(
        _ decision: IdentityDecision,
        approvals needed: Int,
        by actor: IdentityActor
    ) async throws -> IdentityProposal {
        let touched = try await touched(by: decision)
        let seconds = approvals.proposalSeconds
        let id = try await change { plan in
            let decision = try self.pinned(decision, plan)
            let trial = try plan.again()
            let (outcome, _) = try self.carryOut(decision, trial, touched: touched, by: actor)
            let body = ProposalBody(decision, outcome.consequence)
            let state = try plan.state(of: decision)
            let now = Timestamp(milliseconds: plan.now)
            let open = try plan.reader.proposals(all: false, limit: Self.mostProposals)
            for earlier in open where earlier.approval.requester == actor.name && earlier.state == state.digest {
                let isSame = earlier.body(plan.tokens.keyring)?.decision.json == decision.json
                if isSame, !earlier.approval.isExpired(at: now) { return (earlier.id, []) }
            }
            guard open.count < Self.mostProposals else {
                throw IdentityError.conflict("\(open.count) proposals wait already: decide about those first")
            }
            let id = plan.newID()
            let proposal = StoredProposal(
                id: id,
                kind: decision.kind,
                status: .waiting,
                approval: Approval(requester: actor.name, needed: needed, expiresAt: now.adding(seconds: seconds)),
                reason: actor.reason ?? "",
                proposed: plan.now,
                state: state.digest,
                keyEpoch: plan.tokens.keyring.newest.epoch,
                sealed: try body.sealed(id: id, plan.tokens.keyring.newest),
                endedBy: nil,
                endReason: nil
            )
            plan.add(.proposal(.make(proposal)))
            var fields = try self.fields(of: proposal, state, plan)
            fields["approvalsNeeded"] = .integer(Int64(needed))
            fields["expiresAt"] = .string(proposal.approval.expiresAt.description)
            fields["touchedEvents"] = .integer(Int64(touched.count))
            return (id, [self.event(.identityDecisionProposed, actor, fields)])
        }
        return try await proposal(id).proposal
    }

    // MARK: Deciding

    /// Agrees to a proposal. With the last agreement that it needs the decision is carried out, in the same transaction, on the
    /// state on which it was proposed; on another it is not, and the proposal ends.
    /// - Throws: ``IdentityError`` when the agreement does not count.
    public func approve(
        _ id: Int64,
        by actor: IdentityActor
    ) async throws -> (proposal: IdentityProposal, outcome: DecisionOutcome?) {
        let asked = try await stored(id)
        var touched = TouchedEvents()
        if asked.status == .waiting, let body = asked.body(tokens.keyring) {
            do { touched = try await self.touched(by: body.decision) } catch IdentityError.unknownCustomer {
                // Somebody named in it was forgotten a moment ago: the proposal has ended, as is said below.
            }
        }
        let found = touched
        let verdict = try await change { plan in try self.approve(id, plan, touched: found, by: actor) }
        switch verdict {
        case .ended(let problem): throw problem
        case .agreed: return (try await proposal(id).proposal, nil)
        case .carriedOut(let outcome): return (try await proposal(id).proposal, try await finish(outcome))
        }
    }

    /// Refuses a proposal, or withdraws one's own.
    public func reject(_ id: Int64, by actor: IdentityActor) async throws -> IdentityProposal {
        try await change { plan in
            let stored = try self.waiting(id, plan)
            plan.add(.proposal(.end(id, .rejected, by: actor.name, reason: actor.reason, at: plan.now)))
            let fields = try self.fields(of: stored, try plan.state(of: stored), plan)
            return ((), [self.event(.identityDecisionRejected, actor, fields)])
        }
        return try await proposal(id).proposal
    }

    /// Ends the proposals whose time is over.
    public func expireProposals() async throws {
        let now = clock.now().milliseconds
        guard try await ledger.database.read({ try GraphReader(connection: $0).hasExpiredProposals(at: now) }) else {
            return
        }
        try await change { plan in
            var events: [Event] = []
            let moment = Timestamp(milliseconds: plan.now)
            for stored in try plan.reader.proposals(all: false, limit: Self.mostProposals)
            where stored.approval.isExpired(at: moment) {
                events.append(try self.lapse(stored, .expired, plan))
            }
            return ((), events)
        }
    }

    private enum Verdict: Sendable {
        case agreed
        case carriedOut(DecisionOutcome)
        case ended(IdentityError)
    }

    private func approve(
        _ id: Int64,
        _ plan: GraphPlan,
        touched: TouchedEvents,
        by actor: IdentityActor
    ) throws -> (value: Verdict, events: [Event]) {
        var stored = try waiting(id, plan)
        let now = Timestamp(milliseconds: plan.now)
        if stored.approval.isExpired(at: now) {
            return (.ended(.approval(.expired(stored.approval.expiresAt))), [try lapse(stored, .expired, plan)])
        }
        do throws(ApprovalObstacle) { try stored.approval.agree(actor.name, at: now) } catch {
            throw IdentityError.approval(error)
        }
        let state = try plan.state(of: stored)
        guard let decision = stored.body(plan.tokens.keyring)?.decision, let state, state.digest == stored.state else {
            let problem = IdentityError.conflict(
                "what is known of these customers has changed since this was proposed: look at it and propose it anew"
            )
            return (.ended(problem), [try lapse(stored, .overtaken, plan)])
        }
        plan.add(.proposal(.agree(id, by: actor.name, at: plan.now)))
        let agreed = event(.identityDecisionApproved, actor, try fields(of: stored, state, plan))
        guard stored.approval.isComplete else { return (.agreed, [agreed]) }
        let requester = IdentityActor(name: stored.approval.requester, reason: stored.reason)
        var (outcome, events) = try carryOut(decision, plan, touched: touched, by: requester, proposal: id)
        for place in events.indices {
            events[place].fields["proposalId"] = .integer(id)
            events[place].fields["approvedBy"] = .array(stored.approval.approvers.map { .string($0) })
        }
        plan.add(.proposal(.end(id, .carriedOut, by: nil, reason: nil, at: plan.now)))
        return (.carriedOut(outcome), [agreed] + events)
    }

    private func waiting(_ id: Int64, _ plan: GraphPlan) throws -> StoredProposal {
        guard let stored = try plan.reader.proposal(id) else { throw IdentityError.unknownProposal(id) }
        guard stored.status == .waiting else {
            throw IdentityError.conflict("this proposal has ended: it is \(stored.status.rawValue)")
        }
        return stored
    }

    /// Ends a proposal that nobody decided.
    func lapse(_ stored: StoredProposal, _ status: IdentityProposal.Status, _ plan: GraphPlan) throws -> Event {
        plan.add(.proposal(.end(stored.id, status, by: nil, reason: nil, at: plan.now)))
        var fields = try fields(of: stored, nil, plan)
        fields["cause"] = .string(status.rawValue)
        return event(.identityDecisionLapsed, IdentityActor(name: producer), fields)
    }

    /// What every event about a proposal says: customers under codes of their own keys alone.
    private func fields(
        of stored: StoredProposal,
        _ state: GraphPlan.State?,
        _ plan: GraphPlan
    ) throws -> [String: JSONValue] {
        var fields: [String: JSONValue] = [
            "proposalId": .integer(stored.id), "decision": .string(stored.kind.rawValue),
            "requester": .string(stored.approval.requester),
        ]
        let people = try (state?.people ?? []).map { JSONValue.string(try plan.key(of: $0).subject) }
        if let first = people.first { fields["customerId"] = first }
        if people.count > 1 { fields["others"] = .array(Array(people.dropFirst().prefix(100))) }
        return fields
    }

    /// The same decision with customers under their ids, and the merge that is meant: what is agreed to is what was shown.
    private func pinned(_ decision: IdentityDecision, _ plan: GraphPlan) throws -> IdentityDecision {
        func id(_ reference: CustomerReference) throws -> CustomerReference {
            .customer(try Self.person(reference, in: plan).customer)
        }
        switch decision {
        case .merge(let first, let second): return .merge(try id(first), try id(second))
        case .apart(let first, let second): return .apart(try id(first), try id(second))
        case .together(let first, let second): return .together(try id(first), try id(second))
        case .unlink(let identifier, let customer): return .unlink(identifier, from: try id(customer))
        case .forget(let customer, let request): return .forget(try id(customer), request: request)
        case .unmerge(let customer, let merge, let keepApart):
            let newest = try merge ?? newestMerge(of: try Self.person(customer, in: plan), plan)
            return .unmerge(try id(customer), merge: newest, keepApart: keepApart)
        case .link, .share, .settle: return decision
        }
    }
}
