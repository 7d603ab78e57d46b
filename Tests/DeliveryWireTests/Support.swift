import EventFormats
import JSON
import WallTime

/// A generator whose numbers follow from its seed.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

enum Samples {
    static let moment = Timestamp(milliseconds: 1_768_469_400_123)

    static func record(_ index: UInt64 = 7, note: String = "n") throws -> RecordedEvent {
        let members: JSONValue = [
            "eventId": .string("e\(index)"), "eventType": "SERVER_STOPPED", "producer": "p", "schemaVersion": 1,
            "timestamp": .string(moment.description), "note": .string(note),
        ]
        return try RecordedEvent(ledger: "ledger.example/acme", index: index, entry: members.canonicalBytes())
    }

    static let encoder = EventEncoder(format: .native, product: ProductIdentity(version: "1.0.0"))
}

extension Timestamp {
    func after(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: self.milliseconds + milliseconds) }
}
