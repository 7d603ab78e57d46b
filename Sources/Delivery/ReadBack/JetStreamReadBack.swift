import DeliveryWire
import MerkleLog
import NATS

extension JetStreamSink: ReadBack {
    /// Messages that are asked for at the same time.
    private static let atOnce: UInt64 = 256

    /// Asks the stream's leader for every message that it holds, one after another: a stream cannot be asked by index. What is on
    /// other subjects, or under another ledger's name, does not matter.
    public func arrivals(in range: Range<UInt64>, _ each: ([Arrival]) async throws -> Void) async throws {
        let reader = JetStreamReader(settings, ledger: shaping.ledger)
        let sequences = try await reader.open()
        var first = sequences.lowerBound
        while first < sequences.upperBound {
            let end = first + min(Self.atOnce, sequences.upperBound - first)
            try await each(try await reader.read(first..<end))
            first = end
        }
    }
}

/// Reads a stream's messages. What it calls blocks, so it has a thread of its own.
private actor JetStreamReader {
    private let settings: JetStreamSink.Settings
    private let ledger: String
    private let executor = QueueExecutor("muniment.delivery.nats.reading")
    private var connection: NATSConnection?

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ settings: JetStreamSink.Settings, ledger: String) {
        self.settings = settings
        self.ledger = ledger
    }

    /// Connects.
    /// - Returns: the sequence numbers that the stream has.
    func open() throws(ReadBackError) -> Range<UInt64> {
        do throws(NATSError) {
            let made = try NATSConnection(settings.servers)
            connection = made
            try made.publish(JetStreamStream.question(settings.stream), body: [], answer: "stream")
            guard let sequences = JetStreamStored.sequences(try answer(on: made).body) else {
                throw NATSError(.other, "the stream \(settings.stream) is not described")
            }
            return sequences
        } catch { throw Self.failure(error) }
    }

    /// What stands under these numbers.
    func read(_ sequences: Range<UInt64>) throws(ReadBackError) -> [Arrival] {
        guard let connection else { throw .failed("there is no connection") }
        var arrivals: [Arrival] = []
        do throws(NATSError) {
            for sequence in sequences {
                try connection.publish(
                    JetStreamStored.place(settings.stream),
                    body: JetStreamStored.question(sequence),
                    answer: String(sequence)
                )
            }
            var waiting = Set(sequences)
            while !waiting.isEmpty {
                let answer = try answer(on: connection)
                guard let sequence = UInt64(answer.token), waiting.remove(sequence) != nil else { continue }
                switch JetStreamStored(body: answer.body) {
                case .nothing: break
                case .refused(let verdict): throw NATSError(.other, verdict.reason)
                case .message(let subject, let headers):
                    if let arrival = arrival(subject, headers) { arrivals.append(arrival) }
                }
            }
        } catch { throw Self.failure(error) }
        return arrivals
    }

    private func arrival(_ subject: String, _ headers: [String: String]) -> Arrival? {
        let id = headers["Nats-Msg-Id"]
        guard NATSSubject.pattern(settings.subject + ".>", covers: subject), id?.hasPrefix(ledger + "/") ?? true else {
            return nil
        }
        return Arrival(
            recordID: id,
            ledger: ledger,
            leafHash: headers["Muniment-Leaf-Hash"].flatMap { Hash(base64: $0) }
        )
    }

    private func answer(on connection: NATSConnection) throws(NATSError) -> NATSConnection.Message {
        let deadline = ContinuousClock.now + settings.timeout
        while !Task.isCancelled, ContinuousClock.now < deadline {
            if let answer = try connection.answer(withinMilliseconds: 50) { return answer }
            if let refusal = connection.refusal { throw refusal }
        }
        throw NATSError(.timeout, "no answer came in time")
    }

    private static func failure(_ error: NATSError) -> ReadBackError {
        .failed(error.code == .permission ? "the credentials do not permit it: \(error)" : "NATS: \(error)")
    }
}
