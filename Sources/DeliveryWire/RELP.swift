/// A frame of RELP, the Reliable Event Logging Protocol in which rsyslog acknowledges messages: number, command, length of the
/// data, the data, with a line feed at the end. The number names a transaction; its answer carries the same.
public struct RELPFrame: Sendable, Hashable {
    /// The largest transaction number; after it comes 1.
    public static let lastNumber = 999_999_999
    /// What we say of ourselves when a session begins.
    public static let offers = "relp_version=0\nrelp_software=muniment\ncommands=syslog"

    /// The transaction's number; 0 for what a server says unasked.
    public let number: Int
    /// `open`, `close`, `syslog`, `rsp`, `serverclose` or another.
    public let command: String
    /// What goes with it.
    public let data: [UInt8]

    /// Makes a frame.
    public init(number: Int, command: String, data: [UInt8] = []) {
        self.number = number
        self.command = command
        self.data = data
    }

    /// The number after another.
    public static func number(after number: Int) -> Int { number >= lastNumber ? 1 : number + 1 }

    /// Its bytes.
    public var bytes: [UInt8] {
        let header = "\(number) \(command) \(data.count)"
        return Array((data.isEmpty ? header : header + " ").utf8) + data + [0x0A]
    }
}

/// Why a stream of frames is refused.
public enum RELPError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A header has another form, or names more data than is taken.
    case header
    /// The data is not followed by a line feed.
    case trailer

    /// What is wrong.
    public var description: String {
        switch self {
        case .header: "RELP: a frame does not begin with number, command and length"
        case .trailer: "RELP: a frame does not end with a line feed"
        }
    }
}

/// Takes frames out of a stream of bytes that comes in pieces of any size.
public struct RELPDecoder: Sendable {
    private let maximumBytes: Int
    private var buffer: [UInt8] = []

    /// - Parameter maximumBytes: most data of one frame.
    public init(maximumBytes: Int = 128 * 1024) { self.maximumBytes = maximumBytes }

    /// Adds bytes and returns the frames that are complete by them.
    /// - Throws: ``RELPError``; the stream is of no use after that.
    public mutating func receive(_ bytes: some Sequence<UInt8>) throws(RELPError) -> [RELPFrame] {
        buffer += bytes
        var frames: [RELPFrame] = []
        var rest = buffer[...]
        while let frame = try Self.take(&rest, maximumBytes) { frames.append(frame) }
        buffer = Array(rest)
        return frames
    }

    /// Longest of a number, of a command and of a length, as the specification limits them.
    private static let widths = [9, 32, 9]

    private static func take(_ bytes: inout ArraySlice<UInt8>, _ maximum: Int) throws(RELPError) -> RELPFrame? {
        var words: [ArraySlice<UInt8>] = []
        var rest = bytes
        for (position, width) in widths.enumerated() {
            let isLast = position == widths.count - 1
            guard let end = rest.prefix(width + 1).firstIndex(where: { $0 == 0x20 || isLast && $0 == 0x0A }) else {
                guard rest.count <= width else { throw .header }
                return nil
            }
            guard end > rest.startIndex else { throw .header }
            words.append(rest[..<end])
            // What ends a length stays: a line feed ends the frame too.
            rest = isLast ? rest[end...] : rest[(end + 1)...]
        }
        guard let number = decimal(words[0]), let length = decimal(words[2]), length <= maximum,
            words[1].allSatisfy({ (0x61...0x7A).contains($0 | 0x20) })
        else { throw .header }
        let command = String(decoding: words[1], as: UTF8.self)
        // Nothing stands between an empty length and the line feed; some servers write a space there all the same.
        if rest.first == 0x20 { rest.removeFirst() } else if length > 0 { throw .header }
        guard rest.count > length else { return nil }
        let data = Array(rest.prefix(length))
        rest.removeFirst(length)
        guard rest.removeFirst() == 0x0A else { throw .trailer }
        bytes = rest
        return RELPFrame(number: number, command: command, data: data)
    }

    private static func decimal(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(String(decoding: bytes, as: UTF8.self))
    }
}

/// What a server answers to one transaction: a code of three digits, perhaps words, perhaps lines of `name=value`.
public struct RELPAnswer: Sendable, Hashable {
    /// 200 when it is done.
    public let code: Int
    /// The server's offers, of the answer to `open`.
    public let offers: [String: String]

    /// Reads the data of a `rsp`; nil when there is no code.
    public init?(_ data: [UInt8]) {
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        let first = lines.first?.prefix { $0 != " " } ?? ""
        guard first.utf8.count == 3, let code = Int(first) else { return nil }
        self.code = code
        offers = lines.dropFirst().reduce(into: [:]) { offers, line in
            let parts = line.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { offers[String(parts[0])] = String(parts[1]) }
        }
    }

    /// Whether the server takes messages in this session.
    public var offersSyslog: Bool {
        offers["commands"]?.split(separator: ",").contains("syslog") ?? false
    }

    /// What the answers to messages mean, in their order.
    public static func verdict(of answers: [RELPAnswer]) -> Verdict {
        guard let refused = answers.firstIndex(where: { $0.code != 200 }) else { return Verdict(.ok, reason: "taken") }
        return Verdict(
            .split,
            mayBeStored: true,
            hint: refused > 0 ? .stored(prefix: refused) : .none,
            reason: "the receiver refuses the message"
        )
    }
}
