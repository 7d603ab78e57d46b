import Foundation
import Testing

/// Makes the clock and the disk of one process misbehave, with the library in `Faults/faults.c`.
struct Faults {
    private let folder: String
    private let disk: String

    /// What can happen.
    struct State {
        /// Seconds by which the time of day is wrong.
        var clock = 0
        /// How much longer each sync takes.
        var delayMilliseconds = 0
        /// What every write ends with; 0 when it ends well.
        var error: Int32 = 0
    }

    /// Whether this machine can build the library.
    static let compiler = ["/usr/bin/cc", "/usr/bin/gcc", "/usr/bin/clang"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// Builds it for an installation, whose `data` and `export` folders are the disk.
    init(_ site: Site) async throws {
        folder = site.folder + "/faults"
        disk = site.folder + "/disk"
        for path in [folder, folder + "/undo", disk] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        for name in ["data", "export"] {
            let path = site.folder + "/" + name
            if FileManager.default.fileExists(atPath: path) {
                try FileManager.default.moveItem(atPath: path, toPath: disk + "/" + name)
            } else {
                try FileManager.default.createDirectory(atPath: disk + "/" + name, withIntermediateDirectories: true)
            }
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: disk + "/" + name)
        }
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "Faults/faults.c"
        )
        let built = try await Binary.run(
            ["-shared", "-fPIC", "-O2", "-o", folder + "/faults.so", source.path, "-ldl", "-lpthread"],
            program: try #require(Self.compiler)
        )
        try #require(built.status == 0, "\(built.errors)")
        try set(State())
    }

    /// What the server must be started with.
    var environment: [String: String] {
        [
            "LD_PRELOAD": folder + "/faults.so", "MUNIMENT_FAULTS": folder + "/now",
            "MUNIMENT_FAULTS_FOLDER": disk, "MUNIMENT_FAULTS_UNDO": folder + "/undo",
        ]
    }

    /// Changes what happens from now on.
    func set(_ state: State) throws {
        // Written whole or not at all, for it is read at any moment.
        try "\(state.clock) \(state.delayMilliseconds) \(state.error)\n"
            .write(toFile: folder + "/now", atomically: true, encoding: .utf8)
    }

    /// What a power failure does to what was not synced when the process was killed: of each write, nothing may have reached the
    /// disk, or a part in whole sectors, or all of it.
    /// - Returns: how many writes were undone, in whole or in part.
    func cutPower(using generator: inout some RandomNumberGenerator) throws -> Int {
        let manager = FileManager.default
        var paths: [UInt64: String] = [:]
        for case let name as String in manager.enumerator(atPath: disk) ?? NSEnumerator() {
            let path = disk + "/" + name
            if let number = try manager.attributesOfItem(atPath: path)[.systemFileNumber] as? UInt64 {
                paths[number] = path
            }
        }
        var undone = 0
        for name in try manager.contentsOfDirectory(atPath: folder + "/undo") {
            let journal = [UInt8](manager.contents(atPath: folder + "/undo/" + name) ?? Data())
            try manager.removeItem(atPath: folder + "/undo/" + name)
            guard let number = UInt64(name), let path = paths[number] else { continue }
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
            for record in Self.records(journal).reversed() where Int.random(in: 0..<3, using: &generator) > 0 {
                undone += 1
                // From here on it did not reach the disk.
                let sectors = record.length / 512
                let kept =
                    Bool.random(using: &generator) ? 0 : Int.random(in: 0...max(sectors, 0), using: &generator) * 512
                if record.offset + record.length > record.size, record.offset + kept >= record.size {
                    try file.truncate(atOffset: UInt64(record.offset + kept))
                }
                guard kept < record.before.count else { continue }
                try file.seek(toOffset: UInt64(record.offset + kept))
                try file.write(contentsOf: Data(record.before.dropFirst(kept)))
            }
            try file.close()
        }
        return undone
    }

    private struct Record {
        let offset: Int
        let length: Int
        let size: Int
        let before: ArraySlice<UInt8>
    }

    private static func records(_ journal: [UInt8]) -> [Record] {
        var records: [Record] = []
        var position = 0
        while position + 32 <= journal.count {
            let numbers = (0..<4).map { index in
                journal[(position + index * 8)..<(position + index * 8 + 8)].reversed().reduce(0) { $0 << 8 | Int($1) }
            }
            let end = position + 32 + numbers[3]
            // The last one may have been cut off by the kill: then its write had not begun.
            guard end <= journal.count else { break }
            records.append(
                Record(offset: numbers[0], length: numbers[1], size: numbers[2], before: journal[(position + 32)..<end])
            )
            position = end
        }
        return records
    }
}
