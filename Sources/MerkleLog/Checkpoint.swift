/// Why a text is not a checkpoint.
public enum CheckpointError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The line with this number, from 1, is missing, empty or not ended by a newline.
    case missingLine(Int)
    /// The second line is not a decimal number without leading zeros that fits 64 bits.
    case invalidSize
    /// The third line is not the base64 of 32 bytes.
    case invalidRoot
    /// Lines follow the root, and they are not allowed here or one of them is empty.
    case extensionLines

    /// What is wrong.
    public var description: String {
        switch self {
        case .missingLine(let number): "line \(number) of the checkpoint is missing, empty or not ended by a newline"
        case .invalidSize: "line 2 of the checkpoint is not a tree size: a decimal number without leading zeros"
        case .invalidRoot: "line 3 of the checkpoint is not a root hash: the standard base64 of 32 bytes"
        case .extensionLines:
            "lines after the root hash are not accepted in this log's checkpoints, nor empty ones in any"
        }
    }
}

/// The head of a log at one size: the text that its checkpoints sign (C2SP tlog-checkpoint).
public struct Checkpoint: Sendable, Hashable {
    /// The log's origin. Logs of others need not follow the rules of ``Origin``.
    public let origin: String
    /// Number of entries in the tree.
    public let size: UInt64
    /// Root hash of the tree of that size.
    public let root: Hash

    /// The head of a log of this system.
    public init(origin: Origin, size: UInt64, root: Hash) {
        self.origin = origin.text
        self.size = size
        self.root = root
    }

    /// Reads the text of a checkpoint, which is the text of a note without its signatures.
    ///
    /// - Parameter allowingExtensions: whether further non-empty lines may follow the root. They are not kept. Logs of
    ///   this system never write any: cosigners do not vouch for them.
    /// - Throws: ``CheckpointError``.
    public init(text: String, allowingExtensions: Bool = false) throws(CheckpointError) {
        var lines = LineReader(Array(text.utf8)[...])
        guard let origin = lines.next(), !origin.isEmpty else { throw .missingLine(1) }
        guard let sizeText = lines.next(), !sizeText.isEmpty else { throw .missingLine(2) }
        guard let rootText = lines.next(), !rootText.isEmpty else { throw .missingLine(3) }
        guard let size = Decimal.parse(sizeText) else { throw .invalidSize }
        guard let root = Hash(base64: rootText) else { throw .invalidRoot }
        while !lines.rest.isEmpty {
            guard allowingExtensions, let line = lines.next(), !line.isEmpty else { throw .extensionLines }
        }
        self.origin = String(decoding: origin, as: UTF8.self)
        self.size = size
        self.root = root
    }

    /// The three lines, each ended by a newline.
    public var text: String {
        "\(origin)\n\(size)\n\(root.base64)\n"
    }

    /// Whether origin (byte for byte), size and root are equal.
    public static func == (left: Checkpoint, right: Checkpoint) -> Bool {
        left.origin.hasSameBytes(as: right.origin) && left.size == right.size && left.root == right.root
    }

    /// Feeds size and root; equal checkpoints have equal ones.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(size)
        hasher.combine(root)
    }
}
