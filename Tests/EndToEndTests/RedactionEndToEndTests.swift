import Foundation
import JSON
import Sandbox
import Testing

/// Redaction policies of the configuration in a running server: over the API, on the way to sinks, in its own log.
@Suite struct RedactionEndToEndTests {
    private static let settings = """

        redaction:
          policies:
            chat: {version: 2, default: label, types: {CREDIT_CARD: maskMiddle}}
            kept: {default: token}
          sinks: chat
          log: chat
        sinks:
          export: {kind: file, path: export/events.ndjson, start: beginning}
          plain: {kind: file, path: export/plain.ndjson, start: beginning, redaction: none}

        """

    private func events(_ site: Site, _ file: String, _ type: String) throws -> [JSONValue] {
        let text = try? String(contentsOfFile: site.folder + "/export/" + file, encoding: .utf8)
        return try (text ?? "").split(separator: "\n").map { try JSONValue(parsing: String($0)) }
            .filter { $0["event"]?["eventType"]?.string == type }
    }

    @Test(.timeLimit(.minutes(5))) func policiesHoldEverywhere() async throws {
        let site = try await Site()
        try FileManager.default.createDirectory(atPath: site.folder + "/export", withIntermediateDirectories: true)
        let text = try String(contentsOfFile: site.configuration, encoding: .utf8)
        try (text + Self.settings).write(toFile: site.configuration, atomically: true, encoding: .utf8)
        let checked = try await site.succeed("check-config", "--format", "json")
        #expect(try JSONValue(parsing: checked)["redaction"]?["policies"] == ["chat": 2, "kept": 1])
        let redact = try await site.client("redact")
        let reverse = try await site.client("redact.reverse")
        let reporter = try await site.client("events")
        let server = try await site.start()

        let labelled = try await server.post(
            "/api/v1/redact",
            redact,
            ["text": "4012 8888 8888 1881 or 415-555-2671", "policy": "chat"]
        )
        #expect(labelled.json?["text"] == "401288******1881 or [PHONE]")
        let kept = try await server.post(
            "/api/v1/redact",
            redact,
            ["text": "415-555-2671", "policy": "kept", "scope": "call-1"]
        )
        let token = try #require(kept.json?["text"]?.string)
        // A reason is masked before it is recorded.
        let answer = try await server.post(
            "/api/v1/redact/reverse",
            reverse,
            ["tokens": [.string(token)], "scope": "call-1", "reason": "call bob@example.com back"]
        )
        #expect(answer.json?["values"]?.array?.first?["value"] == "415-555-2671")
        // What another system reports ends up in the record as it was said, and not in the sinks.
        let reported = try await server.post(
            "/api/v1/audit/events",
            reporter,
            [
                "auditEvent": [
                    "eventType": "DATA_DELETION", "timestamp": "2023-10-27T15:00:00Z",
                    "deletionReason": "bob@example.com asked",
                    "status": "SUCCESS",
                ]
            ]
        )
        #expect(reported.status == 201)

        let deadline = ContinuousClock.now + .seconds(60)
        func arrived(_ file: String) throws -> Bool { try !events(site, file, "DATA_DELETION").isEmpty }
        while try !arrived("events.ndjson") || !arrived("plain.ndjson") {
            try #require(ContinuousClock.now < deadline, "the event never arrived")
            try await Task.sleep(for: .milliseconds(20))
        }
        let delivered = try #require(try events(site, "events.ndjson", "REDACTION_REVERSED").first)
        #expect(delivered["event"]?["reason"]?.string?.contains("bob@") == false)
        #expect(delivered["event"]?["token"]?.string == token && delivered["event"]?["dataType"] == "PHONE")
        let deletion = try #require(try events(site, "events.ndjson", "DATA_DELETION").first)
        #expect(deletion["event"]?["deletionReason"] == "[EMAIL] asked" && deletion["redacted"] == true)
        let plain = try #require(try events(site, "plain.ndjson", "DATA_DELETION").first)
        #expect(plain["event"]?["deletionReason"] == "bob@example.com asked" && plain["redacted"] == nil)
        let started = try #require(try events(site, "events.ndjson", "SERVER_STARTED").first)
        #expect(started["redacted"] == nil)
        await server.stop()
        #expect(!server.logText.contains("2671") && !server.logText.contains("bob@"))
        await site.end()
    }
}
