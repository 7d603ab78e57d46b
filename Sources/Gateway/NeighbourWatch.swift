import Synchronization

/// Notices an agent who asks for identifiers one after the other: whether the one asked for lies beside the one that the same agent
/// asked for before. Tokens hide that from everybody behind the gateway; only the answer, never the identifiers, leaves the memory.
final class NeighbourWatch: Sendable {
    /// An identifier that ends in digits: what stands before them, and the number.
    private struct Place {
        let prefix: Substring
        let number: UInt64

        init?(_ identifier: String) {
            let bytes = identifier.utf8
            var start = bytes.endIndex
            // Eighteen digits fit into 64 bits.
            while start > bytes.startIndex, bytes.distance(from: start, to: bytes.endIndex) < 18,
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[bytes.index(before: start)])
            {
                start = bytes.index(before: start)
            }
            guard let number = UInt64(identifier[start...]) else { return nil }
            prefix = identifier[..<start]
            self.number = number
        }

        /// Whether the numbers differ by one, with or without a last digit, which may be one that checks the others.
        func lies(beside other: Place) -> Bool {
            guard prefix == other.prefix else { return false }
            func differ(_ a: UInt64, _ b: UInt64) -> Bool { (a > b ? a - b : b - a) == 1 }
            return differ(number, other.number) || differ(number / 10, other.number / 10)
        }
    }

    /// The latest identifier of each agent, in two generations of which the older is dropped whole.
    private struct Generations {
        var current: [String: Place] = [:]
        var previous: [String: Place] = [:]
        var began: Int64 = 0
    }

    /// Milliseconds after which an identifier may be forgotten: the window of the rule that counts neighbours.
    private static let remembered: Int64 = 600_000

    private let generations = Mutex(Generations())
    private let capacity: Int

    /// - Parameter capacity: agents per generation, so that memory stays bounded.
    init(capacity: Int = 100_000) { self.capacity = capacity }

    /// Whether the identifier lies beside the agent's one before; takes it as the next one's predecessor.
    /// - Parameter now: milliseconds of a clock that never steps.
    func isNeighbour(_ identifier: String, agent: String, now: Int64) -> Bool {
        guard let place = Place(identifier) else { return false }
        return generations.withLock { generations in
            if now - generations.began >= Self.remembered || generations.current.count >= capacity {
                generations.previous = generations.current
                generations.current = [:]
                generations.began = now
            }
            let before = generations.current.updateValue(place, forKey: agent) ?? generations.previous[agent]
            return before.map { place.lies(beside: $0) } ?? false
        }
    }

    /// Agents in memory.
    var count: Int { generations.withLock { $0.current.count + $0.previous.count } }
}
