import Crypto

extension AppendedFile {
    /// Which file, how much of it is confirmed, and how that ends.
    struct Position: Sendable, Hashable, CustomStringConvertible {
        /// Its number in the file system.
        let inode: UInt64
        /// Bytes that are confirmed.
        let length: Int
        /// SHA-256 of the last bytes that are confirmed, in hex; nil where an earlier version kept none.
        let tail: String?

        init(inode: UInt64, length: Int, tail: String?) {
            self.inode = inode
            self.length = length
            self.tail = tail
        }

        init?(_ text: String) {
            let parts = text.split(separator: ":")
            guard (2...3).contains(parts.count), let inode = UInt64(parts[0]), let length = Int(parts[1]), length >= 0
            else { return nil }
            self.init(inode: inode, length: length, tail: parts.count == 3 ? String(parts[2]) : nil)
        }

        var description: String { "\(inode):\(length)" + (tail.map { ":" + $0 } ?? "") }
    }

    /// The last bytes of what is confirmed: by them it is seen that a file is still the one that was written.
    struct Tail: Sendable {
        /// So many of them at the most.
        static let most = 4096

        private var bytes: [UInt8]

        init(_ bytes: some Collection<UInt8>) { self.bytes = Array(bytes.suffix(Self.most)) }

        mutating func append(_ added: [UInt8]) { self = Tail(bytes.suffix(Self.most) + added.suffix(Self.most)) }

        var hash: String {
            SHA256.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
    }
}
