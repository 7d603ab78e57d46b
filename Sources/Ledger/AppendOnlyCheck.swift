import Storage

extension Ledger {
    /// What keeps entries from being changed or removed by whoever can log in as the servers do.
    public enum Refusal: Sendable {
        /// The role has no right to.
        case byPrivilege
        /// Triggers refuse it; the role owns the tables and could remove them.
        case byTrigger
        /// Nothing does.
        case missing(statement: String)
    }

    /// Tries to change and to remove entries, tiles and the head. Nothing is changed even where nothing refuses it: every attempt
    /// is undone.
    public func provesAppendOnly() throws -> Refusal {
        let connection = try database.makeConnection()
        var result = Refusal.byPrivilege
        for statement in [
            "UPDATE entries SET body = body WHERE idx = 0", "DELETE FROM entries WHERE idx = 0",
            "DELETE FROM head", "UPDATE head SET size = 0",
        ] {
            try connection.run("BEGIN")
            do {
                try connection.run(statement)
                try connection.run("ROLLBACK")
                return .missing(statement: statement)
            } catch {
                try connection.run("ROLLBACK")
                guard error.code == .refused else { throw error }
                // 42501: insufficient_privilege (PostgreSQL 15 manual, appendix A). The head may be moved, and only forward.
                if !error.message.contains("[42501]"), !statement.hasPrefix("UPDATE head") { result = .byTrigger }
            }
        }
        return result
    }
}
