import Foundation
public import Redaction

extension RedactionPolicy {
    /// Reads and checks the file of a redaction policy.
    ///
    /// - Throws: ``ConfigurationProblems`` with everything that is wrong, by line.
    public static func load(path: String) throws(ConfigurationProblems) -> RedactionPolicy {
        let collector = ProblemCollector()
        switch FileChecks.contents(path, isSecret: false) {
        case .success(let bytes):
            let policy = read(bytes, collector)
            if let policy, collector.count == 0 { return policy }
        case .failure(let fault): collector.add("", nil, fault.message)
        }
        throw ConfigurationProblems(file: path, problems: collector.problems)
    }

    private static func read(_ bytes: [UInt8], _ collector: ProblemCollector) -> RedactionPolicy? {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            collector.add("", nil, "is not UTF-8 text")
            return nil
        }
        do throws(YAMLFault) {
            let document = try YAMLDocument(text)
            guard let root = document.root else {
                collector.add("", nil, "is empty: write at least 'name: NAME' into it")
                return nil
            }
            let source = Source(file: nil, repeated: document.repeated, collector: collector)
            return RedactionPolicyReader.read(Section(root, path: "", position: nil, source: source))
        } catch {
            collector.add("", error.position, error.message)
            return nil
        }
    }
}

/// Reads the settings of a redaction policy.
enum RedactionPolicyReader {
    /// What a type that is not looked for has in the place of an action.
    static let ignore = "ignore"

    /// - Parameter name: the policy's name where its place gives it one; nil where the file does.
    static func read(_ section: Section, name: String? = nil) -> RedactionPolicy {
        defer { section.end() }
        var policy = RedactionPolicy(name: name ?? section.requiredText("name", example: "chat") ?? "")
        policy.version = section.integer("version", in: 1...1_000_000) ?? 1
        policy.threshold = section.integer("threshold", in: 1...100) ?? policy.threshold
        policy.keepsNumbers = section.flag("keepNumbers") ?? false
        if section.has("default") { policy.defaultAction = section.choice("default", Action.self) ?? .mask }
        if let types = section.section("types") { policy.actions = actions(types) }
        policy.allowed = AllowList(section.sections("allow").compactMap(allowed))
        policy.rules = section.sections("rules").compactMap(rule)
        return policy
    }

    private static func actions(_ section: Section) -> [EntityType: Action?] {
        defer { section.end() }
        var actions: [EntityType: Action?] = [:]
        for type in EntityType.allCases where section.has(type.name) {
            guard let text = section.text(type.name) else { continue }
            if text == ignore {
                actions.updateValue(nil, forKey: type)
            } else if let action = Action(rawValue: text) {
                actions[type] = action
            } else {
                let known = Action.allCases.map(\.rawValue) + [ignore]
                section.problem(type.name, "must be one of: \(known.joined(separator: ", "))")
            }
        }
        return actions
    }

    private static func type(_ section: Section) -> EntityType? {
        guard let name = section.text("type") else { return nil }
        if let type = EntityType(name: name) { return type }
        section.problem("type", "must be one of: \(EntityType.allCases.map(\.name).joined(separator: ", "))")
        return nil
    }

    private static func allowed(_ section: Section) -> AllowList.Entry? {
        defer { section.end() }
        let kinds: [(key: String, kind: AllowList.Entry.Kind)] = [
            ("exact", .exact), ("prefix", .prefix), ("hash", .hashed),
        ]
        let given = kinds.filter { section.has($0.key) }
        let type = section.has("type") ? type(section) : nil
        guard given.count == 1, let text = section.text(given[0].key) else {
            section.problem(nil, "needs exactly one of: exact, prefix, hash")
            return nil
        }
        return AllowList.Entry(given[0].kind, text, type: type)
    }

    private static func rule(_ section: Section) -> CustomRule? {
        defer { section.end() }
        let name = section.requiredText("name", example: "order-number")
        let pattern = section.requiredText("pattern", example: "'ORD-\\d{6}'")
        let type = section.has("type") ? type(section) : .custom
        guard let name, let pattern, let type else { return nil }
        do throws(CustomRule.Failure) {
            return try CustomRule(name: name, pattern: pattern, type: type)
        } catch {
            section.problem("pattern", "cannot be used: \(error.description) (at byte \(error.offset))")
            return nil
        }
    }
}
