import DeliveryWire
import Foundation
import Synchronization

/// A file that only grows, that nobody else writes to, and that is cut back to what is known to be confirmed when it is opened.
final class AppendedFile: Sendable {
    private struct Handle {
        let descriptor: Int32
        let inode: UInt64
        /// Bytes that are written and synced.
        var length: Int
        var tail: Tail
        /// Bytes that a failed write may have left behind it, because they could not be cut off.
        var remains = 0

        var position: Position { Position(inode: inode, length: length, tail: tail.hash) }
    }

    /// Why the file cannot be used.
    private struct Refusal: Error { let reply: SinkReply }

    /// The calls that a full or failing disk makes fail; replaced in tests.
    struct Calls: Sendable {
        var write: @Sendable (Int32, UnsafeRawBufferPointer, Int) -> Int = {
            pwrite($0, $1.baseAddress, $1.count, off_t($2))
        }
        var sync: @Sendable (Int32) -> Int32 = { fsync($0) }
    }

    private let path: String
    private let calls: Calls
    private let isOwn: @Sendable ([UInt8]) -> Bool
    private let handle = Mutex<Handle?>(nil)

    /// - Parameter isOwn: whether a line, without its end, can be one that was written here.
    init(path: String, calls: Calls = Calls(), isOwn: @escaping @Sendable ([UInt8]) -> Bool) {
        self.path = path
        self.calls = calls
        self.isOwn = isOwn
    }

    deinit { close() }

    /// Opens the file, or makes it, and cuts off what is not confirmed.
    /// - Parameter most: the longest stretch that one write can have left behind. More than that is of another history, such as
    ///   that of a store that was replaced by an older copy, and is not touched.
    func open(at known: Position?, unconfirmed most: Int) -> SinkReply {
        close()
        do throws(Refusal) {
            let (descriptor, status) = try claim()
            do throws(Refusal) {
                let opened = try cutBack(descriptor, status, to: known, unconfirmed: most)
                handle.withLock { $0 = opened }
                return SinkReply(Verdict(.ok, reason: "open"), position: opened.position.description)
            } catch {
                Foundation.close(descriptor)
                throw error
            }
        } catch { return error.reply }
    }

    /// Writes and syncs, or leaves the file as it was.
    func append(_ bytes: [UInt8]) -> SinkReply {
        handle.withLock { handle in
            guard var open = handle else { return SinkReply(Verdict(.retry, reason: "\(path) is not open")) }
            defer { handle = open }
            do throws(Refusal) {
                var status = stat()
                // A file that was moved away, to be rotated, gets a new one; what is in it is confirmed.
                if stat(path, &status) != 0 || UInt64(status.st_ino) != open.inode {
                    open = try successor(of: open)
                    // Before anything is written: which file it is must be known, should the process die.
                    return SinkReply(
                        Verdict(.retry, reason: "\(path) was moved away; a new file begins"),
                        position: open.position.description
                    )
                }
                try check(size: Int(status.st_size), &open)
                guard write(bytes, open), calls.sync(open.descriptor) == 0 else {
                    let reply = failure("write")
                    // What was half written must not stay: the next attempt begins at the same place.
                    open.remains = bytes.count
                    try? check(size: try size(open.descriptor), &open)
                    return reply
                }
                let reached = try size(open.descriptor)
                guard reached == open.length + bytes.count else {
                    throw changed(size: reached, confirmed: open.length)
                }
                open.length = reached
                open.tail.append(bytes)
                return SinkReply(Verdict(.ok, reason: "written and synced"), position: open.position.description)
            } catch { return error.reply }
        }
    }

    func close() {
        handle.withLock { handle in
            if let handle { Foundation.close(handle.descriptor) }
            handle = nil
        }
    }

    // MARK: Opening

    /// Opens or makes the file, and takes it for this sink alone: the lock goes when it is closed, by whatever end of the process.
    private func claim() throws(Refusal) -> (descriptor: Int32, status: stat) {
        // What is written goes to the end, wherever that is by then: a file that is cut in that moment gets no hole.
        let flags = O_CREAT | O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW
        let descriptor = Foundation.open(path, flags, 0o600)
        guard descriptor >= 0 else { throw Refusal(reply: failure("open")) }
        do throws(Refusal) {
            var status = stat()
            guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
                throw refusal("\(path) is no regular file; name another")
            }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                guard errno == EWOULDBLOCK else { throw Refusal(reply: failure("lock")) }
                throw refusal(
                    "\(path) is being written by another sink or process; end that, or name another file, and resume"
                )
            }
            return (descriptor, status)
        } catch {
            Foundation.close(descriptor)
            throw error
        }
    }

    private func cutBack(
        _ descriptor: Int32,
        _ status: stat,
        to known: Position?,
        unconfirmed most: Int
    ) throws(Refusal) -> Handle {
        let (inode, length) = (UInt64(status.st_ino), Int(status.st_size))
        guard let known, known.inode == inode else {
            guard length == 0 else { throw foreign(length) }
            guard syncFolder() else { throw Refusal(reply: failure("make")) }
            return Handle(descriptor: descriptor, inode: inode, length: 0, tail: Tail([]))
        }
        guard length >= known.length else { throw changed(size: length, confirmed: known.length) }
        guard length - known.length <= most else {
            throw refusal(
                "\(path) holds \(length - known.length) bytes beyond what was confirmed: the ledger's store is older than "
                    + "the file; move it away to begin a new one"
            )
        }
        let first = max(known.length - Tail.most, 0)
        let tail = Tail(try read(descriptor, first..<known.length))
        guard known.tail == nil || known.tail == tail.hash else {
            throw refusal("others wrote to \(path): it does not end as it was confirmed; \(Self.advice)")
        }
        guard canBeCut(try read(descriptor, known.length..<length)) else {
            throw changed(size: length, confirmed: known.length)
        }
        guard ftruncate(descriptor, off_t(known.length)) == 0, fsync(descriptor) == 0, syncFolder() else {
            throw Refusal(reply: failure("cut back"))
        }
        return Handle(descriptor: descriptor, inode: inode, length: known.length, tail: tail)
    }

    /// Whether what lies beyond the confirmed can be what a write of ours left behind. A disk that lost power may have kept zeros
    /// of it, and the last line may be half of one.
    private func canBeCut(_ bytes: [UInt8]) -> Bool {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let begun = lines.removeLast()
        return (begun.isEmpty || begun.first == UInt8(ascii: "{") || begun.contains(0))
            && lines.allSatisfy { $0.contains(0) || isOwn(Array($0)) }
    }

    /// The file that stands, or is made, where the one that was moved away was. Whoever rotates may have made an empty one.
    private func successor(of old: Handle) throws(Refusal) -> Handle {
        let (descriptor, status) = try claim()
        guard status.st_size == 0, syncFolder() else {
            let refusal = status.st_size > 0 ? foreign(Int(status.st_size)) : Refusal(reply: failure("begin anew"))
            Foundation.close(descriptor)
            throw refusal
        }
        Foundation.close(old.descriptor)
        return Handle(descriptor: descriptor, inode: UInt64(status.st_ino), length: 0, tail: Tail([]))
    }

    // MARK: Looking

    /// Makes sure that the file is as long as this left it, save for what a failed write left behind, which is cut off.
    private func check(size: Int, _ open: inout Handle) throws(Refusal) {
        guard size != open.length else {
            open.remains = 0
            return
        }
        guard size > open.length, size - open.length <= open.remains else {
            throw changed(size: size, confirmed: open.length)
        }
        guard ftruncate(open.descriptor, off_t(open.length)) == 0 else { throw Refusal(reply: failure("cut back")) }
        open.remains = 0
    }

    private func size(_ descriptor: Int32) throws(Refusal) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Refusal(reply: failure("look at")) }
        return Int(status.st_size)
    }

    private func read(_ descriptor: Int32, _ range: Range<Int>) throws(Refusal) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < range.count {
            let here = bytes.count
            let part = [UInt8](unsafeUninitializedCapacity: range.count - here) { buffer, count in
                count = max(pread(descriptor, buffer.baseAddress, buffer.count, off_t(range.lowerBound + here)), 0)
            }
            guard !part.isEmpty else { throw Refusal(reply: failure("read")) }
            bytes += part
        }
        return bytes
    }

    private func write(_ bytes: [UInt8], _ open: Handle) -> Bool {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                calls.write(open.descriptor, UnsafeRawBufferPointer(rebasing: $0[written...]), open.length + written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }

    private func syncFolder() -> Bool {
        let name = (path as NSString).deletingLastPathComponent
        let folder = Foundation.open(name.isEmpty ? "." : name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return false }
        defer { Foundation.close(folder) }
        return fsync(folder) == 0
    }

    // MARK: Refusing

    private static let advice =
        "move it away and resume to begin a new one; 'sinks reconcile --moved FILE' says what is missing"

    private func refusal(_ reason: String) -> Refusal { Refusal(reply: SinkReply(Verdict(.config, reason: reason))) }

    private func foreign(_ size: Int) -> Refusal {
        refusal("\(path) holds \(size) bytes that this sink did not write; move it away, or name another file")
    }

    private func changed(size: Int, confirmed: Int) -> Refusal {
        guard size < confirmed else {
            return refusal(
                "others wrote to \(path): it has \(size) bytes, of which \(confirmed) were confirmed; \(Self.advice)"
            )
        }
        return refusal(
            "\(path) was cut: it has \(size) bytes, and \(confirmed) were confirmed; put it back, or \(Self.advice). Rotate by "
                + "renaming, not by copytruncate"
        )
    }

    /// A full disk empties again; a folder that is missing or forbidden does not come back by itself.
    private func failure(_ verb: String) -> SinkReply {
        let code = errno
        let reason = "cannot \(verb) \(path): \(String(cString: strerror(code)))"
        switch code {
        case ENOENT:
            return SinkReply(Verdict(.config, reason: reason + "; make the folder, and let the server write there"))
        case ENOTDIR, EACCES, EPERM, EISDIR, ELOOP: return SinkReply(Verdict(.config, reason: reason))
        default: return SinkReply(Verdict(.retry, reason: reason))
        }
    }
}
