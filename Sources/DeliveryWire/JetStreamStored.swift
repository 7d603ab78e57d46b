import JSON
import TextEncoding

/// What a stream holds under one of its sequence numbers, as its server tells it.
public enum JetStreamStored: Sendable, Hashable {
    /// A message.
    case message(subject: String, headers: [String: String])
    /// None: it was deleted, or fell out of the stream.
    case nothing
    /// It is not told.
    case refused(Verdict)

    /// Where a message is asked for. The stream's leader answers, so nothing that it acknowledged is left out.
    public static func place(_ stream: String) -> String { "$JS.API.STREAM.MSG.GET.\(stream)" }

    /// What is asked there.
    public static func question(_ sequence: UInt64) -> [UInt8] { Array("{\"seq\":\(sequence)}".utf8) }

    /// Reads an answer.
    public init(body: [UInt8]) {
        guard let answer = try? JSONValue(parsing: body) else {
            self = .refused(Verdict(.retry, reason: "the answer is no JSON"))
            return
        }
        // "no message found" of the server's list of errors.
        if answer["error"]?["err_code"]?.int == 10_037 {
            self = .nothing
        } else if let error = JetStreamError(answer) {
            self = .refused(error.verdict)
        } else if let message = answer["message"], let subject = message["subject"]?.string,
            let headers = Self.headers(message["hdrs"])
        {
            self = .message(subject: subject, headers: headers)
        } else {
            self = .refused(Verdict(.retry, reason: "the answer holds no message"))
        }
    }

    /// The sequence numbers that a stream has, from the answer to ``JetStreamStream/question(_:)``; nil when it does not say.
    public static func sequences(_ body: [UInt8]) -> Range<UInt64>? {
        guard let state = (try? JSONValue(parsing: body))?["state"],
            let first = state["first_seq"]?.integer.flatMap({ UInt64(exactly: $0) }),
            let last = state["last_seq"]?.integer.flatMap({ UInt64(exactly: $0) }), last < .max
        else { return nil }
        // Numbers begin at 1; one that never held a message says 0.
        return last > 0 && first <= last ? max(first, 1)..<last + 1 : 1..<1
    }

    /// `NATS/1.0`, then a line for each: name, colon, value. Of a name that comes twice the first counts.
    private static func headers(_ value: JSONValue?) -> [String: String]? {
        guard let value else { return [:] }
        guard let bytes = value.string.flatMap({ Base64.decode($0.utf8) }) else { return nil }
        let lines = bytes.split(whereSeparator: { $0 == 0x0D || $0 == 0x0A })
        guard lines.first?.starts(with: "NATS/1.0".utf8) == true else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
            let name = String(decoding: line[..<colon], as: UTF8.self)
            let text = line[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
            if headers[name] == nil { headers[name] = String(decoding: text, as: UTF8.self) }
        }
        return headers
    }
}
