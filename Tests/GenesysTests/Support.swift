import AsyncHTTPClient
import Genesys
import Logging
import Sandbox
import Synchronization

/// A clock that moves only when somebody sleeps or a test moves it.
final class ManualClock: Sendable {
    private let state = Mutex<(now: Duration, sleeps: [Duration])>((.zero, []))

    var sleeps: [Duration] { state.withLock { $0.sleeps } }

    func advance(_ duration: Duration) {
        state.withLock { $0.now += duration }
    }

    var clock: ClientClock {
        ClientClock(
            now: { self.state.withLock { $0.now } },
            sleep: { duration in
                self.state.withLock {
                    $0.now += duration
                    $0.sleeps.append(duration)
                }
            },
            jitter: { 0 }
        )
    }
}

/// A sandbox that stands still in time, with one client against it.
struct Bench: Sendable {
    static let start: Int64 = 1_767_322_800_000

    let sandbox: Sandbox
    let host: GenesysHost
    let http: HTTPClient
    let time: ManualClock

    func client(
        limited: Bool = false,
        secret: String? = nil,
        _ change: (inout GenesysClient.Options) -> Void = { _ in }
    ) -> GenesysClient {
        var options = GenesysClient.Options()
        change(&options)
        let directory = sandbox.directory
        let credentials = ClientCredentials(
            clientID: limited ? directory.limitedClientID : directory.clientID,
            secret: Secret(secret ?? (limited ? directory.limitedClientSecret : directory.clientSecret))
        )
        return GenesysClient(
            host: host,
            credentials: credentials,
            http: http,
            options: options,
            clock: time.clock,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
    }

    func count(_ route: String) -> Int { sandbox.requestCounts[route] ?? 0 }

    static func run(
        _ change: (inout SandboxConfiguration) -> Void = { _ in },
        _ body: (Bench) async throws -> Void
    ) async throws {
        var configuration = SandboxConfiguration()
        configuration.clock = .standing(at: start)
        configuration.pace = .gated
        change(&configuration)
        let sandbox = Sandbox(configuration)
        try await sandbox.start()
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: GenesysClient.httpConfiguration)
        do {
            let host = try GenesysHost(sandboxURL: await sandbox.platformURL ?? "")
            try await body(Bench(sandbox: sandbox, host: host, http: http, time: ManualClock()))
        } catch {
            await sandbox.stop()
            try await http.shutdown()
            throw error
        }
        await sandbox.stop()
        try await http.shutdown()
    }
}

let login = "POST /oauth/token"
let conversationRoute = "GET /api/v2/conversations/{id}"
let organizationRoute = "GET /api/v2/organizations/me"
