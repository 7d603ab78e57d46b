import Identity

/// Reads the section `identity`: how identifiers are read, how they make people, and who has to agree to decisions about that.
struct IdentityReader {
    func identity(_ section: Section?) -> (
        rules: IdentityRules, normaliser: Normaliser.Rules, approvals: DecisionApprovals
    ) {
        guard let section else { return (IdentityRules(), Normaliser.Rules(), .usual) }
        defer { section.end() }
        return (rules(section), normaliser(section), approvals(section))
    }

    /// What is not named keeps its usual number.
    private func approvals(_ section: Section) -> DecisionApprovals {
        var approvals = DecisionApprovals.usual
        guard let given = section.section("approvals") else { return approvals }
        for kind in IdentityDecision.Kind.allCases {
            if let count = given.integer(kind.rawValue, in: 0...5) { approvals.needed[kind] = count }
        }
        if let milliseconds = given.duration("expire", in: 60_000...2_592_000_000) {
            approvals.proposalSeconds = Int64(milliseconds / 1000)
        }
        given.end()
        return approvals
    }

    private func rules(_ section: Section) -> IdentityRules {
        var rules = IdentityRules()
        if section.has("matching") {
            rules.matching = section.texts("matching").enumerated().compactMap { place, text in
                let kinds = text.split(separator: "+").map { IdentifierKind(rawValue: String($0)) }
                guard !kinds.isEmpty, !kinds.contains(nil) else {
                    section.problem(
                        "matching",
                        "has at place \(place + 1) no kinds joined by +; kinds are \(Self.kinds)"
                    )
                    return nil
                }
                return Set(kinds.compactMap { $0 })
            }
            for (place, kinds) in rules.matching.enumerated()
            where rules.matching.prefix(place).contains(where: { kinds.isSuperset(of: $0) }) {
                section.problem(
                    "matching",
                    "has at place \(place + 1) a rule that could never decide: an earlier one needs less"
                )
            }
        }
        if let most = section.section("mostPerPerson") {
            rules.mostPerPerson = [:]
            for kind in IdentifierKind.allCases {
                if let count = most.integer(kind.rawValue, in: 1...1000) { rules.mostPerPerson[kind] = count }
            }
            most.end()
        }
        if let merges = section.choice("mergesFrom", Merging.self) {
            rules.mergesFrom = Assurance(rawValue: merges.rawValue)
        }
        if let most = section.integer("mostPeoplePerIdentifier", in: 1...1000) { rules.mostPeoplePerIdentifier = most }
        if let needed = section.section("needed") {
            for purpose in IdentityPurpose.allCases {
                if let assurance = needed.choice(purpose.rawValue, Assurance.self) { rules.needed[purpose] = assurance }
            }
            needed.end()
        }
        if let keeps = section.flag("sealedIdentifiers") { rules.keepsSealedIdentifiers = keeps }
        return rules
    }

    /// An assurance, or never.
    private enum Merging: String, CaseIterable { case claimed, observed, matched, verified, never }

    private static let kinds = IdentifierKind.allCases.map(\.rawValue).joined(separator: ", ")

    private func normaliser(_ section: Section) -> Normaliser.Rules {
        var rules = Normaliser.Rules()
        if let region = section.text("region") {
            if Normaliser.regions.contains(region) {
                rules.region = region
            } else {
                section.problem("region", "must be one of: \(Normaliser.regions.joined(separator: ", "))")
            }
        }
        if let email = section.section("email") {
            rules.email.ignoresCase = email.flag("ignoreCase") ?? true
            rules.email.tagDomains = Set(email.texts("tagDomains"))
            rules.email.dotlessDomains = Set(email.texts("dotlessDomains"))
            email.end()
        }
        if let account = section.section("account") {
            rules.account.minimumLength = account.integer("minimumLength", in: 1...64) ?? rules.account.minimumLength
            rules.account.maximumLength = account.integer("maximumLength", in: 1...64) ?? rules.account.maximumLength
            rules.account.allowsLetters = account.flag("letters") ?? true
            rules.account.checksum = account.choice("checksum", AccountRules.Checksum.self) ?? .none
            if rules.account.minimumLength > rules.account.maximumLength {
                account.problem("minimumLength", "is more than maximumLength: no number would be taken")
            }
            account.end()
        }
        if let blocked = section.section("blocked") {
            for kind in IdentifierKind.allCases {
                for value in blocked.texts(kind.rawValue) { block(kind, value, blocked, &rules) }
            }
            blocked.end()
        }
        return rules
    }

    private func block(_ kind: IdentifierKind, _ value: String, _ section: Section, _ rules: inout Normaliser.Rules) {
        var alone = rules
        alone.blocked = [kind: [value]]
        do throws(IdentifierRefusal) {
            _ = try Normaliser(rules: alone)
            rules.blocked[kind, default: []].insert(value)
        } catch {
            section.problem(kind.rawValue, "has a value that is \(error)")
        }
    }
}
