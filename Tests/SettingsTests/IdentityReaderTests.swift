import Identity
import Testing

@testable import Settings

@Suite struct IdentityReaderTests {
    private func read(_ text: String) throws -> (
        rules: IdentityRules, normaliser: Normaliser.Rules, approvals: DecisionApprovals, problems: [String]
    ) {
        let collector = ProblemCollector()
        let document = try YAMLDocument(text)
        let source = Source(repeated: document.repeated, collector: collector)
        let root = try #require(document.root)
        let found = IdentityReader().identity(Section(root, path: "identity", position: nil, source: source))
        return (found.rules, found.normaliser, found.approvals, collector.problems.map { $0.path + " " + $0.message })
    }

    @Test func everythingCanBeSaid() throws {
        let (rules, normaliser, approvals, problems) = try read(
            """
            region: DE
            email: {ignoreCase: false, tagDomains: [gmail.com], dotlessDomains: [gmail.com]}
            account: {minimumLength: 15, maximumLength: 34, letters: false, checksum: iban}
            blocked: {phone: ["030 901820"], email: [info@example.com]}
            matching: [customer, email+phone]
            mostPerPerson: {account: 3}
            mostPeoplePerIdentifier: 7
            mergesFrom: never
            needed: {service: matched}
            sealedIdentifiers: false
            approvals: {merge: 2, forget: 0, unmerge: 1, expire: 24h}
            """
        )
        #expect(problems.isEmpty)
        #expect(
            approvals
                == DecisionApprovals(
                    needed: [.merge: 2, .link: 1, .together: 1, .unshare: 1, .forget: 0, .unmerge: 1],
                    proposalSeconds: 86_400
                )
        )
        #expect(
            normaliser.region == "DE" && !normaliser.email.ignoresCase && normaliser.email.tagDomains == ["gmail.com"]
        )
        #expect(normaliser.account.checksum == .iban && !normaliser.account.allowsLetters)
        #expect(normaliser.blocked == [.phone: ["030 901820"], .email: ["info@example.com"]])
        #expect(rules.matching == [[.customer], [.email, .phone]] && rules.mostPerPerson == [.account: 3])
        #expect(rules.mostPeoplePerIdentifier == 7 && rules.mergesFrom == nil && !rules.keepsSealedIdentifiers)
        #expect(rules.needed[.service] == .matched && rules.needed[.disclosure] == .matched)
    }

    @Test func nothingSaidMeansTheDefaults() {
        let (rules, normaliser, approvals) = IdentityReader().identity(nil)
        #expect(approvals == .usual && approvals.proposalSeconds == 72 * 3600)
        #expect(rules == IdentityRules() && normaliser == Normaliser.Rules())
    }

    @Test(arguments: [
        ("region: XX", "identity.region must be one of"),
        ("matching: [fax]", "identity.matching has at place 1 no kinds"),
        ("matching: [email, email+phone]", "identity.matching has at place 2 a rule that could never decide"),
        ("mostPerPerson: {customer: 0}", "identity.mostPerPerson.customer must be a whole number"),
        ("mostPerPerson: {fax: 1}", "identity.mostPerPerson.fax is not a known setting"),
        ("mergesFrom: always", "identity.mergesFrom must be one of: claimed, observed, matched, verified, never"),
        ("needed: {routing: sure}", "identity.needed.routing must be one of"),
        ("account: {minimumLength: 9, maximumLength: 4}", "identity.account.minimumLength is more than maximumLength"),
        ("account: {checksum: crc}", "identity.account.checksum must be one of: none, luhn, iban, aba"),
        ("blocked: {phone: [hello]}", "identity.blocked.phone has a value that is not a usable phone identifier"),
        ("approvals: {merge: 6}", "identity.approvals.merge must be a whole number"),
        ("approvals: {rename: 1}", "identity.approvals.rename is not a known setting"),
        ("approvals: {expire: 5s}", "identity.approvals.expire must be a time from 1m"),
        ("regions: DE", "identity.regions is not a known setting"),
    ])
    func whatIsWrongIsNamed(text: String, expected: String) throws {
        let problems = try read(text).problems
        #expect(problems.count == 1 && problems[0].hasPrefix(expected), "\(problems)")
        #expect(!problems[0].contains("hello"))
    }
}
