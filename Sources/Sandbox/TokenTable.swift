/// Access tokens of the pretend platform, each with a life and a bucket of requests per minute.
struct TokenTable: Sendable {
    /// How full a token's bucket is.
    struct Usage: Sendable {
        let count: Int
        let resetSeconds: Int
    }

    private struct Token {
        let client: SandboxClient
        /// Whose it is; nil for a client's own.
        let user: String?
        let expires: Int64
        var windowStart: Int64
        var count = 0
    }

    private var tokens: [String: Token] = [:]

    /// Registers a token.
    mutating func issue(_ token: String, to client: SandboxClient, user: String? = nil, seconds: Int, now: Int64) {
        tokens[token] = Token(client: client, user: user, expires: now + Int64(seconds) * 1000, windowStart: now)
    }

    /// Counts a request with a token; nil when the token is unknown or expired.
    mutating func use(_ text: String, now: Int64) -> (client: SandboxClient, usage: Usage)? {
        guard var token = tokens[text], now < token.expires else { return nil }
        if now - token.windowStart >= 60_000 {
            token.windowStart = now
            token.count = 0
        }
        token.count += 1
        tokens[text] = token
        let reset = (60_000 - (now - token.windowStart) + 999) / 1000
        return (token.client, Usage(count: token.count, resetSeconds: Int(reset)))
    }

    /// Forgets a token.
    mutating func revoke(_ token: String) {
        tokens[token] = nil
    }

    /// Forgets all tokens of a user.
    mutating func revoke(user: String) {
        tokens = tokens.filter { $0.value.user != user }
    }

    /// Forgets all tokens that a client got for itself.
    mutating func revoke(client: String) {
        tokens = tokens.filter { $0.value.client.id != client || $0.value.user != nil }
    }

    /// Forgets all tokens, as the platform does when a client's secret is replaced.
    mutating func revokeAll() {
        tokens = [:]
    }
}
