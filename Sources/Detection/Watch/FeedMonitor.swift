internal import JSON
internal import WallTime

/// Notices feeds that fell silent. Time is what events say: the software writes a heartbeat while it runs, so that a replay of
/// the ledger finds the same silence.
struct FeedMonitor: Codable, Sendable {
    private struct Feed: Codable, Sendable {
        var heard: Int64
        var isSilent: Bool
    }

    private var feeds: [String: Feed] = [:]

    /// Notes that a feed spoke.
    /// - Returns: true when it had been silent.
    mutating func hear(_ feed: String, at time: Timestamp) -> Bool {
        let wasSilent = feeds[feed]?.isSilent ?? false
        feeds[feed] = Feed(heard: max(feeds[feed]?.heard ?? .min, time.milliseconds), isSilent: false)
        return wasSilent
    }

    /// Looks for feeds that have not spoken for longer than they may. A feed never heard is counted from the first look.
    mutating func advance(to event: LedgerEvent, watermark: Timestamp, limits: [String: Int64]) -> [LedgerEvent] {
        var silent: [LedgerEvent] = []
        for (name, seconds) in limits.sorted(by: { $0.key < $1.key }) {
            guard let feed = feeds[name] else {
                feeds[name] = Feed(heard: watermark.milliseconds, isSilent: false)
                continue
            }
            let quiet = watermark.milliseconds - feed.heard
            guard !feed.isSilent, quiet > seconds * 1000 else { continue }
            feeds[name]?.isSilent = true
            silent.append(
                event.deriving(
                    "FEED_SILENT",
                    at: watermark,
                    key: name,
                    [
                        "feed": .string(name), "silentSeconds": .integer(quiet / 1000),
                        "lastHeard": .string(Timestamp(milliseconds: feed.heard).description),
                    ]
                )
            )
        }
        return silent
    }
}
