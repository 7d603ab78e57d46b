import Ledger
import Storage

/// Reads where the ledger's store is: the file in its folder, or a PostgreSQL database.
struct StoreReader {
    let files: FileChecks

    func engine(_ section: Section?) -> LedgerLocation.Engine? {
        guard let section else { return .sqlite }
        defer { section.end() }
        var settings: PostgresSettings?
        if let address = section.requiredText("address", example: "postgresql://muniment@db.example.com/muniment") {
            settings = PostgresSettings(address: address)
        }
        if section.has("passwordFile") {
            settings?.passwordFile = files.keyFile(section, "passwordFile", example: "keys/postgres-password")
        }
        if let required = section.flag("requireStandby") { settings?.requireStandby = required }
        if let timeout = section.duration("timeout", in: 500...60_000) { settings?.timeoutMilliseconds = timeout }
        if let connections = section.integer("connections", in: 2...200) { settings?.maximumConnections = connections }
        let accepted = section.text("plaintext").map { $0 == "accepted" }
        if accepted == false { section.problem("plaintext", "must be 'accepted', or be left out") }
        guard let settings else { return nil }
        if let fault = settings.addressFault {
            section.problem("address", fault)
            return nil
        }
        switch (settings.isEncrypted, accepted == true) {
        case (false, false):
            section.problem(
                "address",
                "the record would cross the network where others could read or change it: add sslmode=verify-full, or "
                    + "'plaintext: accepted' when something else protects the way"
            )
            return nil
        case (true, true):
            section.problem("plaintext", "has no effect beside TLS or on this machine: remove it")
        default: break
        }
        return .postgres(settings)
    }
}
