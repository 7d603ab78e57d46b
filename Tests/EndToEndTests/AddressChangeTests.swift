import Foundation
import JSON
import Sandbox
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

    /// A destination with the receiver's name in place of its address.
    private static func named(_ destination: KilledDestination, of site: Site) throws -> (KilledDestination, port: Int)
    {
        var port: Int?
        func rename(_ line: String) -> String {
            guard let found = line.firstMatch(of: /127\.0\.0\.1:([0-9]+)/) else { return line }
            port = Int(found.output.1)
            return line.replacing(found.output.0, with: "receiver.example:\(found.output.1)")
        }
        var settings = destination.settings.map(rename)
        if destination.name == "warehouse" {
            let path = site.folder + "/keys/warehouse"
            try site.keep(rename(try String(contentsOfFile: path, encoding: .utf8)), as: "warehouse")
        } else {
            settings.append("plaintext: accepted")
        }
        let other = KilledDestination(
            name: destination.name,
            settings: settings,
            guarantee: destination.guarantee,
            arrived: destination.arrived
        )
        return (other, try #require(port))
    }

    /// Every kind of sink that has a network: its connection ends, the name says another address, and it goes there without a
    /// restart; before that it waits.
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
        let all = try await KilledDestination.everyKind(for: site).filter { $0.name != "export" }
            .map { try Self.named($0, of: site) }
        let (destinations, ports) = (all.map(\.0), all.map(\.port))
        try KilledDestination.configure(destinations, of: site)
        func relays(on address: String) async throws -> [Relay] {
            var relays: [Relay] = []
            for port in ports { relays.append(try await Relay(on: address, port: port)) }
            return relays
        }
        let first = try await relays(on: "127.0.0.2")
        let reader = try await site.client("read:customer-profile")
        let operating = try await site.client("sinks")
        let server = try await site.start(through: Self.wrapper(hosts))
        try await server.read(5, reader, as: site.sandbox.directory)
        for sink in try await server.drained(operating, count: all.count) {
            // What a receiver of syslog has not read when its connection ends, nobody learns.
            guard let head = sink["conservation"]?["head"]?.integer, sink["name"]?.string == "syslog" else { continue }
            let syslog = try #require(destinations.first { $0.name == "syslog" })
            try await repeatedly { Set(try await syslog.arrived()).isSuperset(of: 0..<head) }
        }
        for relay in first { try await relay.stop() }
        try await server.read(5, reader, as: site.sandbox.directory)
        for destination in destinations {
            try await repeatedly {
                let sink = try await server.get("/api/v1/sinks/\(destination.name)", operating).json
                #expect(sink?["state"]?.string == "running", "\(destination.name)")
                return sink?["lastFailure"]?["reason"] != nil
            }
        }
        let second = try await relays(on: "127.0.0.3")
        #expect(second.allSatisfy { $0.connectionCount == 0 })
        try point(to: "127.0.0.3")
        let sinks = try await server.drained(operating, count: all.count)
        for (destination, relay) in zip(destinations, second) {
            #expect(relay.connectionCount > 0, "\(destination.name)")
            if destination.name == "syslog" {
                let head = try #require(sinks.first?["conservation"]?["head"]?.integer)
                try await repeatedly { Set(try await destination.arrived()).isSuperset(of: 0..<head) }
            }
            try await destination.check(sinks)
        }
        await server.stop()
        for relay in second { try await relay.stop() }
        await site.end()
    }
}
