import Yams

/// One mapping of the YAML file. Every key that is asked for is known; `end` reports all others.
///
/// A setting that is missing or wrong is reported, and reads as nil or as its default: reading goes on, so that all problems are found.
final class Section {
    let path: String
    let line: Int?
    let collector: ProblemCollector
    private let members: [(key: String, node: Node)]
    private var known: Set<String> = []

    init(_ node: Node?, path: String, collector: ProblemCollector) {
        self.path = path
        self.collector = collector
        line = node?.mark?.line
        guard let node else {
            members = []
            return
        }
        guard let mapping = node.mapping else {
            collector.add(path, node.mark?.line, "must be a mapping of keys to values")
            members = []
            return
        }
        members = mapping.map { ($0.key.string ?? "", $0.value) }
    }

    // MARK: Reporting

    func problem(_ key: String?, _ message: String) {
        let node = key.flatMap { name in members.first { $0.key == name }?.node }
        collector.add(key.map { full($0) } ?? path, node?.mark?.line ?? line, message)
    }

    /// Reports the keys that nobody asked for.
    func end() {
        for (key, node) in members where !known.contains(key) {
            collector.add(
                full(key),
                node.mark?.line,
                "is not a known setting; known here: \(known.sorted().joined(separator: ", "))"
            )
        }
    }

    private func full(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    // MARK: Reading

    func has(_ key: String) -> Bool { node(key) != nil }

    func node(_ key: String) -> Node? {
        known.insert(key)
        guard let node = members.first(where: { $0.key == key })?.node else { return nil }
        // `key:` with nothing behind it counts as absent.
        if let scalar = node.scalar, scalar.style == .plain, ["", "~", "null"].contains(scalar.string) { return nil }
        return node
    }

    func section(_ key: String) -> Section? {
        node(key).map { Section($0, path: full(key), collector: collector) }
    }

    func requiredSection(_ key: String) -> Section {
        if let section = section(key) { return section }
        problem(nil, "the section '\(key)' is missing")
        return Section(nil, path: full(key), collector: collector)
    }

    /// The members of a mapping whose keys are names of the operator's choice.
    func named(_ key: String) -> [(name: String, section: Section)] {
        guard let node = node(key) else { return [] }
        guard let mapping = node.mapping else {
            problem(key, "must be a mapping of names to settings")
            return []
        }
        return mapping.map { member in
            let name = member.key.string ?? ""
            return (name, Section(member.value, path: "\(full(key)).\(name)", collector: collector))
        }
    }

    /// The mappings in a list.
    func sections(_ key: String) -> [Section] {
        guard let node = node(key) else { return [] }
        guard let sequence = node.sequence else {
            problem(key, "must be a list")
            return []
        }
        return sequence.enumerated().map { Section($1, path: "\(full(key))[\($0)]", collector: collector) }
    }

    func text(_ key: String) -> String? {
        guard let node = node(key) else { return nil }
        guard let scalar = node.scalar else {
            problem(key, "must be a text")
            return nil
        }
        return scalar.string
    }

    func requiredText(_ key: String) -> String? {
        if let text = text(key) { return text }
        if !has(key) { problem(nil, "the setting '\(key)' is missing") }
        return nil
    }

    func texts(_ key: String) -> [String] {
        guard let node = node(key) else { return [] }
        // One text stands for a list of one.
        if let scalar = node.scalar { return [scalar.string] }
        guard let sequence = node.sequence else {
            problem(key, "must be a list of texts")
            return []
        }
        return sequence.compactMap { item in
            if let scalar = item.scalar { return scalar.string }
            collector.add(full(key), item.mark?.line, "must be a list of texts")
            return nil
        }
    }

    func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let text = text(key) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            problem(key, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }

    func flag(_ key: String) -> Bool? {
        guard let text = text(key) else { return nil }
        switch text {
        case "true": return true
        case "false": return false
        default:
            problem(key, "must be true or false")
            return nil
        }
    }

    /// A time such as `400ms`, `4s`, `5m`, `1h`, in milliseconds.
    func duration(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let text = text(key) else { return nil }
        let units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
        for (unit, factor) in units where text.hasSuffix(unit) {
            if let count = Int(text.dropLast(unit.count)), count >= 0, count <= Int.max / factor {
                guard range.contains(count * factor) else { break }
                return count * factor
            }
        }
        problem(
            key,
            "must be a time from \(range.lowerBound)ms to \(range.upperBound)ms, written like 400ms, 4s, 5m or 1h"
        )
        return nil
    }

    /// A size such as `64KiB` or `1MiB`, in bytes.
    func size(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let text = text(key) else { return nil }
        let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)]
        for (unit, factor) in units where text.hasSuffix(unit) {
            if let count = Int(text.dropLast(3)), count >= 0, count <= Int.max / factor {
                guard range.contains(count * factor) else { break }
                return count * factor
            }
        }
        problem(
            key,
            "must be a size from \(range.lowerBound >> 10)KiB to \(range.upperBound >> 20)MiB, written like 64KiB or 1MiB"
        )
        return nil
    }

    /// One of a closed list of names.
    func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, _ type: Choice.Type) -> Choice?
    where Choice.RawValue == String {
        guard let text = text(key) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        problem(key, "must be one of: \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        return nil
    }
}
