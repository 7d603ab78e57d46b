import Foundation
import JSON
import Testing
import WallTime

@testable import Detection

/// The windows against pySigma's SQLite back end: Oracle/record.py wrote down what its SQL says of random streams.
@Suite("Windows against the SQL of pySigma")
struct SigmaOracleTests {
    static let names = [
        "timestamp", "eventId", "agentId", "customerId", "eventType", "queueId", "releasedBytes", "route",
    ]

    struct Fired: Hashable {
        let group: [String]
        let end: Int64
    }

    static func streams() throws -> [JSONValue] {
        var paths = [URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Oracle/streams.json").path()]
        if let more = ProcessInfo.processInfo.environment["MUNIMENT_SIGMA_STREAMS"] { paths.append(more) }
        return try paths.flatMap { path in
            try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
                try JSONValue(parsing: String($0))
            }
        }
    }

    /// What the windows find: groups in lower case, and the moments of the events at which the condition was met.
    static func fired(_ pack: RulePack, _ events: [JSONValue]) -> Set<Fired> {
        var windows = CorrelationWindows()
        var found: Set<Fired> = []
        for (index, row) in events.enumerated() {
            let members = zip(names, row.array ?? []).map { ($0, $1) } + [("producer", "oracle")]
            let fields = JSONValue.object(Dictionary(uniqueKeysWithValues: members))
            guard let event = LedgerEvent(index: Int64(index), fields: fields) else { continue }
            for number in pack.candidates(event.type) {
                guard case .detection(let detection) = pack.rules[number].kind, detection.matches(event.fields) else {
                    continue
                }
                for counter in pack.counters[number] {
                    guard case .correlation(let correlation) = pack.rules[counter].kind,
                        windows.count(
                            event,
                            matching: pack.rules[number].name,
                            for: pack.rules[counter],
                            correlation,
                            lateness: 3_600_000
                        ) != nil
                    else { continue }
                    let group = correlation.groupBy.map(\.description).sorted()
                        .map { event.fields[$0]?.string?.lowercased() ?? "" }
                    found.insert(Fired(group: group, end: event.timestamp.milliseconds))
                }
            }
        }
        return found
    }

    @Test("the same groups fire, and in ordered streams at the same moments")
    func agree() throws {
        let streams = try Self.streams()
        #expect(streams.count >= 100)
        var fired = 0
        for (number, stream) in streams.enumerated() {
            let pack = try pack(stream["rules"]?.string ?? "")
            let ours = Self.fired(pack, stream["events"]?.array ?? [])
            let theirs = Set(
                (stream["fired"]?.array ?? []).map {
                    Fired(group: $0["group"]?.array?.compactMap(\.string) ?? [], end: $0["end"]?.integer ?? 0)
                }
            )
            fired += theirs.count
            if stream["ordered"]?.bool == true {
                #expect(ours == theirs, "stream \(number): \(stream["rules"]?.string?.suffix(200) ?? "")")
            } else {
                #expect(Set(ours.map(\.group)) == Set(theirs.map(\.group)), "stream \(number), out of order")
            }
        }
        #expect(fired > 300)
    }
}
