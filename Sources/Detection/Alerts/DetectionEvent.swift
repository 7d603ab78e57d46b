public import JSON
public import WallTime

/// An event that the engine wants in the ledger.
///
/// Its id follows from what it tells, so that appending it twice, as after a restart, leaves one entry.
public struct DetectionEvent: Sendable, Hashable {
    /// The kinds of event that detection writes by itself.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// An alert was raised.
        case alertRaised = "DETECTION_ALERT_RAISED"
        /// An open alert's rule matched again: written at the second, fourth, eighth … match.
        case alertUpdated = "DETECTION_ALERT_UPDATED"
        /// Late facts explained what an alert was about, or what had stopped goes again.
        case alertCleared = "DETECTION_ALERT_CLEARED"
        /// How many reads could not be judged, and what facts were missing: written with the first event of the next hour.
        case accessUnverifiable = "DETECTION_ACCESS_UNVERIFIABLE"
        /// Late facts changed a read's verdict.
        case verdictChanged = "DETECTION_VERDICT_CHANGED"
        /// An agent has many reads, within the time for which a block lasts, that nothing explains.
        case readsUnexplained = "DETECTION_READS_UNEXPLAINED"
        /// How many matches a suppression has held back: written at the first, second, fourth, eighth … and at its end.
        case suppressionCounted = "DETECTION_SUPPRESSION_COUNTED"
    }

    /// The producer of every such event.
    public static let producer = "detection"

    /// What it tells.
    public let kind: Kind
    /// Its idempotency key.
    public let eventID: String
    /// The moment of the event that led to it.
    public let timestamp: Timestamp
    /// Its own fields.
    public let fields: [String: JSONValue]

    /// The entry's bytes: canonical JSON (RFC 8785) with the members that every event has.
    /// - Throws: ``JSONCanonicalError`` when a number has no canonical form.
    public func encoded(producer: String = DetectionEvent.producer) throws(JSONCanonicalError) -> [UInt8] {
        var members = fields
        members["eventId"] = .string(eventID)
        members["eventType"] = .string(kind.rawValue)
        members["producer"] = .string(producer)
        members["schemaVersion"] = .integer(1)
        members["timestamp"] = .string(timestamp.description)
        return try JSONValue.object(members).canonicalBytes()
    }
}
