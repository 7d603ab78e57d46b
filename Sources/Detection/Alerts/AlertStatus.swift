public import WallTime

/// Where an alert stands.
public enum AlertStatus: String, Sendable, Hashable, Codable, CaseIterable {
    /// Nobody has taken it up.
    case open
    /// Somebody is looking into it.
    case acknowledged
    /// It was dealt with, or late facts explained it.
    case resolved
    /// It is not worth pursuing, until its dismissal expires.
    case dismissed
}

/// What a person does with an alert.
public enum AlertCommand: Sendable, Hashable {
    /// Takes it up, and says what for, if there is anything to say.
    case acknowledge(reason: String? = nil)
    /// Says that it was dealt with, and how.
    case resolve(reason: String)
    /// Says why it and its like are not worth pursuing, and until when.
    case dismiss(reason: String, until: Timestamp)
    /// Takes a decision back.
    case reopen(reason: String)
}

/// Why a command was refused.
public enum AlertError: Error, Hashable, Sendable, CustomStringConvertible {
    /// No alert has this id.
    case unknownAlert(String)
    /// The alert does not stand where the command can be given.
    case wrongStatus(AlertStatus, allowed: [AlertStatus])
    /// A reason is needed and was empty.
    case reasonMissing
    /// A dismissal or suppression must end, after now and within a year.
    case expiryOutOfRange
    /// No rule has this name or code.
    case unknownRule(String)
    /// Neither a rule nor an entity was named.
    case suppressesEverything
    /// No suppression that lasts has this id.
    case unknownSuppression(String)
    /// What names somebody or something is not an identifier: it has spaces or other signs, or looks like personal data.
    case notAnIdentifier(field: String)
    /// Others decide about it all the time.
    case overtaken

    /// One line that says what to do.
    public var description: String {
        switch self {
        case .unknownAlert(let id): "there is no alert '\(id)'; list them with 'muniment alerts'"
        case .wrongStatus(let status, let allowed):
            "the alert is \(status.rawValue); this can be done when it is "
                + allowed.map(\.rawValue).joined(separator: " or ")
        case .reasonMissing: "give a reason: it stays in the record"
        case .expiryOutOfRange: "it needs an end later than now and within a year"
        case .unknownRule(let name): "there is no rule '\(name)'; list them with 'muniment rules'"
        case .suppressesEverything: "name a rule or an entity: nothing may silence everything"
        case .unknownSuppression(let id):
            "there is no suppression '\(id)' that lasts; list them with 'muniment alerts suppressions'"
        case .notAnIdentifier(let field):
            "\(field): give an id of letters, digits and . _ ~ @ + : / - that holds no personal data, since it stays in the record"
        case .overtaken: "others decide about it at this moment: look at it again"
        }
    }
}

extension AlertCommand {
    /// Reads the event that tells of a decision; nil for an event of another kind.
    /// - Parameter text: the event's member of that name, where it is a text.
    public init?(eventType: String, _ text: (_ name: String) -> String?) {
        let reason = text("reason") ?? ""
        switch eventType {
        case "DETECTION_ALERT_ACKNOWLEDGED": self = .acknowledge(reason: text("reason"))
        case "DETECTION_ALERT_RESOLVED": self = .resolve(reason: reason)
        case "DETECTION_ALERT_DISMISSED":
            guard let until = text("until").flatMap({ Timestamp($0) }) else { return nil }
            self = .dismiss(reason: reason, until: until)
        case "DETECTION_ALERT_REOPENED": self = .reopen(reason: reason)
        default: return nil
        }
    }

    static let longestDismissalSeconds: Int64 = 366 * 86_400

    /// Where the alert stands after the command.
    /// - Throws: ``AlertError`` when the command cannot be given.
    public func apply(to status: AlertStatus, at now: Timestamp) throws(AlertError) -> AlertStatus {
        switch self {
        case .acknowledge(let reason):
            try Self.require(status, [.open])
            if let reason { try Self.require(reason) }
            return .acknowledged
        case .resolve(let reason):
            try Self.require(status, [.open, .acknowledged])
            try Self.require(reason)
            return .resolved
        case .dismiss(let reason, let until):
            try Self.require(status, [.open, .acknowledged])
            try Self.require(reason)
            try Self.require(until, after: now)
            return .dismissed
        case .reopen(let reason):
            try Self.require(status, [.acknowledged, .resolved, .dismissed])
            try Self.require(reason)
            return .open
        }
    }

    private static func require(_ status: AlertStatus, _ allowed: [AlertStatus]) throws(AlertError) {
        guard allowed.contains(status) else { throw .wrongStatus(status, allowed: allowed) }
    }

    static func require(_ until: Timestamp, after now: Timestamp) throws(AlertError) {
        guard until > now, until <= now.adding(seconds: longestDismissalSeconds) else { throw .expiryOutOfRange }
    }

    /// Checks words that stay in the record.
    /// - Throws: ``AlertError/reasonMissing`` when there are none.
    public static func require(_ reason: String) throws(AlertError) {
        guard reason.contains(where: { !$0.isWhitespace }) else { throw .reasonMissing }
    }
}
