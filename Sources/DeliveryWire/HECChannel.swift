/// A channel of the HTTP Event Collector: a GUID that scopes acknowledgement ids. Ids start anew with each channel, so a process
/// makes a new one when it starts and never uses one again.
public struct HECChannel: Sendable, Hashable, CustomStringConvertible {
    /// 8-4-4-4-12 hexadecimal digits, upper case.
    public let description: String

    /// Draws a version 4 GUID (RFC 9562).
    public static func random(using generator: inout some RandomNumberGenerator) -> HECChannel {
        let high: UInt64 = generator.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low: UInt64 = generator.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        func hex(_ value: UInt64) -> String {
            let text = String(value, radix: 16, uppercase: true)
            return String(repeating: "0", count: 16 - text.count) + text
        }
        let digits = Array(hex(high) + hex(low))
        let groups = [digits[0..<8], digits[8..<12], digits[12..<16], digits[16..<20], digits[20..<32]]
        return HECChannel(unchecked: groups.map { String($0) }.joined(separator: "-"))
    }

    private init(unchecked text: String) { description = text }

    /// Reads a GUID.
    /// - Throws: ``HECError/channel``.
    public init(_ text: String) throws(HECError) {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        guard groups.map(\.utf8.count) == [8, 4, 4, 4, 12], text.allSatisfy({ $0 == "-" || $0.isHexDigit }) else {
            throw .channel
        }
        description = text.uppercased()
    }
}

/// What a token does with acknowledgements, found out from its replies and never guessed.
public enum HECGuarantee: Sendable, Hashable {
    /// No reply yet.
    case unknown
    /// Replies carry acknowledgement ids: delivery can be confirmed.
    case acknowledged
    /// Replies carry none: a success means taken, not stored.
    case acceptedOnly
}
