import Identity
import Logging
import Settings

/// Hears within a second or two what other processes do about identities: forgettings, and new keys.
struct IdentityFollower: Sendable {
    let identities: IdentityRegistry
    let configuration: Configuration
    let logger: Logger

    /// Runs until the task is cancelled.
    func run() async {
        var fingerprints = identities.tokens.keyring.keys.map(\.fingerprint)
        var seconds = 0
        while !Task.isCancelled {
            // A rhythm: what others do is looked for every second, keys that a command prints every minute.
            try? await Task.sleep(for: .seconds(1))
            seconds += 1
            do {
                try await identities.followForgettings()
                if seconds % 60 == 0 {
                    try await identities.destroyExpiredTokens()
                    try await identities.expireProposals()
                }
                if case .command = configuration.keyring, seconds % 60 != 0 { continue }
                let keyring = try Installation.readKeyring(configuration)
                let read = keyring.keys.map(\.fingerprint)
                if read != fingerprints {
                    identities.replaceKeyring(with: keyring)
                    fingerprints = read
                }
            } catch {
                logger.error("changes of identities cannot be followed", metadata: ["error": "\(error)"])
            }
        }
    }
}
