import JSON
import MerkleLog

/// `{"event":{…},"index":…,"leafHash":"…","ledger":"…","projected":…,"pseudonymised":…,"recordId":"…","redacted":…}`.
///
/// Unless fields were projected away, their text was redacted or people's codes replaced, `event` is the entry byte for byte, so that whoever receives it can compute the leaf hash
/// and check it against a checkpoint.
struct NativeFormat {
    let facts: EventFacts
    let projection: FieldProjection

    func bytes() throws(JSONCanonicalError) -> [UInt8] {
        let event = facts.event
        // White space between tokens is the only place of control characters in JSON; canonical entries have none.
        let isVerbatim =
            projection.isWhole && !event.isRedacted && !event.isPseudonymised
            && !event.entry.contains { $0 < 0x20 }
        let body = isVerbatim ? event.entry : try JSONValue.object(facts.visible).canonicalBytes()
        var writer = CanonicalJSONWriter(capacity: body.count + 256)
        writer.beginObject()
        writer.key("event")
        body.withUnsafeBytes { writer.canonical($0) }
        writer.key("index")
        writer.integer(Int64(clamping: min(event.index, UInt64(CanonicalJSONWriter.largestInteger))))
        if let leafHash = event.leafHash {
            writer.key("leafHash")
            writer.string(leafHash.base64)
        }
        writer.key("ledger")
        writer.string(event.ledger)
        if !projection.isWhole {
            writer.key("projected")
            writer.bool(true)
        }
        if event.isPseudonymised {
            writer.key("pseudonymised")
            writer.bool(true)
        }
        writer.key("recordId")
        writer.string(event.recordID)
        if event.isRedacted {
            writer.key("redacted")
            writer.bool(true)
        }
        writer.endObject()
        return writer.bytes
    }
}
