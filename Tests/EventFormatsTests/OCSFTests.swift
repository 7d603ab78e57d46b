import EventFormats
import Foundation
import JSON
import Testing

/// OCSF against the published schemas of both versions, which come with the Python package ocsf-json-schema;
/// scripts/test-formats installs it and sets MUNIMENT_OCSF_PYTHON.
@Suite struct OCSFTests {
    static let python = ProcessInfo.processInfo.environment["MUNIMENT_OCSF_PYTHON"]

    @Test(
        .enabled(if: python != nil, "set MUNIMENT_OCSF_PYTHON to a Python with ocsf-json-schema and jsonschema"),
        arguments: OCSFVersion.allCases
    )
    func everyEventIsValid(version: OCSFVersion) throws {
        let encoder = EventEncoder(format: .ocsf(version), product: Samples.product)
        let lines = try Samples.all().map { String(decoding: try encoder.encode($0), as: UTF8.self) }
        let (status, output) = try Self.validate(lines)
        #expect(status == 0, "\(output)")
        #expect(output.contains("\(lines.count) events, 0 problems"), "\(output)")
    }

    @Test(
        .enabled(if: python != nil, "set MUNIMENT_OCSF_PYTHON to a Python with ocsf-json-schema and jsonschema"),
        arguments: [
            #""time":1768469400123"# + "->" + #""time":1768469400.5"#,
            #""activity_id":2"# + "->" + #""activity_id":77"#,
            #""version":"1.8.0""# + "->" + #""version":"9.9.9""#, #""severity_id":1"# + "->" + #""sverity_id":1"#,
            #""operation":"customer-profile""# + "->" + #""operatio":"x""#,
            #""type_uid":600302"# + "->" + #""type_uid":600303"#,
            #""time":1768469400123"# + "->" + #""time":1768469400"#,
        ]
    )
    func theValidatorFindsWhatIsWrong(change: String) throws {
        let encoder = EventEncoder(format: .ocsf(.v18), product: Samples.product)
        let line = String(
            decoding: try encoder.encode(try Samples.record("CUSTOMER_DATA_ACCESSED", Samples.accessed)),
            as: UTF8.self
        )
        let parts = change.components(separatedBy: "->")
        let changed = line.replacingOccurrences(of: parts[0], with: parts[1])
        try #require(changed != line)
        #expect(try Self.validate([changed]).status == 1)
    }

    private static func validate(_ lines: [String]) throws -> (status: Int32, output: String) {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Schema/validate.py").path
        let file = FileManager.default.temporaryDirectory.appending(path: "ocsf-\(UUID().uuidString).ndjson")
        try lines.joined(separator: "\n").write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(filePath: try #require(python))
        process.arguments = [script, file.path]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    @Test(arguments: [
        ("CUSTOMER_DATA_ACCESSED", 600_302, 1), ("CUSTOMER_DATA_ACCESS_REFUSED", 600_302, 2),
        ("BINDING_CORRECTED", 600_399, 1), ("AUTHENTICATION_FAILED", 300_201, 2), ("API_CLIENT_CREATED", 300_401, 1),
        ("API_CLIENT_ROTATED", 300_403, 1), ("API_CLIENT_REVOKED", 300_411, 1), ("CONFIGURATION_CHANGED", 300_403, 1),
        ("SERVER_STARTED", 600_203, 1), ("SERVER_STOPPED", 600_204, 1), ("BACKUP_CREATED", 600_599, 1),
        ("AUDIT_TRAIL_READ", 600_302, 1), ("REDACTION_REVERSED", 600_302, 1), ("DETECTION_ALERT_RAISED", 200_401, 1),
        ("DETECTION_ALERT_CLEARED", 200_403, 4), ("DETECTION_ALERT_DISMISSED", 200_403, 3),
        ("CONTAINMENT_PROPOSED", 700_199, 1), ("CONTAINMENT_PERFORMED", 700_101, 0),
        ("CONTAINMENT_EFFECT_VERIFIED", 700_101, 1), ("CONTAINMENT_FAILED", 700_101, 2),
        ("CONTAINMENT_UNDONE", 700_103, 1),
        ("SOMETHING_NEWER", 99, 0),
    ])
    func eachKindHasItsClass(type: String, typeUID: Int64, statusID: Int64) throws {
        for version in OCSFVersion.allCases {
            let encoder = EventEncoder(format: .ocsf(version), product: Samples.product)
            let json = try JSONValue(parsing: encoder.encode(try Samples.record(type)))
            #expect(json["type_uid"]?.integer == typeUID)
            #expect(json["class_uid"]?.integer == typeUID / 100)
            #expect(json["category_uid"]?.integer == typeUID / 100_000)
            #expect(json["status_id"]?.integer == statusID)
            #expect(json["time"]?.integer == 1_768_469_400_123, "milliseconds, not seconds")
            #expect(json["metadata"]?["version"]?.string == version.rawValue)
            #expect(json["metadata"]?["uid"]?.string == "ledger.example/acme/184467")
        }
    }

    @Test func nothingOfAnEventIsLost() throws {
        // Every scalar of the event stands somewhere in the OCSF text.
        let record = try Samples.record("CUSTOMER_DATA_ACCESSED", Samples.accessed)
        let text = String(
            decoding: try EventEncoder(format: .ocsf(.v18), product: Samples.product).encode(record),
            as: UTF8.self
        )
        for (name, value) in Samples.accessed {
            for scalar in Self.scalars(value) { #expect(text.contains(scalar), "\(name) \(scalar)") }
        }
    }

    private static func scalars(_ value: JSONValue) -> [String] {
        switch value {
        case .string(let text): [text]
        case .integer(let number): [String(number)]
        case .array(let elements): elements.flatMap(scalars)
        case .object(let members): members.values.flatMap(scalars) + members.keys
        default: []
        }
    }
}
