/// Where a bucket is reached, and how requests name it.
public struct S3Endpoint: Sendable, Hashable {
    /// How a request names its bucket.
    public enum Addressing: String, Sendable, Hashable, CaseIterable {
        /// `https://host/bucket/key`
        case path
        /// `https://bucket.host/key`
        case virtualHost
    }

    /// Why an address or name cannot be used.
    public enum Problem: Error, Hashable, Sendable, CustomStringConvertible {
        /// Not `http://` or `https://`, a host and perhaps a port, and nothing more.
        case url
        /// Not 3 to 63 lower-case letters, digits, dots and hyphens with a letter or digit at each end.
        case bucket
        /// A name with dots cannot be under the certificate of its host.
        case dottedBucket

        /// What is wrong.
        public var description: String {
            switch self {
            case .url: "the endpoint must be http:// or https://, a host and perhaps a port, without a path"
            case .bucket:
                "a bucket's name has 3 to 63 lower-case letters, digits, dots and hyphens, and a letter or digit at each end"
            case .dottedBucket:
                "a bucket with dots in its name is under no host's certificate; use path addressing"
            }
        }
    }

    /// `http` or `https`.
    public let scheme: String
    /// Host and port, as the `Host` header names the store.
    public let authority: String
    /// The region that signatures are for.
    public let region: String
    /// The bucket.
    public let bucket: String
    /// How requests name the bucket.
    public let addressing: Addressing

    /// Checks an address.
    /// - Throws: ``Problem``.
    public init(
        url: String,
        region: String,
        bucket: String,
        addressing: Addressing = .virtualHost
    ) throws(Problem) {
        let scheme = url.hasPrefix("https://") ? "https" : url.hasPrefix("http://") ? "http" : ""
        guard !scheme.isEmpty else { throw .url }
        var authority = String(url.dropFirst(scheme.count + 3))
        if authority.hasSuffix("/") { authority.removeLast() }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), !parts[0].isEmpty,
            parts[0].utf8.allSatisfy({ Self.isHostByte($0) }),
            parts.count == 1 || (UInt16(parts[1]) ?? 0) > 0
        else { throw .url }
        guard Self.isBucket(bucket) else { throw .bucket }
        guard addressing == .path || scheme == "http" || !bucket.contains(".") else { throw .dottedBucket }
        // The port that the scheme implies is not part of the Host header.
        let isDefaultPort = parts.count == 2 && parts[1] == (scheme == "https" ? "443" : "80")
        self.scheme = scheme
        self.authority = isDefaultPort ? String(parts[0]) : authority
        self.region = region
        self.bucket = bucket
        self.addressing = addressing
    }

    /// Host header and encoded path of a key, or of the bucket itself.
    func place(_ key: String?) -> (host: String, path: String) {
        let object = key.map { SigV4.encoded($0, keepingSlashes: true) } ?? ""
        return switch addressing {
        case .path: (authority, "/\(bucket)" + (key == nil ? "" : "/\(object)"))
        case .virtualHost: ("\(bucket).\(authority)", "/\(object)")
        }
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte)
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }

    private static func isBucket(_ name: String) -> Bool {
        func isEnd(_ byte: UInt8?) -> Bool {
            byte.map { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) } ?? false
        }
        return (3...63).contains(name.utf8.count) && isEnd(name.utf8.first) && isEnd(name.utf8.last)
            && name.utf8.allSatisfy { isEnd($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
            && !name.contains("..")
    }
}
