import Glibc
import JSON
public import Logging
public import WallTime

/// Writes each message as one line of JSON: `timestamp`, `level`, `label`, `message`, and `metadata` as an object.
///
/// Values marked ``Sensitivity/personal`` are written as `[redacted]`. A message must be constant: what varies goes into the metadata. Of
/// an attached error only the type is written. The finished line passes a guard that masks what slipped in all the same: card and
/// account numbers, addresses, telephone numbers and national numbers that can be told without doubt.
public struct JSONLogHandler: LogHandler {
    /// What stands in place of a personal value.
    public static let redacted = "[redacted]"
    /// The deepest nesting of metadata that is written out.
    static let maximumDepth = 4

    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    public var logLevel: Logger.Level

    private let label: String
    private let clock: any WallClock
    private let write: @Sendable ([UInt8]) -> Void

    /// Makes a handler.
    /// - Parameters:
    ///   - label: the logger's name.
    ///   - level: the least severe messages that are written.
    ///   - write: takes a whole line with its end. Standard error unless given.
    public init(
        label: String,
        level: Logger.Level = .info,
        clock: any WallClock = SystemClock(),
        write: @escaping @Sendable ([UInt8]) -> Void = JSONLogHandler.standardError
    ) {
        self.label = label
        logLevel = level
        self.clock = clock
        self.write = write
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
        if let given = event.metadata { all.merge(given) { _, new in new } }
        var line: [String: JSONValue] = [
            "timestamp": .string(clock.now().description), "level": .string(event.level.rawValue),
            "label": .string(label), "message": .string(event.message.description),
        ]
        if let error = event.error { line["error"] = .string("\(type(of: error))") }
        if !all.isEmpty { line["metadata"] = Self.json(.dictionary(all), depth: 0) }
        // An object of strings within the depth always has a canonical form.
        guard let plain = try? JSONValue.object(line).canonicalBytes() else { return }
        var bytes = LogGuard.shared.guarded(plain)
        bytes.append(UInt8(ascii: "\n"))
        write(bytes)
    }

    private static func json(_ value: Logger.MetadataValue, depth: Int) -> JSONValue {
        if value.attributes[Sensitivity.self] == .personal { return .string(redacted) }
        switch value {
        case .string(let text): return .string(text)
        case .stringConvertible(let value): return .string(value.description)
        case .dictionary(let members):
            guard depth < maximumDepth else { return .string("[deeper]") }
            return .object(members.mapValues { json($0, depth: depth + 1) })
        case .array(let elements):
            guard depth < maximumDepth else { return .string("[deeper]") }
            return .array(elements.map { json($0, depth: depth + 1) })
        }
    }

    /// Writes a line to standard error in one call, so that lines of several threads do not mix.
    @Sendable public static func standardError(_ line: [UInt8]) {
        line.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(2, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                guard count > 0 || errno == EINTR else { return }
                rest = rest.dropFirst(max(0, count))
            }
        }
    }
}
