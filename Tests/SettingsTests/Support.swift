import Foundation
import Testing

@testable import Settings

/// A folder with a template and the files that it names; removed at the end of its test.
final class Site {
    let folder: String
    let text: String

    init(_ change: (inout ConfigurationTemplate) -> Void = { _ in }) throws {
        folder = NSTemporaryDirectory() + "configuration-tests-\(UUID().uuidString)"
        var template = ConfigurationTemplate(origin: "audit.example.com/main")
        change(&template)
        text = template.text
        for name in ["ledger.key", "tokens.key", "genesys-client-secret", "crm-token"] {
            try write("secret-of-\(name)\n", to: "keys/\(name)", mode: 0o600)
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    func write(_ text: String, to name: String, mode: Int = 0o644) throws {
        let folder = (path(name) as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path(name))
    }

    func read(_ bytes: [UInt8], environment: [String: String] = [:]) throws(ConfigurationProblems) -> Configuration {
        try Configuration.read(
            bytes,
            file: "muniment.yaml",
            files: FileChecks(folder: folder, environment: environment)
        )
    }

    func read(_ text: String, environment: [String: String] = [:]) throws(ConfigurationProblems) -> Configuration {
        try read(Array(text.utf8), environment: environment)
    }

    /// What is wrong with a text; nothing when it can be used.
    func problems(_ text: String, environment: [String: String] = [:]) -> [ConfigurationProblem] {
        do throws(ConfigurationProblems) {
            _ = try read(text, environment: environment)
            return []
        } catch {
            return error.problems
        }
    }

    /// The template with one piece, which it must have exactly once, replaced.
    func replacing(_ old: String, _ new: String) throws -> String {
        try text.replacingOnce(old, new)
    }
}

extension String {
    func replacingOnce(_ old: String, _ new: String) throws -> String {
        let count = components(separatedBy: old).count - 1
        try #require(count == 1, "'\(old)' must stand there once")
        return replacingOccurrences(of: old, with: new)
    }

    /// The line, from 1, on which a piece begins.
    func line(of piece: String) throws -> Int {
        let place = try #require(self.range(of: piece)).lowerBound
        return self[..<place].utf8.count { $0 == UInt8(ascii: "\n") } + 1
    }
}

/// A generator whose numbers follow from its seed.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
