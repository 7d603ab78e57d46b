import Foundation
import JSON
import Testing

@testable import Traces

private let python = ProcessInfo.processInfo.environment["MUNIMENT_OTLP_PYTHON"]

/// The export as OpenTelemetry's own definitions read it: the Python package opentelemetry-proto, which scripts/test-formats installs.
@Suite(.enabled(if: python != nil, "set MUNIMENT_OTLP_PYTHON to a Python with opentelemetry-proto"))
struct OTLPTests {
    @Test func theExportIsWhatOpenTelemetryReads() throws {
        let body = Span.exportBody(
            [try .sample("read profile"), try .sample("record", parent: [1, 2, 3, 4, 5, 6, 7, 8])],
            resource: ["service.name": "muniment", "service.instance.id": "node-1"]
        )
        let (status, output) = try Self.read(try body.canonicalBytes())
        #expect(status == 0, "\(output)")
        #expect(output == "read profile 2 0 4000000\nrecord 2 2 4000000\n")
    }

    @Test(arguments: [
        ("\"startTimeUnixNano\"", "\"startTime\""), ("\"kind\":2", "\"kind\":\"SERVER\""),
        ("\"traceId\":\"0af7", "\"traceId\":\"0a"),
    ])
    func whatIsWrongIsFound(old: String, new: String) throws {
        let body = Span.exportBody([try .sample("read profile")], resource: [:])
        let text = String(decoding: try body.canonicalBytes(), as: UTF8.self)
        let changed = text.replacing(old, with: new)
        try #require(changed != text)
        #expect(try Self.read(Array(changed.utf8)).status == 1)
    }

    private static func read(_ body: [UInt8]) throws -> (status: Int32, output: String) {
        let file = FileManager.default.temporaryDirectory.appending(path: "otlp-\(UUID().uuidString).json")
        try Data(body).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(filePath: try #require(python))
        process.arguments = [
            URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Schema/validate.py").path, file.path,
        ]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
