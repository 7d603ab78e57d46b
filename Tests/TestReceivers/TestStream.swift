import FoundationEssentials
public import JSON
import NATS

/// A stream on real servers, for one test. Its calls block.
public final class TestStream: Sendable {
    /// The servers.
    public let servers: NATSServers
    /// The stream's name.
    public let name = "MUNIMENT"

    /// Starts the servers; ``configure(replicas:_:isUpdate:)`` makes the stream.
    public init(nodes: Int = 1) throws { servers = try NATSServers(nodes: nodes) }

    /// Makes the stream, or changes it; `more` stands in its configuration as it is.
    public func configure(replicas: Int = 1, _ more: [String: JSONValue] = [:], isUpdate: Bool = false) throws {
        var config: [String: JSONValue] = [
            "name": .string(name), "subjects": ["muniment.>"], "storage": "file", "retention": "limits",
            "num_replicas": .integer(Int64(replicas)), "duplicate_window": 120_000_000_000,
        ]
        for (key, value) in more { config[key] = value }
        let subject = "$JS.API.STREAM.\(isUpdate ? "UPDATE" : "CREATE").\(name)"
        // A cluster that was just started elects a leader first, and answers nothing or errors until then.
        var answer: JSONValue?
        for _ in 0..<30 {
            answer = try? ask(subject, .object(config))
            if answer?["config"] != nil { return }
        }
        throw NATSError(.other, "the stream was not made: \(answer?["error"]?["description"]?.string ?? "no answer")")
    }

    /// How many messages it holds.
    public func count() throws -> Int {
        try patiently { try ask("$JS.API.STREAM.INFO.\(name)") }["state"]?["messages"]?.int ?? 0
    }

    /// Ids of the messages, in the order of the stream.
    public func ids() throws -> [String] {
        let last = try patiently { try ask("$JS.API.STREAM.INFO.\(name)") }["state"]?["last_seq"]?.int ?? 0
        guard last > 0 else { return [] }
        let questions = (1...last).map { sequence in
            ("$JS.API.STREAM.MSG.GET.\(name)", ["seq": .integer(Int64(sequence))] as JSONValue)
        }
        return try patiently { try answers(questions) }.compactMap { answer in
            guard let headers = answer["message"]?["hdrs"]?.string,
                let text = Data(base64Encoded: headers).map({ String(decoding: $0, as: UTF8.self) }),
                let start = text.firstRange(of: "Nats-Msg-Id: ")?.upperBound
            else { return nil }
            return String(text[start...].prefix { !$0.isNewline })
        }
    }

    /// Deletes messages by their sequence numbers.
    public func delete(_ sequences: some Sequence<Int>) throws {
        for sequence in sequences {
            let answer = try ask("$JS.API.STREAM.MSG.DELETE.\(name)", ["seq": .integer(Int64(sequence))])
            guard answer["success"]?.bool == true else { throw NATSError(.other, "it was not deleted") }
        }
    }

    /// Publishes a message.
    public func add(_ subject: String, _ headers: [(name: String, value: String)]) throws {
        let connection = try NATSConnection(NATSSettings(servers: servers.addresses))
        try connection.publish(subject, headers: headers, body: Array("{}".utf8), answer: "added")
        guard let answer = try connection.answer(withinMilliseconds: 3000),
            try JSONValue(parsing: answer.body)["seq"] != nil
        else { throw NATSError(.other, "it was not stored") }
    }

    /// Asks again where nobody answers: servers that have lost their leader drop what they are asked.
    private func patiently<Value>(_ body: () throws -> Value) throws -> Value {
        for _ in 0..<9 {
            do { return try body() } catch let error as NATSError where error.code == .timeout { continue }
        }
        return try body()
    }

    private func ask(_ subject: String, _ question: JSONValue = [:]) throws -> JSONValue {
        try answers([(subject, question)]).first ?? .null
    }

    /// Answers to questions, in their order.
    private func answers(_ questions: [(subject: String, question: JSONValue)]) throws -> [JSONValue] {
        let connection = try NATSConnection(NATSSettings(servers: servers.addresses))
        for (position, asked) in questions.enumerated() {
            try connection.publish(asked.subject, body: try asked.question.canonicalBytes(), answer: String(position))
        }
        var answers: [Int: JSONValue] = [:]
        while answers.count < questions.count {
            guard let answer = try connection.answer(withinMilliseconds: 3000) else {
                throw NATSError(.timeout, "no answer")
            }
            if let position = Int(answer.token) { answers[position] = try JSONValue(parsing: answer.body) }
        }
        return questions.indices.compactMap { answers[$0] }
    }
}
