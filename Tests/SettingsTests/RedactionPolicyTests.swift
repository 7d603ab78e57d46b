import Foundation
import Redaction
import Testing

@testable import Settings

@Suite struct RedactionPolicyTests {
    private func load(_ text: String) throws -> RedactionPolicy {
        let path = NSTemporaryDirectory() + "redaction-policy-\(UUID().uuidString).yaml"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try RedactionPolicy.load(path: path)
    }

    private func problems(_ text: String) -> [ConfigurationProblem] {
        do {
            _ = try load(text)
            return []
        } catch {
            return (error as? ConfigurationProblems)?.problems ?? []
        }
    }

    @Test func everySettingIsRead() throws {
        let policy = try load(
            """
            name: chat
            version: 3
            default: label
            threshold: 70
            keepNumbers: true
            types:
              CREDIT_CARD: maskMiddle
              IP_ADDRESS: ignore
            allow:
              - {exact: "4111 1111 1111 1111", type: CREDIT_CARD}
              - {prefix: "+44 20"}
              - {hash: "00ff"}
            rules:
              - {name: order, pattern: 'ORD-\\d{6}'}
              - {name: member, pattern: 'M\\d+', type: BANK_ACCOUNT}
            """
        )
        #expect(policy.name == "chat" && policy.version == 3 && policy.threshold == 70 && policy.keepsNumbers)
        #expect(policy.action(for: .creditCard) == .maskMiddle)
        #expect(policy.action(for: .ipAddress) == nil)
        #expect(policy.action(for: .email) == .label)
        #expect(
            policy.allowed.entries == [
                AllowList.Entry(.exact, "4111 1111 1111 1111", type: .creditCard), AllowList.Entry(.prefix, "+44 20"),
                AllowList.Entry(.hashed, "00ff"),
            ]
        )
        #expect(policy.rules.map(\.type) == [.custom, .bankAccount])
        #expect(try load("name: bare").action(for: .email) == .mask)
    }

    @Test(arguments: [
        ("version: 1", "name", nil), ("name: x\ntypes: {EMIAL: mask}", "types.EMIAL", 2),
        ("name: x\ntypes:\n  EMAIL: shred", "types.EMAIL", 3), ("name: x\nthreshold: 101", "threshold", 2),
        ("name: x\nallow:\n  - {exact: a, prefix: b}", "allow[0]", 3), ("name: x\ndefault: ignored", "default", 2),
        ("name: x\nrules:\n  - {name: r, pattern: '[a'}", "rules[0].pattern", 3),
        ("name: x\nrules:\n  - {name: r, pattern: a, type: NAME}", "rules[0].type", 3),
        ("name: x\nname: y", "name", 2),
    ])
    func problemsAreNamedWithTheirLine(text: String, path: String, line: Int?) {
        let problems = problems(text)
        #expect(problems.contains { $0.path == path && $0.line == line }, "\(problems)")
    }

    @Test func aFileThatIsNotThereIsNamed() {
        #expect(throws: ConfigurationProblems.self) { try RedactionPolicy.load(path: "/nowhere/policy.yaml") }
    }
}
