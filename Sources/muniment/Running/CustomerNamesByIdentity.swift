import Gateway
import Identity

/// Names customers in the ledger by codes under their own keys. A customer whom an upstream knows and nobody here yet becomes one.
struct CustomerNamesByIdentity: CustomerNaming {
    let identities: IdentityRegistry

    var generation: Int { identities.epochOfMemory }

    func name(ofCustomer number: String, making: Bool) async -> PlatformAnswer<String> {
        guard let identifier = try? identities.normaliser.identifier(.customer, number) else { return .notFound }
        do {
            if making { return .known(try await identities.subject(ofCustomerNumber: identifier, source: "gateway")) }
            return try await identities.knownSubject(of: identifier).map { .known($0) } ?? .notFound
        } catch {
            return .failed
        }
    }
}
