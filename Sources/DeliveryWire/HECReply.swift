import JSON

/// A reply of the event or acknowledgement endpoint, read tolerantly: proxies answer HTML, and Splunk itself answers some
/// statuses so.
public struct HECReply: Sendable, Hashable {
    /// HTTP status.
    public let status: Int
    /// Splunk's code, when the body is JSON and has one.
    public let code: Int?
    /// Names the request for acknowledgement, when the token uses it.
    public let acknowledgement: UInt64?
    /// Position of the refused event in the request.
    public let invalidEvent: Int?

    /// Reads a reply. Never fails: what cannot be read is left out.
    public init(status: Int, body: [UInt8]) {
        self.status = status
        let value = body.count <= 1 << 20 ? try? JSONValue(parsing: body) : nil
        code = value?["code"]?.int
        acknowledgement = value?["ackId"]?.integer.flatMap { UInt64(exactly: $0) }
        invalidEvent = value?["invalid-event-number"]?.int.flatMap { $0 >= 0 ? $0 : nil }
    }

    /// Whether Splunk stops or something else answers in its place, as a proxy does while it restarts.
    public var mayRestart: Bool { status >= 500 && (code == nil || code == 23) }

    /// What the reply means for a request of `count` events.
    ///
    /// A refusal with codes 6, 12, 13 or 15 stores the events before the one it names. Code 6 that names the first event of many
    /// also means that the body is over the limit of Splunk Cloud, so it proves nothing of that event.
    /// - Parameter acknowledges: whether stored means acknowledged. Without an id to ask for, nothing of a refused request is then
    ///   known to be stored.
    public func verdict(count: Int, acknowledges: Bool = false) -> Verdict {
        var hint = Verdict.Hint.none
        if let invalidEvent, let code, [6, 12, 13, 15].contains(code), invalidEvent < count, invalidEvent > 0 {
            hint = acknowledges && acknowledgement == nil ? .near(invalidEvent) : .stored(prefix: invalidEvent)
        }
        let verdict = ReplyTable.splunkHEC.judge(status: status, code: code, hint: hint)
        guard verdict.replyClass == .split, status != 413 else { return verdict }
        guard code != nil else {
            return Verdict(
                .retry,
                reason: "a refusal (\(status)) without Splunk's code: something between here and Splunk answers"
            )
        }
        guard case .near = hint else { return verdict }
        return Verdict(.split, mayBeStored: true, hint: hint, reason: verdict.reason)
    }
}

/// The reply of `POST /services/collector/ack`.
public enum HECAcknowledgementReply: Sendable, Hashable {
    /// What each id stands at; ids that are not numbers are left out.
    case states([UInt64: Bool])
    /// The question was refused; never a sign that anything was delivered.
    case refused(Verdict)

    /// Reads a reply.
    public init(status: Int, body: [UInt8]) {
        guard status == 200, let members = (try? JSONValue(parsing: body))?["acks"]?.object else {
            let reply = HECReply(status: status, body: body)
            let verdict = reply.verdict(count: 0)
            // A success without acknowledgements is no answer; ask again.
            self = .refused(
                verdict.replyClass == .ok
                    ? Verdict(.retry, reason: "the acknowledgement endpoint answered without acknowledgements")
                    : verdict
            )
            return
        }
        var states: [UInt64: Bool] = [:]
        for (key, value) in members {
            if let id = UInt64(key), let state = value.bool { states[id] = state }
        }
        self = .states(states)
    }
}

/// The body of a question for acknowledgements.
public enum HECAcknowledgementRequest {
    /// `{"acks":[…]}`.
    public static func body(_ ids: some Sequence<UInt64>) -> [UInt8] {
        Array("{\"acks\":[\(ids.map(String.init).joined(separator: ","))]}".utf8)
    }
}
