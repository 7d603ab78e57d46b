import Foundation
import Glibc
import Storage

/// The scripts that start and end real servers for tests.
public enum ServerScript {
    /// Where one of them is.
    public static func path(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "scripts/\(name)").path
    }

    /// Runs one of them to its end. Blocks its thread.
    /// - Returns: what it printed.
    public static func run(_ name: String, _ arguments: [String], environment: [String: String] = [:]) throws -> String
    {
        let folder = try TemporaryFolder()
        let status = try ChildProcess(
            path(name),
            arguments,
            environment: ProcessInfo.processInfo.environment.merging(environment) { _, new in new },
            output: folder.path("output")
        ).waitBlocking()
        guard status == 0 else {
            throw StorageError(.other, "scripts/\(name) \(arguments[0]) ended with \(status)")
        }
        return try String(contentsOfFile: folder.path("output"), encoding: .utf8)
    }

    /// Sends a signal to servers by the files in which scripts noted their numbers, and waits for nothing.
    public static func send(_ signal: Int32, to files: [String]) {
        for file in files {
            let text = try? String(contentsOfFile: file, encoding: .utf8)
            guard let process = text.flatMap({ pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines)) }) else {
                continue
            }
            kill(process, signal)
        }
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
