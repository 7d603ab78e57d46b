import FoundationEssentials
import JSON
import Redaction
import Testing

/// One trick to get data past the projection, as a file of `Corpus`.
struct BypassTrick: CustomTestStringConvertible, Sendable {
    let name: String
    let content: JSONValue

    var testDescription: String { name }

    static let all: [BypassTrick] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".json") }.sorted().compactMap { name in
            guard let data = try? Data(contentsOf: folder.appending(path: name)),
                let content = try? JSONValue(parsing: Array(data))
            else { return nil }
            return BypassTrick(name: name, content: content)
        }
    }()

    func fields() throws -> [ProjectionPlan.Field] {
        try #require(content["fields"]?.array).map { field in
            let path = try JSONPath(#require(field[0]?.string))
            let words = try #require(field[1]?.string).split(separator: " ").map(String.init)
            switch words[0] {
            case "release": return (path, .release)
            case "withhold": return (path, .withhold)
            default: return (path, .mask(try #require(Mask(name: words[1]))))
            }
        }
    }

    static func body(_ test: JSONValue) throws -> [UInt8] {
        if let text = test["body"]?.string { return Array(text.utf8) }
        let digits = Array(try #require(test["bodyHex"]?.string))
        return try stride(from: 0, to: digits.count, by: 2).map {
            try #require(UInt8(String(digits[$0...$0 + 1]), radix: 16))
        }
    }
}

@Suite struct BypassCorpusTests {
    @Test func corpusIsComplete() {
        #expect(BypassTrick.all.count == 20)
    }

    @Test(arguments: BypassTrick.all)
    func isStopped(_ trick: BypassTrick) throws {
        let fields = try trick.fields()
        let plan = try ProjectionPlan(fields: fields)
        let cases = try #require(trick.content["cases"]?.array)
        #expect(!cases.isEmpty)
        for (number, test) in cases.enumerated() {
            let result = project(plan, try BypassTrick.body(test))
            switch result {
            case .failure(let error):
                #expect(test["error"]?.string == name(of: error.reason), "case \(number)")
                #expect(test["offset"]?.int == error.offset, "case \(number)")
            case .success(let projected):
                #expect(test["output"]?.string == String(decoding: projected.output, as: UTF8.self), "case \(number)")
                let summary = projected.summary
                func paths(_ set: FieldSet) -> JSONValue {
                    .array(set.fields.map { .string(fields[$0].path.description) })
                }
                #expect(test["released"] == paths(summary.released), "case \(number)")
                #expect(test["masked"] == paths(summary.masked), "case \(number)")
                #expect(test["withheld"] == paths(summary.withheld), "case \(number)")
                #expect(test["unknown"]?.int == summary.unknownMembers, "case \(number)")
                #expect(test["mismatched"]?.int == summary.mismatchedValues, "case \(number)")
            }
        }
    }

    private func name(of reason: ProjectionError.Reason) -> String {
        if case .malformed(let inner) = reason { "malformed.\(inner)" } else { "\(reason)" }
    }
}
