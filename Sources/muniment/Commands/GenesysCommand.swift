import ArgumentParser
import Foundation
import Gateway
import Genesys
import Redaction
import Settings

/// `muniment genesys …`: what the contact centre needs to call us.
struct GenesysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "genesys",
        abstract: "Wire a Genesys Cloud organisation to Muniment.",
        subcommands: [ExportAction.self]
    )

    struct ExportAction: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "export-action",
            abstract: "Write an importable Web Services Data Action for a route, and the script variables to wire."
        )

        @OptionGroup var configurationOption: ConfigurationOption

        @Argument(help: "The route.")
        var route: String

        @Option(help: "How Genesys Cloud reaches the data plane, such as https://muniment.example.com.")
        var url: String

        @Option(help: "The file to write; standard output when left out.")
        var output: String?

        @Option(help: "The field of the integration's user-defined credentials that holds the bearer token.")
        var credentialField = "munimentToken"

        func run() async throws {
            let gateway = try configurationOption.load().configuration.gateway
            guard let route = gateway.routes.first(where: { $0.name == route }) else {
                throw ValidationError(
                    "there is no route '\(self.route)'; known: \(gateway.routes.map(\.name).joined(separator: ", "))"
                )
            }
            let base = url.hasSuffix("/") ? String(url.dropLast()) : url
            // The platform must wait longer than the read may take, or agents see errors for reads that were released.
            let seconds = min(60, route.budgetMilliseconds / 1000 + 2)
            let action: DataAction
            do {
                action = try DataAction(
                    name: "Muniment \(route.name)",
                    url: "\(base)/api/v1/read/\(route.name)",
                    outputs: route.fields.map {
                        DataAction.Output(
                            name: Self.name($0.path),
                            jsonPath: "$." + $0.name.replacing("[]", with: "[*]"),
                            type: .string
                        )
                    },
                    timeoutSeconds: seconds,
                    credentialField: credentialField
                )
            } catch {
                throw CommandFailure("\(error)")
            }
            let document = try action.document()
            if let output {
                try Data(document).write(to: URL(fileURLWithPath: output))
                Output.note("Wrote \(output). Import it in Admin > Integrations > Actions, then publish it.")
            } else {
                Output.line(String(decoding: document, as: UTF8.self))
            }
            Output.note("Script variables to wire:")
            for variable in DataAction.scriptVariables {
                Output.note("  \(variable.input) = \(variable.variable)  (\(variable.note))")
            }
            Output.note(
                "Put the client's bearer token into the credential field '\(credentialField)' of the integration (user-defined credentials)."
            )
        }

        /// `address.postcode` becomes `address_postcode`: outputs of an action are flat.
        private static func name(_ path: JSONPath) -> String {
            var name = ""
            for character in path.description {
                if character.isASCII, character.isLetter || character.isNumber {
                    name.append(character)
                } else if name.last != "_" {
                    name.append("_")
                }
            }
            return String(name.drop { $0 == "_" || $0.isNumber })
        }
    }
}
