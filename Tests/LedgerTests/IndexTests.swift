import Foundation
import TestStores
import Testing

@testable import Ledger

/// The query index is derived: whatever becomes of its file, answers stay complete.
@Suite struct IndexTests {
    /// What became of the index while nothing ran.
    enum Fate: CaseIterable {
        case kept, deleted, emptied, noise, shorterHistory, sameLengthHistory, longerHistory
    }

    private static let count = 90

    /// A ledger of 90 events of three customers, 30 of each, indexed.
    private func filled(_ prefix: String = "e", count: Int = count) async throws -> Scratch {
        let scratch = try Scratch()
        let ledger = try scratch.create()
        defer { ledger.close() }
        for number in 0..<count {
            try await ledger.append(
                scratch.access("\(prefix)\(number)", customer: "c\((number + prefix.utf8.count) % 3)")
            )
        }
        try ledger.catchUpIndex()
        return scratch
    }

    private func places(_ ledger: Ledger, customer: String) throws -> [UInt64] {
        try ledger.eventsBlocking(EventQuery(keys: [IndexKey(.customer, customer)], limit: 1000)).events.map(\.index)
    }

    @Test(arguments: Fate.allCases)
    func answersStayComplete(fate: Fate) async throws {
        let scratch = try await filled()
        let path = scratch.location.indexFile
        switch fate {
        case .kept: break
        case .deleted: try FileManager.default.removeItem(atPath: path)
        case .emptied: try Data().write(to: URL(fileURLWithPath: path))
        case .noise:
            var generator = SplitMix64(seed: 8)
            let noise = (0..<20_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
            try Data(noise).write(to: URL(fileURLWithPath: path))
        case .shorterHistory: try await replaceIndex(of: scratch, from: filled("other", count: 60))
        case .sameLengthHistory: try await replaceIndex(of: scratch, from: filled("other"))
        case .longerHistory: try await replaceIndex(of: scratch, from: filled("other", count: 120))
        }
        let ledger = try scratch.open()
        defer { ledger.close() }
        #expect(try ledger.indexedSize() == (fate == .kept ? 91 : 0))
        for _ in 0..<2 {
            for customer in 0..<3 {
                let expected = (0..<UInt64(Self.count)).reversed().filter { $0 % 3 == (customer + 2) % 3 }.map {
                    $0 + 1
                }
                #expect(try places(ledger, customer: "c\(customer)") == expected)
            }
            // And a repetition is still found.
            #expect(try await ledger.append(scratch.access("e7", customer: "c2")).index == 8)
            try ledger.catchUpIndex()
            #expect(try ledger.indexedSize() == 91)
        }
    }

    private func replaceIndex(of scratch: Scratch, from other: Scratch) throws {
        try FileManager.default.removeItem(atPath: scratch.location.indexFile)
        try FileManager.default.copyItem(atPath: other.location.indexFile, toPath: scratch.location.indexFile)
    }

    @Test(arguments: Engine.allCases)
    func twoFollowersBuildOneIndex(engine: Engine) async throws {
        let scratch = try Scratch(engine)
        let one = try scratch.create()
        let two = try scratch.open()
        defer {
            one.close()
            two.close()
        }
        var generator = SplitMix64(seed: 4)
        for number in 0..<300 {
            try await one.append(scratch.access("e\(number)", customer: "c\(number % 2)"))
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: try one.catchUpIndex()
            case 1: try two.catchUpIndex()
            case 2:
                // At once, from two threads.
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for ledger in [one, two] { group.addTask { try ledger.catchUpIndex() } }
                    try await group.waitForAll()
                }
            default: break
            }
        }
        try two.catchUpIndex()
        let runs = try one.index.runs()
        #expect(runs.first?.first == 0)
        #expect(runs.last?.end == 301)
        #expect(zip(runs, runs.dropFirst()).allSatisfy { $0.end == $1.first })
        let key = IndexKey(.customer, "c1")
        let expected = (0..<UInt64(300)).filter { $0 % 2 == 1 }.map { $0 + 1 }
        #expect(try one.index.candidates(key) == expected)
        #expect(try two.index.candidates(key) == expected)
        #expect(try places(two, customer: "c1") == expected.reversed())
    }
}
