import Credentials
import Hummingbird
import HummingbirdTesting
import JSON
import Ledger
import Logging
import Testing
import WallTime

@testable import Server

@Suite struct LoggingTests {
    private let lines = Lines()
    private let clock = ManualClock(Timestamp(milliseconds: 1_780_000_000_000))

    @Test func aLineIsOneObject() throws {
        var logger = lines.logger(clock)
        logger[metadataKey: "node"] = "n1"
        logger.info("call\nended", metadata: ["count": "\(3)", "list": ["a", ["b": "c"]]])
        let text = try #require(lines.all.first)
        #expect(text.hasSuffix("\n"))
        #expect(text.dropLast().firstIndex(of: "\n") == nil)
        #expect(
            try JSONValue(parsing: text) == [
                "timestamp": "2026-05-28T20:26:40.000Z", "level": "info", "label": "test", "message": "call\nended",
                "metadata": ["node": "n1", "count": "3", "list": ["a", ["b": "c"]]],
            ]
        )
    }

    @Test func personalValuesAreRedactedWhereverTheyStand() throws {
        var logger = lines.logger(clock)
        logger[metadataKey: "inherited"] = "\("+4917012345", .personal)"
        logger.info(
            "call",
            metadata: [
                "caller": "\("+4917012345", .personal)", "text": "from \("+4917012345", .personal) now",
                "nested": ["deep": ["\("+4917012345", .personal)"]], "count": "\(5)",
            ]
        )
        let text = try #require(lines.all.first)
        #expect(!text.contains("4917012345"))
        let metadata = try JSONValue(parsing: text)["metadata"]
        #expect(metadata?["inherited"] == "[redacted]")
        #expect(metadata?["caller"] == "[redacted]")
        #expect(metadata?["text"] == "[redacted]")
        #expect(metadata?["nested"] == ["deep": ["[redacted]"]])
        #expect(metadata?["count"] == "5")
    }

    @Test func anErrorIsNamedByItsType() throws {
        struct Leaky: Error, CustomStringConvertible { let description = "C-secret" }
        lines.logger(clock).error("failed", error: Leaky())
        let line = try #require(try lines.parsed().first)
        #expect(line["error"] == "Leaky")
        #expect(!lines.all.joined().contains("C-secret"))
    }

    @Test func nestingIsBounded() throws {
        var value: Logger.MetadataValue = "bottom"
        for _ in 0..<100 { value = ["a": value] }
        lines.logger(clock).info("deep", metadata: ["value": value])
        #expect(try #require(lines.all.first).contains("[deeper]"))
        #expect(!lines.all.joined().contains("bottom"))
    }

    @Test func levelsAreRespected() {
        let logger = lines.logger(clock, level: .warning)
        logger.info("not written")
        logger.warning("written")
        #expect(lines.all.count == 1)
    }

    @Test func aRequestLeavesOneLineThatNamesNobody() async throws {
        let installation = try Installation()
        let caller = try await installation.caller(.audit)
        try await installation.test { client in
            _ = try await client.get("/api/v1/accesses?customerId=C-secret&reason=why", caller.header)
            _ = try await client.get("/api/v1/events/99999999999", caller.header)
            _ = try await client.get("/api/v1/C-secret")
            _ = try await client.get("/api/v1/clients", [.authorization: "Bearer C-secret"])
        }
        let metadata = try installation.lines.parsed().filter { $0["message"] == "request" }.map { $0["metadata"] }
        #expect(metadata.count == 4)
        #expect(
            metadata.map { $0?["route"]?.string } == [
                "/api/v1/accesses", "/api/v1/events/{index}", "NotFound", "/api/v1/clients",
            ]
        )
        #expect(metadata.map { $0?["status"]?.string } == ["200", "404", "404", "401"])
        #expect(metadata.map { $0?["clientId"]?.string } == [caller.id, caller.id, nil, nil])
        #expect(metadata.map { $0?["failure"]?.string } == [nil, nil, nil, "malformed"])
        for line in installation.lines.all {
            for secret in ["C-secret", "99999999999", "why"] { #expect(!line.contains(secret)) }
        }
    }

    @Test func aFaultOfOursIsAnErrorWithItsReason() async throws {
        let installation = try Installation()
        let caller = try await installation.caller(.audit)
        installation.ledger.close()
        try await installation.test { client in
            _ = try await client.get("/api/v1/accesses?customerId=C-secret", caller.header)
        }
        let line = try #require(try installation.lines.parsed().first { $0["message"] == "request" })
        #expect(line["level"] == "error")
        #expect(line["metadata"]?["failure"]?.string?.isEmpty == false)
        #expect(!installation.lines.all.joined().contains("C-secret"))
    }
}
