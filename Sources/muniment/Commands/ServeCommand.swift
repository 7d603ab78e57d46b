import ArgumentParser
import Foundation
import Logging
import Server
import Settings

/// `muniment serve`: both planes in one process.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve audited reads and the control plane until interrupted."
    )

    @OptionGroup var configurationOption: ConfigurationOption

    @Option(help: "A file to write both ports to, as JSON, once requests are served. For scripts and port 0.")
    var portsFile: String?

    func run() async throws {
        let interruption = await Interruption()
        let installation = try configurationOption.load()
        var logger = Logger(label: "muniment") { JSONLogHandler(label: $0) }
        logger.logLevel = Logger.Level(rawValue: installation.configuration.logLevel) ?? .info
        let server = try await MunimentServer(installation, logger: logger)
        try await server.run(
            ready: { dataPort, controlPort in
                guard let portsFile else { return }
                let text = "{\"data\":\(dataPort),\"control\":\(controlPort)}\n"
                // Moved into place, so that whoever waits for it never reads half of it.
                let temporary = portsFile + ".new"
                _ = FileManager.default.createFile(atPath: temporary, contents: Data(text.utf8))
                rename(temporary, portsFile)
            },
            until: { await interruption.wait() }
        )
    }
}
