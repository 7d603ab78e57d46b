public import Approvals

/// What is wrong with a key, or with a request about identities. It never holds an identifier's value.
public enum IdentityError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The key has this many bytes.
    case keyLength(Int)
    /// The epoch is not positive.
    case epoch(Int)
    /// The keyring cannot be read or used as it is: where, and why.
    case keyring(String)
    /// Nobody has this global customer id, or it was forgotten.
    case unknownCustomer
    /// No customer has this identifier of the given kind.
    case unknownIdentifier(IdentifierKind)
    /// There is no such proposal.
    case unknownProposal(Int64)
    /// Somebody's agreement to a proposal does not count.
    case approval(ApprovalObstacle)
    /// The request does not make sense as it is: why, and what to do.
    case invalid(String)
    /// A decision in force forbids it: which, and what to do.
    case conflict(String)

    public var description: String {
        switch self {
        case .keyLength(let count): "the tenant key must have \(TenantKey.byteCount) bytes, it has \(count)"
        case .epoch(let epoch): "the key epoch must be 1 or more, it is \(epoch)"
        case .keyring(let reason): reason
        case .unknownCustomer: "there is no customer of this id"
        case .unknownIdentifier(let kind): "no customer has this \(kind.rawValue) identifier"
        case .unknownProposal(let id): "there is no proposal \(id)"
        case .approval(let obstacle): obstacle.description
        case .invalid(let reason), .conflict(let reason): reason
        }
    }
}
