import Testing

@testable import Detection

@Suite("Mutants of rules")
struct MutantTests {
    private static let rule = """
        title: Read in the night
        id: 5d3c8d51-67f6-4c0b-8f5e-2f1a4a0c1a01
        name: night
        logsource: {product: muniment}
        detection:
          read:
            eventType: CUSTOMER_DATA_ACCESSED
            latencyMicroseconds|gte: 100
          queue:
            queueId: [a, b]
          condition: read and not queue
        level: low
        ---
        title: Reads in the night
        id: 5d3c8d51-67f6-4c0b-8f5e-2f1a4a0c1a02
        name: nights
        correlation:
          type: value_count
          rules: [night]
          group-by: [agentId]
          timespan: 10s
          condition: {field: customerId, gte: 2}
        level: low
        """

    private static func fixtures(_ cases: String, more: String = "") throws -> RuleSet {
        let template = """
            {"eventType": "CUSTOMER_DATA_ACCESSED", "timestamp": "2026-03-02T09:00:00.000Z", "agentId": "a", "customerId": "c",
            "latencyMicroseconds": 100}
            """
        let text = "{\"templates\": {\"read\": \(template)}, \"cases\": [\(cases)]\(more)}"
        return try RuleSet(files: [RuleFile(name: "own.yml", text: rule, fixtures: Array(text.utf8))])
    }

    private static func test(_ name: String, _ fires: Bool, _ events: String...) -> String {
        "{\"name\": \"\(name)\", \"fires\": \(fires), \"events\": [\(events.joined(separator: ", "))]}"
    }

    private static let second = #"{"like": "read", "customerId": "d", "timestamp": "2026-03-02T09:00:10.000Z"}"#
    private static let one = #"{"like": "read"}"#
    private static let few = [
        test("f1", true, one, second), test("f2", true, second, one),
        test("f3", true, one, one, second),
        test("s1", false, one), test("s2", false, second), test("s3", false, one, one),
    ]

    @Test func everyChangeIsMadeOnceAndInWords() throws {
        let pack = try RulePack(files: [RuleFile(name: "own.yml", text: Self.rule)])
        let words = pack.rules.map { RuleMutant.all(of: $0).map(\.words) }
        #expect(
            words == [
                [
                    "the condition '(read and not queue)' becomes '(read or not queue)'",
                    "the condition '(read and not queue)' becomes '(not queue)'",
                    "the condition '(read and not queue)' becomes '(not read and not queue)'",
                    "the condition '(read and not queue)' becomes '(read)'",
                    "the condition '(read and not queue)' becomes '(read and queue)'",
                    "in 'queue' queueId is negated", "in 'queue' queueId is not compared with 'a'",
                    "in 'queue' queueId is not compared with 'b'", "in 'read' eventType is not looked at",
                    "in 'read' eventType is negated",
                    "in 'read' eventType 'customer_data_accessed' becomes another text",
                    "in 'read' latencyMicroseconds is not looked at", "in 'read' latencyMicroseconds is negated",
                    "in 'read' latencyMicroseconds gte 100 becomes 101",
                    "in 'read' latencyMicroseconds gte 100 becomes 99",
                ],
                [
                    "the bound gte 2 becomes 3", "the bound gte 2 becomes 1", "the condition gte becomes lt",
                    "the timespan 10s becomes a second longer", "the timespan 10s becomes a second shorter",
                    "group-by agentId is dropped", "events are counted, not values of customerId",
                ],
            ]
        )
    }

    @Test func whatNoFixtureNoticesIsTold() throws {
        let report = MutantTest.run(try Self.fixtures(Self.few.joined(separator: ", ")))
        let nights = try #require(report.tallies.last)
        #expect(nights.survivors == ["the timespan 10s becomes a second longer", "group-by agentId is dropped"])
        #expect(nights.killed == 5 && nights.total == 7)
        #expect(!report.passed && report.shortcomings.count == 1)
        #expect(report.shortcomings.first?.contains("notice \(report.killed) of 22 changes") == true)

        let late = #"{"like": "read", "customerId": "d", "timestamp": "2026-03-02T09:00:10.500Z"}"#
        let other = #"{"like": "read", "customerId": "d", "agentId": "b"}"#
        func read(_ more: String) -> String { #"{"like": "read", "customerId": "d", \#(more)}"# }
        let more = [
            Self.test("s4", false, Self.one, late), Self.test("s5", false, Self.one, other),
            Self.test("s6", false, Self.one, read(#""latencyMicroseconds": 99"#)),
            Self.test("s7", false, Self.one, read(#""queueId": "a""#)),
            Self.test("s8", false, Self.one, read(#""queueId": "b""#)),
        ]
        let better = MutantTest.run(try Self.fixtures((Self.few + more).joined(separator: ", ")))
        #expect(better.passed && better.tallies.last?.survivors == [], "\(better)")
        #expect(better.tallies.first?.survivors.allSatisfy { $0.contains("eventType") } == true, "\(better)")
    }

    @Test func claimsOfEquivalenceMustHold() throws {
        func claim(_ mutant: String) -> String {
            #", "equivalent": [{"rule": "nights", "mutant": "\#(mutant)", "reason": "because"}]"#
        }
        let cases = Self.few.joined(separator: ", ")
        let held = MutantTest.run(try Self.fixtures(cases, more: claim("group-by agentId is dropped")))
        #expect(held.tallies.last?.equivalent == 1 && held.tallies.last?.total == 6)
        for wrong in ["the bound gte 2 becomes 3", "no such mutant"] {
            let report = MutantTest.run(try Self.fixtures(cases, more: claim(wrong)))
            #expect(report.shortcomings.contains { $0.contains("names '\(wrong)'") }, "\(report)")
            #expect(report.tallies.last?.equivalent == 0)
        }
    }

    @Test func rulesWhoseFixturesFailAreNotTried() throws {
        let failing = (Self.few + [Self.test("f4", true, Self.one)]).joined(separator: ", ")
        let report = MutantTest.run(try Self.fixtures(failing))
        #expect(report.tallies.isEmpty && report.shortcomings.count == 2)
        #expect(report.shortcomings.allSatisfy { $0.contains("'f4' in own.fixtures.json fails already") })
    }

    @Test func theShippedFixturesNoticeNineInTenChangesOfEveryFile() throws {
        let report = MutantTest.run(try RuleSet(files: BuiltInRules.files))
        #expect(report.shortcomings == [])
        #expect(report.total > 550 && Double(report.killed) >= 0.95 * Double(report.total))
        #expect(report.tallies.count == (try BuiltInRules.pack().rules.count))
    }
}
