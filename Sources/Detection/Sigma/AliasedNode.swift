/// An alias of YAML (YAML 1.2, 7.1): the repetition of a node that an anchor names.
///
/// A few hundred bytes of aliases of aliases stand for more nodes than any memory holds, and the parser expands them where it looks
/// for keys that stand twice. Rules need none, so a text that has one is refused before it is parsed.
struct AliasedNode {
    /// What the anchor is called.
    let name: String
    /// The line of the alias, counted from 1.
    let line: Int

    /// The first alias whose anchor the text has, too; nil when there is none. Both are looked for wherever a node may begin, in
    /// quoted texts, too: nothing is missed, and nothing is mistaken but a text that holds both words.
    init?(in text: String) {
        let bytes = Array(text.utf8)
        let anchors = Set(Self.words(after: UInt8(ascii: "&"), in: bytes).map(\.name))
        guard !anchors.isEmpty,
            let alias = Self.words(after: UInt8(ascii: "*"), in: bytes).first(where: { anchors.contains($0.name) })
        else { return nil }
        name = String(decoding: alias.name, as: UTF8.self)
        line = bytes[..<alias.start].count { $0 == UInt8(ascii: "\n") } + 1
    }

    private static func words(after sign: UInt8, in bytes: [UInt8]) -> [(name: ArraySlice<UInt8>, start: Int)] {
        bytes.indices.compactMap { start in
            guard bytes[start] == sign, start == 0 || mayPrecedeNode(bytes[start - 1]) else { return nil }
            let name = bytes[(start + 1)...].prefix(while: isNamePart)
            return name.isEmpty ? nil : (name, start)
        }
    }

    /// White space and the indicators of flow collections; the last byte of a line break that is not ASCII, too.
    private static func mayPrecedeNode(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte >= 0x80 || "[]{},:?-".utf8.contains(byte)
    }

    private static func isNamePart(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
        default: false
        }
    }
}
