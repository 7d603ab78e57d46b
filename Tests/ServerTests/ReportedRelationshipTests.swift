import Credentials
import Detection
import HTTPTypes
import HummingbirdTesting
import Identity
import JSON
import Ledger
import Monitoring
import Testing
import WallTime

@testable import Server

@Suite struct ReportedRelationshipTests {
    /// The time of the tests' clock, from which everything is counted.
    private struct Report {
        let now: Timestamp

        func body(_ more: [String: JSONValue?] = [:]) -> JSONValue {
            var members: [String: JSONValue] = [
                "eventType": "RELATIONSHIP_RECORDED", "timestamp": at(0), "relationshipId": "CASE-7",
                "provider": "open_case", "agentId": "Agent-1", "customerId": "C-77", "from": at(-600), "to": at(86_400),
            ]
            for (name, value) in more { members[name] = value }
            return ["auditEvent": .object(members)]
        }

        func at(_ seconds: Int64) -> JSONValue { .string(now.adding(seconds: seconds).description) }
    }

    @Test func aReportedCaseExplainsAReadThatWouldBeSnooping() async throws {
        for isReported in [true, false] {
            let installation = try Installation()
            let (id, header) = try await installation.caller(.events)
            let report = Report(now: installation.clock.now())
            let identifier = try Normaliser().identifier(.customer, "C-77")
            if isReported {
                try await installation.test { client in
                    try await client.post("/api/v1/audit/events", header, report.body()).expect(status: .created)
                    #expect(try await client.post("/api/v1/audit/events", header, report.body()).status == .ok)
                }
                let event = try #require(try await installation.events(.relationshipRecorded).first)
                #expect(event["customerId"]?.string == (try await installation.identities.knownSubject(of: identifier)))
                #expect(event["agentId"] == "agent-1" && event["objectId"] == "CASE-7")
                #expect(event["reportedBy"]?.string == id && event["fetchedAt"] == report.at(0))
                #expect(!String(decoding: try event.canonicalBytes(), as: UTF8.self).contains("C-77"))
            }
            let subject = try await installation.identities.subject(ofCustomerNumber: identifier, source: "test")
            var engine = DetectionEngine(
                rules: installation.rules.pack,
                configuration: DetectionConfiguration(requiredFeeds: ["conversations"])
            )
            try await installation.ledger.append(
                Event(
                    type: .customerDataAccessed,
                    identity: .random(producer: "gateway"),
                    timestamp: report.now,
                    fields: [
                        "agentId": "agent-1", "customerId": .string(subject), "binding": "unverifiable",
                        "route": "profile", "outcome": "released", "dataFieldsViewed": ["name"],
                    ]
                )
            )
            try await installation.ledger.append(
                Event(
                    type: .platformFeedAdvanced,
                    identity: .random(producer: "genesys"),
                    timestamp: report.now.adding(seconds: 60),
                    fields: ["feed": "conversations", "through": report.at(60)]
                )
            )
            var told: [DetectionEvent] = []
            for index in 0..<installation.ledger.health.head.size {
                let bytes = try await installation.ledger.entry(at: index)
                told += bytes.withUnsafeBytes { engine.observe(index: Int64(index), entry: $0) }
            }
            let codes = told.compactMap { $0.fields["ruleCode"]?.string }
            #expect(codes == (isReported ? [] : ["D-01"]))
        }
    }

    @Test func anIdentifierOfSomebodyKnownBecomesTheLedgersName() async throws {
        let installation = try Installation()
        let header = try await installation.caller(.events).header
        let report = Report(now: installation.clock.now())
        let number = try Normaliser().identifier(.customer, "C-9")
        let subject = try await installation.identities.subject(ofCustomerNumber: number, source: "test")
        try await installation.test { client in
            let known = report.body(["customerId": nil, "identifier": ["kind": "customer", "value": "C-9"]])
            try await client.post("/api/v1/audit/events", header, known).expect(status: .created)
            let nobody = report.body([
                "customerId": nil, "identifier": ["kind": "customer", "value": "C-404"],
            ])
            try await client.post("/api/v1/audit/events", header, nobody).expect(.invalidEvent, without: "C-404")
        }
        let found = try await installation.events(.relationshipRecorded)
        #expect(found.map { $0["customerId"]?.string } == [subject])
    }

    @Test func itIsBoundedAndNobodyReplacesWhatAnotherReported() async throws {
        let installation = try Installation()
        let (one, first) = try await installation.caller(.events)
        let (other, second) = try await installation.caller(.events)
        let report = Report(now: installation.clock.now())
        let refused: [[String: JSONValue?]] = [
            ["provider": "live_participant"], ["provider": "consult"], ["provider": nil], ["relationshipId": nil],
            ["agentId": nil], ["customerId": nil], ["to": nil], ["from": nil], ["from": "yesterday"],
            ["to": report.at(-601)], ["to": report.at(91 * 86_400)], ["from": report.at(-500 * 86_400)],
            ["customerId": .string(String(repeating: "9", count: 129))], ["phone": "+14155550132"],
            ["identifier": ["kind": "customer", "value": "C-9"]],
            ["customerId": nil, "identifier": ["kind": "shoe size", "value": "44"]],
            ["customerId": nil, "identifier": ["kind": "customer", "value": "C-9", "more": "x"]],
            ["provider": "break_glass"], ["provider": "break_glass", "reason": "outage", "to": report.at(13 * 3600)],
            ["provider": "break_glass", "reason": "outage", "agentId": nil, "queueId": "q", "to": report.at(60)],
        ]
        try await installation.test { client in
            for change in refused {
                try await client.post("/api/v1/audit/events", first, report.body(change)).expect(
                    .invalidEvent,
                    without: "+1415"
                )
            }
            #expect(try await installation.events(.relationshipRecorded).isEmpty)
            for header in [first, second] {
                try await client.post("/api/v1/audit/events", header, report.body()).expect(status: .created)
            }
            let glass = report.body([
                "provider": "break_glass", "reason": "outage", "customerId": nil, "to": report.at(3600),
                "relationshipId": "bg-1",
            ])
            try await client.post("/api/v1/audit/events", first, glass).expect(status: .created)
        }
        let ids = try await installation.events(.relationshipRecorded).compactMap { $0["relationshipId"]?.string }
        #expect(
            Set(ids) == ["reported/\(one)/CASE-7", "reported/\(other)/CASE-7", "reported/\(one)/bg-1"]
        )
    }
}
