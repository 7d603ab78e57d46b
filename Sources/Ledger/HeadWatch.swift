import Dispatch
import MerkleLog
import Storage

extension Ledger {
    /// Follows what other processes append until the task is cancelled: the newest head that anybody committed stands in
    /// ``health`` and in the anchor. A node that appends nothing for a while knows nevertheless what a store must hold that
    /// comes back to it.
    /// - Parameter pause: waits between two looks.
    public func watchHead(pause: @Sendable () async throws -> Void) async {
        while !Task.isCancelled {
            await lookAtHead()
            do { try await pause() } catch { return }
        }
    }

    /// Looks once.
    func lookAtHead() async {
        let seen = health.head
        await Self.off(database.findSuccessor)
        do {
            let stored = try await database.read { try LedgerStore.head($0) }
            guard let stored else { throw LedgerError.inconsistent("the store has lost its head") }
            guard stored.size >= seen.size else {
                throw LedgerError.lostEntries(stored: stored.size, seen: seen.size)
            }
            if stored.size > seen.size {
                observe(try SignedHead(checkpoint: stored.checkpoint, verifier: verifier))
            }
            note(storeFailure: nil)
        } catch {
            note(storeFailure: LedgerError.wrapping(error))
        }
    }

    private static let queue = DispatchQueue(label: "muniment.head")

    /// Runs something that blocks on a thread of its own.
    private static func off(_ body: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            queue.async {
                body()
                continuation.resume()
            }
        }
    }
}
