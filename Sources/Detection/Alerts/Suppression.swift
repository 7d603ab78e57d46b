public import WallTime

/// A stretch of time in which matches of a rule are counted and raise nothing, such as a change window or a known load test.
public struct Suppression: Sendable, Hashable {
    /// A rule's name or code, or `*` for all.
    public let rule: String
    /// Whom or what it is about, as alerts name it; nil for everybody.
    public let entity: String?
    /// Why.
    public let reason: String
    /// When it ends.
    public let until: Timestamp

    /// Checks that it is bounded: by an end within a year, by a reason, and by a rule or an entity.
    /// - Throws: ``AlertError`` when it is not.
    public init(rule: String, entity: String?, reason: String, until: Timestamp, now: Timestamp) throws(AlertError) {
        guard rule != "*" || entity != nil else { throw .suppressesEverything }
        try AlertCommand.require(reason)
        try AlertCommand.require(until, after: now)
        self.rule = rule
        self.entity = entity
        self.reason = reason
        self.until = until
    }
}
