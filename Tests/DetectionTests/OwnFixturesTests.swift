import Testing

@testable import Detection

@Suite("Fixtures of an installation's own rules")
struct OwnFixturesTests {
    private static let rule = """
        title: A queue that nobody should read from
        id: 5d3c8d51-67f6-4c0b-8f5e-2f1a4a0c1a01
        name: own_queue
        logsource: {product: muniment}
        detection:
          read:
            eventType: CUSTOMER_DATA_ACCESSED
            queueId|expand: '%closed_queues%'
          condition: read
        level: low
        muniment: {entity: agentId, sentence: 'Agent {agentId} read from {queueId}.'}
        """

    private static func fixtures(_ cases: [String], more: String = "") -> String {
        """
        {
          "configuration": {"lists": {"closed_queues": ["closed"]}},
          "templates": {
            "read": {"eventType": "CUSTOMER_DATA_ACCESSED", "timestamp": "2026-03-02T09:00:00.000Z", "agentId": "a", "queueId": "open"}
          },
          "cases": [
            \(cases.joined(separator: ",\n    "))
          ]\(more)
        }
        """
    }

    private static func firing(_ name: String, _ fires: Bool = true) -> String {
        #"{"name": "\#(name)", "fires": \#(fires), "events": [{"like": "read", "queueId": "closed"}]}"#
    }

    private static func silent(_ name: String, _ fires: Bool = false) -> String {
        #"{"name": "\#(name)", "fires": \#(fires), "events": [{"like": "read"}]}"#
    }

    private static let enough = ["f1", "f2", "f3"].map { firing($0) } + ["s1", "s2", "s3"].map { silent($0) }

    private static func set(_ fixtures: String?, rule: String = rule, shipped: Bool = false) throws -> RuleSet {
        let own = RuleFile(name: "/site/v1.2/own.yml", text: rule, fixtures: fixtures.map { Array($0.utf8) })
        // The installation's own list differs from that of the fixtures, which must not matter.
        return try RuleSet(
            files: (shipped ? BuiltInRules.files : []) + [own],
            lists: RulePack.defaultPlaceholders.merging(["closed_queues": ["other"]]) { $1 }
        )
    }

    @Test func theyRunBesideTheShippedOnes() throws {
        let report = RuleTest.run(try Self.set(Self.fixtures(Self.enough), shipped: true))
        #expect(report.passed, "\(report.shortcomings)")
        #expect(report.results.count { $0.rule == "own_queue" } == 6)
        #expect(report.results.count > 106)
    }

    @Test func aFailingCaseSaysWhatWasExpectedAndWhatHappened() throws {
        let wrong = Self.enough + [Self.firing("should be silent", false), Self.silent("should fire", true)]
        let report = RuleTest.run(try Self.set(Self.fixtures(wrong)))
        #expect(!report.passed && report.shortcomings.isEmpty)
        #expect(
            report.results.filter { !$0.passed }.map(\.description) == [
                "/site/v1.2/own.fixtures.json:13: 'should be silent': own_queue was to stay silent, and fired at event 1: "
                    + "Agent a read from closed.",
                "/site/v1.2/own.fixtures.json:14: 'should fire': own_queue was to fire, and stayed silent through all events "
                    + "(1); nothing else fired",
            ]
        )
    }

    @Test func tooFewOrNoneAreReportedAndDoNotKeepRulesFromBeingRead() throws {
        let few = try Self.set(Self.fixtures([Self.firing("f1"), Self.silent("s1")]))
        let wanted =
            "/site/v1.2/own.yml:1: 'own_queue' has 1 firing and 1 silent cases; write at least 3 of each into "
            + "/site/v1.2/own.fixtures.json"
        #expect(RuleTest.shortcomings(ofOwn: few) == [wanted])
        #expect(RuleTest.run(few).shortcomings == [wanted] && !RuleTest.run(few).passed)
        let none = try Self.set(nil, shipped: true)
        #expect(RuleTest.shortcomings(ofOwn: none).count == 1)
        #expect(RuleTest.shortcomings(ofOwn: none).first?.contains("0 firing and 0 silent") == true)
        #expect(RuleTest.shortcomings(ofOwn: try RuleSet(files: BuiltInRules.files)) == [])
    }

    @Test func aRuleThatOnlyFeedsOthersNeedsNone() throws {
        let feeding =
            Self.rule + """

                ---
                title: Many reads from a closed queue
                id: 5d3c8d51-67f6-4c0b-8f5e-2f1a4a0c1a02
                name: own_queue_many
                correlation: {type: event_count, rules: [own_queue], group-by: [agentId], timespan: 1m, condition: {gte: 2}}
                level: low
                """
        let shortcomings = RuleTest.shortcomings(ofOwn: try Self.set(nil, rule: feeding))
        #expect(shortcomings.count == 1 && shortcomings.first?.contains("'own_queue_many'") == true)
    }

    @Test func anOwnRuleThatSilencesAShippedOneFails() throws {
        let silencing = """
            title: Two contradictions
            id: 5d3c8d51-67f6-4c0b-8f5e-2f1a4a0c1a03
            name: own_twice
            correlation:
              type: event_count
              rules: [d13_contradicted_agent]
              group-by: [agentId]
              timespan: 1m
              condition: {gte: 2}
            level: low
            """
        let report = RuleTest.run(try Self.set(nil, rule: silencing, shipped: true))
        #expect(report.shortcomings.contains { $0.hasPrefix("D-13.fixtures.json:") && $0.contains("own_twice counts") })
    }

    @Test(arguments: [
        ("", 1, "empty or cannot be read"),
        ("{\n\"cases\": [}", 2, "this is not JSON"),
        ("[]", 1, "a fixture file must be an object"),
        ("{}", 1, "cases: must be a list of cases"),
        (#"{"case": []}"#, 1, "case: a fixture file has no such key"),
        (fixtures([#"{"fires": true, "events": []}"#]), 7, "cases[0].name: must be a text"),
        (fixtures([silent("a"), #"{"name": "b", "fires": "no", "events": []}"#]), 8, "cases[1].fires: must be true"),
        (fixtures([silent("a"), silent("a")]), 8, "another case is called 'a'"),
        (
            fixtures([#"{"name": "b", "fires": true, "fire": true, "events": []}"#]), 7,
            "cases[0].fire: a case has no such"
        ),
        (fixtures([#"{"name": "b", "fires": true, "events": []}"#]), 7, "cases[0].events: must be a list of events"),
        (
            fixtures([#"{"name": "b", "fires": true, "events": [{"like": "raed"}]}"#]), 7,
            "names no template; templates: read"
        ),
        (
            fixtures([
                "{\"name\": \"b\", \"fires\": true, \"events\": [\n{\"like\": \"read\"},\n{\"like\": \"read\", \"queue\": 1}]}"
            ]),
            9, "cases[0].events[1]: no CUSTOMER_DATA_ACCESSED has a field 'queue'"
        ),
        (
            fixtures([#"{"name": "b", "fires": true, "events": [{"like": "read", "eventType": "READ"}]}"#]), 7,
            "'READ' is no type of event"
        ),
        (
            fixtures([#"{"name": "b", "fires": true, "events": [{"like": "read", "timestamp": "noon"}]}"#]), 7,
            "needs a 'timestamp'"
        ),
        (
            fixtures([#"{"name": "b", "fires": true, "events": [{"repeat": 3, "every": "3x", "events": []}]}"#]), 7,
            "cases[0].events[0].every: must be a whole number and one of"
        ),
        (
            fixtures([#"{"name": "b", "fires": true, "events": [{"repeat": 0, "every": "3s", "events": []}]}"#]), 7,
            "cases[0].events[0].repeat: must be a whole number above 0"
        ),
        (
            fixtures([
                #"{"name": "b", "fires": true, "events": [{"repeat": 200001, "every": "1ms", "events": [{"like": "read"}]}]}"#
            ]), 7, "200000 events at the most"
        ),
        (
            fixtures([
                #"{"name": "b", "fires": true, "events": [{"repeat": 200000, "every": "100000000d", "events": [{"like": "read"}]}]}"#
            ]), 7, "thousands of years"
        ),
        (
            fixtures(enough, more: #", "equivalent": [{"rule": "own_queue"}]"#), 13,
            "equivalent[0].mutant: must be a text"
        ),
    ])
    func malformedFixturesAreRefusedWithTheirPlace(text: String, line: Int, message: String) throws {
        let report = RuleTest.run(try Self.set(text))
        let problem = try #require(report.shortcomings.first)
        #expect(report.shortcomings.count == 1)
        #expect(problem.hasPrefix("/site/v1.2/own.fixtures.json:\(line): "), "\(problem)")
        #expect(problem.contains(message), "\(problem)")
    }

    @Test func aCaseMustNameOneOfSeveralRules() throws {
        let named = Self.fixtures(
            Self.enough + [#"{"name": "x", "rule": "no_such", "fires": true, "events": [{"like": "read"}]}"#]
        )
        let report = RuleTest.run(try Self.set(named))
        #expect(report.shortcomings.count == 1 && report.results.count == 6)
        #expect(report.shortcomings.first?.contains("'x' must name a rule") == true)
    }

    @Test(arguments: [
        ("own.yml", "own.fixtures.json"), ("a.b/own.v2.yaml", "a.b/own.v2.fixtures.json"), ("own", "own.fixtures.json"),
    ])
    func fixturesLieBesideTheirRules(rules: String, fixtures: String) {
        #expect(RuleFile.fixtureName(beside: rules) == fixtures)
    }
}
