import Yams

/// Where sections come from, and where their problems go.
struct Source {
    /// The file, when it is not the configuration itself.
    var file: String?
    /// See ``YAMLDocument/repeated``.
    let repeated: [String: String]
    let collector: ProblemCollector

    func report(_ path: String, _ position: Position?, _ message: String) {
        collector.add(path, position, message, file: file)
    }
}

/// One mapping of a YAML text. Every key that is asked for is known; ``end()`` reports all others.
///
/// A setting that is missing or wrong is reported and reads as nil: reading goes on, so that all problems are found.
final class Section {
    private struct Member {
        let key: String
        let position: Position?
        let node: Node

        /// Whether nothing stands behind the key.
        var isNull: Bool {
            guard let scalar = node.scalar, scalar.style == .plain else { return false }
            return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
        }
    }

    let path: String
    let position: Position?
    let source: Source
    private let members: [Member]
    /// False when the section is missing or no mapping; that is reported once, and nothing in it is missed.
    let isReadable: Bool
    /// Whether every key could be read and stands once.
    let isSound: Bool
    private var known: Set<String> = []

    /// A section that is not there.
    private init(missing path: String, source: Source) {
        self.path = path
        self.source = source
        position = nil
        members = []
        isReadable = false
        isSound = false
    }

    init(_ node: Node, path: String, position: Position?, source: Source) {
        self.path = path
        self.position = position
        self.source = source
        isReadable = node.mapping != nil
        guard let mapping = node.mapping else {
            members = []
            isSound = false
            source.report(path, position, "must be a mapping of settings to values")
            return
        }
        var members: [Member] = []
        var repeated: [String] = []
        for (key, value) in mapping {
            let place = key.mark.map(Position.init)
            if let name = key.scalar?.string, let original = source.repeated[name] {
                repeated.append(original)
            } else if let name = key.scalar?.string {
                members.append(Member(key: name, position: place, node: value))
            } else {
                source.report(path, place, "has a key that is no text")
            }
        }
        self.members = members
        isSound = members.count == mapping.count
        for key in repeated {
            source.report(full(key), members.first { $0.key == key }?.position, "stands here again: keep one of them")
        }
    }

    // MARK: Reporting

    /// Reports a problem with a setting, or with the section as a whole when `key` is nil.
    func problem(_ key: String?, _ message: String) {
        guard let key else { return source.report(path, position, message) }
        source.report(full(key), place(key), message)
    }

    /// Reports the keys that nobody asked for.
    func end() {
        for member in members where !known.contains(member.key) {
            source.report(
                full(member.key),
                member.position,
                "is not a known setting; known here: \(known.sorted().joined(separator: ", "))"
            )
        }
    }

    /// Takes every key for known: for a section of which it cannot be told what belongs in it.
    func knowAll() { known.formUnion(members.map(\.key)) }

    /// What stands in the section, without comments; the same for sections that say the same in the same order.
    var serialized: String {
        members.map { "\($0.key): \((try? Yams.serialize(node: $0.node)) ?? "")" }.joined(separator: "\n")
    }

    /// The keys, where they are names of the operator's choice.
    var keys: [String] { members.map(\.key) }

    func full(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// Where a setting stands: its value when that is one text, its key otherwise, the section when it is missing.
    private func place(_ key: String) -> Position? {
        guard let member = member(key) else { return position }
        guard member.node.scalar != nil, !member.isNull else { return member.position }
        return member.node.mark.map(Position.init) ?? member.position
    }

    private func member(_ key: String) -> Member? { members.first { $0.key == key } }

    // MARK: Reading

    /// Whether the setting is there, right or wrong.
    func has(_ key: String) -> Bool {
        known.insert(key)
        return member(key) != nil
    }

    /// The setting's value; reports one that is empty.
    func value(_ key: String) -> Node? {
        known.insert(key)
        guard let member = member(key) else { return nil }
        guard !member.isNull else {
            problem(key, "has no value: give it one, or remove it")
            return nil
        }
        return member.node
    }

    /// Reports the setting when it is missing.
    /// - Parameter example: what to write.
    func require(_ key: String, example: String) {
        guard isReadable, !has(key) else { return }
        problem(key, "is missing: add it, such as '\(key): \(example)'")
    }

    func section(_ key: String) -> Section? {
        value(key).map { Section($0, path: full(key), position: place(key), source: source) }
    }

    /// - Parameter purpose: what the section is for, to be said when it is missing.
    func requiredSection(_ key: String, for purpose: String) -> Section {
        if let section = section(key) { return section }
        if isReadable, !has(key) { problem(key, "is missing: this section says \(purpose)") }
        return Section(missing: full(key), source: source)
    }

    /// The sections in this one, whose keys are names of the operator's choice.
    func named() -> [(name: String, section: Section)] {
        members.compactMap { member in section(member.key).map { (member.key, $0) } }
    }

    func isMapping(_ key: String) -> Bool { member(key)?.node.mapping != nil }

    func isEmptyList(_ key: String) -> Bool { member(key)?.node.sequence?.isEmpty ?? false }

    /// The sections in a list.
    func sections(_ key: String) -> [Section] {
        guard let node = value(key) else { return [] }
        guard let sequence = node.sequence else {
            problem(key, "must be a list")
            return []
        }
        return sequence.enumerated().map { index, item in
            Section(item, path: "\(full(key))[\(index)]", position: item.mark.map(Position.init), source: source)
        }
    }
}
