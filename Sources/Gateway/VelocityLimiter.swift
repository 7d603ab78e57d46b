import Synchronization

/// Counts how fast each agent reads on each route: a bucket of one minute's reads that refills evenly.
final class VelocityLimiter: Sendable {
    private struct Bucket {
        var level: Double
        var updated: Int64
    }

    private struct Key: Hashable {
        let route: Int
        let agent: String
    }

    /// A minute without a read fills any bucket, so buckets are kept in two generations and the older one is dropped whole.
    private struct Generations {
        var current: [Key: Bucket] = [:]
        var previous: [Key: Bucket] = [:]
        var began: Int64 = 0
    }

    private let generations = Mutex(Generations())
    private let capacity: Int

    /// - Parameter capacity: buckets per generation; beyond it the oldest are forgotten early, so that memory stays bounded.
    init(capacity: Int = 100_000) { self.capacity = capacity }

    /// Takes one read from the agent's bucket.
    /// - Parameter now: milliseconds of a clock that never steps.
    /// - Returns: whether there was one.
    func take(route: Int, agent: String, limit: VelocityLimit, now: Int64) -> Bool {
        let full = Double(limit.readsPerMinute)
        let key = Key(route: route, agent: agent)
        return generations.withLock { generations in
            if now - generations.began >= 60_000 || generations.current.count >= capacity {
                generations.previous = generations.current
                generations.current = [:]
                generations.began = now
            }
            var bucket =
                generations.current[key] ?? generations.previous[key] ?? Bucket(level: full, updated: now)
            bucket.level = min(full, bucket.level + Double(now - bucket.updated) * full / 60_000)
            bucket.updated = now
            let allowed = bucket.level >= 1
            if allowed { bucket.level -= 1 }
            generations.current[key] = bucket
            return allowed
        }
    }

    /// Buckets in memory.
    var count: Int { generations.withLock { $0.current.count + $0.previous.count } }
}
