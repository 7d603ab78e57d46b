public import WallTime

/// Why a syslog message cannot be written.
public enum SyslogError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A header field is empty, too long or holds something but printable US-ASCII (RFC 5424 section 6).
    case field(String, maximum: Int)
    /// A name of structured data is empty, longer than 32, or holds a space, `=`, `]`, `"` or a byte that is not printable
    /// US-ASCII.
    case structuredDataName(String)
    /// Two elements of structured data have the same id.
    case repeatedElement(String)
    /// The message is longer than the destination takes; it would be cut there without a word.
    case tooLong(bytes: Int, maximum: Int)

    /// What is wrong and what to do.
    public var description: String {
        switch self {
        case .field(let name, let maximum):
            "syslog: \(name) must have 1 to \(maximum) printable ASCII characters without spaces"
        case .structuredDataName(let name):
            "syslog: the structured data name \(name) must have 1 to 32 printable ASCII characters without space, =, ] and \""
        case .repeatedElement(let id): "syslog: the structured data element \(id) stands twice"
        case .tooLong(let bytes, let maximum):
            "syslog: the message has \(bytes) bytes and the destination takes \(maximum); raise the limit there and here, or "
                + "leave out fields"
        }
    }
}

/// One element of structured data: an id and parameters (RFC 5424 section 6.3).
public struct StructuredDataElement: Sendable, Hashable {
    /// Private enterprise number kept by IANA for documentation (RFC 5612); used until the operator has one.
    public static let documentationEnterpriseNumber = 32473

    /// The element's id, such as `muniment@32473`.
    public let id: String
    /// Names and values in order; a name may come more than once.
    public let parameters: [(name: String, value: String)]

    /// Makes an element.
    /// - Throws: ``SyslogError/structuredDataName(_:)``.
    public init(id: String, parameters: [(name: String, value: String)]) throws(SyslogError) {
        for name in [id] + parameters.map(\.name) where !Self.isName(name) { throw .structuredDataName(name) }
        self.id = id
        self.parameters = parameters
    }

    static func isName(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (33...126).contains($0) && $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: "]")
                    && $0 != UInt8(ascii: "\"")
            }
    }

    func append(to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "["))
        bytes += id.utf8
        for (name, value) in parameters {
            bytes.append(UInt8(ascii: " "))
            bytes += name.utf8
            bytes += "=\"".utf8
            for byte in value.utf8 {
                // The three characters that section 6.3.3 wants escaped, and no others.
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "]") {
                    bytes.append(UInt8(ascii: "\\"))
                }
                bytes.append(byte)
            }
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: "]"))
    }

    public static func == (left: StructuredDataElement, right: StructuredDataElement) -> Bool {
        left.id == right.id && left.parameters.elementsEqual(right.parameters, by: ==)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(id)
        for parameter in parameters {
            hasher.combine(parameter.name)
            hasher.combine(parameter.value)
        }
    }
}

/// A message of RFC 5424.
public struct SyslogMessage: Sendable, Hashable {
    /// Facility 13, "log audit" (RFC 5424 section 6.2.1).
    public static let auditFacility = 13

    /// Severity, 0 emergency to 7 debug.
    public let severity: Int
    /// When it happened; written in UTC with milliseconds.
    public let timestamp: Timestamp
    /// Who sends; nil is written as `-`, as are the next three.
    public let host: String?
    /// The application, up to 48 characters.
    public let application: String?
    /// The process, up to 128 characters.
    public let process: String?
    /// The kind of message, up to 32 characters.
    public let messageID: String?
    /// Structured data.
    public let elements: [StructuredDataElement]
    /// The text, UTF-8.
    public let text: [UInt8]

    /// Makes a message.
    /// - Throws: ``SyslogError`` when a header field breaks RFC 5424 or an element's id stands twice.
    public init(
        severity: EventSeverity,
        timestamp: Timestamp,
        host: String?,
        application: String?,
        process: String?,
        messageID: String?,
        elements: [StructuredDataElement],
        text: [UInt8]
    ) throws(SyslogError) {
        try Self.check(host, "HOSTNAME", 255)
        try Self.check(application, "APP-NAME", 48)
        try Self.check(process, "PROCID", 128)
        try Self.check(messageID, "MSGID", 32)
        var ids: Set<String> = []
        for element in elements where !ids.insert(element.id).inserted { throw .repeatedElement(element.id) }
        self.severity = severity.syslog
        self.timestamp = timestamp
        self.host = host
        self.application = application
        self.process = process
        self.messageID = messageID
        self.elements = elements
        self.text = text
    }

    private static func check(_ text: String?, _ name: String, _ maximum: Int) throws(SyslogError) {
        guard let text else { return }
        guard (1...maximum).contains(text.utf8.count), text.utf8.allSatisfy({ (33...126).contains($0) }) else {
            throw .field(name, maximum: maximum)
        }
    }

    /// The message's bytes, without framing. The text begins with a byte order mark, which says that it is UTF-8.
    /// - Throws: ``SyslogError/tooLong(bytes:maximum:)``: a receiver would cut a longer message silently.
    public func bytes(maximum: Int) throws(SyslogError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count + 256)
        bytes += "<\(Self.auditFacility * 8 + severity)>1 \(timestamp)".utf8
        for field in [host, application, process, messageID] { bytes += " \(field ?? "-")".utf8 }
        bytes.append(UInt8(ascii: " "))
        if elements.isEmpty { bytes.append(UInt8(ascii: "-")) }
        for element in elements { element.append(to: &bytes) }
        if !text.isEmpty {
            bytes += [0x20, 0xEF, 0xBB, 0xBF]
            bytes += text
        }
        guard bytes.count <= maximum else { throw .tooLong(bytes: bytes.count, maximum: maximum) }
        return bytes
    }
}
