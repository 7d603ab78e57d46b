import TextEncoding

/// Which trace a request belongs to (W3C Trace Context, level 1).
public struct TraceContext: Sendable, Hashable {
    /// The trace, 16 bytes.
    public let trace: [UInt8]
    /// The span that a request comes from, 8 bytes.
    public let span: [UInt8]
    /// Whether whoever began the trace keeps it.
    public let isSampled: Bool

    /// Names a place in a trace.
    public init(trace: [UInt8], span: [UInt8], isSampled: Bool) {
        self.trace = trace
        self.span = span
        self.isSampled = isSampled
    }

    /// A trace that begins here.
    /// - Parameter ratio: which part of traces is kept, 0 to 1.
    public init(keeping ratio: Double, using generator: inout some RandomNumberGenerator) {
        trace = Self.bytes(16, &generator)
        span = Self.bytes(8, &generator)
        isSampled = Double.random(in: 0..<1, using: &generator) < ratio
    }

    /// Reads a `traceparent` header; nil for one that the recommendation calls invalid, which is then as if it were not there.
    public init?(traceparent header: some Collection<UInt8>) {
        let text = Array(header.prefix(56))
        let hyphen = UInt8(ascii: "-")
        guard text.count >= 55, text[2] == hyphen, text[35] == hyphen, text[52] == hyphen,
            let version = Self.decode(text[0..<2])?.first, version != 0xff,
            let trace = Self.decode(text[3..<35]), let span = Self.decode(text[36..<52]),
            let flags = Self.decode(text[53..<55])?.first,
            trace.contains(where: { $0 != 0 }), span.contains(where: { $0 != 0 }),
            // Version 0 ends here; later ones may say more, after another hyphen.
            header.count == 55 || version != 0 && text[55] == hyphen
        else { return nil }
        self.init(trace: trace, span: span, isSampled: flags & 1 == 1)
    }

    /// The header for a request that comes from a span of this trace.
    public func traceparent(span: [UInt8]) -> String {
        "00-\(Hex.encode(trace))-\(Hex.encode(span))-\(isSampled ? "01" : "00")"
    }

    /// Upper-case digits are not allowed.
    private static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard !text.contains(where: { (UInt8(ascii: "A")...UInt8(ascii: "F")).contains($0) }) else { return nil }
        return Hex.decode(text)
    }

    /// Random bytes that are not all zero.
    public static func bytes(_ count: Int, _ generator: inout some RandomNumberGenerator) -> [UInt8] {
        var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        if !bytes.contains(where: { $0 != 0 }) { bytes[0] = 1 }
        return bytes
    }
}
