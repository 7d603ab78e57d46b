public import WallTime

/// A place's offset from UTC over the years, given as its changes, so that hours of the week follow daylight saving without a
/// time zone database here.
public struct LocalTime: Sendable, Hashable {
    /// From a moment on, the offset in seconds east of UTC.
    public struct Change: Sendable, Hashable {
        /// The first moment.
        public let from: Timestamp
        /// Seconds east of UTC.
        public let offsetSeconds: Int64

        /// Makes a change.
        public init(from: Timestamp, offsetSeconds: Int64) {
            self.from = from
            self.offsetSeconds = offsetSeconds
        }
    }

    /// In the order of time.
    public let changes: [Change]
    private let before: Int64

    /// - Parameters:
    ///   - before: the offset before the first change, in seconds.
    ///   - changes: in any order.
    public init(before: Int64, changes: [Change]) {
        self.before = before
        self.changes = changes.sorted { $0.from < $1.from }
    }

    /// UTC.
    public static let utc = LocalTime(before: 0, changes: [])

    private func localMilliseconds(_ moment: Timestamp) -> Int64 {
        let offset = changes.last { $0.from <= moment }?.offsetSeconds ?? before
        return moment.milliseconds + offset * 1000
    }

    /// Days since 1970-01-01 by the local calendar.
    func day(_ moment: Timestamp) -> Int64 { Self.floorDivide(localMilliseconds(moment), 86_400_000) }

    /// Hours since 1970-01-01T00 by the local clock; an hour that daylight saving repeats counts as one.
    func hour(_ moment: Timestamp) -> Int64 { Self.floorDivide(localMilliseconds(moment), 3_600_000) }

    /// 0 is Monday at midnight, 167 Sunday at eleven in the evening.
    static func hourOfWeek(_ hour: Int64) -> Int64 { ((hour + 72) % 168 + 168) % 168 }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        value / divisor - (value % divisor < 0 ? 1 : 0)
    }
}
