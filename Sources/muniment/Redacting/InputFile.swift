import Foundation

/// A file or standard input, read in pieces as they come.
struct InputFile {
    /// Most bytes of one piece.
    static let piece = 1 << 20
    /// Most bytes of a document or a line.
    static let largestDocument = 1 << 28

    /// The path, `-` for standard input.
    let path: String
    /// The size of a regular file; nil when nobody knows.
    let size: Int?
    private let descriptor: Int32

    /// Opens the file.
    init(_ path: String) throws {
        self.path = path
        descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure("\(path) cannot be opened") }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure("\(path) cannot be read") }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw CommandFailure("\(path) is a folder: name files") }
        size = status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
    }

    /// Hands over what is there, piece by piece, and closes the file.
    func forEachPiece(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        defer { if descriptor != STDIN_FILENO { close(descriptor) } }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.piece, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure("\(path) cannot be read further") }
            guard count > 0 else { return }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// The whole content.
    func contents(_ progress: RedactionProgress) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try forEachPiece { piece in
            guard bytes.count + piece.count <= Self.largestDocument else {
                throw CommandFailure(
                    "\(path) is larger than \(Self.largestDocument >> 20) MiB: redact it as text or as lines"
                )
            }
            bytes.append(contentsOf: piece)
            progress.advance(piece.count)
        }
        return bytes
    }

    /// Hands over each line without its line break, with its number from 1, and whether a line break followed; nil in the place of
    /// a line that is too long.
    func forEachLine(
        _ progress: RedactionProgress,
        atPieceEnd: () throws -> Void,
        _ body: (_ line: UnsafeRawBufferPointer?, _ number: Int, _ isEnded: Bool) throws -> Void
    ) throws {
        var rest: [UInt8] = []
        var number = 0
        var isTooLong = false
        func end(_ tail: UnsafeRawBufferPointer, isEnded: Bool) throws {
            number += 1
            defer {
                rest.removeAll(keepingCapacity: true)
                isTooLong = false
            }
            if isTooLong { return try body(nil, number, isEnded) }
            if rest.isEmpty { return try body(tail, number, isEnded) }
            rest.append(contentsOf: tail)
            try rest.withUnsafeBytes { try body($0, number, isEnded) }
        }
        try forEachPiece { piece in
            var start = 0
            while let address = piece.baseAddress, let hit = memchr(address + start, 0x0A, piece.count - start) {
                let place = UnsafeRawPointer(hit) - address
                try end(UnsafeRawBufferPointer(rebasing: piece[start..<place]), isEnded: true)
                start = place + 1
            }
            if rest.count + piece.count - start > Self.largestDocument {
                isTooLong = true
                rest.removeAll()
            }
            if !isTooLong { rest.append(contentsOf: UnsafeRawBufferPointer(rebasing: piece[start...])) }
            progress.advance(piece.count)
            try atPieceEnd()
        }
        if !rest.isEmpty || isTooLong { try end(UnsafeRawBufferPointer(start: nil, count: 0), isEnded: false) }
        try atPieceEnd()
    }

    private static func failure(_ what: String) -> CommandFailure {
        CommandFailure("\(what): \(String(cString: strerror(errno)))")
    }
}

/// Standard output for bytes.
struct OutputSink {
    /// What must have happened before anything is let out; nothing is when it fails.
    var beforeWriting: () throws -> Void = {}

    /// Writes all of `bytes`.
    func write(_ bytes: [UInt8]) throws {
        try beforeWriting()
        try bytes.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Foundation.write(
                    STDOUT_FILENO,
                    UnsafeRawBufferPointer(rebasing: rest).baseAddress,
                    rest.count
                )
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    throw CommandFailure("standard output cannot be written: \(String(cString: strerror(errno)))")
                }
                rest = rest.dropFirst(count)
            }
        }
    }

    /// Writes all of `bytes` and empties them.
    func flush(_ bytes: inout [UInt8]) throws {
        try write(bytes)
        bytes.removeAll(keepingCapacity: true)
    }
}

/// How far the work is: shown when standard error is a terminal and the result goes elsewhere.
final class RedactionProgress {
    private let bar: ProgressBar?
    private let isShown = isatty(STDERR_FILENO) == 1 && isatty(STDOUT_FILENO) == 0
    private let all: Int?
    private let start = ContinuousClock.now
    private var done = 0
    private var nextNote = 0

    init(of inputs: [InputFile]) {
        let sizes = inputs.map(\.size)
        all = sizes.contains(nil) ? nil : sizes.reduce(0) { $0 + ($1 ?? 0) }
        bar = all != nil && isShown ? ProgressBar("redacting") : nil
    }

    func advance(_ count: Int) {
        done += count
        guard isShown else { return }
        if let bar, let all { return bar.update(UInt64(min(done, all)), UInt64(all)) }
        guard done >= nextNote else { return }
        nextNote = done + (8 << 20)
        FileHandle.standardError.write(Data("\rredacting: \(done >> 20) MiB, \(rate) MiB/s".utf8))
    }

    func finish() {
        guard isShown else { return }
        if let bar { bar.finish() } else { Output.note("\rredacted: \(done >> 20) MiB, \(rate) MiB/s") }
    }

    private var rate: Int {
        let time = (ContinuousClock.now - start) / .milliseconds(1)
        return time > 0 ? Int(Double(done) / 1048.576 / time) : 0
    }
}
