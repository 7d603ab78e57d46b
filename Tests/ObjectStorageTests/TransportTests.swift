import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing
import WallTime

@testable import ObjectStorage

/// What the client does when the store or the network misbehaves, against a server that answers as it is told.
@Suite(.serialized) struct TransportTests {
    /// A reply, or a connection that breaks instead.
    enum Answer: Sendable {
        case status(Int, headers: [String: String] = [:], body: String = "")
        case cut
    }

    static func error(_ code: String) -> String { "<Error><Code>\(code)</Code></Error>" }

    /// Serves the answers in order, the last for ever, and returns what was asked.
    static func run(
        _ answers: [Answer],
        attempts: Int = 4,
        clock: any WallClock = ManualClock(Timestamp(milliseconds: 1_768_469_400_000)),
        _ work: @escaping @Sendable (S3Client) async throws -> Void
    ) async throws -> (asked: [HTTPRequestHead], waits: [Duration]) {
        let server = try await AnsweringServer(answers)
        let http = HTTPClient(configuration: S3Client.httpConfiguration())
        let waits = Mutex<[Duration]>([])
        var options = S3Client.Options()
        options.attempts = attempts
        let client = S3Client(
            endpoint: try S3Endpoint(
                url: "http://127.0.0.1:\(server.port)",
                region: "us-east-1",
                bucket: "bucket",
                addressing: .path
            ),
            credentials: S3Credentials(accessKeyID: "AKID", secretAccessKey: "secret"),
            http: http,
            options: options,
            clock: clock,
            pacing: S3Client.Pacing(sleep: { wait in waits.withLock { $0.append(wait) } }, jitter: { 0.5 })
        )
        do {
            try await work(client)
        } catch {
            try await http.shutdown()
            try await server.stop()
            throw error
        }
        try await http.shutdown()
        try await server.stop()
        return (server.asked, waits.withLock { $0 })
    }

    static let slow = Answer.status(503, body: error("SlowDown"))
    static let whole = Answer.status(200, headers: ["etag": "\"x\""], body: "content")

    @Test func readsAreRepeatedWithGrowingWaits() async throws {
        let (asked, waits) = try await Self.run([Self.slow, .status(500), .cut, Self.whole]) { s3 in
            let read = try await s3.get("k")
            #expect(read.content == Array("content".utf8))
        }
        #expect(asked.count == 4)
        #expect(waits == [.milliseconds(200), .milliseconds(400), .milliseconds(800)])
    }

    @Test func theLastFailureIsTheOneThatIsTold() async throws {
        let (asked, _) = try await Self.run([Self.slow], attempts: 3) { s3 in
            await #expect(throws: S3Error(.throttled, operation: "GetObject", status: 503, code: "SlowDown")) {
                _ = try await s3.get("k")
            }
        }
        #expect(asked.count == 3)
    }

    @Test func whatIsRefusedIsNotRepeated() async throws {
        let (asked, waits) = try await Self.run([.status(403, body: Self.error("AccessDenied"))]) { s3 in
            await #expect(throws: S3Error.self) { _ = try await s3.get("k") }
        }
        #expect(asked.count == 1 && waits.isEmpty)
    }

    @Test func aWriteThatMayHaveHappenedIsNotBlindlyRepeated() async throws {
        for answer in [Answer.cut, .status(500), .status(200, body: "x")] {
            let (asked, _) = try await Self.run([answer]) { s3 in
                _ = try? await s3.put("k", [1])
            }
            #expect(asked.count == 1)
        }
        let (refused, _) = try await Self.run([Self.slow, .status(200, headers: ["etag": "\"x\""])]) { s3 in
            _ = try await s3.put("k", [1])
        }
        #expect(refused.count == 2, "a clean refusal is")
    }

    /// The put was stored and its reply lost: looking finds it, and no second version is written.
    @Test func aLostReplyIsFoundOut() async throws {
        let content = Array("evidence".utf8)
        let headers = [
            "content-length": "8", "x-amz-meta-sha256": S3Support.sha256(content), "etag": "\"x\"",
            "x-amz-version-id": "v1",
        ]
        let (asked, _) = try await Self.run(
            [
                .cut, .status(200, headers: headers), .status(200, headers: headers),
                .status(200, headers: headers, body: "evidence"),
            ]
        ) { s3 in
            let stored = try await s3.putVerified("k", content)
            #expect(stored.info.versionID == "v1")
        }
        #expect(asked.map(\.method) == [.PUT, .HEAD, .HEAD, .GET])
    }

    /// Every way in which a store can keep something else than what was sent.
    @Test(arguments: [
        (["content-length": "7"], "evidence", S3Error.Verification.size),
        (["x-amz-meta-sha256": "00"], "evidence", .hash),
        ([:], "evidencf", .hash),
        (["x-amz-object-lock-mode": "GOVERNANCE"], "evidence", .retention),
        (["x-amz-object-lock-retain-until-date": "2026-01-15T09:30:00Z"], "evidence", .retention),
        (["x-amz-object-lock-mode": ""], "evidence", .retention),
        (["x-amz-version-id": "null"], "evidence", .version),
        (["x-amz-object-lock-legal-hold": "OFF"], "evidence", .legalHold),
        (["x-amz-server-side-encryption": "AES256"], "evidence", .encryption),
        (["x-amz-server-side-encryption-aws-kms-key-id": "other"], "evidence", .encryption),
        (["x-amz-checksum-sha256": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="], "evidence", .hash),
    ])
    func whatIsStoredOtherwiseIsFound(
        change: [String: String],
        body: String,
        expected: S3Error.Verification
    ) async throws {
        let content = Array("evidence".utf8)
        var headers = [
            "content-length": "8", "x-amz-meta-sha256": S3Support.sha256(content), "etag": "\"x\"",
            "x-amz-version-id": "v1",
            "x-amz-object-lock-mode": "COMPLIANCE", "x-amz-object-lock-retain-until-date": "2027-01-15T09:30:00Z",
            "x-amz-object-lock-legal-hold": "ON", "x-amz-server-side-encryption": "aws:kms",
            "x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:eu-central-1:1:key/k",
        ]
        headers.merge(change) { $1 }
        let answers: [Answer] = [
            .status(200, headers: ["etag": "\"x\"", "x-amz-version-id": "v1"]), .status(200, headers: headers),
            .status(200, headers: headers.merging(["content-length": String(body.utf8.count)]) { $1 }, body: body),
        ]
        _ = try await Self.run(answers) { s3 in
            var options = PutOptions()
            options.retention = Retention(.compliance, until: Timestamp(milliseconds: 1_799_000_000_000))
            options.legalHold = true
            options.encryption = .kms(keyID: "k")
            do {
                _ = try await s3.putVerified("k", content, options: options)
                Issue.record("took it for stored")
            } catch {
                #expect((error as? S3Error)?.kind == .verification(expected))
            }
        }
    }

    @Test func anErrorWithinASuccessIsAnError() async throws {
        let (asked, _) = try await Self.run([
            .status(200, body: "<R><UploadId>u</UploadId></R>"), .status(200, headers: ["etag": "\"p\""]),
            .status(200, body: Self.error("InternalError")), .status(204),
        ]) { s3 in
            do {
                _ = try await s3.putLarge("k") { nil }
                Issue.record("took it for stored")
            } catch {
                #expect((error as? S3Error)?.kind == .storeFailed)
            }
        }
        #expect(asked.map(\.method) == [.POST, .PUT, .POST, .DELETE], "and the upload is aborted")
    }

    @Test func theClockFollowsTheStoreOnce() async throws {
        let skewed = Answer.status(
            403,
            headers: ["date": "Thu, 15 Jan 2026 10:30:00 GMT"],
            body: Self.error("RequestTimeTooSkewed")
        )
        let (asked, waits) = try await Self.run([skewed, Self.whole]) { s3 in _ = try await s3.get("k") }
        #expect(asked.map { $0.headers.first(name: "x-amz-date") } == ["20260115T093000Z", "20260115T103000Z"])
        #expect(waits.isEmpty)
        let (again, _) = try await Self.run([skewed], attempts: 1) { s3 in
            await #expect(throws: S3Error.self) { _ = try await s3.get("k") }
        }
        #expect(again.count == 2, "corrected once, not for ever")
    }

    @Test func aStoreThatIgnoresARangeIsNotBelieved() async throws {
        _ = try await Self.run([Self.whole]) { s3 in
            await #expect(throws: S3Error(.malformedReply, operation: "GetObject", status: 200)) {
                _ = try await s3.get("k", range: 0..<3)
            }
        }
    }

    @Test func nothingThereIsUnreachable() async throws {
        var configuration = S3Client.httpConfiguration()
        configuration.timeout.connect = .milliseconds(200)
        let http = HTTPClient(configuration: configuration)
        let server = try await AnsweringServer([])
        let port = server.port
        try await server.stop()
        var options = S3Client.Options()
        options.attempts = 1
        let client = S3Client(
            endpoint: try S3Endpoint(
                url: "http://127.0.0.1:\(port)",
                region: "r",
                bucket: "bucket",
                addressing: .path
            ),
            credentials: S3Credentials(accessKeyID: "a", secretAccessKey: "s"),
            http: http,
            options: options
        )
        await #expect(throws: S3Error(.unreachable, operation: "PutObject")) { _ = try await client.put("k", []) }
        try await http.shutdown()
    }
}

/// A server that gives the answers that it was made with.
final class AnsweringServer: Sendable {
    private struct State {
        var answers: [TransportTests.Answer]
        var asked: [HTTPRequestHead] = []
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let next: @Sendable (HTTPRequestHead) -> TransportTests.Answer
        private var head: HTTPRequestHead?

        init(_ next: @escaping @Sendable (HTTPRequestHead) -> TransportTests.Answer) { self.next = next }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let received): head = received
            case .body: break
            case .end:
                guard let head else { return }
                switch next(head) {
                case .cut: context.close(promise: nil)
                case .status(let status, let headers, let body):
                    var fields = HTTPHeaders(headers.filter { !$0.value.isEmpty }.map { ($0.key, $0.value) })
                    if fields["content-length"].isEmpty {
                        fields.add(name: "content-length", value: String(body.utf8.count))
                    }
                    let reply = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: fields)
                    context.write(wrapOutboundOut(.head(reply)), promise: nil)
                    if head.method != .HEAD {
                        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
                    }
                    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
                }
            }
        }
    }

    private let shared: SharedState
    private let channel: any Channel

    init(_ answers: [TransportTests.Answer]) async throws {
        let state = SharedState(State(answers: answers))
        shared = state
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(
                        Handler { head in
                            state.value.withLock { state in
                                state.asked.append(head)
                                return state.answers.count > 1
                                    ? state.answers.removeFirst() : state.answers.first ?? .status(500)
                            }
                        }
                    )
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    private final class SharedState: Sendable {
        let value: Mutex<State>
        init(_ state: State) { value = Mutex(state) }
    }

    var port: Int { channel.localAddress?.port ?? 0 }
    var asked: [HTTPRequestHead] { shared.value.withLock(\.asked) }

    func stop() async throws { try await channel.close() }
}
