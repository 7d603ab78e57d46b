import JSON
import MerkleLog

extension Arrival {
    /// Reads a record or a manifest as it was written in one of the JSON formats, whichever that was.
    /// - Returns: nil for a manifest.
    init?(line: [UInt8], ledger: String) {
        guard let value = try? JSONValue(parsing: line) else {
            self = .unknown
            return
        }
        self.init(written: value, ledger: ledger)
    }

    /// Reads a record or a manifest that was parsed already.
    /// - Returns: nil for a manifest.
    init?(written value: JSONValue, ledger: String) {
        // In this order: native and manifests, OCSF, ECS.
        let id = value["recordId"]?.string ?? value["metadata"]?["uid"]?.string ?? value["event"]?["id"]?.string
        let hash =
            value["leafHash"]?.string ?? value["unmapped"]?["leafHash"]?.string
            ?? value["muniment"]?["leafHash"]?.string
        self.init(recordID: id, ledger: ledger, leafHash: hash.flatMap { Hash(base64: $0) })
    }
}
