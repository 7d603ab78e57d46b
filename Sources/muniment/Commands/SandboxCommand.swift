import ArgumentParser
import Foundation
import Sandbox

/// `muniment sandbox`: a pretend contact centre to try everything against.
struct SandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "Run a pretend Genesys Cloud and CRM until interrupted.",
        discussion: "The same seed gives the same people, calls and records. GET /sandbox/directory names them."
    )

    @Option(help: "All people, ids and records follow from this number.")
    var seed: UInt64 = 1

    @Option(help: "The port of the pretend Genesys Cloud.")
    var platformPort = 9081

    @Option(help: "The port of the pretend CRM.")
    var crmPort = 9082

    func run() async throws {
        let interruption = await Interruption()
        var settings = SandboxConfiguration()
        settings.seed = seed
        settings.platformPort = platformPort
        settings.crmPort = crmPort
        let sandbox = Sandbox(settings)
        try await sandbox.start()
        let directory = sandbox.directory
        Output.line("Genesys Cloud  \(await sandbox.platformURL ?? "")")
        Output.line("CRM            \(await sandbox.crmURL ?? "")")
        Output.line("An agent \(directory.agentWithLiveCall) is on the live call \(directory.liveConversation)")
        Output.line("with customer \(directory.customer). Everything else: GET /sandbox/directory")
        await interruption.wait()
        await sandbox.stop()
    }
}
