import Foundation
import Identity
import JSON
import Ledger
import MerkleLog
import TestStores
import Testing
import TextEncoding
import WallTime

@testable import AuditTrail

/// A ledger with some reads in it.
struct Archive {
    let ledger: Ledger
    let trail: AuditTrail
    let tokeniser: Tokeniser
    let commitments: DisclosureCommitments
    let reader = Reader(name: "officer", channel: .commandLine, reason: "request 7")
    static let start = Timestamp(milliseconds: 1_767_322_800_000)

    /// Runs a test on each engine in turn.
    static func run(_ body: (Archive) async throws -> Void) async throws {
        for engine in Engine.allCases { try await run(on: engine, body) }
    }

    private static func run(on engine: Engine, _ body: (Archive) async throws -> Void) async throws {
        let schema = engine == .postgres ? try PostgresSchema() : nil
        let folder = NSTemporaryDirectory() + "audit-trail-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let location = LedgerLocation(
            directory: folder + "/store",
            anchor: folder + "/anchor/checkpoint",
            engine: schema.map { .postgres($0.settings) } ?? .sqlite
        )
        let signer = try NoteSigner(origin: Origin("audit.example/test"), seed: Array(repeating: 9, count: 32))
        let first = Event(type: .ledgerCreated, identity: .random(producer: "test"), timestamp: start)
        try Ledger.create(at: location, signer: signer, first: first)
        let ledger = try Ledger(at: location, signer: signer)
        defer { ledger.close() }
        let key = try TenantKey(secret: Array(repeating: 3, count: 32), tenant: "acme", epoch: 1)
        let tokeniser = Tokeniser(key: key)
        let archive = Archive(
            ledger: ledger,
            trail: AuditTrail(ledger: ledger, tokeniser: tokeniser, clock: ManualClock(start), producer: "test"),
            tokeniser: tokeniser,
            commitments: DisclosureCommitments(key: key)
        )
        try await body(archive)
    }

    @discardableResult
    func read(
        _ customer: String,
        by agent: String,
        on interaction: String,
        second: Int64,
        type: EventType = .customerDataAccessed
    ) async throws -> UInt64 {
        let fields: [String: JSONValue] = [
            "customerId": .string(tokeniser.token(.customer, customer)), "agentId": .string(agent),
            "interactionId": .string(interaction),
        ]
        return try await ledger.append(
            Event(
                type: type,
                identity: .random(producer: "gateway"),
                timestamp: Self.start.adding(seconds: second),
                fields: fields
            )
        ).index
    }

    func question(_ change: (inout AccessQuestion) -> Void) -> AccessQuestion {
        var question = AccessQuestion()
        change(&question)
        return question
    }

    func last() async throws -> JSONValue {
        try JSONValue(parsing: try await ledger.entry(at: ledger.health.head.size - 1))
    }
}

@Suite struct AuditTrailTests {
    @Test func tellsWhoSawACustomer() async throws {
        try await Archive.run { (archive: Archive) async throws in
            try await archive.read("C-1", by: "a", on: "x", second: 1)
            try await archive.read("C-2", by: "a", on: "y", second: 2)
            try await archive.read("C-1", by: "b", on: "z", second: 3)
            let refused = try await archive.read("C-1", by: "c", on: "z", second: 4, type: .customerDataAccessRefused)
            let saw = try await archive.trail.accesses(archive.question { $0.customer = "C-1" }, by: archive.reader)
            #expect(saw.events.map(\.index) == [3, 1] && saw.next == nil && saw.completeToTreeSize == 5)
            #expect(saw.events.map { $0.event["agentId"]?.string } == ["b", "a"])
            let all = try await archive.trail.accesses(
                archive.question {
                    $0.customer = "C-1"
                    $0.includeRefused = true
                },
                by: archive.reader
            )
            #expect(all.events.map(\.index) == [refused, 3, 1])
            // Ids of the platform are found in either letter case, and every condition must hold.
            let byAgent = try await archive.trail.accesses(archive.question { $0.agent = "A" }, by: archive.reader)
            #expect(byAgent.events.map(\.index) == [2, 1])
            let both = try await archive.trail.accesses(
                archive.question {
                    $0.agent = "a"
                    $0.interaction = "Y"
                },
                by: archive.reader
            )
            #expect(both.events.map(\.index) == [2])
            let nobody = try await archive.trail.accesses(archive.question { $0.customer = "C-3" }, by: archive.reader)
            #expect(nobody.events.isEmpty && nobody.next == nil)
        }
    }

    @Test func pagesMissNothingAndRepeatNothing() async throws {
        try await Archive.run { (archive: Archive) async throws in
            var expected: [UInt64] = []
            for number in 0..<25 {
                let customer = number % 3 == 0 ? "C-2" : "C-1"
                let index = try await archive.read(customer, by: "a", on: "x", second: Int64(number))
                if customer == "C-1" { expected.append(index) }
                if number == 12 { try archive.ledger.catchUpIndex() }
            }
            var found: [UInt64] = []
            var cursor: String?
            var pages = 0
            repeat {
                let page = try await archive.trail.accesses(
                    archive.question {
                        $0.customer = "C-1"
                        $0.limit = 4
                        $0.cursor = cursor
                    },
                    by: archive.reader
                )
                #expect(page.events.count <= 4)
                found += page.events.map(\.index)
                cursor = page.next
                pages += 1
            } while cursor != nil && pages < 20
            #expect(found == expected.reversed())
        }
    }

    @Test func periodsIncludeTheirBeginningOnly() async throws {
        try await Archive.run { (archive: Archive) async throws in
            for second in 0..<6 { try await archive.read("C-1", by: "a", on: "x", second: Int64(second)) }
            let page = try await archive.trail.accesses(
                archive.question {
                    $0.customer = "C-1"
                    $0.from = Archive.start.adding(seconds: 2)
                    $0.to = Archive.start.adding(seconds: 4)
                },
                by: archive.reader
            )
            #expect(page.events.map(\.index) == [4, 3])
            let question = try await archive.last()
            #expect(question["from"]?.string == Archive.start.adding(seconds: 2).description)
            #expect(question["to"]?.string == Archive.start.adding(seconds: 4).description)
        }
    }

    @Test func askingIsRecordedWithoutTheCustomersID() async throws {
        try await Archive.run { (archive: Archive) async throws in
            try await archive.read("C-12345678", by: "a", on: "x", second: 1)
            let answer = try await archive.trail.accesses(
                archive.question { $0.customer = "C-12345678" },
                by: archive.reader
            )
            let bytes = try await archive.ledger.entry(at: answer.receipt)
            let event = try JSONValue(parsing: bytes)
            #expect(event["eventType"]?.string == "AUDIT_TRAIL_READ" && event["question"]?.string == "accesses")
            #expect(event["actor"]?.string == "officer" && event["channel"]?.string == "cli")
            #expect(event["reason"]?.string == "request 7" && event["results"]?.integer == 1)
            #expect(event["customerId"]?.string == archive.tokeniser.token(.customer, "C-12345678"))
            #expect(!String(decoding: bytes, as: UTF8.self).contains("C-12345678"))
            // The question itself is no access.
            let again = try await archive.trail.accesses(
                archive.question { $0.customer = "C-12345678" },
                by: archive.reader
            )
            #expect(again.events.count == 1)

            _ = try await archive.trail.token(ofCustomer: "C-12345678", by: archive.reader)
            #expect(try await archive.last()["question"]?.string == "token")
            let one = try await archive.trail.event(at: 1, proof: true, by: archive.reader)
            #expect(one.event["agentId"]?.string == "a" && one.proof?.isEmpty == false)
            #expect(try await archive.last()["indexAsked"]?.integer == 1)
            let listed = try await archive.trail.events(
                ofType: "AUDIT_TRAIL_READ",
                from: nil,
                to: nil,
                cursor: nil,
                limit: 10,
                proofs: false,
                by: archive.reader
            )
            #expect(listed.events.count == 4)
            #expect(try await archive.last()["eventTypeAsked"]?.string == "AUDIT_TRAIL_READ")
        }
    }

    @Test func anUnrecordedQuestionIsNotAnswered() async throws {
        try await Archive.run { (archive: Archive) async throws in
            try await archive.read("C-1", by: "a", on: "x", second: 1)
            archive.ledger.close()
            await #expect(throws: (any Error).self) {
                try await archive.trail.accesses(archive.question { $0.customer = "C-1" }, by: archive.reader)
            }
        }
    }

    @Test func refusesQuestionsWithoutAnswer() async throws {
        try await Archive.run { (archive: Archive) async throws in
            let changes: [@Sendable (inout AccessQuestion) -> Void] = [
                { $0.customer = nil }, { $0.limit = 0 }, { $0.limit = 1001 }, { $0.cursor = "x" }, { $0.cursor = "-1" },
                { $0.cursor = "01" }, { $0.cursor = "99999999999999999999999" },
                {
                    $0.from = Archive.start
                    $0.to = Archive.start
                },
            ]
            for change in changes {
                var question = AccessQuestion()
                question.customer = "C-1"
                change(&question)
                await #expect(throws: QuestionError.self) {
                    try await archive.trail.accesses(question, by: archive.reader)
                }
            }
            #expect(archive.ledger.health.head.size == 1)
            await #expect(throws: LedgerError.self) {
                try await archive.trail.event(at: 99, proof: false, by: archive.reader)
            }
        }
    }

    @Test func proofsProve() async throws {
        try await Archive.run { (archive: Archive) async throws in
            for second in 0..<5 { try await archive.read("C-1", by: "a", on: "x", second: Int64(second)) }
            let page = try await archive.trail.accesses(
                archive.question {
                    $0.customer = "C-1"
                    $0.proofs = true
                },
                by: archive.reader
            )
            #expect(page.events.count == 5)
            for found in page.events {
                let proof = try TLogProof(try #require(found.proof))
                let entry = try await archive.ledger.entry(at: found.index)
                let verifier = archive.ledger.verifier
                let receipt = try proof.verify(entry: entry, verifiers: [verifier], origin: verifier.name)
                #expect(receipt.index == found.index)
                #expect(throws: (any Error).self) {
                    try proof.verify(entry: entry + [32], verifiers: [verifier], origin: verifier.name)
                }
            }
        }
    }
}

@Suite struct DisclosureTests {
    @Test func tellsWhetherAValueWasShown() throws {
        let key = try TenantKey(secret: Array(repeating: 3, count: 32), tenant: "acme", epoch: 1)
        let commitments = DisclosureCommitments(key: key)
        var hasher = commitments.begin(eventID: Array("e1".utf8))
        var bytes: [UInt8] = []
        for values in [["\"Zoe\""], ["\"+44\"", "null"]] {
            hasher.beginPath()
            for value in values { Array(value.utf8).withUnsafeBytes { hasher.add($0) } }
            hasher.endPath(to: &bytes)
        }
        let event: JSONValue = [
            "eventId": "e1", "commitments": .string(Base64.encode(bytes)), "dataFieldsViewed": ["name", "phone"],
        ]
        func matches(_ path: String, _ values: [String], _ event: JSONValue) -> Bool? {
            Disclosure.matches(event: event, path: path, values: values, commitments: commitments)
        }
        #expect(matches("phone", ["\"+44\"", "null"], event) == true)
        #expect(matches("phone", ["null", "\"+44\""], event) == false)
        #expect(matches("phone", ["\"+44\""], event) == false)
        #expect(matches("name", ["\"Zoe\""], event) == true)
        #expect(matches("name", ["\"+44\"", "null"], event) == false)
        #expect(matches("email", ["\"+44\"", "null"], event) == nil)
        var cut = event
        cut["commitments"] = .string(Base64.encode(bytes.dropLast()))
        #expect(matches("phone", ["\"+44\"", "null"], cut) == nil)
        #expect(matches("phone", ["\"+44\"", "null"], ["eventId": "e1"]) == nil)
        var other = event
        other["eventId"] = "e2"
        #expect(matches("phone", ["\"+44\"", "null"], other) == false)
        let stranger = DisclosureCommitments(
            key: try TenantKey(secret: Array(repeating: 4, count: 32), tenant: "acme", epoch: 1)
        )
        #expect(
            Disclosure.matches(event: event, path: "phone", values: ["\"+44\"", "null"], commitments: stranger) == false
        )
    }
}
