import JSON

/// What the ledger is told of entries that one turn of a lane set aside: the first of them, and how many.
///
/// Such a notice is an entry too, which a sink that takes nothing sets aside in its turn; of that nothing is told, or there would be
/// no end to it.
struct DeadLetterNotice: Sendable {
    let fields: [String: JSONValue]

    /// Most entries of a turn that are looked at to tell whether they are notices themselves.
    private static let mostRead = 64

    /// - Returns: nil when nothing was set aside but notices.
    init?(_ turn: LaneTurn, ledger: any FollowedLedger) async throws {
        let dead = turn.changes.compactMap(\.dead)
        var first: (index: UInt64, letter: DeadLetter)?
        for (index, letter) in dead.prefix(Self.mostRead) where first == nil {
            let entry = try await ledger.entries(index..<index + 1, maximumBytes: 1).first
            let type = entry.flatMap { try? JSONValue(parsing: $0.bytes) }?["eventType"]?.string
            if type != "DEAD_LETTER_RECORDED" { first = (index, letter) }
        }
        guard let first else { return nil }
        fields = [
            "entryIndex": .integer(Int64(clamping: first.index)), "reason": .string(first.letter.reason),
            "count": .integer(Int64(dead.count)),
        ]
    }
}
