import Crypto
import Foundation
import Testing
import WallTime

@testable import Credentials

@Suite struct AuthenticationTests {
    @Test func takesEveryFormOfTheRightCredentials() async throws {
        try await Office.run { (office: Office) async throws in
            let issued = try await office.create()
            let (id, secret) = (issued.client.id, issued.secret)
            let (token, seconds) = office.directory.accessToken(for: issued.client, at: office.clock.now())
            #expect(seconds == 3600)
            for header in [
                basic(id, secret), "Bearer \(id).\(secret)", "Bearer \(token)", "bearer \(id).\(secret)",
                basic(id, secret).replacing("Basic", with: "BASIC"),
            ] {
                #expect(office.check(header) == .success(id))
            }
            #expect(office.check(basic(id, secret), acceptingTokens: false) == .success(id))
            #expect(office.check("Bearer \(token)", acceptingTokens: false) == .failure(.invalid))
        }
    }

    @Test func refusesEverythingElse() async throws {
        try await Office.run { (office: Office) async throws in
            let issued = try await office.create()
            let (id, secret) = (issued.client.id, issued.secret)
            let wrong = String(secret.dropLast()) + (secret.hasSuffix("a") ? "b" : "a")
            let cases: [(String?, AuthenticationFailure)] = [
                (nil, .missing), ("", .malformed), ("Basic", .malformed), ("Basic ", .malformed),
                ("Basic \u{1}\u{2}\u{3}\u{4}", .malformed), ("Basic ====", .malformed), ("Bearer ", .malformed),
                ("Digest x", .malformed), ("Bearer nodot", .malformed), ("Bearer mat_", .malformed),
                ("Bearer mat_a.b.c", .malformed), ("Basic " + Data("nocolon".utf8).base64EncodedString(), .malformed),
                (basic(id, secret).replacing("=", with: "") + "=====", .malformed),
                (basic(id, wrong), .invalid), (basic(id, ""), .invalid), (basic("", secret), .invalid),
                (basic(id.uppercased(), secret), .invalid), (basic("cl_other", secret), .invalid),
                (basic(id, secret + "x"), .invalid), (basic(id, String(secret.dropLast())), .invalid),
                (basic(id, secret.uppercased()), .invalid), ("Bearer \(id).\(wrong)", .invalid),
                (basic(id, String(repeating: "x", count: 129)), .invalid), ("Bearer .\(secret)", .invalid),
                ("Basic " + String(repeating: "A", count: 516), .malformed),
                (" " + basic(id, secret), .malformed), ("Basic  " + basic(id, secret).dropFirst(6), .malformed),
            ]
            for (header, failure) in cases { #expect(office.check(header) == .failure(failure), "\(header ?? "none")") }
        }
    }

    @Test func everySecretBelongsToOneClient() async throws {
        try await Office.run { (office: Office) async throws in
            let first = try await office.create()
            let second = try await office.create()
            #expect(office.check(basic(first.client.id, second.secret)) == .failure(.invalid))
            #expect(office.check(basic(second.client.id, first.secret)) == .failure(.invalid))
        }
    }

    @Test func tokensCannotBeForgedMovedOrProlonged() async throws {
        try await Office.run { (office: Office) async throws in
            let issued = try await office.create()
            let other = try await office.create()
            let token = office.directory.accessToken(for: issued.client, at: office.clock.now()).token
            let parts = token.split(separator: ".").map(String.init)
            let (id, expiry, mac) = (parts[0], parts[1], parts[2])
            #expect(id == "mat_" + issued.client.id)
            let late = String((Int64(expiry) ?? 0) + 1)
            let flipped = String(mac.dropLast()) + (mac.hasSuffix("0") ? "1" : "0")
            for forged in [
                "mat_\(other.client.id).\(expiry).\(mac)", "\(id).\(late).\(mac)", "\(id).\(expiry).\(flipped)",
                "\(id).0\(expiry).\(mac)", "\(id).+\(expiry).\(mac)",
            ] {
                #expect(office.check("Bearer \(forged)") == .failure(.invalid), "\(forged)")
            }
            for broken in [
                "\(id).\(expiry)", "\(id).\(expiry).\(mac).\(mac)", "\(id).\(expiry).\(mac.dropLast(2))",
                "\(id).\(expiry).\(mac)00", "\(id).x.\(mac)", "\(id).99999999999999999999.\(mac)",
            ] {
                #expect(office.check("Bearer \(broken)") == .failure(.malformed), "\(broken)")
            }
            let stranger = AccessTokens(key: SymmetricKey(data: Array(repeating: 8, count: 32)))
            #expect(
                office.check("Bearer " + stranger.make(for: issued.client.id, at: office.clock.now()).token)
                    == .failure(.invalid)
            )
            office.clock.advance(seconds: 3599)
            #expect(office.check("Bearer \(token)") == .success(issued.client.id))
            office.clock.advance(seconds: 1)
            #expect(office.check("Bearer \(token)") == .failure(.expired))
        }
    }

    @Test func callsComeFromAllowedAddressesOnly() async throws {
        try await Office.run { (office: Office) async throws in
            let issued = try await office.create(addresses: ["192.0.2.0/24", "2001:db8::/33", "198.51.100.7"])
            let header = basic(issued.client.id, issued.secret)
            for address in [
                "192.0.2.0", "192.0.2.255", "::ffff:192.0.2.9", "2001:db8::1", "2001:db8:7fff::1", "198.51.100.7",
            ] { #expect(office.check(header, from: address) == .success(issued.client.id), "\(address)") }
            for address in [
                "192.0.3.0", "192.0.1.255", "::192.0.2.9", "2001:db8:8000::1", "198.51.100.8", "::ffff:198.51.100.8",
                "unix", "::1",
            ] { #expect(office.check(header, from: address) == .failure(.address), "\(address)") }
            let token = office.directory.accessToken(for: issued.client, at: office.clock.now()).token
            #expect(office.check("Bearer \(token)", from: "203.0.113.1") == .failure(.address))
            // Wrong secrets from wrong addresses learn nothing about addresses.
            #expect(office.check(basic(issued.client.id, "x"), from: "203.0.113.1") == .failure(.invalid))
        }
    }

    @Test func failuresSayWhatToDoAndNotMore() {
        for failure in AuthenticationFailure.allCases {
            let forbids: Set<AuthenticationFailure> = [.scope, .address, .certificate]
            #expect(failure.status == (forbids.contains(failure) ? 403 : failure == .signatureMemoryFull ? 503 : 401))
            #expect(!failure.description.isEmpty)
        }
    }
}

@Suite struct ScopeTests {
    @Test(arguments: ["read:profile", "read:*", "audit", "ledger", "admin"])
    func readsWhatItWrites(text: String) throws {
        #expect(try #require(Scope(text)).description == text)
    }

    @Test(arguments: ["", "read:", "read", "Read:x", "read:a b", "everything", "audit "])
    func refusesOthers(text: String) { #expect(Scope(text) == nil) }
}

@Suite struct AddressRangeTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1/32"), ("0.0.0.0/0", "0.0.0.0/0"), ("10.0.0.0/9", "10.0.0.0/9"), ("::/0", "::/0"),
        ("2001:DB8::/32", "2001:db8::/32"), ("::1", "::1/128"), ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
        ("::ffff:0.0.0.0/96", "0.0.0.0/0"),
    ])
    func readsRanges(text: String, canonical: String) throws {
        let range = try #require(AddressRange(text))
        #expect(range.description == canonical)
        #expect(AddressRange(range.description) == range)
    }

    @Test(arguments: [
        "", "/", "192.0.2.1/33", "192.0.2.1/24", "192.0.2", "192.0.2.0/-1", "192.0.2.0/ 24", "192.0.2.0/024",
        "192.0.2.0/+24", "192.0.2.0/24/1", "2001:db8::/129", "2001:db8::1/64", "host", "0x7f.0.0.1", "1.2.3.4 ",
    ])
    func refusesOthers(text: String) { #expect(AddressRange(text) == nil) }

    @Test func mappedRangesMeanTheirAddresses() throws {
        let range = try #require(AddressRange("::ffff:192.0.2.0/120"))
        for text in ["192.0.2.77", "::ffff:192.0.2.77"] { #expect(range.contains(try #require(IPAddress.bytes(text)))) }
        for text in ["192.0.3.1", "::192.0.2.77"] { #expect(!range.contains(try #require(IPAddress.bytes(text)))) }
        #expect(try #require(AddressRange("0.0.0.0/0")).contains([1, 2, 3, 4]))
        #expect(!(try #require(AddressRange("::/0"))).contains([1, 2, 3, 4]))
        #expect(!(try #require(AddressRange("0.0.0.0/0"))).contains([]))
    }
}

@Suite struct RememberedCredentialsTests {
    /// What a connection remembers lets nobody in who would not be let in without it.
    @Test func rememberingChangesNothing() async throws {
        try await Office.run { (office: Office) async throws in
            let expiry = Office.start.adding(seconds: 100)
            let issued = try await office.create(expires: expiry)
            let other = try await office.create()
            var checked = CheckedCredentials()
            func check(_ header: String?) -> Result<String, AuthenticationFailure> {
                let outcome: Result<String, any Error> = Result {
                    guard let header else {
                        return try office.directory.authenticate(
                            nil,
                            from: [192, 0, 2, 1],
                            at: office.clock.now(),
                            remembering: &checked,
                            evidence: NoEvidence()
                        ).client.id
                    }
                    return try Array(header.utf8).withUnsafeBytes {
                        try office.directory.authenticate(
                            $0,
                            from: [192, 0, 2, 1],
                            at: office.clock.now(),
                            remembering: &checked,
                            evidence: NoEvidence()
                        ).client.id
                    }
                }
                return outcome.mapError { ($0 as? AuthenticationFailure) ?? .malformed }
            }
            let good = basic(issued.client.id, issued.secret)
            let id = issued.client.id
            for _ in 0..<3 { #expect(check(good) == .success(id)) }
            #expect(check(String(good.dropLast())) == .failure(.malformed) && check(nil) == .failure(.missing))
            #expect(check(good) == .success(id))
            #expect(check(basic(other.client.id, other.secret)) == .success(other.client.id))
            let token = "Bearer " + office.directory.accessToken(for: other.client, at: office.clock.now()).token
            #expect(check(token) == .success(other.client.id) && check(token) == .success(other.client.id))
            #expect(check(good) == .success(id))
            // The client expires.
            office.clock.advance(seconds: 99)
            #expect(check(good) == .success(id))
            office.clock.advance(seconds: 1)
            #expect(check(good) == .failure(.expired))
            // The token expires.
            #expect(check(token) == .success(other.client.id))
            office.clock.advance(seconds: 3500)
            #expect(check(token) == .failure(.expired))
            // The secret is replaced, with an overlap, and at last the client is revoked.
            let old = basic(other.client.id, other.secret)
            #expect(check(old) == .success(other.client.id))
            _ = try await office.registry.rotate(other.client.id, overlapSeconds: 10, actor: "o")
            try await office.refresh()
            #expect(check(old) == .success(other.client.id))
            office.clock.advance(seconds: 10)
            #expect(check(old) == .failure(.expired))
            let new = try await office.registry.rotate(other.client.id, overlapSeconds: 0, actor: "o")
            try await office.refresh()
            #expect(check(basic(other.client.id, new.secret)) == .success(other.client.id))
            try await office.registry.revoke(other.client.id, reason: nil, actor: "o")
            try await office.refresh()
            #expect(check(basic(other.client.id, new.secret)) == .failure(.invalid))
        }
    }
}
