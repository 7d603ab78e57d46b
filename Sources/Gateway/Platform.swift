public import Genesys
import Synchronization

/// What the platform said.
public enum PlatformAnswer<Value: Sendable>: Sendable {
    /// It knows.
    case known(Value)
    /// It does not know this id, or no longer.
    case notFound
    /// It could not be asked, or did not answer properly.
    case failed
}

/// The contact-centre platform, as far as bindings need it.
public protocol Platform: Sendable {
    /// The facts of a conversation.
    func conversation(id: String) async -> PlatformAnswer<ConversationFacts>
    /// The names of an agent's roles.
    func roles(agent: String) async -> PlatformAnswer<[String]>
}

/// Genesys Cloud.
public struct GenesysPlatform: Platform {
    private let client: GenesysClient

    /// Asks through a client.
    public init(client: GenesysClient) { self.client = client }

    public func conversation(id: String) async -> PlatformAnswer<ConversationFacts> {
        do { return .known(try await client.conversation(id: id)) } catch { return Self.answer(error) }
    }

    public func roles(agent: String) async -> PlatformAnswer<[String]> {
        // With less room than conversations have: ids of agents can be made up, and must not use up what bindings need.
        do { return .known(try await client.user(id: agent, priority: .background).roleNames) } catch {
            return Self.answer(error)
        }
    }

    private static func answer<Value>(_ error: any Error) -> PlatformAnswer<Value> {
        if let error = error as? GenesysError, error.kind == .notFound { return .notFound }
        return .failed
    }
}

/// Answers of the platform, each kept for a while: one look-up at first sight of a key, whoever asks and however often.
final class FactsCache<Value: Sendable>: Sendable {
    typealias Answer = PlatformAnswer<Value>

    private enum Slot {
        case known(Known)
        /// Asked for; what was known before stays good for whoever does not need newer facts.
        case asking([@Sendable (Answer) -> Void], before: Known?)
    }

    private struct Known {
        let answer: Answer
        let at: Int64
        let until: Int64
        /// Until when newer facts are not asked for again after that has failed.
        var failingUntil: Int64 = .min
    }

    private struct State {
        var slots: [String: Slot] = [:]
        /// Counts the times that everything was let go of; an answer that was asked for before is not kept.
        var generation = 0
        /// When room may be made again: looking through everything for each new key would be quadratic.
        var nextEviction: Int64 = 0
    }

    private enum Step { case answer(Answer), wait, ask(generation: Int) }

    private let state = Mutex(State())
    private let fetch: @Sendable (String) async -> Answer
    private let lifetime: Int64
    private let capacity: Int
    private let now: @Sendable () -> Int64
    /// How long a failure is remembered, so that a platform in trouble is not asked by every read.
    private static var failureLifetime: Int64 { 1000 }

    /// - Parameters:
    ///   - lifetime: how long an answer is good for, in milliseconds.
    ///   - capacity: keys that are remembered at the most.
    ///   - now: milliseconds of a clock that never steps.
    init(
        lifetime: Int64,
        capacity: Int = 50_000,
        now: @escaping @Sendable () -> Int64 = { LoopContext.now() },
        fetch: @escaping @Sendable (String) async -> Answer
    ) {
        self.lifetime = lifetime
        self.capacity = capacity
        self.now = now
        self.fetch = fetch
    }

    /// The answer for a key, when there is a fresh one. Otherwise `then` is called with it later, from any thread.
    /// - Parameter youngerThan: milliseconds; an answer that is older is asked for again.
    func answer(
        _ key: String,
        youngerThan: Int64 = .max,
        then: @escaping @Sendable (Answer) -> Void
    ) -> Answer? {
        let now = self.now()
        let next: Step = state.withLock { state in
            switch state.slots[key] {
            case .known(let known) where now < known.until && now - known.at < youngerThan:
                return .answer(known.answer)
            case .known(let known) where now < known.until && now < known.failingUntil:
                return .answer(.failed)
            case .asking(_, let before?) where now < before.until && now - before.at < youngerThan:
                return .answer(before.answer)
            case .asking(var waiting, let before):
                // Emptied first, so that the list grows in place.
                state.slots[key] = .asking([], before: before)
                waiting.append(then)
                state.slots[key] = .asking(waiting, before: before)
                return .wait
            case .known(let known):
                state.slots[key] = .asking([then], before: known)
                return .ask(generation: state.generation)
            case nil:
                if state.slots.count >= capacity, !makeRoom(&state, now) { return .answer(.failed) }
                state.slots[key] = .asking([then], before: nil)
                return .ask(generation: state.generation)
            }
        }
        switch next {
        case .answer(let answer): return answer
        case .wait: return nil
        case .ask(let generation):
            Task { self.settle(key, await self.fetch(key), generation) }
            return nil
        }
    }

    /// Lets go of every answer. Whoever waits for one still gets it.
    func clear() {
        state.withLock { state in
            state.generation += 1
            state.slots = state.slots.compactMapValues { slot in
                if case .asking(let waiting, _) = slot { return .asking(waiting, before: nil) }
                return nil
            }
        }
    }

    private func settle(_ key: String, _ answer: Answer, _ generation: Int) {
        let now = self.now()
        let waiting: [@Sendable (Answer) -> Void] = state.withLock { state in
            guard case .asking(let waiting, let before) = state.slots[key] else { return [] }
            var lifetime = self.lifetime
            if case .failed = answer {
                lifetime = Self.failureLifetime
                if var before, now < before.until {
                    // Facts that are good for those who need no newer ones are not lost with an attempt to have newer ones.
                    before.failingUntil = now + lifetime
                    state.slots[key] = .known(before)
                    return waiting
                }
            }
            if generation != state.generation { lifetime = 0 }
            state.slots[key] = .known(Known(answer: answer, at: now, until: now + lifetime))
            return waiting
        }
        for then in waiting { then(answer) }
    }

    /// Lets go of what has expired, or else of every answer; who waits is kept.
    private func makeRoom(_ state: inout State, _ now: Int64) -> Bool {
        guard now >= state.nextEviction else { return false }
        state.nextEviction = now + 1000
        state.slots = state.slots.filter { _, slot in
            if case .known(let known) = slot { return now < known.until }
            return true
        }
        if state.slots.count >= capacity {
            state.slots = state.slots.filter { _, slot in
                if case .asking = slot { return true }
                return false
            }
        }
        return state.slots.count < capacity
    }

    /// Keys remembered, and reads that wait for an answer.
    var size: (keys: Int, waiting: Int) {
        state.withLock { state in
            let waiting = state.slots.values.reduce(0) { sum, slot in
                if case .asking(let waiting, _) = slot { return sum + waiting.count }
                return sum
            }
            return (state.slots.count, waiting)
        }
    }
}
