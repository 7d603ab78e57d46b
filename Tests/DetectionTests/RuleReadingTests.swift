import JSON
import Testing

@testable import Detection

@Suite("Rule files")
struct RuleReadingTests {
    /// Whether a detection matches a read with the given fields.
    static func matches(_ detection: String, _ fields: [String: JSONValue]) throws -> Bool {
        let pack = try pack(ruleText(detection))
        guard case .detection(let read) = pack.rules[0].kind else { return false }
        return read.matches(event(0, "CUSTOMER_DATA_ACCESSED", fields).fields)
    }

    struct Example: Sendable, CustomTestStringConvertible {
        let line: String
        let field: JSONValue?
        let expected: Bool
        var testDescription: String { line }
    }

    static let examples: [Example] = [
        Example(line: "purpose: service", field: "SERVICE", expected: true),
        Example(line: "purpose|cased: service", field: "SERVICE", expected: false),
        Example(line: "purpose: s*v?ce", field: "service", expected: true),
        Example(line: "purpose: s*v?ce", field: "servce", expected: false),
        Example(line: "purpose: 'a\\*b'", field: "a*b", expected: true),
        Example(line: "purpose: 'a\\*b'", field: "axb", expected: false),
        Example(line: "purpose: 'a\\b'", field: "a\\b", expected: true),
        Example(line: "purpose: STRASSE", field: "straße", expected: false),
        Example(line: "purpose: Ärger", field: "äRGER", expected: true),
        Example(line: "purpose: [x, service]", field: "service", expected: true),
        Example(line: "purpose|contains: erv", field: "service", expected: true),
        Example(line: "purpose|contains|all: [ser, ice]", field: "service", expected: true),
        Example(line: "purpose|contains|all: [ser, x]", field: "service", expected: false),
        Example(line: "purpose|startswith: Ser", field: "service", expected: true),
        Example(line: "purpose|endswith: ser", field: "service", expected: false),
        Example(line: "purpose: null", field: nil, expected: true),
        Example(line: "purpose: null", field: .null, expected: true),
        Example(line: "purpose: null", field: "", expected: false),
        Example(line: "purpose: ''", field: "", expected: true),
        Example(line: "purpose: ''", field: nil, expected: false),
        Example(line: "purpose|neq: null", field: "x", expected: true),
        Example(line: "purpose|neq: service", field: "other", expected: true),
        Example(line: "purpose|neq: service", field: nil, expected: true),
        Example(line: "purpose|exists: true", field: "x", expected: true),
        Example(line: "purpose|exists: false", field: nil, expected: true),
        Example(line: "purpose|gte: 10", field: 10, expected: true),
        Example(line: "purpose|gt: 10", field: 10, expected: false),
        Example(line: "purpose|lt: 10.5", field: 10, expected: true),
        Example(line: "purpose|lte: 9", field: "9", expected: true),
        Example(line: "purpose|gt: 1", field: "many", expected: false),
        Example(line: "purpose: 200", field: 200, expected: true),
        Example(line: "purpose: true", field: true, expected: true),
        Example(line: "purpose|re: '^s[aeiou]r.+e$'", field: "service", expected: true),
        Example(line: "purpose|re: '^SER'", field: "service", expected: false),
        Example(line: "purpose|re|i: '^SER'", field: "service", expected: true),
        Example(line: "purpose|re|m: '^b$'", field: "a\nb", expected: true),
        Example(line: "purpose|re|s: 'a.b'", field: "a\nb", expected: true),
        Example(line: "purpose|re: 'a.b'", field: "a\nb", expected: false),
        Example(line: "purpose|cidr: 192.0.2.0/24", field: "192.0.2.200", expected: true),
        Example(line: "purpose|cidr: 192.0.2.0/25", field: "192.0.2.200", expected: false),
        Example(line: "purpose|cidr: '2001:db8::/32'", field: "2001:db8:1::5", expected: true),
        Example(line: "purpose|cidr: '::ffff:10.0.0.0/104'", field: "::ffff:10.9.8.7", expected: true),
        Example(line: "purpose|cidr: 0.0.0.0/0", field: "not an address", expected: false),
        Example(line: "purpose|cidr: 10.0.0.0/8", field: "::ffff:10.9.8.7", expected: true),
        // What repeats nothing costs nothing, however often.
        Example(line: "purpose|re: '^(?:(?:(?:(?:a{0}){1000}){1000}){1000})*x$'", field: "x", expected: true),
        Example(line: "purpose|re: '^(?:(?:(){1000}){1000}){1000}x{2}?$'", field: "xx", expected: true),
        // Signs of anchors and aliases in a text are no aliases.
        Example(line: "purpose: 'a &b and *c'", field: "a &b and xc", expected: true),
        Example(line: "purpose|base64: hello", field: "aGVsbG8=", expected: true),
        Example(line: "purpose|base64|contains: abc", field: "xxYWJjyy", expected: true),
        Example(line: "purpose|fieldref: route", field: "PROFILE", expected: true),
        Example(line: "purpose|fieldref|cased: route", field: "PROFILE", expected: false),
        Example(line: "purpose|fieldref|startswith: route", field: "profile-2", expected: true),
        Example(line: "purpose|contains|expand: '%sensitive_fields%'", field: "customer.SSN", expected: true),
        Example(line: "purpose|hour: 23", field: "2026-12-31T23:15:00Z", expected: true),
        Example(line: "purpose|minute|gte: 15", field: "2026-12-31T23:15:00Z", expected: true),
        Example(line: "purpose|day: 31", field: "2026-12-31T23:15:00Z", expected: true),
        Example(line: "purpose|month: 12", field: "2026-12-31T23:15:00Z", expected: true),
        Example(line: "purpose|year: 2026", field: "2026-12-31T23:15:00Z", expected: true),
        Example(line: "purpose|week: 53", field: "2026-12-31T23:15:00Z", expected: true),
        Example(line: "purpose|week: 1", field: "2024-12-30T00:00:00Z", expected: true),
        Example(line: "purpose|week: 53", field: "2021-01-03T00:00:00Z", expected: true),
        Example(line: "dataFieldsViewed: ssn", field: "x", expected: true),
        Example(line: "dataFieldsMasked.payment.card: last4", field: "x", expected: true),
    ]

    @Test("each modifier", arguments: examples)
    func modifier(example: Example) throws {
        var fields: [String: JSONValue] = [
            "route": "profile", "dataFieldsViewed": ["name", "SSN"], "dataFieldsMasked": ["payment.card": "last4"],
        ]
        fields["purpose"] = example.field
        let found = try Self.matches("sel:\n  \(example.line)\ncondition: sel", fields)
        #expect(found == example.expected)
    }

    @Test(
        "conditions",
        arguments: [
            ("a and b", false), ("a or b", true), ("not b", true), ("a and not b", true), ("not a or b", false),
            ("not (a and b)", true), ("1 of them", true), ("all of them", false), ("all of x*", true),
            ("1 of x*", true),
            ("a and 1 of x* and not b", true), ("a or b and b", true), ("(a or b) and b", false), ("NOT NOT a", true),
        ]
    )
    func condition(text: String, expected: Bool) throws {
        var detection =
            "a: {route: profile}\nb: {route: other}\nx1: {route: pro*}\nx2: {route: '*file'}\ncondition: \(text)"
        // A selection that the condition does not use is an error, so those are left out.
        for name in ["a", "b", "x1", "x2"] where !text.contains("them") {
            let used =
                name.hasPrefix("x") ? text.contains("x*") : text.split { " ()".contains($0) }.contains(Substring(name))
            if !used {
                detection = detection.split(separator: "\n").filter { !$0.hasPrefix(name + ":") }.joined(
                    separator: "\n"
                )
            }
        }
        #expect(try Self.matches(detection, ["route": "profile"]) == expected)
    }

    static let refused: [(String, Int, String)] = [
        (ruleText("sel:\n  route|contain: x\ncondition: sel"), 7, "modifier 'contain' is not known"),
        (ruleText("sel:\n  rout: x\ncondition: sel"), 1, "has a field 'rout'"),
        (ruleText("sel:\n  eventType: NOPE\ncondition: sel"), 1, "'NOPE' is no type of event"),
        (ruleText("sel:\n  eventType: SINK_STOPPED\n  agentId: x\ncondition: sel"), 1, "has a field 'agentId'"),
        (ruleText("sel:\n  route: x\ncondition: other"), 8, "names 'other'"),
        (ruleText("sel:\n  route: x\nspare:\n  route: y\ncondition: sel"), 10, "'spare' is not used"),
        (ruleText("sel:\n  route: x\ncondition: (sel"), 8, "has no ')'"),
        (ruleText("sel:\n  route: x\ncondition: sel sel"), 8, "goes on after its end"),
        (ruleText("sel:\n  - x\ncondition: sel"), 7, "must be a mapping of fields"),
        (ruleText("sel:\n  route: []\ncondition: sel"), 7, "empty list"),
        (ruleText("sel:\n  route|all: x\ncondition: sel"), 7, "'all' needs a list"),
        (ruleText("sel:\n  route|i: x\ncondition: sel"), 7, "flag of 're'"),
        (ruleText("sel:\n  route|gt|lt: 1\ncondition: sel"), 7, "cannot stand together"),
        (ruleText("sel:\n  route|gt: many\ncondition: sel"), 7, "must be a number"),
        (ruleText("sel:\n  route|re: '(?=a)b'\ncondition: sel"), 7, "look-around"),
        (ruleText("sel:\n  route|re: '[a'\ncondition: sel"), 7, "no ']'"),
        (ruleText("sel:\n  route|re: 'a{2}{3}'\ncondition: sel"), 7, "two repetitions"),
        (ruleText("sel:\n  route|re: 'a\(String(repeating: "{1}", count: 6000))'\ncondition: sel"), 7, "longer than"),
        (
            ruleText("sel:\n  route|re: 'a\(String(repeating: "{1}", count: 1300))'\ncondition: sel"), 7,
            "two repetitions"
        ),
        (ruleText("sel: &s\n  route: x\nother: *s\ncondition: sel or other"), 8, "'*s' repeats another place"),
        (ruleText("? [&a [x], *a]\n: 1\ncondition: sel"), 6, "'*a' repeats another place"),
        (
            ruleText("sel:\n  route: x\ncondition: sel").replacing("Test", with: String(repeating: "x", count: 257)), 1,
            "256"
        ),
        (ruleText("sel:\n  route|cidr: 10.0.0.0/40\ncondition: sel"), 7, "not an address range"),
        (ruleText("sel:\n  route|expand: '%nobody%'\ncondition: sel"), 7, "%nobody% is not set"),
        (ruleText("sel:\n  route: x\ncondition: sel") + "\nseverity: high", 10, "has no key 'severity'"),
        (ruleText("sel:\n  route: x\n  route: y\ncondition: sel"), 7, "a key twice"),
        ("title: [", 2, "not valid YAML"),
        ("", 1, "holds no rule"),
        (ruleText("sel:\n  route: x\ncondition: sel") + "\n---\ntitle: a: b", 11, "not valid YAML"),
    ]

    @Test("what is wrong is said with file, line and what to do", arguments: refused)
    func refusal(text: String, line: Int, message: String) throws {
        let error = try #require(throws: RulePackError.self) { try pack(text) }
        let problem = try #require(error.problems.first)
        #expect(problem.message.contains(message), "\(problem)")
        #expect(problem.line == line, "\(problem)")
        #expect(problem.description.hasPrefix("test.yml:\(line): "))
    }

    @Test func aByteOrderMarkIsNoPartOfARule() throws {
        #expect(try pack("\u{FEFF}" + ruleText("sel:\n  route: x\ncondition: sel")).rules.count == 1)
    }

    @Test("a list that is empty in the configuration is never met")
    func emptyPlaceholder() throws {
        let text = ruleText("sel:\n  route|expand: '%watched%'\ncondition: sel")
        let pack = try RulePack(files: [RuleFile(name: "test.yml", text: text)], placeholders: ["watched": []])
        guard case .detection(let read) = pack.rules[0].kind else { return }
        #expect(!read.matches(event(0, "CUSTOMER_DATA_ACCESSED", ["route": "x"]).fields))
        #expect(!read.matches(event(0, "CUSTOMER_DATA_ACCESSED", ["route": ""]).fields))
    }

    static func correlation(_ lines: String) -> String {
        ruleText("sel:\n  route: x\ncondition: sel") + """

            ---
            title: Counting
            id: 00000000-0000-4000-8000-000000000002
            name: counting
            level: low
            correlation:
            \(lines.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))
            """
    }

    @Test(
        "correlations that cannot be counted are refused",
        arguments: [
            ("type: event_sum\nrules: test\ntimespan: 1m\ncondition: {gte: 1}", "not known"),
            ("type: event_count\nrules: nobody\ntimespan: 1m\ncondition: {gte: 1}", "which is no rule"),
            ("type: event_count\nrules: counting\ntimespan: 1m\ncondition: {gte: 1}", "in a circle"),
            ("type: event_count\nrules: test\ntimespan: 1y\ncondition: {gte: 1}", "timespan"),
            ("type: event_count\nrules: test\ntimespan: 1m", "no condition"),
            ("type: event_count\nrules: test\ntimespan: 1m\ncondition: {gte: 1, lte: 2}", "exactly one"),
            ("type: value_count\nrules: test\ntimespan: 1m\ncondition: {gte: 1}", "needs a field"),
            ("type: temporal\nrules: test\ntimespan: 1m", "two or more"),
            ("type: value_percentile\nrules: test\ntimespan: 1m\ncondition: {gte: 1, field: route}", "percentile"),
            ("type: event_count\nrules: test\ntimespan: 1m\ncondition: {gte: 1}\naliases: {}", "no key 'aliases'"),
        ]
    )
    func correlationRefusal(lines: String, message: String) throws {
        let error = try #require(throws: RulePackError.self) { try pack(Self.correlation(lines)) }
        #expect(error.problems.contains { $0.message.contains(message) }, "\(error)")
    }

    @Test("a base rule that is counted alerts only when the correlation says so", arguments: [true, false])
    func generate(generate: Bool) throws {
        let lines = "type: event_count\nrules: test\ntimespan: 1m\ncondition: {gte: 2}\ngenerate: \(generate)"
        let pack = try pack(Self.correlation(lines))
        #expect(pack.rules.map(\.alerts) == [generate, true])
    }

    @Test("a pattern made to hang others is answered at once")
    func patternIsLinear() throws {
        let pattern = try Pattern("^(a+)+$", .init())
        #expect(!pattern.matches(String(repeating: "a", count: 5000) + "b"))
        #expect(pattern.matches(String(repeating: "a", count: 5000)))
    }

    @Test(
        "patterns",
        arguments: [
            ("a|bc", "xbcx", true), ("^(?:ab){2,3}$", "ababab", true), ("^(?:ab){2,3}$", "ab", false),
            ("a{2}", "xaax", true),
            ("\\bcat\\b", "a cat.", true), ("\\bcat\\b", "concat", false), ("[^0-9]", "123", false),
            ("[a-c\\d]+$", "zb7", true),
            ("\\.", "a", false), ("x*", "", true), ("a{,2}", "a{,2}", true), ("[]a]", "]", true), ("(|a)b", "b", true),
            ("\\D\\W\\S", "a !", true), ("a+?b", "aab", true), ("^$", "", true), ("", "x", true),
        ]
    )
    func pattern(text: String, subject: String, expected: Bool) throws {
        #expect(try Pattern(text, .init()).matches(subject) == expected)
    }
}
