public import JSON
import TextEncoding

/// One piece of work in a trace. Holds names of this program, ids and numbers; never anything of a customer.
public struct Span: Sendable, Hashable {
    /// What kind of work it is (OpenTelemetry's `SpanKind`).
    public enum Kind: Int64, Sendable {
        case `internal` = 1
        case server = 2
        case client = 3
    }

    /// Where it belongs: its trace and itself.
    public let context: TraceContext
    /// The span that it is part of; nil for the first.
    public let parent: [UInt8]?
    /// What was done, such as `read profile`.
    public let name: String
    public let kind: Kind
    /// Nanoseconds since 1970.
    public let start: Int64
    /// Nanoseconds since 1970.
    public let end: Int64
    /// What is known of it.
    public let attributes: [String: String]
    /// Whether it failed.
    public let hasFailed: Bool

    /// Describes a piece of work.
    public init(
        context: TraceContext,
        parent: [UInt8]?,
        name: String,
        kind: Kind,
        start: Int64,
        end: Int64,
        attributes: [String: String] = [:],
        hasFailed: Bool = false
    ) {
        self.context = context
        self.parent = parent
        self.name = name
        self.kind = kind
        self.start = start
        self.end = max(start, end)
        self.attributes = attributes
        self.hasFailed = hasFailed
    }

    private var json: JSONValue {
        var members: [String: JSONValue] = [
            "traceId": .string(Hex.encode(context.trace)), "spanId": .string(Hex.encode(context.span)),
            "name": .string(name), "kind": .integer(kind.rawValue), "startTimeUnixNano": .string("\(start)"),
            "endTimeUnixNano": .string("\(end)"), "attributes": Self.json(attributes),
        ]
        if let parent { members["parentSpanId"] = .string(Hex.encode(parent)) }
        if hasFailed { members["status"] = ["code": 2] }
        return .object(members)
    }

    private static func json(_ attributes: [String: String]) -> JSONValue {
        .array(
            attributes.sorted { $0.key < $1.key }.map {
                .object(["key": .string($0.key), "value": .object(["stringValue": .string($0.value)])])
            }
        )
    }

    /// The body of an export (OTLP 1, `ExportTraceServiceRequest` in its JSON form: ids in hex, 64-bit numbers as text).
    /// - Parameter resource: whose spans they are, such as `service.name`.
    public static func exportBody(_ spans: [Span], resource: [String: String]) -> JSONValue {
        [
            "resourceSpans": [
                [
                    "resource": ["attributes": json(resource)],
                    "scopeSpans": [["scope": ["name": "muniment"], "spans": .array(spans.map(\.json))]],
                ]
            ]
        ]
    }
}
