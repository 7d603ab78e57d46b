import Crypto
import TextEncoding

/// What is known of a setting of a bucket. Not being allowed to look is never an answer.
public enum BucketSetting<Value: Sendable & Hashable>: Sendable, Hashable {
    /// It is set to this.
    case set(Value)
    /// It is not set.
    case notSet
    /// The store has no such setting.
    case unsupported
    /// The credentials may not look.
    case unknown
}

/// Whether a bucket keeps versions.
public enum Versioning: String, Sendable, Hashable {
    case enabled = "Enabled"
    case suspended = "Suspended"
}

/// The Object Lock configuration of a bucket.
public struct ObjectLockConfiguration: Sendable, Hashable {
    /// What an object gets that is put without a retention of its own.
    public struct Default: Sendable, Hashable {
        /// How firmly.
        public let mode: RetentionMode
        /// For how many days; a year is counted as 365, as stores do.
        public let days: Int

        /// Makes a default retention.
        public init(mode: RetentionMode, days: Int) {
            self.mode = mode
            self.days = days
        }
    }

    /// The default retention, when there is one.
    public let defaultRetention: Default?
}

/// How a bucket encrypts objects that say nothing themselves.
public struct BucketEncryption: Sendable, Hashable {
    /// The algorithm and key.
    public let encryption: ServerSideEncryption
    /// Whether a key of the bucket stands between, which saves calls to the key service.
    public let usesBucketKey: Bool
}

/// The four switches that keep a bucket from being public.
public struct PublicAccessBlock: Sendable, Hashable {
    public let blockPublicACLs: Bool
    public let ignorePublicACLs: Bool
    public let blockPublicPolicy: Bool
    public let restrictPublicBuckets: Bool

    /// Whether all four are on.
    public var blocksAll: Bool { blockPublicACLs && ignorePublicACLs && blockPublicPolicy && restrictPublicBuckets }
}

extension S3Client {
    /// Whether the bucket keeps versions; `notSet` when it never has.
    public func versioning() async throws(S3Error) -> BucketSetting<Versioning> {
        try await setting("versioning", "GetBucketVersioning") { document in
            document.value("Status").flatMap(Versioning.init)
        }
    }

    /// The Object Lock configuration; `notSet` when the bucket has no Object Lock.
    public func objectLock() async throws(S3Error) -> BucketSetting<ObjectLockConfiguration> {
        try await setting("object-lock", "GetObjectLockConfiguration") { document in
            guard document.value("ObjectLockEnabled") == "Enabled" else { return nil }
            let rule = document["Rule"]?["DefaultRetention"]
            let days = rule?.value("Days").flatMap { Int($0) }
            let years = rule?.value("Years").flatMap { Int($0) }.map { $0.multipliedReportingOverflow(by: 365) }
            let length = days ?? years.flatMap { $0.overflow ? nil : $0.partialValue }
            let mode = rule?.value("Mode").flatMap(RetentionMode.init)
            return ObjectLockConfiguration(
                defaultRetention: mode.flatMap { mode in length.map { .init(mode: mode, days: $0) } }
            )
        }
    }

    /// How the bucket encrypts by itself.
    public func encryption() async throws(S3Error) -> BucketSetting<BucketEncryption> {
        try await setting("encryption", "GetBucketEncryption") { document in
            guard let rule = document["Rule"], let by = rule["ApplyServerSideEncryptionByDefault"],
                let encryption = ServerSideEncryption(
                    algorithm: by.value("SSEAlgorithm"),
                    keyID: by.value("KMSMasterKeyID")
                )
            else { return nil }
            return BucketEncryption(encryption: encryption, usesBucketKey: rule.value("BucketKeyEnabled") == "true")
        }
    }

    /// The bucket's policy, the JSON text as the store keeps it.
    public func policy() async throws(S3Error) -> BucketSetting<String> {
        try await read("policy", "GetBucketPolicy") { reply in
            reply.body.isEmpty ? nil : String(decoding: reply.body, as: UTF8.self)
        }
    }

    /// Whether the store itself takes the bucket's policy for public. Stores differ in what they call public.
    public func policyIsPublic() async throws(S3Error) -> BucketSetting<Bool> {
        try await setting("policyStatus", "GetBucketPolicyStatus") { document in
            document.value("IsPublic").flatMap { ["true": true, "false": false][$0.lowercased()] }
        }
    }

    /// The bucket's own block of public access. What holds is this or that of the account, whichever is stricter.
    public func publicAccessBlock() async throws(S3Error) -> BucketSetting<PublicAccessBlock> {
        try await setting("publicAccessBlock", "GetPublicAccessBlock") { document in
            guard document.value("BlockPublicAcls") != nil else { return nil }
            func isOn(_ name: String) -> Bool { document.value(name)?.lowercased() == "true" }
            return PublicAccessBlock(
                blockPublicACLs: isOn("BlockPublicAcls"),
                ignorePublicACLs: isOn("IgnorePublicAcls"),
                blockPublicPolicy: isOn("BlockPublicPolicy"),
                restrictPublicBuckets: isOn("RestrictPublicBuckets")
            )
        }
    }

    /// The region that the store says the bucket is in.
    public func region() async throws(S3Error) -> BucketSetting<String> {
        try await read("location", "GetBucketLocation") { reply in
            // The root itself holds the text. Empty and EU are the old names of two regions.
            guard let root = try? XMLReader.read(reply.body) else { return nil }
            let text = root.text.isEmpty ? root.value("LocationConstraint") ?? "" : root.text
            return text.isEmpty ? "us-east-1" : text == "EU" ? "eu-west-1" : text
        }
    }

    /// Makes the bucket. Object Lock can be switched on at no other time with all stores.
    public func createBucket(objectLock: Bool) async throws(S3Error) {
        _ = try await send(
            S3Call(
                operation: "CreateBucket",
                method: "PUT",
                headers: objectLock ? [(name: "x-amz-bucket-object-lock-enabled", value: "true")] : []
            )
        )
    }

    /// Sets what objects get that are put without a retention of their own.
    public func setDefaultRetention(_ retention: ObjectLockConfiguration.Default) async throws(S3Error) {
        let body = Array(
            ("<ObjectLockConfiguration xmlns=\"\(Self.namespace)\"><ObjectLockEnabled>Enabled</ObjectLockEnabled>"
                + "<Rule><DefaultRetention><Mode>\(retention.mode.rawValue)</Mode><Days>\(retention.days)</Days>"
                + "</DefaultRetention></Rule></ObjectLockConfiguration>").utf8
        )
        _ = try await send(
            S3Call(
                operation: "PutObjectLockConfiguration",
                method: "PUT",
                query: [(name: "object-lock", value: "")],
                headers: [(name: "content-md5", value: Base64.encode(Array(Insecure.MD5.hash(data: body))))],
                body: body
            )
        )
    }

    /// Deletes the bucket, which must be empty.
    public func deleteBucket() async throws(S3Error) {
        _ = try await send(S3Call(operation: "DeleteBucket", method: "DELETE"))
    }

    private func setting<Value>(
        _ name: String,
        _ operation: String,
        _ value: (XMLElement) -> Value?
    ) async throws(S3Error) -> BucketSetting<Value> {
        try await read(name, operation) { reply in
            // Some stores answer a setting that is not set with an empty 200.
            reply.body.isEmpty ? nil : (try? XMLReader.read(reply.body)).flatMap(value)
        }
    }

    private func read<Value>(
        _ name: String,
        _ operation: String,
        _ value: (S3Reply) -> Value?
    ) async throws(S3Error) -> BucketSetting<Value> {
        do {
            let reply = try await send(
                S3Call(operation: operation, method: "GET", query: [(name: name, value: "")])
            )
            return value(reply).map { .set($0) } ?? .notSet
        } catch {
            switch error.kind {
            case .notSet: return .notSet
            case .unsupported: return .unsupported
            case .accessDenied: return .unknown
            default: throw error
            }
        }
    }
}
