/// Full jitter: the wait before attempt n is drawn evenly from 0 to min(cap, base x 2^n), so that many lanes that failed
/// together do not come back together.
public struct Backoff: Sendable, Hashable {
    /// The bound before the first retry.
    public let base: Duration
    /// The bound that is never passed.
    public let cap: Duration

    /// Makes a rule; `base` is at least one millisecond and `cap` at least `base`.
    public init(base: Duration = .milliseconds(500), cap: Duration = .seconds(300)) {
        self.base = max(base, .milliseconds(1))
        self.cap = max(cap, self.base)
    }

    /// The bound before retry number `retry`, from 0.
    public func bound(retry: Int) -> Duration {
        var bound = base
        for _ in 0..<min(max(retry, 0), 64) {
            bound += bound
            if bound >= cap { return cap }
        }
        return min(bound, cap)
    }

    /// The wait before retry number `retry`, from 0; never shorter than what the destination asks for.
    public func wait(
        retry: Int,
        atLeast asked: Duration? = nil,
        using generator: inout some RandomNumberGenerator
    ) -> Duration {
        let drawn = bound(retry: retry) * Double.random(in: 0..<1, using: &generator)
        // A lower bound, with the jitter on top of it: else all lanes return at the moment that the destination named.
        guard let asked, asked > .zero else { return drawn }
        return asked + min(drawn, asked)
    }
}
