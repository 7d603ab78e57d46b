import Foundation
import JSON
import Sandbox
import TestReceivers
import Testing

/// A receiver's name that gets another address: the real binary, with a list of hosts of its own.
@Suite(.serialized, .timeLimit(.minutes(5))) struct AddressChangeTests {
    /// Runs the binary where `/etc/hosts` is another file.
    private static func wrapper(_ hosts: String) -> [String] {
        ["/usr/bin/unshare", "-m", "/bin/sh", "-c", "mount --bind \"$0\" /etc/hosts && exec \"$@\"", hosts]
    }

    /// Whether this process may do that: as root outside most containers.
    private static func mayMount() async throws -> Bool {
        let path = NSTemporaryDirectory() + "muniment-hosts-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        try "127.0.0.1 localhost\n".write(toFile: path, atomically: true, encoding: .utf8)
        let words = wrapper(path) + ["/bin/true"]
        return try await Binary.run(Array(words.dropFirst()), program: words[0]).status == 0
    }

    /// The connection ends, the name says another address, and the sinks go there without a restart; before that they wait.
    @Test(.enabled("needs the right to mount a file") { try await mayMount() })
    func aNameThatMovesIsFollowed() async throws {
        let site = try await Site()
        let hosts = site.folder + "/hosts"
        /// In place, since the file is mounted by its number.
        func point(to address: String) throws {
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: hosts))
            try file.truncate(atOffset: 0)
            try file.write(contentsOf: Data("127.0.0.1 localhost\n\(address) receiver.example\n".utf8))
            try file.close()
        }
        #expect(FileManager.default.createFile(atPath: hosts, contents: nil))
        try point(to: "127.0.0.2")
        let (first, second) = (WebhookReceiver([]), WebhookReceiver([]))
        let port = try await first.listen(on: "127.0.0.2")
        try site.keep("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", as: "webhook")
        try site.append(
            """

            sinks:
              hook:
                kind: webhook
                url: http://receiver.example:\(port)/hook
                plaintext: accepted
                secret: {file: keys/webhook}
                start: beginning

            """
        )
        let reader = try await site.client("read:customer-profile")
        let operating = try await site.client("sinks")
        let server = try await site.start(through: Self.wrapper(hosts))
        try await server.read(5, reader, as: site.sandbox.directory)
        _ = try await server.drained(operating, count: 1)
        try await first.stop()
        try await server.read(5, reader, as: site.sandbox.directory)
        try await repeatedly {
            try await server.get("/api/v1/sinks/hook", operating).json?["lastFailure"]?["reason"] != nil
        }
        #expect(second.messages.isEmpty)
        try await second.listen(on: "127.0.0.3", port: port)
        try point(to: "127.0.0.3")
        let sinks = try await server.drained(operating, count: 1)
        let head = try #require(sinks[0]["conservation"]?["head"]?.integer)
        let arrived = try (first.messages + second.messages).compactMap {
            recordIndex(try JSONValue(parsing: $0.body)["recordId"]?.string)
        }
        #expect(!second.messages.isEmpty && Set(arrived).isSuperset(of: 0..<head))
        await server.stop()
        try await second.stop()
        await site.end()
    }
}
