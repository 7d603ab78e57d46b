import Foundation
import TestStores

/// A real rsyslog of a test's own. See `scripts/rsyslog`.
public final class RsyslogServer: Sendable {
    /// Whether there is a program to start; `make test` installs it.
    public static let isInstalled = ServerScript.hasProgram("rsyslogd") && ServerScript.hasModule("rsyslog/imrelp.so")

    private let folder: TemporaryFolder
    private let ports: [Int]

    /// Starts it. Blocks its thread.
    /// - Parameters:
    ///   - queue: the parameters of its main queue; without them it answers when the message is in the file.
    ///   - files: `cert.pem` and `key.pem` for TLS.
    public init(queue: String = "", files: [String: String] = [:]) throws {
        folder = try TemporaryFolder()
        for (name, content) in files {
            try content.write(toFile: folder.path(name), atomically: true, encoding: .utf8)
        }
        let output = try ServerScript.run("rsyslog", ["start", folder.path], environment: ["RSYSLOG_QUEUE": queue])
        ports = output.split(separator: "\n").compactMap { Int($0) }
    }

    deinit { ServerScript.send(SIGKILL, to: [folder.path("process")]) }

    /// Its port for RELP.
    public var relp: Int { ports[0] }
    /// Its port for octet-counted messages over TCP.
    public var tcp: Int { ports[1] }
    /// Its port for RELP over TLS; without certificate none.
    public var tls: Int? { ports.count > 2 ? ports[2] : nil }

    /// `kill` or `start`.
    public func command(_ name: String) throws { _ = try ServerScript.run("rsyslog", [name, folder.path]) }

    /// The ids of the records that it has written, in its order; of a line that is still being written, none.
    public var recordIDs: [String] {
        let text = (try? String(contentsOfFile: folder.path("received"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line in
            guard line.hasSuffix("]"), let start = line.firstRange(of: " id=\"")?.upperBound else { return nil }
            return String(line[start...].prefix { $0 != "\"" })
        }
    }
}
