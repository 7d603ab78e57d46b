/// Why a rule file was refused: where, what is wrong, and what to do about it.
public struct RuleProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The rule file.
    public let file: String
    /// The line, counted from 1.
    public let line: Int
    /// What is wrong and what to write instead.
    public let message: String

    /// Names a problem.
    public init(file: String, line: Int, message: String) {
        self.file = file
        self.line = line
        self.message = message
    }

    /// `file:line: message`, as compilers write it.
    public var description: String { "\(file):\(line): \(message)" }
}

/// Everything that is wrong with a set of rule files, one problem for each rule at the least.
public struct RulePackError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, in the order of the files.
    public let problems: [RuleProblem]

    /// Collects problems.
    public init(problems: [RuleProblem]) { self.problems = problems }

    /// One problem a line.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
