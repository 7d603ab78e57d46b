/// One thing that is wrong with a configuration: where, what, and what to do.
public struct ConfigurationProblem: Sendable, Hashable, CustomStringConvertible {
    /// The setting, such as `routes.customer-profile.fields[2].category`.
    public let path: String
    /// The line in the file, from 1; nil when the problem has none.
    public let line: Int?
    /// What is wrong and what to do. Never holds a secret.
    public let message: String

    public var description: String {
        "\(line.map { "line \($0): " } ?? "")\(path.isEmpty ? "" : "\(path): ")\(message)"
    }
}

/// Everything that is wrong with a configuration, found in one reading.
public struct ConfigurationProblems: Error, Sendable, CustomStringConvertible {
    /// The file.
    public let file: String
    /// The problems, in the file's order.
    public let problems: [ConfigurationProblem]

    public var description: String {
        let count = problems.count == 1 ? "1 problem" : "\(problems.count) problems"
        return "\(file): \(count)\n" + problems.map { "  \($0)" }.joined(separator: "\n")
    }
}

/// Gathers problems while a file is read, so that one reading finds them all.
final class ProblemCollector {
    private(set) var problems: [ConfigurationProblem] = []

    func add(_ path: String, _ line: Int?, _ message: String) {
        let problem = ConfigurationProblem(path: path, line: line, message: message)
        if !problems.contains(problem) { problems.append(problem) }
    }
}
