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

/// Dates of HTTP (RFC 9110 section 5.6.7): IMF-fixdate and the two obsolete forms that recipients must still read.
public enum HTTPDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Reads `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` or `Sun Nov  6 08:49:37 1994`.
    /// Two-digit years are read as 1970 to 2069.
    public static func parse(_ text: String) -> Timestamp? {
        let parts = text.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        switch parts.count {
        case 6 where parts[0].hasSuffix(",") && parts[5] == "GMT":
            return moment(day: parts[1], month: parts[2], year: parts[3], time: parts[4])
        case 4 where parts[0].hasSuffix(",") && parts[3] == "GMT":
            let date = parts[1].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
            guard date.count == 3, date[2].utf8.count == 2, let short = Int(date[2]) else { return nil }
            return moment(
                day: date[0],
                month: date[1],
                year: String(short + (short < 70 ? 2000 : 1900)),
                time: parts[2]
            )
        case 5: return moment(day: parts[2], month: parts[1], year: parts[4], time: parts[3])
        default: return nil
        }
    }

    private static func moment(day: String, month: String, year: String, time: String) -> Timestamp? {
        guard let number = months.firstIndex(of: month), let day = Int(day), (1...31).contains(day),
            year.utf8.count == 4, time.utf8.count == 8
        else { return nil }
        func padded(_ value: Int) -> String { (value < 10 ? "0" : "") + String(value) }
        return Timestamp("\(year)-\(padded(number + 1))-\(padded(day))T\(time)Z")
    }
}
