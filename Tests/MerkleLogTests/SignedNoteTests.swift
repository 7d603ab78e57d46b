import Testing
import TextEncoding

@testable import MerkleLog

@Suite struct SignedNoteTests {
    private struct File: Decodable {
        let notes: [Note]
        let badKeys: [BadKey]

        enum CodingKeys: String, CodingKey {
            case notes
            case badKeys = "bad_vkeys"
        }

        struct Note: Decodable {
            let name: String
            let noteBase64: String
            let knownKeys: [String]
            let result: String
            let verified: [String]
            let unverifiedCount: Int

            enum CodingKeys: String, CodingKey {
                case name, result, verified
                case noteBase64 = "note_base64"
                case knownKeys = "known_vkeys"
                case unverifiedCount = "unverified_count"
            }
        }

        struct BadKey: Decodable {
            let vkey: String?
            let valid: String?

            enum CodingKeys: String, CodingKey {
                case vkey
                case valid = "vkey_valid"
            }
        }
    }

    private func result(of error: NoteError) -> String {
        switch error {
        case .invalidSignature: "invalid signature"
        case .unverified: "unverified"
        default: "malformed"
        }
    }

    @Test func noteVectors() throws {
        let file = try Vectors.decode(File.self, "signed-note/notes.json")
        #expect(file.notes.count == 14)
        for vector in file.notes {
            let bytes = try #require(Base64.decode(vector.noteBase64.utf8))
            let verifiers = try vector.knownKeys.map { try NoteVerifier(vkey: $0) }
            do {
                let note = try SignedNote(bytes: bytes)
                #expect(Array(note.encoded.utf8) == bytes, "\(vector.name)")
                let verified = try note.open(verifiers: verifiers)
                #expect(vector.result == "ok", "\(vector.name)")
                #expect(verified.verified.map(\.keyName) == vector.verified, "\(vector.name)")
                #expect(verified.unverified.count == vector.unverifiedCount, "\(vector.name)")
            } catch {
                #expect(result(of: error) == vector.result, "\(vector.name): \(error)")
            }
        }
    }

    @Test func badVerifierKeys() throws {
        let file = try Vectors.decode(File.self, "signed-note/notes.json")
        let bad = file.badKeys.compactMap(\.vkey)
        #expect(bad.count == 2)
        for vkey in bad {
            #expect(throws: NoteKeyError.self) { try NoteVerifier(vkey: vkey) }
        }
        let valid = try #require(file.badKeys.compactMap(\.valid).first)
        #expect(try NoteVerifier(vkey: valid).vkey == valid)
        let bytes = Array(valid.utf8)
        for start in bytes.indices {
            for end in start...bytes.count where end - start < bytes.count {
                let part = String(decoding: bytes[start..<end], as: UTF8.self)
                #expect(throws: NoteKeyError.self) { try NoteVerifier(vkey: part) }
            }
            var incremented = bytes
            incremented[start] &+= 1
            let text = String(decoding: incremented, as: UTF8.self)
            #expect(throws: NoteKeyError.self) { try NoteVerifier(vkey: text) }
        }
        // Digits of the key ID have one case only.
        #expect(throws: NoteKeyError.malformed) {
            try NoteVerifier(vkey: valid.replacing("c74f20a3", with: "C74F20A3"))
        }
    }

    private struct Cosigned: Decodable {
        let vkey: String
        let note: String
        let valid: Bool
        let timestamp: UInt64
    }

    @Test func cosignatures() throws {
        let vectors = try Vectors.decode([Cosigned].self, "tlog-cosignature/ed25519-cosigned-checkpoints.json")
        #expect(vectors.count == 3)
        for vector in vectors {
            #expect(vector.valid)
            let verifier = try NoteVerifier(vkey: vector.vkey)
            #expect(verifier.type == .cosignatureV1)
            let note = try SignedNote(vector.note)
            let verified = try note.open(verifiers: [verifier])
            #expect(verified.verified.map(\.timestamp) == [vector.timestamp])
            #expect(verified.verified.map(\.keyName) == [verifier.name])

            // Any change to time, signature or text is noticed.
            let good = try #require(note.signatures.first { verifier.isKey(of: $0) })
            for position in good.signature.indices {
                var bytes = good.signature
                bytes[position] ^= 0x01
                let bad = NoteSignature(keyName: good.keyName, keyID: good.keyID, signature: bytes)
                #expect(verifier.verify(bad, of: note.text) == nil)
            }
            let empty = NoteSignature(keyName: good.keyName, keyID: good.keyID, signature: [1])
            #expect(verifier.verify(empty, of: note.text) == nil)
            #expect(verifier.verify(good, of: note.text + "extension\n") == nil)
            // The same key as a plain Ed25519 key is another key.
            let plain = try NoteVerifier(name: verifier.name, type: .ed25519, publicKey: verifier.publicKey)
            #expect(throws: NoteError.unverified) { try note.open(verifiers: [plain]) }
        }
    }

    private func signer(_ name: String = "log.example/main", seed: UInt8 = 7) throws -> NoteSigner {
        try NoteSigner(origin: Origin(name), seed: [UInt8](repeating: seed, count: 32))
    }

    @Test func signsAndReads() throws {
        let (one, two) = (try signer(), try signer("witness.example", seed: 8))
        let note = try SignedNote(text: "text\n\nmore\n", signers: [one, two])
        let again = try SignedNote(note.encoded)
        #expect(again.text == note.text && again.signatures == note.signatures)
        #expect(try again.open(verifiers: [one.verifier, two.verifier]).verified.count == 2)
        #expect(try again.open(verifiers: [two.verifier]).unverified == [note.signatures[0]])
        // Adding a cosignature that came as a line.
        let line = try #require(NoteSignature(line: two.sign(note.text).line))
        let added = try SignedNote(text: note.text, signatures: [one.sign(note.text), line])
        #expect(added.encoded == note.encoded)
        for text in ["", "no newline", "a\n\nno newline", "tab\t\n", "null\0\n"] {
            #expect(throws: NoteError.self) { try SignedNote(text: text, signers: [one]) }
        }
        #expect(throws: NoteError.noSignatures) { try SignedNote(text: "a\n", signatures: []) }
    }

    /// A second signature by a known key is verified although the first one was right.
    @Test func everySignatureByAKnownKeyIsVerified() throws {
        let key = try signer()
        let (good, bad) = (try key.sign("a\n"), try key.sign("b\n"))
        for signatures in [[good, bad], [bad, good]] {
            let note = try SignedNote(text: "a\n", signatures: signatures)
            #expect(throws: NoteError.invalidSignature(keyName: "log.example/main")) {
                try note.open(verifiers: [key.verifier])
            }
        }
    }

    @Test func knowsKeysByNameAndID() throws {
        let (key, otherName, otherKey) = (try signer(), try signer("other.example"), try signer(seed: 9))
        let note = try SignedNote(text: "a\n", signers: [key])
        #expect(throws: NoteError.unverified) { try note.open(verifiers: [otherName.verifier, otherKey.verifier]) }
        // Names that only look alike are different keys.
        let composed = try NoteVerifier(name: "\u{e9}", type: .ed25519, publicKey: key.verifier.publicKey)
        let signature = NoteSignature(keyName: "e\u{301}", keyID: composed.keyID, signature: [1])
        #expect(!composed.isKey(of: signature))
    }

    @Test func limits() throws {
        let signature = try signer().sign("a\n")
        let hundred = try SignedNote(text: "a\n", signatures: Array(repeating: signature, count: 100))
        #expect(hundred.signatures.count == 100)
        #expect(throws: NoteError.tooManySignatures) {
            try SignedNote(text: "a\n", signatures: Array(repeating: signature, count: 101))
        }
        let long = String(repeating: "a", count: SignedNote.maximumByteCount) + "\n"
        #expect(throws: NoteError.self) { try SignedNote(text: long, signatures: [signature]) }
        let line = signature.line.dropLast()
        for bad in [
            line.dropFirst(), line.dropLast(4) + " ", line + " ", line.prefix(20), "\u{2014}  AAAAAAA=",
            "\u{2014} a AAAAAA==",
            "\u{2014} a\u{a0}b AAAAAAA=", "\u{2014} a\u{2003}b AAAAAAA=", "\u{2014} a+b AAAAAAA=", "- a AAAAAAA=",
        ] {
            #expect(throws: NoteError.malformedSignature(line: 1)) { try SignedNote("a\n\n\(bad)\n") }
        }
    }

    @Test func signingKeysRoundTripAndStayMasked() throws {
        let key = try signer()
        let skey = key.exportSecretKey()
        #expect(skey.hasPrefix("PRIVATE+KEY+log.example/main+"))
        let again = try NoteSigner(skey: skey)
        #expect(again.vkey == key.vkey && again.exportSecretKey() == skey)
        #expect(try NoteVerifier(vkey: key.vkey).keyID == key.verifier.keyID)
        var dumped = ""
        dump(key, to: &dumped)
        let secret = try #require(skey.split(separator: "+").last)
        for text in ["\(key)", String(reflecting: key), String(describing: Optional(key)), dumped] {
            #expect(text.contains("log.example/main"))
            #expect(!text.contains(secret) && !text.contains("BwcH") && !text.contains("7, 7"))
        }
        for bad in [
            "", "PRIVATE+KEY+", key.vkey, String(skey.dropFirst()), String(skey.dropLast()), skey + "A",
            skey.replacing("log.example", with: "log.examplf"), skey.replacing("log.example/main", with: "a b"),
        ] {
            #expect(throws: NoteKeyError.self) { try NoteSigner(skey: bad) }
        }
        #expect(throws: NoteKeyError.invalidKey) { try NoteSigner(origin: Origin("a"), seed: [1]) }
        var generator = SplitMix64(state: 8)
        let first = try NoteSigner(origin: Origin("a"), using: &generator)
        let second = try NoteSigner(origin: Origin("a"), using: &generator)
        #expect(first.vkey != second.vkey)
    }
}
