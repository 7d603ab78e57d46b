import Detection
import Testing

@testable import Settings

@Suite struct ContainmentReaderTests {
    private func read(_ containment: String, platform: Bool = true) throws -> (DetectionSettings?, [String]) {
        let site = try Site()
        try site.write("whsec_" + String(repeating: "QUFB", count: 10) + "\n", to: "keys/soar", mode: 0o600)
        try site.write("secret\n", to: "keys/bad", mode: 0o600)
        let text = site.text + "\ndetection:\n  containment: \(containment)\n"
        let problems = site.problems(text).map { "\($0)" }
        return (problems.isEmpty ? try site.read(text).detection : nil, problems)
    }

    @Test func stepsAreAListOrHaveRulesOfTheirOwn() throws {
        let (list, _) = try read("{steps: [mask_only, delete_tokens]}")
        #expect(list?.containment.enabled == [.maskOnly, .deleteTokens])
        #expect(list?.containment.approvalsNeeded(.deleteTokens) == 1)
        let (rules, problems) = try read(
            "{steps: {block: {approvals: 1}, deactivate_user: {}, delete_tokens: {approvals: 2}}}"
        )
        #expect(problems.isEmpty)
        #expect(rules?.containment.enabled == [.block, .deactivateUser, .deleteTokens])
        #expect(rules?.containment.approvalsNeeded(.block) == 1)
        #expect(rules?.containment.approvalsNeeded(.deleteTokens) == 2)
        #expect(rules?.containment.approvalsNeeded(.deactivateUser) == 2)
        #expect(rules?.soar == nil)
    }

    @Test func proposalsStandForThreeDaysUnlessMoreIsSaid() throws {
        #expect(try read("{steps: [block]}").0?.containment.proposalSeconds == 72 * 3600)
        #expect(try read("{proposalsExpire: 8h}").0?.containment.proposalSeconds == 8 * 3600)
        #expect(try read("{proposalsExpire: 1s}").1.contains { $0.contains("proposalsExpire") })
    }

    @Test func onlyMaskingIsOnUnlessMoreIsSaid() throws {
        #expect(try read("{identitiesPerHour: 2}").0?.containment.enabled == [.maskOnly])
    }

    @Test(
        arguments: [
            ("{steps: [arrest]}", "not one of the steps"),
            ("{steps: [delete_tokens], automatic: [delete_tokens]}", "only notify, justify, mask_only, block can"),
            ("{automatic: [block]}", "add it to 'steps'"), ("{automaticFor: 30s}", "automaticFor"),
            ("{steps: {block: {approvals: 1}}, automatic: [block]}", "needs approvals"),
            ("{steps: {deactivate_user: {approvals: 1}}}", "from 2 to 5"),
            ("{steps: {block: {who: me}}}", "not a known setting"),
            ("{steps: [notify]}", "noticeSinks"), ("{noticeSinks: [nobody]}", "none of the sinks"),
            ("{soar: {clients: [cl_1]}}", "secrets"), ("{soar: {secrets: []}}", "at least one"),
            ("{soar: {secrets: [{file: keys/bad}]}}", "whsec_"), ("{soar: {secrets: [{}]}}", "{env: NAME}"),
        ]
    )
    func problemsAreNamed(containment: String, problem: String) throws {
        let problems = try read(containment).1
        #expect(problems.contains { $0.contains(problem) }, "\(problems)")
        #expect(!problems.contains { $0.contains("QUFB") })
    }

    @Test func nothingIsAutomaticUnlessItIsNamed() throws {
        #expect(try read("{steps: [mask_only, block]}").0?.containment.automatic == [])
        let (settings, problems) = try read("{steps: [mask_only, block], automatic: [mask_only, block]}")
        #expect(problems.isEmpty)
        #expect(
            settings?.containment.automatic == [.maskOnly, .block] && settings?.containment.automaticSeconds == 3600
        )
        let timed = try read("{automatic: [mask_only], automaticFor: 15m, unexplainedReads: 30}").0
        #expect(timed?.containment.automaticSeconds == 900 && timed?.containment.unexplainedReads == 30)
        // Detection counts over the time for which a step lasts.
        #expect(timed?.configuration.unexplainedSeconds == 900 && timed?.configuration.unexplainedReads == 30)
        #expect(try read("{unexplainedReads: 0}").1.contains { $0.contains("unexplainedReads") })
    }

    @Test func aSOARHasItsKeysAndClients() throws {
        let (settings, problems) = try read(
            "{soar: {secrets: [{file: keys/soar}, {file: keys/soar}], clients: [cl_1]}}"
        )
        #expect(problems.isEmpty)
        #expect(settings?.soar?.keys.count == 2 && settings?.containment.soarClients == ["cl_1"])
    }

    @Test func thePlatformsStepsNeedAPlatform() throws {
        let site = try Site()
        let lines = site.text.split(separator: "\n", omittingEmptySubsequences: false)
        var isIn = false
        let without = lines.filter { line in
            if line.hasPrefix("genesys:") {
                isIn = true
            } else if line.first.map({ $0 != " " && $0 != "#" }) == true {
                isIn = false
            }
            return !isIn
        }.joined(separator: "\n")
        let problems = site.problems(without + "\ndetection: {containment: {steps: [block, delete_tokens]}}\n").map {
            "\($0)"
        }
        #expect(problems.contains { $0.contains("'delete_tokens' acts on the platform") })
        #expect(!problems.contains { $0.contains("'block'") })
    }
}
