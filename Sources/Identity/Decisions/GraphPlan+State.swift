import Crypto

extension GraphPlan {
    /// What a decision rests on: the customers whom it is about, and a digest of all that is believed of them.
    struct State: Sendable {
        /// SHA-256 over who is one with whom by which merges, who is kept apart, and who has which identifiers. It names rows of the
        /// tables, nobody's identifiers.
        let digest: [UInt8]
        /// Whose ids stand for the customers, those named first.
        let people: [Person]
    }

    /// The state of the graph around a decision. What is recorded of the customers does not change it; a link, a merge or a
    /// decision about them does.
    /// - Throws: ``IdentityError/unknownCustomer`` when somebody whom it names is not there any more.
    func state(of decision: IdentityDecision) throws -> State {
        let digests = decision.identifiers.map { tokens.digests($0) }
        try prefetch(digests)
        var survivors: [Int64] = []
        func note(_ survivor: Int64) { if !survivors.contains(survivor) { survivors.append(survivor) } }
        for reference in decision.customers {
            note(survivor(of: try IdentityRegistry.person(reference, in: self).id))
        }
        var lines: [String] = []
        for digests in digests {
            let buried = tombstones(of: digests).count
            guard let node = node(digests) else {
                lines.append("nobody's identifier, \(buried) tombstones")
                continue
            }
            for owner in owners(of: node).sorted() { note(owner) }
            lines.append("identifier \(node.id) \(node.sharing.rawValue) barred from \(node.bars.sorted())")
        }
        if case .settle(let conflict) = decision {
            lines.append("conflict \(conflict) open \(try reader.isOpenConflict(conflict))")
        }
        for survivor in survivors {
            let group = members(of: survivor)
            lines.append("people \(group.sorted())")
            for edge in try reader.edges(of: group) where edge.retracted == nil { lines.append("edge \(edge.id)") }
            for (person, held) in try reader.holdings(of: group).sorted(by: { $0.key < $1.key }) {
                lines.append("\(person) has \(held.keys.sorted())")
            }
        }
        return State(
            digest: Array(SHA256.hash(data: Array(lines.joined(separator: "\n").utf8))),
            people: survivors.compactMap { person($0) }
        )
    }

    /// The state around a proposal; nil when it cannot be opened, or somebody whom it names is not there any more.
    func state(of stored: StoredProposal) throws -> State? {
        guard let decision = stored.body(tokens.keyring)?.decision else { return nil }
        do { return try state(of: decision) } catch IdentityError.unknownCustomer { return nil }
    }

    /// Another plan on the same state, for trying something out.
    func again() throws -> GraphPlan { try GraphPlan(reader.connection, rules: rules, tokens: tokens, now: now) }
}
