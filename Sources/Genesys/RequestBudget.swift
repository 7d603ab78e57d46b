/// How a call ranks when the request budget runs short.
public enum RequestPriority: Sendable, Hashable {
    /// Work that leaves room for ordinary work, because nobody waits for it, such as the import of facts, or because strangers can cause
    /// any amount of it, such as look-ups of agents.
    case background
    /// Ordinary work: may not touch the reserved share.
    case ordinary
    /// Work that protects data now, such as incident response: may use the reserved share.
    case urgent
}

/// A shared budget of requests in any window of sixty seconds, so that all callers together stay under the platform's
/// limit of 300 per minute and token.
struct RequestBudget {
    static let window: Duration = .seconds(60)

    let limit: Int
    let reserved: Int
    /// What is kept from work in the background besides.
    let foreground: Int
    private var sent: [Duration] = []
    private var backgroundBlockedUntil: Duration = .zero
    private var ordinaryBlockedUntil: Duration = .zero
    private var allBlockedUntil: Duration = .zero

    init(limit: Int, reserved: Int, foreground: Int = 0) {
        self.limit = max(1, limit)
        self.reserved = min(max(0, reserved), self.limit - 1)
        self.foreground = min(max(0, foreground), self.limit - self.reserved - 1)
    }

    /// Takes one request at an instant; otherwise says how long to wait before trying again.
    mutating func take(_ priority: RequestPriority, now: Duration) -> Duration? {
        sent.removeAll { $0 + Self.window <= now }
        let (blockedUntil, allowed) =
            switch priority {
            case .urgent: (allBlockedUntil, limit)
            case .ordinary: (max(allBlockedUntil, ordinaryBlockedUntil), limit - reserved)
            case .background: (max(allBlockedUntil, backgroundBlockedUntil), limit - reserved - foreground)
            }
        guard blockedUntil <= now else { return blockedUntil - now }
        guard sent.count >= allowed else {
            sent.append(now)
            return nil
        }
        return sent[sent.count - allowed] + Self.window - now
    }

    /// Learns from the `inin-ratelimit-*` headers, which also count what other processes send with the same token.
    mutating func observe(count: Int, allowed: Int, resetSeconds: Int, now: Duration) {
        guard allowed > 0, count >= 0 else { return }
        let until = now + min(.seconds(max(0, resetSeconds)), Self.window)
        let left = allowed - count
        if left <= 0 { allBlockedUntil = until }
        if left <= reserved { ordinaryBlockedUntil = until }
        if left <= reserved + foreground { backgroundBlockedUntil = until }
    }
}
