import ArgumentParser
import Detection
import Foundation
import JSON
import Ledger
import MerkleLog
import Monitoring
import Settings
import WallTime

/// `muniment rules backtest`: what rules would have said of the past.
struct BacktestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backtest",
        abstract: "Run rules over the record, and list the alerts that they would have raised.",
        discussion: """
            Reads only, also while a server runs. It always reads from the first entry, since windows and baselines rest on what \
            came before --from.
            """
    )

    @OptionGroup var configurationOption: ConfigurationOption
    @OptionGroup var format: FormatOption

    @Option(help: "Only alerts from then on: a day such as 2026-11-01 (UTC), or a moment such as 2026-11-01T08:00:00Z.")
    var from: String?

    @Option(help: "Only alerts up to then; a day means its end.")
    var to: String?

    @OptionGroup var tried: TriedRules

    @Option(help: "Alerts that are listed at the most; all are counted.")
    var limit = 1000

    func run() async throws {
        let start = try from.map { try Self.moment($0, "--from", endOfDay: false) }
        let end = try to.map { try Self.moment($0, "--to", endOfDay: true) }
        if let start, let end, end < start { throw ValidationError("--to lies before --from: change them over") }
        let installation = try configurationOption.load()
        let settings = installation.detection()
        let source = try StoreSource(at: installation.configuration.ledger)
        let head = try SignedHead(checkpoint: try source.checkpoint(), verifier: installation.signer.verifier)
        let backtest = Backtest(
            rules: try tried.beside(settings.rules).pack,
            configuration: settings.configuration,
            from: start,
            to: end
        )
        let bar = ProgressBar("reading")
        var told: [DetectionEvent] = []
        let report: Backtest.Report
        do {
            report = try backtest.run(
                source,
                size: head.size,
                told: { if told.count < limit { told.append($0) } },
                progress: { bar.update($0, $1) }
            )
        } catch {
            bar.finish()
            throw error
        }
        bar.finish()
        show(report, told)
    }

    private func show(_ report: Backtest.Report, _ told: [DetectionEvent]) {
        if format.format == .json { return Output.json(.object(report.json(told))) }
        let counts = report.counts.sorted { ($0.value.code, $0.key) < ($1.value.code, $1.key) }
        Output.table(
            ["code", "rule", "would have raised", "cleared by itself", "recorded"],
            counts.filter { $0.value.raised + $0.value.recorded > 0 }.map { name, count in
                [count.code, name, "\(count.raised)", "\(count.cleared)", "\(count.recorded)"]
            }
        )
        Output.line()
        Output.table(
            ["when", "alert", "what"],
            told.map { event in
                [
                    event.timestamp.description, event.fields["alertId"]?.string ?? "",
                    event.fields["sentence"]?.string ?? "",
                ]
            }
        )
        let raised = counts.reduce(0) { $0 + $1.value.raised }
        if raised > told.count {
            Output.note("\(raised - told.count) more alerts are counted and not listed: see --limit")
        }
        Output.note("\(report.entries) entries read; nothing was written")
    }

    private static func moment(_ text: String, _ option: String, endOfDay: Bool) throws -> Timestamp {
        if let moment = Timestamp(text) { return moment }
        if let day = Timestamp(text + "T00:00:00Z") {
            return endOfDay ? Timestamp(milliseconds: day.milliseconds + 86_399_999) : day
        }
        throw ValidationError("\(option) is a day such as 2026-11-01, or a moment such as 2026-11-01T08:00:00Z")
    }
}
