import TextEncoding
import WallTime

/// What a store says of an object.
public struct ObjectInfo: Sendable, Hashable {
    /// Bytes of the content.
    public let size: Int64
    /// The store's tag of the content, without quotation marks. It is the MD5 only of objects that were put whole and are not
    /// encrypted under a key service.
    public let entityTag: String
    /// The version; nil in a bucket without versions.
    public let versionID: String?
    /// SHA-256 in hex that the object was put with, from its user metadata.
    public let sha256: String?
    /// SHA-256 that the store itself computed, in hex, where it does.
    public let storeSHA256: String?
    /// The retention.
    public let retention: Retention?
    /// Whether it is held.
    public let legalHold: Bool
    /// How it is encrypted.
    public let encryption: ServerSideEncryption?
    /// `Content-Type`.
    public let contentType: String?
    /// User metadata.
    public let metadata: [String: String]

    init(_ reply: S3Reply, size: Int64) {
        self.size = size
        entityTag = (reply["etag"] ?? "").filter { $0 != "\"" }
        versionID = reply["x-amz-version-id"].flatMap { $0 == "null" || $0.isEmpty ? nil : $0 }
        var metadata: [String: String] = [:]
        for (name, value) in reply.headers where name.lowercased().hasPrefix("x-amz-meta-") {
            metadata[String(name.lowercased().dropFirst(11))] = value
        }
        self.metadata = metadata
        sha256 = metadata[S3Client.hashMetadata]
        // A checksum of parts ends in a hyphen and their number, and says nothing of the whole.
        storeSHA256 = reply["x-amz-checksum-sha256"].flatMap { Base64.decode(Array($0.utf8)) }.map { Hex.encode($0) }
        retention = reply["x-amz-object-lock-mode"].flatMap(RetentionMode.init).flatMap { mode in
            reply["x-amz-object-lock-retain-until-date"].flatMap { Timestamp($0) }.map { Retention(mode, until: $0) }
        }
        legalHold = reply["x-amz-object-lock-legal-hold"] == "ON"
        encryption = ServerSideEncryption(
            algorithm: reply["x-amz-server-side-encryption"],
            keyID: reply["x-amz-server-side-encryption-aws-kms-key-id"]
        )
        contentType = reply["content-type"]
    }

    /// What of the object is not as was asked, or nil when all of it is.
    /// - Parameter sha256: what the metadata must say; nil for objects that were stored in parts, whose metadata was written
    ///   before the content was known.
    func difference(from options: PutOptions, size: Int64, sha256: String?) -> S3Error.Verification? {
        if self.size != size { return .size }
        if let sha256 {
            guard self.sha256 == sha256 else { return .hash }
            if let storeSHA256, storeSHA256 != sha256 { return .hash }
        }
        if let asked = options.retention {
            guard let retention, retention.satisfies(asked) else { return .retention }
            // Retention holds a version; without versions there is nothing that it could hold.
            if versionID == nil { return .version }
        }
        if options.legalHold, !legalHold { return .legalHold }
        if let asked = options.encryption {
            guard let encryption, encryption.satisfies(asked) else { return .encryption }
        }
        return nil
    }
}
