#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Clocks.
enum ProcessorTime {
    /// Monotonic time.
    static func nanoseconds() -> Int { read(CLOCK_MONOTONIC) }
    /// Processor time of this thread: what other processes take does not count.
    static func threadNanoseconds() -> Int { read(CLOCK_THREAD_CPUTIME_ID) }

    private static func read(_ clock: clockid_t) -> Int {
        var time = timespec()
        clock_gettime(clock, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}

enum TextFile {
    /// The bytes of a file, nil when it cannot be read.
    static func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&piece, 1, piece.count, file)
            if count == 0 { return ferror(file) == 0 ? bytes : nil }
            bytes += piece[..<count]
        }
    }

    /// Writes bytes to a file; false when that fails.
    static func write(_ bytes: some Sequence<UInt8>, to path: String) -> Bool {
        guard let file = fopen(path, "w") else { return false }
        let bytes = Array(bytes)
        let written = fwrite(bytes, 1, bytes.count, file)
        return fclose(file) == 0 && written == bytes.count
    }
}
