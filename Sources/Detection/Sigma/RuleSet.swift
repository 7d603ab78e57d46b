/// The rules in force, with what is needed to try others beside them.
public struct RuleSet: Sendable {
    /// The rules, read and checked.
    public let pack: RulePack
    /// Their texts.
    public let files: [RuleFile]
    /// The lists that values with the modifier `expand` name.
    public let lists: [String: [String]]

    /// Reads rules.
    /// - Throws: ``RulePackError`` with every problem at once.
    public init(
        files: [RuleFile],
        lists: [String: [String]] = RulePack.defaultPlaceholders
    ) throws(RulePackError) {
        pack = try RulePack(files: files, placeholders: lists)
        self.files = files
        self.lists = lists
    }

    /// The files that are not shipped.
    public var ownFiles: [RuleFile] {
        let shipped = Set(BuiltInRules.files)
        return files.filter { !shipped.contains($0) }
    }

    /// The rules with others beside them; one with the file name of another takes its place.
    /// - Throws: ``RulePackError`` with every problem at once.
    public func trying(_ others: [RuleFile]) throws(RulePackError) -> RuleSet {
        guard !others.isEmpty else { return self }
        func name(_ path: String) -> Substring { path.split(separator: "/").last ?? "" }
        let replaced = Set(others.map { name($0.name) })
        return try RuleSet(files: files.filter { !replaced.contains(name($0.name)) } + others, lists: lists)
    }

    /// The rules with some lists changed.
    func pack(lists others: [String: [String]]) throws(RulePackError) -> RulePack {
        try RulePack(files: files, placeholders: lists.merging(others) { _, other in other })
    }
}
