import CZlib

/// Why bytes cannot be decompressed.
public enum GzipError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The bytes are not one complete gzip member, or their checksum is wrong.
    case damaged
    /// The content is larger than the caller accepts.
    case tooLarge(maximum: Int)
    /// The library has no memory.
    case noMemory

    /// What is wrong.
    public var description: String {
        switch self {
        case .damaged: "gzip: the data is cut off or damaged"
        case .tooLarge(let maximum): "gzip: the content is larger than \(maximum) bytes"
        case .noMemory: "gzip: out of memory"
        }
    }
}

/// Compression in the gzip format (RFC 1952) by zlib. The header carries no name and no time, so that equal content gives equal
/// bytes.
public enum Gzip {
    /// 15 is the largest window; 16 more asks for gzip instead of the zlib format.
    private static let windowBits: Int32 = 15 + 16

    /// Compresses.
    /// - Parameter level: 1 (fast) to 9 (small).
    /// - Throws: ``GzipError/noMemory``.
    public static func compress(_ content: [UInt8], level: Int = 6) throws(GzipError) -> [UInt8] {
        let stream = ZlibStream()
        let level = Int32(min(max(level, 1), 9))
        guard
            deflateInit2_(
                stream.pointer,
                level,
                Z_DEFLATED,
                windowBits,
                8,
                Z_DEFAULT_STRATEGY,
                ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)
            ) == Z_OK
        else { throw .noMemory }
        defer { deflateEnd(stream.pointer) }
        var output = [UInt8](repeating: 0, count: Int(deflateBound(stream.pointer, UInt(content.count))))
        let (status, written) = stream.run(content, into: &output, deflate)
        guard status == Z_STREAM_END else { throw .noMemory }
        output.removeLast(output.count - written)
        return output
    }

    /// Decompresses one gzip member that fills the bytes exactly.
    /// - Throws: ``GzipError``; content beyond `maximum` bytes is never produced.
    public static func decompress(_ bytes: [UInt8], maximum: Int) throws(GzipError) -> [UInt8] {
        let stream = ZlibStream()
        guard inflateInit2_(stream.pointer, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw .noMemory
        }
        defer { inflateEnd(stream.pointer) }
        // One byte more than allowed tells too large from just fitting.
        var capacity = min(max(bytes.count, 1024) * 4, maximum) + 1
        while true {
            var output = [UInt8](repeating: 0, count: capacity)
            inflateReset(stream.pointer)
            let (status, written) = stream.run(bytes, into: &output, inflate)
            if status == Z_STREAM_END {
                guard stream.pointer.pointee.avail_in == 0 else { throw .damaged }
                guard written <= maximum else { throw .tooLarge(maximum: maximum) }
                output.removeLast(output.count - written)
                return output
            }
            guard status == Z_BUF_ERROR, written == capacity else { throw .damaged }
            guard capacity <= maximum else { throw .tooLarge(maximum: maximum) }
            capacity = min(capacity * 4, maximum + 1)
        }
    }
}

/// A stream of zlib at an address that does not change, which zlib checks.
private final class ZlibStream {
    let pointer = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

    init() { pointer.initialize(to: z_stream()) }
    deinit { pointer.deallocate() }

    /// Gives zlib the whole input and output at once; 32-bit counts suffice for bodies of requests.
    func run(
        _ input: [UInt8],
        into output: inout [UInt8],
        _ work: (UnsafeMutablePointer<z_stream>, Int32) -> Int32
    ) -> (status: Int32, written: Int) {
        var input = input
        return input.withUnsafeMutableBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                pointer.pointee.next_in = source.baseAddress
                pointer.pointee.avail_in = UInt32(clamping: source.count)
                pointer.pointee.next_out = target.baseAddress
                pointer.pointee.avail_out = UInt32(clamping: target.count)
                let status = work(pointer, Z_FINISH)
                return (status, target.count - Int(pointer.pointee.avail_out))
            }
        }
    }
}
