import DeliveryWire
import Foundation
import JSON
import MerkleLog
import Testing
import WallTime

@Suite struct ManifestTests {
    static func manifest(
        covered: Range<UInt64> = 10..<20,
        expected: RangeSet<UInt64> = [10..<13, 15..<18],
        filtered: UInt64 = 3,
        dead: RangeSet<UInt64> = [18..<19],
        size: UInt64 = 25,
        lane: String = "siem"
    ) throws -> DeliveryManifest {
        let origin = try Origin("ledger.example/acme")
        return try DeliveryManifest(
            lane: lane,
            covered: covered,
            expected: expected,
            filtered: filtered,
            dead: dead,
            checkpoint: Checkpoint(origin: origin, size: size, root: TreeHasher.leafHash([1])),
            note: "note\n",
            timestamp: Samples.moment
        )
    }

    /// As far as so many ranges of each kind reach, and no further.
    @Test(arguments: 0..<100 as Range<UInt64>) func itReachesAsFarAsItsRanges(seed: UInt64) {
        var random = Seeded(state: seed)
        let covered = UInt64.random(in: 0...20, using: &random)..<120
        var (expected, dead) = (RangeSet<UInt64>(), RangeSet<UInt64>())
        for index in 0..<150 as Range<UInt64> {
            switch Int.random(in: 0..<3, using: &random) {
            case 0: expected.insert(contentsOf: index..<index + 1)
            case 1: dead.insert(contentsOf: index..<index + 1)
            default: break
            }
        }
        let most = Int.random(in: 1...60, using: &random)
        func count(_ set: RangeSet<UInt64>, _ range: Range<UInt64>) -> Int {
            set.intersection(RangeSet(range)).ranges.count
        }
        let reach = DeliveryManifest.reach(of: covered, expected: expected, dead: dead, ranges: most)
        #expect(reach.lowerBound == covered.lowerBound && !reach.isEmpty && reach.upperBound <= covered.upperBound)
        #expect(count(expected, reach) <= most && count(dead, reach) <= most)
        let longer = reach.lowerBound..<reach.upperBound + 1
        #expect(reach == covered || max(count(expected, longer), count(dead, longer)) > most)
    }

    @Test func whatItSays() throws {
        let json = try Self.manifest().json
        #expect(json["expected"] == [[10, 12], [15, 17]])
        #expect(json["dead"] == [[18, 18]])
        #expect(json["count"] == 6 && json["filtered"] == 3 && json["first"] == 10 && json["last"] == 19)
        #expect(json["treeSize"] == 25 && json["rootHash"]?.string == TreeHasher.leafHash([1]).base64)
        #expect(json["recordId"] == "ledger.example/acme/manifest/siem/10")
        let parameters = try Self.manifest().parameters
        #expect(parameters.first { $0.name == "expected" }?.value == "10-12,15-17")
    }

    @Test func onlyWhatAddsUpIsAManifest() throws {
        #expect(throws: DeliveryManifest.Problem.sum) { try Self.manifest(filtered: 2) }
        #expect(throws: DeliveryManifest.Problem.sum) { try Self.manifest(dead: [12..<13]) }
        #expect(throws: DeliveryManifest.Problem.sum) { try Self.manifest(expected: [9..<12, 15..<18]) }
        #expect(throws: DeliveryManifest.Problem.sum) { try Self.manifest(filtered: .max) }
        #expect(throws: DeliveryManifest.Problem.range) { try Self.manifest(size: 19) }
        #expect(throws: DeliveryManifest.Problem.range) {
            try Self.manifest(covered: 10..<10, expected: [], filtered: 0, dead: [])
        }
        let scattered = RangeSet(indexes: (0..<1001).map { UInt64($0 * 2) })
        #expect(throws: DeliveryManifest.Problem.tooManyRanges) {
            try Self.manifest(covered: 0..<2002, expected: scattered, filtered: 1001, dead: [], size: 5000)
        }
    }

    @Test func itTravelsAsAnyRecordDoes() throws {
        let body = try HECBody([HECEvent(Self.manifest(), origin: HECOrigin(index: "audit"))])
        let json = try JSONValue(parsing: body.bytes.dropLast())
        #expect(json["fields"]?["lane"] == "siem" && json["fields"]?["eventType"] == "DELIVERY_MANIFEST")
        #expect(json["event"]?["expected"] == [[10, 12], [15, 17]])
        let entry = try JSONValue(parsing: DatadogEntry(Self.manifest()).bytes)
        #expect(entry["lane"] == "siem" && entry["muniment"]?["count"] == 6)
    }

    @Test(arguments: CompletenessQuery.allCases)
    func namesCannotBreakOutOfTheQuery(query: CompletenessQuery) {
        let nasty = #"a"b'c\d"#
        let text = query.text(ledger: nasty, lane: nasty, source: "muniment_events")
        let quoted = query == .postgreSQL ? #"'a"b''c\d'"# : #""a\"b'c\\d""#
        #expect(text.contains(quoted))
        #expect(text.components(separatedBy: nasty).count == 1 || query == .postgreSQL)
    }

    static let psql = ProcessInfo.processInfo.environment["MUNIMENT_TEST_POSTGRES"]

    /// Against a real PostgreSQL: of a thousand single deletions each is named, and nothing else ever.
    @Test(.enabled(if: psql != nil, "set MUNIMENT_TEST_POSTGRES to the URL of a PostgreSQL that psql can reach"))
    func everyDeletionIsNamed() throws {
        var generator = Seeded(state: 42)
        let expected = RangeSet(
            indexes: (0..<5000).filter { _ in Int.random(in: 0..<4, using: &generator) > 0 }.map { UInt64($0) }
        )
        var script = """
            CREATE TEMP TABLE sink (ledger text, entry_index bigint, event_type text, payload jsonb);
            CREATE INDEX ON sink (ledger, entry_index);

            """
        for start in stride(from: UInt64(0), to: 5000, by: 500) {
            let covered = start..<(start + 500)
            let part = expected.intersection([covered])
            let json = try Self.manifest(
                covered: covered,
                expected: part,
                filtered: 500 - part.total,
                dead: [],
                size: 5000
            ).json.canonicalBytes()
            script +=
                "INSERT INTO sink VALUES ('ledger.example/acme', NULL, 'DELIVERY_MANIFEST', '\(String(decoding: json, as: UTF8.self))');\n"
        }
        let indexes = expected.ranges.flatMap { Array($0) }
        script +=
            "INSERT INTO sink SELECT 'ledger.example/acme', i, 'X', '{}' FROM unnest(ARRAY[\(indexes.map(String.init).joined(separator: ","))]) AS i;\n"
        let query = CompletenessQuery.postgreSQL.text(ledger: "ledger.example/acme", lane: "siem", source: "sink")
        let deleted = Array(indexes.shuffled(using: &generator).prefix(1000))
        script += "\(query);\nSELECT 'whole';\n"
        for index in deleted { script += "DELETE FROM sink WHERE entry_index = \(index);\n" }
        script += "\(query);\n"
        let output = try Self.run(script)
        let parts = output.components(separatedBy: "whole\n")
        #expect(parts.first == "", "nothing is missing before")
        let named = (parts.last ?? "").split(separator: "\n").compactMap { UInt64($0) }
        #expect(named == deleted.sorted())
    }

    private static func run(_ script: String) throws -> String {
        let file = FileManager.default.temporaryDirectory.appending(path: "query-\(UUID().uuidString).sql")
        try script.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", file.path, try #require(psql),
        ]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self)
    }
}
