/// Stops calling what keeps failing: after some failures in a row it refuses calls for a while, then lets one probe
/// through.
struct CircuitBreaker {
    /// How an admitted call ended.
    enum Outcome {
        case success
        case failure
        /// The caller went away, which says nothing about the platform.
        case abandoned
    }

    let threshold: Int
    let openFor: Duration
    private var failures = 0
    private var openUntil: Duration?
    private var isProbing = false

    init(threshold: Int, openFor: Duration) {
        self.threshold = max(1, threshold)
        self.openFor = openFor
    }

    /// Whether calls are refused at an instant.
    func isOpen(now: Duration) -> Bool { openUntil.map { $0 > now } ?? false }

    /// Admits a call at an instant, or says for how long calls are refused. An admitted call must be recorded.
    mutating func admit(now: Duration) -> Duration? {
        guard let openUntil else { return nil }
        guard openUntil <= now else { return openUntil - now }
        guard !isProbing else { return .seconds(1) }
        isProbing = true
        return nil
    }

    /// Records how an admitted call ended.
    mutating func record(_ outcome: Outcome, now: Duration) {
        let wasProbe = isProbing
        isProbing = false
        switch outcome {
        case .success:
            failures = 0
            openUntil = nil
        case .failure:
            failures += 1
            if wasProbe || failures >= threshold { openUntil = now + openFor }
        case .abandoned:
            break
        }
    }
}
