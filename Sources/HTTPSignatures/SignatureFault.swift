/// What is wrong with a signed request.
public enum SignatureFault: Error, Sendable, Hashable, CaseIterable {
    /// `Signature` or `Signature-Input` cannot be read, there is not exactly one signature, or a covered header stands twice.
    case malformed
    /// The signature does not cover what it must, or `created`, `keyid` or `nonce` is missing.
    case incomplete
    /// It was made too long ago, will be made in the future, or is past its own `expires`.
    case expired
    /// The body is not the one that `Content-Digest` tells of.
    case digest
    /// It was not made by this key over this request, or by another algorithm than the key's.
    case invalid
}
