internal import Yams

/// A node of a rule file that knows where it stands.
struct RuleNode {
    let file: String
    private let node: Node
    private let fallbackLine: Int

    private init(_ node: Node, file: String, fallbackLine: Int) {
        self.node = node
        self.file = file
        self.fallbackLine = fallbackLine
    }

    /// The documents of a file, in order.
    static func documents(_ text: String, file: String) throws(RuleProblem) -> [RuleNode] {
        // Editors write a byte order mark that the parser takes for the beginning of a document.
        let text = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
        if let alias = AliasedNode(in: text) {
            throw RuleProblem(
                file: file,
                line: alias.line,
                message:
                    "'*\(alias.name)' repeats another place of the file: write it out, or quote it where it is text"
            )
        }
        do {
            // Composed to the end before any is looked at, so that a fault in the last document is reported too.
            var documents: [RuleNode] = []
            var nodes = try Yams.compose_all(yaml: text)
            while let node = nodes.next() {
                documents.append(RuleNode(node, file: file, fallbackLine: node.mark?.line ?? 1))
            }
            if let fault = nodes.error { throw fault }
            guard !documents.isEmpty else {
                throw RuleProblem(file: file, line: 1, message: "the file holds no rule: write one, or remove the file")
            }
            return documents
        } catch let problem as RuleProblem {
            throw problem
        } catch {
            throw problem(of: error, file: file)
        }
    }

    private static func problem(of error: any Error, file: String) -> RuleProblem {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            RuleProblem(file: file, line: mark.line, message: "this is not valid YAML: \(problem)")
        case .duplicatedKeysInMapping(let keys, let context):
            RuleProblem(
                file: file,
                line: context.mark.line,
                message: "one mapping has a key twice: \(keys.joined(separator: ", ")); keep one of them"
            )
        default:
            RuleProblem(file: file, line: 1, message: "this is not valid YAML in UTF-8")
        }
    }

    var line: Int { node.mark?.line ?? fallbackLine }

    func problem(_ message: String) -> RuleProblem { RuleProblem(file: file, line: line, message: message) }

    private func child(_ node: Node) -> RuleNode { RuleNode(node, file: file, fallbackLine: line) }

    // MARK: Scalars

    /// The text of a scalar, or nil for a list, a mapping or null.
    var text: String? { isNull ? nil : node.scalar?.string }

    /// Whether this is a plain null.
    var isNull: Bool {
        guard let scalar = node.scalar, scalar.style == .plain else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    func requiredText(_ what: String) throws(RuleProblem) -> String {
        guard let text else { throw problem("\(what) must be one text") }
        return text
    }

    func bool(_ what: String) throws(RuleProblem) -> Bool {
        switch text?.lowercased() {
        case "true", "yes": return true
        case "false", "no": return false
        default: throw problem("\(what) must be true or false")
        }
    }

    func integer(_ what: String) throws(RuleProblem) -> Int {
        guard let value = text.flatMap({ Int($0) }) else { throw problem("\(what) must be a whole number") }
        return value
    }

    func number(_ what: String) throws(RuleProblem) -> Double {
        guard let value = text.flatMap({ Double($0) }), value.isFinite else {
            throw problem("\(what) must be a number")
        }
        return value
    }

    // MARK: Lists and mappings

    /// The elements of a list, or nil for anything else.
    var list: [RuleNode]? { node.sequence.map { $0.map { child($0) } } }

    /// The elements of a list, or this alone.
    var oneOrMore: [RuleNode] { list ?? [self] }

    /// The members of a mapping in the file's order, or nil for anything else.
    func members() throws(RuleProblem) -> [(key: String, keyNode: RuleNode, value: RuleNode)]? {
        guard let mapping = node.mapping else { return nil }
        var members: [(key: String, keyNode: RuleNode, value: RuleNode)] = []
        for (key, value) in mapping {
            guard let name = key.scalar?.string else { throw child(key).problem("a key must be one text") }
            members.append((name, child(key), RuleNode(value, file: file, fallbackLine: key.mark?.line ?? line)))
        }
        return members
    }

    /// The members by name, when each is one of `known`.
    /// - Throws: the place of the first key that is not known.
    func mapping(of what: String, known: [String]) throws(RuleProblem) -> [String: RuleNode] {
        guard let members = try members() else { throw problem("\(what) must be a mapping") }
        var found: [String: RuleNode] = [:]
        for (key, keyNode, value) in members {
            guard known.contains(key) else {
                throw keyNode.problem("\(what) has no key '\(key)'; known keys: \(known.joined(separator: ", "))")
            }
            found[key] = value
        }
        return found
    }
}
