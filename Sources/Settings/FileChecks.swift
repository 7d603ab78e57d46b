import Foundation
import Yams

/// Files that a configuration names: found relative to it, and secret ones guarded.
struct FileChecks {
    /// The configuration's folder.
    let folder: String
    let environment: [String: String]

    /// Larger than any key, certificate bundle or policy, so that a disk image named by mistake is not read.
    static let maximumBytes = 4 << 20

    func absolute(_ path: String) -> String {
        URL(fileURLWithPath: path.hasPrefix("/") ? path : "\(folder)/\(path)").standardizedFileURL.path
    }

    /// A path to what need not be there yet.
    func path(_ section: Section, _ key: String, example: String) -> String? {
        section.requiredText(key, example: example).map(absolute)
    }

    /// A file with a key in it, which nobody else may read.
    func keyFile(_ section: Section, _ key: String, example: String) -> String? {
        guard let path = path(section, key, example: example) else { return nil }
        return contents(path, section, key, isSecret: true) == nil ? nil : path
    }

    /// A file that must be there; nil when the setting is left out.
    func present(_ section: Section, _ key: String) -> String? {
        read(section, key)?.path
    }

    /// A file that must be there, with its content; nil when the setting is left out.
    func read(_ section: Section, _ key: String) -> (path: String, bytes: [UInt8])? {
        guard let path = section.text(key).map(absolute) else { return nil }
        return contents(path, section, key, isSecret: false).map { (path, $0) }
    }

    /// A secret by reference: `{env: NAME}` or `{file: PATH}`. What is wrong with it is told without any of its text:
    /// who mistook a setting may have written the secret itself there.
    func secret(_ section: Section, _ key: String) -> String? {
        section.require(key, example: "{file: keys/\(key)}")
        guard let node = section.value(key) else { return nil }
        guard node.mapping != nil, let reference = section.section(key) else {
            section.problem(
                key,
                "secrets come from the environment or files, never from the YAML itself: "
                    + "write {env: NAME} or {file: PATH}"
            )
            return nil
        }
        return secret(reference)
    }

    /// The secret that a reference names.
    func secret(_ reference: Section) -> String? {
        defer { reference.end() }
        switch (reference.has("env"), reference.has("file")) {
        case (true, false):
            guard let name = reference.text("env") else { return nil }
            guard let value = environment[name], !value.isEmpty else {
                reference.problem("env", "this environment variable is not set: set it for the server's process")
                return nil
            }
            return plain(value, reference, "env")
        case (false, true):
            guard let path = reference.text("file").map(absolute),
                let bytes = contents(path, reference, "file", isSecret: true)
            else { return nil }
            let text = String(decoding: bytes, as: UTF8.self)
            return plain(String(text.reversed().drop { $0.isNewline }.reversed()), reference, "file")
        default:
            reference.problem(nil, "write either {env: NAME} or {file: PATH}")
            return nil
        }
    }

    /// A secret goes into headers and forms, which carry printable ASCII only.
    private func plain(_ secret: String, _ reference: Section, _ key: String) -> String? {
        guard !secret.isEmpty, secret.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            reference.problem(key, "must hold the secret alone: one line of printable ASCII characters")
            return nil
        }
        return secret
    }

    /// Opens a file once, and judges and reads what was opened.
    private func contents(_ path: String, _ section: Section, _ key: String, isSecret: Bool) -> [UInt8]? {
        switch Self.contents(path, isSecret: isSecret) {
        case .success(let bytes): return bytes
        case .failure(let fault):
            section.problem(key, fault.message)
            return nil
        }
    }

    /// Why a file cannot be used.
    struct Fault: Error {
        let message: String
        var isMissing = false
    }

    static func contents(_ path: String, isSecret: Bool) -> Result<[UInt8], Fault> {
        // A pipe that nobody writes to must not hold up the reading.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            let reason = errno
            if reason == ENOENT { return .failure(Fault(message: "the file \(path) is missing", isMissing: true)) }
            return .failure(Fault(message: "the file \(path) cannot be read: \(String(cString: strerror(reason)))"))
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return .failure(Fault(message: "\(path) is no regular file"))
        }
        if isSecret, status.st_mode & 0o077 != 0 {
            return .failure(
                Fault(message: "others can read or change the secret file \(path): run 'chmod 600 \(path)'")
            )
        }
        guard status.st_size <= maximumBytes else {
            return .failure(Fault(message: "the file \(path) is larger than \(maximumBytes >> 20) MiB"))
        }
        guard let data = try? FileHandle(fileDescriptor: file).read(upToCount: maximumBytes) ?? Data() else {
            return .failure(Fault(message: "the file \(path) cannot be read"))
        }
        return .success(Array(data))
    }
}
