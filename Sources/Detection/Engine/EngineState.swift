internal import JSON
internal import WallTime

/// Why a stored state cannot be used, or a state cannot be stored.
public struct DetectionStateError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One line that says what to do.
    public let description: String
}

/// Everything that an engine knows.
struct EngineState: Codable, Sendable {
    /// Raised when the form changes so that earlier states cannot be read.
    static let version = 6
    /// A step of time beyond this needs a second event that agrees, so that one wrong clock does not close every window.
    static let believedMilliseconds: Int64 = 3_600_000

    var version = EngineState.version
    var nextIndex: Int64 = 0
    var watermark: Int64?
    private var doubtedWatermark: Int64?
    var lateEvents = 0
    var windows = CorrelationWindows()
    var judge = AccessJudge()
    var unverifiable = UnverifiableReads()
    var unexplained = UnexplainedReads()
    var baselines = ActivityBaselines()
    var rhythm = ReadRhythm()
    var reconciliation = ReadReconciliation()
    var feeds = FeedMonitor()
    var networks = NetworkWatch()
    var honey = HoneyCustomers()
    var book = AlertBook()

    /// Which form a stored state has; the rest of it may be of any.
    private struct Form: Decodable { let version: Int }

    init() {}

    init(_ bytes: [UInt8]) throws(DetectionStateError) {
        do {
            guard try StateDecoder.decode(Form.self, from: bytes).version == Self.version else {
                throw DetectionStateError(
                    description: "the stored state is of another version: start again from the first entry"
                )
            }
            self = try StateDecoder.decode(EngineState.self, from: bytes)
        } catch let error as DetectionStateError {
            throw error
        } catch {
            throw DetectionStateError(description: "the stored state cannot be read: start again from the first entry")
        }
    }

    func encoded() throws(DetectionStateError) -> [UInt8] {
        do { return try StateEncoder.encode(self) } catch {
            throw DetectionStateError(description: "the state cannot be stored: \(error)")
        }
    }

    // MARK: Time

    /// Moves the watermark.
    /// - Returns: whether a minute, and whether an hour, has turned.
    mutating func advance(to event: LedgerEvent, lateness: Int64) -> (minute: Bool, hour: Bool) {
        let time = event.timestamp.milliseconds
        guard let before = watermark else {
            watermark = time
            return (true, false)
        }
        var now = time
        if time > before + Self.believedMilliseconds {
            guard let doubted = doubtedWatermark, abs(doubted - time) <= Self.believedMilliseconds else {
                doubtedWatermark = time
                return (false, false)
            }
            now = min(doubted, time)
        }
        doubtedWatermark = nil
        if now < before - lateness * 1000 { lateEvents += 1 }
        watermark = max(before, now)
        return (Self.turned(before, now, 60_000), Self.turned(before, now, 3_600_000))
    }

    private static func turned(_ before: Int64, _ now: Int64, _ unit: Int64) -> Bool {
        now > before && now / unit != before / unit
    }

    /// Forgets what can no longer matter.
    /// - Returns: what is to be told of it.
    mutating func sweep(_ rules: [Rule], _ configuration: DetectionConfiguration) -> [DetectionEvent] {
        guard let watermark = watermark.map({ Timestamp(milliseconds: $0) }) else { return [] }
        windows.sweep(watermark: watermark, rules, lateness: configuration.latenessSeconds * 1000)
        judge.sweep(watermark: watermark)
        unexplained.sweep(before: watermark.milliseconds - configuration.unexplainedSeconds * 1000)
        baselines.sweep(watermark: watermark, configuration.localTime)
        rhythm.sweep(before: watermark.milliseconds - 86_400_000)
        reconciliation.sweep(watermark: watermark)
        networks.sweep(watermark: watermark)
        return unverifiable.tell(at: watermark) + book.sweep(watermark: watermark)
    }

    /// Applies what a person decided; one that does not fit any more is stepped over, as the ledger keeps it anyway.
    /// - Returns: what is to be told of it.
    mutating func decide(_ event: LedgerEvent) -> DetectionEvent? {
        switch event.type {
        case "DETECTION_SUPPRESSION_SET": book.suppress(event)
        case "DETECTION_SUPPRESSION_LIFTED":
            return event.text("suppressionId").flatMap { book.lift($0, at: event.timestamp) }
        default:
            guard let command = AlertCommand(eventType: event.type, { event.text($0) }),
                let id = event.text("alertId")
            else { return nil }
            try? book.apply(command, to: id, by: event.text("actor") ?? "unknown", at: event.timestamp)
        }
        return nil
    }
}
