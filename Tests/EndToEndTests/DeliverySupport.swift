import Foundation
import JSON
import Sandbox
import Testing

extension Site {
    /// Adds to the configuration.
    func append(_ text: String) throws {
        let file = FileHandle(forWritingAtPath: configuration)
        try file?.seekToEnd()
        try file?.write(contentsOf: Data(text.utf8))
        try file?.close()
    }

    /// Keeps a secret in a file under `keys`.
    func keep(_ secret: String, as name: String) throws {
        let path = folder + "/keys/" + name
        try Data(secret.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }

    /// What the command line says of the sinks while nothing runs: every entry has its place.
    func checkSinks() async throws {
        let outcome = try await run("sinks", "status", "--format", "json")
        #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
        for sink in try JSONValue(parsing: outcome.output)["sinks"]?.array ?? [] {
            #expect(sink["conservation"]?["holds"]?.bool == true, "\(sink)")
        }
    }
}

extension RunningServer {
    /// Reads as an agent on a live call does; what came of it is looked at elsewhere.
    func read(_ count: Int, _ bearer: String, as people: SandboxDirectory) async throws {
        for _ in 0..<count {
            _ = try await read(
                bearer,
                customer: people.customer,
                agent: people.agentWithLiveCall,
                interaction: people.liveConversation
            )
        }
    }

    /// Waits until nothing is left to deliver; every entry has its place at each look.
    /// - Parameter count: how many sinks there are.
    func drained(_ bearer: String, count: Int) async throws -> [JSONValue] {
        var sinks: [JSONValue] = []
        func isLeft(_ sink: JSONValue) -> Bool {
            sink["conservation"]?["backlog"]?.integer != 0 || sink["conservation"]?["inFlight"]?.integer != 0
        }
        do {
            try await repeatedly {
                let answer = try await get("/api/v1/sinks", bearer)
                #expect(answer.status == 200)
                sinks = answer.json?["sinks"]?.array ?? []
                for sink in sinks { #expect(sink["conservation"]?["holds"]?.bool == true, "\(sink)") }
                return sinks.count == count && !sinks.contains(where: isLeft)
            }
        } catch {
            Issue.record("not delivered: \(sinks.filter(isLeft))")
            throw error
        }
        return sinks
    }
}

/// Looks again until it is so; fails after 60 s.
func repeatedly(_ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try await !condition() {
        try #require(ContinuousClock.now < deadline, "it never came true")
        try await Task.sleep(for: .milliseconds(20))
    }
}

/// The index at the end of a record's id; nil for a manifest's.
func recordIndex(_ recordID: String?) -> Int64? {
    guard let recordID, !recordID.contains("/manifest/") else { return nil }
    return recordID.split(separator: "/").last.flatMap { Int64($0) }
}
