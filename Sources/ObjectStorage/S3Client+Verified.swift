import Crypto

extension S3Client {
    /// An object that was read back and is as was asked.
    public struct StoredObject: Sendable, Hashable {
        /// What the store says of it.
        public let info: ObjectInfo
        /// SHA-256 of the content in hex: computed here from what was sent, and again from what was read back.
        public let sha256: String
        /// Whether the object was there already, with this content.
        public let wasThere: Bool
    }

    /// Stores bytes and believes nothing: reads metadata and content back, and compares size, hash, retention, hold and encryption
    /// with what was asked. Stores differ in what they silently ignore.
    ///
    /// When a put may or may not have taken effect it looks before it writes again, so that a bucket under retention does not fill
    /// with versions. With `createOnly` an object that is there with the same content counts as stored; with other content it is
    /// an error. It is looked for first, because some stores ignore the condition; two writers at the same instant are kept
    /// apart only by stores that honour it.
    /// - Throws: ``S3Error``; of kind `verification` when the object is stored otherwise than asked.
    public func putVerified(
        _ key: String,
        _ content: [UInt8],
        options: PutOptions = PutOptions()
    ) async throws(S3Error) -> StoredObject {
        let hash = SigV4.sha256(content)
        if options.createOnly, let there = try await existing(key, content, hash, options) { return there }
        var attempt = 0
        while true {
            attempt += 1
            do {
                let reply = try await put(key, content, options: options)
                return try await verified(key, reply.versionID, content, hash, options, wasThere: false)
            } catch  where error.operation == "PutObject" {
                if error.kind == .preconditionFailed || error.kind == .conflict || error.mayHaveTakenEffect {
                    if let there = try await existing(key, content, hash, options) { return there }
                }
                guard error.isTransient, attempt < self.options.attempts else { throw error }
            }
        }
    }

    /// The object under the key, when it is the one that was to be stored; nil when there is none. Without `createOnly` another
    /// content is no obstacle and counts as none.
    private func existing(
        _ key: String,
        _ content: [UInt8],
        _ hash: String,
        _ options: PutOptions
    ) async throws(S3Error) -> StoredObject? {
        let info: ObjectInfo
        do {
            info = try await head(key)
        } catch  where error.kind == .notFound {
            return nil
        }
        guard info.sha256 == hash, info.size == Int64(content.count) else {
            guard options.createOnly else { return nil }
            throw S3Error(.verification(.otherContent), operation: "PutObject")
        }
        return try await verified(key, info.versionID, content, hash, options, wasThere: true)
    }

    private func verified(
        _ key: String,
        _ versionID: String?,
        _ content: [UInt8],
        _ hash: String,
        _ options: PutOptions,
        wasThere: Bool
    ) async throws(S3Error) -> StoredObject {
        let info = try await verifiedInfo(key, versionID, size: Int64(content.count), hash, options)
        let read = try await get(key, versionID: versionID, maximumBytes: content.count)
        guard SigV4.sha256(read.content) == hash else {
            throw S3Error(.verification(.hash), operation: "GetObject")
        }
        return StoredObject(info: info, sha256: hash, wasThere: wasThere)
    }

    /// Metadata of a version that is as was asked.
    func verifiedInfo(
        _ key: String,
        _ versionID: String?,
        size: Int64,
        _ hash: String,
        _ options: PutOptions
    ) async throws(S3Error) -> ObjectInfo {
        let info = try await head(key, versionID: versionID)
        if let difference = info.difference(from: options, size: size, sha256: hash) {
            throw S3Error(.verification(difference), operation: "HeadObject")
        }
        return info
    }
}
