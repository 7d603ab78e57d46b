import Foundation
import Identity
import Redaction
import Synchronization
import WallTime

/// Has the values behind tokens kept before the tokens are written out.
///
/// Redaction is synchronous and the store is not: the work goes on a thread of its own, which may wait.
final class TokenKeeper: Sendable {
    let tokens = TokenCollector()
    private let identities: IdentityRegistry
    private let customer: CustomerReference?
    private let scope: String
    private let until: Timestamp

    init(identities: IdentityRegistry, customer: CustomerReference?, scope: String, until: Timestamp) {
        self.identities = identities
        self.customer = customer
        self.scope = scope
        self.until = until
    }

    /// Runs work in which ``keep()`` may be called.
    func whileKeeping(_ work: @escaping @Sendable () throws -> Void) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
        }
    }

    /// Keeps what was gathered and returns when it is durable. Only on the thread of ``whileKeeping(_:)``.
    func keep() throws {
        let values = tokens.take().map { TokenisedValue(token: $0.key, scope: scope, value: $0.value) }
        guard !values.isEmpty else { return }
        let isDone = DispatchSemaphore(value: 0)
        let outcome = Mutex<Result<Void, any Error>>(.success(()))
        Task { [identities, customer, until] in
            do {
                try await identities.keep(values, of: customer, until: until)
            } catch {
                outcome.withLock { $0 = .failure(error) }
            }
            isDone.signal()
        }
        isDone.wait()
        try outcome.withLock { try $0.get() }
    }
}
