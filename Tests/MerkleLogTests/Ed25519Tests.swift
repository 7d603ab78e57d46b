import Crypto
import Testing
import TextEncoding

@testable import MerkleLog

/// Pins the Ed25519 rule that all verification follows, on inputs where verifiers legitimately differ.
@Suite struct Ed25519Tests {
    private func isValid(key: [UInt8], signature: [UInt8], message: [UInt8]) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: key) else { return false }
        return key.isValidSignature(signature, for: message)
    }

    private struct Wycheproof: Decodable {
        let testGroups: [Group]

        struct Group: Decodable {
            let publicKey: Key
            let tests: [Case]
        }

        struct Key: Decodable {
            let pk: String
        }

        struct Case: Decodable {
            let tcId: Int
            let msg: String
            let sig: String
            let result: String
        }
    }

    @Test func wycheproof() throws {
        let file = try Vectors.decode(Wycheproof.self, "signatures/wycheproof-ed25519.json")
        var (valid, invalid) = (0, 0)
        for group in file.testGroups {
            let key = try #require(Hex.decode(group.publicKey.pk.utf8))
            for test in group.tests {
                let accepted = isValid(
                    key: key,
                    signature: try #require(Hex.decode(test.sig.utf8)),
                    message: try #require(Hex.decode(test.msg.utf8))
                )
                #expect(accepted == (test.result == "valid"), "case \(test.tcId)")
                if accepted { valid += 1 } else { invalid += 1 }
            }
        }
        #expect(valid == 88 && invalid == 63)
    }

    private struct EdgeCase: Decodable {
        let number: Int
        let key: String
        let sig: String
        let msg: String
        let flags: [String]?
    }

    /// Cases that fit a challenge hashed from re-encoded points, and are accepted although ours hashes the bytes as
    /// given: the key has low order, so that only the challenge modulo 8 matters, and that happens to be the same.
    private static let acceptedByCoincidence: Set = [35, 166, 167, 188, 255, 308, 311, 314, 838, 904]

    /// The rule: the equation is checked without cofactor (no low-order residue may remain), R must be encoded
    /// canonically, and the challenge is hashed from the bytes as given. Keys of low order and keys encoded
    /// non-canonically are not refused as such; a log's key is configured, never taken from a note.
    @Test func edgeCases() throws {
        let cases = try Vectors.decode([EdgeCase].self, "signatures/cctv-ed25519-edge-cases.json")
        #expect(cases.count == 914)
        var accepted = 0
        for edge in cases {
            let verdict = isValid(
                key: try #require(Hex.decode(edge.key.utf8)),
                signature: try #require(Hex.decode(edge.sig.utf8)),
                message: Array(edge.msg.utf8)
            )
            let flags = Set(edge.flags ?? [])
            let expected = flags.isDisjoint(with: ["low_order_residue", "non_canonical_R", "reencoded_k"])
            let isCoincidence = Self.acceptedByCoincidence.contains(edge.number)
            if isCoincidence { #expect(flags.isSuperset(of: ["low_order_A", "reencoded_k"])) }
            #expect(verdict == (expected || isCoincidence), "case \(edge.number): \(flags.sorted())")
            if verdict { accepted += 1 }
        }
        #expect(accepted == 208)
    }
}
