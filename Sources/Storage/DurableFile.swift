internal import Foundation

/// Files whose whole content is replaced so that after a crash the old or the new is there, never a mixture.
public enum DurableFile {
    /// Writes a temporary file beside `path`, syncs it, renames it over `path` and syncs the folder.
    /// - Parameter mode: permission bits of a new file.
    public static func replace(_ path: String, with bytes: [UInt8], mode: UInt32) throws(StorageError) {
        let temporary = "\(path).\(getpid()).new"
        do throws(StorageError) {
            try write(bytes, to: temporary, mode: mode)
            guard rename(temporary, path) == 0 else { throw failure("replace", path) }
        } catch {
            unlink(temporary)
            throw error
        }
        let folder = path.contains("/") ? String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) : "."
        try syncFolder(folder.isEmpty ? "/" : folder)
    }

    /// Writes and syncs a file.
    static func write(_ bytes: [UInt8], to path: String, mode: UInt32) throws(StorageError) {
        let file = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, mode)
        guard file >= 0 else { throw failure("make", path) }
        defer { close(file) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Foundation.write(file, $0.baseAddress?.advanced(by: written), bytes.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write", path) }
            written += count
        }
        guard fsync(file) == 0 else { throw failure("sync", path) }
    }

    /// Makes the names in a folder durable.
    public static func syncFolder(_ path: String) throws(StorageError) {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw failure("open", path) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw failure("sync", path) }
    }

    private static func failure(_ verb: String, _ path: String) -> StorageError {
        let code: StorageError.Code =
            switch errno {
            case ENOSPC, EDQUOT: .full
            case EROFS, EACCES, EPERM: .readOnly
            default: .inputOutput
            }
        return StorageError(code, "cannot \(verb) \(path): \(String(cString: strerror(errno)))")
    }
}
