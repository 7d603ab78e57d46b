import Detection
import Foundation
import JSON
import Ledger
import MerkleLog
import TestStores
import Testing
import WallTime

@testable import Monitoring

/// What was done about an agent, proved to somebody who has a folder and a public key.
@Suite struct EvidenceTests {
    /// A mask with its alert, from the proposal to its undoing, among other cases; written as a folder.
    private func evidence(_ engine: Engine, _ body: (Watched, String, [StoredEvent]) async throws -> Void) async throws
    {
        let watched = try Watched(engine)
        let follower = try watched.follower()
        var state = try await follower.restore()
        try await watched.read(0, agent: "snoop", grade: "contradicted")
        while try await follower.step(&state) {}
        let raised = try JSONValue(parsing: try #require(try await watched.events(.detectionAlertRaised).first))
        let desk = try ContainmentDesk(
            ledger: watched.ledger,
            policy: ContainmentPolicy(enabled: [.maskOnly], approvals: [.maskOnly: 1]),
            clock: watched.clock,
            producer: "test"
        )
        // Other cases at the same moments.
        for (id, agent) in [("c1", "snoop"), ("c2", "other"), ("c3", "third")] {
            let proposal = ContainmentProposal(
                id: id,
                step: .maskOnly,
                target: ContainmentTarget(id: agent),
                reason: "a test",
                alerts: id == "c1" ? [raised["alertId"]?.string ?? ""] : []
            )
            _ = try await desk.command(.propose(proposal), by: "ann")
        }
        for id in ["c1", "c2", "c3"] { _ = try await desk.command(.approve(caseID: id), by: "bob") }
        while try await desk.work([.gateway]) {}
        _ = try await desk.command(.undo(caseID: "c1", reason: "a drill"), by: "ann")
        while try await desk.work([.gateway]) {}
        let folder = NSTemporaryDirectory() + "evidence-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let entries = try await desk.evidence(of: "c1")
        try await ReceiptFolder.write(entries, of: watched.ledger, to: folder)
        try await body(watched, folder, entries)
        await #expect(throws: ContainmentError.unknownCase("none")) { try await desk.evidence(of: "none") }
    }

    @Test(arguments: Engine.allCases)
    func theWholeStoryIsProvedWithNothingButTheKey(engine: Engine) async throws {
        try await evidence(engine) { watched, folder, entries in
            let proved = try ReceiptFolder.verify(folder, by: watched.ledger.verifier)
            #expect(proved.map(\.index) == entries.map(\.index) && proved.map(\.bytes) == entries.map(\.bytes))
            #expect(Set(proved.map(\.treeSize)).count == 1)
            let events = try proved.map { try JSONValue(parsing: $0.bytes) }
            #expect(
                events.compactMap { $0["eventType"]?.string } == [
                    "DETECTION_ALERT_RAISED", "CONTAINMENT_PROPOSED", "CONTAINMENT_APPROVED",
                    "CONTAINMENT_PRIOR_STATE_SAVED", "CONTAINMENT_PERFORMED", "CONTAINMENT_EFFECT_VERIFIED",
                    "CONTAINMENT_UNDO_REQUESTED", "CONTAINMENT_UNDO_PERFORMED", "CONTAINMENT_UNDONE",
                ]
            )
            #expect(events.dropFirst().allSatisfy { $0["containmentId"] == "c1" })
            // A gap would show.
            #expect(events.dropFirst().compactMap { $0["number"]?.int } == Array(0..<8))
            let one = folder + "/entry-\(entries[3].index).tlog-proof"
            #expect(ReceiptFolder.isOne(folder) && ReceiptFolder.isOne(one))
            #expect(try ReceiptFolder.verify(one, by: watched.ledger.verifier).map(\.index) == [entries[3].index])
            // It is not written over.
            await #expect(throws: LedgerError.self) {
                try await ReceiptFolder.write(entries, of: watched.ledger, to: folder)
            }
        }
    }

    /// What is done to the folder, and what the verifier has to say of it.
    private static let forgeries: [(name: String, forge: @Sendable (String, [StoredEvent]) throws -> Void)] = [
        (
            "a word of an entry changed",
            { folder, entries in
                let path = "\(folder)/entry-\(entries[2].index).json"
                let text = try String(contentsOfFile: path, encoding: .utf8)
                try text.replacing("bob", with: "eve").write(toFile: path, atomically: true, encoding: .utf8)
            }
        ),
        (
            "an entry under another's proof",
            { folder, entries in
                let path = "\(folder)/entry-\(entries[2].index).json"
                try FileManager.default.removeItem(atPath: path)
                try FileManager.default.copyItem(atPath: "\(folder)/entry-\(entries[1].index).json", toPath: path)
            }
        ),
        (
            "an entry without a proof",
            { folder, _ in try Data("{}".utf8).write(to: URL(fileURLWithPath: folder + "/entry-999.json")) }
        ),
        (
            "a proof without its entry",
            { folder, entries in
                try FileManager.default.removeItem(atPath: "\(folder)/entry-\(entries[2].index).json")
            }
        ),
        (
            "a hash of a proof changed",
            { folder, entries in
                let path = "\(folder)/entry-\(entries[2].index).tlog-proof"
                var lines = try String(contentsOfFile: path, encoding: .utf8).components(separatedBy: "\n")
                lines.swapAt(2, 3)
                try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
            }
        ),
    ]

    @Test func everyForgeryShows() async throws {
        for (name, forge) in Self.forgeries {
            try await evidence(.sqlite) { watched, folder, entries in
                try forge(folder, entries)
                #expect(throws: LedgerVerifier.Failure.self, "\(name)") {
                    try ReceiptFolder.verify(folder, by: watched.ledger.verifier)
                }
            }
        }
    }

    @Test func anotherKeyProvesNothing() async throws {
        try await evidence(.sqlite) { watched, folder, _ in
            let other = try NoteSigner(origin: Origin("watched.example/test"), seed: [UInt8](repeating: 6, count: 32))
            #expect(throws: LedgerVerifier.Failure.self) { try ReceiptFolder.verify(folder, by: other.verifier) }
        }
    }
}
