public import EventFormats

/// Which events a destination gets, and in which form.
public struct EventShaping: Sendable, Hashable {
    /// The ledger's name.
    public let ledger: String
    /// Which events. What it compares with is what the record says, whatever the destination gets to see.
    public let filter: EventCondition
    /// Format and projection.
    public let encoder: EventEncoder
    /// The destination's own codes for people; nil when it gets those of the record.
    public let pseudonyms: Pseudonymisation?

    /// Makes a shape.
    public init(
        ledger: String,
        filter: EventCondition = .everything,
        encoder: EventEncoder,
        pseudonyms: Pseudonymisation? = nil
    ) {
        self.pseudonyms = pseudonyms
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
            guard filter.matches(event) else { return .leaveOut }
            return try make(pseudonyms.map { event.pseudonymised(by: $0) } ?? event)
        } catch {
            // The errors of reading and of writing events name members and sizes, never values.
            return .dead("\(error)")
        }
    }
}
