public import JSON
public import WallTime

/// Why a log entry cannot be sent to Datadog.
public enum DatadogError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The entry is larger than Datadog keeps: it would be cut there and still be answered with success.
    case entryTooLarge(bytes: Int)
    /// What was given is not a JSON object.
    case notAnObject
    /// A tag has no `key:value` form, or holds a comma.
    case tag(String)
    /// A request has no entries, too many, or too many bytes.
    case batch(count: Int, bytes: Int)

    /// What is wrong and what to do.
    public var description: String {
        switch self {
        case .entryTooLarge(let bytes):
            "Datadog: the entry has \(bytes) bytes; entries over \(DatadogEntry.maximumBytes) are cut without a word, so it is "
                + "not sent. Leave out fields"
        case .notAnObject: "Datadog: the entry is not a JSON object"
        case .tag(let tag): "Datadog: the tag \(tag) is not of the form key:value without commas"
        case .batch(let count, let bytes):
            "Datadog: a request takes 1 to \(DatadogBatch.maximumCount) entries and \(DatadogBatch.maximumBytes) bytes; this "
                + "one has \(count) and \(bytes)"
        }
    }
}

/// One log entry of the Datadog logs intake, version 2. An entry that Datadog would cut cannot be made.
public struct DatadogEntry: Sendable, Hashable {
    /// Datadog keeps this much of an entry ("maximum size for a single log: 1 MB", logs intake documentation); read as decimal,
    /// which is the smaller reading.
    public static let maximumBytes = 1_000_000
    /// Datadog does not honour times that are further back ("18 hours in the past", logs intake documentation).
    public static let window: Duration = .seconds(18 * 3600)

    /// The serialised entry.
    public let bytes: [UInt8]
    /// The event's own time.
    public let timestamp: Timestamp

    /// Makes an entry: the members of a JSON object, Datadog's reserved attributes beside them.
    /// - Parameters:
    ///   - tags: `key:value` each.
    ///   - message: what the log explorer shows.
    ///   - facets: attributes to search by, beside the reserved ones.
    ///   - json: the event; it stands under `muniment`.
    /// - Throws: ``DatadogError``.
    public init(
        recordID: String,
        timestamp: Timestamp,
        service: String,
        source: String,
        host: String?,
        tags: [String] = [],
        status: String,
        message: String,
        facets: [String: JSONValue] = [:],
        attributes json: [UInt8]
    ) throws(DatadogError) {
        guard let parsed = try? JSONValue(parsing: json), let own = parsed.object else { throw .notAnObject }
        for tag in tags {
            let parts = tag.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty, !tag.contains(",") else { throw .tag(tag) }
        }
        // Our own members stand under one name, so that none can pass for a reserved attribute.
        let reserved: [String: JSONValue] = [
            "ddsource": .string(source),
            "service": .string(service),
            "status": .string(status),
            "message": .string(message),
            "timestamp": .integer(timestamp.milliseconds),
            // The time once more: beyond the window Datadog replaces the one above by that of arrival.
            "originalTimestamp": .string(timestamp.description),
            "recordId": .string(recordID),
            "muniment": .object(own),
        ]
        var members = facets.merging(reserved) { _, own in own }
        if let host { members["hostname"] = .string(host) }
        if !tags.isEmpty { members["ddtags"] = .string(tags.joined(separator: ",")) }
        guard let bytes = try? JSONValue.object(members).canonicalBytes() else { throw .notAnObject }
        guard bytes.count <= Self.maximumBytes else { throw .entryTooLarge(bytes: bytes.count) }
        self.bytes = bytes
        self.timestamp = timestamp
    }

    /// Whether Datadog would give the entry the time of its arrival instead of its own. Ask before sending, and let the lane's
    /// ``DatadogStalePolicy`` decide.
    public func isOutsideWindow(now: Timestamp) -> Bool { now.since(timestamp) > Self.window.wholeMilliseconds }
}

/// What a lane does with entries that are too old for Datadog's clock; none of them ever vanishes inside a success.
public enum DatadogStalePolicy: String, Sendable, Hashable, CaseIterable {
    /// Send them: they arrive under the time of arrival, their own in `originalTimestamp`.
    case send
    /// Leave them to another lane; they count as filtered here.
    case leaveOut
    /// Set them aside as dead letters.
    case deadLetter
}

/// The body of one request to the Datadog logs intake: a JSON array within all limits.
public struct DatadogBatch: Sendable, Hashable {
    /// Most entries of a request.
    public static let maximumCount = 1000
    /// Most bytes of a request before compression; read as decimal, which is the smaller reading of "5 MB".
    public static let maximumBytes = 5_000_000

    /// How many entries it holds.
    public let count: Int
    /// The bytes before compression.
    public let bytes: [UInt8]

    /// Makes a request's body.
    /// - Throws: ``DatadogError/batch(count:bytes:)``.
    public init(_ entries: some Collection<DatadogEntry>) throws(DatadogError) {
        let size = entries.reduce(1) { $0 + $1.bytes.count + 1 }
        guard (1...Self.maximumCount).contains(entries.count), size <= Self.maximumBytes else {
            throw .batch(count: entries.count, bytes: size)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        for entry in entries {
            bytes.append(UInt8(ascii: bytes.isEmpty ? "[" : ","))
            bytes += entry.bytes
        }
        bytes.append(UInt8(ascii: "]"))
        self.bytes = bytes
        count = entries.count
    }
}

/// A Datadog site: which of Datadog's regions keeps the logs.
public struct DatadogSite: Sendable, Hashable {
    /// The sites that Datadog documents, and the country or region of each, for the residency check.
    public static let regions: [String: String] = [
        "datadoghq.com": "US", "us3.datadoghq.com": "US", "us5.datadoghq.com": "US", "datadoghq.eu": "EU",
        "ap1.datadoghq.com": "JP", "ap2.datadoghq.com": "AU", "uk1.datadoghq.com": "GB", "ddog-gov.com": "US",
    ]

    /// The site's domain.
    public let domain: String

    /// A documented site, or nil.
    public init?(domain: String) {
        guard Self.regions[domain] != nil else { return nil }
        self.domain = domain
    }

    /// Where the site keeps logs.
    public var region: String { Self.regions[domain] ?? "" }
    /// Where logs are sent: `POST` with the header `DD-API-KEY`.
    public var intakeURL: String { "https://http-intake.logs.\(domain)/api/v2/logs" }
    /// Where the API is, without a path.
    public var apiURL: String { "https://api.\(domain)" }
}
