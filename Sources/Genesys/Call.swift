import NIOHTTP1
import TextEncoding

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

    /// So that an id can never change the path; the dot is encoded too, because a segment of one or two dots is a step in it.
    static func encoded(_ text: String) -> String { PercentEncoding.encode(text, keeping: "-_~") }
}
