import Crypto
import TextEncoding

extension S3Client {
    /// Smallest part but the last (Amazon S3 multipart upload limits).
    public static let minimumPartBytes = 5 << 20
    /// Most parts of an upload.
    public static let maximumParts = 10_000

    /// Stores content that comes in pieces, and verifies it like ``putVerified(_:_:options:)``: metadata, and the whole content by
    /// reading it back in ranges. When anything fails the upload is aborted, so that no parts stay behind that cost and are not
    /// seen.
    ///
    /// `createOnly` is checked before the upload begins, and again by the store when it is completed, where it does that.
    /// - Parameters:
    ///   - partBytes: size of a part; at least ``minimumPartBytes``.
    ///   - next: gives the next piece, of any size, and nil at the end. It is called once for each piece.
    /// - Throws: ``S3Error``, or what `next` throws as ``S3Error/Kind/invalidArgument(_:)``.
    public func putLarge(
        _ key: String,
        options: PutOptions = PutOptions(),
        partBytes: Int = 16 << 20,
        next: () async throws -> [UInt8]?
    ) async throws(S3Error) -> StoredObject {
        if options.createOnly {
            do throws(S3Error) {
                _ = try await head(key)
                throw S3Error(.preconditionFailed, operation: "CreateMultipartUpload")
            } catch  where error.kind == .notFound && error.operation == "HeadObject" {}
        }
        let upload = try await beginUpload(key, options: options)
        let sent: Sent
        let reply: PutReply
        do {
            sent = try await sendParts(upload, max(partBytes, Self.minimumPartBytes), next)
            reply = try await complete(upload, sent.parts, createOnly: options.createOnly)
        } catch {
            // The error that matters is the one that is thrown; parts left behind are found by listUploads().
            try? await abort(upload)
            throw error
        }
        try await applyLocks(key, reply.versionID, options)
        let info = try await verifiedLarge(key, reply.versionID, sent, options)
        return StoredObject(info: info, sha256: sent.sha256, wasThere: false)
    }

    /// An upload in parts that was begun.
    public struct Upload: Sendable, Hashable {
        /// The key.
        public let key: String
        /// The store's id.
        public let id: String
    }

    struct Part: Sendable, Hashable {
        let number: Int
        let entityTag: String
    }

    private struct Sent {
        let parts: [Part]
        let size: Int64
        let sha256: String
    }

    func beginUpload(_ key: String, options: PutOptions) async throws(S3Error) -> Upload {
        try check(key, options, operation: "CreateMultipartUpload")
        // The hash of the whole is not known yet, so metadata cannot hold it; the reading back does.
        let reply = try await send(
            S3Call(
                operation: "CreateMultipartUpload",
                method: "POST",
                key: key,
                query: [(name: "uploads", value: "")],
                headers: options.headers(sha256: nil)
            )
        )
        guard let id = try reply.document("CreateMultipartUpload").value("UploadId") else {
            throw S3Error(.malformedReply, operation: "CreateMultipartUpload", status: reply.status)
        }
        return Upload(key: key, id: id)
    }

    func sendPart(_ upload: Upload, _ number: Int, _ content: [UInt8]) async throws(S3Error) -> Part {
        let call = S3Call(
            operation: "UploadPart",
            method: "PUT",
            key: upload.key,
            query: [(name: "partNumber", value: String(number)), (name: "uploadId", value: upload.id)],
            headers: [(name: "content-md5", value: Base64.encode(Array(Insecure.MD5.hash(data: content))))],
            body: content
        )
        // A part may be sent again whatever became of it: the last one with its number counts.
        var attempt = 0
        while true {
            attempt += 1
            do throws(S3Error) {
                let reply = try await send(call)
                guard let tag = reply["etag"] else {
                    throw S3Error(.malformedReply, operation: "UploadPart", status: reply.status)
                }
                return Part(number: number, entityTag: tag)
            } catch  where error.isTransient && attempt < options.attempts {
                continue
            }
        }
    }

    private func sendParts(
        _ upload: Upload,
        _ partBytes: Int,
        _ next: () async throws -> [UInt8]?
    ) async throws(S3Error) -> Sent {
        var parts: [Part] = []
        var size: Int64 = 0
        var hash = SHA256()
        var buffer: [UInt8] = []
        var isAtEnd = false
        while !isAtEnd {
            while buffer.count < partBytes, !isAtEnd {
                do {
                    if let piece = try await next() { buffer += piece } else { isAtEnd = true }
                } catch {
                    throw S3Error(.invalidArgument("the content could not be read"), operation: "UploadPart")
                }
            }
            while buffer.count >= partBytes || (isAtEnd && (!buffer.isEmpty || parts.isEmpty)) {
                guard parts.count < Self.maximumParts else {
                    throw S3Error(
                        .invalidArgument("more than \(Self.maximumParts) parts; make the parts larger"),
                        operation: "UploadPart"
                    )
                }
                let content = Array(buffer.prefix(partBytes))
                buffer.removeFirst(content.count)
                hash.update(data: content)
                size += Int64(content.count)
                parts.append(try await sendPart(upload, parts.count + 1, content))
            }
        }
        return Sent(parts: parts, size: size, sha256: Hex.encode(Array(hash.finalize())))
    }

    func complete(_ upload: Upload, _ parts: [Part], createOnly: Bool) async throws(S3Error) -> PutReply {
        let list = parts.map {
            "<Part><PartNumber>\($0.number)</PartNumber><ETag>\(XMLText.escaped($0.entityTag))</ETag></Part>"
        }.joined()
        let reply = try await send(
            S3Call(
                operation: "CompleteMultipartUpload",
                method: "POST",
                key: upload.key,
                query: [(name: "uploadId", value: upload.id)],
                headers: createOnly ? [(name: "if-none-match", value: "*")] : [],
                body: Array(
                    "<CompleteMultipartUpload xmlns=\"\(Self.namespace)\">\(list)</CompleteMultipartUpload>".utf8
                ),
                mayHideError: true
            )
        )
        return PutReply(
            versionID: reply["x-amz-version-id"],
            entityTag: (try reply.document("CompleteMultipartUpload").value("ETag") ?? "").filter { $0 != "\"" }
        )
    }

    /// Gives an upload up; its parts are gone then.
    public func abort(_ upload: Upload) async throws(S3Error) {
        do {
            _ = try await send(
                S3Call(
                    operation: "AbortMultipartUpload",
                    method: "DELETE",
                    key: upload.key,
                    query: [(name: "uploadId", value: upload.id)]
                )
            )
        } catch  where error.kind == .notFound {
            return
        }
    }

    /// Uploads that were begun and neither completed nor aborted; the first thousand.
    public func listUploads(prefix: String = "") async throws(S3Error) -> [Upload] {
        let reply = try await send(
            S3Call(
                operation: "ListMultipartUploads",
                method: "GET",
                query: [(name: "uploads", value: ""), (name: "prefix", value: prefix)]
            )
        )
        return try reply.document("ListMultipartUploads").all("Upload").compactMap { element in
            guard let key = element.value("Key"), let id = element.value("UploadId") else { return nil }
            return Upload(key: key, id: id)
        }
    }

    /// Sets retention and hold on the finished object where the store did not take them from the beginning of the upload: Ceph 16
    /// ignores them there. Between completion and this the version is not locked on such a store.
    private func applyLocks(_ key: String, _ versionID: String?, _ options: PutOptions) async throws(S3Error) {
        guard options.retention != nil || options.legalHold else { return }
        let info = try await head(key, versionID: versionID)
        if let asked = options.retention, info.retention.map({ !$0.satisfies(asked) }) ?? true {
            try await setRetention(asked, of: key, versionID: versionID)
        }
        if options.legalHold, !info.legalHold { try await setLegalHold(true, of: key, versionID: versionID) }
    }

    private func verifiedLarge(
        _ key: String,
        _ versionID: String?,
        _ sent: Sent,
        _ options: PutOptions
    ) async throws(S3Error) -> ObjectInfo {
        let info = try await head(key, versionID: versionID)
        if let difference = info.difference(from: options, size: sent.size, sha256: nil) {
            throw S3Error(.verification(difference), operation: "HeadObject")
        }
        var hash = SHA256()
        var position: Int64 = 0
        let step: Int64 = 16 << 20
        while position < sent.size {
            let end = min(position + step, sent.size)
            let part = try await get(key, range: position..<end, versionID: versionID, maximumBytes: Int(step))
            guard part.content.count == Int(end - position) else {
                throw S3Error(.verification(.size), operation: "GetObject")
            }
            hash.update(data: part.content)
            position = end
        }
        guard Hex.encode(Array(hash.finalize())) == sent.sha256 else {
            throw S3Error(.verification(.hash), operation: "GetObject")
        }
        return info
    }
}
