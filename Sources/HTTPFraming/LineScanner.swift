/// Takes CRLF-terminated lines from a region that grows; no byte is searched twice.
struct LineScanner: Sendable {
    /// The first byte of the line that is not complete yet.
    private(set) var start: Int
    /// Up to here the line is known to hold no LF.
    private var scanned: Int

    init(at start: Int) {
        self.start = start
        scanned = start
    }

    /// The next line without its CRLF, or nil when it does not end before `limit` in the bytes there are.
    mutating func next(
        in bytes: UnsafeRawBufferPointer,
        before limit: Int,
        from sender: FramingError.Sender
    ) throws(FramingError) -> Range<Int>? {
        let end = min(bytes.count, limit)
        guard scanned < end else { return nil }
        let lineFeed = Scan.lineFeed(bytes, in: scanned..<end)
        guard lineFeed < end else {
            scanned = end
            return nil
        }
        guard lineFeed > start, bytes[lineFeed - 1] == Byte.carriageReturn else {
            throw sender.error(.bareLineFeed, at: lineFeed)
        }
        let line = start..<lineFeed - 1
        start = lineFeed + 1
        scanned = start
        return line
    }
}
