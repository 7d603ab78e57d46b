import Crypto
import JSON
import Ledger
import TestStores
import Testing
import TextEncoding

@testable import Identity

@Suite struct PseudonymTests {
    private func maker(_ recipient: String, epoch: Int = 1, tenant: String = "acme") throws -> PseudonymMaker {
        PseudonymMaker(key: try TenantKey(secret: Array(0..<32), tenant: tenant, epoch: epoch), recipient: recipient)
    }

    /// The same as RFC 5869 and RFC 2104 say, step by step.
    @Test func theyAreMadeAsDescribed() throws {
        func hmac(_ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
            Array(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key)))
        }
        let extracted = hmac(Array("muniment/pseudonyms/acme".utf8), Array(0..<32))
        let expanded = hmac(extracted, Array("1/siem".utf8) + [1])
        let code = "subject:" + String(repeating: "ab", count: 32)
        let expected = hmac(expanded, Array("code\u{0}\(code)".utf8))
        let made = try maker("siem").pseudonym(of: code)
        #expect(made.text == "pseudonym:1:subject:" + Hex.encode(expected) && Pseudonym(made.text) == made)
        let hash = String(repeating: "cd", count: 32)
        #expect(try maker("siem").hash(for: hash) == Hex.encode(hmac(expanded, Array("hash\u{0}\(hash)".utf8))))
    }

    @Test func noTwoRecipientsTenantsOrEpochsShareOne() throws {
        let code = "hmac-sha256:1:customer:" + String(repeating: "ab", count: 32)
        let makers = try [
            maker("siem"), maker("sie"), maker("siem-2"), maker("siem", epoch: 2), maker("2/siem"),
            maker("siem", tenant: "acme2"), maker("siem", tenant: "acme2/1"),
        ]
        #expect(Set(makers.map { $0.pseudonym(of: code).digest }).count == makers.count)
        #expect(Set(makers.map { $0.hash(for: String(repeating: "ab", count: 32)) }).count == makers.count)
        #expect(makers[0].pseudonym(of: code).kind == "customer")
        #expect(makers[0].pseudonym(of: "tok_PHONE_\(String(repeating: "1", count: 32))").kind == "token")
        let words = [
            "", "pseudonym", "pseudonym:1:subject:ab", "pseudonym:01:subject:" + String(repeating: "a", count: 64),
            "pseudonym:0:subject:" + String(repeating: "a", count: 64),
            "subject:1:subject:" + String(repeating: "a", count: 64),
            "pseudonym:1::" + String(repeating: "a", count: 64),
            "pseudonym:1:subject:" + String(repeating: "g", count: 64),
        ]
        for text in words { #expect(Pseudonym(text) == nil, "\(text)") }
    }

    /// What two recipients hold leads back here, to one person; not from one to the other; and nowhere once they are forgotten.
    @Test(arguments: Engine.allCases)
    func onlyTheRegistryLeadsBack(engine: Engine) async throws {
        let scratch = try Scratch(engine, keyring: try .test(epochs: 2))
        let registry = scratch.registry
        for number in 0..<50 { try await scratch.link(customer(number), phone(number)) }
        let ann = try await scratch.link(customer(77), email("ann"))
        let bob = try await scratch.link(customer(78), email("bob"))
        let subject = try #require(try await registry.knownSubject(of: customer(78)))
        let first = try #require(registry.tokens.keyring[1])
        let siem = PseudonymMaker(key: first, recipient: "siem")
        let shop = PseudonymMaker(key: registry.tokens.keyring.newest, recipient: "shop")
        let found = { (pseudonym: Pseudonym, recipient: String) async throws -> String? in
            try await registry.person(behind: pseudonym, of: recipient)?.customer
        }
        #expect(try await found(siem.pseudonym(of: subject), "siem") == bob.customer)
        #expect(try await found(shop.pseudonym(of: subject), "shop") == bob.customer)
        #expect(try await found(siem.pseudonym(of: subject), "shop") == nil)
        // The tokens of customer numbers, under which older reads stand, under every key.
        for token in registry.tokens.tokens(customer(78)).prefix(1) {
            #expect(try await found(siem.pseudonym(of: token), "siem") == bob.customer)
        }
        // Whoever became one with another is found under the id that stands for both.
        _ = try await registry.merge(.identifier(email("ann")), .identifier(email("bob")), by: scratch.actor)
        let match = try #require(try await registry.person(behind: siem.pseudonym(of: subject), of: "siem"))
        #expect(match.customer == ann.customer && match.subject == subject)
        _ = try await registry.forget(.identifier(email("bob")), requestID: nil, by: scratch.actor)
        #expect(try await found(siem.pseudonym(of: subject), "siem") == nil)
        for token in registry.tokens.tokens(customer(78)) {
            #expect(try await found(siem.pseudonym(of: token), "siem") == nil)
        }
        await #expect(throws: IdentityError.self) {
            try await found(siem.pseudonym(of: "tok_PHONE_" + String(repeating: "1", count: 32)), "siem")
        }
        let gone = Pseudonym(epoch: 9, kind: "subject", digest: Array(repeating: 1, count: 32))
        await #expect(throws: IdentityError.self) { try await found(gone, "siem") }
    }
}
