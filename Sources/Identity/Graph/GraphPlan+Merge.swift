/// What came of a merge.
struct MergeOutcome: Sendable {
    /// The assertion by which it is taken back.
    let id: Int64
    /// The id that stands for both.
    let customer: String
    /// The id that redirects from now on.
    let absorbed: String
    /// Everybody on the absorbed side, as first met.
    let moved: [Person]
}

extension GraphPlan {
    /// Makes two customers one. The oldest id of both stands for both.
    /// - Throws: ``IdentityError`` when they are one already, or are kept apart.
    func merge(_ first: Person, _ second: Person, decider: Decider, rule: String) throws -> MergeOutcome {
        let (mine, theirs) = (survivor(of: first.id), survivor(of: second.id))
        guard mine != theirs else { throw IdentityError.conflict("both ids are of the same customer already") }
        if try isKeptApart(mine, theirs) {
            throw IdentityError.conflict(
                "these customers were decided to be kept apart: take that decision back first, if it was wrong"
            )
        }
        let edge = Edge(
            id: newID(),
            kind: .same,
            first: first.id,
            second: second.id,
            decider: decider,
            rule: rule,
            asserted: now,
            retracted: nil
        )
        add(.edge(edge))
        let (winner, loser) = (min(mine, theirs), max(mine, theirs))
        let moved = members(of: loser)
        unite(members(of: winner).union(moved))
        guard let customer = person(winner)?.customer, let absorbed = person(loser)?.customer else {
            throw IdentityError.unknownCustomer
        }
        note(.merged, winner, loser)
        return MergeOutcome(
            id: edge.id,
            customer: customer,
            absorbed: absorbed,
            moved: moved.sorted().compactMap { person($0) }
        )
    }

    /// Takes back one merge, exactly: whoever was one before it, and by what came after it, still is.
    /// - Parameters:
    ///   - keepApart: whether rules may not make them one again.
    /// - Returns: the customer that stays, and the one that is a customer of its own again.
    func unmerge(_ id: Int64, of customer: Person, keepApart: Bool) throws -> MergeOutcome {
        let whole = members(of: survivor(of: customer.id))
        let merges = try merges(among: whole)
        guard let edge = merges.first(where: { $0.id == id }) else {
            throw IdentityError.invalid("this customer has no merge \(id) in force")
        }
        add(.retractEdge(id: edge.id, at: now))
        let rest = merges.filter { $0.id != id }
        let before = survivor(of: customer.id)
        let sides = [Self.reached(from: edge.first, by: rest), Self.reached(from: edge.second, by: rest)]
        for side in sides { unite(side) }
        guard let stays = sides.first(where: { $0.contains(before) }),
            let leaves = sides.first(where: { !$0.contains(before) }),
            let customer = person(before)?.customer, let freed = leaves.min().flatMap({ person($0) })?.customer
        else { throw IdentityError.invalid("the merge \(id) does not part these customers: others hold them together") }
        note(.split, before, leaves.min())
        if keepApart {
            apart(stays.contains(edge.first) ? (edge.first, edge.second) : (edge.second, edge.first), .human)
        }
        return MergeOutcome(
            id: id,
            customer: customer,
            absorbed: freed,
            moved: leaves.sorted().compactMap { person($0) }
        )
    }

    /// Decides that two customers are two, whatever else is found.
    func keepApart(_ first: Person, _ second: Person) throws {
        guard survivor(of: first.id) != survivor(of: second.id) else {
            throw IdentityError.conflict("both ids are of the same customer: take their merge back first")
        }
        // That others of theirs are kept apart already is not enough: these two may part company with them.
        if try !parting([first.id], [second.id]).isEmpty { return }
        apart((first.id, second.id), .human)
    }

    /// Takes back the decisions that keep two customers apart.
    /// - Returns: how many there were.
    func allowTogether(_ first: Person, _ second: Person) throws -> Int {
        let (mine, theirs) = (members(of: survivor(of: first.id)), members(of: survivor(of: second.id)))
        let edges = try parting(mine, theirs)
        for edge in edges { add(.retractEdge(id: edge.id, at: now)) }
        return edges.count
    }

    private func apart(_ pair: (Int64, Int64), _ decider: Decider) {
        add(
            .edge(
                Edge(
                    id: newID(),
                    kind: .apart,
                    first: pair.0,
                    second: pair.1,
                    decider: decider,
                    rule: "decision",
                    asserted: now,
                    retracted: nil
                )
            )
        )
        parted.append(pair)
        note(.keptApart, survivor(of: pair.0), survivor(of: pair.1))
    }

    /// Whether anybody of one side is to be kept apart from anybody of the other.
    func isKeptApart(_ first: Int64, _ second: Int64) throws -> Bool {
        let (mine, theirs) = (members(of: first), members(of: second))
        if parted.contains(where: { parts(mine, theirs, $0) }) { return true }
        return try !parting(mine, theirs).isEmpty
    }

    private func parting(_ mine: Set<Int64>, _ theirs: Set<Int64>) throws -> [Edge] {
        let smaller = mine.count <= theirs.count ? mine : theirs
        return try reader.edges(of: smaller).filter {
            $0.kind == .apart && $0.retracted == nil && parts(mine, theirs, ($0.first, $0.second))
        }
    }

    private func parts(_ mine: Set<Int64>, _ theirs: Set<Int64>, _ pair: (Int64, Int64)) -> Bool {
        mine.contains(pair.0) && theirs.contains(pair.1) || mine.contains(pair.1) && theirs.contains(pair.0)
    }

    /// The merges in force that hold a group together.
    func merges(among group: Set<Int64>) throws -> [Edge] {
        try reader.edges(of: group).filter { $0.kind == .same && $0.retracted == nil }
    }

    /// Everybody who is one with a person by these merges.
    static func reached(from start: Int64, by merges: [Edge]) -> Set<Int64> {
        var neighbours: [Int64: [Int64]] = [:]
        for merge in merges {
            neighbours[merge.first, default: []].append(merge.second)
            neighbours[merge.second, default: []].append(merge.first)
        }
        var reached: Set<Int64> = [start]
        var waiting = [start]
        while let next = waiting.popLast() {
            for other in neighbours[next] ?? [] where reached.insert(other).inserted { waiting.append(other) }
        }
        return reached
    }
}
