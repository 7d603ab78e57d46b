import JSON

/// A stream as its server describes it, compared with what a sink needs of it before anything is sent.
public struct JetStreamStream: Sendable, Hashable {
    /// What a sink needs.
    public struct Needs: Sendable, Hashable {
        /// The stream's name.
        public var stream: String
        /// What the sink's subjects begin with.
        public var subject: String
        /// Servers that must hold each message.
        public var replicas: Int
        /// How long, at least, the stream must know a message's id, in milliseconds.
        public var duplicateWindow: Int64

        /// Names them.
        public init(stream: String, subject: String, replicas: Int, duplicateWindow: Int64) {
            self.stream = stream
            self.subject = subject
            self.replicas = replicas
            self.duplicateWindow = duplicateWindow
        }
    }

    /// Where a stream is asked for.
    public static func question(_ name: String) -> String { "$JS.API.STREAM.INFO.\(name)" }

    /// Compares the answer to ``question(_:)`` with what is needed.
    /// - Returns: `ok`, or what is wrong and what to do about it.
    public static func judge(_ body: [UInt8], _ needs: Needs) -> Verdict {
        guard let answer = try? JSONValue(parsing: body) else {
            return Verdict(.retry, reason: "the description of the stream is no JSON")
        }
        if let error = JetStreamError(answer) { return error.verdict }
        guard let config = answer["config"] else { return Verdict(.retry, reason: "the stream is not described") }
        func wrong(_ reason: String) -> Verdict { Verdict(.config, reason: "the stream \(needs.stream) \(reason)") }
        let patterns = config["subjects"]?.array?.compactMap(\.string) ?? []
        guard patterns.contains(where: { NATSSubject.pattern($0, covers: needs.subject + ".*") }) else {
            return wrong("does not take the subjects \(needs.subject).*: add them to it")
        }
        if config["no_ack"]?.bool == true { return wrong("acknowledges nothing: create it without no_ack") }
        if config["sealed"]?.bool == true { return wrong("is sealed: nothing can be added to it") }
        if config["storage"]?.string != "file" { return wrong("keeps messages in memory only: use storage: file") }
        if config["retention"]?.string == "interest" {
            return wrong("drops, acknowledged, what nobody consumes just then: use retention: limits")
        }
        let replicas = config["num_replicas"]?.int ?? 1
        guard replicas >= needs.replicas else {
            return wrong(
                "is on \(replicas) servers where \(needs.replicas) are wanted: add replicas, or set replicas: \(replicas)"
            )
        }
        // Nanoseconds, as all durations of its API.
        let window = (config["duplicate_window"]?.integer ?? 0) / 1_000_000
        guard window >= needs.duplicateWindow else {
            return wrong(
                "knows ids for \(window) ms where \(needs.duplicateWindow) ms are wanted: raise its duplicate_window"
            )
        }
        return Verdict(.ok, reason: "the stream is as it must be")
    }
}

/// Subjects of NATS: words with full stops between them.
public enum NATSSubject {
    /// Whether this can be published to: words without spaces and without the signs that stand for other words.
    public static func isPublishable(_ subject: String) -> Bool {
        !subject.isEmpty
            && subject.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { word in
                !word.isEmpty && word.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x2A && $0 != 0x3E }
            }
    }

    /// A word for any text: what a word cannot hold becomes an underscore.
    public static func word(_ text: String) -> String {
        let bytes = text.utf8.map { byte -> UInt8 in
            switch byte {
            case 0x2E, 0x2A, 0x3E: 0x5F
            case 0x21...0x7E: byte
            default: 0x5F
            }
        }
        return bytes.isEmpty ? "_" : String(decoding: bytes, as: UTF8.self)
    }

    /// Whether a pattern takes everything that another takes. `*` stands for one word, `>` at the end for one or more.
    public static func pattern(_ pattern: String, covers other: String) -> Bool {
        let left = pattern.split(separator: ".", omittingEmptySubsequences: false)
        let right = other.split(separator: ".", omittingEmptySubsequences: false)
        for (position, word) in left.enumerated() {
            guard position < right.count else { return false }
            if word == ">" { return position == left.count - 1 }
            if right[position] == ">" { return false }
            guard word == "*" || word == right[position] else { return false }
        }
        return left.count == right.count
    }
}
