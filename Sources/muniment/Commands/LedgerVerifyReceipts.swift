import ArgumentParser
import JSON
import Ledger
import MerkleLog

extension LedgerCommand.Verify {
    /// Single entries, each with its proof: nothing can be said of what lies between them.
    func verifyReceipts(_ path: String) throws {
        guard since == nil else {
            throw ValidationError("single entries cannot show that an older checkpoint holds: leave --since out")
        }
        let (verifier, _) = try verifier()
        let entries: [ReceiptFolder.Entry]
        do { entries = try ReceiptFolder.verify(path, by: verifier) } catch { return try fail(error) }
        func told(_ entry: ReceiptFolder.Entry, _ name: String) -> String {
            (try? JSONValue(parsing: entry.bytes))?[name]?.string ?? "-"
        }
        if format.format == .json {
            return Output.json(
                [
                    "verified": true, "log": .string(verifier.name),
                    "entries": .array(
                        entries.map { entry in
                            [
                                "index": .integer(Int64(clamping: entry.index)),
                                "treeSize": .integer(Int64(clamping: entry.treeSize)),
                                "entry": (try? JSONValue(parsing: entry.bytes)) ?? .null,
                            ]
                        }
                    ),
                ]
            )
        }
        Output.table(
            ["index", "time", "what", "event", "proved under"],
            entries.map { entry in
                [
                    String(entry.index), told(entry, "timestamp"), told(entry, "eventType"), told(entry, "eventId"),
                    "\(entry.treeSize) entries",
                ]
            }
        )
        Output.line("entries are in the log     yes: \(entries.count)")
        Output.line("tree signed by the log     yes: \(verifier.name)")
        Output.note("These are single entries: whether others were left out only the whole ledger tells.")
    }
}
