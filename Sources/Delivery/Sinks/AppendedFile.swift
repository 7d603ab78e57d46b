import DeliveryWire
import Foundation
import Synchronization

/// A file that only grows, and is cut back to what is known to be confirmed when it is opened.
final class AppendedFile: Sendable {
    /// Which file, and how much of it is confirmed.
    struct Position: Sendable, Hashable, CustomStringConvertible {
        /// Its number in the file system.
        let inode: UInt64
        /// Bytes that are confirmed.
        let length: Int

        init(inode: UInt64, length: Int) {
            self.inode = inode
            self.length = length
        }

        init?(_ text: String) {
            let parts = text.split(separator: ":")
            guard parts.count == 2, let inode = UInt64(parts[0]), let length = Int(parts[1]), length >= 0 else {
                return nil
            }
            self.init(inode: inode, length: length)
        }

        var description: String { "\(inode):\(length)" }
    }

    private struct Handle {
        let descriptor: Int32
        var position: Position
    }

    /// The calls that a full or failing disk makes fail; replaced in tests.
    struct Calls: Sendable {
        var write: @Sendable (Int32, UnsafeRawBufferPointer, Int) -> Int = {
            pwrite($0, $1.baseAddress, $1.count, off_t($2))
        }
        var sync: @Sendable (Int32) -> Int32 = { fsync($0) }
    }

    private let path: String
    private let calls: Calls
    private let handle = Mutex<Handle?>(nil)

    init(path: String, calls: Calls = Calls()) {
        self.path = path
        self.calls = calls
    }

    deinit { close() }

    /// Opens the file, or makes it, and cuts off what is not confirmed.
    /// - Parameter most: the longest stretch that one write can have left behind. More than that is of another history, such as
    ///   that of a store that was replaced by an older copy, and is not touched.
    func open(at known: Position?, unconfirmed most: Int) -> SinkReply {
        close()
        let descriptor = Foundation.open(path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return failure("open") }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            Foundation.close(descriptor)
            return SinkReply(Verdict(.config, reason: "\(path) is no regular file; name another"))
        }
        let inode = UInt64(status.st_ino)
        let confirmed = known.flatMap { $0.inode == inode ? $0.length : nil }
        let length = Int(status.st_size)
        if let confirmed, length < confirmed {
            Foundation.close(descriptor)
            return SinkReply(
                Verdict(
                    .config,
                    reason:
                        "\(path) has \(length) bytes and \(confirmed) were confirmed; put the file back, or move it away to "
                        + "begin a new one"
                )
            )
        }
        if let confirmed, length - confirmed > most {
            Foundation.close(descriptor)
            return SinkReply(
                Verdict(
                    .config,
                    reason:
                        "\(path) holds \(length - confirmed) bytes beyond what was confirmed: the ledger's store is older than "
                        + "the file; move the file away to begin a new one"
                )
            )
        }
        if confirmed == nil, length > 0 {
            Foundation.close(descriptor)
            return SinkReply(
                Verdict(
                    .config,
                    reason:
                        "\(path) holds \(length) bytes that this sink did not write; move it away, or name another file"
                )
            )
        }
        guard ftruncate(descriptor, confirmed ?? 0) == 0, fsync(descriptor) == 0, syncFolder() else {
            Foundation.close(descriptor)
            return failure("cut back")
        }
        let position = Position(inode: inode, length: confirmed ?? 0)
        handle.withLock { $0 = Handle(descriptor: descriptor, position: position) }
        return SinkReply(Verdict(.ok, reason: "open"), position: position.description)
    }

    /// Writes and syncs, or leaves the file as it was.
    func append(_ bytes: [UInt8]) -> SinkReply {
        handle.withLock { handle in
            guard let open = handle else {
                return SinkReply(Verdict(.retry, reason: "\(path) is not open"))
            }
            var status = stat()
            // A file that was moved away, to be rotated, gets a new one; what is in it is confirmed.
            if stat(path, &status) != 0 || UInt64(status.st_ino) != open.position.inode {
                guard let fresh = replaced(open) else { return failure("begin anew") }
                handle = fresh
                // Before anything is written: which file it is must be known, should the process die.
                return SinkReply(
                    Verdict(.retry, reason: "\(path) was moved away; a new file begins"),
                    position: fresh.position.description
                )
            }
            guard write(bytes, open), calls.sync(open.descriptor) == 0 else {
                let reply = failure("write")
                // What was half written must not stay: the next attempt begins at the same place.
                _ = ftruncate(open.descriptor, open.position.length)
                return reply
            }
            let position = Position(inode: open.position.inode, length: open.position.length + bytes.count)
            handle?.position = position
            return SinkReply(Verdict(.ok, reason: "written and synced"), position: position.description)
        }
    }

    func close() {
        handle.withLock { handle in
            if let handle { Foundation.close(handle.descriptor) }
            handle = nil
        }
    }

    private func replaced(_ old: Handle) -> Handle? {
        let descriptor = Foundation.open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        guard fstat(descriptor, &status) == 0, syncFolder() else {
            Foundation.close(descriptor)
            return nil
        }
        Foundation.close(old.descriptor)
        return Handle(descriptor: descriptor, position: Position(inode: UInt64(status.st_ino), length: 0))
    }

    private func write(_ bytes: [UInt8], _ open: Handle) -> Bool {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                calls.write(
                    open.descriptor,
                    UnsafeRawBufferPointer(rebasing: $0[written...]),
                    open.position.length + written
                )
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }

    private func syncFolder() -> Bool {
        let folder = Foundation.open(
            (path as NSString).deletingLastPathComponent.isEmpty ? "." : (path as NSString).deletingLastPathComponent,
            O_RDONLY | O_DIRECTORY | O_CLOEXEC
        )
        guard folder >= 0 else { return false }
        defer { Foundation.close(folder) }
        return fsync(folder) == 0
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
