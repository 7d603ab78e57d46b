import DeliveryWire
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import WallTime

/// A session with a receiver that speaks RELP, begun anew when the connection breaks. What was not answered then is sent again by
/// the lane.
actor RELPConnection {
    private struct Session {
        let channel: any Channel
        let watch: ConnectionWatch
        let answers: RELPAnswers
        /// The last transaction number that was used.
        var number = 0

        /// Takes the next numbers.
        mutating func take(_ count: Int) -> [Int] {
            (0..<count).map { _ in
                number = RELPFrame.number(after: number)
                return number
            }
        }
    }

    private let settings: SyslogSink.Settings
    private let group: any EventLoopGroup
    private var session: Session?

    init(_ settings: SyslogSink.Settings, group: any EventLoopGroup) {
        self.settings = settings
        self.group = group
    }

    /// Sends messages, all at once, and waits for an answer to each.
    func send(_ messages: [[UInt8]]) async -> SinkReply {
        do {
            return try await within(settings.timeout) { await self.attempt(messages) }
        } catch {
            await drop()
            return SinkReply(TransportFailure.noReply.verdict)
        }
    }

    private func attempt(_ messages: [[UInt8]]) async -> SinkReply {
        var session: Session
        do {
            session = try await opened()
        } catch let refusal as Refusal {
            await drop()
            return SinkReply(refusal.verdict)
        } catch {
            await drop()
            return SinkReply(SinkHTTP.failure(error).verdict)
        }
        let numbers = session.take(messages.count)
        self.session = session
        let frames = zip(numbers, messages).map { RELPFrame(number: $0, command: "syslog", data: $1) }
        do {
            return SinkReply(RELPAnswer.verdict(of: try await ask(frames, session)))
        } catch {
            let cause = session.watch.failure ?? error
            await drop()
            return SyslogLine.reply(to: cause)
        }
    }

    /// The session there is, or a new one in which both sides have said what they can.
    private func opened() async throws -> Session {
        if let session, session.channel.isActive, session.answers.isOpen { return session }
        await drop()
        let answers = RELPAnswers()
        let (channel, watch) = try await SyslogLine.connect(settings, on: group) { channel in
            try channel.pipeline.syncOperations.addHandler(answers)
        }
        var made = Session(channel: channel, watch: watch, answers: answers)
        session = made
        let open = RELPFrame(number: made.take(1)[0], command: "open", data: Array(RELPFrame.offers.utf8))
        let answer: RELPAnswer?
        do {
            answer = try await ask([open], made).first
        } catch {
            throw watch.failure ?? error
        }
        guard answer?.code == 200, answer?.offersSyslog == true else { throw Refusal() }
        session = made
        return made
    }

    private struct Refusal: Error {
        let verdict = Verdict(.config, reason: "the receiver begins no RELP session for syslog: see its log")
    }

    /// Sends frames, and waits for the answers to them.
    private func ask(_ frames: [RELPFrame], _ session: Session) async throws -> [RELPAnswer] {
        try await SyslogLine.closing(session.channel) {
            try await session.channel.writeAndFlush(ByteBuffer(bytes: frames.flatMap(\.bytes)))
        }
        return try await withTaskCancellationHandler {
            try await session.answers.wait(for: frames.map(\.number))
        } onCancel: {
            session.channel.close(promise: nil)
        }
    }

    private func drop() async {
        guard let channel = session?.channel else { return }
        session = nil
        try? await channel.close()
    }

    /// Ends the session in order, so that the receiver does not report it as broken.
    func close() async {
        if var session, session.channel.isActive, session.answers.isOpen {
            let end = RELPFrame(number: session.take(1)[0], command: "close")
            _ = try? await within(.seconds(1)) { [session] in try await self.ask([end], session) }
        }
        await drop()
    }
}

/// Reads what a receiver says in a RELP session, and hands each answer to who waits for it.
private final class RELPAnswers: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private struct State {
        var decoder = RELPDecoder()
        var answers: [Int: RELPAnswer] = [:]
        var wanted: [Int] = []
        var waiting: CheckedContinuation<[RELPAnswer], any Error>?
        var failure: (any Error)?

        /// All that is wanted, once it is there.
        mutating func takeWanted() -> [RELPAnswer]? {
            let found = wanted.compactMap { answers[$0] }
            guard found.count == wanted.count else { return nil }
            answers.removeAll()
            return found
        }
    }

    private let state = Mutex(State())

    /// Whether further answers may come.
    var isOpen: Bool { state.withLock { $0.failure == nil } }

    /// Waits for the answers to these transactions; one caller at a time.
    func wait(for numbers: [Int]) async throws -> [RELPAnswer] {
        try await withCheckedThrowingContinuation { continuation in
            let result: Result<[RELPAnswer], any Error>? = state.withLock { state in
                state.wanted = numbers
                if let found = state.takeWanted() { return .success(found) }
                if let failure = state.failure { return .failure(failure) }
                state.waiting = continuation
                return nil
            }
            if let result { continuation.resume(with: result) }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        do {
            let frames = try state.withLock { try $0.decoder.receive(bytes.readableBytesView) }
            for frame in frames { take(frame) }
        } catch {
            fail(error)
            context.close(promise: nil)
        }
    }

    private func take(_ frame: RELPFrame) {
        // What a server says unasked is that it ends the session.
        guard frame.command == "rsp" else { return fail(ChannelError.eof) }
        // The answer to `close` has no code.
        guard let answer = RELPAnswer(frame.data) ?? (frame.data.isEmpty ? RELPAnswer(Array("200".utf8)) : nil) else {
            return fail(RELPError.header)
        }
        let ready = state.withLock { state -> (CheckedContinuation<[RELPAnswer], any Error>, [RELPAnswer])? in
            state.answers[frame.number] = answer
            guard let waiting = state.waiting, let found = state.takeWanted() else { return nil }
            state.waiting = nil
            return (waiting, found)
        }
        if let (waiting, found) = ready { waiting.resume(returning: found) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(ChannelError.eof)
        context.fireChannelInactive()
    }

    private func fail(_ error: any Error) {
        let waiting = state.withLock { state in
            state.failure = state.failure ?? error
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(throwing: error)
    }
}
