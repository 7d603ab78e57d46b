import ArgumentParser
import Identity
import JSON

struct IdentityMergeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge",
        abstract: "Make two customers one, by your decision. The older id stands for both."
    )

    @OptionGroup var options: IdentityOptions

    @Argument(help: "A customer: a global customer id, or kind:value such as phone:+4930901820.")
    var first: String

    @Argument(help: "The other customer.")
    var second: String

    func run() async throws {
        try await options.run { installation, identities in
            let one = try CustomerWord.reference(first, installation.normaliser)
            let two = try CustomerWord.reference(second, installation.normaliser)
            try await options.decide(.merge(one, two), identities)
        }
    }
}

struct IdentityUnmergeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unmerge",
        abstract: "Take back one merge, exactly; the newest in force when none is named."
    )

    @OptionGroup var options: IdentityOptions

    @Argument(help: "The customer: a global customer id, or kind:value.")
    var customer: String

    @Option(help: "The merge, as 'identity explain' numbers it.")
    var merge: Int64?

    @Flag(help: "Let rules make them one again.")
    var allowAgain = false

    func run() async throws {
        try await options.run { installation, identities in
            let customer = try CustomerWord.reference(customer, installation.normaliser)
            try await options.decide(.unmerge(customer, merge: merge, keepApart: !allowAgain), identities)
        }
    }
}

struct IdentityApartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apart",
        abstract: "Decide that two customers are two, whatever is found; --undo takes that back."
    )

    @OptionGroup var options: IdentityOptions

    @Argument(help: "A customer: a global customer id, or kind:value.")
    var first: String

    @Argument(help: "The other customer.")
    var second: String

    @Flag(help: "Take the decision back.")
    var undo = false

    func run() async throws {
        try await options.run { installation, identities in
            let one = try CustomerWord.reference(first, installation.normaliser)
            let two = try CustomerWord.reference(second, installation.normaliser)
            try await options.decide(undo ? .together(one, two) : .apart(one, two), identities)
        }
    }
}

struct IdentityShareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "share",
        abstract: "Say how many people use an identifier. A shared one never makes two people one."
    )

    @OptionGroup var options: IdentityOptions
    @OptionGroup var identifiers: IdentifierOptions

    @Option(help: "personal, household, joint, company or hub.")
    var sharing: Sharing

    func run() async throws {
        try await options.run { installation, identities in
            let given = try identifiers.identifiers(installation.normaliser)
            guard !given.isEmpty else { throw ValidationError("name at least one identifier") }
            for identifier in given { try await options.decide(.share(identifier, sharing), identities) }
        }
    }
}

struct IdentityForgetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract: "Destroy a customer's keys and identifiers. The ledger still verifies, and names nobody any more."
    )

    @OptionGroup var options: IdentityOptions
    @OptionGroup var customer: CustomerOptions

    @Option(help: "The privacy request that asked for it.")
    var request: String?

    @Flag(help: "Do it. Nothing brings it back.")
    var yes = false

    func run() async throws {
        guard yes else { throw ValidationError("this cannot be undone: say --yes") }
        try await options.run { installation, identities in
            let reference = try customer.reference(installation.normaliser)
            guard try await options.decide(.forget(reference, request: request), identities) else { return }
            Output.note("Copies made before still hold the keys: let backups expire, or forget again after a restore.")
        }
    }
}

struct IdentityScrubCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scrub",
        abstract: "Take what was forgotten out of the store's files, where a forgetting could not do it at once."
    )

    @OptionGroup var options: IdentityOptions

    func run() async throws {
        try await options.run { _, identities in
            let remains = await identities.scrub()
            options.show(["remains": .string(remains)])
        }
    }
}
