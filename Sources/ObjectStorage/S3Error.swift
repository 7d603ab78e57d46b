/// Why a call to an object store failed. Carries the store's code and request id and no key, content or credential.
public struct S3Error: Error, Sendable, Hashable, CustomStringConvertible {
    /// What went wrong, as far as a caller can act on it.
    public enum Kind: Sendable, Hashable {
        /// The object, version or upload is not there.
        case notFound
        /// The bucket is not there.
        case noSuchBucket
        /// The setting that was asked for is not set.
        case notSet
        /// The credentials do not permit it, or a lock forbids it.
        case accessDenied
        /// The credentials themselves are refused.
        case badCredentials
        /// A condition of the request does not hold: with create-once, the object is there already.
        case preconditionFailed
        /// Another request changes the same thing.
        case conflict
        /// The store asks to be called less often.
        case throttled
        /// The store's clock and ours differ by more than it accepts.
        case clockSkew
        /// The bucket is in another region.
        case wrongRegion(String?)
        /// The store does not know this request.
        case unsupported
        /// The store refuses the request.
        case invalidRequest
        /// The store failed.
        case storeFailed
        /// No connection came about; nothing was sent.
        case unreachable
        /// The connection broke, or the time was up, with the request under way: it may have taken effect.
        case noReply
        /// The reply cannot be understood or is too large.
        case malformedReply
        /// The object is stored, but not as was asked.
        case verification(Verification)
        /// What was asked cannot be put as a request; nothing was sent.
        case invalidArgument(String)
    }

    /// What of a stored object is not as was asked.
    public enum Verification: String, Sendable, Hashable {
        case size = "the size"
        case hash = "the content's SHA-256"
        case retention = "the retention"
        case legalHold = "the legal hold"
        case encryption = "the encryption"
        case version = "the version: the bucket keeps none"
        case otherContent = "the content: another object is there under the name"
    }

    /// What went wrong.
    public let kind: Kind
    /// The call, such as `PutObject`.
    public let operation: String
    /// HTTP status, when a reply came.
    public let status: Int?
    /// The store's code, such as `NoSuchKey`.
    public let code: String?
    /// The store's id of the request, for its operator.
    public let requestID: String?

    /// Makes an error.
    public init(
        _ kind: Kind,
        operation: String,
        status: Int? = nil,
        code: String? = nil,
        requestID: String? = nil
    ) {
        self.kind = kind
        self.operation = operation
        self.status = status
        self.code = code
        self.requestID = requestID
    }

    /// Whether the call may have taken effect although it failed.
    public var mayHaveTakenEffect: Bool {
        switch kind {
        case .noReply, .malformedReply, .storeFailed: true
        default: false
        }
    }

    /// Whether the same call may succeed later.
    public var isTransient: Bool {
        switch kind {
        case .throttled, .storeFailed, .unreachable, .noReply, .clockSkew, .conflict: true
        default: false
        }
    }

    /// One line with what to do, without anything that the store said but its status.
    public var reason: String {
        "object storage: \(operation): \(explanation)" + (status.map { " (status \($0))" } ?? "")
    }

    /// One line with what to do.
    public var description: String {
        var text = "object storage: \(operation): \(explanation)"
        if let status { text += " (status \(status)" + (code.map { ", \($0)" } ?? "") + ")" }
        if let requestID { text += " request \(requestID)" }
        return text
    }

    private var explanation: String {
        switch kind {
        case .notFound: "not found"
        case .noSuchBucket: "the bucket does not exist; create it or correct its name"
        case .notSet: "not set"
        case .accessDenied: "not permitted; grant it to the access key, or a lock forbids it"
        case .badCredentials: "the access key is refused; set a valid one"
        case .preconditionFailed: "the condition does not hold; the object may be there already"
        case .conflict: "another request changes the same thing"
        case .throttled: "the store asks to be called less often"
        case .clockSkew: "the clocks differ by more than 15 minutes; set this machine's clock"
        case .wrongRegion(let region): "the bucket is in another region\(region.map { ", \($0)" } ?? "")"
        case .unsupported: "the store does not know this request"
        case .invalidRequest: "the store refuses the request"
        case .storeFailed: "the store failed"
        case .unreachable: "no connection to the store"
        case .noReply: "no reply; it may have taken effect"
        case .malformedReply: "the reply cannot be understood"
        case .verification(let what): "stored, but not as asked: \(what.rawValue)"
        case .invalidArgument(let what): what
        }
    }
}

extension S3Error {
    /// Reads the error of a reply that is no success.
    init(operation: String, status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
        let document = body.isEmpty ? nil : try? XMLReader.read(body)
        let error = document?.name == "Error" ? document : document?["Error"]
        let code = error?.value("Code").map { String($0.prefix(100)) }
        let region = headers.first { $0.name.lowercased() == "x-amz-bucket-region" }?.value ?? error?.value("Region")
        self.init(
            Self.kind(status: status, code: code, region: region),
            operation: operation,
            status: status,
            code: code,
            requestID: (error?.value("RequestId")
                ?? headers.first { $0.name.lowercased() == "x-amz-request-id" }?.value).map { String($0.prefix(100)) }
        )
    }

    private static let codes: [String: Kind] = [
        "NoSuchKey": .notFound, "NoSuchVersion": .notFound, "NoSuchUpload": .notFound, "NoSuchBucket": .noSuchBucket,
        "NoSuchBucketPolicy": .notSet, "NoSuchPublicAccessBlockConfiguration": .notSet,
        "ObjectLockConfigurationNotFoundError": .notSet, "NoSuchObjectLockConfiguration": .notSet,
        "ServerSideEncryptionConfigurationNotFoundError": .notSet, "NoSuchTagSet": .notSet,
        "AccessDenied": .accessDenied, "AllAccessDisabled": .accessDenied, "InvalidAccessKeyId": .badCredentials,
        "SignatureDoesNotMatch": .badCredentials, "ExpiredToken": .badCredentials, "InvalidToken": .badCredentials,
        "PreconditionFailed": .preconditionFailed, "ConditionalRequestConflict": .conflict,
        "OperationAborted": .conflict, "SlowDown": .throttled, "ServiceUnavailable": .throttled,
        "TooManyRequests": .throttled, "RequestLimitExceeded": .throttled, "RequestTimeTooSkewed": .clockSkew,
        "PermanentRedirect": .wrongRegion(nil), "TemporaryRedirect": .wrongRegion(nil),
        "AuthorizationHeaderMalformed": .wrongRegion(nil), "IllegalLocationConstraintException": .wrongRegion(nil),
        "NotImplemented": .unsupported, "MethodNotAllowed": .unsupported, "InternalError": .storeFailed,
        "RequestTimeout": .noReply,
    ]

    private static func kind(status: Int, code: String?, region: String?) -> Kind {
        if let kind = code.flatMap({ codes[$0] }) {
            if case .wrongRegion = kind { return .wrongRegion(region) }
            return kind
        }
        return switch status {
        case 301, 307, 308: .wrongRegion(region)
        case 401: .badCredentials
        case 403: .accessDenied
        case 404: .notFound
        case 405, 501: .unsupported
        case 409: .conflict
        case 412: .preconditionFailed
        case 429, 503: .throttled
        case 500...599: .storeFailed
        case 400..<500: .invalidRequest
        default: .malformedReply
        }
    }
}
