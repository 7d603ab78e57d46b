import Detection
import Genesys
import JSON
import Ledger
import Sandbox
import TestStores
import Testing
import WallTime

@testable import Monitoring

@Suite(.timeLimit(.minutes(3))) struct PlatformContainmentTests {
    @Test(arguments: Engine.allCases)
    func aUserIsDeactivatedAndPutBackByTheTimerAfterRestarts(engine: Engine) async throws {
        try await PlatformBench.run(engine) { bench in
            let token = try bench.sandbox.signIn(bench.agent)
            try await bench.approved(.deactivateUser, bench.agent, minutes: 60)
            #expect(bench.count(patchUser) == 0)
            try await bench.work()
            let found = try await bench.found()
            #expect(found.phase == .effective && found.effect == "shown")
            #expect(found.priorState?["state"] == "active" && found.evidence?["correlationId"]?.string != nil)
            #expect(bench.sandbox.account(of: bench.agent)?.state == "inactive")
            #expect(try await !bench.accepts(token))
            bench.watched.clock.advance(seconds: 3599)
            try await bench.work()
            #expect(try await bench.found().phase == .effective)
            bench.watched.clock.advance(seconds: 1)
            try await bench.work()
            #expect(try await bench.found().phase == .undone)
            #expect(bench.sandbox.account(of: bench.agent)?.state == "active")
            #expect(bench.count(patchUser) == 2)
        }
    }

    @Test func anOAuthClientIsDisabledAndEverythingOfItComesBack() async throws {
        try await PlatformBench.run { bench in
            let id = bench.directory.limitedClientID
            let client = bench.platform.client
            let before = try await client.oauthClient(id: id)
            try await bench.approved(.disableClient, id)
            try await bench.work()
            #expect(try await bench.found().phase == .effective)
            #expect(bench.sandbox.state(ofClient: id) == "disabled")
            _ = try await bench.desk().command(.undo(caseID: "c1", reason: "a false alarm"), by: "ann")
            try await bench.work()
            #expect(try await bench.found().phase == .undone)
            let after = try await client.oauthClient(id: id)
            #expect(after.state == "active" && after.roles == before.roles && after.grantType == before.grantType)
        }
    }

    @Test func deletedTokensStopWorkingAndNobodyCallsItDone() async throws {
        try await PlatformBench.run { bench in
            let token = try bench.sandbox.signIn(bench.signedOn)
            #expect(try await bench.accepts(token))
            try await bench.approved(.deleteTokens, bench.signedOn)
            try await bench.work()
            #expect(try await !bench.accepts(token))
            var found = try await bench.found()
            #expect(found.phase == .verifying && found.effect == "unknown" && found.retryAt != nil)
            // The browser signs the user of single sign-on in again.
            bench.sandbox.clock.advance(seconds: 30)
            _ = try bench.sandbox.signIn(bench.signedOn)
            try await bench.settle()
            found = try await bench.found()
            #expect(found.phase == .failed && found.problem?.contains("a new token since") == true)
            #expect(bench.count(deleteTokens) == 1)
        }
    }

    @Test func whatNeverShowsEndsUnconfirmedAfterADay() async throws {
        try await PlatformBench.run { bench in
            try await bench.approved(.deleteTokens, bench.agent)
            let began = bench.watched.clock.now()
            try await bench.settle()
            let found = try await bench.found()
            #expect(found.phase == .unconfirmed && found.effect == "unknown" && found.isOver)
            let seconds = (bench.watched.clock.now().milliseconds - began.milliseconds) / 1000
            #expect((86_400...100_000).contains(seconds))
            #expect(try await bench.desk().history(of: "c1").count < 45)
        }
    }

    @Test func aRandomPasswordIsForThoseWhoHaveOneAndIsKeptNowhere() async throws {
        try await PlatformBench.run { bench in
            await #expect(throws: ContainmentError.noNativeLogin) {
                try await bench.approved(.randomPassword, bench.signedOn)
            }
            try await bench.approved(.randomPassword, bench.agent)
            try await bench.work()
            #expect(bench.sandbox.account(of: bench.agent)?.passwordChanges == 1)
            #expect(try await bench.found().effect == "unknown")
            let texts = try await bench.desk().history(of: "c1").map { "\($0.json)" }
            #expect(!texts.contains { $0.lowercased().contains("password\":") || $0.contains("newPassword") })
        }
    }

    @Test func whatSomebodyDidBeforeIsLeftAlone() async throws {
        try await PlatformBench.run { bench in
            try await bench.approved(.deactivateUser, bench.directory.inactiveAgent, minutes: 1)
            try await bench.work()
            bench.watched.clock.advance(seconds: 120)
            try await bench.work()
            #expect(try await bench.found().phase == .alreadyDone)
            #expect(bench.count(patchUser) == 0)
        }
    }

    @Test func aMissingPermissionIsNamedAndEndsIt() async throws {
        try await PlatformBench.run(limited: true) { bench in
            try await bench.approved(.deleteTokens, bench.agent)
            try await bench.settle()
            let found = try await bench.found()
            #expect(found.phase == .failed && found.problem?.contains("oauth:token:delete") == true)
        }
    }

    @Test func anAgentWhomNeitherTheRecordNorThePlatformKnowsIsDoubtedAndNotRefused() async throws {
        try await PlatformBench.run { bench in
            func propose(_ target: String) async throws -> ContainmentCase {
                let proposal = ContainmentProposal(
                    id: "c-\(target)",
                    step: .block,
                    target: ContainmentTarget(id: target),
                    reason: "scraping"
                )
                let preview = try await bench.desk().preview(proposal)
                let made = try await bench.desk().command(.propose(proposal), by: "ann")
                #expect(preview.warnings == made.warnings && preview.obstacle == nil)
                return made
            }
            #expect(try await propose("nobody-such").warnings.first?.contains("knows no such user") == true)
            #expect(try await propose(bench.agent).warnings == [])
            try await bench.watched.read(1, agent: "read-before")
            #expect(try await propose("read-before").warnings == [])
        }
    }

    @Test func anUnknownTargetIsRefused() async throws {
        try await PlatformBench.run { bench in
            for step in [ContainmentStep.deleteTokens, .deactivateUser, .disableClient] {
                await #expect(throws: ContainmentError.unknownTarget("nobody")) {
                    try await bench.approved(step, "nobody")
                }
            }
        }
    }

    @Test func aDryRunTellsAndDoesNothing() async throws {
        try await PlatformBench.run { bench in
            let size = bench.watched.ledger.health.head.size
            let proposal = ContainmentProposal(
                id: "dry",
                step: .randomPassword,
                target: ContainmentTarget(id: bench.signedOn),
                reason: "x"
            )
            let preview = try await bench.desk().preview(proposal)
            #expect(preview.obstacle == .noNativeLogin && preview.approvalsNeeded == 2 && !preview.isReversible)
            #expect(preview.facts.contains { $0.contains("single sign-on") })
            #expect(bench.watched.ledger.health.head.size == size)
            #expect(bench.sandbox.account(of: bench.signedOn)?.passwordChanges == 0)
        }
    }

    @Test func aDeactivationWaitsForTheEndOfTheCall() async throws {
        try await PlatformBench.run { bench in
            let agent = bench.directory.agentWithLiveCall
            try await bench.watched.read(1, agent: agent, interaction: bench.directory.liveConversation)
            try await bench.approved(.deactivateUser, agent, afterCall: true)
            // One desk, as in one process: what it saw of the call is good for ten seconds.
            let desk = try bench.desk()
            while try await desk.work() {}
            #expect(try await bench.found().phase == .executing && bench.count(patchUser) == 0)
            try bench.sandbox.end(bench.directory.liveConversation)
            bench.watched.clock.advance(seconds: 11)
            while try await desk.work() {}
            #expect(try await bench.found().phase == .effective)
        }
    }

    @Test func aCallOfWhichNobodyCanTellHoldsBackUntilAPersonHasToLook() async throws {
        try await PlatformBench.run { bench in
            let agent = bench.directory.agentWithLiveCall
            try await bench.watched.read(1, agent: agent, interaction: bench.directory.liveConversation)
            bench.sandbox.inject(PlatformFault(route: "GET /api/v2/conversations/{id}", status: 429, times: 1000))
            try await bench.approved(.deactivateUser, agent, id: "limited", afterCall: true)
            // Nothing was read for this one, so that there is no conversation to ask about.
            try await bench.approved(.deactivateUser, bench.agent, id: "unseen", afterCall: true)
            let desk = try bench.desk()
            for seconds: Int64 in [0, 11, 600, 1000, 200] {
                #expect(bench.count(patchUser) == 0)
                bench.watched.clock.advance(seconds: seconds)
                while try await desk.work() {}
            }
            for id in ["limited", "unseen"] {
                let found = try await bench.found(id)
                #expect(found.phase == .failed && found.effect == "none")
                #expect(found.problem?.contains("nobody could tell") == true)
            }
            #expect(bench.count(patchUser) == 0)
        }
    }
}

/// What others do between our steps.
@Suite(.timeLimit(.minutes(3))) struct ContainmentInterferenceTests {
    @Test func otherChangesOfTheUserStay() async throws {
        try await PlatformBench.run { bench in
            try await bench.approved(.deactivateUser, bench.agent)
            try await bench.work()
            try bench.sandbox.changeAccount(of: bench.agent)
            _ = try await bench.desk().command(.undo(caseID: "c1", reason: "talked to the agent"), by: "ann")
            try await bench.work()
            #expect(try await bench.found().phase == .undone)
            // Ours, theirs, ours.
            #expect(bench.sandbox.account(of: bench.agent)?.version == 4)
        }
    }

    @Test func aTimerDoesNotOverruleWhatSomebodyChangedAndAPersonMay() async throws {
        try await PlatformBench.run { bench in
            try await bench.approved(.deactivateUser, bench.agent, minutes: 1)
            try await bench.work()
            try bench.sandbox.changeAccount(of: bench.agent, state: "inactive")
            bench.watched.clock.advance(seconds: 61)
            try await bench.settle()
            let found = try await bench.found()
            #expect(found.phase == .failed && found.problem?.contains("by hand") == true)
            #expect(bench.sandbox.account(of: bench.agent)?.state == "inactive")
            _ = try await bench.desk().command(.undo(caseID: "c1", reason: "it was maintenance"), by: "ann")
            try await bench.settle()
            #expect(try await bench.found().phase == .undone)
            #expect(bench.sandbox.account(of: bench.agent)?.state == "active")
        }
    }

    @Test func aTimerDoesNotOverruleWhoChangedTheClient() async throws {
        try await PlatformBench.run { bench in
            let id = bench.directory.limitedClientID
            try await bench.approved(.disableClient, id, minutes: 1)
            try await bench.work()
            bench.sandbox.change(client: id, state: "inactive")
            bench.watched.clock.advance(seconds: 61)
            try await bench.settle()
            #expect(try await bench.found().phase == .failed)
            #expect(bench.sandbox.state(ofClient: id) == "inactive")
        }
    }

    @Test func whatSomebodyPutBackAlreadyIsDone() async throws {
        try await PlatformBench.run { bench in
            try await bench.approved(.deactivateUser, bench.agent, minutes: 1)
            try await bench.work()
            try bench.sandbox.changeAccount(of: bench.agent, state: "active")
            bench.watched.clock.advance(seconds: 61)
            try await bench.settle()
            #expect(try await bench.found().phase == .undone)
            #expect(bench.count(patchUser) == 1)
        }
    }

    @Test func aStaleVersionIsReadAnew() async throws {
        try await PlatformBench.run { bench in
            bench.sandbox.inject(PlatformFault(route: patchUser, status: 409, times: 2))
            try await bench.approved(.deactivateUser, bench.agent)
            try await bench.work()
            #expect(try await bench.found().phase == .effective && bench.count(patchUser) == 3)
        }
    }

    @Test func aStepSwitchedOffAfterItsApprovalIsNotBegun() async throws {
        try await PlatformBench.run { bench in
            try await bench.approved(.deactivateUser, bench.agent)
            let off = ContainmentPolicy(enabled: [.maskOnly])
            while try await bench.desk(off).work() {}
            #expect(try await bench.found().phase == .approved && bench.count(patchUser) == 0)
            _ = try await bench.desk(off).command(.refuse(caseID: "c1", reason: "off"), by: "ann")
            try await bench.work()
            #expect(try await bench.found().phase == .refused && bench.count(patchUser) == 0)
        }
    }
}
