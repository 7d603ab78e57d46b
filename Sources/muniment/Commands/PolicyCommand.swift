import AccessPolicy
import ArgumentParser
import Gateway
import JSON
import Settings

/// `muniment policy …`.
struct PolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Look into the access policy.",
        subcommands: [Explain.self]
    )

    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what a read would release, and why each field is released or not."
        )

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var format: FormatOption

        @Option(help: "The route.")
        var route: String

        @Option(help: "The stated purpose; the route's default when left out.")
        var purpose: String?

        @Option(
            help: "How well the read is tied to an interaction: verified, partial, claimed, contradicted, unverifiable."
        )
        var binding = "verified"

        @Option(help: "The agent's id, for roles that list agents.")
        var agent = ""

        @Option(name: .customLong("genesys-role"), help: "A platform role that the agent holds. Repeatable.")
        var genesysRoles: [String] = []

        func run() async throws {
            let gateway = try configurationOption.load().configuration.gateway
            guard let route = gateway.routes.first(where: { $0.name == route }) else {
                throw ValidationError(
                    "there is no route '\(self.route)'; known: \(gateway.routes.map(\.name).joined(separator: ", "))"
                )
            }
            guard let grade = BindingGrade(rawValue: binding) else {
                throw ValidationError(
                    "'\(binding)' is no grade; known: \(BindingGrade.allCases.map(\.rawValue).joined(separator: ", "))"
                )
            }
            guard let purpose = purpose ?? route.defaultPurpose, route.purposes.contains(purpose) else {
                throw ValidationError("name one of the route's purposes: \(route.purposes.joined(separator: ", "))")
            }
            let policy = CompiledPolicy(gateway.policy)
            let roles = policy.roles(forAgent: agent.lowercased(), platformRoles: genesysRoles)
            let request = AccessRequest(
                roles: roles,
                route: route.name,
                purpose: purpose,
                binding: grade,
                fields: route.descriptors
            )
            if format.format == .table { return Output.line(policy.explain(request).description) }
            let decision = policy.decide(request)
            Output.json(
                .object([
                    "roles": .array(roles.sorted().map { .string($0) }),
                    "refused": decision.refused.map { .string($0.description) } ?? .null,
                    "matchedRules": .array(decision.matchedRules.map { .string($0) }),
                    "fields": .array(
                        decision.fields.map { field in
                            let effect: String =
                                switch field.effect {
                                case .allow: "allow"
                                case .mask(let mask): "mask(\(mask ?? "default"))"
                                case .withhold: "withhold"
                                }
                            return .object([
                                "path": .string(field.path), "category": .string(field.category),
                                "effect": .string(effect),
                                "decidedBy": field.decidedBy.map { .string($0) } ?? .null,
                            ])
                        }
                    ),
                ])
            )
        }
    }
}
