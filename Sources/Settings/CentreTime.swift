import Detection
import Foundation
import WallTime

extension LocalTime {
    /// The years over which a zone's changes of offset are taken down.
    private static let years = 2020...2060

    /// The clock of a zone of the tz database, such as `Europe/Berlin`, by the rules that this machine's copy of it has. Whoever judges
    /// the same ledger again needs the same copy, as far as it tells of the ledger's years.
    /// - Returns: nil when the database has no such zone.
    init?(zone name: String) {
        // Abbreviations such as CET and offsets such as GMT+2 are no places: they know no daylight saving, or not whose.
        guard name == "UTC" || name.contains("/"), let zone = TimeZone(identifier: name) else { return nil }
        func moment(ofYear year: Int) -> Date {
            Date(timeIntervalSince1970: Double(year - 1970) * 365.2425 * 86_400)
        }
        var at = moment(ofYear: Self.years.lowerBound)
        let end = moment(ofYear: Self.years.upperBound)
        let before = Int64(zone.secondsFromGMT(for: at))
        var changes: [Change] = []
        while let next = zone.nextDaylightSavingTimeTransition(after: at), next > at, next < end {
            let offset = Int64(zone.secondsFromGMT(for: next.addingTimeInterval(1)))
            let milliseconds = Int64((next.timeIntervalSince1970 * 1000).rounded())
            changes.append(Change(from: Timestamp(milliseconds: milliseconds), offsetSeconds: offset))
            at = next
        }
        self.init(before: before, changes: changes)
    }
}
