import Foundation
import TestStores

/// Real NATS servers with JetStream of a test's own, one or a cluster. See `scripts/nats`.
public final class NATSServers: Sendable {
    /// Whether there is a program to start; `make test` installs it.
    public static let isInstalled = ServerScript.hasProgram("nats-server")

    private let folder: TemporaryFolder
    /// The ports of the nodes on 127.0.0.1.
    public let ports: [Int]

    /// Starts them. Blocks its thread.
    /// - Parameter extra: further lines of their configuration; `FOLDER` in it stands for ``path(_:)``.
    public init(nodes: Int = 1, extra: String = "", files: [String: String] = [:]) throws {
        folder = try TemporaryFolder()
        for (name, content) in files {
            try content.write(toFile: folder.path(name), atomically: true, encoding: .utf8)
        }
        let text = extra.replacingOccurrences(of: "FOLDER", with: folder.path)
        let output = try ServerScript.run(
            "nats",
            ["start", folder.path, String(nodes)],
            environment: ["NATS_EXTRA": text]
        )
        ports = output.split(separator: "\n").compactMap { Int($0) }
    }

    deinit { ServerScript.send(SIGKILL, to: ports.indices.map { file($0 + 1) }) }

    /// The addresses of all nodes.
    public var addresses: [String] { ports.map { "nats://127.0.0.1:\($0)" } }

    private func file(_ node: Int) -> String { folder.path("\(node).pid") }

    /// Has a node stand still, with all its connections open, until it is killed.
    public func freeze(_ node: Int) { ServerScript.send(SIGSTOP, to: [file(node)]) }

    /// Kills a node, from 1, as a power failure of its machine would, but that what it wrote is there.
    public func kill(_ node: Int) throws { _ = try ServerScript.run("nats", ["kill", folder.path, String(node)]) }

    /// Starts a node again.
    public func revive(_ node: Int) throws { _ = try ServerScript.run("nats", ["revive", folder.path, String(node)]) }

    /// The node that leads a stream; nil while none does.
    public func leader(of stream: String) throws -> Int? {
        Int(
            try ServerScript.run("nats", ["leader", folder.path, stream]).trimmingCharacters(
                in: .whitespacesAndNewlines
            )
        )
    }
}
