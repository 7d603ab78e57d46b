/// One thing that is wrong with a configuration: where, what, and what to do.
public struct ConfigurationProblem: Sendable, Hashable, CustomStringConvertible {
    /// The setting, such as `routes.customer-profile.fields[2].category`; empty when it is the file as a whole.
    public let path: String
    /// The file that it stands in, when that is not the configuration itself but one that it names.
    public let file: String?
    /// The line in the file, from 1; nil when the problem has none.
    public let line: Int?
    /// The column in the line, from 1; nil when the problem has none.
    public let column: Int?
    /// What is wrong and what to do. Never holds a secret.
    public let message: String

    /// Place, setting and message in one line.
    public var description: String {
        var place = file.map { [$0] } ?? []
        if let line { place.append("line \(line)") }
        if let column { place.append("column \(column)") }
        return [place.joined(separator: ", "), path, message].filter { !$0.isEmpty }.joined(separator: ": ")
    }
}

/// Everything that is wrong with a configuration, found in one reading.
public struct ConfigurationProblems: Error, Sendable, CustomStringConvertible {
    /// The file.
    public let file: String
    /// The problems in the order of the file, then those in files that it names.
    public let problems: [ConfigurationProblem]

    /// A heading with the count, and one line for each problem.
    public var description: String {
        let count = problems.count == 1 ? "1 problem" : "\(problems.count) problems"
        return "\(file): \(count)\n" + problems.map { "  \($0)" }.joined(separator: "\n")
    }
}

/// A place in a YAML text; line and column count from 1.
struct Position: Hashable {
    let line: Int
    let column: Int
}

/// Gathers problems while a configuration is read, so that one reading finds them all.
final class ProblemCollector {
    private var found: [ConfigurationProblem] = []
    private var known: Set<ConfigurationProblem> = []

    var count: Int { found.count }

    func add(_ path: String, _ position: Position?, _ message: String, file: String? = nil) {
        let problem = ConfigurationProblem(
            path: path,
            file: file,
            line: position?.line,
            column: position?.column,
            message: message
        )
        if known.insert(problem).inserted { found.append(problem) }
    }

    /// The problems in the file's order; what was found first comes first where places are equal.
    var problems: [ConfigurationProblem] {
        func place(_ problem: ConfigurationProblem) -> (String, Int, Int) {
            (problem.file ?? "", problem.line ?? 0, problem.column ?? 0)
        }
        return found.enumerated().sorted { left, right in
            let (first, second) = (place(left.element), place(right.element))
            return first == second ? left.offset < right.offset : first < second
        }.map(\.element)
    }
}
