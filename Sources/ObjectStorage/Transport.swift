import Addresses
import AsyncHTTPClient
import Glibc
import NIOCore
import NIOPosix
import WallTime

/// The reply is larger than the caller accepts.
struct ReplyTooLarge: Error {}

/// What a failure of the HTTP client says about the request.
enum TransportError {
    static func kind(of error: any Error) -> S3Error.Kind {
        if let error = error as? ForbiddenAddress { return .invalidArgument("\(error)") }
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

extension Duration {
    /// Whole nanoseconds, at most some hundred years.
    var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return min(max(seconds, 0), 9_000_000_000) * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
