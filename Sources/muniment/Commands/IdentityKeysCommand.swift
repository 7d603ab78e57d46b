import ArgumentParser
import Credentials
import Identity
import JSON
import Settings

/// `muniment identity keys …`: the keys under which identifiers become tokens.
struct IdentityKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Change the keys under which identifiers become tokens. Who is whom does not change.",
        subcommands: [List.self, Rotate.self, Move.self, Destroy.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the keys in use, by their fingerprints.")

        @OptionGroup var options: IdentityOptions

        func run() async throws {
            let keys = try options.configurationOption.load().keyring.keys
            if options.format.format == .json {
                return Output.json(
                    .array(keys.map { ["epoch": .integer(Int64($0.epoch)), "fingerprint": .string($0.fingerprint)] })
                )
            }
            Output.table(["epoch", "fingerprint"], keys.map { [String($0.epoch), $0.fingerprint] })
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new key, take it into use, and move what is kept under older ones to it.",
            discussion: "Servers read the new key within two seconds. Older keys stay in use until they are destroyed."
        )

        @OptionGroup var options: IdentityOptions

        func run() async throws {
            try await options.run { installation, identities in
                var generator = SystemRandomNumberGenerator()
                let keyring = try installation.keyring.rotated(using: &generator)
                try installation.configuration.keyring.replace(with: keyring)
                identities.replaceKeyring(with: keyring)
                try await identities.recordRotation(by: options.actor)
                // Servers that still make tokens under the older key go on being found: it stays in use.
                options.show(try await move(identities, installation, options))
            }
        }
    }

    struct Move: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Move what is kept under older keys to the newest, as 'rotate' does; for going on after it was broken off."
        )

        @OptionGroup var options: IdentityOptions

        func run() async throws {
            try await options.run { installation, identities in
                options.show(try await move(identities, installation, options))
            }
        }
    }

    struct Destroy: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Destroy an old key. What is known under it only is lost; the event says how much that was."
        )

        @OptionGroup var options: IdentityOptions

        @Argument(help: "The key's epoch.")
        var epoch: Int

        @Flag(help: "Accept that identifiers which are known under this key only are not found again.")
        var acceptLoss = false

        func run() async throws {
            try await options.run { installation, identities in
                let sealed = try await installation.registry(identities.recordedIn, producer: "cli").sealedKeys(
                    epoch: epoch
                )
                guard sealed == 0 else {
                    throw CommandFailure(
                        "\(sealed) signing secrets of API clients are sealed under epoch \(epoch): run 'muniment identity keys "
                            + "move' first"
                    )
                }
                let cost = try await identities.destroyKey(
                    epoch: epoch,
                    acceptingLoss: acceptLoss,
                    by: try options.decider()
                ) { try installation.configuration.keyring.replace(with: $0) }
                options.show([
                    "epoch": .integer(Int64(cost.epoch)), "fingerprint": .string(cost.fingerprint),
                    "lostIdentifiers": .integer(Int64(cost.lostIdentifiers)),
                    "lapsedTombstones": .integer(Int64(cost.lapsedTombstones)),
                    "lostTokens": .integer(Int64(cost.lostTokens)),
                ])
                Output.note(
                    "Values that were committed to under this key cannot be proved any more. Destroy copies of the file too."
                )
            }
        }
    }

    private static func move(
        _ identities: IdentityRegistry,
        _ installation: Installation,
        _ options: IdentityOptions
    ) async throws -> JSONValue {
        let registry = try installation.registry(identities.recordedIn, producer: "cli") { identities.tokens.keyring }
        let clientKeys = try await registry.moveToNewestKey()
        let move = try await identities.moveToNewestKey(by: options.actor)
        return [
            "epoch": .integer(Int64(identities.tokens.keyring.newest.epoch)),
            "people": .integer(Int64(move.people)), "identifiers": .integer(Int64(move.identifiers)),
            "waiting": .integer(Int64(move.waiting)), "clientKeys": .integer(Int64(clientKeys)),
            "values": .integer(Int64(move.values)),
        ]
    }
}
