/// A value that must not reach a log, an error or a file: its description is masked and it can be neither encoded nor
/// compared.
public struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let value: String

    /// Wraps a plain value.
    public init(_ value: String) {
        self.value = value
    }

    /// The plain value. Call it only where the value leaves the process, such as the header of a request.
    public func reveal() -> String { value }

    /// Always the same mask, whatever the value.
    public var description: String { "[secret]" }
    /// Always the same mask, whatever the value.
    public var debugDescription: String { description }
    /// No children, so `dump` and reflection show nothing.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// The id and secret of an OAuth client of the client-credentials grant.
public struct ClientCredentials: Sendable {
    /// Id of the OAuth client; not secret.
    public let clientID: String
    /// Secret of the OAuth client.
    public let secret: Secret

    /// Makes credentials of a client's id and secret.
    public init(clientID: String, secret: Secret) {
        self.clientID = clientID
        self.secret = secret
    }
}
