extension S3Client {
    /// One page of a listing.
    public struct Page: Sendable, Hashable {
        /// An object of a listing.
        public struct Entry: Sendable, Hashable {
            /// The key.
            public let key: String
            /// Bytes of the content.
            public let size: Int64
            /// The store's tag of the content.
            public let entityTag: String
        }

        /// The objects, by key.
        public let entries: [Entry]
        /// What keys begin with up to the delimiter, when one was given.
        public let commonPrefixes: [String]
        /// Gives the next page; nil on the last.
        public let continuation: String?
    }

    /// Lists objects (version 2 of the call), up to a thousand.
    public func list(
        prefix: String = "",
        delimiter: String? = nil,
        startAfter: String? = nil,
        continuation: String? = nil,
        maximum: Int = 1000
    ) async throws(S3Error) -> Page {
        var query: [(name: String, value: String)] = [
            (name: "list-type", value: "2"), (name: "prefix", value: prefix),
            (name: "max-keys", value: String(min(max(maximum, 1), 1000))),
            // Keys may hold characters that XML cannot.
            (name: "encoding-type", value: "url"),
        ]
        if let delimiter { query.append((name: "delimiter", value: delimiter)) }
        if let startAfter { query.append((name: "start-after", value: startAfter)) }
        if let continuation { query.append((name: "continuation-token", value: continuation)) }
        let reply = try await send(S3Call(operation: "ListObjectsV2", method: "GET", query: query))
        let document = try reply.document("ListObjectsV2")
        let isEncoded = document.value("EncodingType") == "url"
        func text(_ encoded: String) throws(S3Error) -> String {
            guard isEncoded else { return encoded }
            guard let text = PercentText.decoded(encoded) else {
                throw S3Error(.malformedReply, operation: "ListObjectsV2", status: reply.status)
            }
            return text
        }
        var entries: [Page.Entry] = []
        for element in document.all("Contents") {
            guard let key = element.value("Key"), let size = element.value("Size").flatMap({ Int64($0) }) else {
                throw S3Error(.malformedReply, operation: "ListObjectsV2", status: reply.status)
            }
            entries.append(
                Page.Entry(
                    key: try text(key),
                    size: size,
                    entityTag: (element.value("ETag") ?? "").filter { $0 != "\"" }
                )
            )
        }
        var prefixes: [String] = []
        for element in document.all("CommonPrefixes") {
            if let prefix = element.value("Prefix") { prefixes.append(try text(prefix)) }
        }
        let next = document.value("IsTruncated") == "true" ? document.value("NextContinuationToken") : nil
        return Page(entries: entries, commonPrefixes: prefixes, continuation: next)
    }

    /// Lists all objects, page by page.
    public func listAll(
        prefix: String = "",
        pageSize: Int = 1000,
        _ each: (Page) async throws -> Void
    ) async throws {
        var continuation: String?
        repeat {
            let page = try await list(prefix: prefix, continuation: continuation, maximum: pageSize)
            try await each(page)
            continuation = page.continuation
        } while continuation != nil
    }
}

/// Percent-encoded text, with `+` for a space, as listings write keys.
enum PercentText {
    static func decoded(_ text: String) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(0x20)
            case UInt8(ascii: "%"):
                guard rest.count >= 2,
                    let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
                else { return nil }
                bytes.append(value)
                rest = rest.dropFirst(2)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
