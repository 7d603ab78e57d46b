/// What `parse` has to say about the bytes so far.
public enum ParseStep: Sendable, Equatable {
    /// The message is incomplete: call again with the same region once it has grown.
    case needMore
    /// The head is complete and valid. Said once per message, before the body is looked at: call again for that.
    case head
    /// The message is complete and takes the first `consumed` bytes of the region. What follows belongs to the next
    /// message.
    case complete(body: HTTPBody, consumed: Int)
}

/// Where the body of a complete message is.
public enum HTTPBody: Sendable, Equatable {
    /// In the region itself, at this range; empty when the message has no body.
    case inBuffer(Range<Int>)
    /// It was chunked and has been decoded into the array that was given to `parse`.
    case decoded
}

/// Waits for a body whose framing is known.
struct BodyReader: Sendable {
    enum Framing {
        case length(Int)
        case chunked
        case untilClose
    }

    private enum Source {
        case range(Range<Int>)
        case chunked(ChunkedDecoder)
        case untilClose
    }

    private let sender: FramingError.Sender
    private let start: Int
    private var source: Source

    /// Throws `bodyTooLarge` from the declared length alone.
    init(
        _ framing: Framing,
        at start: Int,
        limits: HTTPLimits,
        from sender: FramingError.Sender
    ) throws(FramingError) {
        self.sender = sender
        self.start = start
        switch framing {
        case .length(let length):
            guard length <= limits.maximumBodyBytes else { throw sender.error(.bodyTooLarge, at: start) }
            source = .range(start..<start + length)
        case .chunked:
            source = .chunked(ChunkedDecoder(from: sender, at: start))
        case .untilClose:
            source = .untilClose
        }
    }

    mutating func read(
        _ bytes: UnsafeRawBufferPointer,
        limits: HTTPLimits,
        into body: inout [UInt8]
    ) throws(FramingError) -> ParseStep {
        switch source {
        case .range(let range):
            return range.upperBound <= bytes.count
                ? .complete(body: .inBuffer(range), consumed: range.upperBound) : .needMore
        case .chunked(var decoder):
            let end = try decoder.read(bytes, limits: limits, into: &body)
            source = .chunked(decoder)
            guard let end else { return .needMore }
            return .complete(body: .decoded, consumed: end)
        case .untilClose:
            guard bytes.count - start <= limits.maximumBodyBytes else { throw sender.error(.bodyTooLarge, at: start) }
            return .needMore
        }
    }

    /// What the end of the connection means for a body that `read` found incomplete.
    func finish(byteCount: Int) throws(FramingError) -> ParseStep {
        guard case .untilClose = source else { throw sender.error(.truncatedBody, at: byteCount) }
        return .complete(body: .inBuffer(start..<byteCount), consumed: byteCount)
    }
}
