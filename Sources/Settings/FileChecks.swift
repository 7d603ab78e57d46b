import Foundation
import Yams

/// Files that a configuration names: found relative to it, and secret ones guarded.
struct FileChecks {
    let folder: String
    let environment: [String: String]

    func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : URL(fileURLWithPath: folder + "/" + path).standardizedFileURL.path
    }

    /// A file with a key in it, which nobody else may read.
    func keyFile(_ section: Section, _ key: String) -> String? {
        guard let path = section.requiredText(key).map(absolute) else { return nil }
        return guarded(path, section, key) ? path : nil
    }

    /// A secret by reference: `{env: NAME}` or `{file: path}`.
    func secret(_ section: Section, _ key: String, required: Bool) -> String? {
        guard let node = section.node(key) else {
            if required { section.problem(nil, "the setting '\(key)' is missing") }
            return nil
        }
        guard node.mapping != nil, let reference = section.section(key) else {
            section.problem(
                key,
                "secrets come from the environment or from files, never from the YAML itself: write {env: NAME} or {file: PATH}"
            )
            return nil
        }
        defer { reference.end() }
        switch (reference.text("env"), reference.text("file")) {
        case (let name?, nil):
            guard let value = environment[name], !value.isEmpty else {
                reference.problem("env", "the environment variable \(name) is not set")
                return nil
            }
            return value
        case (nil, let file?):
            let path = absolute(file)
            guard guarded(path, reference, "file") else { return nil }
            guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8)
            else {
                reference.problem("file", "\(path) cannot be read as text")
                return nil
            }
            let value = text.trimmingCharacters(in: .newlines)
            if value.isEmpty || value.contains("\n") {
                reference.problem("file", "\(path) must hold the secret alone, on one line")
                return nil
            }
            return value
        default:
            reference.problem(nil, "write either {env: NAME} or {file: PATH}")
            return nil
        }
    }

    /// A file that must be there.
    func present(_ section: Section, _ key: String) -> String? {
        guard let path = section.text(key).map(absolute) else { return nil }
        guard FileManager.default.isReadableFile(atPath: path) else {
            section.problem(key, "the file \(path) is missing or cannot be read")
            return nil
        }
        return path
    }

    private func guarded(_ path: String, _ section: Section, _ key: String) -> Bool {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else {
            section.problem(key, "the file \(path) is missing: 'muniment init' makes the keys")
            return false
        }
        let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
        guard mode & 0o077 == 0 else {
            section.problem(key, "others can read the secret file \(path): run 'chmod 600 \(path)'")
            return false
        }
        return true
    }
}
