public import Storage

/// The right to run a lane, held by one process at a time.
public protocol LeaseHolding: Sendable {
    /// Makes sure, inside a transaction, that the right is still held: what the transaction writes cannot collide then with what
    /// another holder writes.
    func confirm(_ connection: any SQLConnection) throws
}

extension Lease: LeaseHolding {}
