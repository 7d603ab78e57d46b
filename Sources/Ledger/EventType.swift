/// The kinds of event, by their stable names. A name is never reused with another meaning; a change of an event's fields that
/// a reader could trip over raises its schema version.
public struct EventType: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// The name in SCREAMING_SNAKE_CASE.
    public let rawValue: String

    /// Names a kind of event.
    public init(rawValue: String) { self.rawValue = rawValue }

    public var description: String { rawValue }

    /// Customer data was released to an agent's desktop. Recorded before the first byte left.
    public static let customerDataAccessed = EventType(rawValue: "CUSTOMER_DATA_ACCESSED")
    /// A read was asked for and nothing was released: refused, not found, upstream failed, limit exceeded.
    public static let customerDataAccessRefused = EventType(rawValue: "CUSTOMER_DATA_ACCESS_REFUSED")
    /// What an earlier event said of a release was not what happened: the client went away first.
    public static let disclosureCorrected = EventType(rawValue: "DISCLOSURE_CORRECTED")
    /// Platform facts that came too late for an earlier read have arrived, and this is what they say.
    public static let bindingCorrected = EventType(rawValue: "BINDING_CORRECTED")
    /// Reads recorded in a local journal while the ledger's store was away are now in the ledger.
    public static let spoolReplayed = EventType(rawValue: "SPOOL_REPLAYED")
    /// Callers were refused for want of valid credentials; one event counts the attempts of a minute.
    public static let authenticationFailed = EventType(rawValue: "AUTHENTICATION_FAILED")

    /// The ledger was made; always entry 0.
    public static let ledgerCreated = EventType(rawValue: "LEDGER_CREATED")
    /// An operator accepted that the store is older than, or other than, what was last signed.
    public static let ledgerRestoreAccepted = EventType(rawValue: "LEDGER_RESTORE_ACCEPTED")
    /// The ledger was moved from a file into a database, entry by entry under the same root.
    public static let ledgerMoved = EventType(rawValue: "LEDGER_MOVED")
    /// A further node was set up to append to the ledger.
    public static let nodeJoined = EventType(rawValue: "NODE_JOINED")
    /// A copy of the store was made.
    public static let backupCreated = EventType(rawValue: "BACKUP_CREATED")
    /// A server process began to serve.
    public static let serverStarted = EventType(rawValue: "SERVER_STARTED")
    /// A server process ended in order.
    public static let serverStopped = EventType(rawValue: "SERVER_STOPPED")
    /// The configuration differs from the one last recorded.
    public static let configurationChanged = EventType(rawValue: "CONFIGURATION_CHANGED")
    /// An API client was created.
    public static let apiClientCreated = EventType(rawValue: "API_CLIENT_CREATED")
    /// An API client got a new secret.
    public static let apiClientRotated = EventType(rawValue: "API_CLIENT_ROTATED")
    /// An API client was revoked.
    public static let apiClientRevoked = EventType(rawValue: "API_CLIENT_REVOKED")
    /// Somebody read the audit trail: who, for what.
    public static let auditTrailRead = EventType(rawValue: "AUDIT_TRAIL_READ")
    /// A sink was added, or its settings changed.
    public static let sinkConfigured = EventType(rawValue: "SINK_CONFIGURED")
    /// A sink stopped itself: its destination refuses everything, and this is why.
    public static let sinkStopped = EventType(rawValue: "SINK_STOPPED")
    /// A sink's destination confirms nothing although entries wait.
    public static let sinkDelayed = EventType(rawValue: "SINK_DELAYED")
    /// It confirms again.
    public static let sinkRecovered = EventType(rawValue: "SINK_RECOVERED")
    /// Entries cannot be delivered to a sink and were set aside.
    public static let deadLetterRecorded = EventType(rawValue: "DEAD_LETTER_RECORDED")
    /// An operator paused a sink.
    public static let sinkPaused = EventType(rawValue: "SINK_PAUSED")
    /// An operator let a sink go on.
    public static let sinkResumed = EventType(rawValue: "SINK_RESUMED")
    /// An operator had dead letters of a sink sent again.
    public static let sinkRedriven = EventType(rawValue: "SINK_REDRIVEN")
    /// An operator had a sink take older entries as well.
    public static let sinkBackfilled = EventType(rawValue: "SINK_BACKFILLED")
    /// Somebody wrote an entry to see whether it arrives at a sink's destination.
    public static let sinkTested = EventType(rawValue: "SINK_TESTED")
    /// What a sink's destination holds was compared with what was confirmed.
    public static let sinkReconciled = EventType(rawValue: "SINK_RECONCILED")
    /// An operator had entries sent again that the destination had lost.
    public static let sinkResent = EventType(rawValue: "SINK_RESENT")
    /// A signed statement of what was delivered to a sink was made.
    public static let deliveryStatementMade = EventType(rawValue: "DELIVERY_STATEMENT_MADE")
    /// An operator gave up a sink that is no longer configured, and whatever it had not delivered.
    public static let sinkForgotten = EventType(rawValue: "SINK_FORGOTTEN")
    /// The platform says that an agent, or the agents of a queue, had to do with a customer or a conversation.
    public static let relationshipRecorded = EventType(rawValue: "RELATIONSHIP_RECORDED")
    /// A row of the platform's audits.
    public static let platformAuditRecorded = EventType(rawValue: "PLATFORM_AUDIT_RECORDED")
    /// The platform's own count of executions of a data action.
    public static let platformExecutionsCounted = EventType(rawValue: "PLATFORM_EXECUTIONS_COUNTED")
    /// An agent's group of peers and queues.
    public static let agentRecorded = EventType(rawValue: "AGENT_RECORDED")
    /// The published schedule of an agent in a period: the shifts, none included; or that it is not known any more.
    public static let scheduleRecorded = EventType(rawValue: "SCHEDULE_RECORDED")
    /// Everything that a feed of platform facts has to say up to a moment is in the record.
    public static let platformFeedAdvanced = EventType(rawValue: "PLATFORM_FEED_ADVANCED")
    /// Detection watches: once a minute, so that time passes for its rules while nothing else happens.
    public static let detectionHeartbeat = EventType(rawValue: "DETECTION_HEARTBEAT")
    /// A rule of detection matched.
    public static let detectionAlertRaised = EventType(rawValue: "DETECTION_ALERT_RAISED")
    /// An open alert's rule matched again.
    public static let detectionAlertUpdated = EventType(rawValue: "DETECTION_ALERT_UPDATED")
    /// Late facts explained an alert, or what had stopped goes again.
    public static let detectionAlertCleared = EventType(rawValue: "DETECTION_ALERT_CLEARED")
    /// Facts that a read's verdict needs did not come in time.
    public static let detectionAccessUnverifiable = EventType(rawValue: "DETECTION_ACCESS_UNVERIFIABLE")
    /// Late facts changed a read's verdict.
    public static let detectionVerdictChanged = EventType(rawValue: "DETECTION_VERDICT_CHANGED")
    /// An agent has many reads lately that nothing explains.
    public static let detectionReadsUnexplained = EventType(rawValue: "DETECTION_READS_UNEXPLAINED")
    /// A customer was planted whom nobody has a reason to read.
    public static let honeyCustomerPlanted = EventType(rawValue: "HONEY_CUSTOMER_PLANTED")
    /// A planted customer is watched no longer.
    public static let honeyCustomerRemoved = EventType(rawValue: "HONEY_CUSTOMER_REMOVED")
    /// Somebody had the planted customers listed.
    public static let honeyCustomersListed = EventType(rawValue: "HONEY_CUSTOMERS_LISTED")
    /// A person took an alert up.
    public static let detectionAlertAcknowledged = EventType(rawValue: "DETECTION_ALERT_ACKNOWLEDGED")
    /// A person said that an alert was dealt with.
    public static let detectionAlertResolved = EventType(rawValue: "DETECTION_ALERT_RESOLVED")
    /// A person said, for a time, that an alert is not worth pursuing.
    public static let detectionAlertDismissed = EventType(rawValue: "DETECTION_ALERT_DISMISSED")
    /// A person took a decision about an alert back.
    public static let detectionAlertReopened = EventType(rawValue: "DETECTION_ALERT_REOPENED")
    /// An alert was given to somebody, or taken from whoever had it.
    public static let detectionAlertAssigned = EventType(rawValue: "DETECTION_ALERT_ASSIGNED")
    /// Somebody wrote something down about an alert.
    public static let detectionAlertNoted = EventType(rawValue: "DETECTION_ALERT_NOTED")
    /// For a time matches of a rule are counted and raise nothing.
    public static let detectionSuppressionSet = EventType(rawValue: "DETECTION_SUPPRESSION_SET")
    /// A suppression was ended before its time.
    public static let detectionSuppressionLifted = EventType(rawValue: "DETECTION_SUPPRESSION_LIFTED")
    /// How many matches a suppression has held back.
    public static let detectionSuppressionCounted = EventType(rawValue: "DETECTION_SUPPRESSION_COUNTED")
    /// People or a SOAR are to know of an agent: what the step `notify` brings about.
    public static let containmentNoticeGiven = EventType(rawValue: "CONTAINMENT_NOTICE_GIVEN")
    /// A step that an alert called for was not taken by itself: as many as may be were taken, or the account is protected.
    public static let containmentHeldBack = EventType(rawValue: "CONTAINMENT_HELD_BACK")
    /// What happens to a case of containment.
    public static let containment: [EventType] = [
        "CONTAINMENT_PROPOSED", "CONTAINMENT_APPROVED", "CONTAINMENT_REFUSED", "CONTAINMENT_EXPIRED",
        "CONTAINMENT_PRIOR_STATE_SAVED", "CONTAINMENT_CALL_AWAITED",
        "CONTAINMENT_FOUND_DONE", "CONTAINMENT_PERFORMED", "CONTAINMENT_EFFECT_VERIFIED",
        "CONTAINMENT_EFFECT_UNKNOWN", "CONTAINMENT_ATTEMPT_FAILED", "CONTAINMENT_FAILED", "CONTAINMENT_UNDO_REQUESTED",
        "CONTAINMENT_UNDO_PERFORMED", "CONTAINMENT_UNDONE",
    ].map(EventType.init(rawValue:))

    /// Somebody was identified, or could not be: what was asked, and what came of it.
    public static let identityResolution = EventType(rawValue: "IDENTITY_RESOLUTION")
    /// Identifiers were said to be one person's.
    public static let identityLinked = EventType(rawValue: "IDENTITY_LINKED")
    /// An identifier was taken from a person.
    public static let identityUnlinked = EventType(rawValue: "IDENTITY_UNLINKED")
    /// It was decided how many people use an identifier.
    public static let identityShared = EventType(rawValue: "IDENTITY_SHARED")
    /// Records of people were loaded; one event counts a batch.
    public static let identityLoaded = EventType(rawValue: "IDENTITY_LOADED")
    /// Two customers were found to be one.
    public static let identityMerged = EventType(rawValue: "IDENTITY_MERGED")
    /// A merge was taken back.
    public static let identityUnmerged = EventType(rawValue: "IDENTITY_UNMERGED")
    /// Two customers are two, whatever is found.
    public static let identityKeptApart = EventType(rawValue: "IDENTITY_KEPT_APART")
    /// The decision that two customers are two was taken back.
    public static let identityAllowedTogether = EventType(rawValue: "IDENTITY_ALLOWED_TOGETHER")
    /// Somebody looked at what rules could not decide, and settled it.
    public static let identityConflictSettled = EventType(rawValue: "IDENTITY_CONFLICT_SETTLED")
    /// A person's keys and identifiers were destroyed.
    public static let identityForgotten = EventType(rawValue: "IDENTITY_FORGOTTEN")
    /// Somebody asked others to agree to a decision about who is whom.
    public static let identityDecisionProposed = EventType(rawValue: "IDENTITY_DECISION_PROPOSED")
    /// Somebody else agreed to one.
    public static let identityDecisionApproved = EventType(rawValue: "IDENTITY_DECISION_APPROVED")
    /// Somebody refused one, or withdrew their own.
    public static let identityDecisionRejected = EventType(rawValue: "IDENTITY_DECISION_REJECTED")
    /// One ended without anybody deciding: its time was over, or what it was about has changed or was forgotten.
    public static let identityDecisionLapsed = EventType(rawValue: "IDENTITY_DECISION_LAPSED")
    /// New tokens are made under a new key.
    public static let identityKeysRotated = EventType(rawValue: "IDENTITY_KEYS_ROTATED")
    /// What was kept under older keys is kept under the newest now.
    public static let identityKeysMoved = EventType(rawValue: "IDENTITY_KEYS_MOVED")
    /// An old key is destroyed.
    public static let identityKeyDestroyed = EventType(rawValue: "IDENTITY_KEY_DESTROYED")
    /// Data of a person was deleted somewhere, as another system reports.
    public static let dataDeletion = EventType(rawValue: "DATA_DELETION")
    /// Somebody had an encrypted value or a token of a redacted text turned back: who, of what type, why.
    public static let redactionReversed = EventType(rawValue: "REDACTION_REVERSED")
    /// The tokens of a scope were destroyed.
    public static let redactionTokensDestroyed = EventType(rawValue: "REDACTION_TOKENS_DESTROYED")

    /// Every kind that this version writes.
    public static let all: [EventType] =
        [
            .customerDataAccessed, .customerDataAccessRefused, .disclosureCorrected, .bindingCorrected, .spoolReplayed,
            .authenticationFailed, .ledgerCreated, .ledgerRestoreAccepted, .ledgerMoved, .nodeJoined, .backupCreated,
            .serverStarted, .serverStopped,
            .configurationChanged, .apiClientCreated, .apiClientRotated, .apiClientRevoked, .auditTrailRead,
            .sinkConfigured, .sinkStopped, .sinkDelayed, .sinkRecovered, .deadLetterRecorded, .sinkPaused, .sinkResumed,
            .sinkRedriven,
            .sinkBackfilled, .sinkTested, .sinkReconciled, .sinkResent, .deliveryStatementMade,
            .sinkForgotten, .redactionReversed, .redactionTokensDestroyed, .relationshipRecorded,
            .platformAuditRecorded, .platformExecutionsCounted, .agentRecorded, .scheduleRecorded,
            .platformFeedAdvanced,
            .detectionHeartbeat, .detectionAlertRaised, .detectionAlertUpdated,
            .detectionAlertCleared,
            .detectionAccessUnverifiable, .detectionVerdictChanged, .detectionAlertAcknowledged,
            .detectionAlertResolved,
            .detectionAlertDismissed, .detectionAlertReopened, .detectionAlertAssigned, .detectionAlertNoted,
            .detectionSuppressionSet, .detectionSuppressionLifted, .detectionSuppressionCounted, .identityResolution,
            .identityLinked, .identityUnlinked,
            .identityShared, .identityLoaded, .identityMerged, .identityUnmerged, .identityKeptApart,
            .identityAllowedTogether, .identityConflictSettled, .identityForgotten, .identityDecisionProposed,
            .identityDecisionApproved, .identityDecisionRejected, .identityDecisionLapsed, .identityKeysRotated,
            .identityKeysMoved, .identityKeyDestroyed, .dataDeletion,
        ] + containment
}
