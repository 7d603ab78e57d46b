import Approvals
import Detection
import Genesys
import JSON
import Ledger
import Sandbox
import TestStores
import Testing
import WallTime

@testable import Monitoring

/// A platform that fails, and a process that dies.
@Suite(.timeLimit(.minutes(5))) struct ContainmentFaultTests {
    @Test(arguments: [429, 500, 503])
    func aStormIsWaitedOut(status: Int) async throws {
        try await PlatformBench.run { bench in
            bench.sandbox.inject(PlatformFault(route: patchUser, status: status, times: 4, retryAfter: 60))
            try await bench.approved(.deactivateUser, bench.agent)
            try await bench.settle()
            #expect(try await bench.found().phase == .effective)
            // It was changed once, by the first request that the platform carried out.
            #expect(bench.sandbox.account(of: bench.agent)?.version == 2)
        }
    }

    @Test func anAnswerThatIsLostIsLookedUpAndNotGivenTwice() async throws {
        try await PlatformBench.run { bench in
            bench.sandbox.inject(PlatformFault(route: patchUser, status: 500, isLate: true))
            try await bench.approved(.deactivateUser, bench.agent)
            try await bench.settle()
            #expect(try await bench.found().phase == .effective)
            #expect(bench.count(patchUser) == 1 && bench.sandbox.account(of: bench.agent)?.version == 2)
        }
    }

    @Test func anAnswerThatNeverComesIsLookedUp() async throws {
        try await PlatformBench.run(deadline: .seconds(2)) { bench in
            bench.sandbox.inject(PlatformFault(route: patchUser, isHeld: true, isLate: true))
            try await bench.approved(.deactivateUser, bench.agent)
            try await bench.settle()
            #expect(try await bench.found().phase == .effective)
            #expect(bench.count(patchUser) == 1 && bench.sandbox.account(of: bench.agent)?.version == 2)
        }
    }

    @Test func aDeadPlatformEndsInAProblemAndNothingDone() async throws {
        try await PlatformBench.run { bench in
            bench.sandbox.inject(PlatformFault(route: listUsers, status: 503, times: 10_000))
            // Asking is possible all the same.
            try await bench.approved(.deactivateUser, bench.agent)
            try await bench.settle()
            let found = try await bench.found()
            #expect(found.phase == .failed && found.effect == "none" && found.problem?.contains("503") == true)
            #expect(bench.sandbox.account(of: bench.agent)?.state == "active")
        }
    }

    @Test func anEffectThatCannotBeReadIsUnknownAndLookedAtAgain() async throws {
        try await PlatformBench.run { bench in
            try await bench.approved(.deactivateUser, bench.agent)
            // One after the other: the state before, then the change, then the reading back that fails.
            #expect(try await bench.desk().work())
            #expect(try await bench.desk().work())
            bench.sandbox.inject(PlatformFault(route: listUsers, status: 503, times: 12))
            try await bench.work()
            let found = try await bench.found()
            #expect(found.phase == .verifying && found.effect == "unknown" && found.problem?.contains("503") == true)
            try await bench.settle()
            #expect(try await bench.found().phase == .effective && bench.count(patchUser) == 1)
        }
    }

    @Test func anEffectThatDoesNotShowIsBroughtAboutAgain() async throws {
        try await PlatformBench.run { bench in
            // The platform says yes and does nothing; our own look after the change sees the old state.
            bench.sandbox.inject(PlatformFault(route: patchUser, status: 200, times: 2))
            try await bench.approved(.deactivateUser, bench.agent)
            try await bench.settle()
            #expect(try await bench.found().phase == .effective && bench.count(patchUser) == 3)
            bench.sandbox.inject(PlatformFault(route: patchUser, status: 200, times: 1000))
            try await bench.approved(.deactivateUser, bench.directory.supervisor, id: "c2")
            try await bench.settle()
            let found = try await bench.found("c2")
            #expect(found.phase == .failed && found.problem == "reading back did not show the effect")
        }
    }

    @Test func theEndOfAnEffectOutlastsAnOutage() async throws {
        try await PlatformBench.run { bench in
            try await bench.approved(.deactivateUser, bench.agent, minutes: 1)
            try await bench.work()
            bench.sandbox.inject(PlatformFault(route: patchUser, status: 503, times: 20))
            bench.watched.clock.advance(seconds: 60)
            try await bench.settle()
            #expect(try await bench.found().phase == .undone)
            #expect(bench.sandbox.account(of: bench.agent)?.state == "active")
        }
    }

    /// The process dies after an effect, before its outcome is recorded: at each of them, for each step.
    @Test(
        arguments: [ContainmentStep.deactivateUser, .disableClient, .deleteTokens, .randomPassword],
        Engine.allCases
    )
    func aKillBetweenActAndRecordNeverActsTwice(step: ContainmentStep, engine: Engine) async throws {
        for death in 0..<6 {
            try await PlatformBench.run(engine) { bench in
                let target = step == .disableClient ? bench.directory.limitedClientID : bench.agent
                let token = try bench.sandbox.signIn(bench.agent)
                try await bench.approved(step, target, minutes: step.isReversible ? 10 : nil)
                var effects = 0
                for round in 0..<20 {
                    let desk = try bench.desk()
                    if round == 8 { bench.watched.clock.advance(seconds: 601) }
                    let book = try await desk.book()
                    if effects == death, let due = book.due(at: bench.watched.clock.now()).first {
                        // Done, and nobody is left to write it down.
                        _ = try await bench.platform.bringAbout(due.effect)
                        effects += 1
                        continue
                    }
                    if try await desk.work([.platform]) { effects += 1 }
                }
                let found = try await bench.found()
                if step.isReversible {
                    #expect(found.phase == .undone, "dying at \(death)")
                    let state =
                        step == .disableClient
                        ? bench.sandbox.state(ofClient: target) : bench.sandbox.account(of: target)?.state
                    #expect(state == "active")
                    let changes = step == .disableClient ? "PUT /api/v2/oauth/clients/{id}" : patchUser
                    #expect(bench.count(changes) == 2, "dying at \(death)")
                } else {
                    #expect(found.effect == "unknown")
                    if step == .deleteTokens { #expect(try await !bench.accepts(token)) }
                }
                let story = try await desk(bench).history(of: "c1").map(\.number)
                #expect(story == Array(0..<story.count))
            }
        }
    }

    private func desk(_ bench: PlatformBench) throws -> ContainmentDesk { try bench.desk() }
}

/// Who may decide, and how many at once.
@Suite(.timeLimit(.minutes(3))) struct ContainmentApprovalTests {
    private func proposal(_ id: String, _ target: String, _ step: ContainmentStep = .deleteTokens) -> ContainmentCommand
    {
        .propose(ContainmentProposal(id: id, step: step, target: ContainmentTarget(id: target), reason: "x"))
    }

    @Test(arguments: Engine.allCases)
    func nobodyApprovesTheirOwnNorTwice(engine: Engine) async throws {
        let watched = try Watched(engine)
        let policy = ContainmentPolicy(enabled: [.deleteTokens], approvals: [.deleteTokens: 2])
        let desk = try ContainmentDesk(ledger: watched.ledger, policy: policy, clock: watched.clock, producer: "test")
        _ = try await desk.command(proposal("c1", "a"), by: "ann")
        await #expect(throws: ContainmentError.approval(.isRequester)) {
            try await desk.command(.approve(caseID: "c1"), by: "ann")
        }
        // The same person at six screens at once counts once.
        let taken = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<6 {
                group.addTask { (try? await desk.command(.approve(caseID: "c1"), by: "bob")) != nil }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(taken == 1)
        var found = try #require(try await desk.book().cases["c1"])
        #expect(found.phase == .proposed && found.approval.approvers == ["bob"])
        await #expect(throws: ContainmentError.approval(.agreedBefore)) {
            try await desk.command(.approve(caseID: "c1"), by: "bob")
        }
        // Fewer are asked for later: this case keeps to what it was proposed under.
        let lax = try ContainmentDesk(
            ledger: watched.ledger,
            policy: ContainmentPolicy(enabled: [.deleteTokens]),
            clock: watched.clock,
            producer: "test"
        )
        #expect(try await lax.book().cases["c1"]?.approval.needed == 2)
        found = try await lax.command(.approve(caseID: "c1"), by: "carol")
        #expect(found.phase == .approved)
    }

    @Test(arguments: Engine.allCases)
    func theBoundHoldsWhenManyAskAtOnce(engine: Engine) async throws {
        let watched = try Watched(engine)
        let policy = ContainmentPolicy(enabled: [.deleteTokens], identitiesPerHour: 3)
        let desk = try ContainmentDesk(ledger: watched.ledger, policy: policy, clock: watched.clock, producer: "test")
        let taken = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<8 {
                group.addTask { (try? await desk.command(proposal("c\(number)", "a\(number)"), by: "ann")) != nil }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(taken == 3)
        #expect(try await desk.book().cases.count == 3)
    }
}
