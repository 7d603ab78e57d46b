import JSON

/// What JetStream answers to a message that was published to a stream's subject.
public enum JetStreamReply: Sendable, Hashable {
    /// A stream stored it, or had it already under the same id.
    case stored(stream: String, sequence: UInt64, isDuplicate: Bool)
    /// It is not stored, or nobody knows.
    case refused(Verdict)

    /// Reads an answer. Never fails: what is no acknowledgement is none.
    public init(body: [UInt8]) {
        guard let value = try? JSONValue(parsing: body) else {
            self = .refused(
                Verdict(
                    .config,
                    mayBeStored: true,
                    reason: "the answer is none of JetStream's: set the stream's subjects"
                )
            )
            return
        }
        if let error = JetStreamError(value) {
            self = .refused(error.verdict)
        } else if let stream = value["stream"]?.string,
            let sequence = value["seq"]?.integer.flatMap({ UInt64(exactly: $0) })
        {
            self = .stored(stream: stream, sequence: sequence, isDuplicate: value["duplicate"]?.bool == true)
        } else {
            self = .refused(Verdict(.retry, mayBeStored: true, reason: "the answer names no stream"))
        }
    }
}

/// An error that JetStream's server answers with: `{"error":{"code":…,"err_code":…}}`.
struct JetStreamError {
    let verdict: Verdict

    init?(_ value: JSONValue) {
        guard let error = value["error"] else { return nil }
        verdict = ReplyTable.jetStream.judge(status: error["code"]?.int ?? 500, code: error["err_code"]?.int)
    }
}

extension ReplyTable {
    /// JetStream: codes as the server's own list of errors has them (`server/errors.json` of nats-server), with the HTTP-like status
    /// that stands beside each. Only what is said of a message's size is held against the message: whatever else is refused, and is
    /// not known here to pass, stops the lane and keeps everything. The descriptions that come along are not repeated: they may hold
    /// subjects.
    public static let jetStream = ReplyTable(rows: [
        Row(
            400...400,
            codes: [10_054, 10_097],
            .split,
            "a message, or what heads it, is larger than the stream takes"
        ),
        Row(400...400, codes: [10_060], .config, "another stream takes the subject"),
        Row(400...400, codes: [10_109], .config, "the stream is sealed: nothing can be added to it"),
        Row(400...400, codes: [10_002], .throttle, "the account has no room left"),
        Row(500...500, codes: [10_028, 10_047], .throttle, "the servers have no room left"),
        Row(503...503, codes: [10_023], .throttle, "the servers have no room left"),
        Row(503...503, codes: [10_077], .throttle, "the stream is full or cannot store"),
        Row(503...503, codes: [10_035, 10_039, 10_076], .config, "JetStream is not enabled for this account"),
        Row(404...404, .config, "there is no such stream: create it, or correct 'stream'"),
        Row(403...403, .auth, "the credentials do not permit this; grant it or set others"),
        Row(503...503, .retry, mayBeStored: true, "the stream has no leader at present"),
        Row(500...599, .retry, mayBeStored: true, "the server failed"),
        Row(400...499, .config, "the stream refuses what it is sent"),
    ])
}
