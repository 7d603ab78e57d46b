import AsyncHTTPClient
import Detection
import Genesys
import JSON
import Ledger
import Logging
import NIOCore
import NIOHTTP1
import Sandbox
import TestStores
import Testing
import WallTime

@testable import Monitoring

/// A watched ledger whose containment reaches a pretend platform, over real HTTP.
struct PlatformBench: Sendable {
    let watched: Watched
    let sandbox: Sandbox
    let platform: PlatformContainment
    let policy: ContainmentPolicy

    var directory: SandboxDirectory { sandbox.directory }
    /// An agent who signs in with a password.
    var agent: String { sandbox.directory.chatAgent }
    /// An agent of single sign-on.
    var signedOn: String { sandbox.directory.otherAgent }

    static func run(
        _ engine: Engine = .sqlite,
        limited: Bool = false,
        deadline: Duration = .seconds(10),
        policy: ContainmentPolicy = ContainmentPolicy(enabled: Set(ContainmentStep.allCases)),
        _ body: (PlatformBench) async throws -> Void
    ) async throws {
        let watched = try Watched(engine)
        var configuration = SandboxConfiguration()
        configuration.clock = .standing(at: watched.clock.now().milliseconds)
        configuration.pace = .gated
        configuration.requestsPerMinute = 100_000
        let sandbox = Sandbox(configuration)
        try await sandbox.start()
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: GenesysClient.httpConfiguration)
        let outcome: Result<Void, any Error>
        do {
            var options = GenesysClient.Options()
            // What is tried again here is tried by containment itself.
            options.attempts = 1
            options.deadline = deadline
            options.requestsPerMinute = 100_000
            let directory = sandbox.directory
            let client = GenesysClient(
                host: try GenesysHost(sandboxURL: await sandbox.platformURL ?? ""),
                credentials: ClientCredentials(
                    clientID: limited ? directory.limitedClientID : directory.clientID,
                    secret: Secret(limited ? directory.limitedClientSecret : directory.clientSecret)
                ),
                http: http,
                options: options,
                clock: ClientClock(
                    now: { .milliseconds(watched.clock.now().milliseconds) },
                    sleep: { watched.clock.advance(seconds: $0.components.seconds) },
                    jitter: { 0 }
                ),
                logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
            )
            outcome = .success(
                try await body(
                    PlatformBench(
                        watched: watched,
                        sandbox: sandbox,
                        platform: PlatformContainment(client: client),
                        policy: policy
                    )
                )
            )
        } catch {
            outcome = .failure(error)
        }
        sandbox.gate.open()
        await sandbox.stop()
        try await http.shutdown()
        try outcome.get()
    }

    /// Another process each time, as after a crash.
    func desk(_ policy: ContainmentPolicy? = nil) throws -> ContainmentDesk {
        try ContainmentDesk(
            ledger: watched.ledger,
            policy: policy ?? self.policy,
            platform: platform,
            clock: watched.clock,
            producer: "test"
        )
    }

    /// Asks for a step and has it approved by as many as it needs.
    @discardableResult
    func approved(
        _ step: ContainmentStep,
        _ target: String,
        id: String = "c1",
        minutes: Int64? = nil,
        afterCall: Bool = false
    ) async throws -> ContainmentCase {
        let desk = try desk()
        let proposal = ContainmentProposal(
            id: id,
            step: step,
            target: ContainmentTarget(id: target),
            reason: "200 customers in ten minutes",
            undoAt: minutes.map { watched.clock.now().adding(seconds: $0 * 60) },
            waitsForCallEnd: afterCall
        )
        var found = try await desk.command(.propose(proposal), by: "ann")
        for approver in ["bob", "carol"].prefix(step.approvalsNeeded) {
            #expect(found.phase == .proposed)
            found = try await desk.command(.approve(caseID: id), by: approver)
        }
        return found
    }

    func found(_ id: String = "c1") async throws -> ContainmentCase { try #require(try await desk().book().cases[id]) }

    func work() async throws { while try await desk().work() {} }

    /// Lets time pass until nothing is left to try or to look at.
    func settle() async throws {
        for _ in 0..<200 {
            try await work()
            let now = watched.clock.now()
            let next = try await desk().book().cases.values.compactMap(\.retryAt).filter { $0 > now }.min()
            guard let next else { return }
            watched.clock.advance(seconds: (next.milliseconds - now.milliseconds + 999) / 1000)
        }
        Issue.record("containment does not come to rest")
    }

    func count(_ route: String) -> Int { sandbox.requestCounts[route] ?? 0 }

    /// Whether the platform takes a user's token.
    func accepts(_ token: String) async throws -> Bool {
        var request = HTTPClientRequest(url: try #require(await sandbox.platformURL) + "/api/v2/tokens/me")
        request.headers.add(name: "authorization", value: "Bearer \(token)")
        return try await HTTPClient.shared.execute(request, timeout: .seconds(10)).status == .ok
    }
}

let patchUser = "PATCH /api/v2/users/{id}"
let listUsers = "GET /api/v2/users"
let deleteTokens = "DELETE /api/v2/tokens/{id}"
