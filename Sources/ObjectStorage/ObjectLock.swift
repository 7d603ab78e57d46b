public import WallTime

/// How firmly a retention holds.
public enum RetentionMode: String, Sendable, Hashable {
    /// Nobody can shorten or lift it, not the account's owner either.
    case compliance = "COMPLIANCE"
    /// Whoever has `s3:BypassGovernanceRetention` can lift it: no WORM.
    case governance = "GOVERNANCE"
}

/// Until when a version can be neither overwritten nor deleted.
public struct Retention: Sendable, Hashable {
    /// How firmly.
    public let mode: RetentionMode
    /// Until when, by the store's clock.
    public let until: Timestamp

    /// Makes a retention.
    public init(_ mode: RetentionMode, until: Timestamp) {
        self.mode = mode
        self.until = until
    }

    /// Whether this holds at least as long and as firmly as `asked`. Stores keep whole seconds.
    public func satisfies(_ asked: Retention) -> Bool {
        (mode == asked.mode || mode == .compliance) && until.milliseconds / 1000 >= asked.until.milliseconds / 1000
    }

    var headers: [(name: String, value: String)] {
        [
            (name: "x-amz-object-lock-mode", value: mode.rawValue),
            (name: "x-amz-object-lock-retain-until-date", value: until.description),
        ]
    }
}

/// How an object is encrypted by the store.
public enum ServerSideEncryption: Sendable, Hashable {
    /// By keys of the store (`AES256`).
    case storeKey
    /// By a key of the key management service; nil is the bucket's or account's default key.
    case kms(keyID: String?)
    /// Twice, by a key of the key management service.
    case dualKMS(keyID: String?)

    var headers: [(name: String, value: String)] {
        let (algorithm, keyID): (String, String?) =
            switch self {
            case .storeKey: ("AES256", nil)
            case .kms(let keyID): ("aws:kms", keyID)
            case .dualKMS(let keyID): ("aws:kms:dsse", keyID)
            }
        var headers = [(name: "x-amz-server-side-encryption", value: algorithm)]
        if let keyID { headers.append((name: "x-amz-server-side-encryption-aws-kms-key-id", value: keyID)) }
        return headers
    }

    init?(algorithm: String?, keyID: String?) {
        switch algorithm {
        case "AES256": self = .storeKey
        case "aws:kms": self = .kms(keyID: keyID)
        case "aws:kms:dsse": self = .dualKMS(keyID: keyID)
        default: return nil
        }
    }

    /// Whether an object that is encrypted like this is encrypted as `asked`. A store may answer the full name of a key that was
    /// asked for by its id.
    public func satisfies(_ asked: ServerSideEncryption) -> Bool {
        func isSame(_ stored: String?, _ wanted: String?) -> Bool {
            guard let wanted else { return true }
            guard let stored else { return false }
            return stored == wanted || stored.hasSuffix("/\(wanted)")
        }
        return switch (self, asked) {
        case (.storeKey, .storeKey): true
        case (.kms(let stored), .kms(let wanted)), (.dualKMS(let stored), .dualKMS(let wanted)): isSame(stored, wanted)
        default: false
        }
    }
}

/// How an object is to be stored.
public struct PutOptions: Sendable, Hashable {
    /// `Content-Type`.
    public var contentType = "application/octet-stream"
    /// User metadata: lower-case names, printable ASCII values. `sha256` is ours.
    public var metadata: [String: String] = [:]
    /// Only when nothing is there under the key.
    public var createOnly = false
    /// Until when it can be neither overwritten nor deleted; nil leaves it to the bucket.
    public var retention: Retention?
    /// Whether it is held until somebody lifts the hold.
    public var legalHold = false
    /// How the store is to encrypt it; nil leaves it to the bucket.
    public var encryption: ServerSideEncryption?

    /// The defaults.
    public init() {}

    /// The headers that say this, for a put and for the beginning of an upload in parts.
    func headers(sha256: String?) -> [(name: String, value: String)] {
        var headers = [(name: "content-type", value: contentType)]
        for (name, value) in metadata.sorted(by: { $0.key < $1.key }) where name != S3Client.hashMetadata {
            headers.append((name: "x-amz-meta-\(name)", value: value))
        }
        if let sha256 { headers.append((name: "x-amz-meta-\(S3Client.hashMetadata)", value: sha256)) }
        if let retention { headers += retention.headers }
        if legalHold { headers.append((name: "x-amz-object-lock-legal-hold", value: "ON")) }
        if let encryption { headers += encryption.headers }
        return headers
    }
}
