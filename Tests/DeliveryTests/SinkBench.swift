import AsyncHTTPClient
import NIOPosix
import NIOSSL
import TestStores
import Testing

@testable import Delivery

/// A ledger with a client for one test, closed whatever happens.
struct SinkBench: Sendable {
    let ledger: TestLedger
    let state: DeliveryState
    let control: DeliveryControl
    let http: HTTPClient

    static func run(
        _ engine: Engine = .sqlite,
        tls: TLSConfiguration? = nil,
        _ body: (SinkBench) async throws -> Void
    ) async throws {
        let (ledger, state, control) = try makeLedger(engine)
        let http = HTTPClient(configuration: SinkHTTP.configuration(tls: tls))
        do {
            try await body(SinkBench(ledger: ledger, state: state, control: control, http: http))
        } catch {
            try await http.shutdown()
            throw error
        }
        try await http.shutdown()
    }

    /// Checks that nothing is missing among the indexes that arrived, and that what arrived twice was counted; `isExact` when nothing may.
    func check(
        _ arrived: [UInt64],
        isExact: Bool = false,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let status = try await control.sink("siem")
        #expect(status.conservation.holds, sourceLocation: sourceLocation)
        let dead = Set(try await control.deadLetters("siem").map(\.index))
        let there = Set(arrived)
        let missing = (0..<ledger.size).filter { !there.contains($0) && !dead.contains($0) }
        #expect(missing.isEmpty, "missing: \(missing)", sourceLocation: sourceLocation)
        let most = isExact ? 0 : Int(status.duplicates)
        #expect(arrived.count - there.count <= most, sourceLocation: sourceLocation)
    }
}

/// The index at the end of a record's id; nil for a manifest's.
func recordIndex(_ recordID: String?) -> UInt64? {
    guard let recordID, !recordID.contains("/manifest/") else { return nil }
    return recordID.split(separator: "/").last.flatMap { UInt64($0) }
}
