import DeliveryWire
import Foundation
import JSON
import Ledger
import NIOHTTP1
import Synchronization
import TestStores
import Testing

@testable import Delivery

@Suite("What destinations say", .timeLimit(.minutes(5))) struct DestinationWordsTests {
    private static let event = Array(
        #"{"event":{"customerId":"c-4711-0815","agentId":"agent-77","note":"Erika Mustermann wants Überweisung"},"index":7}"#
            .utf8
    )

    /// A receiver that repeats what it was sent, whole or in part, as it came or as JSON in JSON.
    @Test(arguments: [
        String(decoding: event, as: UTF8.self), #"{"error":"no","got":"{\"note\":\"Erika Mustermann wants\"}"}"#,
        "bad note Erika Mustermann", "ERIKA  MUSTERMANN", "customer 'c-4711-0815x' unknown: c47110815agent",
        "&quot;note&quot;: Mustermann wants Überweisung",
    ]) func wordsThatRepeatWhatWasSentAreNotKept(words: String) {
        #expect(DestinationWords(words, sent: [[1, 2], Self.event]) == nil)
        let reply = SinkHTTP.Reply(status: 400, headers: [:], body: Array(words.utf8))
        #expect(reply.detail(hiding: [], sent: [Self.event])?.description == "status 400")
    }

    @Test(arguments: [
        "field customerId is not allowed", "timestamp: invalid", "quota exceeded", "", "Zugriff für agentId verweigert",
    ])
    func otherWordsAre(words: String) {
        #expect(DestinationWords(words, sent: [Self.event])?.description == words)
    }

    @Test func theyAreBoundedMaskedOnOneLineAndWithoutSecrets() throws {
        let words =
            "line\r\none\u{0}, token s3cr3t of erika.mustermann@example.com, " + String(repeating: "long ", count: 900)
        let kept = try #require(DestinationWords(words, hiding: ["s3cr3t", ""], sent: [])).description
        #expect(kept.count == DestinationWords.longest && kept.hasPrefix("line"))
        #expect(!kept.contains("s3cr3t") && !kept.contains("erika.mustermann") && !kept.contains(where: \.isNewline))
    }

    /// A run of any place of what was sent is found, and one that is too short is not: tried against a plain search.
    @Test(arguments: 0..<8 as Range<UInt64>) func everyRunIsFound(seed: UInt64) {
        var random = SeededGenerator(seed)
        let letters = Array("abcdefghij0123456789".utf8)
        let sent = (0..<400).map { _ in letters.randomElement(using: &random) ?? 0 }
        for _ in 0..<100 {
            let count = Int.random(in: 1...30, using: &random)
            let first = Int.random(in: 0...sent.count - count, using: &random)
            let piece = String(decoding: sent[first..<first + count], as: UTF8.self)
            #expect((DestinationWords("<\(piece)>", sent: [sent]) == nil) == (count >= DestinationWords.run))
        }
    }

    // MARK: In a lane

    /// A destination that first refuses with words, then takes everything: the words are for the operator while it refuses, they are
    /// never in the ledger, and nothing is left of them once it takes something.
    @Test(arguments: Engine.allCases) func aFailureEndsWithTheNextConfirmation(engine: Engine) async throws {
        let (ledger, state, control) = try makeLedger(engine)
        try await ledger.append(20)
        let words = DestinationWords("down for repair", sent: [])
        let sink = ScriptedSink(answer: { _, _ in SinkReply(Verdict(.retry, reason: "busy"), detail: words) })
        let lane = RunningLane(sink, ledger, state)
        try await eventually { (try? await control.sink("siem").lastFailure) != nil }
        let failure = try #require(try await control.sink("siem").lastFailure)
        #expect(failure.reason == "busy" && failure.detail == "down for repair")
        sink.change { indexes, store in
            store(indexes)
            return .ok
        }
        try await control.drained()
        #expect(try await control.sink("siem").lastFailure == nil)
        // Refused for good: the dead letter has the words, and the redrive ends them.
        sink.change { _, _ in SinkReply(Verdict(.poison, reason: "refused"), detail: words) }
        try await ledger.append(1)
        try await eventually { try await control.conservation("siem").dead > 0 }
        #expect(try await control.deadLetters("siem").first?.detail == "down for repair")
        sink.change { _, _ in SinkReply(Verdict(.auth, reason: "no more"), detail: words) }
        try await ledger.append(1)
        try await eventually { try await control.sink("siem").state.description == "stopped" }
        await lane.end()
        #expect(try await control.sink("siem").state.reason == "no more: down for repair")
        try await control.redrive("siem", .all, actor: "op")
        #expect(try await control.sink("siem").lastFailure == nil)
        let record = (0..<ledger.size).map { ledger.text(at: $0) }
        #expect(record.contains { $0.contains("SINK_STOPPED") && $0.contains("no more") })
        #expect(record.contains { $0.contains("DEAD_LETTER_RECORDED") })
        #expect(!record.contains { $0.contains("repair") })
    }
}
