/// What makes the store itself refuse to forget, in each engine's words.
enum LedgerGuards {
    // MARK: SQLite

    static let sqlite =
        [
            "CREATE TABLE entries (idx INTEGER PRIMARY KEY, body BLOB NOT NULL)",
            refusing("UPDATE", on: "entries"), refusing("DELETE", on: "entries"),
            refusing("UPDATE", on: "tiles"), refusing("DELETE", on: "tiles"),
            refusing("DELETE", on: "head"),
            """
            CREATE TRIGGER head_grows BEFORE UPDATE ON head WHEN NEW.size < OLD.size
            BEGIN SELECT RAISE(ABORT, 'the ledger never shrinks'); END
            """,
            // INSERT OR REPLACE deletes without firing delete triggers, so an insert over an existing row is refused before it
            // begins.
            refusingReplacement(on: "entries", key: "idx"), refusingReplacement(on: "tiles", key: "id"),
            refusingReplacement(on: "head", key: "id"),
        ]

    private static func refusingReplacement(on table: String, key: String) -> String {
        """
        CREATE TRIGGER \(table)_no_replace BEFORE INSERT ON \(table)
        WHEN EXISTS (SELECT 1 FROM \(table) WHERE \(key) = NEW.\(key))
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
        """
    }

    private static func refusing(_ verb: String, on table: String) -> String {
        """
        CREATE TRIGGER \(table)_no_\(verb.lowercased()) BEFORE \(verb) ON \(table)
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
        """
    }

    // MARK: PostgreSQL

    /// Entries in one partition: about 10 to 20 GiB, and 50 of them hold a billion.
    private static let partitionEntries: UInt64 = 1 << 24

    /// Triggers bind the owner of the tables too; that the role of the servers can only SELECT and INSERT is a second, stronger
    /// line. The tables' owner can drop both, and then the tree shows what was changed.
    static let postgres =
        [
            "CREATE TABLE entries (idx BIGINT PRIMARY KEY, body BYTEA NOT NULL) PARTITION BY RANGE (idx)",
            // Which partitions there are; `dropped` is set by whoever drops one at the end of its retention.
            """
            CREATE TABLE entry_partitions (
                first BIGINT PRIMARY KEY, past BIGINT NOT NULL, name TEXT NOT NULL, dropped BOOLEAN NOT NULL DEFAULT FALSE)
            """,
            // Hashes do not compress; out of line and uncompressed, a part of a tile can be read alone.
            "ALTER TABLE tiles ALTER COLUMN data SET STORAGE EXTERNAL",
            """
            CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$
            """,
            """
            CREATE FUNCTION head_grows() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.size < OLD.size THEN RAISE EXCEPTION 'the ledger never shrinks'; END IF;
                RETURN NEW;
            END $$
            """,
            "CREATE TRIGGER head_grows BEFORE UPDATE ON head FOR EACH ROW EXECUTE FUNCTION head_grows()",
        ]
        + ["entries", "tiles"].map { table in
            """
            CREATE TRIGGER \(table)_append_only BEFORE UPDATE OR DELETE ON \(table)
            FOR EACH ROW EXECUTE FUNCTION append_only()
            """
        }
        + ["CREATE TRIGGER head_stays BEFORE DELETE ON head FOR EACH ROW EXECUTE FUNCTION append_only()"]
        + ["entries", "tiles", "head"].map { table in
            """
            CREATE TRIGGER \(table)_no_truncate BEFORE TRUNCATE ON \(table)
            FOR EACH STATEMENT EXECUTE FUNCTION append_only()
            """
        }
        + [
            makeRoom(partitionEntries: partitionEntries),
            // Temporary tables of the caller are looked for last: they must not stand in for the owner's.
            """
            DO $$ BEGIN
                EXECUTE format('ALTER FUNCTION make_room(BIGINT) SET search_path = %I, pg_temp', current_schema());
            END $$
            """,
        ]

    /// The function that adds partitions ahead of the entries. It runs as the tables' owner, so that the servers' role needs no
    /// right to make tables. It makes them whole before it attaches them, which stops nobody from reading or appending.
    static func makeRoom(partitionEntries: UInt64) -> String {
        """
        CREATE OR REPLACE FUNCTION make_room(wanted BIGINT) RETURNS BIGINT
        LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
        DECLARE
            step CONSTANT BIGINT := \(partitionEntries);
            start BIGINT;
            partition TEXT;
        BEGIN
            LOOP
                SELECT COALESCE(MAX(past), 0) INTO start FROM entry_partitions;
                EXIT WHEN start >= wanted + step / 2;
                partition := 'entries_' || lpad(start::text, 18, '0');
                EXECUTE format(
                    'CREATE TABLE %I (LIKE entries INCLUDING ALL, CHECK (idx >= %s AND idx < %s))',
                    partition, start, start + step);
                EXECUTE format(
                    'CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION append_only()',
                    partition);
                EXECUTE format(
                    'ALTER TABLE entries ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
                    partition, start, start + step);
                INSERT INTO entry_partitions (first, past, name) VALUES (start, start + step, partition);
            END LOOP;
            RETURN start - step / 2;
        END $$
        """
    }
}
