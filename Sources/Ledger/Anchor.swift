import Foundation
import Storage
import Synchronization

/// A recent checkpoint kept in a file outside the store, best on another volume, so that a restored or rewritten store shows.
///
/// Written at most once a second, after the commit it tells of; so it may lag the store by a second and never leads it.
final class Anchor: Sendable {
    private struct State {
        var newest: SignedHead?
        var closing = false
    }

    let path: String
    private let state = Mutex(State())
    private let wakeup = DispatchSemaphore(value: 0)
    private let stop = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let wrote: @Sendable (LedgerError?) -> Void
    private let pause: @Sendable (DispatchSemaphore) -> Void

    /// - Parameters:
    ///   - pause: runs between two writes; the semaphore's signal must end it early.
    ///   - wrote: told of every attempt; nil is success. When it fails the ledger goes on, and health shows it.
    init(
        path: String,
        pause: @escaping @Sendable (DispatchSemaphore) -> Void = { _ = $0.wait(timeout: .now() + 1) },
        wrote: @escaping @Sendable (LedgerError?) -> Void
    ) {
        self.path = path
        self.wrote = wrote
        self.pause = pause
        let thread = Thread { [self] in run() }
        thread.name = "anchor"
        thread.start()
    }

    /// Notes a newer head; the file follows within a second.
    func offer(_ head: SignedHead) {
        let first = state.withLock { state in
            defer { state.newest = head }
            return state.newest == nil
        }
        if first { wakeup.signal() }
    }

    /// Writes what is outstanding and ends.
    func close() {
        let first = state.withLock { state in
            defer { state.closing = true }
            return !state.closing
        }
        guard first else { return }
        stop.signal()
        wakeup.signal()
        ended.wait()
    }

    private func run() {
        while true {
            wakeup.wait()
            let (head, closing) = state.withLock { state in
                defer { state.newest = nil }
                return (state.newest, state.closing)
            }
            if let head {
                do {
                    try Self.write(head, to: path)
                    wrote(nil)
                } catch {
                    wrote(error)
                }
            }
            if closing {
                ended.signal()
                return
            }
            pause(stop)
        }
    }

    /// The checkpoint in the file, or nil when there is no file.
    static func read(_ path: String) throws(LedgerError) -> String? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8)
        else {
            throw .file("the anchor file \(path) cannot be read")
        }
        return text
    }

    /// Replaces the file, unless it holds a larger tree already: another process of the same ledger may have been quicker.
    static func write(_ head: SignedHead, to path: String) throws(LedgerError) {
        let lock = open(path + ".lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw .file("cannot lock the anchor file \(path): \(lastError())") }
        defer { Foundation.close(lock) }
        guard flock(lock, LOCK_EX) == 0 else { throw .file("cannot lock the anchor file \(path): \(lastError())") }
        if let stored = try read(path), let size = size(in: stored), size >= head.size { return }
        try replace(path, with: head.checkpoint)
    }

    /// Replaces the file whatever it holds: for a restore that an operator accepted.
    static func replace(_ path: String, with checkpoint: String) throws(LedgerError) {
        do {
            try DurableFile.replace(path, with: Array(checkpoint.utf8), mode: 0o600)
        } catch {
            throw .file("cannot write the anchor file \(path): \(error)")
        }
    }

    private static func size(in checkpoint: String) -> UInt64? {
        let lines = checkpoint.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
        return lines.count > 1 ? UInt64(lines[1]) : nil
    }

    private static func lastError() -> String { String(cString: strerror(errno)) }
}
