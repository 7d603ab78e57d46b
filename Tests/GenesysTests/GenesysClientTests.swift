import AsyncHTTPClient
import Genesys
import NIOCore
import Sandbox
import Testing

@Suite(.timeLimit(.minutes(1))) struct GenesysClientTests {
    /// The error that an operation throws.
    private func failure(_ operation: () async throws -> Void) async throws -> GenesysError {
        do {
            try await operation()
        } catch let error as GenesysError {
            return error
        }
        throw Unexpected()
    }

    private struct Unexpected: Error {}

    @Test func readsWhoAmI() async throws {
        try await Bench.run { bench in
            let client = bench.client()
            let info = try await client.tokenInfo()
            #expect(info.organizationID == bench.sandbox.directory.organizationID)
            #expect(info.clientID == bench.sandbox.directory.clientID)
            #expect(info.clientState == "active")
            #expect(!info.actsForAnotherOrganization)
            #expect(try await client.organization().id == info.organizationID)
            let grants = try await client.ownGrants()
            #expect(grants.allows("conversation:communication:view"))
            #expect(grants.missing(of: ["audits:audit:view", "gdpr:request:add"]) == ["gdpr:request:add"])
        }
    }

    @Test func oneLoginServesManyCallers() async throws {
        try await Bench.run { bench in
            let client = bench.client()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 { group.addTask { _ = try await client.organization() } }
                try await group.waitForAll()
            }
            #expect(bench.count(login) == 1)
            #expect(bench.count(organizationRoute) == 20)
        }
    }

    @Test(arguments: [(89, 1), (90, 2)])
    func renewsTheTokenAtNinetyPercentOfItsLife(percent: Int, logins: Int) async throws {
        try await Bench.run({ $0.tokenSeconds = 1000 }) { bench in
            let client = bench.client()
            _ = try await client.organization()
            bench.time.advance(.seconds(percent * 10))
            _ = try await client.organization()
            #expect(bench.count(login) == logins)
        }
    }

    @Test func keepsALivingTokenWhenRenewalFails() async throws {
        try await Bench.run({ $0.tokenSeconds = 1000 }) { bench in
            let client = bench.client()
            _ = try await client.organization()
            bench.time.advance(.seconds(950))
            bench.sandbox.inject(PlatformFault(route: login, status: 503, times: 2))
            _ = try await client.organization()
            #expect(bench.count(login) == 2)
            bench.time.advance(.seconds(60))
            #expect(try await failure { _ = try await client.organization(deadline: .seconds(1)) }.operation == login)
        }
    }

    @Test func renewsARefusedTokenOnce() async throws {
        try await Bench.run { bench in
            let client = bench.client()
            _ = try await client.organization()
            bench.sandbox.revokeAllTokens()
            _ = try await client.organization()
            #expect(bench.count(login) == 2)
            bench.sandbox.inject(PlatformFault(route: organizationRoute, status: 401, times: 2))
            let error = try await failure { _ = try await client.organization() }
            #expect(error.kind == .tokenRefused)
            #expect(bench.count(organizationRoute) == 5)
        }
    }

    @Test func saysThatTheSecretIsWrongWithoutShowingIt() async throws {
        try await Bench.run { bench in
            let error = try await failure { _ = try await bench.client(secret: "hunter2").tokenInfo() }
            #expect(error.kind == .credentialsRefused)
            #expect(error.status == 401)
            #expect(error.code == "invalid_client")
            #expect(!error.description.contains("hunter2"))
        }
    }

    @Test func namesTheMissingPermission() async throws {
        try await Bench.run { bench in
            let id = bench.sandbox.directory.liveConversation
            let error = try await failure { _ = try await bench.client(limited: true).conversation(id: id) }
            #expect(error.kind == .missingPermissions(["conversation:communication:view"]))
            #expect(error.status == 403)
            #expect(error.correlationID?.isEmpty == false)
            #expect(error.description.contains("conversation:communication:view"))
        }
    }

    @Test func pagesThroughUsersInAnyState() async throws {
        try await Bench.run { bench in
            let client = bench.client()
            var ids: [String] = []
            var page = 1
            while true {
                let result = try await client.users(page: page, size: 5)
                ids += result.users.map(\.id)
                guard page < result.pageCount else { break }
                page += 1
            }
            #expect(page == 3)
            #expect(ids == bench.sandbox.directory.agents)
            let fraud = try await client.user(id: bench.sandbox.directory.fraudSpecialist.uppercased())
            #expect(fraud.roleNames == ["Agent", "Fraud Specialist"])
            #expect(fraud.isActive)
            #expect(try await !client.user(id: bench.sandbox.directory.inactiveAgent).isActive)
            #expect(fraud.description == "User \(fraud.id)")
        }
    }

    @Test func anIDNeverChangesThePath() async throws {
        try await Bench.run { bench in
            let client = bench.client()
            for id in ["../../organizations/me", "..", "x?expand=y", "a/b", "%2e%2e", ""] {
                let error = try await failure { _ = try await client.user(id: id) }
                #expect(error.kind == .notFound)
            }
            #expect(bench.count(organizationRoute) == 0)
        }
    }

    @Test func waitsAsA429Asks() async throws {
        try await Bench.run { bench in
            bench.sandbox.inject(PlatformFault(route: organizationRoute, status: 429, times: 2, retryAfter: 3))
            _ = try await bench.client().organization(deadline: .seconds(20))
            #expect(bench.time.sleeps == [.seconds(3), .seconds(3)])
            #expect(bench.count(organizationRoute) == 3)
        }
    }

    @Test func doesNotWaitLongerThanTheCaller() async throws {
        try await Bench.run { bench in
            bench.sandbox.inject(PlatformFault(route: organizationRoute, status: 429, retryAfter: 3))
            let error = try await failure { _ = try await bench.client().organization(deadline: .seconds(2)) }
            #expect(error.kind == .rateLimited(retryAfter: .seconds(3)))
            #expect(bench.time.sleeps.isEmpty)
        }
    }

    @Test(arguments: [408, 500, 502, 503, 504])
    func backsOffWhenThePlatformFails(status: Int) async throws {
        try await Bench.run { bench in
            bench.sandbox.inject(PlatformFault(route: organizationRoute, status: status, times: 2))
            _ = try await bench.client().organization()
            #expect(bench.time.sleeps == [.milliseconds(200), .milliseconds(400)])
            bench.sandbox.inject(PlatformFault(route: organizationRoute, status: status, times: 3))
            let error = try await failure { _ = try await bench.client().organization() }
            #expect(error.kind == .platformFailure)
            #expect(error.status == status)
            #expect(error.correlationID != nil)
        }
    }

    @Test func suspendsAFailingFamilyAndProbesIt() async throws {
        try await Bench.run { bench in
            let client = bench.client {
                $0.attempts = 1
                $0.failuresToSuspend = 2
                $0.suspension = .seconds(10)
            }
            let id = bench.sandbox.directory.liveConversation
            bench.sandbox.inject(PlatformFault(route: conversationRoute, status: 503, times: 2))
            for _ in 0..<2 { _ = try await failure { _ = try await client.conversation(id: id) } }
            #expect(
                try await failure { _ = try await client.conversation(id: id) }.kind
                    == .circuitOpen(retryAfter: .seconds(10))
            )
            #expect(bench.count(conversationRoute) == 2)
            _ = try await client.organization()
            bench.time.advance(.seconds(10))
            _ = try await client.conversation(id: id)
            #expect(bench.count(conversationRoute) == 3)
        }
    }

    @Test func keepsAShareForUrgentCalls() async throws {
        try await Bench.run { bench in
            let client = bench.client {
                $0.requestsPerMinute = 3
                $0.reservedPerMinute = 1
            }
            for _ in 0..<2 { _ = try await client.organization() }
            let error = try await failure { _ = try await client.organization() }
            #expect(error.kind == .budgetSpent(retryAfter: .seconds(60)))
            _ = try await client.organization(priority: .urgent)
            #expect(bench.count(organizationRoute) == 3)
            bench.time.advance(.seconds(60))
            _ = try await client.organization()
        }
    }

    @Test func heedsTheCountOfThePlatform() async throws {
        try await Bench.run({ $0.requestsPerMinute = 45 }) { bench in
            let client = bench.client()
            for _ in 0..<5 { _ = try await client.organization() }
            let error = try await failure { _ = try await client.organization() }
            #expect(error.kind == .budgetSpent(retryAfter: .seconds(60)))
            _ = try await client.organization(priority: .urgent)
        }
    }

    @Test func theDeadlineHoldsWhileTheReplyIsHeld() async throws {
        try await Bench.run { bench in
            bench.sandbox.inject(PlatformFault(route: organizationRoute, isHeld: true))
            let error = try await failure {
                _ = try await bench.client().organization(deadline: .milliseconds(200))
            }
            #expect(error.kind == .timeout)
            bench.sandbox.gate.open()
        }
    }

    @Test func theDeadlineHoldsWhileTheBodyDrips() async throws {
        try await Bench.run { bench in
            let client = bench.client()
            _ = try await client.tokenInfo()
            bench.sandbox.inject(PlatformFault(route: organizationRoute, drips: true))
            let error = try await failure {
                _ = try await client.organization(deadline: .milliseconds(400))
            }
            #expect(error.kind == .timeout)
        }
    }

    @Test func theDeadlineHoldsWhileTheLoginDrips() async throws {
        try await Bench.run { bench in
            bench.sandbox.inject(PlatformFault(route: login, drips: true))
            let client = bench.client { $0.loginDeadline = .milliseconds(400) }
            let error = try await failure { _ = try await client.organization(deadline: .seconds(30)) }
            #expect(error.kind == .timeout)
            #expect(error.operation == login)
        }
    }

    @Test func theDeadlineHoldsWhileTheLoginIsHeld() async throws {
        try await Bench.run { bench in
            bench.sandbox.inject(PlatformFault(route: login, isHeld: true))
            let client = bench.client()
            let error = try await failure { _ = try await client.organization(deadline: .milliseconds(200)) }
            #expect(error.kind == .timeout)
            bench.sandbox.gate.open()
            _ = try await client.organization()
            #expect(bench.count(login) == 1)
        }
    }

    @Test func aCancelledCallerLeavesAtOnce() async throws {
        try await Bench.run { bench in
            bench.sandbox.inject(PlatformFault(route: organizationRoute, isHeld: true))
            let client = bench.client()
            let task = Task { try await client.organization(deadline: .seconds(60)) }
            await bench.sandbox.gate.arrivals(1)
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            bench.sandbox.gate.open()
            _ = try await client.organization()
        }
    }

    @Test func refusesAReplyThatIsTooLarge() async throws {
        try await Bench.run { bench in
            let client = bench.client { $0.maximumReplyBytes = 100 }
            let error = try await failure { _ = try await client.users() }
            #expect(error.kind == .replyTooLarge(limit: 100))
        }
    }

    @Test func saysThatNobodyAnswers() async throws {
        try await Bench.run { bench in
            let client = bench.client { $0.attempts = 1 }
            await bench.sandbox.stop()
            let error = try await failure { _ = try await client.organization(deadline: .milliseconds(300)) }
            #expect(error.kind == .unreachable || error.kind == .timeout)
            #expect(error.isTransient)
        }
    }
}
