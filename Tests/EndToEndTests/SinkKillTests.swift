import AsyncHTTPClient
import Foundation
import JSON
import ObjectStorage
import Sandbox
import Testing

/// The real binary delivers to every kind of destination at once, and is killed again and again on the way.
@Suite(.serialized, .timeLimit(.minutes(10))) struct SinkKillTests {
    /// `MUNIMENT_SINK_KILLS` sets the number of rounds; 14 when it is not set, two for each destination.
    private static let rounds = variable("MUNIMENT_SINK_KILLS").flatMap { Int($0) } ?? 14

    private static func variable(_ name: String) -> String? { ProcessInfo.processInfo.environment[name] }

    @Test func killedAgainAndAgainNothingIsLostAnywhere() async throws {
        let site = try await Site()
        let destinations = try await KilledDestination.all(for: site)
        try KilledDestination.configure(destinations, of: site)
        let reader = try await site.client("read:customer-profile")
        let operating = try await site.client("sinks")
        for round in 0..<Self.rounds {
            let server = try await site.start()
            let watched = destinations[round % destinations.count]
            let seen = try await watched.arrived().count
            try await server.read(15, reader, as: site.sandbox.directory)
            // Every other time as soon as something arrived at one of them, else before that.
            if round % 4 < 2 { try await repeatedly { try await watched.arrived().count > seen } }
            await server.kill()
            if round % destinations.count == 0 { try await site.checkSinks() }
        }

        let server = try await site.start()
        let sinks = try await server.drained(operating, count: destinations.count)
        for destination in destinations { try await destination.check(sinks) }
        await server.stop()
        try await site.succeed("ledger", "verify")
        await site.end()
    }

    /// The locked copy in a real object store: what is there after each kill has been put whole, and in the end it verifies alone.
    @Test(.enabled(if: variable("MUNIMENT_TEST_S3") != nil, "set MUNIMENT_TEST_S3, or run scripts/test-s3"))
    func theLockedCopyVerifiesAfterKills() async throws {
        let site = try await Site()
        let (bucket, endpoint) = ("muniment-\(UUID().uuidString.lowercased())", Self.variable("MUNIMENT_TEST_S3") ?? "")
        let (id, secret) = (Self.variable("MUNIMENT_TEST_S3_KEY") ?? "", Self.variable("MUNIMENT_TEST_S3_SECRET") ?? "")
        let http = HTTPClient(configuration: S3Client.httpConfiguration(caFile: Self.variable("MUNIMENT_TEST_S3_CA")))
        let client = S3Client(
            endpoint: try S3Endpoint(url: endpoint, region: "us-east-1", bucket: bucket, addressing: .path),
            credentials: S3Credentials(accessKeyID: id, secretAccessKey: secret),
            http: http
        )
        try await client.createBucket(objectLock: true)
        try site.keep(id, as: "s3-id")
        try site.keep(secret, as: "s3-secret")
        try site.append(
            """

            sinks:
              copy:
                kind: worm
                endpoint: \(endpoint)
                region: us-east-1
                bucket: \(bucket)
                addressing: path
                retainDays: 1
                interval: 1s
                accessKeyId: {file: keys/s3-id}
                secretAccessKey: {file: keys/s3-secret}

            """
        )
        let reader = try await site.client("read:customer-profile")
        let operating = try await site.client("sinks")
        for round in 0..<6 {
            let server = try await site.start()
            try await server.read(15, reader, as: site.sandbox.directory)
            try await Task.sleep(for: .milliseconds(round * 250))
            await server.kill()
            try await site.checkSinks()
        }
        let server = try await site.start()
        _ = try await server.drained(operating, count: 1)
        await server.stop()

        let copy = site.folder + "/copy"
        var keys: [String] = []
        try await client.listAll { page in keys += page.entries.map(\.key) }
        for key in keys {
            let path = URL(fileURLWithPath: copy).appendingPathComponent(key)
            try FileManager.default.createDirectory(
                at: path.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(try await client.get(key).content).write(to: path)
        }
        try await Binary.succeed(["ledger", "verify", copy, "--key", site.folder + "/keys/ledger.vkey"])
        try await http.shutdown()
        await site.end()
    }
}
