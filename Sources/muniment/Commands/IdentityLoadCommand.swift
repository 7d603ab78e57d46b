import ArgumentParser
import Foundation
import Identity
import JSON
import Ledger
import Settings

struct IdentityLoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Load people from a file. Loading again changes nothing.",
        discussion: """
            One JSON object a line: {"identifiers":[{"kind":"phone","value":"+49 30 901820"},{"kind":"email","value":"ann@example.com"}]}. \
            A line may have its own "assurance" and "sharing". Identifiers that cannot be read are counted by reason and left out; \
            so are those of people who were forgotten.
            """
    )

    @OptionGroup var options: IdentityOptions

    @Argument(help: "The file.")
    var file: String

    @Option(help: "Where it comes from, such as crm.")
    var source: String

    @Option(help: "How sure the source is: claimed, observed, matched or verified.")
    var assurance = Assurance.matched

    func run() async throws {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: file), options: .mappedIfSafe) else {
            throw CommandFailure("the file \(file) cannot be read")
        }
        let (counts, refused) = try await options.run { installation, identities in
            let bar = ProgressBar("loading")
            // Held while the file is loaded: a server that is started meanwhile would wait behind large batches.
            let lock = try? ServerLock(directory: installation.configuration.ledger.directory)
            defer { withExtendedLifetime(lock) {} }
            let size = lock == nil ? IdentityRegistry.gentleLoadBatch : IdentityRegistry.loadBatch
            var reader = RecordReader(normaliser: installation.normaliser, source: source, assurance: assurance)
            var counts = LoadCounts()
            var batch: [IdentityRecord] = []
            var start = data.startIndex
            var line = 0
            while start < data.endIndex {
                let end = data[start...].firstIndex(of: UInt8(ascii: "\n")) ?? data.endIndex
                line += 1
                if let record = try reader.record(data[start..<end], line: line) { batch.append(record) }
                start = min(end + 1, data.endIndex)
                if batch.count == size || start == data.endIndex {
                    counts += try await identities.load(batch, source: source, by: options.actor)
                    batch.removeAll(keepingCapacity: true)
                    bar.update(UInt64(start - data.startIndex), UInt64(data.count))
                }
            }
            bar.finish()
            // The log of large batches is copied back now, not by whoever reads next.
            _ = await identities.scrub()
            return (counts, reader.refused)
        }
        options.show([
            "records": .integer(Int64(counts.records)), "identifiers": .integer(Int64(counts.identifiers)),
            "created": .integer(Int64(counts.created)), "linked": .integer(Int64(counts.linked)),
            "merged": .integer(Int64(counts.merged)), "conflicts": .integer(Int64(counts.conflicts)),
            "suppressed": .integer(Int64(counts.suppressed)),
            "refused": .object(refused.mapValues { .integer(Int64($0)) }),
        ])
    }
}

/// Reads the lines of a file of people.
private struct RecordReader {
    let normaliser: Normaliser
    let source: String
    let assurance: Assurance
    /// Identifiers left out, by kind and reason.
    var refused: [String: Int] = [:]

    /// The record on a line; nil when the line is empty, or nothing on it can be read as an identifier.
    mutating func record(_ bytes: Data, line: Int) throws -> IdentityRecord? {
        if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0D }) { return nil }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: Array(bytes))
        } catch {
            throw CommandFailure("line \(line) is no JSON object: \(error)")
        }
        guard let members = value["identifiers"]?.array else {
            throw CommandFailure("line \(line) has no list \"identifiers\"")
        }
        var identifiers: [Identifier] = []
        for member in members {
            guard let kind = member["kind"]?.string.flatMap({ IdentifierKind(rawValue: $0) }),
                let text = member["value"]?.string
            else { throw CommandFailure("line \(line) has an identifier without a known kind and a value") }
            do throws(IdentifierRefusal) {
                identifiers.append(try normaliser.identifier(kind, text, region: member["region"]?.string))
            } catch {
                refused["\(kind.rawValue): \(error.reason.rawValue)", default: 0] += 1
            }
        }
        guard !identifiers.isEmpty else { return nil }
        return IdentityRecord(
            identifiers: identifiers,
            source: source,
            assurance: value["assurance"]?.string.flatMap { Assurance(rawValue: $0) } ?? assurance,
            sharing: value["sharing"]?.string.flatMap { Sharing(rawValue: $0) } ?? .personal
        )
    }
}
