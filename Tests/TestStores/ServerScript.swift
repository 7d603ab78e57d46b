import Foundation
import Storage

/// The scripts that start and end real servers for tests.
public enum ServerScript {
    /// Runs one of them to its end.
    /// - Returns: what it printed.
    public static func run(_ name: String, _ arguments: [String], environment: [String: String] = [:]) throws -> String
    {
        let process = Process()
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        process.executableURL = root.appending(path: "scripts/\(name)")
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw StorageError(.other, "scripts/\(name) \(arguments[0]) ended with \(process.terminationStatus)")
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// Whether a library that a program loads is installed, under the folder of this machine's libraries.
    public static func hasModule(_ path: String) -> Bool {
        ["/usr/lib/x86_64-linux-gnu/", "/usr/lib/aarch64-linux-gnu/", "/usr/lib/"].contains {
            FileManager.default.fileExists(atPath: $0 + path)
        }
    }

    /// Whether a program is installed.
    public static func hasProgram(_ name: String) -> Bool {
        ["/usr/sbin/", "/usr/bin/", "/usr/local/bin/"].contains {
            FileManager.default.isExecutableFile(atPath: $0 + name)
        }
    }
}
