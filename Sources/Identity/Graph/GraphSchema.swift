import Storage

/// The identity graph's tables.
///
/// Assertions (links and edges) are added and retracted, never changed, until a forgetting deletes them: so every earlier state can
/// be asked for, and a merge taken back leaves exactly what was before. `survivor` is derived: the oldest of those who are one.
/// All ids come from one counter, whose row also serialises writers.
enum GraphSchema {
    static let component = SchemaComponent("identity", migrations)

    static let migrations = [
        Migration(
            version: 1,
            statements: [
                "CREATE TABLE identity_counter (id {key} PRIMARY KEY, next BIGINT NOT NULL, generation BIGINT NOT NULL)",
                "INSERT INTO identity_counter (id, next, generation) VALUES (1, 1, 0)",
                "CREATE TABLE identity_identifiers (id {key} PRIMARY KEY, kind BIGINT NOT NULL, sharing BIGINT NOT NULL)",
                """
                CREATE TABLE identity_tokens (
                    token {blob} PRIMARY KEY, identifier BIGINT NOT NULL, epoch BIGINT NOT NULL)
                """,
                "CREATE INDEX identity_tokens_identifier ON identity_tokens (identifier)",
                "CREATE INDEX identity_tokens_epoch ON identity_tokens (epoch, identifier)",
                """
                CREATE TABLE identity_people (
                    id {key} PRIMARY KEY, customer TEXT NOT NULL UNIQUE, survivor BIGINT NOT NULL, created BIGINT NOT NULL,
                    key_epoch BIGINT NOT NULL, key_sealed {blob} NOT NULL)
                """,
                "CREATE INDEX identity_people_survivor ON identity_people (survivor)",
                """
                CREATE TABLE identity_links (
                    id {key} PRIMARY KEY, identifier BIGINT NOT NULL, person BIGINT NOT NULL, assurance BIGINT NOT NULL,
                    decider BIGINT NOT NULL, source TEXT NOT NULL, normaliser BIGINT NOT NULL, sealed {blob},
                    asserted BIGINT NOT NULL, retracted BIGINT)
                """,
                "CREATE INDEX identity_links_identifier ON identity_links (identifier)",
                "CREATE INDEX identity_links_person ON identity_links (person)",
                """
                CREATE TABLE identity_edges (
                    id {key} PRIMARY KEY, kind BIGINT NOT NULL, first BIGINT NOT NULL, second BIGINT NOT NULL,
                    decider BIGINT NOT NULL, rule TEXT NOT NULL, asserted BIGINT NOT NULL, retracted BIGINT)
                """,
                "CREATE INDEX identity_edges_first ON identity_edges (first)",
                "CREATE INDEX identity_edges_second ON identity_edges (second)",
                """
                CREATE TABLE identity_bars (
                    identifier BIGINT NOT NULL, person BIGINT NOT NULL, PRIMARY KEY (identifier, person))
                """,
                "CREATE INDEX identity_bars_person ON identity_bars (person)",
                "CREATE TABLE identity_tombstones (token {blob} PRIMARY KEY, epoch BIGINT NOT NULL, created BIGINT NOT NULL)",
                """
                CREATE TABLE identity_conflicts (
                    id {key} PRIMARY KEY, identifier BIGINT NOT NULL, first BIGINT NOT NULL, second BIGINT NOT NULL,
                    cause TEXT NOT NULL, found BIGINT NOT NULL, settled BIGINT)
                """,
                """
                CREATE TABLE identity_changes (
                    id {key} PRIMARY KEY, kind TEXT NOT NULL, person BIGINT NOT NULL, other BIGINT, customer TEXT,
                    changed BIGINT NOT NULL)
                """,
                "CREATE INDEX identity_changes_kind ON identity_changes (kind, id)",
                "CREATE INDEX identity_changes_person ON identity_changes (person)",
                "CREATE INDEX identity_changes_other ON identity_changes (other)",
            ]
        ),
        ValueTables.migration, ProposalTables.migration,
    ]
}

/// What an edge between two people says.
enum EdgeKind: Int64 {
    /// They are one.
    case same = 1
    /// They are two, whatever else is found.
    case apart = 2
}
