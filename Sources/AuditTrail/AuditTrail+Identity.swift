public import Identity
import JSON
public import WallTime

extension AuditTrail {
    /// Why a customer is who they are. The question is recorded like any other.
    public func explanation(
        of reference: CustomerReference,
        asOf moment: Timestamp?,
        by reader: Reader
    ) async throws -> CustomerExplanation {
        let registry = try registry()
        let explanation = try await registry.explain(reference, asOf: moment)
        var asked = try await subject(reference, registry)
        if let moment { asked["asOf"] = .string(moment.description) }
        _ = try await record("explain", asked, results: explanation.identifiers.count, reader)
        return explanation
    }

    /// By which merges two customers are one; nil when they are not. The question is recorded like any other.
    public func path(
        from first: CustomerReference,
        to second: CustomerReference,
        by reader: Reader
    ) async throws -> [KnownMerge]? {
        let registry = try registry()
        let path = try await registry.path(from: first, to: second)
        _ = try await record("path", try await subject(first, registry), results: path?.count ?? 0, reader)
        return path
    }

    /// A proposal about who is whom, with what was recorded of its customers. The question is recorded like any other.
    public func proposal(_ id: Int64, by reader: Reader) async throws -> (
        proposal: IdentityProposal, touched: TouchedEvents
    ) {
        let registry = try registry()
        let found = try await registry.proposal(id)
        var asked: [String: JSONValue] = ["proposalId": .integer(id)]
        if let customer = found.proposal.customers.first {
            asked.merge(try await subject(.customer(customer), registry)) { mine, _ in mine }
        }
        _ = try await record("proposal", asked, results: found.touched.count, reader)
        return found
    }

    /// Who stands behind a recipient's pseudonym; nil when nobody known has it there. The question is recorded before it is answered,
    /// under the person's code in the ledger. The pseudonym is not: beside that code it would join what recipients hold.
    public func person(
        behind pseudonym: Pseudonym,
        of recipient: String,
        by reader: Reader
    ) async throws -> PseudonymMatch? {
        let match = try await registry().person(behind: pseudonym, of: recipient)
        var asked: [String: JSONValue] = ["recipient": .string(recipient)]
        if let match { asked["customerId"] = .string(match.subject) }
        _ = try await record("pseudonym", asked, results: match == nil ? 0 : 1, reader)
        return match
    }

    private func subject(_ reference: CustomerReference, _ registry: IdentityRegistry) async throws -> [String:
        JSONValue]
    {
        let names = try await registry.ledgerNames(of: reference)
        return names.first.map { ["customerId": .string($0)] } ?? [:]
    }

    private func registry() throws -> IdentityRegistry {
        guard let registry = identities else { throw QuestionError("this installation keeps no identities") }
        return registry
    }
}
