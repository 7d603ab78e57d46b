import Foundation
import Ledger
import MerkleLog
import Storage

/// Why the journal did not take records.
struct JournalFailure: Error, CustomStringConvertible {
    let description: String
}

/// The file that the journal is writing, and how journal files are read.
///
/// Files `spool-<number>.journal`, each a sequence of: length (4 bytes, big-endian), the first 8 bytes of the entry's leaf hash, the
/// entry. A torn record at the end was never acknowledged.
struct JournalFile {
    /// What a file holds.
    struct Contents {
        var entries: [[UInt8]] = []
        /// Bytes at the end that are no whole record.
        var unreadable = 0
        var size = 0
    }

    private static let headerBytes = 12
    /// A file that has reached this is followed by another, so that no replay has to hold more than this in memory.
    private static let maximumBytes = 8 << 20

    private let directory: String
    private var descriptor: Int32 = -1
    private var number: Int
    private var bytes = 0

    init(directory: String, lastNumber: Int) {
        self.directory = directory
        number = lastNumber
    }

    /// Writes records with one sync. All of them are on disk, or none counts.
    /// - Parameter room: bytes that the journal may still grow by.
    /// - Returns: bytes written.
    mutating func append(_ entries: [[UInt8]], room: Int) throws(JournalFailure) -> Int {
        var batch: [UInt8] = []
        for entry in entries {
            withUnsafeBytes(of: UInt32(entry.count).bigEndian) { batch.append(contentsOf: $0) }
            batch.append(contentsOf: TreeHasher.leafHash(entry).bytes.prefix(8))
            batch.append(contentsOf: entry)
        }
        guard batch.count <= room else { throw JournalFailure(description: "the journal is full") }
        if bytes >= Self.maximumBytes { seal() }
        if descriptor < 0 { try begin() }
        let written = batch.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard written == batch.count, fdatasync(descriptor) == 0 else {
            let reason = String(cString: strerror(errno))
            // What may lie behind the last good record must not precede the next one: that goes into a new file.
            ftruncate(descriptor, off_t(bytes))
            seal()
            throw JournalFailure(description: "cannot write the journal: \(reason)")
        }
        bytes += batch.count
        return batch.count
    }

    /// Closes the file; the next record begins another.
    /// - Returns: the highest number of a file that is not written any more.
    @discardableResult
    mutating func seal() -> Int {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
        bytes = 0
        return number
    }

    private mutating func begin() throws(JournalFailure) {
        let path = Self.path(directory, number + 1)
        let opened = open(path, O_CREAT | O_EXCL | O_WRONLY | O_APPEND | O_CLOEXEC, 0o600)
        guard opened >= 0 else {
            throw JournalFailure(description: "cannot make \(path): \(String(cString: strerror(errno)))")
        }
        number += 1
        guard (try? DurableFile.syncFolder(directory)) != nil else {
            close(opened)
            throw JournalFailure(description: "cannot make \(path) durable")
        }
        descriptor = opened
        bytes = 0
    }

    // MARK: Files

    private static func path(_ directory: String, _ number: Int) -> String {
        let digits = String(number)
        return directory + "/spool-" + String(repeating: "0", count: max(0, 10 - digits.count)) + digits + ".journal"
    }

    /// The journal's files, oldest first.
    static func list(_ directory: String) throws -> [(number: Int, path: String)] {
        try names(directory).compactMap { name in
            guard name.hasSuffix(".journal"), let number = number(name) else { return nil }
            return (number, directory + "/" + name)
        }.sorted { $0.number < $1.number }
    }

    /// The highest number in use, that of a file kept aside too.
    static func lastNumber(_ directory: String) throws -> Int { try names(directory).compactMap(number).max() ?? 0 }

    private static func number(_ name: String) -> Int? {
        guard name.hasPrefix("spool-") else { return nil }
        return Int(name.dropFirst(6).prefix { $0 != "." })
    }

    private static func names(_ directory: String) throws -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: directory)
        } catch {
            throw LedgerError.file("cannot list the journal's folder \(directory): \(error.localizedDescription)")
        }
    }

    static func read(_ path: String) throws -> Contents {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw LedgerError.file("cannot read the journal \(path)")
        }
        let bytes = Array(data)
        var contents = Contents(size: bytes.count)
        var offset = 0
        while offset + headerBytes <= bytes.count {
            let length = bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
            let start = offset + headerBytes
            guard length > 0, length <= Entry.maximumBytes, start + length <= bytes.count else { break }
            let entry = Array(bytes[start..<start + length])
            guard TreeHasher.leafHash(entry).bytes.prefix(8).elementsEqual(bytes[offset + 4..<start]) else { break }
            contents.entries.append(entry)
            offset = start + length
        }
        contents.unreadable = bytes.count - offset
        return contents
    }

    /// Removes a file whose records are in the ledger.
    /// - Parameter keeping: it has bytes that could not be read, most likely of a record that was being written when the power
    ///   went; it is kept under another name for whoever wants to look.
    static func remove(_ path: String, keeping: Bool, in directory: String) throws {
        let code = keeping ? rename(path, path + ".unreadable") : unlink(path)
        guard code == 0 else { throw LedgerError.file("cannot remove the journal \(path) after its replay") }
        try DurableFile.syncFolder(directory)
    }
}
