import ArgumentParser
import Foundation
import JSON

/// How results are printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    /// For people.
    case table
    /// For programs: one JSON document.
    case json
}

/// The option that every command with a result has.
struct FormatOption: ParsableArguments {
    @Option(help: "How to print results: table or json.")
    var format = OutputFormat.table
}

/// Everything that goes to standard output and standard error. Results go to the first, all else to the second.
enum Output {
    /// Prints a line of a result.
    static func line(_ text: String = "") { print(text) }

    /// Prints a note for people.
    static func note(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

    /// Prints a JSON document, indented, keys in order.
    static func json(_ value: JSONValue) { print(pretty(value, indent: "")) }

    /// Prints rows under headings, each column as wide as its widest value.
    static func table(_ headings: [String], _ rows: [[String]]) {
        var widths = headings.map(\.count)
        for row in rows {
            for (column, value) in row.enumerated() where value.count > widths[column] { widths[column] = value.count }
        }
        func print(_ row: [String]) {
            var text = ""
            for (column, value) in row.enumerated() {
                text += value
                if column + 1 < row.count { text += String(repeating: " ", count: widths[column] - value.count + 2) }
            }
            line(text)
        }
        print(headings)
        print(widths.map { String(repeating: "-", count: $0) })
        for row in rows { print(row) }
    }

    /// A JSON document as ``json(_:)`` prints it.
    static func text(_ value: JSONValue) -> String { pretty(value, indent: "") }

    private static func pretty(_ value: JSONValue, indent: String) -> String {
        let inner = indent + "  "
        switch value {
        case .array(let items):
            if items.isEmpty { return "[]" }
            return "[\n" + items.map { inner + pretty($0, indent: inner) }.joined(separator: ",\n") + "\n\(indent)]"
        case .object(let members):
            if members.isEmpty { return "{}" }
            let lines = members.sorted { $0.key < $1.key }.map { key, value in
                "\(inner)\(scalar(.string(key))): \(pretty(value, indent: inner))"
            }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(indent)}"
        default: return scalar(value)
        }
    }

    private static func scalar(_ value: JSONValue) -> String {
        (try? value.canonicalBytes()).map { String(decoding: $0, as: UTF8.self) } ?? "null"
    }
}

/// A bar on standard error, when that is a terminal.
final class ProgressBar: Sendable {
    private let title: String
    private let isShown = isatty(STDERR_FILENO) == 1
    private let last = OutputLock(-1)

    init(_ title: String) { self.title = title }

    func update(_ done: UInt64, _ all: UInt64) {
        guard isShown, all > 0 else { return }
        let percent = Int(done * 100 / all)
        guard last.advance(to: percent) else { return }
        let filled = percent * 30 / 100
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 30 - filled)
        FileHandle.standardError.write(Data("\r\(title) [\(bar)] \(percent)% of \(all)".utf8))
    }

    func finish() {
        if isShown { FileHandle.standardError.write(Data("\n".utf8)) }
    }
}
