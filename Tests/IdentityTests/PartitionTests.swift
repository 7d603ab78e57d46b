import Ledger
import Storage
import TestStores
import Testing

@testable import Identity

/// The graph against a brute-force model of the same rules, on random histories.
@Suite struct PartitionTests {
    /// What the graph ought to be: who was met with which identifiers, and which merges are in force.
    private struct Model {
        var links: [(identifier: Int, person: Int64)] = []
        var people: [Int64] = []
        var merges: [Int64: (Int64, Int64)] = [:]
        var apart: [(Int64, Int64)] = []

        /// Everybody who is one with a person, by walking.
        func group(_ person: Int64) -> Set<Int64> {
            var group: Set<Int64> = [person]
            var grew = true
            while grew {
                grew = false
                for (first, second) in merges.values where group.contains(first) != group.contains(second) {
                    group.formUnion([first, second])
                    grew = true
                }
            }
            return group
        }

        func isApart(_ first: Int64, _ second: Int64) -> Bool {
            let (mine, theirs) = (group(first), group(second))
            return apart.contains {
                mine.contains($0.0) && theirs.contains($0.1) || mine.contains($0.1) && theirs.contains($0.0)
            }
        }

        /// Identifiers in sets, each set by its oldest person.
        var partition: [Int: Set<Int64>] {
            var partition: [Int: Set<Int64>] = [:]
            for (identifier, person) in links {
                partition[identifier, default: []].insert(group(person).min() ?? person)
            }
            return partition
        }
    }

    private func identifier(_ number: Int) -> Identifier { phone(number) }

    /// Runs a change in a transaction of its own, as the registry does.
    private func change<Value>(
        _ connection: any SQLConnection,
        _ keyring: Keyring,
        _ now: Int64,
        _ make: (GraphPlan) throws -> Value
    ) throws -> Value {
        let plan = try connection.snapshot {
            try GraphPlan(connection, rules: IdentityRules(), tokens: TokenMaker(keyring: keyring), now: now)
        }
        let value = try make(plan)
        try connection.transaction { try plan.changeSet.apply(to: connection) }
        return value
    }

    /// The partition as the store has it.
    private func partition(_ connection: any SQLConnection, _ tokens: TokenMaker, _ count: Int) throws -> [Int: Set<
        Int64
    >] {
        let reader = GraphReader(connection: connection)
        var partition: [Int: Set<Int64>] = [:]
        for number in 0..<count {
            let digests = tokens.digests(identifier(number))
            let found = try reader.identifiers(of: digests)
            guard let id = digests.lazy.compactMap({ found[$0] }).first, let node = try reader.nodes([id])[id] else {
                continue
            }
            partition[number] = Set(try reader.people(node.links.map(\.person)).map(\.survivor))
        }
        return partition
    }

    /// Links, merges, unmerges, decisions to keep apart, and rotations in any order, each seed a history of its own.
    @Test(arguments: Engine.allCases, [1, 2, 3, 4] as [UInt64])
    func isThatOfTheModel(engine: Engine, seed: UInt64) throws {
        var generator = Seeded(seed: seed)
        let store = try TestStore(engine)
        let connection = try store.database.makeConnection()
        try Schema.migrate(connection, GraphSchema.component)
        var keyring = try Keyring.test(epochs: 1)
        var model = Model()
        var history: [(now: Int64, partition: [Int: Set<Int64>])] = []
        let count = 40
        var (refused, merged, unmerged) = (0, 0, 0)
        for step in 0..<300 {
            let now = Int64(step + 1) * 10
            switch Int.random(in: 0..<20, using: &generator) {
            case 0..<6:
                // Two identifiers of at most one customer: what a record links goes to one person.
                let numbers = [0, 1].map { _ in Int.random(in: 0..<count, using: &generator) }
                let owners = Set(numbers.flatMap { model.partition[$0] ?? [] })
                guard owners.count <= 1, Set(numbers).count == 2 else { continue }
                let identifiers = numbers.map(identifier)
                let outcome = try change(connection, keyring, now) { plan in
                    let digests = identifiers.map { plan.tokens.digests($0) }
                    try plan.prefetch(digests)
                    let record = IdentityRecord(identifiers: identifiers, source: "test", assurance: .matched)
                    return try plan.link(record, digests: digests)
                }
                let person = try #require(outcome).person
                if owners.isEmpty { model.people.append(person.id) }
                for number in numbers where model.partition[number] == nil { model.links.append((number, person.id)) }
            case 6..<14:
                guard let first = model.people.randomElement(using: &generator),
                    let second = model.people.randomElement(using: &generator)
                else { continue }
                let isOne = model.group(first).contains(second)
                let isBarred = model.isApart(first, second)
                do {
                    let outcome = try change(connection, keyring, now) { plan in
                        let people = try plan.reader.people([first, second])
                        let one = try plan.person(customer: people[0].customer)
                        let two = try plan.person(customer: people[people.count - 1].customer)
                        return try plan.merge(one, two, decider: .human, rule: "decision")
                    }
                    #expect(!isOne && !isBarred)
                    model.merges[outcome.id] = (first, second)
                    merged += 1
                } catch is IdentityError {
                    #expect(isOne || isBarred)
                    refused += 1
                }
            case 14..<16:
                guard let id = model.merges.keys.sorted().randomElement(using: &generator), let pair = model.merges[id]
                else { continue }
                let keepApart = Int.random(in: 0..<4, using: &generator) == 0
                _ = try change(connection, keyring, now) { plan in
                    let person = try #require(try plan.reader.people([pair.0]).first)
                    return try plan.unmerge(id, of: try plan.person(customer: person.customer), keepApart: keepApart)
                }
                model.merges[id] = nil
                unmerged += 1
                if keepApart { model.apart.append(pair) }
            case 16:
                guard let first = model.people.randomElement(using: &generator),
                    let second = model.people.randomElement(using: &generator), !model.group(first).contains(second)
                else { continue }
                try change(connection, keyring, now) { plan in
                    let people = try plan.reader.people([first, second]).map { try plan.person(customer: $0.customer) }
                    try plan.keepApart(people[0], people[1])
                }
                model.apart.append((first, second))
            default:
                // A rotation, and the oldest key goes once there are three.
                keyring = try keyring.rotated(using: &generator)
                _ = try change(connection, keyring, now) { try $0.movePage(after: 0, limit: 10_000) }
                if keyring.keys.count > 2 { keyring = try keyring.without(epoch: keyring.keys[0].epoch) }
            }
            let found = try partition(connection, TokenMaker(keyring: keyring), count)
            #expect(found == model.partition, "after step \(step)")
            history.append((now, model.partition))
        }
        #expect(model.people.count > 5 && refused > 0 && merged > 9 && unmerged > 5 && keyring.newest.epoch > 3)
        try checkPast(history, model, connection)
    }

    /// Who was one with whom at every earlier moment.
    private func checkPast(
        _ history: [(now: Int64, partition: [Int: Set<Int64>])],
        _ model: Model,
        _ connection: any SQLConnection
    ) throws {
        let reader = GraphReader(connection: connection)
        let explainer = Explainer(reader: reader)
        let people = try reader.people(model.people)
        for (now, partition) in history.enumerated().filter({ $0.offset % 25 == 0 }).map(\.element) {
            for (identifier, owners) in partition {
                let persons = model.links.filter { $0.identifier == identifier }.map(\.person)
                for person in people where persons.contains(person.id) {
                    let group = try explainer.group(of: person, asOf: now)
                    #expect(Set(group.map(\.id)).min().map { owners.contains($0) } == true)
                }
            }
        }
    }

    /// A merge taken back leaves every row of the derived state as it was, bit for bit.
    @Test(arguments: Engine.allCases)
    func anUnmergeRestoresWhatWas(engine: Engine) async throws {
        let scratch = try Scratch(engine)
        var customers: [String] = []
        for number in 0..<6 {
            customers.append(try await scratch.link(phone(number), email("n\(number)")).customer ?? "")
        }
        func survivors() async throws -> [String] {
            try await scratch.ledger.database.read { connection in
                try connection.all("SELECT id, survivor, customer FROM identity_people ORDER BY id") {
                    "\($0.integer(0)) \($0.integer(1)) \($0.text(2))"
                }
            }
        }
        let pairs = [(1, 0), (3, 4), (4, 1), (5, 0), (2, 5)]
        var states = [try await survivors()]
        func mergeAll() async throws -> [Int64] {
            var merges: [Int64] = []
            for (first, second) in pairs {
                let (one, two) = (
                    CustomerReference.customer(customers[first]), CustomerReference.customer(customers[second])
                )
                merges.append(try await scratch.registry.merge(one, two, by: scratch.actor).mergeID)
                states.append(try await survivors())
            }
            return merges
        }
        var merges = try await mergeAll()
        #expect(try await scratch.owner(phone(2)) == customers[0])
        for place in merges.indices.reversed() {
            _ = try await scratch.registry.unmerge(
                .customer(customers[pairs[place].0]),
                mergeID: merges[place],
                keepApart: false,
                by: scratch.actor
            )
            #expect(try await survivors() == states[place])
        }
        merges = try await mergeAll()
        // In another order than they were made: each takes back exactly itself.
        _ = try await scratch.registry.unmerge(.identifier(phone(3)), mergeID: merges[2], by: scratch.actor)
        #expect(try await scratch.owner(phone(3)) == customers[3])
        #expect(try await scratch.owner(phone(4)) == customers[3])
        #expect(try await scratch.owner(phone(5)) == customers[0])
        #expect(try await scratch.owner(phone(1)) == customers[0])
    }
}
