import Identity

/// Under which names a customer's events stand in the ledger: codes under the keys of everybody who is one with the customer, and
/// the tokens of the customer's numbers, under which reads stand that were recorded before the customer was known.
struct CustomerLedgerNames: Sendable {
    /// Who is asked for.
    enum Reference: Sendable {
        case number(String)
        case id(String)
        case identifier(Identifier)

        /// How it was asked, without what was asked.
        var words: String {
            switch self {
            case .number: "customer"
            case .id: "globalCustomerId"
            case .identifier(let identifier): identifier.kind.rawValue
            }
        }
    }

    let tokeniser: Tokeniser
    let identities: IdentityRegistry?

    func reference(customer: String?, identifier: Identifier?) -> Reference? {
        if let customer { return CustomerID.isOne(customer) && identities != nil ? .id(customer) : .number(customer) }
        return identifier.map { .identifier($0) }
    }

    func token(ofCustomerNumber number: String) -> String { tokeniser.token(.customer, number) }

    /// Under which name a question goes to the record: the customer's own. Where identities are kept, no token of somebody whom nobody
    /// knows goes there: it could not be taken out again if they became known, and were forgotten.
    func recorded(_ names: [String]) -> String? {
        identities == nil ? names.first : names.first { $0.hasPrefix("subject:") }
    }

    /// The names, the customer's own first; none when nobody is known.
    func find(_ reference: Reference) async throws -> [String] {
        switch reference {
        case .id(let id): return try await identities?.ledgerNames(of: .customer(id)) ?? []
        case .identifier(let identifier): return try await identities?.ledgerNames(of: .identifier(identifier)) ?? []
        case .number(let number):
            var names: [String] = []
            var tokens = [token(ofCustomerNumber: number)]
            if let identities, let identifier = try? identities.normaliser.identifier(.customer, number) {
                names = try await identities.ledgerNames(of: .identifier(identifier))
                tokens = identities.tokens.tokens(identifier)
            }
            return names + tokens.filter { !names.contains($0) }
        }
    }
}
