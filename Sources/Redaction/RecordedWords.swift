/// Words of people, such as reasons and notes, that are about to enter the record, where they stay for ever.
public enum RecordedWords {
    /// Finds the types of ``EntityType``, and needs no keys.
    private static let redactor = Redactor()

    /// The words with what looks like personal data masked. Names and free text about a person are not found.
    public static func masked(_ words: String) -> String {
        // Without a vault nothing can fail; what could not be looked at would not be recorded.
        (try? redactor.redact(words)) ?? "****"
    }
}
