import Credentials
import Hummingbird
import HummingbirdTesting
import Identity
import JSON
import Ledger
import MerkleLog
import Testing
import WallTime

@testable import Server

@Suite struct TrailTests {
    @Test(arguments: [1, 7, 100, 250, 1000])
    func pagesHaveEveryAccessOnceNewestFirst(limit: Int) async throws {
        let installation = try Installation()
        let header = try await installation.caller(.audit).header
        try await installation.recordAccesses(250)
        try await installation.recordAccesses(20, customer: "C-2")
        try await installation.test { client in
            var indices: [Int] = []
            var cursor: String?
            repeat {
                let query = "customerId=C-1&limit=\(limit)" + (cursor.map { "&cursor=\($0)" } ?? "")
                let page = try await client.get("/api/v1/accesses?\(query)", header).json()
                let found = try #require(page["accesses"]?.array)
                #expect(found.count <= limit)
                indices += found.compactMap { $0["index"]?.int }
                cursor = page["nextCursor"]?.string
                // Each question is an entry, and the next page sees it.
                let complete = try #require(page["completeToTreeSize"]?.int)
                #expect(page["receipt"]?.int == complete)
            } while cursor != nil
            #expect(indices.count == 250)
            #expect(indices == indices.sorted(by: >))
            #expect(Set(indices).count == 250)
        }
    }

    @Test func askingIsAnEventThatNamesNobody() async throws {
        let installation = try Installation()
        let caller = try await installation.caller(.audit)
        try await installation.recordAccesses(3)
        try await installation.test { client in
            let answer = try await client.get("/api/v1/accesses?customerId=C-1&reason=complaint%2077", caller.header)
            let receipt = try #require(try answer.json()["receipt"]?.int)
            let entry = try await installation.ledger.entry(at: UInt64(receipt))
            let event = try JSONValue(parsing: entry)
            #expect(event["eventType"] == "AUDIT_TRAIL_READ")
            #expect(event["actor"]?.string == caller.id)
            #expect(event["channel"] == "api")
            #expect(event["question"] == "accesses")
            #expect(event["reason"] == "complaint 77")
            #expect(event["results"] == 3)
            // Nobody is known by this number, so nothing is kept that would be theirs for ever.
            #expect(event["customerId"] == nil && event["askedBy"] == "customer")
            #expect(!String(decoding: entry, as: UTF8.self).contains("C-1"))
        }
        #expect(try await installation.events(.auditTrailRead).count == 1)
    }

    @Test func agentsAndInteractionsAreFoundAndConditionsCombine() async throws {
        let installation = try Installation()
        let header = try await installation.caller(.audit).header
        try await installation.recordAccesses(30, agents: 3)
        try await installation.test { client in
            func count(_ query: String) async throws -> Int? {
                try await client.get("/api/v1/accesses?\(query)", header).json()["accesses"]?.array?.count
            }
            let expected = [
                ("agentId=agent-1", 10),
                ("agentId=AGENT-1", 10),
                ("interactionId=call-4", 1),
                ("interactionId=call-4&agentId=agent-2", 0),
                ("customerId=C-1&agentId=agent-0", 10),
                ("customerId=C-9", 0),
            ]
            for (query, number) in expected {
                let found = try await count(query)
                #expect(found == number, "\(query)")
            }
        }
    }

    @Test func refusedReadsComeOnlyWhenAskedFor() async throws {
        let installation = try Installation()
        let header = try await installation.caller(.audit).header
        try await installation.recordAccesses(4)
        try await installation.recordAccesses(3, type: .customerDataAccessRefused)
        try await installation.test { client in
            for (query, count) in [("", 4), ("&includeRefused=false", 4), ("&includeRefused=true", 7)] {
                let page = try await client.get("/api/v1/accesses?customerId=C-1\(query)", header).json()
                #expect(page["accesses"]?.array?.count == count)
            }
        }
    }

    @Test func aDayIsWholeAndAPeriodLeavesOutItsEnd() async throws {
        let installation = try Installation()
        let header = try await installation.caller(.audit).header
        // From 2026-05-28T20:26:40Z, a minute apart: 213 before midnight and 287 after.
        #expect(installation.clock.now().description == "2026-05-28T20:26:40.000Z")
        try await installation.recordAccesses(500)
        try await installation.test { client in
            func count(_ query: String) async throws -> Int? {
                try await client.get("/api/v1/accesses?customerId=C-1&limit=1000&\(query)", header)
                    .json()["accesses"]?.array?.count
            }
            let expected = [
                ("on=2026-05-27", 0),
                ("on=2026-05-28", 214),
                ("on=2026-05-29", 286),
                ("from=2026-05-28T20:27:40Z&to=2026-05-28T20:29:40Z", 2),
                ("from=2026-05-28T22:27:40+02:00&to=2026-05-28T20:29:40Z", 2),
                ("from=2026-05-29", 286),
            ]
            for (query, number) in expected {
                let found = try await count(query)
                #expect(found == number, "\(query)")
            }
        }
    }

    @Test(arguments: [
        ("", ControlProblem.missingParameter), ("limit=3", .missingParameter), ("customerId=", .invalidParameter),
        ("customerId", .invalidParameter), ("customerId=a%20b", .invalidParameter),
        ("customerId=%zz", .invalidParameter),
        ("customerId=%ff", .invalidParameter), ("customerId=a&customerId=b", .invalidParameter),
        ("customerid=a", .unknownParameter), ("customerId=a&x=1", .unknownParameter),
        ("agentId=a+b", .invalidParameter),
        ("agentId=\(String(repeating: "a", count: 65))", .invalidParameter),
        ("customerId=a&limit=0", .invalidParameter),
        ("customerId=a&limit=1001", .invalidParameter), ("customerId=a&limit=01", .invalidParameter),
        ("customerId=a&limit=ten", .invalidParameter), ("customerId=a&cursor=-1", .invalidParameter),
        ("customerId=a&cursor=abc", .invalidParameter), ("customerId=a&proofs=yes", .invalidParameter),
        ("customerId=a&on=2026-02-30", .invalidParameter), ("customerId=a&on=2026-01-02T00:00:00Z", .invalidParameter),
        ("customerId=a&on=2026-01-02&from=2026-01-01", .invalidParameter),
        ("customerId=a&from=2026-01-02&to=2026-01-02", .invalidParameter), ("customerId=a&from=now", .invalidParameter),
        ("customerId=a&reason=\(String(repeating: "r", count: 201))", .invalidParameter),
        ("customerId=a&reason=%0A", .invalidParameter),
    ])
    func questionsThatCannotBeAnsweredAreRefusedUnrecorded(query: String, problem: ControlProblem) async throws {
        let installation = try Installation()
        let header = try await installation.caller(.audit).header
        try await installation.test { client in
            try await client.get("/api/v1/accesses?\(query)", header).expect(problem)
        }
        #expect(try await installation.events(.auditTrailRead).isEmpty)
    }

    @Test func proofsComeWithTheAccesses() async throws {
        let installation = try Installation()
        let header = try await installation.caller(.audit).header
        try await installation.recordAccesses(12)
        try await installation.test { client in
            let page = try await client.get("/api/v1/accesses?customerId=C-1&proofs=true", header).json()
            for access in try #require(page["accesses"]?.array) {
                let proof = try TLogProof(try #require(access["proof"]?.string))
                let verified = try proof.verify(
                    entry: try #require(access["event"]).canonicalBytes(),
                    verifiers: [installation.signer.verifier],
                    origin: "muniment.example/server"
                )
                #expect(Int(verified.index) == access["index"]?.int)
            }
            let plain = try await client.get("/api/v1/accesses?customerId=C-1", header).json()
            #expect(plain["accesses"]?[0]?["proof"] == nil)
        }
    }

    @Test func eventsOfAKindAreListed() async throws {
        let installation = try Installation()
        let caller = try await installation.caller(.audit)
        try await installation.test { client in
            let page = try await client.get("/api/v1/events?eventType=API_CLIENT_CREATED", caller.header).json()
            #expect(page["events"]?.array?.count == 1)
            #expect(page["events"]?[0]?["event"]?["clientId"]?.string == caller.id)
            #expect(page["nextCursor"]?.isNull == true)
            try await client.get("/api/v1/events", caller.header).expect(.missingParameter, detail: "eventType")
            try await client.get("/api/v1/events?eventType=NO_SUCH", caller.header)
                .expect(.invalidParameter, without: "NO_SUCH")
        }
        #expect(try await installation.events(.auditTrailRead).count == 1)
    }

    @Test func oneEventIsFoundByItsPlace() async throws {
        let installation = try Installation()
        let header = try await installation.caller(.audit).header
        try await installation.test { client in
            let found = try await client.get("/api/v1/events/0?proofs=true", header).json()
            #expect(found["index"] == 0)
            #expect(found["event"]?["eventType"] == "LEDGER_CREATED")
            #expect(found["proof"]?.string?.hasPrefix("c2sp.org/tlog-proof@v1\n") == true)
            for index in ["99", "-1", "00", "x", "18446744073709551615", "18446744073709551616", "1e0", "%30"] {
                try await client.get("/api/v1/events/\(index)", header).expect(.unknownEntry)
            }
        }
        #expect(try await installation.events(.auditTrailRead).count == 1)
    }

    @Test func anInvestigatorLooksUpATokenByBody() async throws {
        let installation = try Installation()
        let header = try await installation.caller(.audit).header
        try await installation.test { client in
            let answer = try await client.post("/api/v1/tokens", header, ["customerId": "C-77", "reason": "case 5"])
            #expect(answer.status == .ok)
            #expect(try answer.json() == ["token": .string(installation.tokeniser.token(.customer, "C-77"))])
            try await client.post("/api/v1/tokens", header, ["customerId": "a b"]).expect(.invalidField, without: "a b")
            try await client.post("/api/v1/tokens", header, ["customerId": 5]).expect(.wrongType)
            try await client.post("/api/v1/tokens", header, ["customerId": nil]).expect(.missingField)
            try await client.post("/api/v1/tokens", header, ["customer": "a"]).expect(
                .unknownField,
                without: "\"customer\""
            )
            try await client.post("/api/v1/tokens?x=1", header, ["customerId": "a"]).expect(.unknownParameter)
        }
        let asked = try await installation.events(.auditTrailRead)
        #expect(asked.count == 1)
        #expect(asked.first?["question"] == "token")
        #expect(asked.first?["reason"] == "case 5")
    }

    @Test func withoutALedgerNothingIsAnswered() async throws {
        let installation = try Installation()
        let header = try await installation.caller(.audit).header
        try await installation.recordAccesses(2)
        installation.ledger.close()
        try await installation.test { client in
            let answer = try await client.get("/api/v1/accesses?customerId=C-1", header)
            try answer.expect(.ledgerUnavailable)
            #expect(answer.headers[.retryAfter] == "5")
            #expect(!answer.text.contains("agent-0"))
        }
    }

    @Test(arguments: [Scope.admin, .ledger, .read(route: "*")])
    func onlyTheScopeAuditAsks(scope: Scope) async throws {
        let installation = try Installation()
        let header = try await installation.caller(scope).header
        try await installation.test { client in
            for path in [
                "/api/v1/accesses?customerId=a", "/api/v1/events?eventType=SERVER_STARTED", "/api/v1/events/0",
            ] {
                try await client.get(path, header).expect(.forbidden, detail: "scope audit")
            }
            try await client.post("/api/v1/tokens", header, ["customerId": "a"]).expect(.forbidden)
        }
        #expect(try await installation.events(.auditTrailRead).isEmpty)
        #expect(installation.refusals.all == [.scope, .scope, .scope, .scope])
    }
}
