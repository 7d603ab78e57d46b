public import JSON
public import WallTime

/// Why something cannot be sent to a Splunk HTTP Event Collector.
public enum HECError: Error, Hashable, Sendable, CustomStringConvertible {
    /// `event` is null, an empty text, or not an object or text.
    case blankEvent
    /// A name that must not be empty is.
    case emptyName(String)
    /// A number among the fields is not finite.
    case fieldNotFinite
    /// The event cannot be written as JSON without loss.
    case encoding(JSONCanonicalError)
    /// The moment cannot be written as seconds since 1970.
    case time
    /// A request has no events.
    case noEvents
    /// The request is larger than allowed.
    case tooLarge(bytes: Int, maximum: Int)
    /// The serialised body would not be stored whole; nothing was sent. This is a defect of this program.
    case lint(HECLintError)
    /// The channel is not a GUID.
    case channel

    /// What is wrong and what to do.
    public var description: String {
        switch self {
        case .blankEvent: "HEC: the event is blank; Splunk would refuse it (code 12 or 13)"
        case .emptyName(let name): "HEC: \(name) is empty; leave it out or name it"
        case .fieldNotFinite: "HEC: a number among the fields is not finite"
        case .encoding(let error): error.description
        case .time: "HEC: the event's time is before 1970 or beyond 2286"
        case .noEvents: "HEC: a request without events is refused (code 5)"
        case .tooLarge(let bytes, let maximum): "HEC: the request has \(bytes) bytes and the limit is \(maximum)"
        case .lint(let error): error.description
        case .channel: "HEC: the channel is not a GUID"
        }
    }
}

/// One event of a HEC request.
///
/// Its members can only be those that Splunk knows: any other member makes Splunk answer "Success" and keep only the events
/// before it. Indexed fields can only be flat: a nested one is refused with code 15.
public struct HECEvent: Sendable, Hashable {
    /// The value of an indexed field.
    public enum Field: Sendable, Hashable {
        case text(String)
        case integer(Int64)
        case texts([String])
    }

    /// The serialised envelope.
    public let bytes: [UInt8]

    /// Makes the envelope of an event that is a JSON object already, such as one of an `EventEncoder`.
    /// - Parameters:
    ///   - time: written as seconds with milliseconds, which is what Splunk reads.
    ///   - host: what the event came from.
    ///   - fields: indexed fields; keep them few.
    /// - Throws: ``HECError``.
    public init(
        time: Timestamp,
        host: String?,
        source: String?,
        sourcetype: String?,
        index: String?,
        fields: [String: Field] = [:],
        event json: [UInt8]
    ) throws(HECError) {
        guard (0...9_999_999_999_999).contains(time.milliseconds) else { throw .time }
        guard let value = try? JSONValue(parsing: json) else { throw .blankEvent }
        switch value {
        case .object: break
        case .string(let text) where text.contains(where: { !$0.isWhitespace }): break
        default: throw .blankEvent
        }
        var writer = CanonicalJSONWriter(capacity: json.count + 512)
        writer.beginObject()
        writer.key("event")
        json.withUnsafeBytes { writer.canonical($0) }
        if !fields.isEmpty {
            writer.key("fields")
            try Self.write(fields, &writer)
        }
        for (name, text) in [
            ("host", host), ("index", index), ("source", source), ("sourcetype", sourcetype),
        ] {
            guard let text else { continue }
            guard !text.isEmpty else { throw .emptyName(name) }
            writer.key(string: name)
            writer.string(text)
        }
        writer.key("time")
        Array(Self.seconds(time).utf8).withUnsafeBytes { writer.canonical($0) }
        writer.endObject()
        bytes = writer.bytes
    }

    /// Seconds since 1970 with exactly three decimals.
    static func seconds(_ time: Timestamp) -> String {
        let fraction = String(time.milliseconds % 1000)
        return "\(time.milliseconds / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
    }

    private static func write(
        _ fields: [String: Field],
        _ writer: inout CanonicalJSONWriter
    ) throws(HECError) {
        writer.beginObject()
        for (name, value) in fields.sorted(by: { $0.key.utf16.lexicographicallyPrecedes($1.key.utf16) }) {
            guard !name.isEmpty else { throw .emptyName("a field") }
            writer.key(string: name)
            switch value {
            case .text(let text): writer.string(text)
            case .integer(let number):
                if number.magnitude <= UInt64(CanonicalJSONWriter.largestInteger) {
                    writer.integer(number)
                } else {
                    writer.string(String(number))
                }
            case .texts(let texts):
                writer.beginArray()
                for text in texts { writer.string(text) }
                writer.endArray()
            }
        }
        writer.endObject()
    }
}

/// The body of one HEC request: at least one event, written one after another, checked as Splunk would read it.
public struct HECBody: Sendable, Hashable {
    /// Most bytes of a body before compression. Splunk Enterprise takes far more by default; Splunk Cloud refuses between 5.2 and
    /// 6 MB, with a code that looks like a bad event.
    public static let defaultMaximumBytes = 1_000_000

    /// How many events it holds.
    public let count: Int
    /// The bytes before compression.
    public let bytes: [UInt8]

    /// Makes a body.
    /// - Throws: ``HECError``, `noEvents`, `tooLarge` and `lint` among them.
    public init(_ events: some Collection<HECEvent>, maximumBytes: Int = defaultMaximumBytes) throws(HECError) {
        guard !events.isEmpty else { throw .noEvents }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(events.reduce(0) { $0 + $1.bytes.count + 1 })
        for event in events {
            bytes += event.bytes
            bytes.append(UInt8(ascii: "\n"))
        }
        guard bytes.count <= maximumBytes else { throw .tooLarge(bytes: bytes.count, maximum: maximumBytes) }
        do {
            try HECLint.check(bytes, count: events.count)
        } catch {
            throw .lint(error)
        }
        self.bytes = bytes
        count = events.count
    }
}
