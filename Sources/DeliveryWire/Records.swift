public import EventFormats
import JSON
import MerkleLog
import WallTime

/// What a HEC lane says of where its events come from and go to. The index is the lane's, not the event's: a token that may not
/// write to it stops the lane and refuses no single event.
public struct HECOrigin: Sendable, Hashable {
    /// `host` of the events; nil leaves it to Splunk.
    public var host: String?
    /// `source` of the events.
    public var source: String?
    /// `sourcetype` of the events; it decides how Splunk reads them.
    public var sourcetype: String?
    /// The Splunk index; nil leaves it to the token's default.
    public var index: String?

    /// Makes the four of them.
    public init(host: String? = nil, source: String? = "muniment", sourcetype: String? = nil, index: String? = nil) {
        self.host = host
        self.source = source
        self.sourcetype = sourcetype
        self.index = index
    }
}

extension HECEvent {
    /// A record as an event. Indexed fields: `recordId`, `ledger`, `ledgerIndex`, `eventType`; the completeness query rests on
    /// them.
    /// - Throws: ``HECError``.
    public init(_ record: RecordedEvent, encoder: EventEncoder, origin: HECOrigin) throws(HECError) {
        var body: [UInt8]
        do {
            body = try encoder.encode(record)
        } catch {
            throw .encoding(error)
        }
        if !encoder.format.isJSON {
            var quoted: [UInt8] = []
            body.withUnsafeBytes { JSONText.appendQuoted($0, to: &quoted) }
            body = quoted
        }
        try self.init(
            time: record.timestamp,
            host: origin.host,
            source: origin.source,
            sourcetype: origin.sourcetype ?? "muniment:\(encoder.format)",
            index: origin.index,
            fields: [
                "recordId": .text(record.recordID), "ledger": .text(record.ledger),
                "ledgerIndex": .text(String(record.index)), "eventType": .text(record.type),
            ],
            event: body
        )
    }

    /// A manifest as an event. Indexed fields: `recordId`, `ledger`, `eventType`, `lane`.
    /// - Throws: ``HECError``.
    public init(_ manifest: DeliveryManifest, origin: HECOrigin) throws(HECError) {
        let body: [UInt8]
        do {
            body = try manifest.json.canonicalBytes()
        } catch {
            throw .encoding(error)
        }
        try self.init(
            time: manifest.timestamp,
            host: origin.host,
            source: origin.source,
            sourcetype: "muniment:manifest",
            index: origin.index,
            fields: [
                "recordId": .text(manifest.recordID), "ledger": .text(manifest.checkpoint.origin),
                "eventType": .text(DeliveryManifest.eventType), "lane": .text(manifest.lane),
            ],
            event: body
        )
    }
}

extension DatadogEntry {
    /// A record as an entry.
    /// - Throws: ``DatadogError``.
    public init(
        _ record: RecordedEvent,
        encoder: EventEncoder,
        host: String? = nil,
        service: String = "muniment",
        tags: [String] = []
    ) throws(DatadogError) {
        guard encoder.format.isJSON, let body = try? encoder.encode(record) else { throw .notAnObject }
        try self.init(
            recordID: record.recordID,
            timestamp: record.timestamp,
            service: service,
            source: "muniment",
            host: host,
            tags: tags,
            status: Self.status(EventSeverity(of: record)),
            message: record.type.lowercased().split(separator: "_").joined(separator: " "),
            facets: [
                "ledger": .string(record.ledger), "ledgerIndex": .integer(Int64(clamping: record.index)),
                "eventType": .string(record.type),
            ],
            attributes: body
        )
    }

    /// A manifest as an entry.
    /// - Throws: ``DatadogError``.
    public init(_ manifest: DeliveryManifest, host: String? = nil, service: String = "muniment") throws(DatadogError) {
        guard let body = try? manifest.json.canonicalBytes() else { throw .notAnObject }
        try self.init(
            recordID: manifest.recordID,
            timestamp: manifest.timestamp,
            service: service,
            source: "muniment",
            host: host,
            status: "info",
            message: "delivery manifest",
            facets: [
                "ledger": .string(manifest.checkpoint.origin), "eventType": .string(DeliveryManifest.eventType),
                "lane": .string(manifest.lane),
            ],
            attributes: body
        )
    }

    /// Datadog's words for severity.
    private static func status(_ severity: EventSeverity) -> String {
        switch severity {
        case .informational: "info"
        case .low: "notice"
        case .medium: "warn"
        case .high: "error"
        case .critical: "critical"
        case .fatal: "emergency"
        }
    }
}
