import ArgumentParser
import Delivery
import DeliveryWire
import MerkleLog
import Settings

/// `muniment sinks query`: the query that a destination proves its completeness by.
struct SinksQueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "Print the query by which a destination proves that it has everything.",
        discussion: """
            It runs at the destination, on what that holds alone: each manifest says which entries must be there, and the query names the \
            missing ones. It needs manifests, which are on unless 'manifests: false' stands at the sink.
            """
    )

    enum Language: String, CaseIterable, ExpressibleByArgument { case splunk, datadog, postgresql, kusto }

    @OptionGroup var configurationOption: ConfigurationOption
    @Argument(help: "The sink.") var sink: String
    @Option(
        help: "The query's language, for a SIEM behind a file or syslog; that of the sink's destination when left out."
    )
    var language: Language?
    @Option(help: "The index or table that holds the events; as the sink is configured when left out.") var source:
        String?

    func run() async throws {
        let installation = try configurationOption.load()
        guard let settings = installation.configuration.sinks.first(where: { $0.definition.name == sink }) else {
            throw DeliveryError.unknownSink(sink)
        }
        guard settings.definition.manifests != nil else {
            throw CommandFailure(
                "'\(sink)' sends no manifests, so its destination cannot know what it should have: take 'manifests: false' out"
            )
        }
        let (own, place) = Self.query(settings.destination)
        guard let query = language.map(\.query) ?? own else {
            throw CommandFailure(
                "a destination of the kind '\(settings.definition.kind)' has no query language of its own: name what reads it with --language, or "
                    + "use 'muniment sinks reconcile'"
            )
        }
        guard let source = source ?? (language == nil ? place : nil) ?? query.usualSource else {
            throw ValidationError("name the index or table that holds the events with --source")
        }
        Output.line(query.text(ledger: installation.signer.origin.text, lane: sink, source: source))
    }

    private static func query(_ destination: SinkSettings.Destination) -> (CompletenessQuery?, source: String?) {
        switch destination {
        case .splunk(let splunk, _): (.splunk, splunk.origin.index)
        case .datadog: (.datadog, nil)
        case .postgres(_, let table, _): (.postgreSQL, table.text)
        case .file, .syslog, .webhook, .nats, .worm: (nil, nil)
        }
    }
}

extension SinksQueryCommand.Language {
    fileprivate var query: CompletenessQuery {
        switch self {
        case .splunk: .splunk
        case .datadog: .datadog
        case .postgresql: .postgreSQL
        case .kusto: .kusto
        }
    }
}

extension CompletenessQuery {
    /// Where events are unless somebody says otherwise.
    fileprivate var usualSource: String? {
        switch self {
        // Events that name no index go to the token's own, which any search may leave open.
        case .splunk: "*"
        case .datadog: ""
        case .postgreSQL, .kusto: nil
        }
    }
}
