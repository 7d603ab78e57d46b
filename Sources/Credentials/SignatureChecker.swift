import Crypto
import HTTPSignatures
import Synchronization
import WallTime

/// How signatures are judged.
public struct SignatureRules: Sendable, Hashable {
    /// How old a signature may be, in seconds.
    public var window: Int64
    /// How far a caller's clock may be ahead, in seconds.
    public var skew: Int64
    /// How many signatures are remembered within the window; when there are more, further ones are refused.
    public var capacity: Int

    /// Collects the rules.
    public init(window: Int64 = 60, skew: Int64 = 5, capacity: Int = 200_000) {
        self.window = window
        self.skew = skew
        self.capacity = capacity
    }
}

/// Checks signatures and remembers them for as long as they could be sent again.
final class SignatureChecker: Sendable {
    let rules: SignatureRules
    /// What was made before this process could remember it is refused, in seconds since 1970.
    private let began: Int64
    private let memory = Mutex(ReplayMemory())

    init(rules: SignatureRules, began: Timestamp) {
        self.rules = rules
        self.began = began.milliseconds / 1000
    }

    /// Whose signature a request bears, before it is checked.
    static func read(_ request: SignableRequest) throws(AuthenticationFailure) -> MessageSignature? {
        do throws(SignatureFault) { return try MessageSignature(of: request) } catch {
            throw AuthenticationFailure(error)
        }
    }

    /// Checks a signature in full; one that is good is never good again.
    /// - Returns: under which name it is remembered: the same on every node.
    func check(
        _ signature: MessageSignature,
        of request: SignableRequest,
        keys: [SigningKey],
        at now: Timestamp
    ) throws(AuthenticationFailure) -> UInt128 {
        let seconds = now.milliseconds / 1000
        do throws(SignatureFault) {
            try signature.checkTimes(now: seconds, window: rules.window, skew: rules.skew)
            guard signature.created > began else { throw .expired }
            var isGood = false
            for key in keys where key.expires.map({ now < $0 }) ?? true {
                if let usable = key.key, try usable.verifies(signature, of: request) { isGood = true }
            }
            guard isGood else { throw .invalid }
            // Only then: nobody but the client learns what its requests lack.
            try signature.checkCoverage(of: request)
        } catch {
            throw AuthenticationFailure(error)
        }
        // Both are of bounded length, and neither has a line end.
        let name = SHA256.hash(data: Array("\(signature.keyID)\n\(signature.nonce)".utf8)).prefix(16).reduce(UInt128(0))
        {
            $0 << 8 | UInt128($1)
        }
        let (until, capacity) = (signature.created + rules.window, rules.capacity)
        let outcome = memory.withLock { $0.remember(name, until: until, now: seconds, capacity: capacity) }
        switch outcome {
        case .new: return name
        case .known: throw .signatureReplayed
        case .full: throw .signatureMemoryFull
        }
    }
}

/// The signatures seen, each until it is too old to be taken anyway; some 60 bytes each.
struct ReplayMemory {
    enum Outcome { case new, known, full }

    private var known: Set<UInt128> = []
    /// By the second in which they may be forgotten.
    private var ends: [Int64: [UInt128]] = [:]
    /// Up to when they were forgotten. A clock that steps back does not make these good again.
    private var swept: Int64 = .min

    var count: Int { known.count }

    /// - Parameters:
    ///   - name: of client and nonce: a nonce that comes with another `created` counts as used, too.
    ///   - until: when it may be forgotten, in seconds.
    mutating func remember(_ name: UInt128, until: Int64, now: Int64, capacity: Int) -> Outcome {
        if now > swept {
            for (second, names) in ends where second <= now {
                for name in names { known.remove(name) }
                ends[second] = nil
            }
            swept = now
        }
        if until <= swept || known.contains(name) { return .known }
        guard known.count < capacity else { return .full }
        known.insert(name)
        ends[until, default: []].append(name)
        return .new
    }
}
