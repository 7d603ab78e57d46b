import Crypto
import Testing
import TextEncoding

@testable import Identity

private let secret: [UInt8] = Array(0..<32)

private func key(tenant: String = "acme", epoch: Int = 1) throws -> TenantKey {
    try TenantKey(secret: secret, tenant: tenant, epoch: epoch)
}

@Suite struct TokenTests {
    /// Worked out with another implementation of HMAC-SHA-256: the derived key is HMAC(secret, "muniment/token/<epoch>/<tenant>"),
    /// the token HMAC(derived key, "<kind>" 0x00 "<value>").
    @Test(arguments: [
        ("acme", 1, "C-100001", "0c4c5a9c1416a1dab87f8da656ed660dbf62c02d54247bf20000f2c629af279e"),
        ("acme", 2, "C-100001", "8d2d0cfe111a3590308b3d54e4b4a3b4dc3bbcbfe980860f31b56976ad60257b"),
        ("other", 1, "C-100001", "2fe7775970cdf9a15ae93ceeefc981dce28dff888d9040d00deb1bf4b397fce8"),
        ("acme", 1, "Zoë", "e97ccd81cfe27a063c1073e402dbf3d34e5297bbf20f25abc1652087745985dd"),
    ])
    func goldenTokens(tenant: String, epoch: Int, value: String, hex: String) throws {
        let tokeniser = Tokeniser(key: try key(tenant: tenant, epoch: epoch))
        #expect(tokeniser.token(.customer, value) == "hmac-sha256:\(epoch):customer:\(hex)")
    }

    @Test func appendsToWhatIsThere() throws {
        var bytes = Array("x".utf8)
        Array("C-1".utf8).withUnsafeBytes { Tokeniser(key: try! key()).append(.customer, $0, to: &bytes) }
        #expect(String(decoding: bytes, as: UTF8.self) == "x" + Tokeniser(key: try key()).token(.customer, "C-1"))
    }

    @Test func neverSharesATokenAcrossTenantEpochSecretOrPurpose() throws {
        var tokens: Set<String> = []
        for tenant in ["acme", "other", "acme/1"] {
            for epoch in 1...3 {
                tokens.insert(Tokeniser(key: try key(tenant: tenant, epoch: epoch)).token(.customer, "x"))
            }
        }
        let another = try TenantKey(secret: Array(secret.reversed()), tenant: "acme", epoch: 1)
        tokens.insert(Tokeniser(key: another).token(.customer, "x"))
        #expect(tokens.count == 10)
        let derived = try [key().derived(for: "token"), key().derived(for: "disclosure")]
        #expect(derived[0] != derived[1])
    }

    /// The derivation names epoch before tenant, so that no tenant's name can pass for another's epoch.
    @Test func aTenantCannotPassForAnother() throws {
        let first = try key(tenant: "1/acme", epoch: 1).derived(for: "token")
        let second = try key(tenant: "acme", epoch: 11).derived(for: "token")
        #expect(first != second)
    }

    @Test func takesIdentifiersByteForByte() throws {
        let tokeniser = Tokeniser(key: try key())
        let spellings = ["C-1", "c-1", "C-1 ", "C-01", "é", "e\u{301}", ""]
        #expect(Set(spellings.map { tokeniser.token(.customer, $0).utf8.map { $0 } }).count == spellings.count)
    }
}

@Suite struct KeyedHashTests {
    /// The same as the library's HMAC, for keys below, at and above the block and messages in two parts.
    @Test func isHMAC() {
        for keyLength in [0, 1, 31, 32, 63, 64, 65, 200] {
            let key = SymmetricKey(data: (0..<keyLength).map { UInt8(truncatingIfNeeded: $0 * 7) })
            let keyed = KeyedHash(key: key)
            for messageLength in [0, 1, 55, 56, 64, 119, 1000] {
                let message = (0..<messageLength).map { UInt8(truncatingIfNeeded: $0 * 31) }
                let expected = Array(HMAC<SHA256>.authenticationCode(for: message, using: key))
                #expect(message.withUnsafeBytes { Array(keyed.code(for: $0)) } == expected)
                let (front, back) = (Array(message.prefix(20)), Array(message.dropFirst(20)))
                #expect(back.withUnsafeBytes { Array(keyed.beginning(with: front).code(for: $0)) } == expected)
            }
        }
    }
}

@Suite struct TenantKeyTests {
    @Test func refusesBadKeys() {
        #expect(throws: IdentityError.keyLength(31)) {
            try TenantKey(secret: Array(repeating: 1, count: 31), tenant: "acme", epoch: 1)
        }
        #expect(throws: IdentityError.keyLength(0)) { try TenantKey(secret: [], tenant: "acme", epoch: 1) }
        #expect(throws: IdentityError.epoch(0)) { try key(epoch: 0) }
        #expect("\(IdentityError.keyLength(5))" == "the tenant key must have 32 bytes, it has 5")
        #expect("\(IdentityError.epoch(-1))" == "the key epoch must be 1 or more, it is -1")
    }

    @Test func neverShowsItsSecret() throws {
        let key = try TenantKey(secret: Array("0123456789abcdef0123456789abcdef".utf8), tenant: "acme", epoch: 7)
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped, "\([key])"] {
            #expect(text.contains("acme") && text.contains("7"))
            #expect(!text.contains("0123456789") && !text.contains("48, 49"))
        }
    }
}

@Suite struct CommitmentTests {
    /// The commitment to the path of that number.
    private func commitment(_ event: String, _ number: Int, _ values: [String]) throws -> String {
        var hasher = DisclosureCommitments(key: try key()).begin(eventID: Array(event.utf8))
        for _ in 0...number { hasher.beginPath() }
        for value in values { Array(value.utf8).withUnsafeBytes { hasher.add($0) } }
        var bytes: [UInt8] = []
        hasher.endPath(to: &bytes)
        return Hex.encode(bytes)
    }

    /// Worked out with another implementation.
    @Test(arguments: [
        (0, "7d4805bc4097af8fc7608460d753b8daac2af6ab08171ce470aa6046d105d5e3"),
        (5, "2eddf094e8139c32b1476176c73b595c12d273b572067a635c8b799614ac9c85"),
    ])
    func goldenCommitment(number: Int, hex: String) throws {
        let found = try commitment("0123456789abcdef0123456789abcdef", number, ["\"DE1\"", "12.5"])
        #expect(found == hex)
    }

    @Test func dependsOnEventPathValuesAndTheirBoundaries() throws {
        var all = try [
            commitment("a", 0, ["12", "3"]), commitment("a", 0, ["1", "23"]), commitment("a", 0, ["123"]),
            commitment("a", 0, ["3", "12"]), commitment("a", 0, []), commitment("a", 0, [""]),
            commitment("b", 0, ["123"]),
        ]
        for number in 1..<300 { all.append(try commitment("a", number, ["123"])) }
        #expect(Set(all).count == all.count)
        #expect(try commitment("a", 0, ["12", "3"]) == all[0])
    }

    @Test func aPathIsTheSameWhateverWasCommittedToBefore() throws {
        var hasher = DisclosureCommitments(key: try key()).begin(eventID: Array("a".utf8))
        var bytes: [UInt8] = []
        for value in ["1", "22", "333"] {
            hasher.beginPath()
            Array(value.utf8).withUnsafeBytes { hasher.add($0) }
            hasher.endPath(to: &bytes)
        }
        let apart = try commitment("a", 0, ["1"]) + commitment("a", 1, ["22"]) + commitment("a", 2, ["333"])
        #expect(Hex.encode(bytes) == apart)
    }
}
