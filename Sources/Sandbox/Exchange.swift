import NIOHTTP1

/// A complete request.
struct Request: Sendable {
    let method: String
    /// Percent-decoded segments of the path.
    let segments: [String]
    let query: [(name: String, value: String)]
    let headers: HTTPHeaders
    let body: [UInt8]

    init(head: HTTPRequestHead, body: [UInt8]) {
        method = head.method.rawValue
        let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        segments = (parts.first ?? "").split(separator: "/").map(Self.decoded)
        query = Self.pairs(parts.count > 1 ? parts[1] : "")
        headers = head.headers
        self.body = body
    }

    /// The first value of a query parameter.
    func parameter(_ name: String) -> String? {
        query.first { $0.name == name }?.value
    }

    /// All values of a query parameter, whether comma-joined or repeated.
    func list(_ name: String) -> Set<String> {
        Set(query.filter { $0.name == name }.flatMap { $0.value.split(separator: ",").map(String.init) })
    }

    /// The token after `Bearer`.
    var bearer: String? {
        guard let value = headers.first(name: "authorization"), value.lowercased().hasPrefix("bearer ") else {
            return nil
        }
        return String(value.dropFirst(7))
    }

    /// The first template that fits, such as `GET /customers/{id}`, and what stands in place of `{id}`.
    func match(_ templates: [String]) -> (template: String, id: String)? {
        for template in templates {
            let parts = template.split(separator: " ")
            guard parts.count == 2, parts[0] == method else { continue }
            let wanted = parts[1].split(separator: "/")
            guard wanted.count == segments.count else { continue }
            let pairs = zip(wanted, segments)
            guard pairs.allSatisfy({ $0 == "{id}" || $0 == $1 }) else { continue }
            return (template, pairs.first { $0.0 == "{id}" }?.1 ?? "")
        }
        return nil
    }

    /// The fields of a form in the body.
    var form: [(name: String, value: String)] { Self.pairs(String(decoding: body, as: UTF8.self)[...]) }

    private static func pairs(_ text: Substring) -> [(name: String, value: String)] {
        text.split(separator: "&").map { item in
            let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (decoded(pair[0]), pair.count > 1 ? decoded(pair[1]) : "")
        }
    }

    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A reply, whole or damaged on purpose.
struct Response: Sendable {
    enum Body: Sendable {
        /// No reply at all: the connection breaks.
        case none
        /// With its length.
        case whole([UInt8])
        /// In pieces, without a length.
        case chunked([[UInt8]])
        /// Promises all of it, sends half and breaks the connection.
        case half([UInt8])
        /// Promises all of it and sends one byte at a time.
        case drip([UInt8])
    }

    var status: Int
    var headers: HTTPHeaders
    var body: Body

    init(_ status: Int, _ json: JSON, headers: HTTPHeaders = [:]) {
        self.init(status, body: .whole(json.bytes), headers: headers)
    }

    init(_ status: Int, body: Body = .whole([]), type: String = "application/json", headers: HTTPHeaders = [:]) {
        self.status = status
        self.headers = headers
        self.headers.replaceOrAdd(name: "content-type", value: type)
        self.body = body
    }
}
