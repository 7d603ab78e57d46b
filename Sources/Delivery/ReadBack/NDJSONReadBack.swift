import Dispatch
import Foundation

/// Reads the files of an NDJSON sink back: the one that it writes, and those that were moved away.
public struct NDJSONReadBack: ReadBack {
    private let paths: [String]
    private let ledger: String

    /// Longest line that is read, in bytes; a longer one is no record's.
    private static let longest = 4 << 20
    /// Bytes that are read at a time.
    private static let portion = 1 << 20

    /// Reads these files.
    /// - Parameter ledger: the ledger's name.
    public init(paths: [String], ledger: String) {
        self.paths = paths
        self.ledger = ledger
    }

    public func arrivals(in range: Range<UInt64>, _ each: ([Arrival]) async throws -> Void) async throws {
        for path in paths {
            let reader = try LineReader(path: path, longest: Self.longest)
            defer { reader.close() }
            while let arrivals = try await reader.next(Self.portion, { Arrival(line: $0, ledger: ledger) }) {
                try await each(arrivals)
            }
        }
    }
}

/// Reads a file a portion at a time, on a thread that may block. For one reader.
private final class LineReader: Sendable {
    private struct State {
        var carry: [UInt8] = []
        var isSkipping = false
    }

    private let file: Int32
    private let path: String
    private let longest: Int
    private let queue = DispatchQueue(label: "muniment.delivery.read-back")
    /// Used on the queue alone.
    private nonisolated(unsafe) var state = State()

    init(path: String, longest: Int) throws(ReadBackError) {
        self.path = path
        self.longest = longest
        file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .failed("cannot open \(path): \(String(cString: strerror(errno)))") }
    }

    func close() { _ = Glibc.close(file) }

    /// What the next whole lines are; nil at the end. A line without an end is still being written.
    func next(_ portion: Int, _ make: @escaping @Sendable ([UInt8]) -> Arrival?) async throws -> [Arrival]? {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { [self] in continuation.resume(with: Result { try read(portion, make) }) }
        }
    }

    private func read(_ portion: Int, _ make: ([UInt8]) -> Arrival?) throws -> [Arrival]? {
        let bytes = try [UInt8](unsafeUninitializedCapacity: portion) { buffer, count in
            count = max(Glibc.read(file, buffer.baseAddress, portion), -1)
            guard count >= 0 else {
                count = 0
                throw ReadBackError.failed("cannot read \(path): \(String(cString: strerror(errno)))")
            }
        }
        guard !bytes.isEmpty else { return nil }
        var arrivals: [Arrival] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = state.carry + rest[..<end]
            if state.isSkipping {
                arrivals.append(.unknown)
            } else if !line.isEmpty, let arrival = make(line) {
                arrivals.append(arrival)
            }
            state = State()
            rest = rest[(end + 1)...]
        }
        state.carry += rest
        if state.carry.count > longest {
            state.carry = []
            state.isSkipping = true
        }
        return arrivals
    }
}

extension NDJSONFileSink: ReadBack {
    public func arrivals(in range: Range<UInt64>, _ each: ([Arrival]) async throws -> Void) async throws {
        try await NDJSONReadBack(paths: [path], ledger: shaping.ledger).arrivals(in: range, each)
    }
}
