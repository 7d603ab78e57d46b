import JSON
import Testing
import WallTime

@testable import Detection

/// What rules make of facts that feeds bring.
@Suite struct FactTests {
    private static func engine() throws -> DetectionEngine {
        DetectionEngine(rules: try BuiltInRules.pack(), configuration: DetectionConfiguration())
    }

    private func raised(_ events: [DetectionEvent]) -> [String] {
        events.filter { $0.kind == .alertRaised }.compactMap { $0.fields["rule"]?.string }
    }

    private func act(_ index: Int64, day: Double, from address: String, user: String = "u-1") -> LedgerEvent {
        event(
            index,
            "PLATFORM_AUDIT_RECORDED",
            at: day * 86_400,
            ["userId": .string(user), "remoteIp": .string(address), "action": "Update", "entityType": "Queue"]
        )
    }

    @Test(arguments: [
        ("203.0.113.7", "203.0.0.0/16"), ("10.255.0.1", "10.255.0.0/16"), ("2001:db8:1::2", "2001:db8::/32"),
        ("2A02:00AB::1", "2a02:ab::/32"), ("::1", "0:0::/32"), ("::ffff:203.0.113.7", "203.0.0.0/16"),
        ("fe80::1", "fe80:0::/32"), ("203.0.113", nil),
        ("203.0.113.256", nil), ("unknown", nil), ("", nil), ("1.2.3.4.5", nil), ("g::1", nil),
    ])
    func networks(address: String, network: String?) {
        #expect(NetworkWatch.network(of: address) == network)
    }

    @Test func aNetworkIsNewOnceAndForgottenAfterNinetyDays() throws {
        var engine = try Self.engine()
        var found: [[String]] = []
        for (number, (day, address)) in [
            (0, "203.0.1.1"), (8, "198.51.1.1"), (9, "198.51.2.2"), (10, "203.0.2.2"), (50, "198.51.9.9"),
            // The first network was last used on day 10.
            (139, "203.0.1.1"),
        ].enumerated() {
            // Two of each, since a step of more than an hour needs a second event that agrees.
            found.append(
                raised(
                    engine.feed([
                        act(Int64(2 * number), day: Double(day), from: address),
                        act(Int64(2 * number + 1), day: Double(day) + 0.0001, from: address),
                    ])
                )
            )
        }
        #expect(found == [[], ["d10_new_network"], [], [], [], ["d10_new_network"]])
    }

    @Test func memoryOfNetworksIsBounded() throws {
        var watch = NetworkWatch()
        for number in 0..<1000 {
            _ = watch.locate(act(Int64(number), day: Double(number) / 1000, from: "10.\(number % 256).\(number % 7).1"))
        }
        let known = watch.locate(act(1000, day: 2, from: "10.1.1.1"))?.fields["knownNetworks"]?.int
        #expect(known == NetworkWatch.most)
    }

    @Test func mergedCustomersCountAsOneAndSplitOnesAsTwo() throws {
        var engine = try Self.engine()
        // 199 customers, and two tokens of one who was found to be one.
        let reads = (0..<199).map { read($0, at: Double($0), customer: "c-\($0)", ["binding": "verified"]) }
        let merged = event(199, "IDENTITY_MERGED", at: 199, ["customerId": "c-0", "absorbed": ["c-old"]])
        let again = read(200, at: 200, customer: "c-old", ["binding": "verified"])
        #expect(!raised(engine.feed(reads + [merged, again])).contains { $0.hasPrefix("d03") })
        let split = event(201, "IDENTITY_UNMERGED", at: 201, ["customerId": "c-0", "freed": ["c-old"]])
        let third = read(202, at: 202, customer: "c-old", ["binding": "verified"])
        #expect(raised(engine.feed([split, third])).contains { $0.hasPrefix("d03") })
    }

    @Test func everythingThatIsKnownOfFactsOutlivesARestart() throws {
        let pack = try BuiltInRules.pack()
        var straight = try Self.engine()
        var broken = try Self.engine()
        var generator = SeededGenerator(7)
        for index in 0..<200 {
            let at = Double(index) * 400
            let next: LedgerEvent
            switch Int.random(in: 0..<4, using: &generator) {
            case 0:
                let network = Int.random(in: 0..<9, using: &generator)
                next = act(Int64(index), day: at / 86_400, from: "10.\(network).0.1")
            case 1: next = read(Int64(index), at: at, ["binding": "verified"])
            case 2:
                let from = (at / 900).rounded(.down) * 900 - 900
                next = event(
                    Int64(index),
                    "PLATFORM_EXECUTIONS_COUNTED",
                    at: at,
                    [
                        "actionId": .string("act-\(index % 2)"), "route": "profile", "from": text(from),
                        "to": text(from + 900), "executions": .integer(Int64.random(in: 0..<4, using: &generator)),
                    ]
                )
            default: next = event(Int64(index), "DETECTION_HEARTBEAT", at: at)
            }
            broken = try DetectionEngine(
                rules: pack,
                configuration: DetectionConfiguration(),
                restoring: broken.encodedState()
            )
            let expected = try straight.observe(next).map { try $0.encoded() }
            #expect(try broken.observe(next).map { try $0.encoded() } == expected)
        }
        #expect(try straight.encodedState() == broken.encodedState())
        #expect(!straight.alerts.isEmpty)
    }
}
