public import Addresses
public import AsyncHTTPClient
import DeliveryWire
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
public import NIOSSL
import WallTime

/// HTTP to destinations: no redirects, one deadline for the whole exchange, replies of bounded size.
public enum SinkHTTP {
    /// The largest reply that is read, in bytes.
    static let maximumReply = 1 << 20
    /// How much of a refusal's body is looked at, in bytes.
    static let maximumDetail = 4096

    /// What a client for destinations must be configured with.
    /// - Parameters:
    ///   - tls: the certificates to trust and to present; the system's trust when nil.
    ///   - addresses: which machines may be connected to.
    public static func configuration(
        tls: TLSConfiguration? = nil,
        addresses: AddressRule = .standard
    ) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(5)
        configuration.decompression = .disabled
        configuration.httpVersion = .http1Only
        configuration.tlsConfiguration = tls
        addresses.apply(to: &configuration)
        return configuration
    }

    /// A reply.
    struct Reply: Sendable {
        let status: Int
        let headers: HTTPHeaders
        let body: [UInt8]

        /// How long the destination asks to be left alone.
        func retryAfter(now: Timestamp) -> Duration? {
            headers.first(name: "retry-after").flatMap { RetryAfter.wait($0, now: now) }
        }

        /// The status, and the destination's own words as far as they may be kept.
        /// - Parameter sent: what it was sent.
        func detail(hiding secrets: [String], sent: some Sequence<[UInt8]>) -> DestinationWords? {
            let words = "status \(status): " + String(decoding: body.prefix(SinkHTTP.maximumDetail), as: UTF8.self)
            return DestinationWords(words, hiding: secrets, sent: sent)
                ?? DestinationWords("status \(status)", sent: [])
        }
    }

    /// Sends a POST.
    static func post(
        _ client: HTTPClient,
        _ url: String,
        headers: [(String, String)],
        body: [UInt8],
        timeout: Duration,
        longest: Int = maximumReply
    ) async -> Result<Reply, TransportFailure> {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        request.headers.add(name: "user-agent", value: "muniment")
        request.body = .bytes(body, length: .known(Int64(body.count)))
        do {
            let reply = try await within(timeout) { [request] in
                let response = try await client.execute(
                    request,
                    deadline: .now() + .milliseconds(timeout.wholeMilliseconds)
                )
                var body: [UInt8] = []
                for try await part in response.body {
                    // What is beyond the limit is of no use, and its status has been said.
                    guard body.count + part.readableBytes <= longest else { break }
                    body += part.readableBytesView
                }
                return Reply(status: Int(response.status.code), headers: response.headers, body: body)
            }
            return .success(reply)
        } catch {
            return .failure(failure(error))
        }
    }

    /// Whether an error of TLS is about certificates or versions, and not about a connection that broke: a process that dies ends it
    /// without goodbye, also in the middle of a handshake.
    static func blamesCertificates(_ error: any Error) -> Bool {
        switch error {
        case NIOSSLError.handshakeFailed(.sslError(let stack)):
            !stack.contains(.eofDuringHandshake) && !stack.contains(.eofDuringAdditionalCertficiateChainValidation)
        case NIOSSLError.handshakeFailed(.syscallError), NIOSSLError.handshakeFailed(.zeroReturn),
            NIOSSLError.uncleanShutdown, NIOSSLError.shutdownFailed, NIOSSLError.readInInvalidTLSState,
            NIOSSLError.writeDuringTLSShutdown, BoringSSLError.syscallError, BoringSSLError.zeroReturn:
            false
        default: error is NIOSSLError || error is NIOSSLExtraError || error is BoringSSLError
        }
    }

    /// What a failure of the client says about the request. Where it does not say whether the request was written, it counts as
    /// written.
    static func failure(_ error: any Error) -> TransportFailure {
        switch error {
        case is ForbiddenAddress: return .forbiddenAddress
        case let error as NIOConnectionError:
            return error.connectionErrors.isEmpty && error.dnsAError != nil ? .nameNotFound : .notConnected
        case NIOSSLError.handshakeFailed where !blamesCertificates(error): return .notConnected
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: return blamesCertificates(error) ? .tls : .noReply
        case let error as IOError:
            let beforeSending = [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, EADDRNOTAVAIL]
            return beforeSending.contains(error.errnoCode) ? .notConnected : .noReply
        case is HTTPParserError: return .malformedReply
        case let error as HTTPClientError:
            let beforeSending: [HTTPClientError] = [
                .connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout, .invalidURL, .emptyHost,
            ]
            return beforeSending.contains(error) ? .notConnected : .noReply
        default: return .noReply
        }
    }
}
