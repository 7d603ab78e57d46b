public import Detection
import Dispatch
import Gzip
import JSON
public import Ledger
public import Storage
public import WallTime

/// Feeds the ledger to the detection engine, appends what it finds, and keeps its state, under a lease.
///
/// A node that lost the lease without knowing can do no harm: what it would append another appends too, under the same id.
public struct DetectionFollower: Sendable {
    /// The table of the engine's state, for whoever prepares a database.
    public static let schema = SchemaComponent(
        "detection",
        [
            Migration(
                version: 1,
                statements: [
                    """
                    CREATE TABLE detection_state (
                        id {key} PRIMARY KEY CHECK (id = 1), next_index BIGINT NOT NULL, state {blob} NOT NULL)
                    """
                ]
            )
        ]
    )

    /// What goes wrong without ending the work, for the log.
    public typealias Failed = @Sendable (_ what: String, any Error) -> Void

    private let ledger: Ledger
    private let rules: RulePack
    private let configuration: DetectionConfiguration
    private let clock: any WallClock
    private let status: DetectionStatus?
    private let pause: @Sendable (Duration) async throws -> Void
    private let failed: Failed

    /// Bytes of entries taken at a time.
    private static let batchBytes = 1 << 20
    /// How often the state is kept while something happens: a restart reads this much of the ledger again.
    private static let keepSeconds: Int64 = 600
    /// How often it says that it watches, so that time passes for the rules while nothing else happens.
    private static let heartbeatSeconds: Int64 = 60

    /// - Parameters:
    ///   - status: told how it goes.
    ///   - pause: waits between two looks at the ledger; given by tests.
    public init(
        ledger: Ledger,
        rules: RulePack,
        configuration: DetectionConfiguration,
        clock: any WallClock,
        status: DetectionStatus? = nil,
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        failed: @escaping Failed
    ) throws {
        self.ledger = ledger
        self.rules = rules
        self.configuration = configuration
        self.clock = clock
        self.status = status
        self.pause = pause
        self.failed = failed
        try Schema.migrate(ledger.database.makeConnection(), Self.schema)
    }

    /// Follows until the task is cancelled.
    public func run() async throws {
        if let status { try await status.during(follow) } else { try await follow() }
    }

    private func follow() async throws {
        var engine = try await restore()
        var kept = (index: engine.nextIndex, at: clock.now())
        var keeping: Task<Void, any Error>?
        var beat: Timestamp?
        while !Task.isCancelled {
            let moved = try await step(&engine)
            status?.watched(upTo: engine.nextIndex)
            let now = clock.now()
            // Only after a look that succeeded. A clock that was set back makes it due, too.
            if beat.map({ now < $0 || now >= $0.adding(seconds: Self.heartbeatSeconds) }) ?? true {
                try await heartbeat(now)
                beat = now
            }
            if engine.nextIndex > kept.index, now >= kept.at.adding(seconds: Self.keepSeconds) {
                // Encoding a large state takes seconds, in which alerts must not wait.
                try await keeping?.value
                keeping = Task { [engine] in try await keep(engine) }
                kept = (engine.nextIndex, now)
            }
            if !moved { do { try await pause(.milliseconds(50)) } catch { break } }
        }
        try await keeping?.value
        if engine.nextIndex > kept.index { try await Task { [engine] in try await keep(engine) }.value }
    }

    /// Takes what is new in the ledger, up to a limit.
    /// - Returns: whether there was anything.
    func step(_ engine: inout DetectionEngine) async throws -> Bool {
        let next = UInt64(engine.nextIndex)
        let size = ledger.health.head.size
        guard next < size else { return false }
        let entries = try await ledger.entries(in: next..<size, maximumBytes: Self.batchBytes)
        for entry in entries {
            let found = entry.bytes.withUnsafeBytes { engine.observe(index: Int64(entry.index), entry: $0) }
            for event in found { try await append(event) }
        }
        return true
    }

    private func append(_ event: DetectionEvent) async throws {
        let event = Event(
            type: EventType(rawValue: event.kind.rawValue),
            identity: EventIdentity(producer: DetectionEvent.producer, id: event.eventID),
            timestamp: event.timestamp,
            fields: event.fields
        )
        do {
            try await ledger.append(event)
        } catch LedgerError.conflict(let index) {
            // Other rules said something else of the same event before; what stands in the record stays.
            failed("an alert was told otherwise before", LedgerError.conflict(index: index))
        } catch let error as LedgerError where error.isAboutTheEvent {
            // It would be refused for ever, and nothing after it would be looked at.
            failed("what was found cannot be recorded", error)
        }
    }

    private func heartbeat(_ now: Timestamp) async throws {
        try await ledger.append(
            Event(
                type: .detectionHeartbeat,
                identity: .random(producer: DetectionEvent.producer),
                timestamp: now,
                fields: ["rules": .integer(Int64(rules.rules.count))]
            )
        )
    }

    // MARK: State

    /// The engine as it was kept, or a new one that begins at the ledger's first entry.
    func restore() async throws -> DetectionEngine {
        let stored = try await ledger.database.read { connection in
            try connection.first("SELECT state FROM detection_state WHERE id = 1") { $0.blob(0) }
        }
        if let stored {
            do {
                let engine = try DetectionEngine(
                    rules: rules,
                    configuration: configuration,
                    restoring: try Self.decompressed(stored)
                )
                // A state that is ahead of the ledger belongs to another, or to one that was put back.
                if UInt64(engine.nextIndex) <= ledger.health.head.size { return engine }
            } catch { failed("the state of detection cannot be read; the ledger is read anew", error) }
        }
        return DetectionEngine(rules: rules, configuration: configuration)
    }

    private static let queue = DispatchQueue(label: "muniment.detection.state")
    /// More than a store could have kept: 1 GB.
    private static let mostStateBytes = 1_000_000_000

    private static func decompressed(_ stored: [UInt8]) throws(GzipError) -> [UInt8] {
        // Before states were compressed they were kept as they are.
        stored.starts(with: [0x1F, 0x8B]) ? try Gzip.decompress(stored, maximum: mostStateBytes) : stored
    }

    /// Keeps the state, encoded and compressed away from the threads of tasks.
    func keep(_ engine: DetectionEngine) async throws {
        let state = try await withCheckedThrowingContinuation { continuation in
            Self.queue.async {
                continuation.resume(with: Result { try Gzip.compress(try engine.encodedState(), level: 1) })
            }
        }
        try await ledger.database.write { connection in
            try connection.run("DELETE FROM detection_state")
            try connection.run(
                "INSERT INTO detection_state (id, next_index, state) VALUES (1, $1, $2)",
                [.integer(engine.nextIndex), .blob(state)]
            )
        }
    }
}
