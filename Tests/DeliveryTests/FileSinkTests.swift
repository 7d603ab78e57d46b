import DeliveryWire
import EventFormats
import Foundation
import JSON
import Synchronization
import TestStores
import Testing

@testable import Delivery

@Suite("NDJSON file", .timeLimit(.minutes(5))) struct FileSinkTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path("events.ndjson")
    }

    private func sink(count: Int = 10, calls: AppendedFile.Calls = AppendedFile.Calls()) -> NDJSONFileSink {
        NDJSONFileSink(
            path: path,
            shaping: testShaping,
            limits: BatchLimits(bytes: 100_000, count: count, age: .milliseconds(1)),
            calls: calls
        )
    }

    /// The indexes in the file, in order; every line must be whole.
    private func indexes() throws -> [Int64] {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.isEmpty || text.hasSuffix("\n"))
        return try text.split(separator: "\n").compactMap { line in
            let value = try JSONValue(parsing: String(line))
            return value["index"]?.integer
        }
    }

    @Test(arguments: Engine.allCases) func eachRecordOnceInOrder(engine: Engine) async throws {
        let (ledger, state, control) = try makeLedger(engine)
        try await ledger.append(105)
        let lane = RunningLane(sink(), ledger, state)
        try await control.drained()
        await lane.end()
        #expect(try indexes() == (0..<Int64(ledger.size)).map { $0 })
        #expect(try await control.sink("siem").guarantee == .exactlyOnce)
    }

    /// Killed between the sync of a batch and its confirmation: the lines are cut off and written again.
    @Test(arguments: Engine.allCases) func whatWasNotConfirmedIsCutOff(engine: Engine) async throws {
        let (ledger, state, control) = try makeLedger(engine)
        try await ledger.append(200)
        let writes = Mutex(0)
        for round in 1...8 {
            // The lease is lost after the write: nothing of it is confirmed, as at a kill.
            let lease = TestLease()
            var calls = AppendedFile.Calls()
            calls.sync = { descriptor in
                let count = writes.withLock { count in
                    count += 1
                    return count
                }
                if count % 3 == 0 { lease.lose() }
                return fsync(descriptor)
            }
            let lane = RunningLane(sink(count: 7, calls: calls), ledger, state, lease: lease)
            try await eventually { writes.withLock { $0 } >= round * 3 }
            await lane.kill()
            #expect(try await control.conservation("siem").holds)
        }
        let lane = RunningLane(sink(count: 7), ledger, state)
        try await control.drained()
        await lane.end()
        #expect(try indexes() == (0..<Int64(ledger.size)).map { $0 })
        #expect(try await control.sink("siem").duplicates == 0)
    }

    /// A disk that fills up in the middle of a line, fails to sync, and has room again.
    @Test(arguments: Engine.allCases) func aFullDiskEmptiesAgain(engine: Engine) async throws {
        let (ledger, state, control) = try makeLedger(engine)
        try await ledger.append(50)
        let isFull = Mutex(true)
        let failures = Mutex(0)
        var calls = AppendedFile.Calls()
        calls.write = { descriptor, bytes, offset in
            guard isFull.withLock({ $0 }) else {
                return pwrite(descriptor, bytes.baseAddress, bytes.count, off_t(offset))
            }
            if bytes.count > 100 { return pwrite(descriptor, bytes.baseAddress, bytes.count / 2, off_t(offset)) }
            failures.withLock { $0 += 1 }
            errno = ENOSPC
            return -1
        }
        let lane = RunningLane(sink(calls: calls), ledger, state)
        try await eventually { failures.withLock { $0 } >= 3 }
        let failure = try await control.sink("siem").lastFailure
        #expect(failure?.reason.contains("No space left") == true)
        #expect(try await control.conservation("siem").holds)
        #expect(try indexes() == [])
        isFull.withLock { $0 = false }
        try await control.drained()
        await lane.end()
        #expect(try indexes() == (0..<Int64(ledger.size)).map { $0 })
    }

    @Test(arguments: Engine.allCases) func aFileThatWasMovedAwayGetsASuccessor(engine: Engine) async throws {
        let (ledger, state, control) = try makeLedger(engine)
        try await ledger.append(30)
        let lane = RunningLane(sink(), ledger, state)
        try await control.drained()
        try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
        let before = ledger.size
        try await ledger.append(30)
        try await control.drained()
        await lane.end()
        #expect(try indexes() == (Int64(before)..<Int64(ledger.size)).map { $0 })
    }

    @Test(arguments: Engine.allCases) func aFileThatWasCutOrIsNotOursStopsTheLane(engine: Engine) async throws {
        let (ledger, state, control) = try makeLedger(engine)
        try await ledger.append(30)
        var lane = RunningLane(sink(), ledger, state)
        try await control.drained()
        await lane.end()
        #expect(truncate(path, 100) == 0)
        lane = RunningLane(sink(), ledger, state)
        try await eventually { (try? await control.sink("siem").state.description) == "stopped" }
        #expect(try await control.sink("siem").state.reason?.contains("were confirmed") == true)
        await lane.end()

        try FileManager.default.removeItem(atPath: path)
        try Data("somebody's\n".utf8).write(to: URL(fileURLWithPath: path))
        lane = RunningLane(sink(), ledger, state, name: "other")
        try await eventually { (try? await control.sink("other").state.description) == "stopped" }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "somebody's\n")
        #expect(try await control.conservation("other").holds)
        await lane.end()
    }

    /// What happens to the file of a sink that runs: the next write notices, nothing is written, and no hole of NULs comes about.
    @Test(arguments: ["cut to nothing", "cut within", "written to", "copied and cut, as by copytruncate"])
    func aFileThatOthersChangeUnderTheSinkStopsIt(what: String) async throws {
        let (ledger, state, control) = try makeLedger(.sqlite)
        try await ledger.append(30)
        var lane = RunningLane(sink(), ledger, state)
        try await control.drained()
        switch what {
        case "cut to nothing": #expect(truncate(path, 0) == 0)
        case "cut within": #expect(truncate(path, 100) == 0)
        case "written to": try add("somebody's\n")
        default:
            try FileManager.default.copyItem(atPath: path, toPath: path + ".1")
            #expect(truncate(path, 0) == 0)
        }
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        let delivered = try await control.conservation("siem").confirmed
        let next = Int64(ledger.size)
        try await ledger.append(30)
        try await eventually { (try? await control.sink("siem").state.description) == "stopped" }
        let reason = try #require(try await control.sink("siem").state.reason)
        #expect(reason.contains("move it away") && reason.contains(what == "written to" ? "others" : "copytruncate"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        let terms = try await control.conservation("siem")
        #expect(terms.holds && terms.confirmed == delivered && terms.backlog >= 30)
        // As the reason says: moved away and resumed, it goes on in a new file.
        try FileManager.default.moveItem(atPath: path, toPath: path + ".cut")
        try await control.resume("siem", actor: "op")
        try await control.drained()
        await lane.end()
        #expect(try indexes().first == next)
        lane = RunningLane(sink(), ledger, state)
        try await control.drained()
        await lane.end()
    }

    /// Cut in the moment between the look at the file and the write, where no look can see it: the write begins at the end that there
    /// is, so that no hole comes about, and the look after it sees that something is wrong.
    @Test func aFileThatIsCutInTheMomentOfAWriteStopsTheSink() async throws {
        let (ledger, state, control) = try makeLedger(.sqlite)
        try await ledger.append(30)
        let isCutting = Mutex(false)
        var calls = AppendedFile.Calls()
        calls.write = { [path] descriptor, bytes, offset in
            if isCutting.withLock({ $0 }) { truncate(path, 0) }
            return pwrite(descriptor, bytes.baseAddress, bytes.count, off_t(offset))
        }
        let lane = RunningLane(sink(calls: calls), ledger, state)
        try await control.drained()
        let delivered = try await control.conservation("siem").confirmed
        isCutting.withLock { $0 = true }
        try await ledger.append(5)
        try await eventually { (try? await control.sink("siem").state.description) == "stopped" }
        await lane.end()
        #expect(try await control.conservation("siem").confirmed == delivered)
        #expect(!(try Data(contentsOf: URL(fileURLWithPath: path))).contains(0))
    }

    /// While the sink was down, what was confirmed was cut and written over to the same length, or somebody wrote behind it.
    @Test(arguments: ["over", "behind"]) func aFileThatOthersWroteWhileItWasDownIsNotTouched(place: String) async throws
    {
        let (ledger, state, control) = try makeLedger(.sqlite)
        try await ledger.append(30)
        var lane = RunningLane(sink(), ledger, state)
        try await control.drained()
        await lane.end()
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        if place == "over" {
            bytes.replaceSubrange(bytes.count - 400..<bytes.count - 350, with: Data(repeating: 0x20, count: 50))
            let handle = try #require(FileHandle(forWritingAtPath: path))
            try handle.write(contentsOf: bytes)
            try handle.close()
        } else {
            try add("somebody's\n")
            bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        }
        lane = RunningLane(sink(), ledger, state)
        try await eventually { (try? await control.sink("siem").state.description) == "stopped" }
        #expect(try await control.sink("siem").state.reason?.contains("others") == true)
        await lane.end()
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
    }

    /// logrotate with `create`: the old file is moved away and an empty one stands in its place.
    @Test func anEmptySuccessorThatOthersMadeIsTaken() async throws {
        let (ledger, state, control) = try makeLedger(.sqlite)
        try await ledger.append(30)
        let lane = RunningLane(sink(), ledger, state)
        try await control.drained()
        try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        let before = ledger.size
        try await ledger.append(30)
        try await control.drained()
        #expect(try indexes() == (Int64(before)..<Int64(ledger.size)).map { $0 })
        // One that is not empty is somebody's.
        try FileManager.default.moveItem(atPath: path, toPath: path + ".2")
        try Data("somebody's\n".utf8).write(to: URL(fileURLWithPath: path))
        try await ledger.append(3)
        try await eventually { (try? await control.sink("siem").state.description) == "stopped" }
        await lane.end()
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "somebody's\n")
    }

    /// Two sinks, or two processes, with one file: the second stops and the first does not notice.
    @Test func aFileIsOneSinksAlone() async throws {
        let (ledger, state, control) = try makeLedger(.sqlite)
        try await ledger.append(30)
        let first = RunningLane(sink(), ledger, state, name: "first")
        try await control.drained("first")
        let second = RunningLane(sink(), ledger, state, name: "second")
        try await eventually { (try? await control.sink("second").state.description) == "stopped" }
        #expect(try await control.sink("second").state.reason?.contains("another sink or process") == true)
        await second.end()
        try await ledger.append(30)
        try await control.drained("first")
        await first.end()
        #expect(try indexes() == (0..<Int64(ledger.size)).map { $0 })
        #expect(try await control.sink("first").state == .running)
    }

    private func add(_ text: String) throws {
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
    }

    /// A store that was replaced by an older copy: what the file holds of the lost history is not cut off.
    @Test func aFileThatIsNewerThanTheStoreIsNotTouched() async throws {
        let (ledger, state, control) = try makeLedger(.sqlite)
        try await ledger.append(30)
        var lane = RunningLane(sink(), ledger, state)
        try await control.drained()
        await lane.end()
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(repeating: UInt8(ascii: "x"), count: 700_000))
        try handle.close()
        let before = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        lane = RunningLane(sink(), ledger, state)
        try await eventually { (try? await control.sink("siem").state.description) == "stopped" }
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int == before)
        await lane.end()
    }

    @Test func entriesThatAreNoEventsAreDeadLetters() async throws {
        let (ledger, state, control) = try makeLedger(.sqlite)
        try await ledger.append(3)
        try await ledger.append(raw: Array("not an event".utf8))
        try await ledger.append(3)
        let lane = RunningLane(sink(), ledger, state)
        try await control.drained()
        await lane.end()
        #expect(try await control.deadLetters("siem").map(\.index) == [3])
        // The last two tell of the sink and of what it set aside.
        #expect(try indexes() == [0, 1, 2, 4, 5, 6, 7, 8])
    }
}

let testShaping = EventShaping(
    ledger: "muniment.example/test",
    encoder: EventEncoder(format: .native, product: ProductIdentity(version: "1"))
)

func makeLedger(_ engine: Engine) throws -> (TestLedger, DeliveryState, DeliveryControl) {
    let ledger = try TestLedger(engine)
    let state = try ledger.makeState()
    return (ledger, state, DeliveryControl(state: state, ledger: ledger))
}
