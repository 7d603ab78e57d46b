public import JSON
import MerkleLog
import WallTime

/// Why an event cannot be written as syslog.
public enum SyslogEncodingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The message breaks RFC 5424 or the destination's limit.
    case message(SyslogError)
    /// The event has no text in the format chosen.
    case format(JSONCanonicalError)

    /// What is wrong.
    public var description: String {
        switch self {
        case .message(let error): error.description
        case .format(let error): error.description
        }
    }
}

/// Writes events as RFC 5424 messages: the record's place and the facts a receiver routes by as structured data, the event in
/// the chosen format as the text.
public struct SyslogEncoder: Sendable, Hashable {
    /// Writes the text.
    public let text: EventEncoder
    /// HOSTNAME; nil when unknown.
    public let host: String?
    /// Enterprise number in the id of the structured data element.
    public let enterpriseNumber: Int
    /// The longest message that the destination takes, in bytes. RFC 5424 section 6.1 promises 2048 of decent receivers; the
    /// common setting for audit is 64 KiB.
    public let maximumBytes: Int

    /// Makes an encoder.
    public init(
        text: EventEncoder,
        host: String?,
        enterpriseNumber: Int = StructuredDataElement.documentationEnterpriseNumber,
        maximumBytes: Int = 64 * 1024
    ) {
        self.text = text
        self.host = host
        self.enterpriseNumber = enterpriseNumber
        self.maximumBytes = maximumBytes
    }

    /// The message's bytes, without framing.
    /// - Throws: ``SyslogEncodingError``.
    public func encode(_ event: RecordedEvent) throws(SyslogEncodingError) -> [UInt8] {
        let facts = EventFacts(event, text.projection)
        var parameters: [(name: String, value: String)] = [
            ("id", event.recordID), ("ledger", event.ledger), ("index", String(event.index)),
            ("eventType", event.type),
        ]
        if let leafHash = event.leafHash { parameters.insert(("leafHash", leafHash.base64), at: 3) }
        for name in ["outcome", "agentId", "interactionId", "customerId", "binding", "alertId", "ruleId"] {
            if let value = facts.text(name) { parameters.append((name, value)) }
        }
        let body: [UInt8]
        do {
            body = try text.encode(event)
        } catch {
            throw .format(error)
        }
        do {
            let element = try StructuredDataElement(id: "muniment@\(enterpriseNumber)", parameters: parameters)
            return try SyslogMessage(
                severity: facts.severity,
                timestamp: event.timestamp,
                host: host,
                application: text.product.name.lowercased(),
                process: nil,
                messageID: event.type.utf8.count <= 32 ? event.type : nil,
                elements: [element],
                text: body
            ).bytes(maximum: maximumBytes)
        } catch {
            throw .message(error)
        }
    }
}
