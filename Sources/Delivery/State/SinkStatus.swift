import DeliveryWire
import Storage
public import WallTime

/// How a sink stands.
public struct SinkStatus: Sendable, Hashable {
    /// Its name.
    public let name: String
    /// What kind of destination it is.
    public let kind: String
    /// SHA-256 of its settings.
    public let definition: String
    /// What a success means.
    public let guarantee: DeliveryGuarantee.Level
    /// Why it means that and no more.
    public let guaranteeReason: String
    /// Whether it is sent to.
    public let state: SinkState
    /// Since when.
    public let since: Timestamp
    /// Where every entry stands.
    public let conservation: Conservation
    /// Records that may be at the destination twice.
    public let duplicates: UInt64
    /// How many requests went at the same time when that last changed.
    public let concurrency: Int
    /// Everything below is filtered, confirmed or dead, save what an operator had sent again.
    public let lowWatermark: UInt64
    /// The first index that no manifest covers.
    public let manifestFrom: UInt64
    /// When a record was last confirmed.
    public let lastConfirmed: Timestamp?
    /// Why something was not taken since the last confirmation; nil when everything was.
    public let lastFailure: SinkFailure?
    /// Who paused it or had it go on; nil when nobody did, and for a sink that stopped itself.
    public let stateActor: String?
    /// When it was made; 1970 where an earlier version did not keep it.
    let made: Timestamp
    /// When the oldest entry that is still to be delivered was written; nil when there is none.
    public internal(set) var oldest: Timestamp?

    public static func == (left: SinkStatus, right: SinkStatus) -> Bool {
        left.name == right.name && left.conservation == right.conservation && left.state == right.state
            && left.duplicates == right.duplicates && left.lowWatermark == right.lowWatermark
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(conservation)
    }

    static func all(_ connection: any SQLConnection, sink: String = "") throws -> [SinkStatus] {
        let terms = try Conservation.all(connection, sink: sink)
        return try connection.all(
            """
            SELECT name, kind, definition, guarantee, state, reason, since, duplicates, manifest_from, confirmed_at, failure,
                failed_at, cursor_index, concurrency,
                (SELECT MIN(r.first) FROM sink_ranges r WHERE r.sink = s.name), guarantee_reason, failure_detail, state_actor,
                made_at
            FROM sinks s WHERE $1 = '' OR name = $1 ORDER BY name
            """,
            [.text(sink)]
        ) { row in
            let name = row.text(0)
            guard let conservation = terms[name] else { throw DeliveryError.unknownSink(name) }
            return SinkStatus(
                name: name,
                kind: row.text(1),
                definition: row.text(2),
                guarantee: DeliveryGuarantee.Level(rawValue: row.text(3)) ?? .bestEffort,
                guaranteeReason: row.text(15),
                state: SinkState(row.text(4), reason: row.optionalText(5)),
                since: Timestamp(milliseconds: row.integer(6)),
                conservation: conservation,
                duplicates: row.position(7),
                concurrency: Int(row.integer(13)),
                lowWatermark: min(row.position(12), row.isNull(14) ? .max : row.position(14)),
                manifestFrom: row.position(8),
                lastConfirmed: row.optionalInteger(9).map { Timestamp(milliseconds: $0) },
                lastFailure: row.optionalText(10).map {
                    SinkFailure(reason: $0, detail: row.optionalText(16), at: Timestamp(milliseconds: row.integer(11)))
                },
                stateActor: row.optionalText(17),
                made: Timestamp(milliseconds: row.integer(18)),
                oldest: nil
            )
        }
    }
}

/// Why a destination did not take something.
public struct SinkFailure: Sendable, Hashable {
    /// In our own words.
    public let reason: String
    /// In the destination's, as far as ``DestinationWords`` keeps them.
    public let detail: String?
    /// When.
    public let at: Timestamp

    /// Reason and detail.
    public var text: String { reason + (detail.map { ": \($0)" } ?? "") }
}

/// A record that could not be delivered.
public struct StoredDeadLetter: Sendable, Hashable {
    /// Its index in the ledger.
    public let index: UInt64
    /// Why.
    public let reason: String
    /// The destination's own words, as far as ``DestinationWords`` keeps them.
    public let detail: String?
    /// How often it was sent.
    public let attempts: Int
    /// When it was given up.
    public let died: Timestamp
}
