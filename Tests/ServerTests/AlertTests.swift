import Credentials
import Detection
import Foundation
import HTTPTypes
import HummingbirdTesting
import JSON
import Ledger
import Monitoring
import Testing
import WallTime

@testable import Server

@Suite(.timeLimit(.minutes(2))) struct AlertTests {
    /// An alert as detection writes it.
    private func raise(_ installation: Installation, _ id: String) async throws {
        try await installation.ledger.append(
            Event(
                type: .detectionAlertRaised,
                identity: EventIdentity(producer: "detection", id: id + "/1"),
                timestamp: installation.clock.now(),
                fields: [
                    "alertId": .string(id), "ruleCode": "D-13", "severity": "high", "status": "open",
                    "sentence": "Agent a claimed a conversation.", "evidence": .array([1]),
                    "entity": .array(["a/b"]), "counterEvidence": .array([]), "nearestExplanation": .null,
                ]
            )
        )
    }

    @Test func pagesMissNothingAndEachQuestionIsRecorded() async throws {
        let installation = try Installation()
        let caller = try await installation.caller(.alerts)
        let ids = (0..<5).map { "D-13-\($0)-a" }
        for id in ids { try await raise(installation, id) }
        try await installation.test { client in
            var found: [String] = []
            var path = "/api/v1/alerts?status=open&limit=2"
            for _ in 0..<3 {
                let page = try await client.get(path, caller.header).json()
                found += page["alerts"]?.array?.compactMap { $0["alertId"]?.string } ?? []
                guard let cursor = page["nextCursor"]?.string else { break }
                path = "/api/v1/alerts?status=open&limit=2&cursor=\(cursor)"
            }
            #expect(found == ids.reversed())
            for id in [ids[3], "erika@example.com"] {
                _ = try await client.get("/api/v1/alerts?alertId=\(id)", caller.header)
            }
        }
        let asked = try await installation.events(.auditTrailRead).filter { $0["question"] == "alerts" }
        #expect(asked.count == 5 && asked.allSatisfy { $0["actor"]?.string == caller.id })
        #expect(asked.compactMap { $0["results"]?.int }.sorted() == [0, 1, 1, 2, 2])
        #expect(asked.compactMap { $0["status"]?.string } == ["open", "open", "open"])
        #expect(asked.compactMap { $0["alertId"]?.string } == [ids[3]])
    }

    @Test func alertsAreListedAndDecidedAbout() async throws {
        let installation = try Installation()
        let caller = try await installation.caller(.alerts)
        try await raise(installation, "D-13-1-a/b ü")
        try await raise(installation, "D-13-2-c")
        try await installation.test { client in
            let all = try await client.get("/api/v1/alerts", caller.header).json()
            #expect(all["alerts"]?.array?.compactMap { $0["alertId"]?.string } == ["D-13-2-c", "D-13-1-a/b ü"])
            let one = try await client.get("/api/v1/alerts?alertId=D-13-1-a/b%20%C3%BC", caller.header).json()
            #expect(one["alerts"]?.array?.count == 1)
            let taken = try await client.post(
                "/api/v1/alerts/decisions",
                caller.header,
                ["alertId": "D-13-1-a/b ü", "decision": "acknowledge"]
            )
            taken.expect(status: .ok)
            #expect(try taken.json()["status"] == "acknowledged")
            #expect(try taken.json()["history"]?[1]?["actor"]?.string == caller.id)
            try await client.post(
                "/api/v1/alerts/decisions",
                caller.header,
                ["alertId": "D-13-1-a/b ü", "decision": "acknowledge"]
            ).expect(.alertConflict)
            try await client.post(
                "/api/v1/alerts/decisions",
                caller.header,
                ["alertId": "D-1", "decision": "resolve", "reason": "x"]
            ).expect(.unknownAlert)
            for body: JSONValue in [
                ["alertId": "D-13-2-c", "decision": "resolve"],
                ["alertId": "D-13-2-c", "decision": "dismiss", "reason": "x"],
            ] {
                try await client.post("/api/v1/alerts/decisions", caller.header, body).expect(.missingField)
            }
            for body: JSONValue in [
                ["alertId": "D-13-2-c", "decision": "forget"],
                ["alertId": "D-13-2-c", "decision": "dismiss", "reason": "x", "until": "tomorrow"],
                ["alertId": "D-13-2-c", "decision": "dismiss", "reason": "x", "until": "2046-01-01T00:00:00Z"],
            ] {
                try await client.post("/api/v1/alerts/decisions", caller.header, body).expect(.invalidField)
            }
            let open = try await client.get("/api/v1/alerts?status=open", caller.header).json()
            #expect(open["alerts"]?.array?.compactMap { $0["alertId"]?.string } == ["D-13-2-c"])
            try await client.get("/api/v1/alerts?status=new", caller.header).expect(.invalidParameter)
        }
    }

    @Test func alertsAreGivenToSomebodyAndNotedAbout() async throws {
        let installation = try Installation()
        let caller = try await installation.caller(.alerts)
        try await raise(installation, "D-13-1-a")
        try await installation.test { client in
            func decide(_ more: [String: JSONValue]) async throws -> TestResponse {
                let body: [String: JSONValue] = ["alertId": "D-13-1-a"]
                return try await client.post(
                    "/api/v1/alerts/decisions",
                    caller.header,
                    .object(body.merging(more) { _, new in new })
                )
            }
            #expect(try await decide(["decision": "assign", "assignee": "bob"]).json()["assignee"] == "bob")
            let noted = try await decide(["decision": "note", "note": "reached on jane.doe@example.com"]).json()
            let words = try #require(noted["history"]?.array?.last?["reason"]?.string)
            #expect(words.hasPrefix("reached on ") && !words.contains("jane.doe@example.com"))
            #expect(try await decide(["decision": "assign"]).json()["assignee"]?.isNull == true)
            try await decide(["decision": "note"]).expect(.missingField)
            try await decide(["decision": "note", "note": .string(String(repeating: "n", count: 2001))])
                .expect(.invalidField)
        }
    }

    @Test func rulesAreListedTestedAndTriedOnThePast() async throws {
        let installation = try Installation()
        let caller = try await installation.caller(.alerts)
        try await installation.recordAccesses(60)
        let path = "/api/v1/rules/backtests"
        try await installation.test { client in
            let rules = try await client.get("/api/v1/rules", caller.header).json()["rules"]?.array ?? []
            #expect(rules.contains { $0["code"] == "D-03" } && rules.count > 20)
            let tested = try await client.execute(uri: "/api/v1/rules/test", method: .post, headers: caller.header) {
                $0
            }
            #expect(try tested.json()["passed"] == true && (tested.json()["cases"]?.int ?? 0) > 100)

            let backwards: JSONValue = ["from": "2026-10-31T00:00:00.000Z", "to": "2026-10-01T00:00:00.000Z"]
            try await client.post(path, caller.header, backwards).expect(.invalidField, detail: "before 'from'")

            let shipped = try #require(BuiltInRules.files.first { $0.name == "D-03.yml" })
            let stricter = shipped.text.replacing("gte: 200", with: "gte: 1")
            try #require(stricter != shipped.text)
            func run(_ body: [String: JSONValue]) async throws -> JSONValue {
                let begun = try await client.post(path, caller.header, .object(body))
                begun.expect(status: .accepted)
                let id = try #require(try begun.json()["backtestId"]?.string)
                var standing = try begun.json()
                while standing["state"] == "running" {
                    await Task.yield()
                    standing = try await client.get("\(path)/\(id)", caller.header).json()
                }
                #expect(standing["state"] == "done" && standing["actor"]?.string == caller.id)
                return standing["result"] ?? .null
            }
            func raised(_ result: JSONValue) -> Int? {
                result["rules"]?.array?.first { $0["code"] == "D-03" }?["wouldHaveRaised"]?.int
            }
            let inForce = try await run([:])
            #expect(raised(inForce) == 0)
            let tried = try await run(["rules": [["name": "D-03.yml", "text": .string(stricter)]], "limit": 1])
            #expect((raised(tried) ?? 0) > 0 && tried["alerts"]?.array?.count == 1)
            let before = try await run([
                "rules": [["name": "D-03.yml", "text": .string(stricter)]], "to": "2001-01-01",
            ])
            #expect(raised(before) == 0)

            let wrong: JSONValue = ["rules": [["name": "x.yml", "text": "title: [\n"]]]
            let refused = try await client.post(path, caller.header, wrong)
            try refused.expect(.invalidRules)
            #expect(refused.text.contains("x.yml"))
            for (body, problem): (JSONValue, ControlProblem) in [
                (["limit": 1001], .invalidField), (["rules": [["name": "../x", "text": "a"]]], .invalidField),
                (["rules": [["name": "x"]]], .missingField), (["rules": [["name": "x", "text": 1]]], .wrongType),
                (["days": 1], .unknownField),
            ] {
                try await client.post(path, caller.header, body).expect(problem)
            }
            try await client.get("\(path)/bt_none", caller.header).expect(.unknownBacktest)
            try await client.post("\(path)/bt_none/cancel", caller.header, [:]).expect(.unknownBacktest)
            let other = try await installation.caller(.audit)
            try await client.post(path, other.header, [:]).expect(.forbidden)
        }
        // Reading the record is recorded.
        let asked = try await installation.events(.auditTrailRead).filter { $0["question"] == "backtest" }
        #expect(asked.count == 3 && asked.allSatisfy { $0["actor"]?.string == caller.id })
    }

    @Test func ownRulesAreTestedToo() async throws {
        let rule = """
            title: A read
            id: 5d3c8d51-67f6-4c0b-8f5e-2f1a4a0c1a01
            name: own_read
            logsource: {product: muniment}
            detection: {read: {eventType: CUSTOMER_DATA_ACCESSED}, condition: read}
            level: low
            """
        let event = #"{"eventType": "SERVER_STOPPED", "timestamp": "2026-03-02"}"#
        let fixtures = #"{"cases": [{"name": "stopped", "fires": true, "events": [\#(event)]}]}"#
        let own = RuleFile(name: "own.yml", text: rule, fixtures: Array(fixtures.utf8))
        let installation = try Installation(ownRules: [own])
        let caller = try await installation.caller(.alerts)
        try await installation.test { client in
            let tested = try await client.execute(uri: "/api/v1/rules/test", method: .post, headers: caller.header) {
                try $0.json()
            }
            #expect(tested["passed"] == false && (tested["cases"]?.int ?? 0) > 100)
            #expect(
                tested["failed"] == [
                    [
                        "rule": "own_read", "file": "own.fixtures.json", "line": 1, "name": "stopped", "expected": true,
                        "fired": false, "outcome": "stayed silent through all events (1); nothing else fired",
                    ]
                ]
            )
            #expect(tested["shortcomings"]?.array?.count == 1)
        }
    }

    @Test func suppressionsAreSetListedAndLifted() async throws {
        let installation = try Installation()
        let caller = try await installation.caller(.alerts)
        let path = "/api/v1/alerts/suppressions"
        let order: [String: JSONValue] = [
            "rule": "D-13", "entity": "agent-1", "reason": "load test",
            "until": .string(installation.clock.now().adding(seconds: 60).description),
        ]
        try await installation.test { client in
            let made = try await client.post(path, caller.header, .object(order))
            made.expect(status: .created)
            let id = try #require(try made.json()["suppressionId"])
            #expect(try made.json()["lasts"] == true && made.json()["matches"] == 0)
            let listed = try await client.get(path, caller.header).json()["suppressions"]?.array
            #expect(try listed == [made.json()])
            for (name, value, problem): (String, JSONValue?, ControlProblem) in [
                ("rule", "D-99", .invalidField), ("reason", nil, .missingField), ("until", nil, .missingField),
                ("until", "2026-01-01T00:00:00Z", .invalidField), ("until", "soon", .invalidField),
                ("days", 3, .unknownField), ("entity", "", .invalidField), ("reason", " ", .missingField),
            ] {
                var wrong = order
                wrong[name] = value
                try await client.post(path, caller.header, .object(wrong)).expect(problem)
            }
            try await client.post(
                path,
                caller.header,
                .object(order.filter { $0.key == "reason" || $0.key == "until" })
            )
            .expect(.missingField)
            let body: JSONValue = ["suppressionId": id, "reason": "over"]
            #expect(try await client.post("\(path)/lift", caller.header, body).json()["lasts"] == false)
            try await client.post("\(path)/lift", caller.header, body).expect(.unknownSuppression)
            #expect(try await client.get(path, caller.header).json()["suppressions"] == [])
            let all = try await client.get("\(path)?all=true", caller.header).json()["suppressions"]
            #expect(all?[0]?["lifted"]?["actor"]?.string == caller.id)
            let other = try await installation.caller(.audit)
            try await client.get(path, other.header).expect(.forbidden)
            try await client.post(path, other.header, .object(order)).expect(.forbidden)
        }
        let events = try await installation.events(.detectionSuppressionSet)
        #expect(events.count == 1 && events[0]["actor"]?.string == caller.id)
    }

    @Test func anAgentIsContainedAndLetGo() async throws {
        let installation = try Installation()
        let caller = try await installation.caller(.respond)
        let body: JSONValue = [
            "caseId": "soar-7", "step": "block", "agentId": "Agent-1", "reason": "scraping", "minutes": 60,
        ]
        try await installation.test { client in
            let made = try await client.post("/api/v1/containment", caller.header, body)
            made.expect(status: .ok)
            #expect(try made.json()["requester"]?.string == caller.id)
            try await client.post("/api/v1/containment", caller.header, body).expect(.containmentRefused)
            while try await installation.containment.work() {}
            #expect(
                try await installation.containment.restrictions() == [
                    LocalRestriction(agent: "agent-1", step: .block)
                ]
            )
            let listed = try await client.get("/api/v1/containment", caller.header).json()
            #expect(listed["cases"]?[0]?["phase"] == "effective")
            let undone = try await client.post(
                "/api/v1/containment/undo",
                caller.header,
                ["caseId": "soar-7", "reason": "a drill"]
            )
            undone.expect(status: .ok)
            while try await installation.containment.work() {}
            #expect(try await installation.containment.restrictions().isEmpty)
            #expect(try await client.get("/api/v1/containment", caller.header).json()["cases"]?.array?.isEmpty == true)
            #expect(
                try await client.get("/api/v1/containment?all=true", caller.header).json()["cases"]?.array?.count == 1
            )
            try await client.post(
                "/api/v1/containment",
                caller.header,
                ["step": "block", "agentId": "emergency", "reason": "x"]
            ).expect(.containmentRefused)
            try await client.post(
                "/api/v1/containment",
                caller.header,
                ["step": "deactivate_user", "agentId": "a", "reason": "x"]
            ).expect(.containmentRefused)
            try await client.post(
                "/api/v1/containment/undo",
                caller.header,
                ["caseId": "none", "reason": "x"]
            ).expect(.unknownCase)
        }
    }

    @Test func otherScopesDoNotSuffice() async throws {
        let installation = try Installation()
        let caller = try await installation.caller(.audit, .ledger, .sinks, .admin)
        try await installation.test { client in
            try await client.get("/api/v1/alerts", caller.header).expect(.forbidden)
            try await client.get("/api/v1/containment", caller.header).expect(.forbidden)
        }
    }
}
