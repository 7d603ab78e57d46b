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
import Synchronization

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
        server.directory.replace(with: try await server.registry.all())
        let (ports, portsContinuation) = AsyncStream<Int>.makeStream()
        let (ends, endsContinuation) = AsyncStream<Void>.makeStream()
        let running = Task {
            try await server.run(
                ready: { dataPort, _ in portsContinuation.yield(dataPort) },
                until: { for await _ in ends { return } }
            )
        }
        var port = 0
        for await bound in ports {
            port = bound
            break
        }
        let story = DemoStory(
            desktop: Desktop(url: "http://127.0.0.1:\(port)", bearer: "\(issued.client.id).\(issued.secret)"),
            sandbox: sandbox,
            server: server,
            installation: installation,
            folder: folder
        )
        let outcome: Result<String, any Error>
        do {
            outcome = .success(try await story.tell())
        } catch {
            outcome = .failure(error)
        }
        endsContinuation.yield()
        try await running.value
        await sandbox.stop()
        try await story.check(snoopReceipt: try outcome.get())
        Output.line("")
        Output.line(
            "Everything is in \(folder): 'muniment who-saw --config \(folder)/muniment.yaml --customer \(sandbox.directory.customer)'"
        )
    }
}

/// The agent desktop of the demonstration: it sends what a Genesys Data Action would send.
private struct Desktop {
    let url: String
    let bearer: String

    struct Answer {
        let status: UInt
        let receipt: String?
        let binding: String?
        let body: String
    }

    func read(customer: String, agent: String, interaction: String, purpose: String? = nil) async throws -> Answer {
        var request = HTTPClientRequest(url: url + "/api/v1/read/customer-profile")
        request.method = .POST
        request.headers.add(name: "Authorization", value: "Bearer \(bearer)")
        request.headers.add(name: "Content-Type", value: "application/json")
        var members: [String: JSONValue] = [
            "customerId": .string(customer), "agentId": .string(agent), "interactionId": .string(interaction),
        ]
        if let purpose { members["purpose"] = .string(purpose) }
        request.body = .bytes(ByteBuffer(bytes: try JSONValue.object(members).canonicalBytes()))
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
        let body = try await response.body.collect(upTo: 1 << 20)
        return Answer(
            status: response.status.code,
            receipt: response.headers.first(name: "Muniment-Receipt"),
            binding: response.headers.first(name: "Muniment-Binding"),
            body: String(buffer: body)
        )
    }
}

/// What the demonstration shows; every step checks what it shows.
private struct DemoStory {
    let desktop: Desktop
    let sandbox: Sandbox
    let server: MunimentServer
    let installation: Installation
    let folder: String

    private var directory: SandboxDirectory { sandbox.directory }

    /// - Returns: the entry of the refused attempt.
    func tell() async throws -> String {
        title("An agent on a live call reads the caller's record")
        let first = try await desktop.read(
            customer: directory.customer,
            agent: directory.agentWithLiveCall,
            interaction: directory.liveConversation
        )
        show(first)
        try expect(first.status == 200 && first.binding == "verified", "a verified read")

        title("Another agent, who is not on that call, tries the same")
        let snoop = try await desktop.read(
            customer: directory.customer,
            agent: directory.otherAgent,
            interaction: directory.liveConversation
        )
        show(snoop)
        try expect(snoop.status == 403 && snoop.body.contains("binding-contradicted"), "a contradicted read refused")

        title(
            "The call is transferred, and the second agent reads the same record: a second event, never a cached answer"
        )
        try sandbox.transfer(directory.liveConversation, to: directory.otherAgent)
        // The platform is asked again once the facts at hand are a second old.
        try await Task.sleep(for: .seconds(1))
        let transferred = try await desktop.read(
            customer: directory.customer,
            agent: directory.otherAgent,
            interaction: directory.liveConversation
        )
        show(transferred)
        try expect(
            transferred.status == 200 && transferred.binding == "verified" && transferred.receipt != first.receipt,
            "a second event"
        )

        title("Who saw customer \(directory.customer)?")
        let option = try WhoSawCommand.parse([
            "--config", folder + "/muniment.yaml", "--customer", directory.customer, "--include-refused",
        ])
        try await option.run()
        guard let receipt = snoop.receipt else { throw CommandFailure("the refused attempt has no receipt") }
        return receipt
    }

    /// After the server has stopped: verification by somebody who has nothing but the files and the public key.
    /// - Parameter snoopReceipt: the entry of the refused attempt.
    func check(snoopReceipt: String) async throws {
        title("Export, and verify offline with the public key alone")
        let export = folder + "/export"
        _ = try LedgerFolder.export(
            StoreSource(at: installation.configuration.ledger),
            verifier: installation.signer.verifier,
            to: export
        )
        let report = try verify(export)
        Output.line("  verified \(report.head.size) entries against \(installation.signer.vkey)")

        title("Somebody with write access hides who tried: one agent's id is replaced in the refused attempt")
        let copy = folder + "/tampered"
        try FileManager.default.copyItem(atPath: export, toPath: copy)
        let bundle = URL(fileURLWithPath: copy + "/" + BundleAddress(index: 0, width: Int(report.head.size)).path)
        var bytes = try Data(contentsOf: bundle)
        // Members are in order, so the agent of the refused attempt is the last one before its type.
        guard let type = bytes.firstRange(of: Data("CUSTOMER_DATA_ACCESS_REFUSED".utf8)),
            let agent = bytes[..<type.lowerBound].range(of: Data(directory.otherAgent.utf8), options: .backwards)
        else { throw CommandFailure("the refused attempt is not in the export") }
        bytes.replaceSubrange(agent, with: Data(directory.agentWithLiveCall.utf8))
        try bytes.write(to: bundle)
        do {
            _ = try verify(copy)
            throw CommandFailure("the tampered copy verified")
        } catch {
            Output.line("  \(error)")
            let failure = error as? LedgerVerifier.Failure
            try expect(failure?.entry.map { String($0) } == snoopReceipt, "the changed entry named")
        }
    }

    private func verify(_ folder: String) throws -> LedgerVerifier.Report {
        try LedgerVerifier(source: TiledSource(folder: folder), verifier: installation.signer.verifier, workers: 2)
            .verify()
    }

    private func title(_ text: String) { Output.line("\n== \(text)") }

    private func show(_ answer: Desktop.Answer) {
        Output.line("  HTTP \(answer.status)  binding \(answer.binding ?? "-")  receipt \(answer.receipt ?? "-")")
        Output.line("  \(answer.body)")
    }

    private func expect(_ holds: Bool, _ what: String) throws {
        guard holds else { throw CommandFailure("the demonstration expected \(what), and it did not come") }
        Output.line("  => \(what)")
    }
}
