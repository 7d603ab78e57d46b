import JSON

/// What a kind of destination's replies mean, as data. The first row that fits decides; the last row fits everything, and is
/// the cautious one.
public struct ReplyTable: Sendable, Hashable {
    /// One row.
    public struct Row: Sendable, Hashable {
        /// HTTP statuses it is for.
        public let statuses: ClosedRange<Int>
        /// Codes in the body it is for; nil for any and for none.
        public let codes: Set<Int>?
        /// What the reply means.
        public let replyClass: ReplyClass
        /// Whether the records may have been stored.
        public let mayBeStored: Bool
        /// Whether the destination is nearly full.
        public let asksToSlowDown: Bool
        /// In words, with what to do.
        public let reason: String

        /// Makes a row.
        public init(
            _ statuses: ClosedRange<Int>,
            codes: Set<Int>? = nil,
            _ replyClass: ReplyClass,
            mayBeStored: Bool = false,
            slowDown: Bool = false,
            _ reason: String
        ) {
            self.statuses = statuses
            self.codes = codes
            self.replyClass = replyClass
            self.mayBeStored = mayBeStored
            asksToSlowDown = slowDown
            self.reason = reason
        }

        func fits(_ status: Int, _ code: Int?) -> Bool {
            guard statuses.contains(status) else { return false }
            guard let codes else { return true }
            return code.map(codes.contains) ?? false
        }
    }

    /// The rows, first match first.
    public let rows: [Row]

    /// Makes a table.
    public init(rows: [Row]) { self.rows = rows }

    /// Judges a reply by its status and, where the body has one, the code in it.
    public func judge(status: Int, code: Int? = nil, hint: Verdict.Hint = .none) -> Verdict {
        guard let row = rows.first(where: { $0.fits(status, code) }) else {
            return Verdict(.retry, mayBeStored: true, reason: "a reply with status \(status) is not known here")
        }
        return Verdict(
            row.replyClass,
            mayBeStored: row.mayBeStored,
            asksToSlowDown: row.asksToSlowDown,
            hint: row.replyClass == .split ? hint : .none,
            reason: row.reason
        )
    }

    /// Statuses that mean the same everywhere; kinds of destination put their own rows before these.
    private static let common: [Row] = [
        Row(300...399, .config, "redirected; set the address that is redirected to"),
        Row(401...401, .auth, "the credentials are refused; set new ones"),
        Row(403...403, .auth, "the credentials do not permit this; grant it or set others"),
        Row(404...405, .config, "nothing answers at this path; correct the address"),
        Row(407...407, .config, "a proxy asks for credentials"),
        Row(408...408, .retry, mayBeStored: true, "the destination gave up waiting for the request"),
        Row(413...413, .split, "the request is too large"),
        Row(415...415, .config, "the destination does not take this encoding of the body"),
        Row(429...429, .throttle, "the destination is at its limit"),
        Row(503...503, .throttle, mayBeStored: true, "the destination is busy"),
        Row(500...599, .retry, mayBeStored: true, "the destination failed"),
        Row(400...499, .split, "the request is refused"),
    ]

    /// Splunk HTTP Event Collector: codes of the reply's body, as its documentation lists them and as recorded against Splunk
    /// Enterprise 10.4 and Splunk Cloud 10.5.
    public static let splunkHEC = ReplyTable(
        rows: [
            Row(200...200, codes: [0], .ok, "stored"),
            Row(
                200...200,
                codes: [24, 25],
                .ok,
                slowDown: true,
                "stored; the queue or the acknowledgements are nearly full"
            ),
            // A proxy or a login page can answer 200 too.
            Row(
                200...299,
                .config,
                mayBeStored: true,
                "a success without Splunk's code 0: something else answers at this address"
            ),
            Row(
                400...400,
                codes: [7],
                .config,
                "the index is not allowed for the token; all events of a lane name the same"
            ),
            Row(400...400, codes: [10, 28], .config, "the channel is missing"),
            Row(400...400, codes: [11], .config, "the channel is not a GUID"),
            Row(400...400, codes: [14], .config, "the token has acknowledgements off"),
            Row(400...400, codes: [16], .config, "the token may not stand in the query"),
            // What is sent always holds events: something between here and Splunk takes the body away.
            Row(400...400, codes: [5], .config, "no data: something on the way empties the body"),
            Row(400...400, codes: [6, 12, 13, 15], .split, "an event is refused, or the body is over the limit"),
            Row(401...401, codes: [2, 3], .auth, "the token is missing or malformed"),
            Row(403...403, codes: [1], .auth, "the token is disabled"),
            Row(403...403, codes: [4], .auth, "the token is not known"),
            Row(429...429, codes: [26, 27], .throttle, "the queue or the acknowledgements are full"),
            Row(500...500, codes: [8], .retry, mayBeStored: true, "Splunk failed inside"),
            Row(503...503, codes: [9, 18, 19, 20, 23], .throttle, "Splunk is busy, unhealthy or stopping"),
        ] + common
    )

    /// Datadog logs intake, version 2.
    public static let datadogLogs = ReplyTable(
        rows: [
            Row(202...202, .ok, "taken"),
            Row(
                200...299,
                .config,
                mayBeStored: true,
                "a success other than 202: something else answers at this address"
            ),
            Row(400...400, .split, "an entry is refused"),
        ] + common
    )

    /// Judges a reply of Datadog's. It refuses entries with a JSON object; a proxy does with a page, which says nothing of the entries.
    public static func datadog(status: Int, body: [UInt8]) -> Verdict {
        let verdict = datadogLogs.judge(status: status)
        guard status == 400, (try? JSONValue(parsing: body))?.object == nil else { return verdict }
        return Verdict(.retry, reason: "a refusal that is no JSON: something between here and Datadog answers")
    }

    /// Receivers of Standard Webhooks: any 2xx is taken, redirects are not followed, 410 asks never to be called again, and
    /// 502 and 504 are read as asking for patience.
    public static let webhook = ReplyTable(
        rows: [
            Row(200...299, .ok, "taken"),
            Row(410...410, .config, "the receiver has gone and asks not to be called again"),
            Row(502...502, .throttle, mayBeStored: true, "the receiver is not reachable behind its gateway"),
            Row(504...504, .throttle, mayBeStored: true, "the receiver did not answer its gateway in time"),
            Row(409...409, .retry, mayBeStored: true, "the receiver is working on the same message"),
            Row(400...400, .poison, "the receiver refuses the message"),
            Row(413...413, .poison, "the message is too large for the receiver"),
            Row(422...422, .poison, "the receiver refuses the message"),
        ] + common
    )
}

/// Why no reply came.
public enum TransportFailure: String, Error, Sendable, Hashable, CaseIterable {
    /// The name has no address.
    case nameNotFound
    /// The name leads to an address that nothing may be sent to.
    case forbiddenAddress
    /// No connection came about.
    case notConnected
    /// The certificate is not trusted, or the peer wants one of ours.
    case tls
    /// The connection broke before the whole request was written.
    case brokenWhileSending
    /// The connection broke, or the time was up, after the request was written.
    case noReply
    /// What came is not HTTP.
    case malformedReply

    /// What the failure means, for every kind of destination alike.
    public var verdict: Verdict {
        switch self {
        case .nameNotFound: Verdict(.retry, reason: "the destination's name has no address")
        case .forbiddenAddress:
            Verdict(
                .config,
                reason:
                    "the destination's name leads to a link-local address, at which clouds hand out credentials; nothing was sent"
            )
        case .notConnected: Verdict(.retry, reason: "no connection to the destination")
        case .tls: Verdict(.config, reason: "TLS failed: trust the destination's certificate or present one of ours")
        case .brokenWhileSending:
            Verdict(.retry, mayBeStored: true, reason: "the connection broke while the request was sent")
        case .noReply: Verdict(.retry, mayBeStored: true, reason: "no reply came to the request")
        case .malformedReply: Verdict(.retry, mayBeStored: true, reason: "the reply is not HTTP")
        }
    }
}
