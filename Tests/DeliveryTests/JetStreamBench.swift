import DeliveryWire
import FoundationEssentials
import JSON
import NATS
import TestStores
import Testing

@testable import Delivery

/// A stream on real servers, for one test.
final class JetStreamBench: Sendable {
    let servers: NATSServers
    let stream = "MUNIMENT"

    init(nodes: Int = 1) throws { servers = try NATSServers(nodes: nodes) }

    /// Creates the stream, or changes it; `more` stands in its configuration as it is.
    func configure(replicas: Int = 1, _ more: [String: JSONValue] = [:], isUpdate: Bool = false) async throws {
        var config: [String: JSONValue] = [
            "name": .string(stream), "subjects": ["muniment.>"], "storage": "file", "retention": "limits",
            "num_replicas": .integer(Int64(replicas)), "duplicate_window": 120_000_000_000,
        ]
        for (key, value) in more { config[key] = value }
        let verb = isUpdate ? "UPDATE" : "CREATE"
        // A cluster that was just started elects a leader first.
        try await eventually("the stream was not made") {
            let answer = try? await self.ask("$JS.API.STREAM.\(verb).\(self.stream)", .object(config))
            return answer?["config"] != nil
        }
    }

    /// Asks the servers.
    func ask(_ subject: String, _ question: JSONValue = [:]) async throws -> JSONValue {
        try await asking { try $0.answers([(subject, question)])[0] }
    }

    /// Ids of the records in the stream, in its order.
    func stored() async throws -> [String] {
        let info = try await ask(JetStreamStream.question(stream))
        let last = try #require(info["state"]?["last_seq"]?.int)
        guard last > 0 else { return [] }
        return try await asking { [stream] connection in
            let questions = (1...last).map { sequence in
                ("$JS.API.STREAM.MSG.GET.\(stream)", ["seq": .integer(Int64(sequence))] as JSONValue)
            }
            return try connection.answers(questions).compactMap { answer in
                guard let headers = answer["message"]?["hdrs"]?.string,
                    let text = Data(base64Encoded: headers).map({ String(decoding: $0, as: UTF8.self) }),
                    let start = text.firstRange(of: "Nats-Msg-Id: ")?.upperBound
                else { return nil }
                return String(text[start...].prefix { !$0.isNewline })
            }
        }
    }

    /// The indexes of the entries in the stream.
    func indexes() async throws -> [UInt64] { try await stored().compactMap { recordIndex($0) } }

    private func asking<Value: Sendable>(
        _ body: @escaping @Sendable (NATSConnection) throws -> Value
    ) async throws -> Value {
        let settings = NATSSettings(servers: servers.addresses)
        return try await Waiting.run { try body(NATSConnection(settings)) }
    }

    /// A sink for it.
    func sink(
        port: Int? = nil,
        replicas: Int = 1,
        window: Int = 100,
        timeout: Duration = .seconds(5),
        _ change: (inout JetStreamSink.Settings) -> Void = { _ in }
    ) -> JetStreamSink {
        var servers = NATSSettings(servers: port.map { ["nats://127.0.0.1:\($0)"] } ?? servers.addresses)
        servers.timeoutMilliseconds = Int(timeout.wholeMilliseconds)
        var settings = JetStreamSink.Settings(servers: servers, stream: stream, subject: "muniment.events")
        settings.replicas = replicas
        settings.window = window
        settings.timeout = timeout
        change(&settings)
        return JetStreamSink(settings, shaping: testShaping)
    }
}

extension NATSConnection {
    /// Answers to questions, in their order.
    fileprivate func answers(_ questions: [(subject: String, question: JSONValue)]) throws -> [JSONValue] {
        for (position, asked) in questions.enumerated() {
            try publish(asked.subject, body: try asked.question.canonicalBytes(), answer: String(position))
        }
        var answers: [Int: JSONValue] = [:]
        while answers.count < questions.count {
            guard let answer = try self.answer(withinMilliseconds: 5000) else {
                throw NATSError(.timeout, "no answer")
            }
            answers[try #require(Int(answer.token))] = try JSONValue(parsing: answer.body)
        }
        return try questions.indices.map { try #require(answers[$0]) }
    }
}
