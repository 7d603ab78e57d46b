internal import JSON
internal import WallTime

/// The rhythm of each agent's latest reads: people pause unevenly and know whom they look for; scripts do neither.
struct ReadRhythm: Codable, Sendable {
    /// Reads that are looked at together.
    static let length = 30

    private struct Read: Codable, Sendable {
        let time: Int64
        let customer: Int64
        let wasFound: Bool

        enum CodingKeys: String, CodingKey {
            case time = "t"
            case customer = "c"
            case wasFound = "f"
        }
    }

    private var reads: [String: [Read]] = [:]

    /// Takes in a read or a refused one.
    /// - Returns: the rhythm, when the latest reads went to many different customers in quick succession.
    mutating func count(_ event: LedgerEvent, customer: String) -> LedgerEvent? {
        guard let agent = event.text("agentId") else { return nil }
        let outcome = event.text("outcome")
        let read = Read(
            time: event.timestamp.milliseconds,
            customer: StableHash.of(customer),
            wasFound: outcome != "not_found"
        )
        var latest = reads[agent] ?? []
        reads[agent] = nil
        latest.append(read)
        if latest.count > Self.length { latest.removeFirst() }
        defer { reads[agent] = latest }
        guard latest.count == Self.length else { return nil }
        return measured(latest, agent, event)
    }

    private func measured(_ latest: [Read], _ agent: String, _ event: LedgerEvent) -> LedgerEvent? {
        let times = latest.map(\.time).sorted()
        let gaps = zip(times.dropFirst(), times).map { Double($0 - $1) / 1000 }
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        guard mean <= 60 else { return nil }
        let customers = Set(latest.map(\.customer)).count
        guard customers >= Self.length / 2 else { return nil }
        let variance = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)
        let variation = mean > 0 ? variance.squareRoot() / mean : 0
        var fields: [String: JSONValue] = [
            "agentId": .string(agent),
            "reads": .integer(Int64(latest.count)),
            "customers": .integer(Int64(customers)),
            "notFound": .integer(Int64(latest.count { !$0.wasFound })),
            "meanSeconds": .number((mean * 100).rounded() / 100),
            "variation": .number((variation * 100).rounded() / 100),
        ]
        for name in ["customerId", "interactionId"] { fields[name] = event.fields[name] }
        return event.deriving("READ_RHYTHM_MEASURED", fields)
    }

    /// Forgets agents whose latest read is older than a day.
    mutating func sweep(before oldest: Int64) {
        guard reads.contains(where: { ($0.value.last?.time ?? .min) < oldest }) else { return }
        reads = reads.filter { ($0.value.last?.time ?? .min) >= oldest }
    }
}
