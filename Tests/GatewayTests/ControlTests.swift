import AccessPolicy
import Genesys
import Redaction
import Synchronization
import Testing

@testable import Gateway

@Suite struct BreakerTests {
    @Test func opensAfterFailuresInARowAndProbesOnce() {
        let breaker = CircuitBreaker(failuresToOpen: 3, openMilliseconds: 100)
        breaker.failed(0)
        breaker.failed(1)
        breaker.succeeded()
        breaker.failed(2)
        breaker.failed(3)
        #expect(breaker.allows(4) && !breaker.isOpen)
        breaker.failed(4)
        #expect(breaker.isOpen && !breaker.allows(5) && !breaker.allows(103))
        // One probe; while it is out nobody else goes.
        #expect(breaker.allows(104) && !breaker.allows(104) && breaker.isOpen)
        breaker.failed(110)
        #expect(!breaker.allows(209) && breaker.allows(210))
        breaker.succeeded()
        #expect(breaker.allows(211) && breaker.allows(211) && !breaker.isOpen)
        // It takes all failures again.
        breaker.failed(212)
        breaker.failed(213)
        #expect(breaker.allows(214))
    }

    @Test func aProbeThatIsNeverHeardOfMakesRoomForAnother() {
        let breaker = CircuitBreaker(failuresToOpen: 1, openMilliseconds: 100)
        breaker.failed(0)
        #expect(breaker.allows(100) && !breaker.allows(199) && breaker.allows(200))
    }
}

@Suite struct VelocityTests {
    private let limit = VelocityLimit(readsPerMinute: 60, action: .block)

    @Test func aMinutesReadsMayComeAtOnceAndThenOneEachSecond() {
        let limiter = VelocityLimiter()
        var now: Int64 = 1_000_000
        func take() -> Bool { limiter.take(route: 1, agent: "a", limit: limit, now: now) }
        #expect((0..<60).allSatisfy { _ in take() })
        #expect(!take())
        now += 999
        #expect(!take())
        now += 1
        #expect(take() && !take())
        now += 3_600_000
        #expect((0..<60).allSatisfy { _ in take() } && !take())
    }

    @Test func everyAgentAndRouteHasABucketOfItsOwn() {
        let limiter = VelocityLimiter()
        let one = VelocityLimit(readsPerMinute: 1, action: .flag)
        #expect(
            limiter.take(route: 1, agent: "a", limit: one, now: 0)
                && !limiter.take(route: 1, agent: "a", limit: one, now: 1)
        )
        #expect(
            limiter.take(route: 1, agent: "b", limit: one, now: 1)
                && limiter.take(route: 2, agent: "a", limit: one, now: 1)
        )
    }

    /// A change of generations is no amnesty, and memory stays bounded whatever ids are made up.
    @Test func remembersForAMinuteAndNotForEver() {
        let limiter = VelocityLimiter(capacity: 100)
        let one = VelocityLimit(readsPerMinute: 1, action: .flag)
        #expect(limiter.take(route: 1, agent: "a", limit: one, now: 59_999))
        #expect(!limiter.take(route: 1, agent: "a", limit: one, now: 60_001))
        for number in 0..<1000 { _ = limiter.take(route: 1, agent: "x\(number)", limit: one, now: 60_002) }
        #expect(limiter.count <= 200)
    }
}

@Suite struct NeighbourWatchTests {
    @Test(arguments: [
        ("C-100001", "C-100002", true), ("C-100002", "C-100001", true), ("C-999", "C-1000", true), ("7", "8", true),
        // With a last digit that checks the others.
        ("100017", "100025", true), ("100019", "100020", true), ("DE1001", "DE1019", true),
        ("C-100001", "C-100001", false), ("C-100001", "D-100002", false), ("C-100001", "C-100203", false),
        ("100010", "100035", false), ("anna", "annb", false), ("C-", "C-1", false),
        ("12345678901234567890", "12345678901234567891", true),
    ])
    func oneBesideTheOther(first: String, second: String, isNeighbour: Bool) {
        let watch = NeighbourWatch()
        #expect(!watch.isNeighbour(first, agent: "a", now: 0))
        #expect(watch.isNeighbour(second, agent: "a", now: 1) == isNeighbour)
    }

    @Test func eachAgentIsComparedWithThemselves() {
        let watch = NeighbourWatch()
        #expect(!watch.isNeighbour("C-1", agent: "a", now: 0))
        #expect(!watch.isNeighbour("C-2", agent: "b", now: 1))
        #expect(watch.isNeighbour("C-2", agent: "a", now: 2))
        // Only the latest counts, and what has no number is passed over.
        #expect(!watch.isNeighbour("C-90", agent: "a", now: 3) && !watch.isNeighbour("C-3", agent: "a", now: 4))
        #expect(!watch.isNeighbour("nobody", agent: "a", now: 5) && watch.isNeighbour("C-4", agent: "a", now: 6))
    }

    @Test func remembersForTenMinutesAndNotForEver() {
        let watch = NeighbourWatch(capacity: 100)
        #expect(!watch.isNeighbour("C-1", agent: "a", now: 599_999))
        #expect(watch.isNeighbour("C-2", agent: "a", now: 600_001))
        for number in 0..<1000 { _ = watch.isNeighbour("C-1", agent: "x\(number)", now: 600_002) }
        #expect(watch.count <= 200)
    }
}

@Suite struct FactsCacheTests {
    /// A platform that answers when it is told, and a clock.
    private final class Platform: Sendable {
        let now = Atomic<Int64>(0)
        let asked = Atomic<Int>(0)
        private let waiting = Mutex<[CheckedContinuation<PlatformAnswer<Int>, Never>]>([])

        func fetch() async -> PlatformAnswer<Int> {
            await withCheckedContinuation { continuation in
                waiting.withLock { $0.append(continuation) }
                asked.wrappingAdd(1, ordering: .sequentiallyConsistent)
            }
        }

        /// Answers one question, once it has been asked.
        func answer(_ answer: PlatformAnswer<Int>) async {
            while true {
                if let next = waiting.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
                    return next.resume(returning: answer)
                }
                await Task.yield()
            }
        }

        func cache(capacity: Int = 100) -> FactsCache<Int> {
            FactsCache(lifetime: 5000, capacity: capacity, now: { self.now.load(ordering: .relaxed) }) { _ in
                await self.fetch()
            }
        }
    }

    private func value(_ answer: PlatformAnswer<Int>?) -> String {
        switch answer {
        case .known(let value): "\(value)"
        case .notFound: "not found"
        case .failed: "failed"
        case nil: "wait"
        }
    }

    /// Asks, and waits for the answer when there is none at hand.
    private func ask(_ cache: FactsCache<Int>, _ key: String, _ platform: Platform, _ answer: PlatformAnswer<Int>) async
        -> String
    {
        await withCheckedContinuation { continuation in
            let found = cache.answer(key) { continuation.resume(returning: self.value($0)) }
            if let found { return continuation.resume(returning: value(found)) }
            Task { await platform.answer(answer) }
        }
    }

    @Test func oneQuestionForAllWhoWait() async {
        let platform = Platform()
        let cache = platform.cache()
        let answers = Mutex<[String]>([])
        for _ in 0..<50 {
            let found = cache.answer("k") { answer in answers.withLock { $0.append(self.value(answer)) } }
            #expect(found == nil)
        }
        #expect(cache.size == (1, 50))
        await platform.answer(.known(7))
        while answers.withLock({ $0.count }) < 50 { await Task.yield() }
        #expect(answers.withLock { Set($0) } == ["7"] && platform.asked.load(ordering: .relaxed) == 1)
        #expect(value(cache.answer("k") { _ in }) == "7")
        #expect(cache.size == (1, 0))
    }

    @Test func answersExpireAndFailuresSooner() async {
        let platform = Platform()
        let cache = platform.cache()
        #expect(await ask(cache, "k", platform, .known(1)) == "1")
        #expect(await ask(cache, "f", platform, .failed) == "failed")
        #expect(await ask(cache, "n", platform, .notFound) == "not found")
        platform.now.store(999, ordering: .relaxed)
        #expect(value(cache.answer("f") { _ in }) == "failed")
        platform.now.store(1000, ordering: .relaxed)
        #expect(await ask(cache, "f", platform, .known(2)) == "2")
        platform.now.store(4999, ordering: .relaxed)
        #expect(value(cache.answer("k") { _ in }) == "1" && value(cache.answer("n") { _ in }) == "not found")
        platform.now.store(5000, ordering: .relaxed)
        #expect(await ask(cache, "k", platform, .known(3)) == "3")
        #expect(platform.asked.load(ordering: .relaxed) == 5)
    }

    @Test func whoNeedsNewerFactsDoesNotKeepOthersWaiting() async {
        let platform = Platform()
        let cache = platform.cache()
        #expect(await ask(cache, "k", platform, .known(1)) == "1")
        platform.now.store(600, ordering: .relaxed)
        #expect(value(cache.answer("k", youngerThan: 601) { _ in }) == "1")
        let newer = Mutex<String?>(nil)
        #expect(
            value(cache.answer("k", youngerThan: 600) { answer in newer.withLock { $0 = self.value(answer) } })
                == "wait"
        )
        #expect(value(cache.answer("k") { _ in }) == "1")
        await platform.answer(.known(2))
        while newer.withLock({ $0 }) == nil { await Task.yield() }
        #expect(newer.withLock { $0 } == "2" && value(cache.answer("k") { _ in }) == "2")
    }

    /// A platform that cannot say anything newer takes nothing from those to whom what it said is new enough.
    @Test func anAttemptThatFailsLosesNothing() async {
        let platform = Platform()
        let cache = platform.cache()
        #expect(await ask(cache, "k", platform, .known(1)) == "1")
        platform.now.store(600, ordering: .relaxed)
        let newer = Mutex<String?>(nil)
        #expect(
            value(cache.answer("k", youngerThan: 500) { answer in newer.withLock { $0 = self.value(answer) } })
                == "wait"
        )
        await platform.answer(.failed)
        while newer.withLock({ $0 }) == nil { await Task.yield() }
        #expect(newer.withLock { $0 } == "failed" && value(cache.answer("k") { _ in }) == "1")
        // It is not asked again by every read, and the facts end when they would have ended.
        platform.now.store(1599, ordering: .relaxed)
        #expect(value(cache.answer("k", youngerThan: 500) { _ in }) == "failed")
        #expect(platform.asked.load(ordering: .relaxed) == 2)
        platform.now.store(1600, ordering: .relaxed)
        #expect(value(cache.answer("k", youngerThan: 500) { _ in }) == "wait")
        await platform.answer(.failed)
        while cache.size.waiting > 0 { await Task.yield() }
        platform.now.store(4999, ordering: .relaxed)
        #expect(value(cache.answer("k") { _ in }) == "1")
        platform.now.store(5000, ordering: .relaxed)
        #expect(await ask(cache, "k", platform, .known(3)) == "3")
    }

    @Test func memoryIsBounded() async {
        let platform = Platform()
        let cache = platform.cache(capacity: 10)
        for number in 0..<10 { _ = await ask(cache, "k\(number)", platform, .known(number)) }
        // Everything is fresh: the answers go.
        #expect(await ask(cache, "new", platform, .known(11)) == "11")
        #expect(cache.size.keys == 1)
        for number in 0..<9 { #expect(cache.answer("w\(number)") { _ in } == nil) }
        // Only who waits is left: nobody else is let in, and nobody is forgotten.
        platform.now.store(2000, ordering: .relaxed)
        #expect(cache.answer("w9") { _ in } == nil)
        #expect(value(cache.answer("w10") { _ in }) == "failed")
        #expect(cache.size == (10, 10))
        for _ in 0..<10 { await platform.answer(.failed) }
        while cache.size.waiting > 0 { await Task.yield() }
    }
}

@Suite struct BindingTests {
    private let now: Int64 = 1_767_322_800_000

    private func facts(
        agentJoined: Int64? = -60_000,
        agentLeft: Int64? = nil,
        customers: [String] = ["C-1"],
        end: Int64? = nil
    ) -> ConversationFacts {
        let callers = customers.map {
            ConversationFacts.Participant(purpose: "customer", connected: now - 90_000, attributes: ["customerId": $0])
        }
        let agent = ConversationFacts.Participant(
            purpose: "agent",
            userID: "A",
            queueID: "Q",
            connected: agentJoined.map { now + $0 },
            end: agentLeft.map { now + $0 },
            legs: [.init(channel: .chat, connected: agentJoined.map { now + $0 }, disconnected: nil)]
        )
        return ConversationFacts(
            id: "i",
            start: now - 90_000,
            end: end.map { now + $0 },
            participants: callers + [agent]
        )
    }

    private func grade(
        _ facts: ConversationFacts,
        agent: String = "a",
        customer: String = "C-1",
        attribute: String? = "customerId"
    )
        -> BindingReason
    {
        var settings = GatewaySettings.Binding()
        settings.customerAttribute = attribute
        settings.wrapUpSeconds = 120
        return Binding(agent: agent, customer: customer, facts: facts, at: now, settings: settings).reason
    }

    @Test func gradesFollowFromTheFacts() {
        #expect(grade(facts()) == .agentAndCustomerMatch)
        #expect(grade(facts(), customer: "C-2") == .otherCustomer)
        // Customers' ids are compared exactly: letter case means something in systems of record.
        #expect(grade(facts(), customer: "c-1") == .otherCustomer)
        #expect(grade(facts(customers: []), customer: "C-2") == .customerUnknown)
        #expect(grade(facts(), attribute: nil) == .customerUnknown)
        #expect(grade(facts(), attribute: "other") == .customerUnknown)
        #expect(grade(facts(customers: ["C-2", "C-1"])) == .agentAndCustomerMatch)
        #expect(grade(facts(), agent: "b") == .agentNotOnConversation)
        #expect(grade(facts(agentJoined: nil)) == .agentNotOnConversation)
        #expect(grade(facts(agentLeft: -119_999)) == .agentAndCustomerMatch)
        #expect(grade(facts(agentLeft: -120_000)) == .agentLeft)
        // Who is not on it is told nothing about the customer either.
        #expect(grade(facts(), agent: "b", customer: "C-2") == .agentNotOnConversation)
        let binding = Binding(agent: "a", customer: "C-1", facts: facts(), at: now, settings: .init())
        #expect(binding.channel == "chat" && binding.queue == "q")
    }

    @Test func whatThePlatformDoesNotKnowIsNeverHeldAgainstAnybody() {
        let grades = Dictionary(uniqueKeysWithValues: BindingReason.allCases.map { ($0.rawValue, $0.grade) })
        #expect(
            grades == [
                "agent_and_customer_match": .verified, "customer_unknown": .partial, "no_platform": .claimed,
                "agent_not_on_conversation": .contradicted, "agent_left": .contradicted,
                "other_customer": .contradicted,
                "conversation_not_found": .unverifiable, "lookup_late": .unverifiable, "lookup_failed": .unverifiable,
            ]
        )
    }
}
