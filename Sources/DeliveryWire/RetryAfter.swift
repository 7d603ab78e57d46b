public import WallTime

/// The `Retry-After` header (RFC 9110 section 10.2.3).
public enum RetryAfter {
    /// The longest wait that is honoured; a destination that asks for more is asked again after this.
    public static let longest: Duration = .seconds(3600)

    /// How long to wait at least, or nil when the header says nothing usable. A date in the past is no wait; more than
    /// ``longest`` is brought down to it.
    public static func wait(_ header: String, now: Timestamp) -> Duration? {
        let text = header.drop { $0 == " " || $0 == "\t" }
        let trimmed = text.reversed().drop { $0 == " " || $0 == "\t" }.reversed()
        let value = String(trimmed)
        if !value.isEmpty, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            // Too many digits for an integer are more than the longest wait too.
            guard let seconds = Int64(value) else { return longest }
            return min(.seconds(min(seconds, 86_400)), longest)
        }
        guard let moment = HTTPDate.parse(value) else { return nil }
        let (difference, overflow) = moment.milliseconds.subtractingReportingOverflow(now.milliseconds)
        if overflow || difference <= 0 { return .zero }
        return min(.milliseconds(difference), longest)
    }
}
