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
            let result = try await identities.merge(
                try CustomerWord.reference(first, installation.normaliser),
                try CustomerWord.reference(second, installation.normaliser),
                by: try options.decider()
            )
            result.show(options, "\(result.customer) stands for both; \(result.other) redirects to it")
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
            let result = try await identities.unmerge(
                try CustomerWord.reference(customer, installation.normaliser),
                mergeID: merge,
                keepApart: !allowAgain,
                by: try options.decider()
            )
            result.show(options, "\(result.other) is a customer of its own again, apart from \(result.customer)")
        }
    }
}

extension DecisionResult {
    fileprivate func show(_ options: IdentityOptions, _ sentence: String) {
        if options.format.format == .json { return Output.json(json) }
        Output.line("\(sentence) (merge \(mergeID)).")
        Output.line("\(touchedCount) events were recorded of either; look whether they were right:")
        Output.table(
            ["entry", "time", "event", "recorded of", "agent", "interaction"],
            touched.map { found in
                let event = found.event
                return [
                    String(found.index), event["timestamp"]?.string ?? "", event["eventType"]?.string ?? "",
                    found.customer, event["agentId"]?.string ?? "", event["interactionId"]?.string ?? "",
                ]
            }
        )
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
            let actor = try options.decider()
            if undo {
                try await identities.allowTogether(one, two, by: actor)
            } else {
                try await identities.keepApart(one, two, by: actor)
            }
            options.show(["apart": .bool(!undo)])
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
            let actor = try options.decider()
            let given = try identifiers.identifiers(installation.normaliser)
            guard !given.isEmpty else { throw ValidationError("name at least one identifier") }
            for identifier in given { try await identities.share(identifier, as: sharing, by: actor) }
            options.show(["sharing": .string(sharing.rawValue), "identifiers": .integer(Int64(given.count))])
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
            let receipt = try await identities.forget(
                try customer.reference(installation.normaliser),
                requestID: request,
                by: try options.decider()
            )
            options.show([
                "receipt": .integer(Int64(receipt.entry)), "customers": .array(receipt.customers.map { .string($0) }),
                "keysDestroyed": .integer(Int64(receipt.keys)),
                "identifiersErased": .integer(Int64(receipt.identifiers)),
                "sharedIdentifiersKept": .integer(Int64(receipt.kept)),
                "tombstones": .integer(Int64(receipt.tombstones)), "remains": .string(receipt.remains),
            ])
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
