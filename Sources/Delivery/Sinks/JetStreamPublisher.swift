import DeliveryWire
import NATS

/// Publishes to a stream and waits for its acknowledgements, over a connection that is made anew when it breaks. What it calls
/// blocks, so it has a thread of its own.
actor JetStreamPublisher {
    private let settings: JetStreamSink.Settings
    private let executor = QueueExecutor("muniment.delivery.nats")
    private var connection: NATSConnection?
    /// Numbers the messages of this process, so that an answer that comes late is not taken for another's.
    private var next: UInt64 = 0

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ settings: JetStreamSink.Settings) { self.settings = settings }

    /// Connects, and looks whether the stream is as it must be.
    func open() -> SinkReply {
        connection = nil
        do {
            _ = try connected()
            return .ok
        } catch {
            return reply(to: error, mayBeStored: false)
        }
    }

    func close() { connection = nil }

    /// Publishes all, and waits for all answers.
    func publish(_ messages: [JetStreamSink.Message]) -> SinkReply {
        var isConnected = false
        do {
            let connection = try connected()
            isConnected = true
            let first = next
            next += UInt64(messages.count)
            let sent = try send(messages, numbered: first, on: connection)
            if let refusal = try refusal(of: first..<first + UInt64(sent), connection) { return refusal }
            guard sent < messages.count else { return .ok }
            return SinkReply(
                Verdict(
                    .split,
                    hint: sent > 0 ? .stored(prefix: sent) : .none,
                    reason: "a message is larger than the server takes"
                )
            )
        } catch {
            connection = nil
            return reply(to: error, mayBeStored: isConnected, sent: messages)
        }
    }

    /// Sends messages.
    /// - Returns: how many, up to the first that is larger than the server takes.
    private func send(
        _ messages: [JetStreamSink.Message],
        numbered first: UInt64,
        on connection: NATSConnection
    ) throws(NATSError) -> Int {
        for (position, message) in messages.enumerated() {
            do throws(NATSError) {
                try connection.publish(
                    message.subject,
                    headers: message.headers,
                    body: message.body,
                    answer: String(first + UInt64(position))
                )
            } catch {
                guard error.code == .size else { throw error }
                return position
            }
        }
        return messages.count
    }

    /// Waits until every message is answered.
    /// - Returns: nil when all are stored.
    private func refusal(of tokens: Range<UInt64>, _ connection: NATSConnection) throws -> SinkReply? {
        var waiting = Set(tokens)
        var first: (position: Int, verdict: Verdict)?
        while !waiting.isEmpty {
            let answer = try answer(on: connection) { UInt64($0.token).map { waiting.contains($0) } ?? false }
            guard let token = UInt64(answer.token) else { continue }
            waiting.remove(token)
            let position = Int(token - tokens.lowerBound)
            switch JetStreamReply(body: answer.body) {
            case .stored(settings.stream, _, _): break
            case .stored(let other, _, _):
                throw Unfit(
                    Verdict(
                        .config,
                        mayBeStored: true,
                        reason: "the stream \(other) took what was for \(settings.stream)"
                    )
                )
            case .refused(let verdict):
                // The first of the batch decides: all before it are stored once all are answered.
                if first.map({ position < $0.position }) ?? true { first = (position, verdict) }
            }
        }
        guard let first else { return nil }
        return SinkReply(
            Verdict(
                first.verdict.replyClass,
                mayBeStored: true,
                hint: first.verdict.replyClass == .split && first.position > 0
                    ? .stored(prefix: first.position) : .none,
                reason: first.verdict.reason
            )
        )
    }

    private func connected() throws -> NATSConnection {
        if let connection { return connection }
        let made = try NATSConnection(settings.servers)
        let token = String(next)
        next += 1
        try made.publish(JetStreamStream.question(settings.stream), body: [], answer: token)
        let verdict = JetStreamStream.judge(try answer(on: made) { $0.token == token }.body, settings.needs)
        guard verdict.replyClass == .ok else { throw Unfit(verdict) }
        connection = made
        return made
    }

    /// Waits for an answer that is wanted; looks up now and then, to see whether it still is.
    private func answer(
        on connection: NATSConnection,
        _ isWanted: (NATSConnection.Message) -> Bool
    ) throws -> NATSConnection.Message {
        let deadline = ContinuousClock.now + settings.timeout
        while !Task.isCancelled, ContinuousClock.now < deadline {
            if let answer = try connection.answer(withinMilliseconds: 50) {
                if isWanted(answer) { return answer }
            } else if let refusal = connection.refusal {
                throw refusal
            }
        }
        throw NATSError(.timeout, "no answer came in time")
    }

    /// A stream that is not as it must be.
    private struct Unfit: Error {
        let verdict: Verdict

        init(_ verdict: Verdict) { self.verdict = verdict }
    }

    private func reply(to error: any Error, mayBeStored: Bool, sent: [JetStreamSink.Message] = []) -> SinkReply {
        if let unfit = error as? Unfit { return SinkReply(unfit.verdict) }
        guard let error = error as? NATSError else { return SinkReply(TransportFailure.noReply.verdict) }
        func verdict(_ replyClass: ReplyClass, _ reason: String) -> Verdict {
            Verdict(replyClass, mayBeStored: mayBeStored, reason: reason)
        }
        let verdict =
            switch error.code {
            case .unreachable: verdict(.retry, "no connection to a server of NATS")
            case .forbidden: TransportFailure.forbiddenAddress.verdict
            case .credentials: verdict(.auth, "the credentials are refused; set new ones")
            case .permission:
                verdict(.auth, "the credentials do not permit this; grant the stream's subjects and its API")
            case .tls: verdict(.config, "TLS failed: trust the server's certificate or present one of ours")
            case .nobody: verdict(.retry, "no stream takes the subject at present, or JetStream is not enabled")
            case .settings: verdict(.config, "a setting or a file cannot be used")
            case .size: verdict(.split, "a message is larger than the server takes")
            case .closed, .timeout, .other: verdict(.retry, "the connection broke, or no answer came in time")
            }
        return SinkReply(verdict, detail: DestinationWords(error.description, sent: sent.lazy.map(\.body)))
    }
}
