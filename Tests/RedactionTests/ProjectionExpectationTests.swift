import Redaction
import Testing

/// A document can be held to one value: the id that was asked for.
@Suite struct ProjectionExpectationTests {
    private func look(_ body: String, path: String = "id", for value: String) throws -> ProjectionSummary.Expectation {
        let plan = try ProjectionPlan(fields: [(try JSONPath("name"), .release), (try JSONPath(path), .withhold)])
        var output: [UInt8] = []
        var scratch = ProjectionScratch()
        return try Array(body.utf8).withUnsafeBytes { body in
            try Array(value.utf8).withUnsafeBytes { value in
                try plan.project(body, expecting: (1, value), into: &output, scratch: &scratch).expectation
            }
        }
    }

    @Test(arguments: [
        (#"{"id":"C-1"}"#, "id", "C-1"), (#"{"name":"x","id":"C\u002d1"}"#, "id", "C-1"), (#"{"id":17}"#, "id", "17"),
        (#"{"all":[{"id":"C-1"},{"id":"C-1"}]}"#, "all[].id", "C-1"),
    ])
    func met(body: String, path: String, value: String) throws {
        #expect(try look(body, path: path, for: value) == .met)
    }

    @Test(arguments: [
        (#"{"id":"C-2"}"#, "id", "C-1"), (#"{"id":"C-10"}"#, "id", "C-1"), (#"{"id":"c-1"}"#, "id", "C-1"),
        (#"{"id":17.0}"#, "id", "17"), (#"{"id":null}"#, "id", "null"), (#"{"id":["C-1"]}"#, "id", "C-1"),
        (#"{"all":[{"id":"C-1"},{"id":"C-2"}]}"#, "all[].id", "C-1"),
        (#"{"all":[{"id":"C-2"},{"id":"C-1"}]}"#, "all[].id", "C-1"),
    ])
    func broken(body: String, path: String, value: String) throws {
        #expect(try look(body, path: path, for: value) == .broken)
    }

    @Test(arguments: [#"{"name":"x"}"#, #"{"id2":"C-1"}"#]) func absentIsNeither(body: String) throws {
        #expect(try look(body, for: "C-1") == .none)
    }
}
