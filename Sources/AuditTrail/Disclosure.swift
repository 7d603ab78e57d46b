public import Identity
public import JSON
import TextEncoding

/// Tells whether a value is the one that an agent was shown.
public enum Disclosure {
    /// Compares values with the commitment in an event.
    /// - Parameters:
    ///   - event: a `CUSTOMER_DATA_ACCESSED`.
    ///   - path: the field, as in `dataFieldsViewed`.
    ///   - values: the JSON texts of the values as released, in the order of the answer: `"1987"` with its quotation marks, `12.5`.
    /// - Returns: whether exactly these values were released under the path; nil when the event commits to nothing there.
    public static func matches(
        event: JSONValue,
        path: String,
        values: [String],
        commitments: DisclosureCommitments
    ) -> Bool? {
        guard let id = event["eventId"]?.string, let text = event["commitments"]?.string,
            let committed = Base64.decode(text.utf8),
            let paths = event["dataFieldsViewed"]?.array?.map(\.string), let place = paths.firstIndex(of: path),
            committed.count == paths.count * DisclosureCommitments.byteCount
        else { return nil }
        var hasher = commitments.begin(eventID: Array(id.utf8))
        for _ in 0...place { hasher.beginPath() }
        for value in values { Array(value.utf8).withUnsafeBytes { hasher.add($0) } }
        var found: [UInt8] = []
        hasher.endPath(to: &found)
        return committed.dropFirst(place * DisclosureCommitments.byteCount).starts(with: found)
    }
}
