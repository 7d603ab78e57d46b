public import AsyncHTTPClient
public import Logging
import NIOCore
import NIOHTTP1
import Synchronization
import WallTime

/// Reads from the Genesys Cloud platform API as one OAuth client of one organisation.
///
/// All calls share one access token, one request budget and one circuit breaker per family of calls. Only reads are
/// offered here, so every call may be retried; changes are ``GenesysChanges``. A call ends by its deadline in every case,
/// also while the body of the reply drips in.
public final class GenesysClient: Sendable {
    /// Limits of a client.
    public struct Options: Sendable {
        /// Requests that may be sent in any sixty seconds; the platform allows 300 per token.
        public var requestsPerMinute = 240
        /// The part of `requestsPerMinute` that only urgent calls may use.
        public var reservedPerMinute = 40
        /// The further part that calls in the background leave to those that somebody waits for.
        public var foregroundPerMinute = 80
        /// How long a call may take when its caller does not say.
        public var deadline: Duration = .seconds(5)
        /// How long a login may take.
        public var loginDeadline: Duration = .seconds(5)
        /// Largest accepted body of a reply in bytes.
        public var maximumReplyBytes = 4 << 20
        /// How often a call is sent before its failure is final.
        public var attempts = 3
        /// Longest wait that a reply may ask for and that is still waited.
        public var longestRetryAfter: Duration = .seconds(30)
        /// Failures in a row that suspend a family of calls.
        public var failuresToSuspend = 5
        /// How long a family of calls stays suspended.
        public var suspension: Duration = .seconds(15)

        /// The defaults.
        public init() {}
    }

    /// What an injected HTTP client must be configured with: no redirects, no decompression.
    public static var httpConfiguration: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(5)
        configuration.decompression = .disabled
        return configuration
    }

    /// Where this client calls.
    public let host: GenesysHost

    let options: Options
    private let http: HTTPClient
    private let clock: ClientClock
    private let tokens: TokenSource
    private let state: Mutex<State>

    private struct State {
        var budget: RequestBudget
        var breakers: [String: CircuitBreaker] = [:]
    }

    /// Makes a client; nothing is called before the first use.
    ///
    /// - Parameters:
    ///   - http: made with ``httpConfiguration`` and shut down by its owner.
    public init(
        host: GenesysHost,
        credentials: ClientCredentials,
        http: HTTPClient,
        options: Options = Options(),
        clock: ClientClock = .system(),
        logger: Logger
    ) {
        self.host = host
        self.options = options
        self.http = http
        self.clock = clock
        state = Mutex(
            State(
                budget: RequestBudget(
                    limit: options.requestsPerMinute,
                    reserved: options.reservedPerMinute,
                    foreground: options.foregroundPerMinute
                )
            )
        )
        let login = Login(host: host, credentials: credentials, http: http, deadline: options.loginDeadline)
        tokens = TokenSource(
            login: login,
            clock: clock,
            logger: logger,
            breaker: CircuitBreaker(threshold: options.failuresToSuspend, openFor: options.suspension)
        )
    }

    /// Sends a call until it succeeds, fails for good or its deadline passes.
    ///
    /// - Throws: ``GenesysError``, or `CancellationError` when the caller's task is cancelled.
    func reply(to call: Call, priority: RequestPriority, deadline: Duration?) async throws -> Reply {
        let limit = deadline ?? options.deadline
        if let wait = admit(call.family) {
            throw GenesysError(.circuitOpen(retryAfter: wait), operation: call.operation)
        }
        var outcome = CircuitBreaker.Outcome.abandoned
        defer { record(outcome, family: call.family) }
        do {
            let end = clock.now() + limit
            let reply = try await within(limit) { try await self.repeated(call, priority: priority, end: end) }
            outcome = .success
            return reply
        } catch is DeadlineExceeded {
            outcome = .failure
            throw GenesysError(.timeout, operation: call.operation)
        } catch let error as GenesysError {
            switch error.kind {
            case .timeout, .unreachable, .platformFailure: outcome = .failure
            case .budgetSpent, .circuitOpen: outcome = .abandoned
            default: outcome = .success
            }
            throw error
        }
    }

    /// Families of operations that are left alone for a while after failures, in alphabetical order.
    public var suspended: [String] {
        let now = clock.now()
        return state.withLock { state in state.breakers.filter { $0.value.isOpen(now: now) }.keys.sorted() }
    }

    private func admit(_ family: String) -> Duration? {
        let now = clock.now()
        return state.withLock { state in
            let fresh = CircuitBreaker(threshold: options.failuresToSuspend, openFor: options.suspension)
            return state.breakers[family, default: fresh].admit(now: now)
        }
    }

    private func record(_ outcome: CircuitBreaker.Outcome, family: String) {
        let now = clock.now()
        state.withLock { $0.breakers[family]?.record(outcome, now: now) }
    }

    private func repeated(_ call: Call, priority: RequestPriority, end: Duration) async throws -> Reply {
        var renewedToken = false
        var attempt = 1
        while true {
            try await takeFromBudget(call, priority: priority, end: end)
            let token = try await tokens.token()
            let failure: GenesysError
            do {
                return try await send(call, token: token)
            } catch let error as GenesysError {
                failure = error
            }
            let wait: Duration
            switch failure.kind {
            case .tokenRefused where !renewedToken:
                renewedToken = true
                tokens.discard(token)
                continue
            case .rateLimited(let retryAfter):
                wait = retryAfter ?? backOff(attempt)
            case .platformFailure where call.repetition == .always, .unreachable where call.repetition == .always:
                wait = backOff(attempt)
            default:
                throw failure
            }
            guard attempt < options.attempts, wait <= options.longestRetryAfter, clock.now() + wait < end else {
                throw failure
            }
            attempt += 1
            try await clock.sleep(wait)
        }
    }

    /// 200 ms, 400 ms, 800 ms …, each shortened by up to a half so that many clients do not return together.
    private func backOff(_ attempt: Int) -> Duration {
        .milliseconds(200 << min(attempt - 1, 6)) * (1 - clock.jitter() / 2)
    }

    private func takeFromBudget(_ call: Call, priority: RequestPriority, end: Duration) async throws {
        while true {
            let now = clock.now()
            guard let wait = state.withLock({ $0.budget.take(priority, now: now) }) else { return }
            guard now + wait < end else {
                throw GenesysError(.budgetSpent(retryAfter: wait), operation: call.operation)
            }
            try await clock.sleep(wait)
        }
    }

    private func send(_ call: Call, token: AccessToken) async throws -> Reply {
        var request = HTTPClientRequest(url: host.apiURL + call.target)
        request.method = call.method
        if let body = call.body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        request.headers.add(name: "authorization", value: "Bearer \(token.secret.reveal())")
        request.headers.add(name: "accept", value: "application/json")
        request.headers.add(name: "user-agent", value: "muniment")
        let reply = try await http.exchange(
            request,
            operation: call.operation,
            limit: options.maximumReplyBytes
        )
        observe(reply.headers)
        if (200..<300).contains(reply.status) { return reply }
        throw ErrorReply(reply.body).error(
            operation: call.operation,
            status: reply.status,
            correlationID: reply.correlationID,
            retryAfter: reply.headers.number("retry-after").map { .seconds($0) }
        )
    }

    private func observe(_ headers: HTTPHeaders) {
        guard let count = headers.number("inin-ratelimit-count"),
            let allowed = headers.number("inin-ratelimit-allowed"),
            let reset = headers.number("inin-ratelimit-reset")
        else { return }
        let now = clock.now()
        state.withLock { $0.budget.observe(count: count, allowed: allowed, resetSeconds: reset, now: now) }
    }
}

extension HTTPHeaders {
    /// A header's value as a number from 0 to a million.
    func number(_ name: String) -> Int? {
        first(name: name).flatMap { Int($0) }.flatMap { (0...1_000_000).contains($0) ? $0 : nil }
    }
}
