import Detection
import Foundation
import PlatformFacts
import Testing

@testable import Settings

@Suite struct FeedSettingsTests {
    private static func site(_ feeds: String, more: String = "") throws -> (Site, String) {
        let site = try Site()
        let text = try site.replacing("  binding:\n", "  feeds:\n\(feeds)  binding:\n") + more
        return (site, text)
    }

    private static let every = """
            conversations: {interval: 2m, settle: 4m, overlap: 1h, customersPerMinute: 30}
            audits: {services: [PeoplePermissions, Quality], reread: 24h}
            interactionAudits: {interval: 10m}
            executions: {step: 30m, actions: {0A1B: customer-profile}}
            agents: {peerGroup: title, queues: false}
            shifts: {interval: 20m, reread: 36h, businessUnits: [U1, U2]}

        """

    @Test func everyFeedIsRead() throws {
        let (site, text) = try Self.site(Self.every, more: "detection: {requiredFeeds: [conversations]}\n")
        let configuration = try site.read(text)
        let feeds = configuration.feeds
        #expect(feeds.names == ["conversations", "audits", "interaction-audits", "executions", "agents", "shifts"])
        #expect(feeds.conversations?.interval == .seconds(120) && feeds.conversations?.overlapSeconds == 3600)
        #expect(feeds.conversations?.customerAttribute == "customerId")
        #expect(feeds.audits?.services == ["PeoplePermissions", "Quality"] && feeds.audits?.rereadSeconds == 86_400)
        #expect(feeds.executions?.stepMinutes == 30 && feeds.executions?.actions == ["0a1b": "customer-profile"])
        #expect(feeds.agents?.peerGroup == .title && feeds.agents?.queues == false)
        #expect(feeds.shifts?.businessUnits == ["U1", "U2"] && feeds.shifts?.rereadDays == 2)
        #expect(feeds.shifts?.interval == .seconds(1200))
        #expect(feeds.permissions.contains { $0.feed == "shifts" && $0.permissions == ["wfm:publishedSchedule:view"] })
        #expect(configuration.detection.configuration.requiredFeeds == ["conversations"])
        // Three rounds of ten minutes, and a quarter of an hour until audits have settled.
        #expect(configuration.detection.configuration.feedSilenceSeconds["interaction-audits"] == 2700)
        #expect(feeds.permissions.contains { $0.feed == "audits" && $0.permissions == ["audits:audit:view"] })
    }

    @Test(arguments: ["{}", "{businessUnits: all}", "{businessUnits: []}"])
    func allBusinessUnitsAreMeantUnlessSomeAreNamed(shifts: String) throws {
        let (site, text) = try Self.site("    shifts: \(shifts)\n")
        #expect(try site.read(text).feeds.shifts == ShiftFeed.Settings())
    }

    @Test func anInstallationsOwnListsTakeThePlaceOfTheShippedOnes() throws {
        let site = try Site()
        let lists = "detection: {lists: {watched_customers: [\"subject:a\"], own: [x, y]}}\n"
        let configuration = try site.read(site.text + lists)
        #expect(configuration.detection.rules.lists["watched_customers"] == ["subject:a"])
        #expect(configuration.detection.rules.lists["own"] == ["x", "y"])
        #expect(configuration.detection.rules.lists["sensitive_fields"]?.contains("iban") == true)
    }

    @Test func fixturesAreReadBesideOwnRules() throws {
        let site = try Site()
        let rule = """
            title: A read
            id: 5d3c8d51-67f6-4c0b-8f5e-2f1a4a0c1a01
            name: own_read
            logsource: {product: muniment}
            detection: {read: {eventType: CUSTOMER_DATA_ACCESSED}, condition: read}
            level: low
            """
        try site.write(rule, to: "rules/own.yml")
        let text = site.text + "detection: {rules: [rules/own.yml]}\n"
        #expect(try site.read(text).detection.rules.ownFiles.map(\.fixtures) == [nil])
        try site.write("{}", to: "rules/own.fixtures.json")
        let own = try site.read(text).detection.rules.ownFiles
        #expect(own.map(\.fixtures) == [Array("{}".utf8)] && own.map(\.name) == [site.path("rules/own.yml")])
        // What is there and cannot be read is not taken for missing, and keeps no server from starting.
        try FileManager.default.removeItem(atPath: site.path("rules/own.fixtures.json"))
        try FileManager.default.createDirectory(
            atPath: site.path("rules/own.fixtures.json"),
            withIntermediateDirectories: false
        )
        let rules = try site.read(text).detection.rules
        #expect(RuleTest.shortcomings(ofOwn: rules).first?.contains("is empty or cannot be read") == true)
    }

    @Test func nothingIsOnThatIsNotNamed() throws {
        let site = try Site()
        let configuration = try site.read(site.text)
        #expect(configuration.feeds.names.isEmpty)
        #expect(configuration.detection.configuration.feedSilenceSeconds.isEmpty)
    }

    @Test(arguments: [
        ("    conversation: {}\n", "", "genesys.feeds.conversation", "is not a known setting"),
        ("    conversations: {every: 1m}\n", "", "genesys.feeds.conversations.every", "is not a known setting"),
        ("    conversations: {interval: 60}\n", "", "genesys.feeds.conversations.interval", "written like"),
        ("    executions: {step: 7m}\n", "", "genesys.feeds.executions.step", "divide an hour"),
        (
            "    executions: {actions: {a1: nothing}}\n", "", "genesys.feeds.executions.actions.a1",
            "names the route 'nothing'"
        ),
        ("    agents: {peerGroup: team}\n", "", "genesys.feeds.agents.peerGroup", "must be one of"),
        ("    agents: {queues: some}\n", "", "genesys.feeds.agents.queues", "true or false"),
        ("    shifts: {businessUnits: {}}\n", "", "genesys.feeds.shifts.businessUnits", "list"),
        ("    shifts: {reread: 8d}\n", "", "genesys.feeds.shifts.reread", "168h"),
        (
            "    agents: {interval: 1h}\n", "detection: {requiredFeeds: [conversations]}\n", "detection.requiredFeeds",
            "which no feed brings"
        ),
    ])
    func whatIsWrongIsSaid(feeds: String, more: String, path: String, message: String) throws {
        let (site, text) = try Self.site(feeds, more: more)
        let problems = site.problems(text)
        #expect(problems.contains { $0.path == path && $0.message.contains(message) }, "\(problems)")
    }
}
