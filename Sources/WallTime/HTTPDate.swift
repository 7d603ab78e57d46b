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
