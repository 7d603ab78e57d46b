import ArgumentParser
import Credentials
import Gateway
import JSON
import Settings
import WallTime

/// `muniment clients …`: the programs that may call.
struct ClientsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clients",
        abstract: "Create, list, rotate and revoke API clients.",
        subcommands: [Create.self, List.self, Rotate.self, Revoke.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create an API client. Its secret is shown once; only its hash is kept."
        )

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var operatorOption: OperatorOption
        @OptionGroup var format: FormatOption

        @Option(help: "What people call it.")
        var name: String

        @Option(
            name: .customLong("scope"),
            help: "What it may do: \(Scope.list). Repeatable."
        )
        var scopes: [String]

        @Option(
            name: .customLong("allow-address"),
            help: "Where it may call from: an address or a range like 192.0.2.0/24. Repeatable; anywhere when left out."
        )
        var addresses: [String] = []

        @Option(help: "When it stops working: a date or a time like 2027-01-31 or 2027-01-31T12:00:00Z.")
        var expires: String?

        @OptionGroup var safeguards: SafeguardOptions

        func run() async throws {
            let scopes = try Set(
                self.scopes.map { text in
                    guard let scope = Scope(text) else {
                        throw ValidationError(
                            "'\(text)' is no scope: use \(Scope.list)"
                        )
                    }
                    return scope
                }
            )
            let addresses = try self.addresses.map { text in
                guard let range = AddressRange(text) else {
                    throw ValidationError("'\(text)' is no address or range: write it like 192.0.2.7 or 192.0.2.0/24")
                }
                return range
            }
            let expires = try self.expires.map { try Moment.parse($0) }
            let changes = try safeguards.changes()
            let installation = try configurationOption.load()
            for scope in scopes {
                if case .read(let route) = scope, route != "*",
                    !installation.configuration.gateway.routes.contains(where: { $0.name == route })
                {
                    throw ValidationError("there is no route '\(route)', so the scope \(scope) would allow nothing")
                }
            }
            let issued = try await installation.withLedger { ledger in
                try await installation.registry(ledger, producer: "cli").create(
                    name: name,
                    scopes: scopes,
                    addresses: addresses,
                    expires: expires,
                    signing: changes.signing,
                    requiresSignature: changes.requiresSignature ?? false,
                    certificates: changes.certificates ?? [],
                    actor: operatorOption.name
                )
            }
            show(issued, format.format)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the API clients, revoked ones too.")

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var format: FormatOption

        func run() async throws {
            let installation = try configurationOption.load()
            let clients = try await installation.withLedger {
                try await installation.registry($0, producer: "cli").all()
            }
            let now = installation.clock.now()
            func state(_ client: APIClient) -> String {
                if let revoked = client.revoked { return "revoked \(revoked)" }
                if let expires = client.expires { return expires <= now ? "expired \(expires)" : "until \(expires)" }
                return "active"
            }
            if format.format == .json {
                return Output.json(
                    .array(
                        clients.map { client in
                            .object([
                                "clientId": .string(client.id), "name": .string(client.name),
                                "scopes": .array(
                                    client.scopes.map { .string($0.description) }.sorted { "\($0)" < "\($1)" }
                                ),
                                "allowedAddresses": .array(client.addresses.map { .string($0.description) }),
                                "created": .string(client.created.description),
                                "expires": client.expires.map { .string($0.description) } ?? .null,
                                "revoked": client.revoked.map { .string($0.description) } ?? .null,
                                "signatureRequired": .bool(client.safeguards?.requiresSignature ?? false),
                                "signing": .array(SafeguardOptions.keys(client, at: now).map { .string($0) }),
                                "certificates": .array(
                                    (client.safeguards?.certificates ?? []).map { .string($0.description) }
                                ),
                            ])
                        }
                    )
                )
            }
            Output.table(
                ["client", "name", "scopes", "from", "besides its secret", "state"],
                clients.map {
                    [
                        $0.id, $0.name, $0.scopes.map(\.description).sorted().joined(separator: " "),
                        $0.addresses.isEmpty ? "anywhere" : $0.addresses.map(\.description).joined(separator: " "),
                        SafeguardOptions.summary($0, at: now), state($0),
                    ]
                }
            )
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a client a new secret; the old one works for a while longer.",
            discussion: "With options for signing or certificates only what they name is changed, and the secret stays."
        )

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var operatorOption: OperatorOption
        @OptionGroup var format: FormatOption

        @Argument(help: "The client's id.")
        var client: String

        @Option(help: "How long the old secret works, in seconds; 0 ends it at once.")
        var overlapSeconds: Int64 = 86_400

        @OptionGroup var safeguards: SafeguardOptions

        func run() async throws {
            let changes = try safeguards.changes()
            let installation = try configurationOption.load()
            let issued = try await installation.withLedger {
                try await installation.registry($0, producer: "cli").rotate(
                    client,
                    overlapSeconds: overlapSeconds,
                    changes: changes,
                    actor: operatorOption.name
                )
            }
            show(issued, format.format)
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a client at once.")

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var operatorOption: OperatorOption

        @Argument(help: "The client's id.")
        var client: String

        @Option(help: "Why, for the record.")
        var reason: String?

        func run() async throws {
            let installation = try configurationOption.load()
            try await installation.withLedger {
                try await installation.registry($0, producer: "cli").revoke(
                    client,
                    reason: reason,
                    actor: operatorOption.name
                )
            }
            Output.line("\(client) is revoked; running servers refuse it within a second")
        }
    }

    fileprivate static func show(_ issued: IssuedSecret, _ format: OutputFormat) {
        let id = issued.client.id
        if format == .json {
            var shown: [String: JSONValue] = ["clientId": .string(id)]
            if let secret = issued.newSecret {
                shown["secret"] = .string(secret)
                shown["bearer"] = .string("\(id).\(secret)")
            }
            if let secret = issued.signingSecret { shown["signingSecret"] = .string(secret) }
            return Output.json(.object(shown))
        }
        Output.line("client id       \(id)")
        if let secret = issued.newSecret {
            Output.line("secret          \(secret)")
            Output.line("bearer          \(id).\(secret)")
        }
        if let secret = issued.signingSecret { Output.line("signing secret  \(secret)") }
        if issued.newSecret != nil {
            Output.note(
                "The secret is shown once and not kept. Send it as Basic credentials, or the bearer line as a bearer token."
            )
        }
        if issued.signingSecret != nil {
            Output.note(
                "The signing secret is base64, shown once, and kept sealed. keyid is the client id: docs/api.md."
            )
        }
    }
}

private func show(_ issued: IssuedSecret, _ format: OutputFormat) { ClientsCommand.show(issued, format) }

/// Dates and times on the command line.
enum Moment {
    static func parse(_ text: String) throws -> Timestamp {
        guard let moment = Timestamp(text) else {
            throw ValidationError("'\(text)' is no date or time: write it like 2026-05-14 or 2026-05-14T09:30:00Z")
        }
        return moment
    }
}
