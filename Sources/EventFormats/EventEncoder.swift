public import JSON

/// The formats in which an event can be written.
public enum EventFormat: Sendable, Hashable, CustomStringConvertible {
    /// The event itself with its place in the ledger.
    case native
    /// Open Cybersecurity Schema Framework.
    case ocsf(OCSFVersion)
    /// Elastic Common Schema 8.11.
    case ecs
    /// ArcSight Common Event Format, version 0.
    case cef

    /// The name in configuration: `json`, `ocsf-1.5`, `ocsf-1.8`, `ecs`, `cef`.
    public var description: String {
        switch self {
        case .native: "json"
        case .ocsf(.v15): "ocsf-1.5"
        case .ocsf(.v18): "ocsf-1.8"
        case .ecs: "ecs"
        case .cef: "cef"
        }
    }

    /// All of them.
    public static let all: [EventFormat] = [.native, .ocsf(.v15), .ocsf(.v18), .ecs, .cef]

    /// The format with this name, or nil.
    public init?(name: String) {
        guard let format = Self.all.first(where: { $0.description == name }) else { return nil }
        self = format
    }

    /// Whether the text is a JSON object; CEF is not.
    public var isJSON: Bool { self != .cef }
}

/// What the formats say the events come from.
public struct ProductIdentity: Sendable, Hashable {
    /// Who makes it.
    public let vendor: String
    /// What it is called.
    public let name: String
    /// Its version.
    public let version: String

    /// Names a product.
    public init(vendor: String = "Muniment", name: String = "Muniment", version: String) {
        self.vendor = vendor
        self.name = name
        self.version = version
    }
}

/// How free text in events is redacted for a destination.
public struct FreeTextRedaction: Sendable, Hashable {
    /// Names what is done: two of the same name do the same.
    public let name: String
    /// The text with what must not leave replaced.
    public let redact: @Sendable (String) -> String

    /// Describes a redaction.
    public init(name: String, redact: @escaping @Sendable (String) -> String) {
        self.name = name
        self.redact = redact
    }

    public static func == (left: FreeTextRedaction, right: FreeTextRedaction) -> Bool { left.name == right.name }

    public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// Writes events in one format with one projection. Equal events give equal bytes.
public struct EventEncoder: Sendable, Hashable {
    /// The format.
    public let format: EventFormat
    /// What the destination may see.
    public let projection: FieldProjection
    /// What becomes of their free text; nil for nothing.
    public let redaction: FreeTextRedaction?
    /// What the events come from.
    public let product: ProductIdentity

    /// Makes an encoder.
    public init(
        format: EventFormat,
        projection: FieldProjection = .everything,
        redaction: FreeTextRedaction? = nil,
        product: ProductIdentity
    ) {
        self.redaction = redaction
        self.format = format
        self.projection = projection
        self.product = product
    }

    /// The event in the format: one line of UTF-8 without a line break.
    /// - Throws: `JSONCanonicalError` when an integer of the event cannot be written as JSON without loss.
    public func encode(_ event: RecordedEvent) throws(JSONCanonicalError) -> [UInt8] {
        let facts = EventFacts(redaction.map { event.redacted(by: $0) } ?? event, projection)
        return switch format {
        case .native: try NativeFormat(facts: facts, projection: projection).bytes()
        case .ocsf(let version): try OCSFFormat(facts: facts, version: version, product: product).json.canonicalBytes()
        case .ecs: try ECSFormat(facts: facts, product: product).json.canonicalBytes()
        case .cef: Array(try CEFFormat(facts: facts, product: product).line.utf8)
        }
    }
}
