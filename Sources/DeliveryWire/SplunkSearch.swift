/// Why a search of Splunk says nothing of what it holds.
public enum SplunkSearchError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A name cannot be written in a search without meaning something else.
    case name(String)
    /// The reply ends before its last row.
    case cut
    /// The reply is not what an export gives.
    case malformed
    /// Splunk said something of the search that is not for information only; its own words.
    case message(String)
    /// Splunk found more rows than it gave.
    case limited

    public var description: String {
        switch self {
        case .name(let setting):
            "the \(setting) has a character that cannot stand in a search of Splunk (\" \\ ` * or a control character)"
        case .cut: "the answer ends before its last row"
        case .malformed: "the answer is not that of a search export"
        case .message(let text): "Splunk said: \(text)"
        case .limited: "Splunk gave fewer rows than it found: raise its limits on search results"
        }
    }
}

/// The searches by which Splunk tells what it holds of a ledger.
///
/// Events are found by the Splunk index and the source, which Splunk always has as indexed fields. Everything else is compared after
/// that: `ledger="…"` in front would find nothing on a Splunk that does not know the field as indexed and has it in no event's text
/// (`INDEXED` of fields.conf). For the same reason the optimizer, which moves comparisons to the front, is off. Fields may have two
/// equal values, one indexed and one read from the JSON, so the first is taken.
public struct SplunkSearch: Sendable, Hashable {
    private let events: String

    /// - Parameters:
    ///   - index: the Splunk index; all that the role may search when nil.
    ///   - source: `source` of the events; any when nil.
    ///   - ledger: the ledger's origin.
    /// - Throws: ``SplunkSearchError/name(_:)``.
    public init(index: String?, source: String?, ledger: String) throws(SplunkSearchError) {
        var text = "search index="
        if let index { text += try Self.quoted(index, "index") } else { text += "*" }
        if let source { text += " source=" + (try Self.quoted(source, "source")) }
        events = text + " | where mvindex(ledger,0)=" + (try Self.quoted(ledger, "ledger's name"))
    }

    /// One row for each record and leaf hash in a range of the ledger's indexes: `id`, `hash`, `count`, and in `rows` how many
    /// rows there are. Read it with ``SplunkExport/records(_:)``.
    public func records(_ range: Range<UInt64>) -> String {
        events + " | eval n=tonumber(mvindex(ledgerIndex,0)) | where n>=\(range.lowerBound) AND n<\(range.upperBound)"
            + " | eval id=coalesce(mvindex(recordId,0),\"\"),"
            + " hash=coalesce(json_extract(_raw,\"leafHash\"),json_extract(_raw,\"unmapped.leafHash\"),"
            + "json_extract(_raw,\"muniment.leafHash\"),\"\")"
            + " | stats count by id hash | eventstats count as rows | noop search_optimization=false"
    }

    /// One row: in `events` how many there are of the ledger, in `strays` how many of them are neither a record with an index nor
    /// a manifest. Read it with ``SplunkExport/standing(_:)``.
    public var standing: String {
        events
            + " | eval stray=if(isnull(ledgerIndex) AND coalesce(mvindex(eventType,0),\"\")!=\"DELIVERY_MANIFEST\",1,0)"
            + " | stats count as events, sum(stray) as strays | noop search_optimization=false"
    }

    /// Refuses what could end the quotation, stand for more than itself, or name a macro.
    private static func quoted(_ text: String, _ name: String) throws(SplunkSearchError) -> String {
        let isPlain = text.unicodeScalars.allSatisfy {
            $0.value >= 0x20 && $0.value != 0x7F && !"\"\\`*".unicodeScalars.contains($0)
        }
        guard isPlain, !text.isEmpty else { throw .name(name) }
        return "\"\(text)\""
    }
}
