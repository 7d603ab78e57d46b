import HTTPTypes
import Hummingbird
import JSON
import NIOCore

extension Response {
    /// An answer of bytes.
    static func bytes(
        _ bytes: some Sequence<UInt8>,
        type: String,
        status: HTTPResponse.Status = .ok,
        headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.contentType] = type
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// An answer of text.
    static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> Response {
        .bytes(text.utf8, type: type)
    }

    /// An answer of JSON.
    static func json(
        _ value: JSONValue,
        status: HTTPResponse.Status = .ok,
        headers: HTTPFields = [:]
    ) throws -> Response {
        .bytes(try value.canonicalBytes(), type: "application/json", status: status, headers: headers)
    }

    /// A problem document (RFC 9457).
    /// - Parameter requestID: stands in the document as `instance` and in the log.
    static func problem(_ refusal: Refusal, requestID: String) -> Response {
        var headers = refusal.headers
        if refusal.problem.closesConnection { headers[.connection] = "close" }
        return .bytes(
            refusal.document(requestID: requestID),
            type: "application/problem+json",
            status: HTTPResponse.Status(code: refusal.problem.status),
            headers: headers
        )
    }
}

extension Refusal {
    /// The bytes of the problem document.
    func document(requestID: String?) -> [UInt8] {
        // An object of strings and one small number always has a canonical form.
        (try? json(requestID: requestID).canonicalBytes()) ?? []
    }

    /// The problem document.
    func json(requestID: String?) -> JSONValue {
        var members: [String: JSONValue] = [
            "type": .string(problem.type), "title": .string(problem.title), "status": .integer(Int64(problem.status)),
            "code": .string(problem.rawValue),
        ]
        if let detail { members["detail"] = .string(detail) }
        if let requestID { members["instance"] = .string("urn:muniment:request:\(requestID)") }
        return .object(members)
    }
}

extension JSONValue {
    /// A position or count, which never reaches 2^53 here.
    static func count(_ value: UInt64) -> JSONValue { .integer(Int64(clamping: value)) }

    /// A string, or `null`.
    static func optional(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}
