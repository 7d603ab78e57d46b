public import Addresses
public import DeliveryWire
import EventFormats
public import NIOCore
public import NIOSSL
public import WallTime

/// syslog over TLS (RFC 5425), or over plain TCP with the same framing (RFC 6587 section 3.4.1) where that is permitted.
///
/// syslog has no acknowledgement. A batch counts as delivered when the receiver's machine has acknowledged every byte and the
/// connection still stands; what a receiver loses after that, nobody learns. With RELP the receiver answers each message when its
/// queue has taken it.
public final class SyslogSink: Sink {
    /// What is spoken.
    public enum Exchange: String, Sendable, CaseIterable {
        /// Octet counting, without answers.
        case syslog
        /// RELP, with an answer to each message.
        case relp
    }

    /// How the receiver is reached.
    public struct Settings: Sendable {
        /// Its name or address.
        public var host: String
        /// Its port; 6514 for TLS.
        public var port: Int
        /// The certificates to trust and to present; nil for plain TCP.
        public var tls: TLSConfiguration?
        /// What is spoken there.
        public var exchange = Exchange.syslog
        /// HOSTNAME of the messages.
        public var localHost: String?
        /// Enterprise number in the id of the structured data.
        public var enterpriseNumber = StructuredDataElement.documentationEnterpriseNumber
        /// The longest message that the receiver takes, in bytes.
        public var maximumBytes = 64 * 1024
        /// How long a connection, and how long a batch, may take.
        public var timeout: Duration = .seconds(20)
        /// How long a new connection is watched before its first batch counts: with TLS 1.3 a receiver refuses our certificate
        /// only after the handshake.
        public var probation: Duration = .milliseconds(300)
        /// Which machines may be connected to.
        public var addresses = AddressRule.standard

        /// Names a receiver; the rest have defaults.
        public init(host: String, port: Int = 6514, tls: TLSConfiguration?) {
            self.host = host
            self.port = port
            self.tls = tls
        }
    }

    private let settings: Settings
    private let shaping: EventShaping
    private let encoder: SyslogEncoder
    private let connection: SyslogConnection
    private let session: RELPConnection

    /// Makes a sink.
    public init(_ settings: Settings, shaping: EventShaping, on group: any EventLoopGroup) {
        self.settings = settings
        self.shaping = shaping
        encoder = SyslogEncoder(
            text: shaping.encoder,
            host: settings.localHost,
            enterpriseNumber: settings.enterpriseNumber,
            maximumBytes: settings.maximumBytes
        )
        connection = SyslogConnection(settings, group: group)
        session = RELPConnection(settings, group: group)
    }

    /// Of a RELP session, as many messages may be without an answer; the window that librelp keeps as a client.
    private static let window = 128

    public var limits: BatchLimits {
        let count = settings.exchange == .relp ? Self.window : 500
        return BatchLimits(bytes: 512 * 1024, count: count, age: .milliseconds(500))
    }
    public var concurrency: Int { 1 }
    public var guarantee: DeliveryGuarantee {
        switch settings.exchange {
        case .syslog:
            DeliveryGuarantee(
                .bestEffort,
                because: "syslog has no acknowledgement: the receiver's machine has the bytes, no more"
            )
        case .relp:
            DeliveryGuarantee(
                .accepted,
                because:
                    "the receiver says that its queue took it; whether that queue outlives the receiver is its own affair"
            )
        }
    }

    public func prepare(_ entry: LedgerEntry, now: Timestamp) -> Prepared<[UInt8]> {
        shaping.prepare(entry) { record in
            framed(try encoder.encode(record))
        }
    }

    public func prepare(_ manifest: DeliveryManifest) -> Prepared<[UInt8]>? {
        do {
            let element = try StructuredDataElement(
                id: "muniment@\(settings.enterpriseNumber)",
                parameters: manifest.parameters
            )
            let message = try SyslogMessage(
                severity: .informational,
                timestamp: manifest.timestamp,
                host: settings.localHost,
                application: shaping.encoder.product.name.lowercased(),
                process: nil,
                messageID: DeliveryManifest.eventType,
                elements: [element],
                text: []
            ).bytes(maximum: settings.maximumBytes)
            return framed(message)
        } catch {
            return .dead("\(error)")
        }
    }

    /// A RELP frame begins with a number that only its session knows.
    private func framed(_ message: [UInt8]) -> Prepared<[UInt8]> {
        let frame = settings.exchange == .relp ? message : OctetCounting.frame(message)
        return .send(frame, bytes: frame.count)
    }

    public func open(position: String?) async -> SinkReply { .ok }

    public func deliver(_ batch: SinkBatch<[UInt8]>) async -> SinkReply {
        switch settings.exchange {
        case .syslog: await connection.send(batch.payloads.flatMap { $0 })
        case .relp: await session.send(batch.payloads)
        }
    }

    public func close() async {
        await connection.close()
        await session.close()
    }
}
