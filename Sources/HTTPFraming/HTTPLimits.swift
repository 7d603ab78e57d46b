/// How much one HTTP message may ask a connection to hold.
public struct HTTPLimits: Sendable, Equatable {
    /// Most bytes of start line, headers and the empty line together; interim responses count towards it. The same
    /// number bounds chunk extensions and trailers of one chunked body.
    public let maximumHeadBytes: Int
    /// Most header lines in one head, and most trailer lines in one chunked body.
    public let maximumHeaderCount: Int
    /// Most body bytes after removal of the chunk framing.
    ///
    /// A chunked body of one-byte chunks takes six bytes of buffer per body byte.
    public let maximumBodyBytes: Int

    /// Above this no limit makes sense, and below it offsets cannot overflow.
    private static let ceiling = 1 << 40

    /// Creates limits; numbers below zero count as zero, numbers above 1 TiB as 1 TiB.
    public init(maximumHeadBytes: Int = 16384, maximumHeaderCount: Int = 64, maximumBodyBytes: Int) {
        self.maximumHeadBytes = min(max(0, maximumHeadBytes), Self.ceiling)
        self.maximumHeaderCount = min(max(0, maximumHeaderCount), Self.ceiling)
        self.maximumBodyBytes = min(max(0, maximumBodyBytes), Self.ceiling)
    }
}
