import FoundationEssentials
import Testing

@testable import Storage

/// An engine under test. Suites are parameterised over all of them.
enum Engine: String, CaseIterable, CustomTestStringConvertible {
    case sqlite

    var testDescription: String { rawValue }

    /// A store of its own for one test.
    func makeDatabase(in folder: TemporaryFolder) throws -> any Database {
        switch self {
        case .sqlite: try SQLiteDatabase(path: folder.path("store.db"))
        }
    }
}

/// A folder that goes when the test ends.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "storage-tests-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func path(_ name: String) -> String { path + "/" + name }
}

/// The storage error that `body` throws.
func storageError(_ body: () throws -> Void) -> StorageError? {
    do {
        try body()
        return nil
    } catch {
        return error as? StorageError
    }
}
