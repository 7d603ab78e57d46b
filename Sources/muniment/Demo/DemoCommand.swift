import ArgumentParser
import AsyncHTTPClient
import Credentials
import Foundation
import JSON
import Ledger
import Logging
import MerkleLog
import NIOCore
import NIOHTTP1
import Sandbox
import Server
import Settings
import Storage

/// `muniment demo`: the main job, with real requests, against the built-in sandbox.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Show the main job end to end against the built-in sandbox."
    )

    @Option(help: "The folder to work in; made anew. Kept afterwards, with an exported ledger in 'export'.")
    var folder: String?

    func run() async throws {
        let folder = folder ?? NSTemporaryDirectory() + "muniment-demo-\(UUID().uuidString.prefix(8))"
        let sandbox = Sandbox(SandboxConfiguration())
        try await sandbox.start()
        let siem = HECReceiver()
        try await siem.start()
        var template = ConfigurationTemplate(origin: "demo.muniment.example/ledger")
        template.dataAddress = "127.0.0.1:0"
        template.controlAddress = "127.0.0.1:0"
        template.platformURL = await sandbox.platformURL ?? ""
        template.crmURL = await sandbox.crmURL ?? ""
        try InitCommand.setUp(
            folder: folder,
            template: template,
            sandbox: SandboxConfiguration(),
            operatorName: "demo"
        )
        try addFollowers(siem, folder: folder)
        var option = ConfigurationOption()
        option.path = folder + "/muniment.yaml"
        let installation = try option.load()
        var logger = Logger(label: "muniment") { JSONLogHandler(label: $0) }
        logger.logLevel = .error
        let server = try await MunimentServer(installation, logger: logger)
        let issued = try await server.registry.create(
            name: "agent desktop",
            scopes: [.read(route: "customer-profile")],
            addresses: [],
            expires: nil,
            actor: "demo"
        )
        let officer = try await server.registry.create(
            name: "officer",
            scopes: [
                .audit, .ledger, .sinks, .alerts, .respond, .respondApprove, .identity, .identityApprove, .forget,
                .redact,
            ],
            addresses: [],
            expires: nil,
            actor: "demo"
        )
        let second = try await server.registry.create(
            name: "second officer",
            scopes: [.respondApprove, .identityApprove],
            addresses: [],
            expires: nil,
            actor: "demo"
        )
        server.directory.replace(with: try await server.registry.all())
        let (ports, portsContinuation) = AsyncStream<(Int, Int)>.makeStream()
        let (ends, endsContinuation) = AsyncStream<Void>.makeStream()
        let running = Task {
            try await server.run(
                ready: { portsContinuation.yield(($0, $1)) },
                until: { for await _ in ends { return } }
            )
        }
        var bound = (0, 0)
        for await ports in ports {
            bound = ports
            break
        }
        let story = DemoStory(
            desktop: Desktop(url: "http://127.0.0.1:\(bound.0)", bearer: "\(issued.client.id).\(issued.secret)"),
            office: Office(url: "http://127.0.0.1:\(bound.1)", bearer: "\(officer.client.id).\(officer.secret)"),
            secondOffice: Office(url: "http://127.0.0.1:\(bound.1)", bearer: "\(second.client.id).\(second.secret)"),
            sandbox: sandbox,
            siem: siem,
            server: server,
            installation: installation,
            folder: folder
        )
        let outcome: Result<String, any Error>
        do {
            let snoopReceipt = try await story.tell()
            try await story.tellOfFollowers()
            try await story.tellOfContainment()
            try await story.tellOfIdentity()
            outcome = .success(snoopReceipt)
        } catch {
            outcome = .failure(error)
        }
        endsContinuation.yield()
        try await running.value
        await sandbox.stop()
        await siem.stop()
        try await story.check(snoopReceipt: try outcome.get())
        Output.line("")
        Output.line(
            "Everything is in \(folder): 'muniment who-saw --config \(folder)/muniment.yaml --customer \(sandbox.directory.customer)'"
        )
    }

    /// Tells the configuration of the pretend SIEM, that reads are compared with what the platform says of executions and
    /// conversations, that fraud specialists may look without a call, and that agents may be contained.
    private func addFollowers(_ siem: HECReceiver, folder: String) throws {
        try KeyFile.write(HECReceiver.Configuration().token, to: folder + "/keys/siem-token")
        let path = folder + "/muniment.yaml"
        let feeds = """
              feeds:
                executions: {interval: 1s, step: 5m, settle: 0s}
                conversations: {interval: 1s, settle: 0s}
              binding:

            """
        let rule = """
              rules:
                - id: fraud-sees-whom-it-looks-for
                  effect: allow
                  roles: [fraud]
                  purposes: [fraud-investigation]
                  bindings: [contradicted]
                  categories: [name, identifier]

            """
        let more = """

            sinks:
              siem: {kind: splunk, url: "\(siem.url ?? "")", token: {file: keys/siem-token}, start: beginning, manifests: false}
            detection:
              requiredFeeds: [conversations]
              containment: {steps: [mask_only, block, delete_tokens]}

            """
        let text = try String(contentsOfFile: path, encoding: .utf8)
            .replacing("  binding:\n", with: feeds).replacing("  rules:\n", with: rule)
        try (text + more).write(toFile: path, atomically: true, encoding: .utf8)
    }
}
