import JSON
import Redaction
import Testing

private func fields(_ paths: [String]) throws -> [ProjectionPlan.Field] {
    try paths.map { (try JSONPath($0), .release) }
}

@Suite struct ProjectionPlanTests {
    @Test(
        arguments: [
            ([], .noFields), (["a", "b", "a"], .duplicatePath(first: 0, second: 2)),
            (["a.b", "a"], .overlap(outer: 1, inner: 0)), (["a", "a.b"], .overlap(outer: 0, inner: 1)),
            (["a", "a[]"], .overlap(outer: 0, inner: 1)), (["x", "a[].b[].c", "a[]"], .overlap(outer: 2, inner: 1)),
            (["[]"], .elementWithoutMember(field: 0)), (["a", "[][].a"], .elementWithoutMember(field: 1)),
            ((0...256).map { "f\($0)" }, .tooManyFields(count: 257)),
        ] as [([String], ProjectionPlanError)]
    )
    func refuses(_ paths: [String], _ expected: ProjectionPlanError) throws {
        let fields = try fields(paths)
        #expect(throws: expected) { try ProjectionPlan(fields: fields) }
    }

    @Test func acceptsOneOrManyUnderTheSameName() throws {
        let plan = try ProjectionPlan(fields: fields(["phone.number", "phone[].number"]))
        let one = try project(plan, Array(#"{"phone":{"number":1}}"#.utf8)).get()
        let many = try project(plan, Array(#"{"phone":[{"number":1},{"number":2}]}"#.utf8)).get()
        #expect(one.summary.released.fields == [0])
        #expect(many.summary.released.fields == [1])
        #expect(many.summary.absent.fields == [0])
    }

    @Test func all256FieldsAreFound() throws {
        let names = (0..<256).map { "f\($0)" }
        let plan = try ProjectionPlan(fields: fields(names))
        let body = "{" + names.reversed().map { "\"\($0)\":\"\($0)\"" }.joined(separator: ",") + "}"
        let projected = try project(plan, Array(body.utf8)).get()
        #expect(projected.output == Array(body.utf8))
        #expect(projected.summary.released == FieldSet(first: 256))
        #expect(projected.summary.absent.isEmpty)
        #expect(projected.values.map(\.field) == Array((0..<256).reversed()))
    }

    @Test func fieldSetsCalculate() {
        var set = FieldSet()
        for field in [0, 63, 64, 127, 128, 191, 192, 255, 256, -1, 1000] { set.insert(field) }
        #expect(set.fields == [0, 63, 64, 127, 128, 191, 192, 255])
        #expect(set.count == 8)
        #expect(!set.contains(256))
        #expect(!set.contains(-1))
        #expect(FieldSet(first: 65).subtracting(set).fields == Array(1..<63))
        #expect(FieldSet().union(set) == set)
        #expect(set != FieldSet())
        #expect(FieldSet(first: 1000).count == 256)
        #expect(FieldSet(first: 0).isEmpty)
    }
}

@Suite struct ProjectionTests {
    private func plan(_ rules: [(String, FieldAction)], limits: ProjectionLimits = .default) throws -> ProjectionPlan {
        try ProjectionPlan(fields: rules.map { (try JSONPath($0.0), $0.1) }, limits: limits)
    }

    @Test func releasesMasksAndWithholds() throws {
        let plan = try plan([
            ("id", .release), ("email", .mask(.email)), ("ssn", .withhold), ("address.city", .release),
            ("accounts[].iban", .mask(.iban)), ("notes", .release), ("missing", .release),
        ])
        let body = #"""
            {"id": 7, "email": "anna@example.org", "ssn": "123456789", "address": {"street": "x", "city": "Utrecht"},
             "accounts": [ {"iban": "NL91ABNA0417164300", "balance": 1}, {"iban": null} ], "notes": {"a": [1, 2]}, "z": []}
            """#
        let projected = try project(plan, Array(body.utf8)).get()
        #expect(
            String(decoding: projected.output, as: UTF8.self)
                == #"{"id":7,"email":"a***@example.org","address":{"city":"Utrecht"},"#
                + #""accounts":[{"iban":"NL****4300"},{"iban":null}],"notes":{"a": [1, 2]}}"#
        )
        #expect(projected.summary.released.fields == [0, 3, 5])
        #expect(projected.summary.masked.fields == [1, 4])
        #expect(projected.summary.withheld.fields == [2])
        #expect(projected.summary.absent.fields == [6])
        #expect(projected.summary.unknownMembers == 3)
        #expect(projected.values.map(\.field) == [0, 1, 3, 4, 4, 5])
        let shown = projected.values.map { String(decoding: projected.output[$0.range], as: UTF8.self) }
        #expect(
            shown == ["7", #""a***@example.org""#, #""Utrecht""#, #""NL****4300""#, "null", #"{"a": [1, 2]}"#]
        )
    }

    @Test func outputIsAppendedAndUnchangedByARefusal() throws {
        let plan = try plan([("a", .release)])
        var output = Array("before".utf8)
        var scratch = ProjectionScratch()
        _ = project(plan, Array(#"{"a":1}"#.utf8), &output, &scratch)
        #expect(output == Array(#"before{"a":1}"#.utf8))
        #expect(scratch.values.map(\.range) == [11..<12])
        let kept = output
        #expect(throws: ProjectionError.self) {
            try project(plan, Array(#"{"a":"secret","b":}"#.utf8), &output, &scratch).get()
        }
        #expect(output == kept)
        #expect(scratch.values.isEmpty)
    }

    @Test func limitsAreKept() throws {
        let many = try plan([("a[]", .release)], limits: ProjectionLimits(maximumValues: 3))
        #expect(throws: Never.self) { try project(many, Array(#"{"a":[1,2,3]}"#.utf8)).get() }
        #expect(
            throws: ProjectionError(.tooManyValues, at: 12)
        ) { try project(many, Array(#"{"a":[1,2,3,4]}"#.utf8)).get() }
        let flat = try plan([("a", .release)], limits: ProjectionLimits(maximumDepth: 1))
        #expect(
            throws: ProjectionError(.malformed(.depthExceeded), at: 5)
        ) { try project(flat, Array(#"{"a":[1]}"#.utf8)).get() }
    }

    @Test func scratchOfALargeDocumentServesTheNext() throws {
        let plan = try plan([("free", .release)])
        let members = (0..<5_000).map { "\"k\($0)\":{\"k\($0)\":1}" }.joined(separator: ",")
        let body = Array("{\"free\":{\(members)}}".utf8)
        var scratch = ProjectionScratch()
        for _ in 0..<3 {
            var output: [UInt8] = []
            #expect(throws: Never.self) { try project(plan, body, &output, &scratch).get() }
            #expect(output == body)
            var small: [UInt8] = []
            #expect(throws: Never.self) { try project(plan, Array(#"{"free":{"k1":1}}"#.utf8), &small, &scratch).get() }
        }
        // Keys from before and after the table of keys grew.
        for key in ["k0", "k100", "k127", "k128", "k2500", "k4999"] {
            let repeated = Array("{\"free\":{\(members),\"\(key)\":1}}".utf8)
            let expected = ProjectionError(.duplicateKey, at: repeated.count - key.utf8.count - 6)
            #expect(throws: expected) { try project(plan, repeated).get() }
        }
    }

    @Test func errorsRepeatNoContent() throws {
        let plan = try plan([("a", .release)])
        let error = #expect(throws: ProjectionError.self) {
            try project(plan, Array(#"{"a":"secret","a":1}"#.utf8)).get()
        }
        #expect(error?.description == "invalid JSON at byte 14: an object has the same key twice")
    }
}
