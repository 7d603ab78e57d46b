public import EventFormats

/// Which events a destination gets, and in which form.
public struct EventShaping: Sendable, Hashable {
    /// The ledger's name.
    public let ledger: String
    /// Which events.
    public let filter: EventCondition
    /// Format and projection.
    public let encoder: EventEncoder

    /// Makes a shape.
    public init(ledger: String, filter: EventCondition = .everything, encoder: EventEncoder) {
        self.ledger = ledger
        self.filter = filter
        self.encoder = encoder
    }

    /// Reads an entry and makes of it what `make` says, or leaves it out.
    func prepare<Payload>(
        _ entry: LedgerEntry,
        _ make: (RecordedEvent) throws -> Prepared<Payload>
    ) -> Prepared<Payload> {
        do {
            let event = try RecordedEvent(ledger: ledger, index: entry.index, entry: entry.bytes)
            return filter.matches(event) ? try make(event) : .leaveOut
        } catch {
            // The errors of reading and of writing events name members and sizes, never values.
            return .dead("\(error)")
        }
    }
}
