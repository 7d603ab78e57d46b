public import JSON
public import MerkleLog

/// Why a delivery statement is not believed.
public enum DeliveryStatementError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file is no signed note, or its signature is not right.
    case note(NoteError)
    /// It is not signed by the key of the ledger that it speaks of.
    case notSignedByLedger
    /// It is a note, and no statement of this kind.
    case format
    /// A member is missing, or is not what the format says.
    case member(String)
    /// Its counts contradict one another.
    case sum(String)
    /// Its checkpoint is not the ledger's, or does not hold what it speaks of.
    case checkpoint
    /// The event with this index is not proved, or is no event of the sink.
    case event(UInt64)

    public var description: String {
        switch self {
        case .note(let error): "the statement is not authentic: \(error)"
        case .notSignedByLedger: "the statement is not signed by the key of the ledger that it speaks of"
        case .format:
            "this is no delivery statement that can be read: its first line must be '\(DeliveryStatement.formatLine)'"
        case .member(let name): "the statement's '\(name)' is missing or not what it must be"
        case .sum(let name): "the statement contradicts itself: the counts of '\(name)' do not add up"
        case .checkpoint:
            "the statement's checkpoint is not one of the ledger's, or does not hold what the statement speaks of"
        case .event(let index):
            "event \(index) of the statement is not proved to be in the ledger, or is none of the sink's"
        }
    }
}

/// What was delivered to a sink in a range of the ledger, signed by the ledger's key as a C2SP note, for somebody who has nothing
/// but the file and the public key.
///
/// The note's text is ``formatLine`` and one line of canonical JSON. No checkpoint can be read from it: the second line of a
/// checkpoint is a number.
public struct DeliveryStatement: Sendable, Hashable {
    /// The first line.
    public static let formatLine = "muniment.delivery-statement/v1"
    /// Longest text in bytes: what signatures need is left of a note.
    public static let maximumByteCount = SignedNote.maximumByteCount - 10_000
    /// The places of an entry.
    public static let places = ["filtered", "confirmed", "inFlight", "dead", "backlog"]

    /// What is stated.
    public let body: JSONValue

    /// States something. What it says is checked where it is verified.
    public init(body: JSONValue) { self.body = body }

    /// The signed statement.
    /// - Throws: ``NoteError``, ``JSONCanonicalError``.
    public func signed(by signer: NoteSigner) throws -> SignedNote {
        let line = String(decoding: try body.canonicalBytes(), as: UTF8.self)
        return try SignedNote(text: Self.formatLine + "\n" + line + "\n", signers: [signer])
    }

    /// Reads a statement and checks everything that can be checked without the store: the signature, that the counts add up, that
    /// the checkpoint is the ledger's and holds the range, and that each event it cites is the sink's and in the ledger.
    /// - Throws: ``DeliveryStatementError`` for the first thing that is not right.
    public init(verifying file: [UInt8], by verifier: NoteVerifier) throws(DeliveryStatementError) {
        let opened: VerifiedNote
        do throws(NoteError) { opened = try SignedNote(bytes: file).open(verifiers: [verifier]) } catch {
            throw .note(error)
        }
        let lines = opened.text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 3, lines[0] == Self.formatLine, lines[2].isEmpty,
            let body = try? JSONValue(parsing: Array(lines[1].utf8)),
            let canonical = try? body.canonicalBytes(), canonical.elementsEqual(lines[1].utf8)
        else { throw .format }
        self.body = body
        guard opened.verified.contains(where: { $0.type == .ed25519 }), body["ledger"]?.string == verifier.name else {
            throw .notSignedByLedger
        }
        try check(verifier)
    }

    // MARK: Checks

    private func check(_ verifier: NoteVerifier) throws(DeliveryStatementError) {
        let first = try count(body, "firstIndex")
        let past = try count(body, "pastIndex")
        guard first <= past else { throw .member("pastIndex") }
        guard let range = body["range"], let whole = body["whole"] else { throw .member("range") }
        guard try sum(range, ["unjudged"]) == past - first else { throw .sum("range") }
        let (start, head) = (try count(whole, "start"), try count(whole, "head"))
        guard start <= head, try sum(whole, []) == head - start else { throw .sum("whole") }
        guard let letters = body["deadLetters"]?.object else { throw .member("deadLetters") }
        var dead: UInt64 = 0
        for (reason, _) in letters { dead = add(dead, try count(.object(letters), reason)) }
        guard dead == (try count(range, "dead")) else { throw .sum("deadLetters") }
        guard let note = body["checkpoint"]?.string,
            let text = try? SignedNote(note).open(verifiers: [verifier]).text,
            let checkpoint = try? Checkpoint(text: text), checkpoint.origin == verifier.name,
            past <= head, head <= checkpoint.size
        else { throw .checkpoint }
        try checkManifests(checkpoint)
        try checkEvents(note, verifier)
    }

    private func checkManifests(_ checkpoint: Checkpoint) throws(DeliveryStatementError) {
        guard let manifests = body["manifests"], let newest = manifests["newest"]?.array else {
            throw .member("manifests")
        }
        let count = try count(manifests, "count")
        guard UInt64(newest.count) <= count else { throw .sum("manifests") }
        var hashes = Frontier()
        for manifest in newest {
            guard try self.count(manifest, "treeSize") <= checkpoint.size,
                let bytes = try? manifest.canonicalBytes()
            else { throw .member("manifests") }
            hashes.append(TreeHasher.leafHash(bytes))
        }
        // Where all are listed, the root over all of them can be computed.
        if UInt64(newest.count) == count, manifests["listRoot"]?.string != hashes.root.base64 {
            throw .sum("manifests")
        }
    }

    private func checkEvents(_ note: String, _ verifier: NoteVerifier) throws(DeliveryStatementError) {
        guard let events = body["events"]?.array, let acts = body["acts"]?.object, let sink = body["sink"]?.string
        else {
            throw .member("events")
        }
        var cited: [String: UInt64] = [:]
        for event in events {
            let index = try count(event, "index")
            guard let entry = event["entry"]?.string, let text = event["proof"]?.string,
                let proof = try? TLogProof(text), proof.index == index, proof.checkpoint == note,
                (try? proof.verify(entry: Array(entry.utf8), verifiers: [verifier], origin: verifier.name)) != nil,
                let value = try? JSONValue(parsing: entry), value["sink"]?.string == sink,
                let type = value["eventType"]?.string
            else { throw .event(index) }
            cited[type, default: 0] += 1
        }
        var total: UInt64 = 0
        for (type, _) in acts {
            let number = try count(.object(acts), type)
            guard cited[type, default: 0] <= number else { throw .sum("acts") }
            total = add(total, number)
        }
        guard cited.keys.allSatisfy({ acts[$0] != nil }),
            total == add(UInt64(events.count), try count(body, "eventsNotCited"))
        else { throw .sum("acts") }
    }

    private func sum(_ value: JSONValue, _ more: [String]) throws(DeliveryStatementError) -> UInt64 {
        var sum: UInt64 = 0
        for place in Self.places + more { sum = add(sum, try count(value, place)) }
        return sum
    }

    private func add(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }

    private func count(_ value: JSONValue, _ name: String) throws(DeliveryStatementError) -> UInt64 {
        guard let count = value[name]?.integer.flatMap({ UInt64(exactly: $0) }) else { throw .member(name) }
        return count
    }
}
