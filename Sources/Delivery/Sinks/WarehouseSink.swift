public import DeliveryWire
import EventFormats
import JSON
import MerkleLog
public import Storage
public import WallTime

/// A table of a PostgreSQL warehouse that rows are only ever added to.
///
/// A row's key is the record's id, so that the place of a record is stored with the record, in the same transaction: what is sent
/// again changes nothing. A row that is there under the same id with another hash stops the lane.
public final class WarehouseSink: Sink {
    /// A row.
    public struct Row: Sendable {
        fileprivate let json: [UInt8]
    }

    let table: String
    private let mayBeMutable: Bool
    let shaping: EventShaping
    let open: @Sendable () throws -> any Database
    private let database = WarehouseConnection()

    /// Makes a sink.
    /// - Parameters:
    ///   - table: `table` or `schema.table`; see ``WarehouseTable/definition(_:)``.
    ///   - mayBeMutable: whether a role that may change or delete rows is good enough.
    ///   - open: connects.
    public init(
        table: WarehouseTable,
        mayBeMutable: Bool = false,
        shaping: EventShaping,
        open: @escaping @Sendable () throws -> any Database
    ) {
        self.table = table.quoted
        self.mayBeMutable = mayBeMutable
        self.shaping = shaping
        self.open = open
    }

    public var limits: BatchLimits { BatchLimits(bytes: 2_000_000, count: 1000, age: .seconds(1)) }
    public var concurrency: Int { 2 }
    public var guarantee: DeliveryGuarantee {
        DeliveryGuarantee(.exactlyOnce, because: "the record's id is the row's key, and a COMMIT is durable")
    }

    public func prepare(_ entry: LedgerEntry, now: Timestamp) -> Prepared<Row> {
        shaping.prepare(entry) { record in
            guard shaping.encoder.format.isJSON else { throw DeliveryFormatError.notJSON }
            let payload = try JSONValue(parsing: shaping.encoder.encode(record))
            return Self.row([
                "record_id": .string(record.recordID), "ledger": .string(record.ledger),
                "entry_index": .integer(Int64(clamping: record.index)), "event_type": .string(record.type),
                "occurred_at": .string(record.timestamp.description),
                "leaf_hash": record.leafHash.map { .string($0.base64) } ?? .null,
                "payload": payload,
            ])
        }
    }

    public func prepare(_ manifest: DeliveryManifest) -> Prepared<Row>? {
        Self.row([
            "record_id": .string(manifest.recordID), "ledger": .string(manifest.checkpoint.origin),
            "entry_index": .null, "event_type": .string(DeliveryManifest.eventType),
            "occurred_at": .string(manifest.timestamp.description), "leaf_hash": .null, "payload": manifest.json,
        ])
    }

    private static func row(_ members: [String: JSONValue]) -> Prepared<Row> {
        guard let json = try? JSONValue.object(members).canonicalBytes() else {
            return .dead("an integer of the event cannot be written as JSON without loss")
        }
        return .send(Row(json: json), bytes: json.count + 1)
    }

    public func open(position: String?) async -> SinkReply {
        do {
            let database = try await self.database.get(open)
            return try await database.read { [table, mayBeMutable] connection in
                guard connection.dialect == .postgres else {
                    return SinkReply(Verdict(.config, reason: "the warehouse is no PostgreSQL database"))
                }
                // Names the columns, so that a table of another shape is found before anything is sent.
                try connection.rows(
                    "SELECT record_id, ledger, entry_index, event_type, occurred_at, leaf_hash, payload FROM \(table) LIMIT 0",
                    []
                ) { _ in false }
                let changeable = try connection.first(
                    "SELECT CAST(CAST(has_table_privilege($1, 'UPDATE, DELETE, TRUNCATE') AS INTEGER) AS BIGINT)",
                    [.text(table)]
                ) { $0.integer(0) != 0 }
                if changeable == true, !mayBeMutable {
                    return SinkReply(
                        Verdict(
                            .config,
                            reason:
                                "the role may change or delete rows of \(table): REVOKE UPDATE, DELETE, TRUNCATE from it, "
                                + "or set allowMutable: true"
                        )
                    )
                }
                return .ok
            }
        } catch {
            return reply(to: error)
        }
    }

    public func deliver(_ batch: SinkBatch<Row>) async -> SinkReply {
        var rows: [UInt8] = [UInt8(ascii: "[")]
        for (position, row) in batch.payloads.enumerated() {
            if position > 0 { rows.append(UInt8(ascii: ",")) }
            rows += row.json
        }
        rows.append(UInt8(ascii: "]"))
        let text = String(decoding: rows, as: UTF8.self)
        do {
            let database = try await self.database.get(open)
            return try await database.write { [table, count = batch.items.count] connection in
                let columns =
                    "record_id text, ledger text, entry_index bigint, event_type text, occurred_at timestamptz, "
                    + "leaf_hash text, payload jsonb"
                let added = try connection.run(
                    """
                    INSERT INTO \(table) (record_id, ledger, entry_index, event_type, occurred_at, leaf_hash, payload)
                    SELECT record_id, ledger, entry_index, event_type, occurred_at, leaf_hash, payload
                    FROM jsonb_to_recordset(CAST($1 AS jsonb)) AS row(\(columns))
                    ON CONFLICT (record_id) DO NOTHING
                    """,
                    [.text(text)]
                )
                guard added < count else { return .ok }
                let same = try connection.first(
                    """
                    SELECT COUNT(*) FROM jsonb_to_recordset(CAST($1 AS jsonb)) AS row(\(columns))
                    JOIN \(table) AS stored ON stored.record_id = row.record_id
                        AND stored.leaf_hash IS NOT DISTINCT FROM row.leaf_hash
                    """,
                    [.text(text)]
                ) { $0.integer(0) }
                guard same == Int64(count) else {
                    return SinkReply(
                        Verdict(
                            .config,
                            reason:
                                "\(table) holds another event under the id of one of these: it is another ledger's, or was "
                                + "changed"
                        )
                    )
                }
                return .ok
            }
        } catch {
            return reply(to: error, sent: batch.payloads)
        }
    }

    public func close() async { await database.close() }

    /// What the server said may quote values of rows, so it is no part of the reason.
    private func reply(to error: any Error, sent rows: [Row] = []) -> SinkReply {
        guard let error = error as? StorageError else {
            return SinkReply(
                Verdict(.retry, reason: "the warehouse failed"),
                detail: DestinationWords("\(error)", sent: [])
            )
        }
        let verdict: Verdict =
            switch error.code {
            case .unavailable: Verdict(.retry, reason: "no connection to the warehouse")
            case .busy, .full, .inputOutput: Verdict(.retry, reason: "the warehouse is busy, full or failing")
            case .readOnly: Verdict(.throttle, reason: "the warehouse is read-only at present")
            case .value: Verdict(.split, reason: "the warehouse refuses a value")
            // Permissions, the table's shape, its constraints: no row is to blame, for all have one shape.
            case .refused, .other, .cannotOpen, .corrupt, .schema, .fenced:
                Verdict(.config, reason: "the warehouse refuses the connection, the table or the statement")
            }
        return SinkReply(verdict, detail: DestinationWords(error.description, sent: rows.lazy.map(\.json)))
    }
}

/// The warehouse's connections, made when they are first needed. To connect blocks, so it has a thread of its own.
actor WarehouseConnection {
    private let executor = QueueExecutor("muniment.delivery.warehouse")
    private var held: (any Database)?

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    func get(_ open: @Sendable () throws -> any Database) throws -> any Database {
        if let held { return held }
        let made = try open()
        held = made
        return made
    }

    func close() {
        held?.close()
        held = nil
    }
}

/// A format that a destination cannot take.
enum DeliveryFormatError: Error, CustomStringConvertible {
    case notJSON
    var description: String { "the warehouse takes formats in JSON only" }
}

/// The name of a warehouse's table.
public struct WarehouseTable: Sendable, Hashable {
    /// The name as it was given.
    public let text: String
    /// The name with each part in quotation marks.
    public let quoted: String

    /// A name, or a schema's and a name with a full stop between; nil for anything but letters, digits and underscores.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count),
            parts.allSatisfy({ part in
                (1...63).contains(part.utf8.count)
                    && part.utf8.allSatisfy {
                        (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_")
                    }
            })
        else { return nil }
        self.text = text
        quoted = parts.map { "\"\($0)\"" }.joined(separator: ".")
    }

    /// The statements that make the table, for an administrator of the warehouse.
    /// - Parameter role: the role that the sink connects as.
    public func definition(role: String) -> String {
        let name = role.replacing("\"", with: "\"\"")
        return """
            CREATE TABLE \(quoted) (
                record_id text PRIMARY KEY,
                ledger text NOT NULL,
                entry_index bigint,
                event_type text NOT NULL,
                occurred_at timestamptz NOT NULL,
                leaf_hash text,
                payload jsonb NOT NULL,
                stored_at timestamptz NOT NULL DEFAULT now()
            );
            CREATE INDEX ON \(quoted) (ledger, entry_index);
            GRANT SELECT, INSERT ON \(quoted) TO "\(name)";
            """
    }
}
