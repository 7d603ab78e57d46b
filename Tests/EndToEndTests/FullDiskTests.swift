import Foundation
import JSON
import Sandbox
import Testing

/// A real file system that is really full.
@Suite(.serialized) struct FullDiskTests {
    /// A file system of some megabytes in memory.
    private struct SmallDisk {
        let path: String

        init?(at path: String, megabytes: Int) async throws {
            self.path = path
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            let outcome = try await Binary.run(
                ["mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", path],
                program: "/usr/bin/env"
            )
            guard outcome.status == 0 else { return nil }
        }

        /// Writes zeros until nothing more fits.
        func fill() throws {
            let filler = try #require(fopen(path + "/filler", "w"))
            setvbuf(filler, nil, _IONBF, 0)
            for size in [1 << 16, 1 << 12, 1] {
                let zeros = [UInt8](repeating: 0, count: size)
                while fwrite(zeros, 1, size, filler) == size {}
            }
            fclose(filler)
        }

        func free() throws { try FileManager.default.removeItem(atPath: path + "/filler") }

        func unmount() async throws { _ = try await Binary.run(["umount", "-l", path], program: "/usr/bin/env") }
    }

    /// Whether this process may mount a file system: as root outside most containers.
    private static func mayMount() async throws -> Bool {
        let path = NSTemporaryDirectory() + "muniment-mount-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        guard let disk = try await SmallDisk(at: path, megabytes: 1) else { return false }
        try await disk.unmount()
        return true
    }

    /// With `spool` the journal, on the same full disk, stands in for as long as it has room.
    @Test(.enabled("needs the right to mount a file system") { try await mayMount() }, arguments: ["refuse", "spool"])
    func nothingIsReleasedThatCannotBeRecorded(failMode: String) async throws {
        let site = try await Site()
        if failMode == "spool" {
            try site.edit("failMode: refuse", "failMode: spool")
            try site.edit(
                "# spool: {directory: spool, maximum: 256MiB}",
                "spool: {directory: data/spool, maximum: 8MiB}"
            )
        }
        let people = site.sandbox.directory
        let data = site.folder + "/data"
        try FileManager.default.moveItem(atPath: data, toPath: site.folder + "/data.before")
        let disk = try #require(try await SmallDisk(at: data, megabytes: 16))
        _ = try await Binary.run(["cp", "-a", site.folder + "/data.before/.", data], program: "/usr/bin/env")
        let bearer = try await site.client("read:customer-profile")
        let server = try await site.start()
        var released: Set<String> = []
        func read() async throws -> Int {
            let answer = try await server.read(
                bearer,
                customer: people.customer,
                agent: people.agentWithLiveCall,
                interaction: people.liveConversation
            )
            let text = String(decoding: answer.body, as: UTF8.self)
            switch answer.status {
            case 200: released.insert(answer.event ?? "")
            case 503: #expect(text.contains("urn:muniment:problem:ledger-unavailable") && answer.receipt == nil)
            default: Issue.record("\(answer.status) \(text)")
            }
            return answer.status
        }
        #expect(try await read() == 200)
        try disk.fill()
        // The store may have room of its own left in files that exist.
        var statuses: [Int] = []
        while statuses.suffix(10) != Array(repeating: 503, count: 10)[...], statuses.count < 5000 {
            statuses.append(try await read())
        }
        #expect(statuses.suffix(10).allSatisfy { $0 == 503 }, "the disk was full, and all reads were released")
        let ready = try await server.get("/readyz")
        #expect(ready.status == 503)
        try disk.free()
        // Without a restart, as soon as the machine's other work lets it.
        let deadline = ContinuousClock.now.advanced(by: .seconds(30))
        while try await read() != 200 { try #require(ContinuousClock.now < deadline, "it never recorded again") }
        while try await server.get("/readyz").status != 200 {
            try #require(ContinuousClock.now < deadline, "it never called itself ready again")
        }
        await server.stop()
        if failMode == "spool" {
            // What the journal still has goes into the ledger at the next start.
            let next = try await site.start()
            await next.stop()
        }
        _ = try await site.succeed("ledger", "verify")
        let listed = try await site.succeed("events", "CUSTOMER_DATA_ACCESSED", "--format", "json", "--limit", "1000")
        try #require(released.count < 1000)
        // Each release has its event.
        for event in released { #expect(listed.contains("\"\(event)\"")) }
        await site.end()
        try await disk.unmount()
    }
}
