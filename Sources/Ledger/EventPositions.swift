public import Storage

extension Ledger {
    /// Where the events of some kinds are from a position on, in order, among as many entries as `size` says.
    public func positions(
        of types: Set<EventType>,
        from start: UInt64
    ) async throws -> (found: [UInt64], size: UInt64) {
        try await database.read { try self.positions(of: types, from: start, $0) }
    }

    /// As ``positions(of:from:)``, as a transaction sees it.
    public func positions(
        of types: Set<EventType>,
        from start: UInt64,
        _ connection: any SQLConnection
    ) throws -> (found: [UInt64], size: UInt64) {
        let size = try LedgerStore.head(connection)?.size ?? 0
        guard start < size else { return ([], size) }
        let hashes = Set(types.map { IndexKey(.eventType, $0.rawValue).hash })
        let indexed = min(try index.indexedSize(), size)
        var found: Set<UInt64> = []
        if start < indexed {
            for hash in hashes {
                try index.search([hash], times: nil, below: indexed) { position in
                    guard position >= start else { return false }
                    found.insert(position)
                    return true
                }
            }
        }
        try LedgerStore.entries(connection, max(start, indexed)..<size) { position, bytes in
            _ = EntryFields.visit(bytes) { _, hash in if hashes.contains(hash) { found.insert(position) } }
            return true
        }
        return (found.sorted(), size)
    }

    /// One entry, as a transaction sees it.
    /// - Throws: ``LedgerError`` when the store does not have it.
    public func event(at position: UInt64, _ connection: any SQLConnection) throws -> StoredEvent {
        guard let bytes = try LedgerStore.entry(connection, at: position) else {
            throw LedgerError.inconsistent("entry \(position) is missing from the store")
        }
        return StoredEvent(index: position, bytes: bytes)
    }
}
