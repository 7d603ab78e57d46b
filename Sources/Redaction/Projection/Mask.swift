/// A way to show a value so that a person can be served without seeing it whole.
///
/// A mask that does not recognise its input falls back to ``full``: it never lets through what it does not understand.
public enum Mask: String, Sendable, Hashable, CaseIterable {
    /// `****` always; the length is hidden too.
    case full
    /// `****` and the last four letters or digits, when there are at least eight; separators do not count.
    case last4
    /// A card number: first six, `******`, last four (PCI DSS 4.0.1 requirement 3.4.1), when the value is 13 to 19 digits once
    /// spaces and hyphens are removed.
    case pan
    /// `a***@example.org`: the first character of the mailbox and the domain.
    case email
    /// The year of an ISO 8601 date or date-time (`1987`, `1987-03`, `1987-03-04`, `19870304`, `1987-03-04T10:00:00Z`).
    case year
    /// `****42`: the last two digits of a telephone number of 7 to 15 digits (the longest that E.164 allows).
    case phone
    /// `NL****4300`: country code and last four of an IBAN (ISO 13616: 15 to 34 characters); the check digits are not verified.
    case iban
    /// `A.M.S.`: the first letter of each of at most six words.
    case initials
    /// The first two characters of a postcode of five, the first three of one of six to ten, then `***`.
    case postcode
    /// Free text that stays readable: what a redaction policy finds in it is replaced. Without a policy everything found is masked.
    case findings
    /// The value is replaced by `null`, whatever it was.
    case null

    /// The mask with this name in a policy, or nil when there is none.
    public init?(name: String) { self.init(rawValue: name) }

    /// The name in a policy.
    public var name: String { rawValue }

    /// The masked form of `text`, or nil for ``null``, which leaves no text.
    public func masked(_ text: String) -> String? {
        guard self != .null else { return nil }
        if self == .findings { return (try? Redactor().redact(text)) ?? "****" }
        var text = text
        var output: [UInt8] = []
        text.withUTF8 { appendMasked(UnsafeRawBufferPointer($0), to: &output) }
        return String(decoding: output, as: UTF8.self)
    }

    /// Appends the masked form of `text`, which is valid UTF-8, as plain text: not quoted, not escaped.
    func appendMasked(_ text: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        let start = output.count
        let isRecognised =
            switch self {
            case .full, .null, .findings: false
            case .last4: appendLastFour(text, to: &output)
            case .pan: appendPAN(text, to: &output)
            case .email: appendEmail(text, to: &output)
            case .year: appendYear(text, to: &output)
            case .phone: appendPhone(text, to: &output)
            case .iban: appendIBAN(text, to: &output)
            case .initials: appendInitials(text, to: &output)
            case .postcode: appendPostcode(text, to: &output)
            }
        guard !isRecognised else { return }
        output.removeLast(output.count - start)
        appendStars(4, to: &output)
    }
}
