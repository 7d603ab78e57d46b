import Approvals
import JSON
import Ledger
import Storage
import TestStores
import Testing
import WallTime

@testable import Identity

@Suite struct ProposalTests {
    private let ann = IdentityActor(name: "ann", reason: "she showed a card")
    private let bob = IdentityActor(name: "bob", reason: "I saw the copy")
    private let carol = IdentityActor(name: "carol", reason: "me too")

    private func proposed(_ scratch: Scratch, _ decision: IdentityDecision) async throws -> IdentityProposal {
        guard case .proposed(let proposal) = try await scratch.registry.decide(decision, by: ann) else {
            throw Unexpected()
        }
        return proposal
    }

    private func events(_ scratch: Scratch) async throws -> [JSONValue] {
        var all: [JSONValue] = []
        for type: EventType in [
            .identityDecisionProposed, .identityDecisionApproved, .identityDecisionRejected, .identityDecisionLapsed,
        ] { all += try await scratch.events(type) }
        return all
    }

    /// Whatever is decided, it happens with the last agreement, once, and not before.
    @Test(arguments: Engine.allCases)
    func aMergeHappensWithTheSecondPersonsAgreement(engine: Engine) async throws {
        let scratch = try Scratch(engine)
        let first = try await scratch.link(phone(1), customer(1))
        let second = try await scratch.link(email("ann"), customer(2))
        let decision = IdentityDecision.merge(.identifier(phone(1)), .identifier(email("ann")))
        let proposal = try await proposed(scratch, decision)
        #expect(proposal.status == .waiting && proposal.approval.needed == 1 && proposal.reason == ann.reason)
        #expect(proposal.customers == [first.customer, second.customer].compactMap(\.self))
        #expect(proposal.consequence["other"]?.string == second.customer)
        #expect(try await scratch.owner(email("ann")) == second.customer)
        // Asked again it is the same proposal, and no second event.
        #expect(try await proposed(scratch, decision).id == proposal.id)
        #expect(try await scratch.events(.identityDecisionProposed).count == 1)
        let (shown, touched) = try await scratch.registry.proposal(proposal.id)
        #expect(shown.status == .waiting && touched.count == 3 && touched.list.count == 3)

        await #expect(throws: IdentityError.approval(.isRequester)) {
            try await scratch.registry.approve(proposal.id, by: ann)
        }
        let (ended, outcome) = try await scratch.registry.approve(proposal.id, by: bob)
        guard case .merged(let result)? = outcome else { throw Unexpected() }
        #expect(result.customer == first.customer && result.other == second.customer && result.touched.count == 3)
        #expect(ended.status == .carriedOut && ended.approval.approvers == ["bob"] && ended.customers.isEmpty)
        #expect(try await scratch.owner(email("ann")) == first.customer)
        await #expect(throws: IdentityError.self) { try await scratch.registry.approve(proposal.id, by: carol) }
        let merged = try await scratch.events(.identityMerged)
        #expect(merged.count == 1 && merged[0]["actor"] == "ann" && merged[0]["approvedBy"] == ["bob"])
        #expect(merged[0]["proposalId"]?.int == Int(proposal.id) && merged[0]["reason"]?.string == ann.reason)
        #expect(try await scratch.events(.identityDecisionApproved).map { $0["actor"] } == ["bob"])
        #expect(try await scratch.registry.proposals().isEmpty)
        #expect(try await scratch.registry.proposals(all: true).map(\.id) == [proposal.id])
    }

    @Test func whatTakesApartNeedsNobodyAndWhatBringsTogetherDoes() async throws {
        let usual = DecisionApprovals.usual
        let alone = IdentityDecision.Kind.allCases.filter { usual.needed(for: $0) == 0 }
        #expect(Set(alone) == [.unmerge, .apart, .unlink, .share, .settle])
        #expect(IdentityDecision.share(phone(1), .hub).kind == .share)
        #expect(IdentityDecision.share(phone(1), .personal).kind == .unshare)
        let scratch = try Scratch()
        try await scratch.link(phone(1))
        guard case .done(.shared(.hub)) = try await scratch.registry.decide(.share(phone(1), .hub), by: ann) else {
            throw Unexpected()
        }
        let back = try await proposed(scratch, .share(phone(1), .personal))
        _ = try await scratch.registry.approve(back.id, by: bob)
        #expect(try await scratch.events(.identityShared).map { $0["sharing"] } == ["hub", "personal"])
        // A record that a person decided does not slip in as a source's report.
        let record = IdentityRecord(identifiers: [phone(2)], source: "desk", assurance: .verified, decider: .human)
        await #expect(throws: IdentityError.self) { try await scratch.registry.link(record, by: ann) }
    }

    /// Each kind is written, read back, and carried out as it was asked for.
    @Test(arguments: Engine.allCases)
    func everyKindIsCarriedOutAsAsked(engine: Engine) async throws {
        let needed = Dictionary(uniqueKeysWithValues: IdentityDecision.Kind.allCases.map { ($0, 1) })
        let scratch = try Scratch(engine, approvals: DecisionApprovals(needed: needed))
        let one = try await scratch.link(phone(1), customer(1))
        let two = try await scratch.link(email("two"))
        func agreed(_ decision: IdentityDecision) async throws -> DecisionOutcome {
            let proposal = try await proposed(scratch, decision)
            #expect(proposal.kind == decision.kind)
            return try #require(try await scratch.registry.approve(proposal.id, by: bob).outcome)
        }
        let (mine, theirs) = (CustomerReference.identifier(phone(1)), CustomerReference.identifier(email("two")))
        guard case .merged(let merged) = try await agreed(.merge(mine, theirs)) else { throw Unexpected() }
        #expect(merged.customer == one.customer && merged.other == two.customer)
        guard case .unmerged(let freed) = try await agreed(.unmerge(theirs, merge: nil, keepApart: true)) else {
            throw Unexpected()
        }
        #expect(freed.mergeID == merged.mergeID && freed.other == two.customer)
        guard case .apart(false) = try await agreed(.together(mine, theirs)) else { throw Unexpected() }
        guard case .apart(true) = try await agreed(.apart(mine, theirs)) else { throw Unexpected() }
        var record = IdentityRecord(
            identifiers: [phone(1), account(4)],
            source: "desk",
            assurance: .verified,
            decider: .human,
            sharing: .joint
        )
        record.forgotten = .recontact
        guard case .linked(let linked) = try await agreed(.link(record)) else { throw Unexpected() }
        #expect(linked.customer == one.customer && linked.linked.contains(.account))
        #expect(try await scratch.events(.identityLinked).last?["decidedBy"] == "human")
        guard case .shared(.joint) = try await agreed(.share(account(4), .joint)) else { throw Unexpected() }
        guard case .unlinked = try await agreed(.unlink(account(4), from: mine)) else { throw Unexpected() }
        #expect(try await scratch.owner(account(4)) == nil)
        guard case .forgotten(let receipt) = try await agreed(.forget(theirs, request: "dsar-1")) else {
            throw Unexpected()
        }
        #expect(receipt.customers == [two.customer].compactMap(\.self) && receipt.entry > 0)
        let forgotten = try #require(try await scratch.events(.identityForgotten).first)
        #expect(forgotten["requestId"] == "dsar-1" && forgotten["approvedBy"] == ["bob"])
        // Nothing that names a customer for ever went into the record.
        for event in try await events(scratch) {
            let text = try String(decoding: event.canonicalBytes(), as: UTF8.self)
            #expect(!text.contains("cust_") && !text.contains("415555") && !text.contains("example.com"))
        }
    }

    @Test(arguments: Engine.allCases)
    func onAnotherStateItIsNotCarriedOut(engine: Engine) async throws {
        let scratch = try Scratch(engine)
        let first = try await scratch.link(phone(1), customer(1))
        let second = try await scratch.link(email("ann"), customer(2))
        let decision = IdentityDecision.merge(.identifier(phone(1)), .identifier(email("ann")))
        let proposal = try await proposed(scratch, decision)
        // What happens to others, and what is recorded of these, changes nothing.
        try await scratch.link(phone(7), customer(7))
        try await scratch.registry.expireProposals()
        try await scratch.link(email("ann"), account(3))
        await #expect(throws: IdentityError.self) { try await scratch.registry.approve(proposal.id, by: bob) }
        #expect(try await scratch.owner(email("ann")) == second.customer)
        let (ended, _) = try await scratch.registry.proposal(proposal.id)
        #expect(ended.status == .overtaken && ended.customers.isEmpty)
        let lapsed = try await scratch.events(.identityDecisionLapsed)
        #expect(lapsed.count == 1 && lapsed[0]["cause"] == "overtaken")
        let anew = try await proposed(scratch, decision)
        #expect(anew.id != proposal.id)
        _ = try await scratch.registry.approve(anew.id, by: bob)
        #expect(try await scratch.owner(email("ann")) == first.customer)
    }

    @Test func onlyWhatIsThereIsProposed() async throws {
        let scratch = try Scratch()
        try await scratch.link(phone(1), email("ann"))
        await #expect(throws: IdentityError.unknownIdentifier(.phone)) {
            try await proposed(scratch, .forget(.identifier(phone(9)), request: nil))
        }
        await #expect(throws: IdentityError.self) {
            try await proposed(scratch, .merge(.identifier(phone(1)), .identifier(email("ann"))))
        }
        await #expect(throws: IdentityError.unknownProposal(77)) { try await scratch.registry.approve(77, by: bob) }
        #expect(try await events(scratch).isEmpty)
    }

    @Test(arguments: Engine.allCases)
    func itEndsAtItsTimeAndCanBeRefused(engine: Engine) async throws {
        let approvals = DecisionApprovals(needed: [.merge: 2, .forget: 1], proposalSeconds: 600)
        let scratch = try Scratch(engine, approvals: approvals)
        try await scratch.link(phone(1))
        try await scratch.link(phone(2))
        let merge = IdentityDecision.merge(.identifier(phone(1)), .identifier(phone(2)))
        let slow = try await proposed(scratch, merge)
        #expect(try await scratch.registry.approve(slow.id, by: bob).outcome == nil)
        await #expect(throws: IdentityError.approval(.agreedBefore)) {
            try await scratch.registry.approve(slow.id, by: bob)
        }
        scratch.clock.advance(seconds: 600)
        #expect(try await scratch.registry.proposal(slow.id).proposal.status == .expired)
        await #expect(throws: IdentityError.approval(.expired(slow.approval.expiresAt))) {
            try await scratch.registry.approve(slow.id, by: carol)
        }
        let other = try await proposed(scratch, .forget(.identifier(phone(2)), request: nil))
        let refused = try await scratch.registry.reject(other.id, by: bob)
        #expect(refused.status == .rejected && refused.endedBy == "bob" && refused.endReason == bob.reason)
        await #expect(throws: IdentityError.self) { try await scratch.registry.approve(other.id, by: carol) }
        let last = try await proposed(scratch, merge)
        scratch.clock.advance(seconds: 601)
        try await scratch.registry.expireProposals()
        try await scratch.registry.expireProposals()
        #expect(try await scratch.registry.proposal(last.id).proposal.status == .expired)
        #expect(try await scratch.events(.identityDecisionLapsed).map { $0["cause"] } == ["expired", "expired"])
        #expect(try await scratch.events(.identityMerged).isEmpty)
        let kept = try await scratch.ledger.database.read { connection in
            try connection.first("SELECT COUNT(*) FROM identity_proposals WHERE sealed IS NOT NULL") { $0.integer(0) }
        }
        #expect(kept == 0)
    }

    /// Of two people who agree at the same moment one carries it out.
    @Test(arguments: Engine.allCases)
    func twoAtOnceCarryItOutOnce(engine: Engine) async throws {
        let scratch = try Scratch(engine)
        try await scratch.link(phone(1))
        try await scratch.link(phone(2))
        let proposal = try await proposed(scratch, .merge(.identifier(phone(1)), .identifier(phone(2))))
        let other = try IdentityRegistry(
            ledger: scratch.ledger,
            keyring: scratch.registry.tokens.keyring,
            normaliser: try Normaliser(),
            clock: scratch.clock,
            producer: "other"
        )
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for (registry, actor) in [(scratch.registry, bob), (other, carol)] {
                group.addTask { (try? await registry.approve(proposal.id, by: actor).outcome) != nil }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.filter(\.self).count == 1)
        #expect(try await scratch.events(.identityMerged).count == 1)
        #expect(try await scratch.events(.identityDecisionApproved).count == 1)
    }

    /// A forgetting takes what others proposed about the person with it, by whichever name.
    @Test(arguments: Engine.allCases)
    func aForgettingEndsProposalsAboutThePerson(engine: Engine) async throws {
        let scratch = try Scratch(engine)
        let person = try await scratch.link(phone(1), email("ann"))
        try await scratch.link(phone(2))
        try await scratch.link(phone(3))
        let merge = try await proposed(scratch, .merge(.identifier(phone(1)), .identifier(phone(2))))
        let record = IdentityRecord(
            identifiers: [email("ann"), account(1)],
            source: "desk",
            assurance: .verified,
            decider: .human
        )
        let link = try await proposed(scratch, .link(record))
        let others = try await proposed(scratch, .merge(.identifier(phone(2)), .identifier(phone(3))))
        let forget = try await proposed(scratch, .forget(.customer(person.customer ?? ""), request: nil))
        #expect(forget.consequence["keysDestroyed"] == 1 && forget.consequence["identifiersErased"] == 2)
        _ = try await scratch.registry.approve(forget.id, by: bob)
        for id in [merge.id, link.id] {
            #expect(try await scratch.registry.proposal(id).proposal.status == .forgotten)
            await #expect(throws: IdentityError.self) { try await scratch.registry.approve(id, by: bob) }
        }
        #expect(try await scratch.registry.proposal(others.id).proposal.status == .waiting)
        #expect(try await scratch.events(.identityDecisionLapsed).map { $0["cause"] } == ["forgotten", "forgotten"])
        let sealed = try await scratch.ledger.database.read { connection in
            try connection.all("SELECT id FROM identity_proposals WHERE sealed IS NOT NULL") { $0.integer(0) }
        }
        #expect(sealed == [others.id])
    }

    /// A proposal outlives a rotation of keys; without its key nothing can be agreed to.
    @Test func itIsSealedUnderTheTenantsKey() async throws {
        let scratch = try Scratch()
        try await scratch.link(phone(1))
        try await scratch.link(phone(2))
        let merge = IdentityDecision.merge(.identifier(phone(1)), .identifier(phone(2)))
        let proposal = try await proposed(scratch, merge)
        var generator = Seeded(seed: 5)
        let rotated = try scratch.registry.tokens.keyring.rotated(using: &generator)
        scratch.registry.replaceKeyring(with: rotated)
        let (shown, _) = try await scratch.registry.proposal(proposal.id)
        #expect(shown.customers.count == 2)
        _ = try await scratch.registry.approve(proposal.id, by: bob)
        #expect(try await scratch.events(.identityMerged).count == 1)
        let body = ProposalBody(.link(IdentityRecord(identifiers: [phone(4)], source: "s", assurance: .claimed)), [:])
        let key = rotated.newest
        let sealed = try body.sealed(id: 9, key)
        #expect(ProposalBody(sealed, id: 9, key)?.decision.identifiers == [phone(4)])
        #expect(ProposalBody(sealed, id: 8, key) == nil && ProposalBody(Array(sealed.dropLast()), id: 9, key) == nil)
    }
}
