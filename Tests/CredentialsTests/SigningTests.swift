import Crypto
import Foundation
import HTTPSignatures
import JSON
import Ledger
import Storage
import TestSigning
import Testing
import TextEncoding
import WallTime

@testable import Credentials

/// A request with a signature, a certificate, or both.
struct SignedEvidence: RequestEvidence {
    var fields: [(name: String, value: String)] = []
    var body = #"{"customerId":"1"}"#
    var target = "/api/v1/read/profile"
    var certificate: CallerCertificate?

    var isSigned: Bool { fields.contains { $0.name == "signature-input" || $0.name == "signature" } }
    var signable: SignableRequest {
        Array(body.utf8).withUnsafeBytes { SignableRequest(method: "POST", target: target, fields: fields, body: $0) }
    }

    func signed(_ signer: TestSigner, at created: Int64, nonce: String) throws -> SignedEvidence {
        var copy = self
        copy.fields = try signer.headers(target: target, body: body, created: created, nonce: nonce).map {
            ($0.name.lowercased(), $0.value)
        }
        return copy
    }
}

extension Office {
    var seconds: Int64 { clock.now().milliseconds / 1000 }

    func create(
        signing: NewSigningKey?,
        required: Bool = false,
        certificates: [CertificateBinding] = [],
        addresses: [AddressRange] = []
    ) async throws -> IssuedSecret {
        let issued = try await registry.create(
            name: "signs",
            scopes: [.audit],
            addresses: addresses,
            expires: nil,
            signing: signing,
            requiresSignature: required,
            certificates: certificates,
            actor: "op"
        )
        try await refresh()
        // What was signed in the second in which the process began is refused.
        if seconds == Office.start.milliseconds / 1000 { clock.advance(seconds: 1) }
        return issued
    }
}

@Suite struct SigningTests {
    @Test func aSignatureAloneLetsIn() async throws {
        try await Office.run { office in
            let pair = Curve25519.Signing.PrivateKey()
            let hmac = try await office.create(signing: .hmacSHA256)
            let ed = try await office.create(signing: .ed25519(publicKey: Array(pair.publicKey.rawRepresentation)))
            let id = hmac.client.id
            #expect(hmac.signingSecret.flatMap { Base64.decode($0.utf8) }?.count == 32)
            #expect(ed.signingSecret == nil && ed.newSecret != nil)
            let first = TestSigner(secret: hmac.signingSecret, keyID: id)
            let second = TestSigner(.ed25519(pair), keyID: ed.client.id)
            let evidence = try SignedEvidence().signed(first, at: office.seconds, nonce: "nonce-0001")
            #expect(office.check(nil, evidence: evidence) == .success(id))
            #expect(office.check(nil, evidence: evidence) == .failure(.signatureReplayed))
            #expect(
                office.check(
                    nil,
                    evidence: try SignedEvidence().signed(second, at: office.seconds, nonce: "nonce-0001")
                )
                    == .success(ed.client.id)
            )
            // Beside its secret the signature counts as well.
            let header = basic(id, hmac.secret)
            #expect(office.check(header) == .success(id))
            #expect(office.check(header, evidence: evidence) == .failure(.signatureReplayed))
            let foreign = try SignedEvidence().signed(second, at: office.seconds, nonce: "nonce-0002")
            #expect(office.check(header, evidence: foreign) == .failure(.signatureInvalid))
            // Who has no key is not helped by a signature, nor hindered.
            let plain = try await office.create()
            #expect(office.check(basic(plain.client.id, plain.secret), evidence: foreign) == .success(plain.client.id))
            let own = TestSigner(secret: hmac.signingSecret, keyID: plain.client.id)
            let unknown = TestSigner(secret: hmac.signingSecret, keyID: "cl_nobody")
            for signer in [own, unknown] {
                let evidence = try SignedEvidence().signed(signer, at: office.seconds, nonce: "nonce-0003")
                #expect(office.check(nil, evidence: evidence) == .failure(.signatureInvalid))
            }
        }
    }

    @Test func whatDoesNotDo() async throws {
        try await Office.run { office in
            let issued = try await office.create(signing: .hmacSHA256)
            let signer = TestSigner(secret: issued.signingSecret, keyID: issued.client.id)
            let now = office.seconds
            func outcome(
                _ change: (inout SignedEvidence) -> Void = { _ in },
                at created: Int64? = nil,
                by other: TestSigner? = nil
            ) throws -> AuthenticationFailure? {
                var evidence = try SignedEvidence().signed(other ?? signer, at: created ?? now, nonce: "never-good")
                change(&evidence)
                if case .failure(let failure) = office.check(nil, evidence: evidence) { return failure }
                return nil
            }
            #expect(try outcome { $0.body += " " } == .contentDigest)
            #expect(try outcome { $0.target = "/api/v1/read/other" } == .signatureInvalid)
            #expect(try outcome { $0.target += "?a=b" } == .signatureIncomplete)
            #expect(try outcome { $0.fields.removeAll { $0.name == "signature" } } == .signatureMalformed)
            #expect(try outcome { $0.fields.removeAll { $0.name == "content-digest" } } == .signatureMalformed)
            #expect(try outcome { $0.fields.append($0.fields[1]) } == .signatureMalformed)
            #expect(try outcome(at: now - 60) == .signatureExpired)
            #expect(try outcome(at: now + 6) == .signatureExpired)
            var other = signer
            other.more = ";alg=\"ed25519\""
            #expect(try outcome(by: other) == .signatureInvalid)
            other.more = ";alg=\"none\""
            #expect(try outcome(by: other) == .signatureInvalid)
            other.more = ";expires=\(now)"
            #expect(try outcome(by: other) == .signatureExpired)
            other = TestSigner(.hmac(Array(repeating: 0, count: 32)), keyID: issued.client.id)
            #expect(try outcome(by: other) == .signatureInvalid)
            // None of these used the nonce up; and the clock may be a little ahead.
            other = signer
            other.more = ";alg=\"hmac-sha256\";expires=\(now + 1)"
            #expect(try outcome(at: now + 5, by: other) == nil)
        }
    }

    /// What was signed before the process began could have been used with the process before it.
    @Test func whatWasSignedBeforeTheStartIsRefused() async throws {
        try await Office.run { office in
            let issued = try await office.create(signing: .hmacSHA256)
            let signer = TestSigner(secret: issued.signingSecret, keyID: issued.client.id)
            let began = Office.start.milliseconds / 1000
            for (created, isGood) in [(began - 1, false), (began, false), (began + 1, true)] {
                let evidence = try SignedEvidence().signed(signer, at: created, nonce: "nonce-\(created)")
                let outcome = office.check(nil, evidence: evidence)
                #expect(outcome == (isGood ? .success(issued.client.id) : .failure(.signatureExpired)))
            }
        }
    }

    @Test func aFullMemoryRefusesUntilItHasRoom() async throws {
        try await Office.run { office in
            let issued = try await office.create(signing: .hmacSHA256)
            let signer = TestSigner(secret: issued.signingSecret, keyID: issued.client.id)
            func send(_ nonce: Int) throws -> Result<String, AuthenticationFailure> {
                office.check(
                    nil,
                    evidence: try SignedEvidence().signed(signer, at: office.seconds, nonce: "nonce-\(nonce)xx")
                )
            }
            for nonce in 1...4 { #expect(try send(nonce) == .success(issued.client.id)) }
            #expect(try send(5) == .failure(.signatureMemoryFull))
            #expect(try send(1) == .failure(.signatureReplayed))
            office.clock.advance(seconds: 59)
            #expect(try send(5) == .failure(.signatureMemoryFull))
            office.clock.advance(seconds: 1)
            #expect(try send(5) == .success(issued.client.id))
        }
    }

    /// Over a long time, with a clock that steps about, no name is ever taken twice, and no more is kept than may be.
    @Test func theMemoryForgetsOnlyWhatIsTooOld() {
        var generator = SystemRandomNumberGenerator()
        var memory = ReplayMemory()
        var taken: Set<UInt128> = []
        var now: Int64 = 1000
        for _ in 0..<20_000 {
            now += Int64.random(in: -3...4, using: &generator)
            let name = UInt128.random(in: 0..<3000, using: &generator)
            // A name always comes with the same time, as a request that is sent again does.
            let created = 900 + Int64(name)
            guard created <= now + 5, created > now - 60 else { continue }
            let outcome = memory.remember(name, until: created + 60, now: now, capacity: 50)
            if outcome == .new { #expect(taken.insert(name).inserted) }
            #expect(memory.count <= 50)
        }
        #expect(taken.count > 100)
    }

    @Test func whoMustSignCannotDoWithoutIt() async throws {
        try await Office.run { office in
            let issued = try await office.create(signing: .hmacSHA256, required: true)
            let id = issued.client.id
            let signer = TestSigner(secret: issued.signingSecret, keyID: id)
            let header = basic(id, issued.secret)
            #expect(office.check(header) == .failure(.signatureRequired))
            let token = "Bearer " + office.directory.accessToken(for: issued.client, at: office.clock.now()).token
            #expect(office.check(token) == .failure(.signatureRequired))
            #expect(office.check(basic(id, "wrong")) == .failure(.invalid))
            var checked = CheckedCredentials()
            var names: Set<UInt128> = []
            for nonce in 1...2 {
                let evidence = try SignedEvidence().signed(signer, at: office.seconds, nonce: "nonce-000\(nonce)")
                let (client, signature) = try Array(header.utf8).withUnsafeBytes {
                    try office.directory.authenticate(
                        $0,
                        from: [192, 0, 2, 1],
                        at: office.clock.now(),
                        remembering: &checked,
                        evidence: evidence
                    )
                }
                #expect(client.id == id)
                names.insert(try #require(signature))
            }
            #expect(names.count == 2)
            // What was good with a signature is not remembered for a request without one.
            #expect(throws: AuthenticationFailure.signatureRequired) {
                try Array(header.utf8).withUnsafeBytes {
                    try office.directory.authenticate(
                        $0,
                        from: [192, 0, 2, 1],
                        at: office.clock.now(),
                        remembering: &checked,
                        evidence: NoEvidence()
                    )
                }
            }
            _ = try await office.registry.rotate(
                id,
                overlapSeconds: 0,
                changes: .init(requiresSignature: false),
                actor: "op"
            )
            try await office.refresh()
            #expect(office.check(header) == .success(id))
            await #expect(throws: ClientError.self) { try await office.create(signing: nil, required: true) }
            let plain = try await office.create()
            await #expect(throws: ClientError.self) {
                try await office.registry.rotate(
                    plain.client.id,
                    overlapSeconds: 0,
                    changes: .init(requiresSignature: true),
                    actor: "op"
                )
            }
        }
    }

    @Test func keysRotateWithAnOverlap() async throws {
        try await Office.run { office in
            let first = try await office.create(signing: .hmacSHA256)
            let id = first.client.id
            let pair = Curve25519.Signing.PrivateKey()
            let second = try await office.registry.rotate(
                id,
                overlapSeconds: 30,
                changes: .init(signing: .ed25519(publicKey: Array(pair.publicKey.rawRepresentation))),
                actor: "op"
            )
            try await office.refresh()
            #expect(second.newSecret == nil && second.signingSecret == nil)
            #expect(office.check(basic(id, first.secret)) == .success(id))
            let old = TestSigner(secret: first.signingSecret, keyID: id)
            let new = TestSigner(.ed25519(pair), keyID: id)
            func send(_ signer: TestSigner, _ nonce: String) throws -> Result<String, AuthenticationFailure> {
                office.check(nil, evidence: try SignedEvidence().signed(signer, at: office.seconds, nonce: nonce))
            }
            #expect(try send(old, "overlap-1") == .success(id) && send(new, "overlap-2") == .success(id))
            office.clock.advance(seconds: 30)
            #expect(try send(old, "overlap-3") == .failure(.signatureInvalid) && send(new, "overlap-4") == .success(id))
            let events = try await office.events().filter { $0["eventType"] == "API_CLIENT_ROTATED" }
            #expect(events.count == 1 && events[0]["signatureAlgorithm"] == "ed25519")
            #expect(events[0]["oldSecretsUntil"] == nil && events[0]["oldKeysUntil"]?.string != nil)
            // The same key again works on, and is one key.
            _ = try await office.registry.rotate(
                id,
                overlapSeconds: 0,
                changes: .init(signing: .ed25519(publicKey: Array(pair.publicKey.rawRepresentation))),
                actor: "op"
            )
            try await office.refresh()
            #expect(try await office.registry.all()[0].safeguards?.keys.count == 1)
            office.clock.advance(seconds: 40)
            #expect(try send(new, "overlap-5") == .success(id))
            try await office.registry.revoke(id, reason: nil, actor: "op")
            try await office.refresh()
            // Its keys went with it, and it looks like nobody.
            #expect(try send(new, "overlap-6") == .failure(.signatureInvalid))
            for length in [0, 31, 33] {
                await #expect(throws: ClientError.self) {
                    try await office.create(signing: .ed25519(publicKey: Array(repeating: 1, count: length)))
                }
            }
        }
    }

    /// The secret is nowhere in the store in clear, opens under its epoch's key and for its client only, and moves to a newer key.
    @Test func secretsAreSealed() async throws {
        try await Office.run { office in
            let issued = try await office.create(signing: .hmacSHA256)
            let secret = try #require(issued.signingSecret.flatMap { Base64.decode($0.utf8) })
            let stored = try await office.ledger.database.read { connection in
                try connection.all("SELECT material FROM api_client_keys") { $0.blob(0) }
            }
            #expect(stored.count == 1 && stored[0].count == 60)
            #expect(!(0...28).contains { stored[0][$0...].starts(with: secret) })
            let sealing = try #require(Office.sealing)
            #expect(sealing.open(stored[0], epoch: 1, client: issued.client.id) == secret)
            #expect(sealing.open(stored[0], epoch: 1, client: "cl_other") == nil)
            #expect(sealing.open(stored[0], epoch: 2, client: issued.client.id) == nil)
            let newer = SymmetricKey(data: Array(repeating: 2, count: 32))
            func registry(_ keys: [Int: SymmetricKey]) throws -> ClientRegistry {
                try ClientRegistry(ledger: office.ledger, clock: office.clock, producer: "t") { SealingKeys(keys) }
            }
            let both = try registry([1: SymmetricKey(data: Array(repeating: 1, count: 32)), 2: newer])
            let onlyNew = try registry([2: newer])
            #expect(try await onlyNew.all()[0].safeguards?.keys[0].isReadable == false)
            office.directory.replace(with: try await onlyNew.all())
            let signer = TestSigner(secret: issued.signingSecret, keyID: issued.client.id)
            let evidence = try SignedEvidence().signed(signer, at: office.seconds, nonce: "sealed-away")
            #expect(office.check(nil, evidence: evidence) == .failure(.signatureInvalid))
            #expect(try await both.sealedKeys(epoch: 1) == 1)
            #expect(try await both.moveToNewestKey() == 1)
            #expect(try await both.moveToNewestKey() == 0)
            #expect(try await both.sealedKeys(epoch: 1) == 0)
            office.directory.replace(with: try await onlyNew.all())
            #expect(office.check(nil, evidence: evidence) == .success(issued.client.id))
            let keyless = try ClientRegistry(ledger: office.ledger, clock: office.clock, producer: "t")
            await #expect(throws: ClientError.self) {
                try await keyless.rotate(
                    issued.client.id,
                    overlapSeconds: 0,
                    changes: .init(signing: .hmacSHA256),
                    actor: "op"
                )
            }
        }
    }

    @Test func addressesAndScopesCountForSignersToo() async throws {
        try await Office.run { office in
            let range = try #require(AddressRange("192.0.2.0/24"))
            let issued = try await office.create(signing: .hmacSHA256, addresses: [range])
            let signer = TestSigner(secret: issued.signingSecret, keyID: issued.client.id)
            let evidence = try SignedEvidence().signed(signer, at: office.seconds, nonce: "from-afar")
            #expect(office.check(nil, from: "198.51.100.1", evidence: evidence) == .failure(.address))
            #expect(office.check(nil, evidence: evidence) == .success(issued.client.id))
        }
    }

    @Test func publicKeysAreReadFromText() throws {
        let pair = Curve25519.Signing.PrivateKey()
        let raw = pair.publicKey.rawRepresentation
        let info = Data([0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00]) + raw
        let pem = "-----BEGIN PUBLIC KEY-----\n\(info.base64EncodedString())\n-----END PUBLIC KEY-----\n"
        for text in [raw.base64EncodedString(), info.base64EncodedString(), pem] {
            guard case .ed25519(let key)? = NewSigningKey(publicKey: text) else {
                Issue.record("not read: \(text)")
                continue
            }
            #expect(key == Array(raw))
        }
        for text in ["", "x", Data(raw.dropLast()).base64EncodedString(), "AAAA" + info.base64EncodedString()] {
            #expect(NewSigningKey(publicKey: text) == nil)
        }
    }
}

@Suite struct CertificateTests {
    @Test func bindings() throws {
        let hash = String(repeating: "ab", count: 32)
        #expect(CertificateBinding("sha256:\(hash)")?.description == "sha256:\(hash)")
        let printed = stride(from: 0, to: 64, by: 2).map { _ in "AB" }.joined(separator: ":")
        #expect(CertificateBinding("sha256:\(printed)") == CertificateBinding("sha256:\(hash)"))
        #expect(CertificateBinding("dns:Flow.Example.com")?.description == "dns:flow.example.com")
        #expect(CertificateBinding("uri:spiffe://example.com/Flow")?.description == "uri:spiffe://example.com/Flow")
        for text in ["", "sha256:", "sha256:ab", "sha256:\(hash)a", "sha1:\(hash)", "dns:", "dns:a b", "dns:ä", hash] {
            #expect(CertificateBinding(text) == nil, "\(text)")
        }
    }

    @Test func credentialsWorkOverTheCertificateOnly() async throws {
        try await Office.run { office in
            let der = Array("a certificate".utf8)
            let certificate = CallerCertificate(der: der, dnsNames: ["Flow.example.com"], uris: ["spiffe://e/flow"])
            let other = CallerCertificate(der: [1], dnsNames: ["*.example.com", "example.com"], uris: [])
            #expect(!office.directory.bindsCertificates)
            for text in ["sha256:" + Hex.encode(SHA256.hash(data: der)), "dns:flow.example.com", "uri:spiffe://e/flow"]
            {
                let binding = try #require(CertificateBinding(text))
                let issued = try await office.create(signing: .hmacSHA256, certificates: [binding])
                #expect(office.directory.bindsCertificates)
                let header = basic(issued.client.id, issued.secret)
                #expect(
                    office.check(header, evidence: SignedEvidence(certificate: certificate))
                        == .success(issued.client.id)
                )
                #expect(office.check(header, evidence: SignedEvidence(certificate: other)) == .failure(.certificate))
                #expect(office.check(header) == .failure(.certificate))
                let signer = TestSigner(secret: issued.signingSecret, keyID: issued.client.id)
                var signed = try SignedEvidence().signed(signer, at: office.seconds, nonce: "over-the-wrong")
                #expect(office.check(nil, evidence: signed) == .failure(.certificate))
                signed.certificate = certificate
                #expect(office.check(nil, evidence: signed) == .success(issued.client.id))
                _ = try await office.registry.rotate(
                    issued.client.id,
                    overlapSeconds: 0,
                    changes: .init(certificates: []),
                    actor: "op"
                )
                try await office.refresh()
                #expect(office.check(header) == .success(issued.client.id))
            }
        }
    }
}
