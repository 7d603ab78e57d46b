/// How an engine judges; part of what makes its output the same from the same events.
public struct DetectionConfiguration: Sendable {
    /// Makes the code of a customer's name in the ledger under the key of an epoch; nil when there is no such key.
    public typealias HoneyCode = @Sendable (_ name: String, _ epoch: Int64) -> String?

    /// How much later than the latest event another may come and still be counted exactly, in seconds.
    public var latenessSeconds: Int64
    /// How long providers explain reads.
    public var explanationTimes: ExplanationTimes
    /// The feeds of platform facts without which no read is called unexplained, such as `conversations` and `callbacks`.
    public var requiredFeeds: [String]
    /// For each feed, after how many seconds its silence is an alert.
    public var feedSilenceSeconds: [String: Int64]
    /// The centre's time of day, for days and hours of the week.
    public var localTime: LocalTime
    /// How long after a transfer the second agent's own read is waited for, in seconds.
    public var secondReadSeconds: Int64
    /// How long after an interval the platform's count of executions is compared with the reads, in seconds.
    public var reconciliationDelaySeconds: Int64
    /// How many reads of an agent that nothing explains, within how many seconds, are said to be many.
    public var unexplainedReads: Int
    public var unexplainedSeconds: Int64
    /// The most reads that are kept at a time to be judged again when facts come.
    public var mostOpenReads: Int
    /// How names become the codes that planted customers are known by. The same for the same name and epoch, or replay would not
    /// tell the same; where no host has a key, as in fixtures, a name is its own code.
    public var honeyCode: HoneyCode = { name, _ in name }

    /// Fifteen minutes of lateness and silence, the standard times of explanation, a minute for a second read,
    /// five for counts, twenty unexplained reads within an hour, 50,000 reads put aside.
    public init(
        latenessSeconds: Int64 = 900,
        explanationTimes: ExplanationTimes = .standard,
        requiredFeeds: [String] = [],
        feedSilenceSeconds: [String: Int64] = [:],
        localTime: LocalTime = .utc,
        secondReadSeconds: Int64 = 60,
        reconciliationDelaySeconds: Int64 = 300,
        unexplainedReads: Int = 20,
        unexplainedSeconds: Int64 = 3600,
        mostOpenReads: Int = 50_000
    ) {
        self.latenessSeconds = latenessSeconds
        self.explanationTimes = explanationTimes
        self.requiredFeeds = requiredFeeds
        self.feedSilenceSeconds = feedSilenceSeconds
        self.localTime = localTime
        self.secondReadSeconds = secondReadSeconds
        self.reconciliationDelaySeconds = reconciliationDelaySeconds
        self.unexplainedReads = unexplainedReads
        self.unexplainedSeconds = unexplainedSeconds
        self.mostOpenReads = mostOpenReads
    }
}
