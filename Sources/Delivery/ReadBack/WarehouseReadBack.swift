import JSON
import MerkleLog
import Storage

extension WarehouseSink: ReadBack {
    /// Indexes that one query asks of.
    private static var asked: UInt64 { 50_000 }

    public func arrivals(in range: Range<UInt64>, _ each: ([Arrival]) async throws -> Void) async throws {
        do {
            // A connection of its own: the lane closes its when it rests.
            let database = try await WarehouseConnection().get(open)
            defer { database.close() }
            try await each(
                Array(repeating: .unknown, count: try await database.read { [self] in try unknownRows($0) })
            )
            var first = range.lowerBound
            while first < range.upperBound {
                let end = min(range.upperBound, first + Self.asked)
                let part = first..<end
                let arrivals = try await database.read { [self] in try rows(part, $0) }
                try await each(arrivals)
                first = end
            }
        } catch let error as StorageError {
            throw ReadBackError.failed(error.description)
        }
    }

    private func rows(_ range: Range<UInt64>, _ connection: any SQLConnection) throws -> [Arrival] {
        try connection.all(
            "SELECT entry_index, leaf_hash FROM \(table) WHERE ledger = $1 AND entry_index >= $2 AND entry_index < $3",
            [.text(shaping.ledger), .position(range.lowerBound), .position(range.upperBound)]
        ) { row in
            .record(row.position(0), leafHash: row.optionalText(1).flatMap { Hash(base64: $0) })
        }
    }

    /// Rows of the ledger that are neither records nor manifests.
    private func unknownRows(_ connection: any SQLConnection) throws -> Int {
        try connection.first(
            """
            SELECT COUNT(*) FROM \(table) WHERE ledger = $1
                AND (entry_index IS NULL AND event_type <> 'DELIVERY_MANIFEST' OR entry_index < 0)
            """,
            [.text(shaping.ledger)]
        ) { Int($0.integer(0)) } ?? 0
    }
}
