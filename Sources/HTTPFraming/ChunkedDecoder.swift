/// Removes the chunk framing of a body (RFC 9112 section 7.1), a step at a time as bytes arrive.
struct ChunkedDecoder: Sendable {
    private enum Stage {
        case size
        case data(remaining: Int)
        case dataEnd
        case trailers
        case done
    }

    /// Eight digits are 4 GiB, far over any limit, and cannot overflow.
    private static let maximumSizeDigits = 8

    private let sender: FramingError.Sender
    private var lines: LineScanner
    private var position: Int
    private var stage = Stage.size
    private var decoded = 0
    private var metadata = 0
    private var trailers = 0

    init(from sender: FramingError.Sender, at position: Int) {
        self.sender = sender
        self.position = position
        lines = LineScanner(at: position)
    }

    /// Appends what can be decoded; returns where the body ends once it does.
    mutating func read(
        _ bytes: UnsafeRawBufferPointer,
        limits: HTTPLimits,
        into body: inout [UInt8]
    ) throws(FramingError) -> Int? {
        while true {
            switch stage {
            case .size:
                guard let size = try nextSize(bytes, limits: limits) else { return nil }
                guard size <= limits.maximumBodyBytes - decoded else {
                    throw sender.error(.bodyTooLarge, at: position)
                }
                decoded += size
                position = lines.start
                stage = size > 0 ? .data(remaining: size) : .trailers
            case .data(let remaining):
                let end = min(bytes.count, position + remaining)
                if end > position { body.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[position..<end])) }
                let missing = remaining - (end - position)
                position = end
                stage = missing > 0 ? .data(remaining: missing) : .dataEnd
                if missing > 0 { return nil }
            case .dataEnd:
                guard try skipDataEnd(bytes) else { return nil }
                lines = LineScanner(at: position)
                stage = .size
            case .trailers:
                guard try skipTrailers(bytes, limits: limits) else { return nil }
                position = lines.start
                stage = .done
            case .done:
                return position
            }
        }
    }

    private mutating func nextSize(
        _ bytes: UnsafeRawBufferPointer,
        limits: HTTPLimits
    ) throws(FramingError) -> Int? {
        let budget = sender == .client ? 0 : limits.maximumHeadBytes - metadata
        let limit = position + Self.maximumSizeDigits + budget + 2
        guard let line = try lines.next(in: bytes, before: limit, from: sender) else {
            if bytes.count < limit { return nil }
            // Either more digits than a size may have, or what follows them is too long.
            _ = try size(position..<limit, in: bytes)
            throw sender.error(.chunkMetadataTooLarge, at: limit)
        }
        let (size, end) = try size(line, in: bytes)
        metadata += line.upperBound - end
        guard metadata <= limits.maximumHeadBytes else { throw sender.error(.chunkMetadataTooLarge, at: end) }
        return size
    }

    private func size(
        _ line: Range<Int>,
        in bytes: UnsafeRawBufferPointer
    ) throws(FramingError) -> (size: Int, end: Int) {
        var size = 0
        var index = line.lowerBound
        while index < line.upperBound, let digit = Byte.hexadecimal(bytes[index]) {
            guard index - line.lowerBound < Self.maximumSizeDigits else {
                throw sender.error(.invalidChunkSize, at: line.lowerBound)
            }
            size = size << 4 | Int(digit)
            index += 1
        }
        guard index > line.lowerBound else { throw sender.error(.invalidChunkSize, at: index) }
        guard index < line.upperBound else { return (size, index) }
        guard bytes[index] == Byte.semicolon else {
            let fault: FramingFault = bytes[index] == Byte.carriageReturn ? .bareCarriageReturn : .invalidChunkSize
            throw sender.error(fault, at: index)
        }
        guard sender == .server else { throw sender.error(.chunkExtension, at: index) }
        try FieldLine.checkText(index..<line.upperBound, in: bytes, from: sender)
        return (size, index)
    }

    private mutating func skipDataEnd(_ bytes: UnsafeRawBufferPointer) throws(FramingError) -> Bool {
        guard bytes.count >= position + 2 else { return false }
        guard bytes[position] == Byte.carriageReturn, bytes[position + 1] == Byte.lineFeed else {
            throw sender.error(.invalidChunkEnd, at: position)
        }
        position += 2
        return true
    }

    private mutating func skipTrailers(
        _ bytes: UnsafeRawBufferPointer,
        limits: HTTPLimits
    ) throws(FramingError) -> Bool {
        let limit = position + limits.maximumHeadBytes - metadata
        while let line = try lines.next(in: bytes, before: limit + 2, from: sender) {
            if line.isEmpty { return true }
            guard trailers < limits.maximumHeaderCount else {
                throw sender.error(.tooManyHeaders, at: line.lowerBound)
            }
            trailers += 1
            _ = try FieldLine.parse(line, in: bytes, from: sender)
        }
        guard bytes.count < limit + 2 else { throw sender.error(.chunkMetadataTooLarge, at: limit) }
        return false
    }
}
