import DeliveryWire
import Dispatch
import EventFormats
import Foundation
import NATS
import Storage
import Synchronization
import TestReceivers
import TestStores
import Testing

@testable import Delivery

/// What blocks holds up only itself.
@Suite("Blocking", .timeLimit(.minutes(2))) struct BlockingTests {
    /// As many warehouses as tasks may run at once do not answer: the rest goes on.
    @Test func aWarehouseThatDoesNotAnswerHoldsUpNobodyElse() async throws {
        let count = ProcessInfo.processInfo.activeProcessorCount
        let table = try #require(WarehouseTable("events"))
        let silence = Silence()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<count {
                let sink = WarehouseSink(table: table, shaping: testShaping) {
                    silence.hear()
                    throw StorageError(.unavailable, "no answer")
                }
                group.addTask { #expect(await sink.open(position: nil).verdict.replyClass == .retry) }
            }
            group.addTask { await silence.end(once: count) }
        }
        #expect(!silence.wasTooLong)
    }

    /// A server that says nothing before a task that runs meanwhile has it speak.
    private final class Silence: Sendable {
        private let (listeners, listener) = AsyncStream<Void>.makeStream()
        private let words = DispatchSemaphore(value: 0)
        private let tooLong = Mutex(false)

        var wasTooLong: Bool { tooLong.withLock { $0 } }

        func hear() {
            listener.yield()
            if words.wait(timeout: .now() + 20) == .timedOut { tooLong.withLock { $0 = true } }
        }

        func end(once count: Int) async {
            for await _ in listeners.prefix(count) {}
            for _ in 0..<count { words.signal() }
        }
    }

    /// A server that is frozen and reads nothing: what does not fit on the way ends in time.
    @Test(.enabled(if: NATSServers.isInstalled, "needs nats-server"))
    func aFrozenServerHoldsNoSenderForEver() async throws {
        let servers = try await Blocking.run { try NATSServers() }
        var settings = NATSSettings(servers: servers.addresses)
        settings.timeoutMilliseconds = 500
        let error = try await Blocking.run { [settings] () -> NATSError? in
            let connection = try NATSConnection(settings)
            servers.freeze(1)
            do throws(NATSError) {
                for _ in 0..<100 {
                    try connection.publish("x", body: Array(repeating: 0, count: 1_000_000), answer: "1")
                }
                return nil
            } catch {
                return error
            }
        }
        #expect(error?.code == .timeout || error?.code == .closed, "\(error?.description ?? "it was taken")")
    }

    /// A server that a script starts holds on to nothing of who called it, whatever the number: a pipe that it kept open had its
    /// reader wait for ever.
    @Test(arguments: ["nats", "rsyslog", "postgres"]) func aServerOfAScriptInheritsNothing(script: String) async throws
    {
        let isInstalled = [
            "nats": NATSServers.isInstalled, "rsyslog": RsyslogServer.isInstalled,
            "postgres": PostgresSchema.server != nil,
        ]
        guard isInstalled[script] == true else { return }
        let folder = try TemporaryFolder()
        // The server of PostgreSQL runs as another user.
        try FileManager.default.setAttributes([.posixPermissions: 0o711], ofItemAtPath: folder.path)
        let path = folder.path("server")
        let held = folder.path("held")
        let numbers = [3, 9, 63, 200, 254, 255]
        let opened = numbers.map { "exec \($0)>>\(held)" }.joined(separator: "; ")
        let command = "\(opened); exec \(ServerScript.path(script)) \"$@\""
        func run(_ verb: String) async throws {
            let status = try await Blocking.run {
                try ChildProcess("/bin/bash", ["-c", command, "bash", verb, path]).waitBlocking()
            }
            try #require(status == 0)
        }
        try await run("start")
        var holders: [String] = []
        for process in try FileManager.default.contentsOfDirectory(atPath: "/proc") where Int(process) != nil {
            let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd")) ?? []
            for descriptor in descriptors {
                let link = "/proc/\(process)/fd/\(descriptor)"
                if (try? FileManager.default.destinationOfSymbolicLink(atPath: link)) == held { holders.append(link) }
            }
        }
        #expect(holders.isEmpty)
        try await run("stop")
    }
}
