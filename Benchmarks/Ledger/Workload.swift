import JSON
import Ledger
import WallTime

/// Events of a busy contact centre: 50,000 customers, 2,000 agents, one event of some 600 bytes per disclosure.
struct Workload {
    static let customers = 50_000
    static let agents = 2_000

    /// The time of the first event.
    static let start = Timestamp(milliseconds: 1_767_225_600_000)

    private var generator: SplitMix64
    private var number: Int

    /// - Parameter number: how many events came before.
    init(seed: UInt64, after number: Int = 0) {
        generator = SplitMix64(seed: seed)
        self.number = number
    }

    /// A customer's token, as wide as an HMAC-SHA-256 in hex.
    static func customer(_ number: Int) -> String {
        var generator = SplitMix64(seed: UInt64(number))
        var text: [UInt8] = []
        for _ in 0..<2 { EventIdentity.appendRandomID(to: &text, using: &generator) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The next event; a second of the centre's time holds 300 of them.
    mutating func next() -> Event {
        number += 1
        let time = Timestamp(milliseconds: Self.start.milliseconds + Int64(number) * 1000 / 300)
        var interaction: [UInt8] = []
        EventIdentity.appendRandomID(to: &interaction, using: &generator)
        return Event(
            type: Int.random(in: 0..<20, using: &generator) == 0 ? .customerDataAccessRefused : .customerDataAccessed,
            identity: .random(producer: "gateway-1", using: &generator),
            timestamp: time,
            fields: [
                "agentId": .string("agent-\(Int.random(in: 0..<Self.agents, using: &generator))"),
                "binding": .string("verified"),
                "customerId": .string(Self.customer(Int.random(in: 0..<Self.customers, using: &generator))),
                "fields": .array(
                    ["firstName", "lastName", "segment", "openCases", "nextBestOffer"].map { .string($0) }
                ),
                "interactionId": .string(String(decoding: interaction, as: UTF8.self)),
                "purpose": .string("service"),
                "route": .string("crm-customer-profile"),
                "padding": .string(String(repeating: "x", count: 126)),
            ]
        )
    }

    /// Many events' entries, one after another, for producers that bring bytes.
    mutating func entries(_ count: Int) throws -> Entries {
        var entries = Entries()
        for _ in 0..<count { try entries.append(next()) }
        return entries
    }
}

/// Entries' bytes in one buffer, and what a plain table would index.
struct Entries: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var ends: [Int] = []
    private(set) var keys: [(customer: String, agent: String, interaction: String)] = []

    mutating func append(_ event: Event) throws {
        bytes += try event.encoded()
        ends.append(bytes.count)
        keys.append((event.text("customerId"), event.text("agentId"), event.text("interactionId")))
    }

    var count: Int { ends.count }

    subscript(index: Int) -> ArraySlice<UInt8> { bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]] }
}

extension Event {
    fileprivate func text(_ name: String) -> String {
        guard case .string(let text) = fields[name] else { return "" }
        return text
    }
}

/// A generator with a seed, so that every run measures the same events.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}
