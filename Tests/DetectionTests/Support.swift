import JSON
import WallTime

@testable import Detection

/// SplitMix64: the same numbers from the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// Monday, 2 March 2026, nine in the morning.
let monday = Timestamp(milliseconds: 1_772_442_000_000)

func event(
    _ index: Int64,
    _ type: String,
    at seconds: Double = 0,
    id: String? = nil,
    _ fields: [String: JSONValue] = [:]
) -> LedgerEvent {
    var members = fields
    members["eventType"] = .string(type)
    members["eventId"] = .string(id ?? "e-\(index)")
    members["producer"] = "test"
    let moment = Timestamp(milliseconds: monday.milliseconds + Int64(seconds * 1000))
    members["timestamp"] = .string(moment.description)
    guard let event = LedgerEvent(index: index, fields: .object(members)) else {
        fatalError("a test's event is not one")
    }
    return event
}

func text(_ seconds: Double) -> JSONValue {
    .string(Timestamp(milliseconds: monday.milliseconds + Int64(seconds * 1000)).description)
}

func read(
    _ index: Int64,
    at seconds: Double = 0,
    agent: String = "agent-1",
    customer: String = "c-1",
    binding: String = "contradicted",
    _ more: [String: JSONValue] = [:]
) -> LedgerEvent {
    let fields: [String: JSONValue] = [
        "agentId": .string(agent), "customerId": .string(customer), "interactionId": "i-1", "binding": .string(binding),
        "route": "profile", "outcome": "released", "dataFieldsViewed": ["name"],
    ]
    return event(index, "CUSTOMER_DATA_ACCESSED", at: seconds, fields.merging(more) { $1 })
}

func pack(_ text: String) throws -> RulePack { try RulePack(files: [RuleFile(name: "test.yml", text: text)]) }

/// A rule file around a detection, with the lines that every rule needs.
func ruleText(_ detection: String) -> String {
    """
    title: Test
    id: 00000000-0000-4000-8000-000000000001
    name: test
    logsource: {product: muniment}
    detection:
    \(detection.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)" }.joined(separator: "\n"))
    level: low
    """
}

extension DetectionEvent {
    func text(_ field: String) -> String? { fields[field]?.string }
}

extension DetectionEngine {
    /// Feeds events in and gives everything that came out.
    mutating func feed(_ events: [LedgerEvent]) -> [DetectionEvent] { events.flatMap { observe($0) } }
}
