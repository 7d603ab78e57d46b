import Crypto
import TextEncoding
public import WallTime

/// AWS Signature Version 4 as S3 wants it: the path is encoded once and never normalised, and the payload's hash is signed.
///
/// Source: "Authenticating Requests (AWS Signature Version 4)", Amazon S3 API Reference. Pure: the time is given.
public struct SigV4: Sendable {
    /// A request before it is signed.
    public struct Request: Sendable, Hashable {
        /// HTTP method.
        public var method: String
        /// The path, encoded with ``SigV4/encoded(_:keepingSlashes:)``.
        public var path: String
        /// Names and values, not encoded.
        public var query: [(name: String, value: String)]
        /// Names in any case; `host` must be among them.
        public var headers: [(name: String, value: String)]

        /// Makes a request.
        public init(
            method: String,
            path: String,
            query: [(name: String, value: String)] = [],
            headers: [(name: String, value: String)]
        ) {
            self.method = method
            self.path = path
            self.query = query
            self.headers = headers
        }

        public static func == (left: Request, right: Request) -> Bool {
            left.method == right.method && left.path == right.path && left.query.elementsEqual(right.query, by: ==)
                && left.headers.elementsEqual(right.headers, by: ==)
        }

        public func hash(into hasher: inout Hasher) {
            hasher.combine(method)
            hasher.combine(path)
        }
    }

    private let credentials: S3Credentials
    private let region: String

    /// Signs for a region.
    public init(credentials: S3Credentials, region: String) {
        self.credentials = credentials
        self.region = region
    }

    /// The headers that make the request a signed one: `x-amz-date`, `x-amz-content-sha256`, for temporary credentials
    /// `x-amz-security-token`, and `authorization`.
    /// - Parameter payloadHash: SHA-256 of the body in hex. `UNSIGNED-PAYLOAD` is never used here.
    public func headers(
        for request: Request,
        payloadHash: String,
        now: Timestamp
    ) -> [(name: String, value: String)] {
        let moment = Self.moment(now)
        var added = [("x-amz-content-sha256", payloadHash), ("x-amz-date", moment)]
        if let token = credentials.sessionToken { added.append(("x-amz-security-token", token)) }
        var signed = request
        signed.headers += added.map { (name: $0.0, value: $0.1) }
        let day = String(moment.prefix(8))
        let scope = "\(day)/\(region)/s3/aws4_request"
        let canonical = Self.canonical(signed, payloadHash: payloadHash)
        let text = "AWS4-HMAC-SHA256\n\(moment)\n\(scope)\n\(Self.sha256(Array(canonical.utf8)))"
        var key = Array("AWS4\(credentials.secretAccessKey)".utf8)
        for part in [day, region, "s3", "aws4_request"] { key = Self.hmac(key, part) }
        let authorization =
            "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scope), "
            + "SignedHeaders=\(Self.signedNames(signed)), Signature=\(Hex.encode(Self.hmac(key, text)))"
        return added.map { (name: $0.0, value: $0.1) } + [(name: "authorization", value: authorization)]
    }

    /// The canonical request.
    static func canonical(_ request: Request, payloadHash: String) -> String {
        let headers = sortedHeaders(request).map { "\($0.name):\($0.value)\n" }.joined()
        return [
            request.method, request.path, queryText(request.query), headers, signedNames(request), payloadHash,
        ].joined(separator: "\n")
    }

    /// The query as it is signed and sent: encoded, sorted by name and then by value.
    static func queryText(_ query: [(name: String, value: String)]) -> String {
        query.map { (encoded($0.name), encoded($0.value)) }
            .sorted { $0.0 == $1.0 ? $0.1.utf8Precedes($1.1) : $0.0.utf8Precedes($1.0) }
            .map { "\($0.0)=\($0.1)" }
            .joined(separator: "&")
    }

    /// Percent-encodes everything but the unreserved characters of RFC 3986, with upper-case digits.
    public static func encoded(_ text: String, keepingSlashes: Bool = false) -> String {
        PercentEncoding.encode(text, keeping: keepingSlashes ? "-._~/" : "-._~")
    }

    /// SHA-256 in lower-case hex.
    static func sha256(_ bytes: [UInt8]) -> String { Hex.encode(Array(SHA256.hash(data: bytes))) }

    /// `20130524T000000Z`
    static func moment(_ now: Timestamp) -> String {
        let text = now.description  // 2013-05-24T00:00:00.000Z
        return text.prefix(19).filter { $0 != "-" && $0 != ":" } + "Z"
    }

    private static func sortedHeaders(_ request: Request) -> [(name: String, value: String)] {
        request.headers.map { (name: $0.name.lowercased(), value: trimmed($0.value)) }
            .sorted { $0.name.utf8Precedes($1.name) }
    }

    private static func signedNames(_ request: Request) -> String {
        sortedHeaders(request).map(\.name).joined(separator: ";")
    }

    /// Without white space at the ends, and with single spaces inside.
    private static func trimmed(_ value: String) -> String {
        value.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }

    private static func hmac(_ key: [UInt8], _ text: String) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: key)))
    }
}

extension String {
    fileprivate func utf8Precedes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }
}
