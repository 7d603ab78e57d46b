import ArgumentParser
import Foundation
import Ledger
import MerkleLog
import Sandbox
import Settings

/// What the demonstration shows; every step checks what it shows.
struct DemoStory {
    let desktop: Desktop
    let office: Office
    /// Somebody else, who may approve and nothing more.
    let secondOffice: Office
    let sandbox: Sandbox
    let siem: HECReceiver
    let server: MunimentServer
    let installation: Installation
    let folder: String

    var directory: SandboxDirectory { sandbox.directory }

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

    func title(_ text: String) { Output.line("\n== \(text)") }

    func show(_ answer: Desktop.Answer) {
        Output.line("  HTTP \(answer.status)  binding \(answer.binding ?? "-")  receipt \(answer.receipt ?? "-")")
        Output.line("  \(answer.body)")
    }

    func expect(_ holds: Bool, _ what: String) throws {
        guard holds else { throw CommandFailure("the demonstration expected \(what), and it did not come") }
        Output.line("  => \(what)")
    }
}
