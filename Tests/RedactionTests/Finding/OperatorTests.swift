import Redaction
import Testing

@Suite("Operators")
struct OperatorTests {
    private static let secret = Array(UInt8(0)..<32)

    private func redactor(_ action: Action, vault: any TokenVault = MemoryVault()) throws -> Redactor {
        try Redactor(
            policy: RedactionPolicy(name: "test", defaultAction: action),
            keys: RedactionKeys(secret: Self.secret),
            vault: vault
        )
    }

    /// The nine samples that NIST publishes with SP 800-38G ("FF1samples").
    @Test(
        "NIST's samples of FF1",
        arguments: [
            (16, 10, "", "0123456789", "2433477484"), (16, 10, "39383736353433323130", "0123456789", "6124200773"),
            (16, 36, "3737373770717273373737", "0123456789abcdefghi", "a9tv40mll9kdu509eum"),
            (24, 10, "", "0123456789", "2830668132"),
            (24, 10, "39383736353433323130", "0123456789", "2496655549"),
            (24, 36, "3737373770717273373737", "0123456789abcdefghi", "xbj3kv35jrawxv32ysr"),
            (32, 10, "", "0123456789", "6657667009"), (32, 10, "39383736353433323130", "0123456789", "1001623463"),
            (32, 36, "3737373770717273373737", "0123456789abcdefghi", "xs8a0azh2avyalyzuwd"),
        ]
    )
    func samples(size: Int, radix: Int, tweak: String, plain: String, cipher: String) throws {
        let key = hex("2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F7F036D6F04FC6A94").prefix(size)
        let ff1 = try FF1(key: Array(key))
        #expect(text(try ff1.encrypt(numerals(plain), radix: radix, tweak: hex(tweak))) == cipher)
        #expect(text(try ff1.decrypt(numerals(cipher), radix: radix, tweak: hex(tweak))) == plain)
    }

    @Test("Small domains are refused")
    func smallDomain() throws {
        let ff1 = try FF1(key: Self.secret)
        #expect(throws: FF1.Failure.domainTooSmall) { try ff1.encrypt([1, 2, 3, 4, 5], radix: 10, tweak: []) }
        #expect(throws: FF1.Failure.numeralOutOfRange) {
            try ff1.encrypt([10, 2, 3, 4, 5, 6, 7], radix: 10, tweak: [])
        }
        #expect(throws: FF1.Failure.textTooLong) {
            try ff1.encrypt(Array(repeating: 1, count: 60), radix: 10, tweak: [])
        }
        #expect(throws: FF1.Failure.keySize) { try FF1(key: [1]) }
    }

    @Test("Masks and labels")
    func masks() throws {
        let text = "card 4012888888881881 cvv 123"
        #expect(try redactor(.mask).redact(text) == "card **** cvv ****")
        #expect(try redactor(.maskMiddle).redact(text) == "card 401288******1881 cvv ****")
        #expect(try redactor(.label).redact(text) == "card [CREDIT_CARD] cvv [CARD_CVV]")
    }

    @Test(
        "A verification code is only ever masked",
        arguments: [Action.keep, .hash, .token, .formatPreserving, .maskMiddle, .shiftDate]
    )
    func verificationCode(action: Action) throws {
        #expect(try redactor(action).redact("cvv 123") == "cvv ****")
    }

    @Test("Hashes and tokens are equal for equal values of a scope and differ elsewhere")
    func scopes() throws {
        let vault = MemoryVault()
        for action in [Action.hash, .token] {
            let redactor = try redactor(action, vault: vault)
            let first = try redactor.redact("mail a.b@example.org", scope: "one")
            #expect(first == (try redactor.redact("mail a.b@example.org", scope: "one")))
            #expect(first != (try redactor.redact("mail a.b@example.org", scope: "two")))
            #expect(!first.contains("example"))
        }
        let redactor = try redactor(.token, vault: vault)
        let token = String(try redactor.redact("mail a.b@example.org", scope: "one").dropFirst(5))
        #expect(token.hasPrefix("tok_EMAIL_"))
        #expect(try redactor.reveal(token: token, scope: "one") == Array("a.b@example.org".utf8))
        #expect(try redactor.reveal(token: token, scope: "two") == nil)
        vault.destroy(scope: "one")
        #expect(try redactor.reveal(token: token, scope: "one") == nil)
    }

    @Test("Encrypted numbers keep their form and can be taken back")
    func formatPreserving() throws {
        let redactor = try redactor(.formatPreserving)
        let output = try redactor.redact("card 4012-8888-8888-1881 exp 11/29", scope: "t")
        #expect(output.hasSuffix(" exp ****"))
        let card = String(output.dropFirst(5).prefix(19))
        #expect(card != "4012-8888-8888-1881")
        #expect(card.filter { $0 == "-" }.count == 3)
        #expect(redactor.reveal(card, type: .creditCard, scope: "t") == "4012-8888-8888-1881")
        #expect(redactor.reveal(card, type: .creditCard, scope: "u") != "4012-8888-8888-1881")
    }

    @Test("Dates move together")
    func dates() throws {
        let redactor = try redactor(.shiftDate)
        let first = try redactor.redact("born 1987-03-04", scope: "t")
        #expect(first != "born 1987-03-04" && first.count == 15)
        #expect(first == (try redactor.redact("born 1987-03-04", scope: "t")))
        #expect(try redactor.redact("born March 4, 1987", scope: "t") == "born ****")
    }

    @Test("Keys and vault are asked for before any text is read")
    func missing() {
        #expect(throws: Redactor.Failure.self) {
            try Redactor(policy: RedactionPolicy(name: "x", defaultAction: .hash))
        }
        #expect(throws: Redactor.Failure.self) {
            try Redactor(
                policy: RedactionPolicy(name: "x", defaultAction: .token),
                keys: RedactionKeys(secret: Self.secret)
            )
        }
        #expect(RedactionKeys(secret: [1, 2, 3]) == nil)
    }

    private func hex(_ text: String) -> [UInt8] {
        stride(from: 0, to: text.count, by: 2).compactMap { UInt8(text.dropFirst($0).prefix(2), radix: 16) }
    }

    private func numerals(_ text: String) -> [UInt8] {
        text.compactMap { $0.hexDigitValue ?? Int(String($0), radix: 36) }.map(UInt8.init)
    }
    private func text(_ numerals: [UInt8]) -> String { numerals.map { String($0, radix: 36) }.joined() }
}
