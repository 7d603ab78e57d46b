import Crypto
import Testing

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
    private func commitment(_ event: String, _ path: String, _ values: [String]) throws -> String {
        var hash = DisclosureCommitments(key: try key()).seed(eventID: Array(event.utf8)).begin(path: Array(path.utf8))
        for value in values { Array(value.utf8).withUnsafeBytes { hash.add($0) } }
        var hex: [UInt8] = []
        hash.append(to: &hex)
        return String(decoding: hex, as: UTF8.self)
    }

    /// Worked out with another implementation.
    @Test func goldenCommitment() throws {
        let found = try commitment("0123456789abcdef0123456789abcdef", "accounts[].iban", ["\"DE1\"", "12.5"])
        #expect(found == "34830a653ce356e40884af6a1493096e714b607963ff8c9622fec5942e369302")
    }

    @Test func dependsOnEventPathValuesAndTheirBoundaries() throws {
        let all = try [
            commitment("a", "p", ["12", "3"]), commitment("a", "p", ["1", "23"]), commitment("a", "p", ["123"]),
            commitment("a", "p", ["3", "12"]), commitment("a", "p", []), commitment("a", "p", [""]),
            commitment("a", "q", ["123"]), commitment("b", "p", ["123"]),
        ]
        #expect(Set(all).count == all.count)
        #expect(try commitment("a", "p", ["12", "3"]) == all[0])
    }
}
