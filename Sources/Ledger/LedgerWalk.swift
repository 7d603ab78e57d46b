import Storage

extension Ledger {
    /// Entries from the front of a range, in order, until their bytes pass a limit; at least one when the range is not empty.
    /// - Throws: ``LedgerError`` when one of them is missing from the store.
    public func entries(
        in range: Range<UInt64>,
        maximumBytes: Int
    ) async throws -> [(index: UInt64, bytes: [UInt8])] {
        try await database.read { connection in
            var found: [(index: UInt64, bytes: [UInt8])] = []
            var size = 0
            try LedgerStore.entries(connection, range) { index, bytes in
                found.append((index, Array(bytes)))
                size += bytes.count
                return size < maximumBytes
            }
            return found
        }
    }
}
