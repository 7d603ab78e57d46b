import DeliveryWire
import Testing

@Suite struct LaneAccountTests {
    /// Random lives of a lane beside a plain table of every index, which must agree after every step.
    @Test(arguments: 0..<200)
    func everyIndexIsInExactlyOnePlaceAtEveryInstant(seed: UInt64) throws {
        var generator = Seeded(state: seed)
        let start = UInt64.random(in: 0...50, using: &generator)
        var table: [LaneAccount.Place] = Array(repeating: .backlog, count: Int.random(in: 0...30, using: &generator))
        var account = LaneAccount(start: start, head: start + UInt64(table.count))
        var duplicates: UInt64 = 0

        func some(_ place: LaneAccount.Place) -> [Int] {
            table.indices.filter { table[$0] == place && Int.random(in: 0..<3, using: &generator) > 0 }
        }
        func set(_ positions: [Int]) -> RangeSet<UInt64> { RangeSet(indexes: positions.map { start + UInt64($0) }) }

        for _ in 0..<120 {
            switch Int.random(in: 0..<9, using: &generator) {
            case 0:
                let more = Int.random(in: 0...20, using: &generator)
                table += Array(repeating: .backlog, count: more)
                try account.grow(to: start + UInt64(table.count))
            case 1:
                let chosen = some(.backlog)
                try account.filter(set(chosen))
                for position in chosen { table[position] = .filtered }
            case 2, 3:
                let chosen = some(.backlog)
                try account.send(set(chosen))
                for position in chosen { table[position] = .inFlight }
            case 4:
                let chosen = some(.inFlight)
                try account.confirm(set(chosen))
                for position in chosen { table[position] = .confirmed }
            case 5:
                let chosen = some(.inFlight)
                let mayBeStored = Bool.random(using: &generator)
                try account.putBack(set(chosen), mayBeStored: mayBeStored)
                if mayBeStored { duplicates += UInt64(chosen.count) }
                for position in chosen { table[position] = .backlog }
            case 6:
                let chosen = some(.inFlight)
                try account.bury(set(chosen))
                for position in chosen { table[position] = .dead }
            case 7:
                let chosen = some(.dead)
                try account.redrive(set(chosen))
                for position in chosen { table[position] = .backlog }
            default:
                duplicates += account.count(.inFlight)
                account.recover()
                for position in table.indices where table[position] == .inFlight { table[position] = .backlog }
            }
            #expect(account.isConserved)
            #expect(account.head == start + UInt64(table.count))
            for place in LaneAccount.Place.allCases {
                #expect(account.count(place) == UInt64(table.filter { $0 == place }.count))
            }
            let open = table.firstIndex { $0 == .backlog || $0 == .inFlight }
            #expect(account.lowWatermark == start + UInt64(open ?? table.count))
            #expect(account.possibleDuplicates == duplicates)
            if let next = account.nextBacklog(upTo: 7) {
                #expect(next.count <= 7 && next.allSatisfy { table[Int($0 - start)] == .backlog })
                #expect(next.lowerBound == start + UInt64(try #require(table.firstIndex(of: .backlog))))
            } else {
                #expect(!table.contains(.backlog))
            }
        }
    }

    @Test func whatIsNotThereCannotBeMovedAndNothingChanges() throws {
        var account = LaneAccount(start: 0, head: 10)
        try account.send([0..<5])
        let before = account
        #expect(throws: LaneAccountError.notThere(index: 5, place: .inFlight)) { try account.confirm([3..<7]) }
        #expect(throws: LaneAccountError.notThere(index: 0, place: .backlog)) { try account.send([0..<1]) }
        #expect(throws: LaneAccountError.notThere(index: 3, place: .dead)) { try account.redrive([3..<4]) }
        #expect(throws: LaneAccountError.notThere(index: 10, place: .backlog)) { try account.filter([9..<11]) }
        #expect(throws: LaneAccountError.headMovedBack(from: 10, to: 9)) { try account.grow(to: 9) }
        #expect(account == before)
        try account.confirm([0..<5])
        #expect(throws: LaneAccountError.notThere(index: 0, place: .inFlight), "confirmed once, not twice") {
            try account.confirm([0..<5])
        }
    }

    @Test func aStoredLaneThatDoesNotAddUpIsRefused() throws {
        func restore(
            head: UInt64 = 10,
            filtered: UInt64 = 2,
            confirmed: UInt64 = 3,
            inFlight: RangeSet<UInt64> = [5..<7],
            dead: RangeSet<UInt64> = [7..<8],
            backlog: RangeSet<UInt64> = [8..<10]
        ) throws(LaneAccountError) -> LaneAccount {
            try LaneAccount(
                start: 0,
                head: head,
                filtered: filtered,
                confirmed: confirmed,
                inFlight: inFlight,
                dead: dead,
                backlog: backlog,
                possibleDuplicates: 0
            )
        }
        #expect(try restore().lowWatermark == 5)
        #expect(throws: LaneAccountError.notConserved) { try restore(head: 11) }
        #expect(throws: LaneAccountError.notConserved) { try restore(filtered: 3) }
        #expect(throws: LaneAccountError.notConserved) { try restore(confirmed: .max) }
        #expect(throws: LaneAccountError.notConserved) { try restore(inFlight: [5..<7], dead: [6..<7]) }
        #expect(throws: LaneAccountError.notConserved, "outside the lane") { try restore(backlog: [8..<9, 10..<11]) }
    }
}

extension RangeSet: @retroactive ExpressibleByArrayLiteral where Bound == UInt64 {
    public init(arrayLiteral elements: Range<UInt64>...) { self.init(elements) }
}
