public import AsyncHTTPClient
import Crypto
import NIOCore
import NIOHTTP1
import NIOSSL
import Synchronization
public import WallTime

/// Talks to one bucket of an S3-compatible store.
///
/// Calls that only read are repeated when they fail for a passing reason. Calls that write are repeated only when the store
/// certainly did not act; when it may have, ``putVerified(_:_:options:)`` looks before it writes again.
public final class S3Client: Sendable {
    /// Limits of a client.
    public struct Options: Sendable {
        /// How long one exchange may take, its body included.
        public var timeout: Duration = .seconds(60)
        /// How often a call is sent before its failure is final.
        public var attempts = 4
        /// Waits before the retries: full jitter below base x 2^n, never above the cap.
        public var backoffBase: Duration = .milliseconds(200)
        /// The longest wait between attempts.
        public var backoffCap: Duration = .seconds(5)
        /// Largest accepted reply other than an object's content, in bytes.
        public var maximumDocumentBytes = 8 << 20

        /// The defaults.
        public init() {}
    }

    /// Waits and draws; replaced in tests.
    public struct Pacing: Sendable {
        let sleep: @Sendable (Duration) async throws -> Void
        let jitter: @Sendable () -> Double

        /// Makes one; `jitter` gives a number from 0 up to 1.
        public init(
            sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
            jitter: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
        ) {
            self.sleep = sleep
            self.jitter = jitter
        }
    }

    /// Where the bucket is.
    public let endpoint: S3Endpoint
    let options: Options
    private let http: HTTPClient
    private let signer: SigV4
    private let clock: any WallClock
    private let pacing: Pacing
    /// How far the store's clock is ahead of ours, in milliseconds, once it has refused a signature for that.
    private let skew = Mutex<Int64>(0)

    /// What an injected HTTP client must be configured with: no redirects, no decompression, HTTP/1.1.
    /// - Parameter caFile: PEM file of the certificates to trust instead of the system's.
    public static func httpConfiguration(caFile: String? = nil) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(5)
        configuration.decompression = .disabled
        configuration.httpVersion = .http1Only
        if let caFile {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file(caFile)
            configuration.tlsConfiguration = tls
        }
        return configuration
    }

    /// Makes a client; nothing is called before the first use.
    /// - Parameter http: made with ``httpConfiguration(caFile:)`` and shut down by its owner.
    public init(
        endpoint: S3Endpoint,
        credentials: S3Credentials,
        http: HTTPClient,
        options: Options = Options(),
        clock: any WallClock = SystemClock(),
        pacing: Pacing = Pacing()
    ) {
        self.endpoint = endpoint
        self.options = options
        self.http = http
        self.clock = clock
        self.pacing = pacing
        signer = SigV4(credentials: credentials, region: endpoint.region)
    }

    /// The present moment by the store's clock, as far as it is known.
    var now: Timestamp { Timestamp(milliseconds: clock.now().milliseconds &+ skew.withLock { $0 }) }

    /// Sends a call until it succeeds, fails for good, or has been tried often enough.
    func send(_ call: S3Call) async throws(S3Error) -> S3Reply {
        var attempt = 0
        var corrected = false
        while true {
            let failure: S3Error
            do {
                return try await exchange(call)
            } catch {
                failure = error.error
                if failure.kind == .clockSkew, !corrected, let date = error.date {
                    corrected = true
                    skew.withLock { $0 = date.milliseconds - clock.now().milliseconds }
                    continue
                }
            }
            attempt += 1
            let mayRepeat = call.isReadOnly ? failure.isTransient : failure.isTransient && !failure.mayHaveTakenEffect
            guard mayRepeat, attempt < options.attempts else { throw failure }
            do {
                try await pacing.sleep(wait(before: attempt))
            } catch {
                throw failure
            }
        }
    }

    private func wait(before attempt: Int) -> Duration {
        let bound = min(options.backoffBase * (1 << min(attempt, 20)), options.backoffCap)
        return bound * pacing.jitter()
    }

    private struct Failure: Error {
        let error: S3Error
        /// The store's time.
        var date: Timestamp?
    }

    private func exchange(_ call: S3Call) async throws(Failure) -> S3Reply {
        let request = signed(call)
        let limit = call.maximumReplyBytes ?? options.maximumDocumentBytes
        let reply: S3Reply
        do {
            reply = try await within(options.timeout) { [http, options] in
                let response = try await http.execute(
                    request,
                    deadline: .now() + .nanoseconds(options.timeout.wholeNanoseconds)
                )
                var body: [UInt8] = []
                for try await part in response.body {
                    guard body.count + part.readableBytes <= limit else { throw ReplyTooLarge() }
                    body += part.readableBytesView
                }
                return S3Reply(
                    status: Int(response.status.code),
                    headers: response.headers.map { (name: $0.name, value: $0.value) },
                    body: body
                )
            }
        } catch is ReplyTooLarge {
            throw Failure(error: S3Error(.malformedReply, operation: call.operation))
        } catch {
            throw Failure(error: S3Error(TransportError.kind(of: error), operation: call.operation))
        }
        // A 200 that completes an upload or copies can hold an error all the same.
        let isHiddenError =
            call.mayHideError && reply.status == 200 && (try? XMLReader.read(reply.body))?.name == "Error"
        guard (200..<300).contains(reply.status), !isHiddenError else {
            let error = S3Error(
                operation: call.operation,
                status: reply.status,
                headers: reply.headers,
                body: reply.body
            )
            throw Failure(error: error, date: reply["date"].flatMap(HTTPDate.parse))
        }
        return reply
    }

    private func signed(_ call: S3Call) -> HTTPClientRequest {
        let (host, path) = endpoint.place(call.key)
        let unsigned = SigV4.Request(
            method: call.method,
            path: path,
            query: call.query,
            headers: [(name: "host", value: host)] + call.headers
        )
        let query = SigV4.queryText(call.query)
        var request = HTTPClientRequest(
            url: "\(endpoint.scheme)://\(host)\(path)" + (query.isEmpty ? "" : "?\(query)")
        )
        request.method = HTTPMethod(rawValue: call.method)
        for (name, value) in unsigned.headers
            + signer.headers(
                for: unsigned,
                payloadHash: SigV4.sha256(call.body),
                now: now
            )
        {
            request.headers.add(name: name, value: value)
        }
        request.headers.add(name: "user-agent", value: "muniment")
        if !call.body.isEmpty || call.method == "PUT" || call.method == "POST" {
            request.body = .bytes(call.body, length: .known(Int64(call.body.count)))
        }
        return request
    }
}

/// A request of the S3 API.
struct S3Call: Sendable {
    let operation: String
    let method: String
    /// The object, or nil for the bucket.
    var key: String?
    var query: [(name: String, value: String)] = []
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []
    /// Whether a 200 can hold an error.
    var mayHideError = false
    /// Largest accepted reply; nil for that of documents.
    var maximumReplyBytes: Int?

    var isReadOnly: Bool { method == "GET" || method == "HEAD" }
}

/// A successful reply.
struct S3Reply: Sendable {
    let status: Int
    let headers: [(name: String, value: String)]
    let body: [UInt8]

    /// The first header with this name, which is given in lower case.
    subscript(name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }

    /// The body as XML.
    func document(_ operation: String) throws(S3Error) -> XMLElement {
        do {
            return try XMLReader.read(body)
        } catch {
            throw S3Error(.malformedReply, operation: operation, status: status)
        }
    }
}
