import Crypto
import DeliveryWire
import JSON
public import Ledger
public import MerkleLog
import Storage
public import WallTime

/// Makes signed statements of what was delivered to sinks.
public struct DeliveryStatements: Sendable {
    /// What a statement says of a sink that is not in its account.
    public struct Subject: Sendable {
        /// Its name.
        public let name: String
        /// Where it delivers to, without secrets.
        public let destination: String
        /// What a success means there, and why.
        public let guarantee: DeliveryGuarantee

        /// Names a sink.
        public init(name: String, destination: String, guarantee: DeliveryGuarantee) {
            self.name = name
            self.destination = destination
            self.guarantee = guarantee
        }

        /// Names a configured sink.
        public init(_ sink: ConfiguredSink) {
            self.init(
                name: sink.definition.name,
                destination: sink.definition.destination,
                guarantee: sink.guarantee
            )
        }
    }

    /// Most events that a statement proves; of older ones it says how many there are.
    static let mostEvents = 200
    /// Most manifests that it lists.
    static let mostManifests = 100
    /// What happens to a sink.
    static let kinds: [EventType] = [
        .sinkConfigured, .sinkStopped, .sinkPaused, .sinkResumed, .sinkRedriven, .sinkBackfilled, .sinkReconciled,
        .sinkResent,
        .deadLetterRecorded, .deliveryStatementMade,
    ]

    private let control: DeliveryControl
    private let ledger: Ledger
    private let signer: NoteSigner

    /// Speaks of the sinks of a ledger in the ledger's name.
    public init(control: DeliveryControl, ledger: Ledger, signer: NoteSigner) {
        self.control = control
        self.ledger = ledger
        self.signer = signer
    }

    /// The first entry that was written at or after a moment; the ledger's size when there is none. The times of entries are taken
    /// to be in order, which they are up to the clocks of the nodes that wrote them.
    public func index(at moment: Timestamp) async throws -> UInt64 {
        var (first, past) = (UInt64(0), try await ledger.head().checkpoint.size)
        while first < past {
            let middle = first + (past - first) / 2
            let entry = try JSONValue(parsing: try await ledger.entry(at: middle))
            if let time = entry["timestamp"]?.string.flatMap({ Timestamp($0) }), time < moment {
                first = middle + 1
            } else {
                past = middle
            }
        }
        return first
    }

    /// Makes a statement, and records that it was made, with its hash.
    /// - Parameter range: which entries it speaks of; what is beyond the ledger's end is left out.
    /// - Returns: the signed note.
    /// - Throws: ``DeliveryError/noEntries(_:head:)`` when no entry is in the range: nothing is signed about nothing. Also
    ///   `CancellationError`, soon after the task was cancelled; then nothing was recorded.
    public func statement(_ subject: Subject, _ range: Range<UInt64>, actor: String) async throws -> String {
        let status = try await control.sink(subject.name)
        let counted = try await control.counts(subject.name, range)
        let (covered, whole) = (counted.range, counted.whole)
        guard whole.start <= whole.head else {
            throw DeliveryError.notBegun(subject.name, start: whole.start, head: whole.head)
        }
        guard !covered.isEmpty else { throw DeliveryError.noEntries(subject.name, head: whole.head) }
        let found = try await events(of: subject.name, from: covered.lowerBound)
        let cited = found.prefix(Self.mostEvents)
        let (checkpoint, proofs) = try await ledger.proofs(of: cited.map(\.index))
        func number(_ value: UInt64) -> JSONValue { .integer(Int64(clamping: value)) }
        var acts: [String: UInt64] = [:]
        for event in found { acts[event.type, default: 0] += 1 }
        var body: [String: JSONValue] = [
            "ledger": .string(signer.verifier.name), "sink": .string(subject.name), "kind": .string(status.kind),
            "destination": .string(subject.destination), "definitionHash": .string(status.definition),
            "guarantee": [
                "level": .string(subject.guarantee.level.rawValue), "reason": .string(subject.guarantee.reason),
            ],
            "state": .string(status.state.description), "possibleDuplicates": number(status.duplicates),
            "issued": .string(control.clock.now().description), "actor": .string(actor),
            "firstIndex": number(covered.lowerBound), "pastIndex": number(covered.upperBound),
            "whole": whole.json, "checkpoint": .string(checkpoint),
            "manifests": try await manifests(subject.name, covered),
            "acts": .object(acts.mapValues(number)), "eventsNotCited": number(UInt64(found.count - cited.count)),
        ]
        body["range"] = .object(counted.places.mapValues(number))
        body["deadLetters"] = .object(counted.deadLetters.mapValues(number))
        body["events"] = .array(
            zip(cited, proofs).map { event, proof in
                [
                    "index": number(event.index), "entry": .string(String(decoding: event.bytes, as: UTF8.self)),
                    "proof": .string(proof.encoded),
                ]
            }
        )
        try Task.checkCancellation()
        let note = try DeliveryStatement(body: .object(body)).signed(by: signer).encoded
        try await record(subject.name, covered, note, actor)
        return note
    }

    private func record(_ sink: String, _ range: Range<UInt64>, _ note: String, _ actor: String) async throws {
        let hash = SHA256.hash(data: Array(note.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let event = control.state.event(
            .deliveryStatementMade,
            sink,
            control.clock.now(),
            [
                "actor": .string(actor), "firstIndex": .integer(Int64(clamping: range.lowerBound)),
                "pastIndex": .integer(Int64(clamping: range.upperBound)), "statementHash": .string(hash),
            ]
        )
        try await control.state.commit([event]) { _ in }
    }

    // MARK: What it cites

    private struct Found {
        let index: UInt64
        let type: String
        let bytes: [UInt8]
    }

    /// What happened to a sink from an index on, and what put it under its settings before; newest first.
    private func events(of sink: String, from first: UInt64) async throws -> [Found] {
        var found: [Found] = []
        for type in Self.kinds {
            var query = EventQuery(keys: [IndexKey(.eventType, type.rawValue)], limit: 100)
            var isLooking = true
            while isLooking {
                try Task.checkCancellation()
                let page = try await ledger.events(query)
                for event in page.events where isLooking {
                    let isInRange = event.index >= first
                    // The settings that were in force at the beginning were configured before it.
                    guard isInRange || type == .sinkConfigured else {
                        isLooking = false
                        break
                    }
                    guard try JSONValue(parsing: event.bytes)["sink"]?.string == sink else { continue }
                    found.append(Found(index: event.index, type: type.rawValue, bytes: event.bytes))
                    isLooking = isInRange
                }
                query.before = page.next
                if page.next == nil { isLooking = false }
            }
        }
        return found.sorted { $0.index > $1.index }
    }

    /// The manifests that speak of entries of a range and were delivered. The root is that of the Merkle tree (RFC 9162) over all of them as
    /// canonical JSON, in order.
    private func manifests(_ sink: String, _ range: Range<UInt64>) async throws -> JSONValue {
        let (count, root, newest) = try await control.state.database.read { connection in
            var (count, hashes, newest) = (0, Frontier(), [JSONValue]())
            try connection.rows(
                """
                SELECT first, past, records, filtered, dead, tree_size, root, delivered_at FROM sink_manifests
                WHERE sink = $1 AND past > $2 AND first < $3 ORDER BY first
                """,
                [.text(sink), .position(range.lowerBound), .position(range.upperBound)]
            ) { row in
                let manifest: JSONValue = [
                    "firstIndex": .integer(row.integer(0)), "pastIndex": .integer(row.integer(1)),
                    "count": .integer(row.integer(2)), "filtered": .integer(row.integer(3)),
                    "dead": .integer(row.integer(4)), "treeSize": .integer(row.integer(5)),
                    "rootHash": .string(row.text(6)),
                    "delivered": .string(Timestamp(milliseconds: row.integer(7)).description),
                ]
                hashes.append(TreeHasher.leafHash(try manifest.canonicalBytes()))
                count += 1
                newest.append(manifest)
                if newest.count > Self.mostManifests { newest.removeFirst() }
                return true
            }
            return (count, hashes.root, newest)
        }
        return ["count": .integer(Int64(count)), "listRoot": .string(root.base64), "newest": .array(newest)]
    }
}
