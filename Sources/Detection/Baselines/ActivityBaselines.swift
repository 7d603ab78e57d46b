internal import JSON
internal import WallTime

/// What is usual: for each agent by day and by hour of the week, and for its peer group by day.
///
/// Usual is the median; far from it is measured in robust spreads. A day joins the norm when it is over, and no more of it than
/// five spreads above the norm of then, so that a thief who reads a little more every day does not become his own norm quickly.
struct ActivityBaselines: Codable, Sendable {
    /// Worked days, or weeks for hours, that make a norm.
    static let rememberedDays = 28
    static let ownDaysNeeded = 5
    static let hoursNeeded = 4
    static let peerDaysNeeded = 20
    /// Beyond this many customers a day, an agent's count stands still.
    static let maximumCustomers = 4096
    /// Days without a read after which an agent is forgotten.
    static let forgottenAfterDays: Int64 = 120

    private struct Activity: Codable, Sendable {
        var day: Int64
        var hour: Int64
        /// Hashes of today's and of this hour's customers, sorted.
        var today: [Int64] = []
        var thisHour: [Int64] = []
        /// Customers of earlier worked days, oldest first.
        var days: [Int64] = []
        var hours = HourHistory()
        var group: String
        var reads = 0
        var explained = 0

        enum CodingKeys: String, CodingKey {
            case day = "d"
            case hour = "h"
            case today = "t"
            case thisHour = "n"
            case days = "p"
            case hours = "w"
            case group = "g"
            case reads = "r"
            case explained = "x"
        }
    }

    private struct Norm: Codable, Sendable {
        let median: Double
        let spread: Double
        let count: Int
    }

    private var agents: [String: Activity] = [:]
    /// The group that was recorded for an agent.
    private var groups: [String: String] = [:]
    /// Finished days of each group: day, then customers a day, then how many agents.
    private var peers: [String: [String: [String: Int]]] = [:]
    private var norms: [String: Norm] = [:]

    var agentCount: Int { agents.count }

    mutating func setGroup(_ group: String, of agent: String) { groups[agent] = group }

    /// The reads of the agent's present day, and how many of them were explained at once.
    func today(_ agent: String) -> (reads: Int, explained: Int)? { agents[agent].map { ($0.reads, $0.explained) } }

    /// Counts a read.
    /// - Returns: the measured activity, when a further customer makes it worth a look.
    mutating func count(_ event: LedgerEvent, customer: String, explained: Bool, _ local: LocalTime) -> LedgerEvent? {
        guard let agent = event.text("agentId") else { return nil }
        let day = local.day(event.timestamp)
        let hour = local.hour(event.timestamp)
        let group = groups[agent] ?? event.text("queueId").map { "queue \($0)" } ?? "everybody"
        var activity = agents[agent] ?? Activity(day: day, hour: hour, group: group)
        agents[agent] = nil  // so that it is changed in place
        defer { agents[agent] = activity }
        guard day >= activity.day else { return nil }  // a late read of a day that is closed
        if day > activity.day { close(&activity, next: day) }
        if hour > activity.hour {
            if !activity.thisHour.isEmpty { activity.hours.add(hour: activity.hour, count: activity.thisHour.count) }
            activity.hour = hour
            activity.thisHour.removeAll(keepingCapacity: true)
        }
        activity.group = group
        activity.reads += 1
        if explained { activity.explained += 1 }
        let hash = StableHash.of(customer)
        if hour == activity.hour { Self.insert(hash, &activity.thisHour) }
        guard Self.insert(hash, &activity.today) else { return nil }
        return measured(activity, agent, event)
    }

    @discardableResult
    private static func insert(_ hash: Int64, _ sorted: inout [Int64]) -> Bool {
        guard sorted.count < maximumCustomers else { return false }
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < hash { low = middle + 1 } else { high = middle }
        }
        guard low == sorted.count || sorted[low] != hash else { return false }
        sorted.insert(hash, at: low)
        return true
    }

    private func ownNorm(_ activity: Activity) -> Norm? {
        guard activity.days.count >= Self.ownDaysNeeded else { return nil }
        let days = activity.days.map(Double.init)
        let median = RobustStatistics.median(days)
        return Norm(median: median, spread: RobustStatistics.spread(days, median: median), count: days.count)
    }

    private func measured(_ activity: Activity, _ agent: String, _ event: LedgerEvent) -> LedgerEvent? {
        var fields: [String: JSONValue] = [:]
        var highest = 0.0
        if let norm = ownNorm(activity) {
            let score = RobustStatistics.score(Double(activity.today.count), median: norm.median, spread: norm.spread)
            fields["ownMedian"] = .number(norm.median)
            fields["ownScore"] = .number(score)
            highest = score
        }
        if let norm = norms[activity.group], norm.count >= Self.peerDaysNeeded {
            let score = RobustStatistics.score(Double(activity.today.count), median: norm.median, spread: norm.spread)
            fields["peerMedian"] = .number(norm.median)
            fields["peerScore"] = .number(score)
            fields["peerAgentDays"] = .integer(Int64(norm.count))
            highest = max(highest, score)
        }
        let hours = activity.thisHour.count > 3 ? activity.hours.counts(like: activity.hour) : []
        if hours.count >= Self.hoursNeeded {
            let median = RobustStatistics.median(hours)
            let spread = RobustStatistics.spread(hours, median: median)
            let score = RobustStatistics.score(Double(activity.thisHour.count), median: median, spread: spread)
            fields["hourMedian"] = .number(median)
            fields["hourScore"] = .number(score)
            highest = max(highest, score)
        }
        guard highest >= 2 else { return nil }
        fields["agentId"] = .string(agent)
        fields["peerGroup"] = .string(activity.group)
        fields["customersToday"] = .integer(Int64(activity.today.count))
        fields["customersThisHour"] = .integer(Int64(activity.thisHour.count))
        fields["ownDays"] = .integer(Int64(activity.days.count))
        for name in ["customerId", "interactionId"] { fields[name] = event.fields[name] }
        return event.deriving("ACTIVITY_MEASURED", fields)
    }

    /// Moves a day that is over into the norms.
    private mutating func close(_ activity: inout Activity, next day: Int64) {
        if !activity.today.isEmpty {
            var count = Double(activity.today.count)
            if let norm = ownNorm(activity) { count = min(count, (norm.median + 5 * norm.spread).rounded()) }
            activity.days.append(Int64(count))
            if activity.days.count > Self.rememberedDays { activity.days.removeFirst() }
            let counted = String(Int64(count))
            peers[activity.group, default: [:]][String(activity.day), default: [:]][counted, default: 0] += 1
            norms[activity.group] = peerNorm(activity.group, before: day)
        }
        activity.day = day
        activity.today.removeAll(keepingCapacity: true)
        activity.reads = 0
        activity.explained = 0
    }

    private mutating func peerNorm(_ group: String, before day: Int64) -> Norm {
        let oldest = day - Int64(Self.rememberedDays)
        if let days = peers[group], days.keys.contains(where: { (Int64($0) ?? 0) < oldest }) {
            peers[group] = days.filter { (Int64($0.key) ?? 0) >= oldest }
        }
        var histogram: [Int: Int] = [:]
        for counts in (peers[group] ?? [:]).values {
            for (count, agents) in counts { histogram[Int(count) ?? 0, default: 0] += agents }
        }
        let total = histogram.values.reduce(0, +)
        let median = Self.median(histogram.map { (Double($0.key), $0.value) }, total)
        let deviation = Self.median(histogram.map { (abs(Double($0.key) - median), $0.value) }, total)
        let spread = max(RobustStatistics.normalConsistency * deviation, median.squareRoot(), 1)
        return Norm(median: median, spread: spread, count: total)
    }

    /// The lower middle of values that stand for several each.
    private static func median(_ values: [(value: Double, weight: Int)], _ total: Int) -> Double {
        var left = (total + 1) / 2
        for (value, weight) in values.sorted(by: { $0.value < $1.value }) {
            left -= weight
            if left <= 0 { return value }
        }
        return 0
    }

    /// Forgets agents who left.
    mutating func sweep(watermark: Timestamp, _ local: LocalTime) {
        let oldest = local.day(watermark) - Self.forgottenAfterDays
        if agents.contains(where: { $0.value.day < oldest }) { agents = agents.filter { $0.value.day >= oldest } }
    }
}
