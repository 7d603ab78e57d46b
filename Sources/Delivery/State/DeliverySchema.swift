public import Storage

/// The tables of delivery, in the ledger's own database.
///
/// - `sinks`: one row per lane. Every index below `cursor` and from `start_index` on was read: it is filtered or confirmed, which are
///   counted, or stands in one of the other two tables.
/// - `sink_ranges`: `flight` (sent and not yet confirmed), `waiting` (to be sent again, first) and `backfill` (older entries that a sink
///   was asked to take as well). `records` of the range's indexes are for the sink; the others are counted as filtered already.
/// - `sink_dead`: index and reason, never the event.
/// - `sink_confirmed`: which indexes are confirmed, a bit each, 8,192 in a row; from `kept_from` on all of them.
/// - `sink_gaps`: older entries between those that a sink was asked to take as well, which it left out; counted as filtered.
/// - `sink_manifests`: what each manifest said that was delivered.
public enum DeliverySchema {
    /// The tables, for whoever prepares a database.
    public static let schema = SchemaComponent("delivery", migrations)

    private static let migrations = [
        Migration(
            version: 1,
            statements: [
                """
                CREATE TABLE sinks (
                    name TEXT PRIMARY KEY, kind TEXT NOT NULL, definition TEXT NOT NULL, guarantee TEXT NOT NULL,
                    start_index BIGINT NOT NULL, cursor_index BIGINT NOT NULL, filtered BIGINT NOT NULL,
                    confirmed BIGINT NOT NULL, duplicates BIGINT NOT NULL, state TEXT NOT NULL, reason TEXT,
                    since BIGINT NOT NULL, position TEXT, delivered TEXT NOT NULL, manifest_from BIGINT NOT NULL,
                    manifest TEXT, manifest_at BIGINT NOT NULL, confirmed_at BIGINT, failure TEXT, failed_at BIGINT)
                """,
                """
                CREATE TABLE sink_ranges (
                    sink TEXT NOT NULL, first BIGINT NOT NULL, past BIGINT NOT NULL, records BIGINT NOT NULL,
                    place TEXT NOT NULL, PRIMARY KEY (sink, first))
                """,
                """
                CREATE TABLE sink_dead (
                    sink TEXT NOT NULL, idx BIGINT NOT NULL, reason TEXT NOT NULL, detail TEXT, attempts BIGINT NOT NULL,
                    died_at BIGINT NOT NULL, PRIMARY KEY (sink, idx))
                """,
            ]
        ),
        Migration(version: 2, statements: ["ALTER TABLE sinks ADD COLUMN concurrency BIGINT NOT NULL DEFAULT 1"]),
        Migration(
            version: 3,
            statements: [
                "ALTER TABLE sinks ADD COLUMN kept_from BIGINT NOT NULL DEFAULT 0",
                "UPDATE sinks SET kept_from = cursor_index",
                """
                CREATE TABLE sink_confirmed (
                    sink TEXT NOT NULL, chunk BIGINT NOT NULL, bits {blob} NOT NULL, PRIMARY KEY (sink, chunk))
                """,
                """
                CREATE TABLE sink_manifests (
                    sink TEXT NOT NULL, first BIGINT NOT NULL, past BIGINT NOT NULL, records BIGINT NOT NULL,
                    filtered BIGINT NOT NULL, dead BIGINT NOT NULL, tree_size BIGINT NOT NULL, root TEXT NOT NULL,
                    delivered_at BIGINT NOT NULL, PRIMARY KEY (sink, first))
                """,
            ]
        ),
        Migration(
            version: 4,
            statements: [
                "ALTER TABLE sinks ADD COLUMN guarantee_reason TEXT NOT NULL DEFAULT ''",
                """
                CREATE TABLE sink_gaps (
                    sink TEXT NOT NULL, first BIGINT NOT NULL, past BIGINT NOT NULL, PRIMARY KEY (sink, first))
                """,
            ]
        ),
        Migration(
            version: 5,
            statements: [
                "ALTER TABLE sinks ADD COLUMN failure_detail TEXT",
                "ALTER TABLE sinks ADD COLUMN state_actor TEXT",
                "ALTER TABLE sinks ADD COLUMN made_at BIGINT NOT NULL DEFAULT 0",
                // What destinations said was kept as it was, copies of events among it.
                "UPDATE sinks SET failure = NULL, failed_at = NULL",
                "UPDATE sink_dead SET detail = NULL",
            ]
        ),
    ]

    /// Makes the tables, or brings them up to date.
    public static func migrate(_ connection: any SQLConnection) throws {
        try Schema.migrate(connection, schema)
    }
}
