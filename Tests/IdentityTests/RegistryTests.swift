import JSON
import Ledger
import Storage
import TestStores
import Testing
import WallTime

@testable import Identity

@Suite struct LinkTests {
    @Test(arguments: Engine.allCases)
    func aCallerAndAChatterAreFoundToBeOne(engine: Engine) async throws {
        let scratch = try Scratch(engine)
        let caller = try await scratch.link(phone(1), customer(1))
        let chatter = try await scratch.link(email("ann"), account(9))
        #expect(caller.isNew && chatter.isNew && caller.customer != chatter.customer)
        let both = try await scratch.link(customer(1), email("ann"))
        #expect(both.customer == caller.customer && both.absorbed == [chatter.customer])
        for identifier in [phone(1), customer(1), email("ann"), account(9)] {
            #expect(try await scratch.owner(identifier) == caller.customer)
        }
        let merged = try await scratch.events(.identityMerged)
        #expect(merged.count == 1 && merged[0]["decidedBy"] == "rule")
        let changes = try await scratch.registry.changes(after: 0, limit: 100)
        #expect(changes.map(\.kind).filter { $0 != "linked" } == ["created", "created", "merged"])
        #expect(changes.last { $0.kind == "merged" }?.other == chatter.customer)
    }

    @Test func linkingAgainChangesNothing() async throws {
        let scratch = try Scratch()
        let first = try await scratch.link(phone(1), email("ann"))
        let size = scratch.ledger.health.head.size
        let again = try await scratch.link(email("ann"), phone(1))
        #expect(again.customer == first.customer && !again.isNew && again.linked.isEmpty)
        #expect(scratch.ledger.health.head.size == size)
        // A surer source raises the assurance of a link that is there.
        try await scratch.link(email("ann"), assurance: .verified)
        #expect(try await scratch.registry.find([email("ann")], for: .privacyRequest).outcome == .resolved)
        #expect(try await scratch.registry.find([phone(1)], for: .privacyRequest).outcome == .insufficient)
    }

    /// Two customer numbers are two people: a shared phone does not make them one, and decides nothing from then on.
    @Test(arguments: Engine.allCases)
    func exclusiveKindsKeepPeopleApart(engine: Engine) async throws {
        let scratch = try Scratch(engine)
        let ann = try await scratch.link(customer(1), phone(7))
        let bob = try await scratch.link(customer(2), email("bob"))
        let third = try await scratch.link(customer(2), phone(7))
        #expect(third.customer == bob.customer && third.absorbed.isEmpty && third.conflicts.count == 1)
        #expect(ann.customer != bob.customer)
        #expect(try await scratch.registry.find([phone(7)], for: .routing).outcome == .ambiguous)
        #expect(try await scratch.owner(customer(1)) == ann.customer)
        // With the customer number the answer is certain for service, but not for disclosure: the line points elsewhere too.
        #expect(try await scratch.registry.find([phone(7), customer(1)], for: .service).customer == ann.customer)
        #expect(try await scratch.registry.find([phone(7), customer(1)], for: .disclosure).outcome == .ambiguous)
        let conflicts = try await scratch.registry.openConflicts(limit: 10)
        #expect(conflicts.count == 1 && Set(conflicts[0].customers) == [ann.customer ?? "", bob.customer ?? ""])
        try await scratch.registry.settle(conflict: conflicts[0].id, by: scratch.actor)
        #expect(try await scratch.registry.openConflicts(limit: 10).isEmpty)
        let second = try await scratch.link(phone(3), customer(1), customer(5))
        #expect(second.conflicts.count == 1 && second.linked == [.phone])
        #expect(try await scratch.owner(customer(5)) == nil)
    }

    @Test func aWeakRecordMergesNobody() async throws {
        let scratch = try Scratch()
        let ann = try await scratch.link(phone(1))
        let bob = try await scratch.link(email("bob"))
        let claimed = try await scratch.link(phone(1), email("bob"), assurance: .observed)
        #expect(claimed.absorbed.isEmpty && claimed.conflicts.count == 1)
        #expect(try await scratch.owner(phone(1)) == nil || ann.customer != bob.customer)
        #expect(try await scratch.events(.identityMerged).isEmpty)
    }

    @Test func sharedIdentifiersNeverMergePeople() async throws {
        let scratch = try Scratch()
        let ann = try await scratch.link(customer(1), phone(1))
        try await scratch.registry.share(phone(1), as: .household, by: scratch.actor)
        let bob = try await scratch.link(phone(1), email("bob"))
        #expect(bob.isNew && bob.customer != ann.customer)
        let found = try await scratch.registry.find([phone(1)], for: .disclosure)
        #expect(found.outcome == .ambiguous && found.isShared && found.customer == nil)
        #expect(try await scratch.registry.find([phone(1), email("bob")], for: .disclosure).customer == bob.customer)
        #expect(try await scratch.events(.identityShared).map { $0["sharing"] } == ["household"])
    }

    /// One number for more people than one person's identifier has: from then on it is nobody's evidence.
    @Test func hubsDecideNothing() async throws {
        var rules = IdentityRules()
        rules.mostPeoplePerIdentifier = 2
        let scratch = try Scratch(rules: rules)
        for number in 1...4 { try await scratch.link(customer(number), phone(9)) }
        #expect(try await scratch.registry.find([phone(9)], for: .routing).isShared)
        let fifth = try await scratch.link(phone(9), email("eve"))
        #expect(fifth.isNew)
        for number in 1...4 { #expect(try await scratch.owner(customer(number)) != nil) }
    }

    @Test func rulesOfSeveralKindsNeedThemAll() async throws {
        var rules = IdentityRules()
        rules.matching = [[.customer], [.email, .phone]]
        let scratch = try Scratch(rules: rules)
        let ann = try await scratch.link(email("ann"), phone(1))
        #expect(try await scratch.link(phone(1), account(1)).isNew)
        #expect(try await scratch.link(email("ann"), phone(1), account(2)).isNew)
        let other = try await scratch.link(email("bob"), phone(2))
        #expect(try await scratch.link(email("bob"), phone(2), account(3)).customer == other.customer)
        #expect(ann.customer != other.customer)
    }

    @Test func humanDecisionsOutrankRules() async throws {
        let scratch = try Scratch()
        let ann = try await scratch.link(phone(1), email("ann"))
        try await scratch.registry.unlink(phone(1), from: .identifier(email("ann")), by: scratch.actor)
        #expect(try await scratch.owner(phone(1)) == nil)
        let again = try await scratch.link(phone(1), email("ann"))
        #expect(again.linked.isEmpty && again.conflicts.count == 1)
        let human = try await scratch.link(phone(1), email("ann"), decider: .human)
        #expect(human.linked == [.phone] && human.customer == ann.customer)
        #expect(try await scratch.link(phone(1), email("ann")).conflicts.isEmpty)
    }

    @Test func theAnonymousPathInventsNobody() async throws {
        let scratch = try Scratch()
        var request = ResolutionRequest(
            identifiers: [phone(1), email("ann")],
            purpose: .routing,
            channel: "VOICE",
            source: "IVR"
        )
        request.interaction = "I-1"
        let (resolution, _) = try await scratch.registry.resolve(request, by: scratch.actor)
        #expect(resolution.outcome == .anonymous && resolution.customer == nil)
        let event = try #require(try await scratch.events(.identityResolution).first)
        #expect(event["resolvedCustomerId"] == .null && event["customerId"] == nil)
        #expect(event["piiContext"] == ["phoneHash": .null, "emailHash": .null, "accountNumberHash": .null])
        #expect(try await scratch.registry.changes(after: 0, limit: 1).isEmpty)
    }

    @Test func theEventHasTheAgreedShape() async throws {
        let scratch = try Scratch()
        let ann = try await scratch.link(phone(1), account(77))
        var request = ResolutionRequest(
            identifiers: [phone(1), account(77)],
            purpose: .service,
            channel: "VOICE",
            source: "CRM_API_LOOKUP"
        )
        request.interaction = "i-1"
        request.queue = "q-sales"
        request.consentRecorded = true
        let (resolution, receipt) = try await scratch.registry.resolve(request, by: scratch.actor)
        #expect(resolution.customer == ann.customer && resolution.decidedBy == .account)
        let bytes = try await scratch.ledger.entry(at: receipt.index)
        let event = try JSONValue(parsing: bytes)
        let members = [
            "eventType", "timestamp", "interactionId", "channelType", "resolvedCustomerId", "resolutionSource",
            "piiContext",
            "complianceFlags", "agentId", "queueId",
        ]
        for member in members { #expect(event[member] != nil, "\(member)") }
        #expect(event["complianceFlags"] == ["gdprConsentRecorded": true, "dataSubjectRequestPending": .null])
        #expect(event["piiContext"]?["phoneHash"]?.string?.utf8.count == 64)
        #expect(event["piiContext"]?["emailHash"] == .null)
        let names = try await scratch.registry.ledgerNames(of: .customer(ann.customer ?? ""))
        #expect(names == [event["resolvedCustomerId"]?.string ?? ""])
        // Neither identifier nor global id, nor any token, stands in the entry.
        let text = String(decoding: bytes, as: UTF8.self)
        for secret in [phone(1).value, "ACC77", ann.customer ?? ""] { #expect(!text.contains(secret)) }
        for token in scratch.registry.tokens.tokens(phone(1)) { #expect(!text.contains(token.suffix(64))) }
    }
}

@Suite struct DecisionTests {
    @Test(arguments: Engine.allCases)
    func aMergeListsWhatItTouches(engine: Engine) async throws {
        let scratch = try Scratch(engine)
        let ann = try await scratch.link(customer(1))
        let bob = try await scratch.link(customer(2))
        let name = try await scratch.registry.subject(ofCustomerNumber: customer(2), source: "gateway")
        let seen = Event(
            type: .customerDataAccessed,
            identity: EventIdentity(producer: "gateway", id: "1"),
            timestamp: scratch.clock.now(),
            fields: ["customerId": .string(name), "agentId": "a-1"]
        )
        let entry = try await scratch.ledger.append(seen).index
        let result = try await scratch.registry.merge(
            .identifier(customer(1)),
            .identifier(customer(2)),
            by: scratch.actor
        )
        #expect(result.customer == ann.customer && result.other == bob.customer)
        #expect(result.touched.list.contains { $0.index == entry && $0.customer == bob.customer })
        #expect(result.touched.count == result.touched.list.count)
        #expect(try await scratch.registry.ledgerNames(of: .identifier(customer(1))).contains(name))
        let undone = try await scratch.registry.unmerge(.identifier(customer(2)), mergeID: nil, by: scratch.actor)
        #expect(undone.customer == ann.customer && undone.other == bob.customer)
        #expect(undone.touched.list.contains { $0.index == entry })
        #expect(try await !scratch.registry.ledgerNames(of: .identifier(customer(1))).contains(name))
        let event = try #require(try await scratch.events(.identityUnmerged).first)
        #expect(event["keptApart"] == true && event["reason"] == "because" && event["actor"] == "tester")
        await #expect(throws: IdentityError.self) {
            try await scratch.registry.merge(.identifier(customer(1)), .identifier(customer(2)), by: scratch.actor)
        }
        try await scratch.registry.allowTogether(.identifier(customer(1)), .identifier(customer(2)), by: scratch.actor)
        _ = try await scratch.registry.merge(.identifier(customer(1)), .identifier(customer(2)), by: scratch.actor)
    }

    /// A rule cannot make one what a person parted, not even through a third.
    @Test func whatWasPartedStaysParted() async throws {
        let scratch = try Scratch()
        try await scratch.link(phone(1))
        try await scratch.link(phone(2))
        try await scratch.link(phone(3))
        try await scratch.registry.keepApart(.identifier(phone(1)), .identifier(phone(2)), by: scratch.actor)
        let one = try await scratch.registry.merge(.identifier(phone(1)), .identifier(phone(3)), by: scratch.actor)
        let refused = try await scratch.link(phone(3), phone(2), assurance: .verified)
        #expect(refused.absorbed.isEmpty)
        await #expect(throws: IdentityError.self) {
            try await scratch.registry.merge(.identifier(phone(2)), .identifier(phone(3)), by: scratch.actor)
        }
        await #expect(throws: IdentityError.self) {
            try await scratch.registry.merge(.identifier(phone(1)), .identifier(phone(3)), by: scratch.actor)
        }
        await #expect(throws: IdentityError.self) {
            try await scratch.registry.keepApart(.identifier(phone(1)), .identifier(phone(3)), by: scratch.actor)
        }
        await #expect(throws: IdentityError.unknownCustomer) {
            try await scratch.registry.merge(.customer("cust_0"), .identifier(phone(3)), by: scratch.actor)
        }
        #expect(one.customer != one.other)
    }

    @Test(arguments: Engine.allCases)
    func explainsNowAndThen(engine: Engine) async throws {
        let scratch = try Scratch(engine)
        let ann = try await scratch.link(phone(1), email("ann"))
        let bob = try await scratch.link(phone(2))
        let cid = try await scratch.link(phone(3))
        let before = scratch.clock.now()
        scratch.clock.advance(seconds: 60)
        let merge = try await scratch.registry.merge(.identifier(phone(2)), .identifier(phone(1)), by: scratch.actor)
        _ = try await scratch.registry.merge(.identifier(phone(3)), .identifier(phone(2)), by: scratch.actor)
        scratch.clock.advance(seconds: 60)
        let during = scratch.clock.now()
        scratch.clock.advance(seconds: 60)
        let path = try #require(try await scratch.registry.path(from: .identifier(phone(1)), to: .identifier(phone(3))))
        #expect(
            path.map(\.first) == [bob.customer, cid.customer] && path.map(\.second) == [ann.customer, bob.customer]
        )
        _ = try await scratch.registry.unmerge(.identifier(phone(1)), mergeID: merge.mergeID, by: scratch.actor)
        let now = try await scratch.registry.explain(.identifier(phone(3)))
        #expect(now.customer == bob.customer && now.ids == [bob.customer, cid.customer] && now.apart == [ann.customer])
        #expect(now.merges.count == 2 && now.merges[0].until != nil && now.merges[1].until == nil)
        let then = try await scratch.registry.explain(.customer(cid.customer ?? ""), asOf: during)
        #expect(then.customer == ann.customer && then.ids.count == 3 && then.identifiers.count == 4)
        #expect(then.merges.allSatisfy { $0.until == nil && $0.isHumanDecision })
        let earlier = try await scratch.registry.explain(.identifier(phone(3)), asOf: before)
        #expect(earlier.ids == [cid.customer] && earlier.merges.isEmpty)
        #expect(now.identifiers.allSatisfy { !$0.tokens.isEmpty && $0.source == "test" })
        let parted = try await scratch.registry.path(from: .identifier(phone(1)), to: .identifier(phone(3)))
        #expect(parted == nil)
    }

    /// Many writers at once, through two registries as on two nodes: nothing is lost, nothing is made twice.
    @Test(arguments: Engine.allCases)
    func writersDoNotTrip(engine: Engine) async throws {
        let scratch = try Scratch(engine)
        let other = try IdentityRegistry(
            ledger: scratch.ledger,
            keyring: scratch.registry.tokens.keyring,
            normaliser: try Normaliser(),
            clock: scratch.clock,
            producer: "other"
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask {
                    let record = IdentityRecord(
                        identifiers: [phone(number / 2), email("n\(number / 2)")],
                        source: "test",
                        assurance: .matched
                    )
                    _ = try await (number % 2 == 0 ? scratch.registry : other).link(record, by: scratch.actor)
                }
            }
            try await group.waitForAll()
        }
        let created = try await scratch.registry.changes(after: 0, limit: 1000).filter { $0.kind == "created" }
        #expect(created.count == 20 && Set(created.map(\.customer)).count == 20)
    }
}
