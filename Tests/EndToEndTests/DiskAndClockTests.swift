import Foundation
import JSON
import Sandbox
import Testing

/// The real binary on a disk that is slow, read-only or forgetful, and by a clock that is set, while it delivers to every kind of sink.
@Suite(.serialized, .enabled(if: Faults.compiler != nil, "needs a C compiler"), .timeLimit(.minutes(10)))
struct DiskAndClockTests {
    private struct Bench {
        let site: Site
        let faults: Faults
        let reader: String
        let operating: String
        let auditor: String
        let destinations: [KilledDestination]

        init() async throws {
            site = try await Site()
            faults = try await Faults(site)
            reader = try await site.client("read:customer-profile")
            operating = try await site.client("sinks")
            auditor = try await site.client("audit", "ledger")
            destinations = try await KilledDestination.everyKind(for: site)
            try KilledDestination.configure(destinations, of: site)
        }

        func start() async throws -> RunningServer { try await site.start(environment: faults.environment) }

        /// - Returns: the status, and of a released read its place and its event.
        func read(_ server: RunningServer) async throws -> (status: Int, released: (receipt: UInt64, event: String)?) {
            let people = site.sandbox.directory
            let answer = try await server.read(
                reader,
                customer: people.customer,
                agent: people.agentWithLiveCall,
                interaction: people.liveConversation
            )
            guard answer.status == 200 else {
                // Only a refusal that is itself recorded has a receipt.
                #expect((answer.receipt == nil) == (answer.status == 503))
                return (answer.status, nil)
            }
            return (200, (try #require(answer.receipt.flatMap { UInt64($0) }), try #require(answer.event)))
        }

        /// Everything released is recorded, the record verifies, and every destination has all of it.
        func check(_ released: [(receipt: UInt64, event: String)], _ server: RunningServer) async throws {
            let sinks = try await server.drained(operating, count: destinations.count)
            for destination in destinations { try await destination.check(sinks) }
            // The file has it in order, too.
            let lines = try await #require(destinations.first { $0.name == "export" }).arrived()
            #expect(lines == lines.sorted())
            for read in released {
                let found = try await server.get("/api/v1/events/\(read.receipt)", auditor)
                #expect(found.json?["event"]?["eventId"]?.string == read.event, "\(read)")
            }
            await server.stop()
            try await site.succeed("ledger", "verify")
            await site.end()
        }
    }

    /// Killed, and of what was not synced then a part is lost, in whole or in sectors.
    /// `MUNIMENT_POWER_CUTS` sets the number of rounds; 12 when it is not set.
    @Test func nothingIsLostWithThePower() async throws {
        let rounds = ProcessInfo.processInfo.environment["MUNIMENT_POWER_CUTS"].flatMap { Int($0) } ?? 12
        let bench = try await Bench()
        var generator = SystemRandomNumberGenerator()
        var released: [(receipt: UInt64, event: String)] = []
        var undone = 0
        for round in 0..<rounds {
            let server = try await bench.start()
            for _ in 0..<Int.random(in: 1...25, using: &generator) {
                if let read = try await bench.read(server).released { released.append(read) }
            }
            // In the middle of reads under way.
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { _ = try? await bench.read(server) } }
                group.addTask {
                    try? await Task.sleep(for: .milliseconds(round % 4 * 3))
                    await server.kill()
                }
            }
            undone += try bench.faults.cutPower(using: &generator)
            try await bench.site.succeed("ledger", "verify")
            try await bench.site.checkSinks()
        }
        // Or nothing was tried.
        #expect(undone > 0)
        try await bench.check(released, try await bench.start())
    }

    @Test func aSlowDiskHoldsUpAndLosesNothing() async throws {
        let bench = try await Bench()
        let server = try await bench.start()
        var released = [try #require(try await bench.read(server).released)]
        try bench.faults.set(.init(delayMilliseconds: 300))
        let began = ContinuousClock.now
        for _ in 0..<3 { released.append(try #require(try await bench.read(server).released)) }
        #expect(began.duration(to: .now) > .milliseconds(900), "the disk was not slow")
        try bench.faults.set(.init())
        released.append(try #require(try await bench.read(server).released))
        try await bench.check(released, server)
    }

    /// As when the kernel has put the file system read-only after an error, and an operator has mended it.
    @Test(arguments: [EROFS, EIO]) func aDiskThatTakesNoWritesReleasesNothing(error: Int32) async throws {
        let bench = try await Bench()
        let server = try await bench.start()
        var released = [try #require(try await bench.read(server).released)]
        try bench.faults.set(.init(error: error))
        for _ in 0..<5 { #expect(try await bench.read(server).status == 503) }
        #expect(try await server.get("/readyz").status == 503)
        try bench.faults.set(.init())
        try await repeatedly {
            guard let read = try await bench.read(server).released else { return false }
            released.append(read)
            return true
        }
        try await bench.check(released, server)
    }

    /// The time of day is set forwards and back by a day while the server runs: reads, deliveries and leases go on.
    @Test func aClockThatIsSetHoldsNothingUp() async throws {
        let bench = try await Bench()
        let server = try await bench.start()
        var released: [(receipt: UInt64, event: String)] = []
        for seconds in [0, 86_400, -86_400, 3600, 0] {
            try bench.faults.set(.init(clock: seconds))
            for _ in 0..<3 {
                let read = try await bench.read(server)
                // By a clock that is a day behind the call begins tomorrow: the platform contradicts, and that is recorded.
                #expect(read.status == (seconds < 0 ? 403 : 200), "at \(seconds) s")
                if let read = read.released { released.append(read) }
            }
            _ = try await server.drained(bench.operating, count: bench.destinations.count)
        }
        try await bench.check(released, server)
    }
}
