import JSON
import MerkleLog
import Storage
import TestStores
import Testing
import WallTime

@testable import Ledger

@Suite struct QueryTests {
    struct Row {
        let index: UInt64
        let customer: String
        let agent: String
        let interaction: String
        let time: Timestamp
    }

    /// Random events, random moments of indexing, and every answer compared with the plain list.
    @Test(arguments: Engine.allCases, [1, 2, 3, 4])
    func answersAreCompleteWhereverTheIndexStands(engine: Engine, seed: UInt64) async throws {
        var generator = SplitMix64(seed: seed)
        let scratch = try Scratch(engine)
        let ledger = try scratch.create()
        defer { ledger.close() }
        let follower = IndexFollower(database: ledger.database, index: ledger.index)
        var rows: [Row] = []
        for step in 0..<400 {
            // The clock steps back now and then.
            scratch.clock.advance(seconds: Int64.random(in: -30...60, using: &generator))
            let row = Row(
                index: UInt64(step) + 1,
                customer: "c\(Int.random(in: 0..<6, using: &generator))",
                agent: "a\(Int.random(in: 0..<4, using: &generator))",
                interaction: "i\(Int.random(in: 0..<40, using: &generator))",
                time: scratch.clock.now()
            )
            let receipt = try await ledger.append(
                scratch.access("e\(step)", customer: row.customer, agent: row.agent, interaction: row.interaction)
            )
            #expect(receipt.index == row.index)
            rows.append(row)
            if Int.random(in: 0..<12, using: &generator) == 0 { _ = try follower.step() }
            if step % 10 == 0 {
                let keys: [IndexKey] =
                    [
                        [IndexKey(.customer, row.customer)], [IndexKey(.agent, row.agent)],
                        [IndexKey(.customer, row.customer), IndexKey(.agent, row.agent)],
                        [IndexKey(.interaction, row.interaction)],
                    ].randomElement(using: &generator) ?? []
                let from = Bool.random(using: &generator) ? rows.randomElement(using: &generator)?.time : nil
                let to = Bool.random(using: &generator) ? rows.randomElement(using: &generator)?.time : nil
                let expected = rows.filter { candidate in
                    for key in keys {
                        let value =
                            switch key.field {
                            case .customer: candidate.customer
                            case .agent: candidate.agent
                            default: candidate.interaction
                            }
                        if Array(value.utf8) != key.value { return false }
                    }
                    if let from, candidate.time < from { return false }
                    if let to, candidate.time >= to { return false }
                    return true
                }.map(\.index).reversed()
                #expect(try await pages(ledger, keys, from, to, limit: 7) == Array(expected))
            }
        }
        #expect(try ledger.index.runs().count <= QueryIndex.fanIn * 2)
    }

    /// Two nodes whose clocks are seven minutes apart: the order is that of the commits, and questions about a time go by what
    /// each event says.
    @Test(arguments: Engine.allCases)
    func nodesWhoseClocksDiffer(engine: Engine) async throws {
        let scratch = try Scratch(engine)
        let nodes = [try scratch.create(), try scratch.open()]
        defer { for node in nodes { node.close() } }
        let start = scratch.clock.now()
        let skew: Int64 = 420
        var early: [UInt64] = []
        for number in 0..<200 {
            scratch.clock.advance(seconds: 1)
            var event = scratch.access("e\(number)", customer: "c")
            if number % 2 == 1 {
                event = Event(
                    type: event.type,
                    identity: event.identity,
                    timestamp: event.timestamp.adding(seconds: skew),
                    fields: event.fields
                )
            } else {
                early.append(UInt64(number) + 1)
            }
            #expect(try await nodes[number % 2].append(event).index == UInt64(number) + 1)
            if number % 60 == 59 { try nodes[0].catchUpIndex() }
        }
        let keys = [IndexKey(.customer, "c")]
        let end = start.adding(seconds: skew)
        #expect(try await pages(nodes[0], keys, start, end, limit: 7) == early.reversed())
        #expect(try await pages(nodes[1], keys, nil, nil, limit: 50) == (1...200).reversed().map { UInt64($0) })
        #expect(try scratch.verify().head.size == 201)
    }

    private func pages(
        _ ledger: Ledger,
        _ keys: [IndexKey],
        _ from: Timestamp?,
        _ to: Timestamp?,
        limit: Int
    ) async throws -> [UInt64] {
        var found: [UInt64] = []
        var before: UInt64?
        repeat {
            let page = try await ledger.events(
                EventQuery(
                    keys: keys,
                    types: ["CUSTOMER_DATA_ACCESSED"],
                    from: from,
                    to: to,
                    before: before,
                    limit: limit
                )
            )
            found += page.events.map(\.index)
            before = page.next
        } while before != nil
        return found
    }

    @Test(arguments: Engine.allCases)
    func runsAreMergedAndNothingIsLost(engine: Engine) throws {
        let scratch = try Scratch(engine)
        let ledger = try scratch.create()
        defer { ledger.close() }
        var generator = SplitMix64(seed: 3)
        var expected: [UInt64: [UInt64]] = [:]
        for run in 0..<100 {
            let first = UInt64(run) * 50
            var postings: [QueryIndex.Posting] = []
            for position in first..<first + 50 {
                let value = Int.random(in: 0..<20, using: &generator)
                let key = IndexKey(.customer, "c\(value)").hash
                postings.append(QueryIndex.Posting(key: key, position: position))
                expected[key, default: []].append(position)
            }
            try ledger.index.add(
                first: first,
                end: first + 50,
                root: TreeHasher.emptyRoot,
                times: 0...1,
                postings: postings
            )
            try ledger.index.compact()
        }
        #expect(try ledger.index.runs().count < QueryIndex.fanIn)
        for value in 0..<20 {
            let key = IndexKey(.customer, "c\(value)")
            #expect(try ledger.index.candidates(key) == expected[key.hash] ?? [])
        }
    }
}
