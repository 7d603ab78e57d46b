import AsyncHTTPClient
import Glibc
import NIOCore
import NIOPosix
import WallTime

/// The reply is larger than the caller accepts.
struct ReplyTooLarge: Error {}

/// The time for an exchange is up.
struct TimeIsUp: Error {}

/// What a failure of the HTTP client says about the request.
enum TransportError {
    static func kind(of error: any Error) -> S3Error.Kind {
        if error is NIOConnectionError { return .unreachable }
        if let error = error as? IOError {
            let beforeSending = [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, EADDRNOTAVAIL]
            return beforeSending.contains(error.errnoCode) ? .unreachable : .noReply
        }
        guard let error = error as? HTTPClientError else { return .noReply }
        let beforeSending: [HTTPClientError] = [
            .connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout, .invalidURL, .emptyHost,
        ]
        return beforeSending.contains(error) ? .unreachable : .noReply
    }
}

/// Runs work that must end within a limit of real time, the reading of a reply's body included: the HTTP client's own deadline
/// ends at the head.
func within<Value: Sendable>(
    _ limit: Duration,
    _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask { try await work() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw TimeIsUp()
        }
        defer { group.cancelAll() }
        guard let value = try await group.next() else { throw TimeIsUp() }
        return value
    }
}

extension Duration {
    /// Whole nanoseconds, at most some hundred years.
    var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return min(max(seconds, 0), 9_000_000_000) * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}

/// The form of dates in HTTP headers that servers must write (RFC 9110 section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
enum HTTPDateText {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    static func parse(_ text: String) -> Timestamp? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[0].hasSuffix(","), parts[5] == "GMT", parts[1].utf8.count == 2,
            parts[3].utf8.count == 4, let month = months.firstIndex(of: String(parts[2]))
        else { return nil }
        return Timestamp("\(parts[3])-\(month < 9 ? "0" : "")\(month + 1)-\(parts[1])T\(parts[4])Z")
    }
}
