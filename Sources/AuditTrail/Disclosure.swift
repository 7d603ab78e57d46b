public import Identity
public import JSON

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
        guard let id = event["eventId"]?.string, let committed = event["commitments"]?[path]?.string else { return nil }
        var hash = commitments.seed(eventID: Array(id.utf8)).begin(path: Array(path.utf8))
        for value in values { Array(value.utf8).withUnsafeBytes { hash.add($0) } }
        var hex: [UInt8] = []
        hash.append(to: &hex)
        return hex.elementsEqual(committed.utf8)
    }
}
