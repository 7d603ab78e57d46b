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
}
