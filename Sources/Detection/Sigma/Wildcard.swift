/// A Sigma string: `*` stands for any text, `?` for one character, a backslash before one of them or before a backslash that
/// precedes one of them takes its meaning away, and any other backslash is itself (Sigma 2.1, "Escaping").
struct Wildcard: Hashable, Sendable, CustomStringConvertible {
    private enum Piece: Hashable, Sendable {
        case literal(Unicode.Scalar)
        case one
        case run
    }

    private var pieces: [Piece] = []
    private let cased: Bool
    /// The text when there is no wildcard in it.
    private(set) var literal: String?

    init(_ text: String, cased: Bool) {
        self.cased = cased
        let scalars = Array((cased ? text : text.lowercased()).unicodeScalars)
        var index = 0
        while index < scalars.count {
            switch scalars[index] {
            case "*": pieces.append(.run)
            case "?": pieces.append(.one)
            case "\\" where index + 1 < scalars.count && "*?\\".unicodeScalars.contains(scalars[index + 1]):
                index += 1
                pieces.append(.literal(scalars[index]))
            case let scalar: pieces.append(.literal(scalar))
            }
            index += 1
        }
        settle()
    }

    /// As it would be written, without the backslashes.
    var description: String {
        pieces.map {
            switch $0 {
            case .literal(let scalar): String(scalar)
            case .one: "?"
            case .run: "*"
            }
        }.joined()
    }

    /// The same with any text before it, after it, or both.
    func extended(before: Bool, after: Bool) -> Wildcard {
        var wider = self
        if before { wider.pieces.insert(.run, at: 0) }
        if after { wider.pieces.append(.run) }
        wider.settle()
        return wider
    }

    private mutating func settle() {
        var scalars = String.UnicodeScalarView()
        for piece in pieces {
            guard case .literal(let scalar) = piece else {
                literal = nil
                return
            }
            scalars.append(scalar)
        }
        literal = String(scalars)
    }

    func matches(_ text: String) -> Bool {
        if let literal {
            if Self.sameUTF8(text, literal) { return true }
            return !cased && Self.foldedEquals(text, literal)
        }
        return matches(Array((cased ? text : text.lowercased()).unicodeScalars))
    }

    /// Goes back to the latest run only, which is enough for such patterns and keeps the work at length times length.
    private func matches(_ text: [Unicode.Scalar]) -> Bool {
        var piece = 0
        var position = 0
        var lastRun: (piece: Int, position: Int)?
        while position < text.count {
            if piece < pieces.count {
                switch pieces[piece] {
                case .run:
                    lastRun = (piece, position)
                    piece += 1
                    continue
                case .one:
                    piece += 1
                    position += 1
                    continue
                case .literal(let scalar) where scalar == text[position]:
                    piece += 1
                    position += 1
                    continue
                case .literal:
                    break
                }
            }
            guard let run = lastRun else { return false }
            lastRun = (run.piece, run.position + 1)
            piece = run.piece + 1
            position = run.position + 1
        }
        return pieces[piece...].allSatisfy { $0 == .run }
    }

    private static func sameUTF8(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count && left.utf8.elementsEqual(right.utf8)
    }

    /// Compares with a text that is in lower case already, without making a new one when both are ASCII.
    private static func foldedEquals(_ text: String, _ lowered: String) -> Bool {
        var expected = lowered.utf8.makeIterator()
        for byte in text.utf8 {
            guard byte < 0x80 else { return text.lowercased().utf8.elementsEqual(lowered.utf8) }
            let folded = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
            guard let other = expected.next() else { return false }
            if folded != other {
                // Only a letter outside ASCII could still fold to ASCII, and this one is ASCII; but a later one may not be.
                return text.utf8.contains { $0 >= 0x80 } && text.lowercased().utf8.elementsEqual(lowered.utf8)
            }
        }
        return expected.next() == nil
    }
}
