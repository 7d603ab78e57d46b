import JSON
import Testing
import WallTime

@testable import Detection

/// The order of the ladder, and its mildest rung, which touches nobody.
@Suite struct ContainmentLadderTests {
    private static let local: Set<ContainmentStep> = [.notify, .justify, .maskOnly, .block]

    private func book(_ policy: ContainmentPolicy) -> ContainmentBook { ContainmentBook(policy: policy) }

    private func proposal(_ id: String, _ step: ContainmentStep, _ agent: String) -> ContainmentCommand {
        .propose(
            ContainmentProposal(id: id, step: step, target: ContainmentTarget(id: agent), reason: "a test")
        )
    }

    @Test func theLadderGoesFromTheMildestToTheGravest() {
        #expect(
            ContainmentStep.allCases.map(\.rawValue) == [
                "notify", "justify", "mask_only", "block", "delete_tokens", "deactivate_user", "disable_client",
                "random_password",
            ]
        )
        #expect(ContainmentStep.allCases == ContainmentStep.allCases.sorted())
        #expect(Set(ContainmentStep.allCases.filter(\.isLocal)) == Self.local)
        #expect(ContainmentStep.justify.isReversible && !ContainmentStep.notify.isReversible)
    }

    @Test func tellingPeopleIsNeitherCappedNorForbidden() throws {
        var book = book(
            ContainmentPolicy(enabled: Self.local, identitiesPerHour: 1, protected: ["emergency"])
        )
        for number in 0..<5 {
            let told = proposal("n\(number)", .notify, number == 0 ? "emergency" : "agent-\(number)")
            book.apply(try book.plan(told, by: "ann", at: monday))
        }
        // Five people were told of, and nobody was contained: there is room for one.
        book.apply(try book.plan(proposal("m", .maskOnly, "agent-9"), by: "ann", at: monday))
        #expect(throws: ContainmentError.self) {
            try book.plan(proposal("j", .justify, "agent-8"), by: "ann", at: monday)
        }
        #expect(throws: ContainmentError.protected("emergency")) {
            try book.plan(proposal("k", .justify, "emergency"), by: "ann", at: monday)
        }
        _ = try book.plan(proposal("n9", .notify, "agent-7"), by: "ann", at: monday)
    }

    @Test func whatWasSaidCannotBeUnsaid() throws {
        let book = book(ContainmentPolicy(enabled: Self.local))
        let timed = ContainmentProposal(
            id: "n",
            step: .notify,
            target: ContainmentTarget(id: "agent-1"),
            reason: "a test",
            undoAt: monday.adding(seconds: 60)
        )
        #expect(throws: ContainmentError.notReversible(.notify)) {
            try book.plan(.propose(timed), by: "ann", at: monday)
        }
    }

    struct Choice: Sendable {
        let names: ContainmentStep
        let automatic: Set<ContainmentStep>
        let takes: ContainmentStep?
    }

    @Test(
        "an alert brings about the gravest step up to its own that may be taken",
        arguments: [
            Choice(names: .block, automatic: [.notify, .justify, .maskOnly], takes: .maskOnly),
            Choice(names: .maskOnly, automatic: [.notify, .justify], takes: .justify),
            Choice(names: .maskOnly, automatic: [.notify], takes: .notify),
            Choice(names: .justify, automatic: [.maskOnly], takes: nil),
            Choice(names: .notify, automatic: [.notify, .justify, .maskOnly, .block], takes: .notify),
            Choice(names: .notify, automatic: [.maskOnly], takes: nil),
        ]
    )
    func choices(choice: Choice) throws {
        let finding = try #require(
            AgentFinding([
                "eventType": "DETECTION_ALERT_RAISED", "alertId": "D-99-1", "ruleCode": "D-99", "agentId": "agent-1",
                "entity": ["agent-1"], "suggestedStep": .string(choice.names.rawValue),
                "timestamp": "2026-03-02T09:00:00.000Z",
            ])
        )
        let policy = ContainmentPolicy(enabled: Self.local, automatic: choice.automatic)
        #expect(policy.automaticStep(for: finding, among: [])?.step == choice.takes)
    }

    /// Whoever is masked need not be asked for reasons, but people are told whatever stands.
    @Test func whatIsGraverCoversWhatIsMilder() throws {
        var book = book(ContainmentPolicy(enabled: Self.local))
        book.apply(try book.plan(proposal("m", .maskOnly, "agent-1"), by: "ann", at: monday))
        book.apply(try book.plan(proposal("n", .notify, "agent-1"), by: "ann", at: monday))
        #expect(
            book.covers("agent-1", by: .justify, since: monday) && book.covers("agent-1", by: .maskOnly, since: monday)
        )
        #expect(
            !book.covers("agent-1", by: .block, since: monday) && !book.covers("agent-1", by: .notify, since: monday)
        )
        #expect(!book.covers("agent-2", by: .justify, since: monday))
    }
}
