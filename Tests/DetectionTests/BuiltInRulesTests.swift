import Foundation
import Testing

@testable import Detection

@Suite("Built-in rules")
struct BuiltInRulesTests {
    @Test("every shipped rule passes its fixtures and has enough of them")
    func fixtures() throws {
        let report = RuleTest.run(try RuleSet(files: BuiltInRules.files))
        #expect(report.shortcomings == [])
        for result in report.results { #expect(result.passed, "\(result)") }
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
}
