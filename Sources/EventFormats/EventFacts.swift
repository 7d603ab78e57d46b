import JSON

/// How much attention an event asks for. The raw values are OCSF `severity_id`.
public enum EventSeverity: Int, Sendable, Hashable, Comparable, CaseIterable {
    case informational = 1
    case low = 2
    case medium = 3
    case high = 4
    case critical = 5
    case fatal = 6

    public static func < (left: EventSeverity, right: EventSeverity) -> Bool { left.rawValue < right.rawValue }

    /// The word of OCSF for it, in lower case.
    public var word: String {
        switch self {
        case .informational: "informational"
        case .low: "low"
        case .medium: "medium"
        case .high: "high"
        case .critical: "critical"
        case .fatal: "fatal"
        }
    }

    /// Reads ``word``.
    public init?(word: String) {
        guard let severity = Self.allCases.first(where: { $0.word == word }) else { return nil }
        self = severity
    }

    /// Severity of RFC 5424 section 6.2.1: notice, notice, warning, critical, alert, emergency.
    public var syslog: Int {
        switch self {
        case .informational, .low: 5
        case .medium: 4
        case .high: 2
        case .critical: 1
        case .fatal: 0
        }
    }

    /// Severity of CEF, 0 to 10: up to 3 is low, 4 to 6 medium, 7 and 8 high, 9 and 10 very high.
    public var cef: Int {
        switch self {
        case .informational: 1
        case .low: 3
        case .medium: 5
        case .high: 8
        case .critical, .fatal: 10
        }
    }
}

/// What an event was about, in the words that the formats share. Each kind of event has one row in ``table``.
enum EventKind: Sendable, Hashable {
    /// Customer data was asked for.
    case read
    /// What an earlier read said is corrected.
    case correction
    /// Somebody was refused for want of credentials.
    case authentication
    /// A thing under management changed.
    case entity(EntityChange)
    /// The software itself began, ended or was installed.
    case lifecycle(Lifecycle)
    /// The store of the ledger was copied, put back or written to.
    case store(StoreChange)
    /// Somebody read the record.
    case trailRead
    /// An alert in one stage of its life.
    case finding(FindingStage)
    /// A case of containment in one stage of its life.
    case containment(ContainmentStage)
    /// Anything else; nothing is left out because this version does not know it.
    case other

    enum EntityChange: Sendable { case create, update, deactivate }
    enum Lifecycle: Sendable { case install, start, stop }
    enum StoreChange: Sendable { case backup, restore, write }
    enum FindingStage: Sendable { case create, update, close }
    enum ContainmentStage: Sendable {
        /// It was decided, or made ready; nothing was done.
        case decision
        /// It was done; whether it holds is not known yet, is, or could not be found out.
        case accepted, shown, unknown
        /// It is being put back, or was.
        case restoring, restored
        case failed

        init(_ name: some StringProtocol) {
            self =
                switch name {
                case "PERFORMED": .accepted
                case "EFFECT_VERIFIED", "FOUND_DONE": .shown
                case "EFFECT_UNKNOWN": .unknown
                case "UNDO_REQUESTED", "UNDO_PERFORMED": .restoring
                case "UNDONE": .restored
                case "ATTEMPT_FAILED", "FAILED": .failed
                default: .decision
                }
        }
    }

    private static let table: [String: EventKind] = [
        "CUSTOMER_DATA_ACCESSED": .read,
        "CUSTOMER_DATA_ACCESS_REFUSED": .read,
        "DISCLOSURE_CORRECTED": .correction,
        "BINDING_CORRECTED": .correction,
        "AUTHENTICATION_FAILED": .authentication,
        "API_CLIENT_CREATED": .entity(.create),
        "API_CLIENT_ROTATED": .entity(.update),
        "API_CLIENT_REVOKED": .entity(.deactivate),
        "CONFIGURATION_CHANGED": .entity(.update),
        "LEDGER_CREATED": .lifecycle(.install),
        "SERVER_STARTED": .lifecycle(.start),
        "SERVER_STOPPED": .lifecycle(.stop),
        "SPOOL_REPLAYED": .store(.write),
        "BACKUP_CREATED": .store(.backup),
        "LEDGER_RESTORE_ACCEPTED": .store(.restore),
        "AUDIT_TRAIL_READ": .trailRead,
        "REDACTION_REVERSED": .trailRead,
        "DETECTION_ALERT_RAISED": .finding(.create),
        "DETECTION_ALERT_UPDATED": .finding(.update),
        "DETECTION_ALERT_ACKNOWLEDGED": .finding(.update),
        "DETECTION_ALERT_REOPENED": .finding(.update),
        "DETECTION_ALERT_ASSIGNED": .finding(.update),
        "DETECTION_ALERT_NOTED": .finding(.update),
        "DETECTION_ALERT_CLEARED": .finding(.close),
        "DETECTION_ALERT_RESOLVED": .finding(.close),
        "DETECTION_ALERT_DISMISSED": .finding(.close),
    ]

    static func of(_ type: String) -> EventKind {
        if let known = table[type] { return known }
        return type.hasPrefix(containment) ? .containment(ContainmentStage(type.dropFirst(containment.count))) : .other
    }

    private static let containment = "CONTAINMENT_"
}

/// The facts of an event under names that all formats share, so that a format is only a way of writing them.
struct EventFacts {
    enum Result {
        case success, failure, unknown
    }

    let event: RecordedEvent
    let kind: EventKind
    /// The members that the destination may see.
    let visible: [String: JSONValue]

    init(_ event: RecordedEvent, _ projection: FieldProjection) {
        self.event = event
        kind = EventKind.of(event.type)
        visible = projection.isWhole ? event.members : projection.apply(to: event.members)
    }

    func text(_ name: String) -> String? { visible[name]?.string.flatMap { $0.isEmpty ? nil : $0 } }

    /// Who acted: the agent, or the operator or client that the event names.
    var actor: String? { text("agentId") ?? text("actor") }
    /// The customer's token.
    var customer: String? { text("customerId") }
    /// The conversation, or the event that this one corrects.
    var correlation: String? {
        text("interactionId") ?? text("correctedEventId") ?? text("alertId") ?? text("containmentId")
    }
    /// The caller of the interface.
    var client: String? { text("clientId") }
    /// What was asked of the interface.
    var operation: String? { text("route") ?? text("question") }
    /// The caller's IP address, when the member holds nothing else.
    var address: String? { text("remoteAddress").flatMap { IPAddressText.isAddress($0) ? $0 : nil } }

    /// Did what the event tells of succeed?
    var result: Result {
        switch event.type {
        case "CUSTOMER_DATA_ACCESSED": .success
        case "CUSTOMER_DATA_ACCESS_REFUSED", "AUTHENTICATION_FAILED": .failure
        default: outcome
        }
    }

    private var outcome: Result {
        switch kind {
        case .other, .containment(.accepted), .containment(.unknown), .containment(.restoring): .unknown
        case .containment(.failed): .failure
        default: .success
        }
    }

    /// How much attention it asks for: the alert's own word, else by what happened.
    var severity: EventSeverity {
        if let word = text("severity"), let severity = EventSeverity(word: word) { return severity }
        switch kind {
        case .finding: return .high
        case .read, .correction:
            let isContradicted = event.text("binding") == "contradicted"
            let isFast = event.members["overVelocityLimit"]?.bool == true
            if isContradicted || isFast { return .medium }
            return event.type == "CUSTOMER_DATA_ACCESSED" ? .informational : .low
        case .authentication: return .low
        case .containment(.failed), .containment(.unknown): return .medium
        case .containment: return .low
        case .store(.restore): return .medium
        case .lifecycle(.start): return event.text("previousStop") == "unclean" ? .low : .informational
        case .entity, .lifecycle, .store, .trailRead, .other: return .informational
        }
    }

    /// The kind of event as a sentence would begin: `Customer data accessed`.
    var title: String {
        let words = event.type.lowercased().split(separator: "_").joined(separator: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }

    /// The visible members that are not among the envelope and not among `told`.
    func rest(without told: Set<String>) -> [String: JSONValue] {
        visible.filter { !RecordedEvent.envelope.contains($0.key) && !told.contains($0.key) }
    }
}

/// Tells an IP address from another text.
enum IPAddressText {
    static func isAddress(_ text: String) -> Bool { isIPv4(text[...]) || isIPv6(text) }

    private static func isIPv4(_ text: Substring) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.utf8.count) && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
                    && UInt8(part) != nil
            }
    }

    private static func isIPv6(_ text: String) -> Bool {
        let halves = text.split(separator: "::", omittingEmptySubsequences: false)
        guard text.contains(":"), halves.count <= 2 else { return false }
        var groups = 0
        for (position, half) in halves.enumerated() where !half.isEmpty {
            let parts = half.split(separator: ":", omittingEmptySubsequences: false)
            for (number, part) in parts.enumerated() {
                let isLast = position == halves.count - 1 && number == parts.count - 1
                if isLast, isIPv4(part) {
                    groups += 2
                } else if (1...4).contains(part.utf8.count), UInt16(part, radix: 16) != nil {
                    groups += 1
                } else {
                    return false
                }
            }
        }
        return halves.count == 2 ? groups < 8 : groups == 8
    }
}

extension EventSeverity {
    /// How much attention a record asks for: an alert's own word, else by what happened.
    public init(of record: RecordedEvent) { self = EventFacts(record, .everything).severity }
}
