import Foundation
import Testing

@testable import Detection

@Suite("Built-in rules")
struct BuiltInRulesTests {
    @Test("every shipped rule passes its fixtures and has enough of them")
    func fixtures() throws {
        let report = RuleTest.run(try BuiltInRules.pack(), try BuiltInRules.fixtures())
        #expect(report.shortcomings == [])
        for result in report.results {
            #expect(result.passed, "\(result.file): \(result.rule): \(result.name)")
        }
        #expect(report.results.count > 100)
        #expect(report.passed)
    }

    @Test("every file in the folder is shipped")
    func complete() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources/Detection/Rules")
        let names = try FileManager.default.contentsOfDirectory(atPath: root.path()).filter { $0.hasSuffix(".yml") }
        #expect(names.sorted() == BuiltInRules.files.map(\.name).sorted())
        for file in BuiltInRules.files {
            #expect(try String(contentsOfFile: root.appending(path: file.name).path(), encoding: .utf8) == file.text)
        }
    }

    @Test("a rule with too few cases, or a case that fails, is reported")
    func shortcomings() throws {
        let pack = try BuiltInRules.pack()
        let fixtures = try BuiltInRules.fixtures()
        #expect(RuleTest.run(pack, fixtures.filter { $0.name != "D-23.fixtures.json" }).shortcomings.count == 1)
        let stopped = #"{"eventType":"SERVER_STOPPED","timestamp":"2026-03-02"}"#
        let wrong = #"{"cases":[{"name":"x","fires":true,"events":[\#(stopped)]}]}"#
        let report = RuleTest.run(pack, [try RuleFixtures(name: "D-23.fixtures.json", json: Array(wrong.utf8))])
        #expect(report.results.map(\.passed) == [false])
        #expect(throws: RuleProblem.self) { try RuleFixtures(name: "x", json: Array(#"{"cases":[{}]}"#.utf8)) }
    }
}
