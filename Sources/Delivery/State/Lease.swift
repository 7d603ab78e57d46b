public import Storage

/// The right to run a lane, held by one process at a time.
public protocol LeaseHolding: Sendable {
    /// Makes sure, inside a transaction, that the right is still held: what this transaction writes can then not collide with
    /// another holder's.
    /// - Throws: ``LeaseLost`` when another holds it.
    func confirm(_ connection: any SQLConnection) throws
}

/// Another process runs the lane now.
public struct LeaseLost: Error, Sendable, CustomStringConvertible {
    /// Says it.
    public init() {}

    public var description: String { "another process runs this sink now" }
}
