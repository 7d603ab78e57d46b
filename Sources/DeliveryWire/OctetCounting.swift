/// Octet counting of RFC 5425 section 4.3: the length in decimal, a space, the message.
public enum OctetCounting {
    /// One frame.
    public static func frame(_ message: [UInt8]) -> [UInt8] { Array("\(message.count) ".utf8) + message }
}

/// Why a stream of frames is refused.
public enum OctetCountingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The length does not begin with 1 to 9, has another byte than a digit, or is longer than the maximum.
    case length

    /// What is wrong.
    public var description: String { "syslog: a frame does not begin with its length" }
}

/// Takes frames out of a stream of bytes that comes in pieces of any size.
public struct OctetCountingDecoder: Sendable {
    /// The longest message that is accepted, in bytes.
    public let maximumBytes: Int
    private var buffer: [UInt8] = []

    /// Begins at the start of a stream.
    public init(maximumBytes: Int = 64 * 1024) { self.maximumBytes = max(maximumBytes, 1) }

    /// How many bytes of an unfinished frame are held.
    public var pendingBytes: Int { buffer.count }

    /// Adds bytes and returns the messages that are complete by them.
    /// - Throws: ``OctetCountingError``; the stream is of no use after that.
    public mutating func receive(_ bytes: some Sequence<UInt8>) throws(OctetCountingError) -> [[UInt8]] {
        buffer += bytes
        var messages: [[UInt8]] = []
        var start = 0
        while let (length, digits) = try Self.length(buffer[start...], maximum: maximumBytes) {
            let body = start + digits + 1
            guard buffer.count - body >= length else { break }
            messages.append(Array(buffer[body..<(body + length)]))
            start = body + length
        }
        buffer.removeFirst(start)
        return messages
    }

    private static func length(
        _ bytes: ArraySlice<UInt8>,
        maximum: Int
    ) throws(OctetCountingError) -> (length: Int, digits: Int)? {
        var length = 0
        for (position, byte) in bytes.enumerated() {
            if byte == 0x20, position > 0 { return (length, position) }
            guard (0x30...0x39).contains(byte), position > 0 || byte != 0x30 else { throw .length }
            length = length * 10 + Int(byte - 0x30)
            guard length <= maximum else { throw .length }
        }
        return nil
    }
}
