public import Detection
public import JSON

extension Rule {
    /// What a list says of it.
    public var json: JSONValue {
        [
            "code": .string(code), "name": .string(name), "title": .string(title), "version": .integer(Int64(version)),
            "severity": .string(severity.rawValue), "file": .string(file),
        ]
    }
}

extension RuleTest.Report {
    /// How many cases there were, and which did not do as they say.
    public var json: JSONValue {
        [
            "passed": .bool(passed), "cases": .integer(Int64(results.count)),
            "failed": .array(
                results.filter { !$0.passed }.map {
                    [
                        "rule": .string($0.rule), "file": .string($0.file), "line": .integer(Int64($0.line)),
                        "name": .string($0.name), "expected": .bool($0.expected), "fired": .bool($0.fired),
                        "outcome": .string($0.outcome.description),
                    ]
                }
            ),
            "shortcomings": .array(shortcomings.map { .string($0) }),
        ]
    }
}

extension MutantTest.Report {
    /// How many changes of each rule its fixtures notice, and those that they do not.
    public var json: JSONValue {
        [
            "passed": .bool(passed), "killed": .integer(Int64(killed)), "mutants": .integer(Int64(total)),
            "rules": .array(
                tallies.map {
                    [
                        "rule": .string($0.rule), "file": .string($0.file), "killed": .integer(Int64($0.killed)),
                        "mutants": .integer(Int64($0.total)), "equivalent": .integer(Int64($0.equivalent)),
                        "survivors": .array($0.survivors.map { .string($0) }),
                    ]
                }
            ),
            "shortcomings": .array(shortcomings.map { .string($0) }),
        ]
    }
}
