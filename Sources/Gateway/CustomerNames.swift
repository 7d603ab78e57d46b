import Synchronization

/// Under which name a customer of the system of record stands in the ledger: a code under the customer's own key, which can be
/// destroyed.
public protocol CustomerNaming: Sendable {
    /// Grows whenever names that were given before may be wrong, as after a forgetting.
    var generation: Int { get }
    /// The customer's name.
    /// - Parameter making: whether a customer who is not known yet becomes one.
    /// - Returns: the name, or that there is none.
    func name(ofCustomer number: String, making: Bool) async -> PlatformAnswer<String>
}

/// The names of customers who were read lately. A name that is remembered costs one look into a table; one that is not is looked up
/// beside the event loop, while the record waits.
final class CustomerNames: Sendable {
    /// Milliseconds for which a name is remembered. It does not change but by a forgetting, which is heard of.
    private static let lifetime: Int64 = 600_000

    private let naming: any CustomerNaming
    private let made: FactsCache<String>
    private let found: FactsCache<String>
    private let generation: Atomic<Int>

    init(_ naming: any CustomerNaming) {
        self.naming = naming
        generation = Atomic(naming.generation)
        made = FactsCache(lifetime: Self.lifetime) { await naming.name(ofCustomer: $0, making: true) }
        // A customer who is not known may become known at any time.
        found = FactsCache(lifetime: 1000) { await naming.name(ofCustomer: $0, making: false) }
    }

    /// The name, when it is remembered; else `then` is called with it later, from any thread.
    func name(
        ofCustomer number: String,
        making: Bool,
        then: @escaping @Sendable (PlatformAnswer<String>) -> Void
    ) -> PlatformAnswer<String>? {
        let current = naming.generation
        if generation.exchange(current, ordering: .relaxed) != current {
            made.clear()
            found.clear()
        }
        return (making ? made : found).answer(number, then: then)
    }

    /// Reads that wait for a name.
    var waiting: Int { made.size.waiting + found.size.waiting }
}
