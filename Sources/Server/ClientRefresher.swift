import Credentials
import Synchronization

/// Brings what the directory knows up to date with the store.
final class ClientRefresher: Sendable {
    private let registry: ClientRegistry
    private let directory: ClientDirectory
    /// The numbers of the latest reading that began, and of the latest whose result is in the directory.
    private let readings = Mutex<(begun: UInt64, used: UInt64)>((0, 0))

    init(registry: ClientRegistry, directory: ClientDirectory) {
        self.registry = registry
        self.directory = directory
    }

    /// Reads the clients and puts them into the directory, unless a reading that began later has been there before: a client
    /// that was just revoked must not come back.
    @discardableResult
    func refresh() async throws -> [APIClient] {
        let number = readings.withLock { readings in
            readings.begun += 1
            return readings.begun
        }
        let all = try await registry.all()
        readings.withLock { readings in
            guard number > readings.used else { return }
            readings.used = number
            directory.replace(with: all)
        }
        return all
    }
}
