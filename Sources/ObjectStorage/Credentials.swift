/// An access key of an S3-compatible store. Its description never shows the secret.
public struct S3Credentials: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The key's id; not secret.
    public let accessKeyID: String
    let secretAccessKey: String
    let sessionToken: String?

    /// Makes credentials; a session token belongs to temporary ones.
    public init(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
    }

    /// The id of the key.
    public var description: String { "access key \(accessKeyID)" }
    /// The id of the key.
    public var debugDescription: String { description }
    /// The id alone.
    public var customMirror: Mirror { Mirror(self, children: ["accessKeyID": accessKeyID]) }
}
