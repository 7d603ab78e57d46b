import Crypto
import TextEncoding
import WallTime

extension S3Client {
    /// Name of the user metadata that holds the SHA-256 of the content.
    static let hashMetadata = "sha256"

    /// What a put answered.
    public struct PutReply: Sendable, Hashable {
        /// The version that was made; nil in a bucket without versions.
        public let versionID: String?
        /// The store's tag of the content.
        public let entityTag: String
    }

    /// Stores bytes under a key, with the checksums that stores check: MD5, which the older ones do, and SHA-256.
    ///
    /// What the store says here is not proof: see ``putVerified(_:_:options:)``.
    public func put(_ key: String, _ content: [UInt8], options: PutOptions = PutOptions()) async throws(S3Error)
        -> PutReply
    {
        try check(key, options, operation: "PutObject")
        let digest = Array(SHA256.hash(data: content))
        var headers = options.headers(sha256: Hex.encode(digest))
        headers.append((name: "content-md5", value: Base64.encode(Array(Insecure.MD5.hash(data: content)))))
        headers.append((name: "x-amz-checksum-sha256", value: Base64.encode(digest)))
        if options.createOnly { headers.append((name: "if-none-match", value: "*")) }
        let reply = try await send(
            S3Call(operation: "PutObject", method: "PUT", key: key, headers: headers, body: content)
        )
        let info = ObjectInfo(reply, size: Int64(content.count))
        return PutReply(versionID: info.versionID, entityTag: info.entityTag)
    }

    /// What the store says of an object, or of one version of it.
    public func head(_ key: String, versionID: String? = nil) async throws(S3Error) -> ObjectInfo {
        try check(key, operation: "HeadObject")
        let reply = try await send(
            S3Call(
                operation: "HeadObject",
                method: "HEAD",
                key: key,
                query: Self.version(versionID),
                headers: [(name: "x-amz-checksum-mode", value: "ENABLED")]
            )
        )
        guard let size = reply["content-length"].flatMap({ Int64($0) }) else {
            throw S3Error(.malformedReply, operation: "HeadObject", status: reply.status)
        }
        return ObjectInfo(reply, size: size)
    }

    /// Reads an object, one version or a range of it.
    /// - Parameters:
    ///   - range: offsets of the content; it must not be empty.
    ///   - maximumBytes: more than this is an error, not memory.
    public func get(
        _ key: String,
        range: Range<Int64>? = nil,
        versionID: String? = nil,
        maximumBytes: Int = 64 << 20
    ) async throws(S3Error) -> (info: ObjectInfo, content: [UInt8]) {
        try check(key, operation: "GetObject")
        var headers: [(name: String, value: String)] = []
        if let range {
            guard !range.isEmpty, range.lowerBound >= 0 else {
                throw S3Error(.invalidArgument("the range is empty"), operation: "GetObject")
            }
            headers.append((name: "range", value: "bytes=\(range.lowerBound)-\(range.upperBound - 1)"))
        }
        let reply = try await send(
            S3Call(
                operation: "GetObject",
                method: "GET",
                key: key,
                query: Self.version(versionID),
                headers: headers,
                maximumReplyBytes: maximumBytes
            )
        )
        // A store that ignores the range answers 200 with the whole: not what was asked.
        guard range == nil || reply.status == 206 else {
            throw S3Error(.malformedReply, operation: "GetObject", status: reply.status)
        }
        guard reply["content-length"].flatMap({ Int($0) }).map({ $0 == reply.body.count }) ?? true else {
            throw S3Error(.malformedReply, operation: "GetObject", status: reply.status)
        }
        let whole = reply["content-range"].flatMap { $0.split(separator: "/").last }.flatMap { Int64($0) }
        return (ObjectInfo(reply, size: whole ?? Int64(reply.body.count)), reply.body)
    }

    /// What a delete did.
    public struct DeleteReply: Sendable, Hashable {
        /// Whether only a delete marker was added: earlier versions are all still there.
        public let addedMarker: Bool
        /// The version that was deleted, or the marker's.
        public let versionID: String?
    }

    /// Deletes an object, or one version. Without a version, a bucket with versions only adds a delete marker, also over a
    /// locked version.
    @discardableResult
    public func delete(_ key: String, versionID: String? = nil) async throws(S3Error) -> DeleteReply {
        try check(key, operation: "DeleteObject")
        let reply = try await send(
            S3Call(operation: "DeleteObject", method: "DELETE", key: key, query: Self.version(versionID))
        )
        return DeleteReply(
            addedMarker: reply["x-amz-delete-marker"] == "true",
            versionID: reply["x-amz-version-id"]
        )
    }

    /// The retention of a version, or nil when it has none.
    public func retention(of key: String, versionID: String? = nil) async throws(S3Error) -> Retention? {
        try check(key, operation: "GetObjectRetention")
        let reply: S3Reply
        do {
            reply = try await send(
                S3Call(
                    operation: "GetObjectRetention",
                    method: "GET",
                    key: key,
                    query: [(name: "retention", value: "")] + Self.version(versionID)
                )
            )
        } catch  where error.kind == .notSet {
            return nil
        }
        let document = try reply.document("GetObjectRetention")
        guard let mode = document.value("Mode").flatMap(RetentionMode.init),
            let until = document.value("RetainUntilDate").flatMap({ Timestamp($0) })
        else { return nil }
        return Retention(mode, until: until)
    }

    /// Extends the retention of a version; a shorter one is refused by the store.
    public func setRetention(
        _ retention: Retention,
        of key: String,
        versionID: String? = nil
    ) async throws(S3Error) {
        try check(key, operation: "PutObjectRetention")
        let body =
            "<Retention xmlns=\"\(Self.namespace)\"><Mode>\(retention.mode.rawValue)</Mode>"
            + "<RetainUntilDate>\(retention.until)</RetainUntilDate></Retention>"
        _ = try await send(document("PutObjectRetention", key, "retention", versionID, body))
    }

    /// Whether a version is held.
    public func legalHold(of key: String, versionID: String? = nil) async throws(S3Error) -> Bool {
        try check(key, operation: "GetObjectLegalHold")
        do {
            let reply = try await send(
                S3Call(
                    operation: "GetObjectLegalHold",
                    method: "GET",
                    key: key,
                    query: [(name: "legal-hold", value: "")] + Self.version(versionID)
                )
            )
            return try reply.document("GetObjectLegalHold").value("Status") == "ON"
        } catch  where error.kind == .notSet {
            return false
        }
    }

    /// Holds a version, or lifts the hold.
    public func setLegalHold(_ isHeld: Bool, of key: String, versionID: String? = nil) async throws(S3Error) {
        try check(key, operation: "PutObjectLegalHold")
        let body = "<LegalHold xmlns=\"\(Self.namespace)\"><Status>\(isHeld ? "ON" : "OFF")</Status></LegalHold>"
        _ = try await send(document("PutObjectLegalHold", key, "legal-hold", versionID, body))
    }

    static let namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

    private func document(
        _ operation: String,
        _ key: String,
        _ resource: String,
        _ versionID: String?,
        _ xml: String
    ) -> S3Call {
        let body = Array(xml.utf8)
        return S3Call(
            operation: operation,
            method: "PUT",
            key: key,
            query: [(name: resource, value: "")] + Self.version(versionID),
            headers: [(name: "content-md5", value: Base64.encode(Array(Insecure.MD5.hash(data: body))))],
            body: body
        )
    }

    static func version(_ id: String?) -> [(name: String, value: String)] {
        id.map { [(name: "versionId", value: $0)] } ?? []
    }

    /// Refuses what cannot be put as a request: keys that a URL would normalise, headers that would break.
    func check(_ key: String, _ options: PutOptions? = nil, operation: String) throws(S3Error) {
        let segments = key.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...1024).contains(key.utf8.count), !key.hasPrefix("/"), !segments.contains("."),
            !segments.contains(".."),
            !key.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F })
        else {
            throw S3Error(
                .invalidArgument(
                    "a key has 1 to 1024 bytes, no . or .. segment, no slash first and no control characters"
                ),
                operation: operation
            )
        }
        guard let options else { return }
        let values = Array(options.metadata.values) + [options.contentType]
        guard values.allSatisfy({ $0.utf8.allSatisfy { (0x20...0x7E).contains($0) } }),
            options.metadata.keys.allSatisfy({ name in
                !name.isEmpty
                    && name.utf8.allSatisfy {
                        (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
                    }
            })
        else {
            throw S3Error(
                .invalidArgument("metadata has lower-case names and printable ASCII values"),
                operation: operation
            )
        }
    }
}
