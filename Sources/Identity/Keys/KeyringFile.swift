import Foundation
import Storage

/// Where a keyring is kept: a file that only its owner can read, or a command that prints it.
public enum KeyringSource: Sendable, Hashable {
    /// A file.
    case file(String)
    /// A program with its arguments, such as the client of a key management service. It prints the keyring.
    case command([String])

    private static let mostBytes = 64 * 1024

    /// Reads the keyring.
    /// - Throws: ``IdentityError`` when it cannot be read, or when others than its owner could read it too.
    public func read(tenant: String, singleEpoch: Int) throws(IdentityError) -> Keyring {
        switch self {
        case .file(let path):
            try Keyring(text: Self.contents(path), tenant: tenant, singleEpoch: singleEpoch, source: path)
        case .command(let words):
            try Keyring(
                text: Self.output(words),
                tenant: tenant,
                singleEpoch: singleEpoch,
                source: "the output of \(words.first ?? "the keyring command")"
            )
        }
    }

    /// Replaces the keyring, durably, before anything is made under its new keys.
    /// - Throws: ``IdentityError`` when it is not a file, or cannot be written.
    public func replace(with keyring: Keyring) throws(IdentityError) {
        guard case .file(let path) = self else {
            throw .keyring("the keyring comes from a command: change it where the command takes it from")
        }
        do throws(StorageError) {
            try DurableFile.replace(path, with: Array(keyring.text.utf8), mode: 0o600)
        } catch {
            throw .keyring("the keyring cannot be written: \(error.message)")
        }
    }

    private static func contents(_ path: String) throws(IdentityError) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw .keyring("the keyring \(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .keyring("the keyring \(path) is not a file")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw .keyring(
                "the keyring \(path) can be reached by others than its owner (mode \(String(status.st_mode & 0o777, radix: 8))): "
                    + "run 'chmod 600', and change the key if others may have read it"
            )
        }
        guard status.st_uid == getuid() || status.st_uid == 0 else {
            throw .keyring("the keyring \(path) belongs to another user: it must be this user's or root's")
        }
        guard let data = try? FileHandle(fileDescriptor: file).read(upToCount: mostBytes) else {
            throw .keyring("the keyring \(path) cannot be read")
        }
        return String(decoding: data, as: UTF8.self)
    }

    private static func output(_ words: [String]) throws(IdentityError) -> String {
        guard let program = words.first, program.hasPrefix("/") else {
            throw .keyring("the keyring command must begin with the absolute path of a program")
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = Array(words.dropFirst())
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardInput = FileHandle.nullDevice
        do {
            try process.run()
            let data = try pipe.fileHandleForReading.read(upToCount: mostBytes) ?? Data()
            try? pipe.fileHandleForReading.close()
            process.waitUntilExit()
            guard process.terminationReason == .exit, process.terminationStatus == 0 else {
                throw IdentityError.keyring("\(program) failed with status \(process.terminationStatus)")
            }
            return String(decoding: data, as: UTF8.self)
        } catch let error as IdentityError {
            throw error
        } catch {
            throw .keyring("\(program) cannot be run: \(error.localizedDescription)")
        }
    }
}
