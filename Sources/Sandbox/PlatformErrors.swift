import NIOHTTP1

extension Response {
    /// `ErrorBody` of the platform.
    static func platformError(
        _ status: Int,
        _ code: String,
        _ message: String,
        parameters: JSON = [:],
        limit: JSON = nil,
        headers: HTTPHeaders = [:]
    ) -> Response {
        var body: [JSON.Member] = [
            .init(name: "message", value: .string(message)), .init(name: "code", value: .string(code)),
            .init(name: "status", value: .number(status)), .init(name: "messageParams", value: parameters),
            .init(name: "contextId", value: "sandbox"), .init(name: "details", value: []),
            .init(name: "errors", value: []),
        ]
        if limit != .null { body.append(.init(name: "limit", value: limit)) }
        return Response(status, .object(body), headers: headers)
    }

    /// Error of the login service, in the form of RFC 6749 section 5.2.
    static func loginError(_ status: Int, _ code: String, _ description: String) -> Response {
        Response(
            status,
            ["error": .string(code), "description": .string(description), "error_description": .string(description)]
        )
    }

    /// The platform's answer to too many requests.
    static func tooManyRequests(retryAfter: Int, allowed: Int) -> Response {
        platformError(
            429,
            "too.many.requests.retry.after",
            "Rate limit exceeded the maximum. Retry the request.",
            limit: [
                "namespace": "platform.api", "key": "client.credentials.token.rate.per.minute",
                "value": .number(allowed),
            ],
            headers: ["retry-after": String(retryAfter)]
        )
    }

    /// The platform's answer to a client whose roles lack a permission.
    static func missingPermission(_ permission: String) -> Response {
        platformError(
            403,
            "missing.permissions",
            "missing \(permission)",
            parameters: ["permissions": .string("[\(permission)]")]
        )
    }
}
