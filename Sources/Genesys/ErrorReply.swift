import FoundationEssentials

/// The platform's error body, reduced to what is safe and useful.
struct ErrorReply {
    let code: String?
    let permissions: [String]

    /// Reads an `ErrorBody` of the API or an OAuth error of the login service; anything else gives an empty reply.
    init(_ body: [UInt8]) {
        let wire = try? JSONDecoder().decode(Wire.self, from: Data(body))
        code = wire?.code?.value ?? wire?.error?.value
        let values = wire?.messageParams.map { $0.value?.values.compactMap(\.value) ?? [] } ?? []
        permissions = Set(values.flatMap(Self.permissions)).sorted()
    }

    /// `domain:entity:action` names in a parameter such as `[audits:audit:view, recording:job:view]`.
    private static func permissions(in text: String) -> [String] {
        text.split { $0 == "[" || $0 == "]" || $0 == "," || $0 == " " }
            .map(String.init)
            .filter { GenesysError.identifier($0) != nil && $0.split(separator: ":").count == 3 }
    }

    private struct Wire: Decodable {
        var code: Lenient<String>?
        var error: Lenient<String>?
        var messageParams: Lenient<[String: Lenient<String>]>?
    }

    /// The error that a reply with this status means.
    func error(operation: String, status: Int, correlationID: String?, retryAfter: Duration?) -> GenesysError {
        let kind: GenesysError.Kind =
            switch (status, code) {
            case (401, "ip.not.authorized"): .addressRefused
            case (401, _): .tokenRefused
            case (403, let code?) where code.hasPrefix("missing."): .missingPermissions(permissions)
            case (403, _): .forbidden
            case (404, _), (410, _): .notFound
            case (409, _): .conflict
            case (429, _): .rateLimited(retryAfter: retryAfter)
            case (408, _), (500..., _): .platformFailure
            case (300..<400, _): .redirected
            default: .requestRefused
            }
        return GenesysError(kind, operation: operation, status: status, code: code, correlationID: correlationID)
    }
}
