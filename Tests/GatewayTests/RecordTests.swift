import AccessPolicy
import AuditTrail
import Credentials
import Crypto
import Foundation
import Identity
import JSON
import Ledger
import MerkleLog
import Redaction
import Testing
import WallTime

@testable import Gateway

private func makeCore(commitments: Bool, mode: Route.Mode = .enforce) throws -> GatewayCore {
    let key = try TenantKey(secret: Array(repeating: 3, count: 32), tenant: "acme", epoch: 1)
    // In an order that is not that of RFC 8785, with names that sort differently as UTF-8 and UTF-16.
    let fields = try [
        field("zeta", .public), field("alpha", .phone), field("[\"\u{1F600}\"]", .name), field("[\"\u{FF5A}\"]", .name),
        field("list[].x", .email), field("card.cvv", .cardVerification),
    ]
    return try GatewayCore(
        settings: GatewaySettings(
            listener: .init(host: "127.0.0.1", port: 0, tls: nil),
            upstreams: [Upstream(name: "u\"p", host: "h", port: 1, tls: nil, region: "eu")],
            routes: [
                Route(
                    name: "r",
                    upstream: "u\"p",
                    request: UpstreamRequest(method: .get, path: "/{customerId}"),
                    fields: fields,
                    purposes: ["service"],
                    defaultPurpose: nil,
                    mode: mode
                )
            ],
            policy: Policy(
                version: "v\u{1}\"é",
                roles: [Role(name: "all", everyone: true)],
                rules: [
                    Rule(
                        id: "some",
                        effect: .allow,
                        roles: ["all"],
                        routes: ["*"],
                        purposes: ["*"],
                        categories: ["public", "name", "email"]
                    ),
                    Rule(
                        id: "masked",
                        effect: .mask,
                        roles: ["all"],
                        routes: ["*"],
                        purposes: ["*"],
                        categories: ["phone"]
                    ),
                ]
            ),
            commitments: commitments
        ),
        clients: ClientDirectory(tokenKey: SymmetricKey(size: .bits256)),
        tokeniser: Tokeniser(key: key),
        naming: nil,
        commitments: DisclosureCommitments(key: key),
        platform: nil,
        restrictions: AgentRestrictions(),
        spool: nil,
        redactors: [:],
        metrics: GatewayMetrics(),
        clock: ManualClock(Timestamp(milliseconds: 0))
    )
}

@Suite struct RecordTests {
    private let eventID = Array("0123456789abcdef0123456789abcdef".utf8)

    private func record(_ core: GatewayCore) throws -> AccessRecord {
        let body = Array(#"{"customerId":"C-SECRET-1","agentId":"A","interactionId":"I"}"#.utf8)
        var binding = Binding(.agentAndCustomerMatch)
        binding.channel = "voice"
        binding.queue = "q"
        return AccessRecord(
            core: core,
            prepared: core.routes[0],
            plan: core.plan(.init(route: 0, purpose: 0, grade: .verified), roles: ["all"]),
            request: try body.withUnsafeBytes { try ReadRequest($0) },
            isNeighbour: true,
            name: nil,
            purpose: "service",
            binding: binding,
            clientID: "cl_1",
            producer: "gateway",
            timestamp: Timestamp(milliseconds: 1_767_322_800_123),
            latencyMicroseconds: 1234
        )
    }

    private func project(_ record: AccessRecord) throws -> (AccessRecord.Manifest, [UInt8]) {
        let document = Array(
            "{\"unknown\":1,\"zeta\":\"z\",\"alpha\":\"+447700900123\",\"\u{1F600}\":\"n\",\"\u{FF5A}\":null,\"list\":[{\"x\":\"1\"},{\"x\":2.50}],\"card\":{\"cvv\":\"123\"}}"
                .utf8
        )
        var body: [UInt8] = []
        var scratch = ProjectionScratch()
        let summary = try document.withUnsafeBytes { bytes in
            try #require(record.plan?.projection).project(bytes, into: &body, scratch: &scratch)
        }
        return (
            AccessRecord.Manifest(
                summary: summary,
                values: scratch.values,
                body: body,
                upstreamMicroseconds: 77,
                overVelocity: true,
                restriction: .maskOnly
            ), body
        )
    }

    /// What is written is what RFC 8785 makes of it, so that anybody can write it again from its meaning.
    @Test(arguments: [true, false], [Route.Mode.enforce, .observe])
    func accessesAreCanonical(commitments: Bool, mode: Route.Mode) throws {
        let core = try makeCore(commitments: commitments, mode: mode)
        let record = try record(core)
        let (manifest, body) = try project(record)
        var writer = CanonicalJSONWriter()
        record.writeAccessed(manifest, eventID: eventID, to: &writer)
        let event = try JSONValue(parsing: writer.bytes)
        #expect(try event.canonicalBytes() == writer.bytes)
        #expect(!String(decoding: writer.bytes, as: UTF8.self).contains("SECRET"))
        #expect((event["commitments"] != nil) == commitments && (event["wouldWithhold"] != nil) == (mode == .observe))
        #expect(event["dataFieldsMasked"]?["alpha"]?.string == (mode == .observe ? nil : "phone"))
        #expect(event["neighbourOfPrevious"]?.bool == true)
        #expect(event["overVelocityLimit"]?.bool == true && event["unknownFieldsDropped"]?.int == 1)
        #expect(event["policyVersion"]?.string == "v\u{1}\"é" && event["upstreamRegion"]?.string == "eu")
        if commitments {
            let key = try TenantKey(secret: Array(repeating: 3, count: 32), tenant: "acme", epoch: 1)
            let shown = Disclosure.matches(
                event: event,
                path: "list[].x",
                values: ["\"1\"", "2.50"],
                commitments: DisclosureCommitments(key: key)
            )
            #expect(shown == true && String(decoding: body, as: UTF8.self).contains("2.50"))
        }
    }

    @Test func refusalsAreCanonical() throws {
        let core = try makeCore(commitments: true)
        let record = try record(core)
        for outcome in ReadOutcome.allCases {
            var writer = CanonicalJSONWriter()
            record.writeRefused(outcome, reason: "policy-denied", eventID: eventID, to: &writer)
            let event = try JSONValue(parsing: writer.bytes)
            #expect(try event.canonicalBytes() == writer.bytes)
            #expect(event["outcome"]?.string == outcome.rawValue && event["commitments"] == nil)
            #expect(!String(decoding: writer.bytes, as: UTF8.self).contains("SECRET"))
        }
    }
}

@Suite struct PlanTests {
    private func plan(
        _ effects: [FieldEffect],
        mode: Route.Mode = .enforce,
        refused: Refusal? = nil,
        shadow: [FieldEffect]? = nil
    ) throws -> ReadPlan {
        let fields = try [field("b", .phone), field("a", .cardVerification), field("c", .public)]
        let route = Route(
            name: "r",
            upstream: "u",
            request: UpstreamRequest(method: .get, path: "/"),
            fields: fields,
            purposes: ["p"],
            defaultPurpose: nil,
            mode: mode
        )
        func decision(_ effects: [FieldEffect], _ refused: Refusal?) -> Decision {
            let decisions = zip(fields, effects).map {
                FieldDecision(path: $0.name, category: $0.category.rawValue, effect: $1, decidedBy: "x")
            }
            return Decision(fields: decisions, refused: refused, matchedRules: ["x"])
        }
        return try ReadPlan(
            route: route,
            decision: decision(effects, refused),
            shadow: shadow.map { decision($0, nil) }
        )
    }

    @Test func masksComeFromTheRuleOrTheCategory() throws {
        let plan = try plan([.mask(nil), .allow, .mask("last4")])
        // A card verification code is never shown, whatever a rule says.
        #expect(plan.masks == ["phone", "null", "last4"] && plan.canonicalOrder == [1, 0, 2])
        #expect(try self.plan([.mask("no-such-mask"), .withhold, .withhold]).masks == ["phone", "", ""])
        #expect(try self.plan([.withhold, .withhold, .mask(nil)]).masks == ["", "", "full"])
    }

    @Test func refusalsBindOnlyWhereThePolicyIsEnforced() throws {
        for (code, problem) in [
            (Refusal.Code.ruleDenied, Problem.policyDenied), (.bindingContradicted, .bindingContradicted),
            (.noFieldAllowed, .noFieldAllowed),
        ] {
            let refusal = Refusal(code: code)
            let enforced = try plan([.withhold, .withhold, .withhold], refused: refusal)
            #expect(enforced.problem == problem && enforced.projection == nil && !enforced.differs)
            let observed = try plan([.withhold, .withhold, .withhold], mode: .observe, refused: refusal)
            #expect(observed.problem == nil && observed.projection != nil && observed.differs)
            #expect(observed.masks == ["", "null", ""])
        }
        #expect(try !plan([.allow, .allow, .allow], mode: .observe).differs)
    }

    @Test func shadowsDifferByFieldOrRefusal() throws {
        #expect(try !plan([.allow, .allow, .allow]).shadowDiffers)
        #expect(try !plan([.allow, .allow, .allow], shadow: [.allow, .allow, .allow]).shadowDiffers)
        #expect(try plan([.allow, .allow, .allow], shadow: [.allow, .withhold, .allow]).shadowDiffers)
        #expect(try plan([.mask("full"), .allow, .allow], shadow: [.mask("last4"), .allow, .allow]).shadowDiffers)
    }
}

@Suite struct SpoolTests {
    private func event(_ number: Int) throws -> [UInt8] {
        try Event(
            type: .customerDataAccessed,
            identity: EventIdentity(producer: "g", id: "e\(number)"),
            timestamp: Timestamp(milliseconds: 0)
        ).encoded()
    }

    private func add(_ entry: [UInt8], to spool: Spool, pendingEvent: String? = nil) async -> Bool {
        await withCheckedContinuation { continuation in
            spool.add(entry, pendingEvent: pendingEvent) { continuation.resume(returning: $0) }
        }
    }

    private func run(_ body: (String, Ledger) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "spool-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let location = LedgerLocation(directory: folder + "/store", anchor: folder + "/anchor/checkpoint")
        let signer = try NoteSigner(origin: Origin("spool.example/test"), seed: Array(repeating: 9, count: 32))
        try Ledger.create(
            at: location,
            signer: signer,
            first: Event(type: .ledgerCreated, identity: .random(producer: "t"), timestamp: Timestamp(milliseconds: 0))
        )
        let ledger = try Ledger(at: location, signer: signer)
        defer { ledger.close() }
        try await body(folder + "/spool", ledger)
    }

    private let clock = ManualClock(Timestamp(milliseconds: 0))

    private func ids(_ ledger: Ledger) async throws -> [String] {
        var ids: [String] = []
        for index in 1..<ledger.health.head.size {
            let event = try JSONValue(parsing: try await ledger.entry(at: index))
            ids.append(event["eventType"]?.string == "SPOOL_REPLAYED" ? "replayed" : event["eventId"]?.string ?? "?")
        }
        return ids
    }

    @Test func replaysInOrderAndOnlyOnce() async throws {
        try await run { folder, ledger in
            let spool = try Spool(directory: folder, maximumBytes: 1 << 20)
            for number in 0..<5 { #expect(await add(try event(number), to: spool)) }
            #expect(spool.backlog.records == 5)
            #expect(try await spool.replay(into: ledger, producer: "g", clock: clock) == 5)
            #expect(try await spool.replay(into: ledger, producer: "g", clock: clock) == 0)
            for number in 5..<8 { #expect(await add(try event(number), to: spool)) }
            #expect(try await spool.replay(into: ledger, producer: "g", clock: clock) == 3)
            let names = (0..<5).map { "e\($0)" } + ["replayed"] + (5..<8).map { "e\($0)" } + ["replayed"]
            #expect(try await ids(ledger) == names)
            #expect(spool.backlog == Spool.Backlog())
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        }
    }

    /// A crash between the records and the removal of their file: nothing is added twice.
    @Test func replayingTwiceAddsNothing() async throws {
        try await run { folder, ledger in
            let spool = try Spool(directory: folder, maximumBytes: 1 << 20)
            for number in 0..<4 { #expect(await add(try event(number), to: spool)) }
            let file = folder + "/" + (try #require(try FileManager.default.contentsOfDirectory(atPath: folder).first))
            let bytes = try #require(FileManager.default.contents(atPath: file))
            _ = try await spool.replay(into: ledger, producer: "g", clock: clock)
            try bytes.write(to: URL(fileURLWithPath: file))
            let next = try Spool(directory: folder, maximumBytes: 1 << 20)
            #expect(try await next.replay(into: ledger, producer: "g", clock: clock) == 4)
            #expect(try await ids(ledger) == ["e0", "e1", "e2", "e3", "replayed", "replayed"])
        }
    }

    /// Cut or altered anywhere, the whole records before that place are replayed, and what is behind it is kept aside.
    @Test func aTornTailIsKeptAside() async throws {
        let entries = try (0..<3).map { try event($0) }
        let sizes = entries.map { $0.count + 12 }
        for (cut, whole) in [(sizes[0] + 5, 1), (sizes[0] + 30, 1), (sizes[0] + sizes[1] + 13, 2), (3, 0)] {
            try await run { folder, ledger in
                let first = try Spool(directory: folder, maximumBytes: 1 << 20)
                for entry in entries { #expect(await add(entry, to: first)) }
                let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).first)
                let url = URL(fileURLWithPath: folder + "/" + name)
                try Data(try Data(contentsOf: url).prefix(cut)).write(to: url)
                let spool = try Spool(directory: folder, maximumBytes: 1 << 20)
                #expect(spool.backlog.records == whole)
                #expect(try await spool.replay(into: ledger, producer: "g", clock: clock) == whole)
                #expect(try await ids(ledger) == (0..<whole).map { "e\($0)" } + ["replayed"])
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [name + ".unreadable"])
                // The next file does not take its name.
                let next = try Spool(directory: folder, maximumBytes: 1 << 20)
                #expect(next.backlog == Spool.Backlog())
                #expect(await add(entries[2], to: next))
                let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
                #expect(names.count == 2 && names[1] == "spool-0000000002.journal")
            }
        }
    }

    @Test func refusesWhenFullOrUnwritable() async throws {
        try await run { folder, ledger in
            let size = try event(0).count + 12
            let spool = try Spool(directory: folder, maximumBytes: size * 2)
            #expect(await add(try event(0), to: spool))
            #expect(await add(try event(1), to: spool))
            #expect(await !add(try event(2), to: spool))
            #expect(spool.failure == "the journal is full" && spool.backlog.records == 2)
            _ = try await spool.replay(into: ledger, producer: "g", clock: clock)
            #expect(await add(try event(3), to: spool))
            #expect(spool.failure == nil)
            _ = try await spool.replay(into: ledger, producer: "g", clock: clock)
            try FileManager.default.removeItem(atPath: folder)
            #expect(await !add(try event(4), to: spool))
            #expect(spool.failure?.hasPrefix("cannot make \(folder)/spool-") == true)
            #expect(spool.backlog == Spool.Backlog())
        }
    }

    @Test func manyAtOnceAreAllThere() async throws {
        try await run { folder, ledger in
            let spool = try Spool(directory: folder, maximumBytes: 1 << 24)
            let entries = try (0..<3000).map { try event($0) }
            let written = await withTaskGroup(of: Bool.self) { group in
                for entry in entries { group.addTask { await add(entry, to: spool) } }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(written == 3000 && spool.backlog.records == 3000)
            #expect(try await spool.replay(into: ledger, producer: "g", clock: clock) == 3000)
            let found = try await ids(ledger)
            #expect(found.count == 3001 && Set(found) == Set((0..<3000).map { "e\($0)" } + ["replayed"]))
        }
    }

    /// Records that the ledger had all along are not added; those it has given up are.
    @Test func asksTheLedgersOwnAttemptFirst() async throws {
        try await run { folder, ledger in
            let spool = try Spool(directory: folder, maximumBytes: 1 << 20)
            for number in 0..<3 { #expect(await add(try event(number), to: spool, pendingEvent: "e\(number)")) }
            spool.settle("e0", recorded: true)
            spool.settle("e1", recorded: false)
            #expect(try await spool.replay(into: ledger, producer: "g", clock: clock) == 0)
            #expect(spool.backlog.records == 3)
            spool.settle("e2", recorded: true)
            #expect(try await spool.replay(into: ledger, producer: "g", clock: clock) == 3)
            #expect(try await ids(ledger) == ["e1", "replayed"])
        }
    }
}
