/// Statistics that a few wild values do not move.
enum RobustStatistics {
    /// What makes the median absolute deviation of a normal distribution equal to its standard deviation.
    static let normalConsistency = 1.4826

    /// The middle value; 0 for none.
    static func median(_ values: [Double]) -> Double { percentile(values, 50) }

    /// The value at a percentile, between two values as their distance says; 0 for none.
    static func percentile(_ values: [Double], _ percent: Double) -> Double {
        guard !values.isEmpty else { return 0 }
        let sorted = values.sorted()
        let place = percent / 100 * Double(sorted.count - 1)
        let low = Int(place.rounded(.down))
        let high = min(low + 1, sorted.count - 1)
        return sorted[low] + (sorted[high] - sorted[low]) * (place - Double(low))
    }

    /// A typical distance from the median: the median absolute deviation, and no less than the spread that counting itself has
    /// (the square root of the count, as of a Poisson variable) or one.
    static func spread(_ values: [Double], median: Double) -> Double {
        let deviation = normalConsistency * self.median(values.map { abs($0 - median) })
        return max(deviation, median.squareRoot(), 1)
    }

    /// How many spreads a value lies above what is usual, to two decimals.
    static func score(_ value: Double, median: Double, spread: Double) -> Double {
        ((value - median) / spread * 100).rounded() / 100
    }
}
