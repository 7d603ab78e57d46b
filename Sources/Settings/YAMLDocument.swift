import Yams

/// A YAML text read into a tree of nodes.
///
/// Yams stops at the first mapping that has a key twice. So that everything else is still read, the earlier of the two
/// is renamed and the text read again; ``repeated`` remembers what it was, and whoever reads that mapping reports it.
struct YAMLDocument {
    /// The outermost value; nil when the text holds none.
    let root: Node?
    /// The renamed keys: the name that they stand under now, and their own.
    let repeated: [String: String]

    /// Further repeated keys are reported by the first of them alone: each costs one more reading of the text.
    private static let maximumRepeated = 64

    init(_ text: String) throws(YAMLFault) {
        var text = text
        var repeated: [String: String] = [:]
        while true {
            do {
                root = try Yams.compose(yaml: text)
                self.repeated = repeated
                return
            } catch {
                guard case YamlError.duplicatedKeysInMapping(let keys, let context) = error, let key = keys.first,
                    repeated.count < Self.maximumRepeated,
                    let marker = Unicode.Scalar(0xE000 + UInt32(repeated.count)),
                    let name = Self.rename(key, at: context.mark, in: &text, with: marker)
                else { throw YAMLFault(error) }
                repeated[name] = key
            }
        }
    }

    /// Puts a marker of private use in the place of a key's first character, so that no other position changes.
    private static func rename(
        _ key: String,
        at mark: Mark,
        in text: inout String,
        with marker: Unicode.Scalar
    ) -> String? {
        var scalars = text.unicodeScalars
        guard let first = key.unicodeScalars.first, var index = self.index(of: mark, in: scalars) else { return nil }
        if scalars[index] == "\"" || scalars[index] == "'" { index = scalars.index(after: index) }
        guard index < scalars.endIndex, scalars[index] == first else { return nil }
        scalars.replaceSubrange(index...index, with: CollectionOfOne(marker))
        text = String(scalars)
        return String(marker) + String(key.unicodeScalars.dropFirst())
    }

    private static func index(of mark: Mark, in scalars: String.UnicodeScalarView) -> String.Index? {
        var index = scalars.startIndex
        for _ in 1..<max(mark.line, 1) {
            guard let end = scalars[index...].firstIndex(of: "\n") else { return nil }
            index = scalars.index(after: end)
        }
        guard mark.column > 0, let place = scalars.index(index, offsetBy: mark.column - 1, limitedBy: scalars.endIndex),
            place < scalars.endIndex
        else { return nil }
        return place
    }
}

/// Why a text is not YAML, and where; holds nothing of the text but keys.
struct YAMLFault: Error {
    let message: String
    let position: Position?

    init(_ error: any Error) {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            message = "is not valid YAML: \(problem)"
            position = Position(mark)
        case .duplicatedKeysInMapping(let keys, let context):
            message = "has a key twice in one mapping: \(keys.joined(separator: ", ")); keep one"
            position = Position(context.mark)
        case .reader(let problem, let offset, _, let yaml):
            message = "is not valid YAML: \(problem)"
            position = offset.map { Position(line: yaml.prefix($0).count { $0.isNewline } + 1, column: 1) }
        default:
            message = "is not valid YAML"
            position = nil
        }
    }
}

extension Position {
    init(_ mark: Mark) { self.init(line: mark.line, column: mark.column) }
}
