import AsyncHTTPClient
import FoundationEssentials
import Logging
import NIOCore
import NIOHTTP1
import Synchronization
import WallTime

/// An access token and when to replace it, in time of the client's clock.
struct AccessToken: Sendable {
    let secret: Secret
    let renewAt: Duration
    let expiresAt: Duration
    /// Tells tokens apart without comparing secrets.
    let serial: Int
}

/// The client-credentials login of the platform.
struct Login: Sendable {
    static let operation = "POST /oauth/token"
    private static let maximumReplyBytes = 64 << 10

    let host: GenesysHost
    let credentials: ClientCredentials
    let http: HTTPClient
    let deadline: Duration

    /// Asks for a token.
    ///
    /// - Returns: the token and its life in seconds.
    /// - Throws: ``GenesysError``.
    func token() async throws -> (secret: Secret, seconds: Int) {
        var request = HTTPClientRequest(url: host.loginURL + "/oauth/token")
        request.method = .POST
        request.setBasicAuth(username: credentials.clientID, password: credentials.secret.reveal())
        request.headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
        request.headers.add(name: "accept", value: "application/json")
        request.body = .bytes(ByteBuffer(string: "grant_type=client_credentials"))
        let reply: Reply
        do {
            reply = try await within(deadline) { [request] in
                try await http.exchange(request, operation: Self.operation, limit: Self.maximumReplyBytes)
            }
        } catch is DeadlineExceeded {
            throw GenesysError(.timeout, operation: Self.operation)
        }
        guard reply.status == 200 else { throw refusal(reply) }
        guard let wire = try? JSONDecoder().decode(Wire.self, from: Data(reply.body)), !wire.access_token.isEmpty,
            wire.access_token.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
        else {
            throw GenesysError(
                .unreadableReply,
                operation: Self.operation,
                status: 200,
                correlationID: reply.correlationID
            )
        }
        return (Secret(wire.access_token), wire.expires_in.plain() ?? Self.defaultLife)
    }

    /// Life of a token in seconds when the reply does not say: the shortest the platform issues.
    private static let defaultLife = 300

    private func refusal(_ reply: Reply) -> GenesysError {
        let body = ErrorReply(reply.body)
        let error = body.error(
            operation: Self.operation,
            status: reply.status,
            correlationID: reply.correlationID,
            retryAfter: reply.headers.number("retry-after").map { .seconds($0) }
        )
        guard reply.status == 400 || reply.status == 401, error.kind != .addressRefused else { return error }
        return GenesysError(
            .credentialsRefused,
            operation: Self.operation,
            status: reply.status,
            code: body.code,
            correlationID: reply.correlationID
        )
    }

    private struct Wire: Decodable {
        // swift-format-ignore: AlwaysUseLowerCamelCase
        let access_token: String
        // swift-format-ignore: AlwaysUseLowerCamelCase
        let expires_in: Lenient<Int>?
    }
}

/// Keeps one access token for all callers: cached, renewed at 90 % of its life, and never by two logins at a time.
final class TokenSource: Sendable {
    private struct State {
        var token: AccessToken?
        var nextSerial = 1
        var breaker: CircuitBreaker
    }

    private let login: Login
    private let clock: ClientClock
    private let logger: Logger
    private let state: Mutex<State>
    private let renewal = SingleFlight<AccessToken>()

    init(login: Login, clock: ClientClock, logger: Logger, breaker: CircuitBreaker) {
        self.login = login
        self.clock = clock
        self.logger = logger
        state = Mutex(State(breaker: breaker))
    }

    /// A token that the platform should accept.
    ///
    /// - Throws: ``GenesysError``, and `CancellationError`.
    func token() async throws -> AccessToken {
        let now = clock.now()
        let cached = state.withLock { $0.token }
        if let cached, now < cached.renewAt { return cached }
        do {
            return try await renewal.value { try await self.renew() }
        } catch let error as GenesysError {
            // A login that fails early costs nothing while the old token still lives.
            guard let cached, now < cached.expiresAt else { throw error }
            return cached
        }
    }

    /// Forgets a token that the platform refused, unless it has been replaced already.
    func discard(_ token: AccessToken) {
        state.withLock { if $0.token?.serial == token.serial { $0.token = nil } }
    }

    private func renew() async throws -> AccessToken {
        let start = clock.now()
        // Another caller may have renewed it between the look at the cache and this flight.
        if let fresh = state.withLock({ $0.token }), start < fresh.renewAt { return fresh }
        if let wait = state.withLock({ $0.breaker.admit(now: start) }) {
            throw GenesysError(.circuitOpen(retryAfter: wait), operation: Login.operation)
        }
        do {
            let (secret, seconds) = try await login.token()
            let life = Duration.seconds(max(1, min(seconds, 172_800)))
            return state.withLock { state in
                state.breaker.record(.success, now: start)
                let token = AccessToken(
                    secret: secret,
                    renewAt: start + life * 0.9,
                    expiresAt: start + life,
                    serial: state.nextSerial
                )
                state.nextSerial += 1
                state.token = token
                return token
            }
        } catch {
            let now = clock.now()
            state.withLock { $0.breaker.record(.failure, now: now) }
            logger.warning("login to Genesys Cloud failed", metadata: ["error": "\(error)"])
            throw error
        }
    }
}
