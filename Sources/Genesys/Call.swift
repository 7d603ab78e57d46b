import NIOHTTP1

/// One call of the platform API: its address, and the same address without anybody's ids for errors and counters.
struct Call: Sendable {
    /// When a call may be sent once more.
    enum Repetition: Sendable {
        /// Whenever that can help: reads, and changes that come to the same when they are made twice.
        case always
        /// Only when the platform said that it had not begun: it asked to slow down, or refused the token.
        case whenRefused
    }

    let method: HTTPMethod
    /// JSON to send.
    let body: [UInt8]?
    let repetition: Repetition
    /// Calls of one family share a circuit breaker.
    let family: String
    /// Method and path with placeholders, such as `GET /api/v2/users/{id}`.
    let operation: String
    /// Path and query to send.
    let target: String

    /// - Parameters:
    ///   - path: the path after `/api/v2`, in which `{id}` stands for the id.
    /// - Throws: ``GenesysError/Kind/notFound`` for an id that nothing can have: an empty one would address the
    ///   listing instead.
    init(
        _ path: String,
        id: String? = nil,
        query: [(name: String, value: String)] = [],
        method: HTTPMethod = .GET,
        body: [UInt8]? = nil,
        repetition: Repetition = .always
    ) throws(GenesysError) {
        operation = "\(method.rawValue) /api/v2" + path
        if let id, id.isEmpty || id.utf8.count > 128 { throw GenesysError(.notFound, operation: operation) }
        self.method = method
        self.body = body
        self.repetition = repetition
        family = String(path.split(separator: "/").first ?? "")
        var target = "/api/v2"
        for segment in path.split(separator: "/") {
            target += "/" + (segment == "{id}" ? Self.encoded(id ?? "") : String(segment))
        }
        for (index, item) in query.enumerated() {
            target += (index == 0 ? "?" : "&") + item.name + "=" + Self.encoded(item.value)
        }
        self.target = target
    }

    /// Percent-encodes all but the unreserved characters of RFC 3986, so that an id can never change the path.
    static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                // The dot is encoded too: a segment of one or two dots would be resolved as a step in the path.
                encoded += "%" + String(digits[Int(byte >> 4)]) + String(digits[Int(byte & 15)])
            }
        }
        return encoded
    }
}
