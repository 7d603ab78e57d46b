import Approvals
import JSON
import Testing
import WallTime

@testable import Detection

@Suite("The containment ladder")
struct ContainmentTests {
    static let everything = ContainmentPolicy(enabled: Set(ContainmentStep.allCases), protected: ["emergency"])

    static func proposal(
        _ step: ContainmentStep,
        id: String = "case-1",
        target: String = "agent-1",
        undoAfter: Int64? = nil
    ) -> ContainmentProposal {
        ContainmentProposal(
            id: id,
            step: step,
            target: ContainmentTarget(id: target, hasNativeLogin: true),
            reason: "scraping",
            alerts: ["D-03-1-agent-1"],
            undoAt: undoAfter.map { monday.adding(seconds: $0) }
        )
    }

    /// A process that can die: what it knows is gone, what is in the ledger and in the world stays.
    struct World {
        let policy: ContainmentPolicy
        var ledger: [JSONValue] = []
        var book: ContainmentBook
        /// Whether the target is contained, and how often that was really changed, by idempotency key.
        var isContained = false
        var done: [String: Int] = [:]
        /// Durable acts left before the process dies.
        var actsLeft: Int
        var crashes = 0

        init(policy: ContainmentPolicy = ContainmentTests.everything, actsLeft: Int = .max) {
            self.policy = policy
            self.actsLeft = actsLeft
            book = ContainmentBook(policy: policy)
        }

        /// Counts a durable act; false when the process dies instead, before it.
        mutating func survives() -> Bool {
            if actsLeft == 0 {
                crashes += 1
                actsLeft = .max
                restart()
                return false
            }
            actsLeft -= 1
            return true
        }

        mutating func restart() {
            book = ContainmentBook(policy: policy)
            for entry in ledger { ContainmentEvent(entry).map { book.apply($0) } }
        }

        @discardableResult
        mutating func write(_ event: ContainmentEvent) -> Bool {
            guard survives() else { return false }
            ledger.append(event.json)
            // Dies after the write, before it was taken in.
            guard survives() else { return true }
            book.apply(event)
            return true
        }

        mutating func command(_ command: ContainmentCommand, by actor: String, at now: Timestamp) throws {
            // The caller asks again until it was written, as its client would.
            while true {
                let before = ledger.count
                guard let event = try? book.plan(command, by: actor, at: now) else { return }
                write(event)
                if ledger.count > before { return }
            }
        }

        /// One effect; the answer may be lost on the way.
        mutating func execute(_ id: String, _ effect: ContainmentEffect, at now: Timestamp) {
            guard survives() else { return }
            let report: ContainmentReport
            switch effect.action {
            case .readState: report = .state(["state": isContained ? "inactive" : "active"], isDone: isContained)
            case .perform:
                if !isContained { done[effect.idempotencyKey, default: 0] += 1 }
                isContained = true
                report = .performed(evidence: .null)
            case .readBack: report = .readBack(holds: isContained)
            case .undo(let undo):
                #expect(undo.priorState == ["state": "active"] && undo.isByTimer)
                if isContained { done[effect.idempotencyKey, default: 0] += 1 }
                isContained = false
                report = .performed(evidence: .null)
            }
            // Dies after the effect, before the answer was recorded.
            guard survives() else { return }
            if let event = book.record(report, of: id, at: now) { write(event) }
        }

        mutating func run(at now: Timestamp) {
            for _ in 0..<40 {
                for event in book.expired(at: now) { write(event) }
                let due = book.due(at: now)
                if due.isEmpty, book.expired(at: now).isEmpty { return }
                for (id, effect) in due { execute(id, effect, at: now) }
            }
            Issue.record("containment does not come to rest")
        }
    }

    /// The whole story of one step, the process dying before the given act.
    static func story(_ step: ContainmentStep, dyingBefore act: Int) throws -> World {
        var world = World(actsLeft: act)
        let proposal = proposal(step, undoAfter: step.isReversible ? 600 : nil)
        try world.command(.propose(proposal), by: "alice", at: monday)
        for approver in ["bob", "carol"].prefix(step.approvalsNeeded) {
            try world.command(.approve(caseID: "case-1"), by: approver, at: monday)
        }
        world.run(at: monday)
        #expect(world.isContained, "\(step), dying before \(act)")
        world.run(at: monday.adding(seconds: 599))
        #expect(world.isContained)
        world.run(at: monday.adding(seconds: 600))
        return world
    }

    @Test("dying before every single act: never twice, never half, the timer kept", arguments: ContainmentStep.allCases)
    func everyCrash(step: ContainmentStep) throws {
        let calm = try Self.story(step, dyingBefore: .max)
        var act = 0
        while true {
            let world = try Self.story(step, dyingBefore: act)
            let found = try #require(world.book.cases["case-1"])
            #expect(found.phase == (step.isReversible ? .undone : .effective), "before act \(act)")
            #expect(world.isContained == !step.isReversible)
            #expect(world.done == calm.done, "before act \(act)")
            #expect(world.done.values.allSatisfy { $0 == 1 })
            #expect(world.ledger.count == calm.ledger.count)
            if world.crashes == 0 { break }
            act += 1
        }
        #expect(act > 12)
    }

    @Test("the ledger alone gives the same cases")
    func replay() throws {
        var world = try Self.story(.deactivateUser, dyingBefore: .max)
        let before = world.book.cases
        world.restart()
        #expect(world.book.cases == before)
        for entry in world.ledger { ContainmentEvent(entry).map { world.book.apply($0) } }
        #expect(world.book.cases == before)
    }

    static func refusal(
        _ book: ContainmentBook,
        _ command: ContainmentCommand,
        by actor: String = "alice",
        at now: Timestamp = monday
    ) -> ContainmentError? {
        do throws(ContainmentError) {
            _ = try book.plan(command, by: actor, at: now)
            return nil
        } catch { return error }
    }

    @Test("what is refused")
    func refusals() throws {
        let off = ContainmentBook(policy: ContainmentPolicy())
        #expect(Self.refusal(off, .propose(Self.proposal(.block))) == .stepDisabled(.block))
        #expect(Self.refusal(off, .propose(Self.proposal(.maskOnly))) == nil)
        let empty = ContainmentBook(policy: Self.everything)
        #expect(Self.refusal(empty, .propose(Self.proposal(.block, target: "emergency"))) == .protected("emergency"))
        #expect(Self.refusal(empty, .propose(Self.proposal(.block, undoAfter: 0))) == .undoInPast)
        #expect(
            Self.refusal(empty, .propose(Self.proposal(.deleteTokens, undoAfter: 9))) == .notReversible(.deleteTokens)
        )
        let signedOn = ContainmentProposal(
            id: "x",
            step: .randomPassword,
            target: ContainmentTarget(id: "a", hasNativeLogin: false),
            reason: "r"
        )
        #expect(Self.refusal(empty, .propose(signedOn)) == .noNativeLogin)
        let silent = ContainmentProposal(id: "x", step: .block, target: ContainmentTarget(id: "a"), reason: " ")
        #expect(Self.refusal(empty, .propose(silent)) == .reasonMissing)
        #expect(Self.refusal(empty, .approve(caseID: "x")) == .unknownCase("x"))

        var world = World()
        try world.command(.propose(Self.proposal(.deactivateUser)), by: "alice", at: monday)
        #expect(Self.refusal(world.book, .propose(Self.proposal(.deactivateUser))) == .caseExists("case-1"))
        #expect(
            Self.refusal(world.book, .propose(Self.proposal(.deactivateUser, id: "y"))) == .alreadyRunning("case-1")
        )
        #expect(Self.refusal(world.book, .approve(caseID: "case-1")) == .approval(.isRequester))
        try world.command(.approve(caseID: "case-1"), by: "bob", at: monday)
        #expect(world.book.cases["case-1"]?.phase == .proposed)
        #expect(Self.refusal(world.book, .approve(caseID: "case-1"), by: "bob") == .approval(.agreedBefore))
        #expect(Self.refusal(world.book, .undo(caseID: "case-1", reason: "r")) == .wrongPhase(.proposed))
        try world.command(.refuse(caseID: "case-1", reason: "a false alarm"), by: "carol", at: monday)
        #expect(world.book.cases["case-1"]?.phase == .refused)
        #expect(world.book.due(at: monday).isEmpty)
        #expect(Self.refusal(world.book, .approve(caseID: "case-1"), by: "dave") == .wrongPhase(.refused))
    }

    @Test("a proposal that nobody approves in time ends, and the same can be asked for again")
    func proposalsExpire() throws {
        var policy = Self.everything
        policy.proposalSeconds = 3600
        policy.identitiesPerHour = 1
        var book = ContainmentBook(policy: policy)
        func apply(_ command: ContainmentCommand, by actor: String, at seconds: Int64) throws {
            book.apply(try book.plan(command, by: actor, at: monday.adding(seconds: seconds)))
        }
        try apply(.propose(Self.proposal(.deactivateUser)), by: "alice", at: 0)
        try apply(.approve(caseID: "case-1"), by: "bob", at: 3599)
        #expect(book.expired(at: monday.adding(seconds: 3599)).isEmpty)
        let end = monday.adding(seconds: 3600)
        #expect(
            Self.refusal(book, .approve(caseID: "case-1"), by: "carol", at: end) == .approval(.expired(end))
        )
        #expect(Self.refusal(book, .propose(Self.proposal(.deactivateUser, id: "y")), at: end) == nil)
        let events = book.expired(at: end)
        #expect(events.map(\.kind) == [.expired])
        for event in events { book.apply(event) }
        #expect(book.cases["case-1"]?.phase == .expired && book.cases["case-1"]?.isOver == true)
        #expect(book.cases["case-1"]?.effect == "none" && book.expired(at: end).isEmpty)
        #expect(Self.refusal(book, .approve(caseID: "case-1"), by: "carol", at: end) == .wrongPhase(.expired))
        // One that has every approval does not expire, and one that needs none never did.
        try apply(.propose(Self.proposal(.deactivateUser, id: "z")), by: "alice", at: 3600)
        for approver in ["bob", "carol"] { try apply(.approve(caseID: "z"), by: approver, at: 3601) }
        #expect(book.expired(at: monday.adding(seconds: 90_000)).isEmpty && book.cases["z"]?.phase == .approved)
    }

    @Test("a case from before proposals had an end has the usual one, and a late approval in the ledger moves nothing")
    func oldProposalsExpire() throws {
        var old = ContainmentBook(policy: Self.everything)
        let made = try old.plan(.propose(Self.proposal(.deleteTokens)), by: "alice", at: monday)
        var fields = made.fields
        fields["expiresAt"] = nil
        old.apply(
            ContainmentEvent(kind: .proposed, caseID: "case-1", time: monday, actor: "alice", fields: fields, number: 0)
        )
        let end = monday.adding(seconds: 72 * 3600)
        #expect(old.cases["case-1"]?.approval.expiresAt == end)
        let late = ContainmentEvent(
            kind: .approved,
            caseID: "case-1",
            time: end,
            actor: "bob",
            fields: [:],
            number: 1
        )
        old.apply(late)
        #expect(old.cases["case-1"]?.phase == .proposed && old.expired(at: end).count == 1)
    }

    @Test("a forged approval in the ledger by the requester moves nothing")
    func forgedApproval() throws {
        var book = ContainmentBook(policy: Self.everything)
        book.apply(try book.plan(.propose(Self.proposal(.deleteTokens)), by: "alice", at: monday))
        let forged = ContainmentEvent(
            kind: .approved,
            caseID: "case-1",
            time: monday,
            actor: "alice",
            fields: [:],
            number: 1
        )
        book.apply(forged)
        #expect(book.cases["case-1"]?.phase == .proposed)
    }

    @Test("no more than three identities an hour, at the proposal and at the approval")
    func blastRadius() throws {
        var world = World()
        for number in 1...3 {
            let proposal = Self.proposal(.maskOnly, id: "case-\(number)", target: "agent-\(number)")
            try world.command(.propose(proposal), by: "detection", at: monday.adding(seconds: Int64(number)))
        }
        let fourth = Self.proposal(.maskOnly, id: "case-4", target: "agent-4")
        let later = monday.adding(seconds: 3600)
        #expect(
            Self.refusal(world.book, .propose(fourth), at: later)
                == .capReached(cap: 3, retryAt: monday.adding(seconds: 3601))
        )
        #expect(Self.refusal(world.book, .propose(fourth), at: monday.adding(seconds: 3601)) == nil)
        // A further step against somebody who is contained already touches nobody new.
        #expect(
            Self.refusal(world.book, .propose(Self.proposal(.block, id: "case-5", target: "agent-1")), at: later) == nil
        )
        let preview = world.book.preview(
            fourth,
            hasLiveCall: true,
            facts: ["flow-1"],
            at: monday.adding(seconds: 10)
        )
        #expect(preview.identitiesLeft == 0)
        #expect(preview.obstacle == .capReached(cap: 3, retryAt: monday.adding(seconds: 3601)))
        #expect(preview.hasLiveCall == true)
    }

    @Test("what was taken automatically leaves people their number, and what they took back of it counts no more")
    func separateCaps() throws {
        var book = ContainmentBook(policy: Self.everything)
        func apply(_ command: ContainmentCommand, by actor: String) throws {
            book.apply(try book.plan(command, by: actor, at: monday))
        }
        /// Everything that is due succeeds.
        func settle() {
            while let (id, effect) = book.due(at: monday).first {
                let report: ContainmentReport =
                    switch effect.action {
                    case .readState: .state(["state": "active"], isDone: false)
                    case .perform, .undo: .performed(evidence: .null)
                    case .readBack: .readBack(holds: book.cases[id]?.phase == .verifying)
                    }
                guard let event = book.record(report, of: id, at: monday) else { break }
                book.apply(event)
            }
        }
        for number in 1...3 {
            let proposal = Self.proposal(.maskOnly, id: "auto-\(number)", target: "agent-\(number)")
            try apply(.propose(proposal), by: ContainmentPolicy.automaticActor)
        }
        let fourth = ContainmentCommand.propose(Self.proposal(.maskOnly, id: "case-4", target: "agent-4"))
        #expect(
            Self.refusal(book, fourth, by: ContainmentPolicy.automaticActor, at: monday)
                == .capReached(cap: 3, retryAt: monday.adding(seconds: 3600))
        )
        #expect(Self.refusal(book, fourth, by: "alice", at: monday) == nil)
        settle()
        try apply(.undo(caseID: "auto-1", reason: "no such agent"), by: "alice")
        settle()
        #expect(book.cases["auto-1"]?.phase == .undone)
        #expect(Self.refusal(book, fourth, by: ContainmentPolicy.automaticActor, at: monday) == nil)
        // What people do counts for both.
        try apply(fourth, by: "alice")
        let fifth = ContainmentCommand.propose(Self.proposal(.maskOnly, id: "case-5", target: "agent-5"))
        #expect(Self.refusal(book, fifth, by: ContainmentPolicy.automaticActor, at: monday) != nil)
    }

    @Test("an effect lasts as long as was asked for from the last approval on")
    func lateApproval() throws {
        var world = World()
        let asked = Self.proposal(.deactivateUser, undoAfter: 3600)
        try world.command(.propose(asked), by: "alice", at: monday)
        try world.command(.approve(caseID: "case-1"), by: "bob", at: monday.adding(seconds: 3000))
        #expect(world.book.cases["case-1"]?.undoAt == monday.adding(seconds: 3600))
        let last = monday.adding(seconds: 7200)
        try world.command(.approve(caseID: "case-1"), by: "carol", at: last)
        #expect(world.book.cases["case-1"]?.undoAt == last.adding(seconds: 3600))
        world.run(at: last)
        #expect(world.isContained)
    }

    @Test(
        "a target that is no id is refused",
        arguments: ["", "bob@example.com", "a b", "ä", String(repeating: "a", count: 65)]
    )
    func malformedTargets(target: String) {
        let book = ContainmentBook(policy: Self.everything)
        for step in ContainmentStep.allCases {
            #expect(Self.refusal(book, .propose(Self.proposal(step, target: target))) == .malformedTarget)
        }
    }

    @Test("an effect that does not show is tried again, later and later, and then given up")
    func noEffect() throws {
        var world = World()
        try world.command(.propose(Self.proposal(.block)), by: "alice", at: monday)
        var now = monday
        var waits: [Int64] = []
        for _ in 0..<60 {
            guard let found = world.book.cases["case-1"], found.phase != .failed else { break }
            if let retryAt = found.retryAt, retryAt > now {
                #expect(world.book.due(at: now).isEmpty)
                waits.append((retryAt.milliseconds - now.milliseconds) / 1000)
                now = retryAt
            }
            guard let (id, effect) = world.book.due(at: now).first else { break }
            let report: ContainmentReport =
                switch effect.action {
                case .readState: .state("open", isDone: false)
                case .perform, .undo: .performed(evidence: .null)
                case .readBack: .readBack(holds: false)
                }
            if let event = world.book.record(report, of: id, at: now) { world.write(event) }
        }
        let failed = try #require(world.book.cases["case-1"])
        #expect(failed.phase == .failed)
        #expect(waits == [2, 4, 8, 16, 32, 64, 128])
        #expect(failed.problem == "reading back did not show the effect")
        try world.command(.undo(caseID: "case-1", reason: "clean up"), by: "bob", at: now)
        #expect(world.book.cases["case-1"]?.phase == .undoing)
    }

    @Test("what failed and may hold ends in time, once; where the end fails too, a person has to look")
    func failedEndsInTime() throws {
        for endFails in [false, true] {
            var world = World()
            try world.command(.propose(Self.proposal(.block, undoAfter: 600)), by: "alice", at: monday)
            func step(_ report: ContainmentReport, _ seconds: Int64 = 0) {
                guard let event = world.book.record(report, of: "case-1", at: monday.adding(seconds: seconds)) else {
                    Issue.record("the report was not taken")
                    return
                }
                world.write(event)
                world.restart()
            }
            func timers(_ seconds: Int64) -> Int {
                let events = world.book.expired(at: monday.adding(seconds: seconds))
                for event in events { world.write(event) }
                return events.count
            }
            step(.state("open", isDone: false))
            step(.failed("the answer was lost", canRetry: false))
            #expect(world.book.cases["case-1"]?.phase == .failed && world.book.cases["case-1"]?.effect == "unknown")
            #expect(timers(599) == 0)
            #expect(timers(600) == 1)
            #expect(world.book.cases["case-1"]?.phase == .undoing)
            if endFails {
                step(.failed("somebody else has changed it since", canRetry: false), 600)
                #expect(world.book.cases["case-1"]?.phase == .failed)
            } else {
                step(.performed(evidence: .null), 600)
                step(.readBack(holds: false), 600)
                #expect(world.book.cases["case-1"]?.phase == .undone)
            }
            #expect(timers(9000) == 0)
        }
    }

    @Test("the end of a case that failed waits for a later case that wants the same")
    func laterCaseWantsIt() throws {
        var world = World()
        try world.command(.propose(Self.proposal(.block, undoAfter: 600)), by: "alice", at: monday)
        for report: ContainmentReport in [.state("open", isDone: false), .failed("lost", canRetry: false)] {
            if let event = world.book.record(report, of: "case-1", at: monday) { world.write(event) }
        }
        let later = monday.adding(seconds: 60)
        try world.command(.propose(Self.proposal(.block, id: "case-2", undoAfter: 1200)), by: "alice", at: later)
        if let event = world.book.record(.state("inactive", isDone: true), of: "case-2", at: later) {
            world.write(event)
        }
        #expect(world.book.cases["case-2"]?.phase == .alreadyDone)
        #expect(world.book.expired(at: monday.adding(seconds: 1199)).isEmpty)
        #expect(world.book.expired(at: monday.adding(seconds: 1200)).map(\.caseID) == ["case-1"])
    }

    @Test("somebody did it before: nothing is done, and nothing will be undone")
    func doneBefore() throws {
        var world = World()
        world.isContained = true
        try world.command(.propose(Self.proposal(.block, undoAfter: 600)), by: "alice", at: monday)
        world.run(at: monday)
        #expect(world.book.cases["case-1"]?.phase == .alreadyDone)
        world.run(at: monday.adding(seconds: 9999))
        #expect(world.isContained && world.done.isEmpty)
    }

    @Test("a deactivation can wait for the end of the call")
    func callEnd() throws {
        var world = World()
        let proposal = ContainmentProposal(
            id: "case-1",
            step: .block,
            target: ContainmentTarget(id: "agent-1"),
            reason: "r",
            waitsForCallEnd: true
        )
        try world.command(.propose(proposal), by: "alice", at: monday)
        if let (id, effect) = world.book.due(at: monday, calls: ["agent-1": true]).first {
            world.execute(id, effect, at: monday)
        }
        #expect(world.book.cases["case-1"]?.phase == .executing)
        #expect(world.book.due(at: monday, calls: ["agent-1": true]).isEmpty)
        // Who may be in a call is left alone as one who is.
        #expect(world.book.due(at: monday).isEmpty)
        #expect(world.book.due(at: monday, calls: ["agent-1": false]).count == 1)
    }

    @Test("nobody can tell of the call: held back, also over restarts, and failed after half an hour with nothing done")
    func callUnknown() throws {
        var world = World()
        let proposal = ContainmentProposal(
            id: "case-1",
            step: .block,
            target: ContainmentTarget(id: "agent-1"),
            reason: "r",
            undoAt: monday.adding(seconds: 86_400),
            waitsForCallEnd: true
        )
        try world.command(.propose(proposal), by: "alice", at: monday)
        if let (id, effect) = world.book.due(at: monday).first { world.execute(id, effect, at: monday) }
        func look(_ call: Bool?, after seconds: Int64) {
            let events = world.book.awaiting(call.map { ["agent-1": $0] } ?? [:], at: monday.adding(seconds: seconds))
            for event in events { world.write(event) }
            world.restart()
        }
        look(nil, after: 0)
        look(nil, after: 1799)
        #expect(world.book.cases["case-1"]?.problem?.contains("cannot be told") == true)
        // A call that is seen begins the wait for an answer anew, and may last.
        look(true, after: 1799)
        look(true, after: 7200)
        #expect(world.book.cases["case-1"]?.problem?.contains("waits for the end") == true)
        look(nil, after: 7210)
        let written = world.ledger.count
        look(nil, after: 9009)
        #expect(world.book.cases["case-1"]?.phase == .executing && world.ledger.count == written)
        look(nil, after: 9010)
        let failed = try #require(world.book.cases["case-1"])
        #expect(failed.phase == .failed && failed.effect == "none" && world.done.isEmpty)
        #expect(failed.problem?.contains("nobody could tell") == true)
        #expect(!failed.isUndoDue(at: monday.adding(seconds: 90_000)))
    }

    @Test("what cannot be read stays unknown, is looked at more and more rarely, and is called unconfirmed after a day")
    func unknown() throws {
        var world = World()
        try world.command(.propose(Self.proposal(.deleteTokens)), by: "alice", at: monday)
        try world.command(.approve(caseID: "case-1"), by: "bob", at: monday)
        var now = monday
        var looks = 0
        while let (id, effect) = world.book.due(at: now).first {
            let report: ContainmentReport =
                switch effect.action {
                case .readState: .state("open", isDone: false)
                case .perform, .undo: .performed(evidence: "noted")
                case .readBack(let evidence):
                    evidence == "noted" ? .unknown("no answer") : .failed("no evidence", canRetry: false)
                }
            if let event = world.book.record(report, of: id, at: now) { world.write(event) }
            let found = try #require(world.book.cases["case-1"])
            if case .readBack = effect.action {
                looks += 1
                #expect(found.effect == "unknown" && found.problem == "no answer")
            }
            // A restart in between forgets nothing.
            world.restart()
            #expect(world.book.cases["case-1"] == found)
            now = found.retryAt ?? now
        }
        #expect(looks == ContainmentCase.maximumLooks)
        #expect(world.book.cases["case-1"]?.phase == .unconfirmed)
        #expect(now.milliseconds - monday.milliseconds > 86_400_000)
    }

    @Test("looks that showed nothing do not use up the attempts to bring it about")
    func looksAndAttempts() throws {
        var world = World()
        try world.command(.propose(Self.proposal(.block)), by: "alice", at: monday)
        var now = monday
        var readBacks = 0
        for _ in 0..<80 {
            guard let (id, effect) = world.book.due(at: now).first else { break }
            let report: ContainmentReport
            switch effect.action {
            case .readState: report = .state("open", isDone: false)
            case .perform, .undo: report = .performed(evidence: .null)
            case .readBack:
                readBacks += 1
                report = readBacks <= 20 ? .failed("away", canRetry: true) : .readBack(holds: readBacks > 22)
            }
            if let event = world.book.record(report, of: id, at: now) { world.write(event) }
            now = world.book.cases["case-1"]?.retryAt ?? now
        }
        let found = try #require(world.book.cases["case-1"])
        #expect(found.phase == .effective && found.problem == nil)
    }

    @Test("an approval in the ledger that asks for fewer people than the step is not believed")
    func approvalsFloor() throws {
        var policy = Self.everything
        policy.approvals = [.deleteTokens: 3, .deactivateUser: 1]
        let book = ContainmentBook(policy: policy)
        let three = try book.plan(.propose(Self.proposal(.deleteTokens)), by: "alice", at: monday)
        #expect(ContainmentCase(proposed: three)?.approval.needed == 3)
        let two = try book.plan(.propose(Self.proposal(.deactivateUser)), by: "alice", at: monday)
        #expect(ContainmentCase(proposed: two)?.approval.needed == 2)
    }

    @Test("what was not brought about yet ends with its time, and can be taken back before")
    func endsBeforeItBegan() throws {
        var world = World()
        try world.command(.propose(Self.proposal(.block, undoAfter: 60)), by: "alice", at: monday)
        if let (id, effect) = world.book.due(at: monday).first { world.execute(id, effect, at: monday) }
        #expect(world.book.cases["case-1"]?.phase == .executing)
        #expect(world.book.expired(at: monday.adding(seconds: 59)).isEmpty)
        world.run(at: monday.adding(seconds: 60))
        #expect(world.book.cases["case-1"]?.phase == .undone && world.done.isEmpty)
    }

    @Test("tokens may be deleted again while the first time is only watched")
    func watchedIsNotInTheWay() throws {
        var world = World()
        try world.command(.propose(Self.proposal(.deleteTokens)), by: "alice", at: monday)
        let again = Self.proposal(.deleteTokens, id: "case-2")
        #expect(Self.refusal(world.book, .propose(again)) == .alreadyRunning("case-1"))
        try world.command(.approve(caseID: "case-1"), by: "bob", at: monday)
        for _ in 0..<2 {
            if let (id, effect) = world.book.due(at: monday).first { world.execute(id, effect, at: monday) }
        }
        #expect(world.book.cases["case-1"]?.phase == .verifying)
        #expect(Self.refusal(world.book, .propose(again)) == nil)
    }
}
