import Crypto
import DeliveryWire
import Testing
import WallTime

/// The vector of the format notes: HMAC secret and Ed25519 private key are the bytes 0x00 to 0x1f.
@Suite struct WebhookTests {
    static let secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    static let privateKey = "whsk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    static let publicKey = "whpk_A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
    static let id = "msg_01JHMZ6V7Q8N4T2B5C6D7E8F90"
    static let now = Timestamp(milliseconds: 1_768_469_400_000)
    static let body = Array(#"{"type":"alert.raised","timestamp":"2026-01-15T09:30:00Z","data":{"id":"alert-1"}}"#.utf8)
    static let hmac = "v1,BEcQh3xczjOSYuS4Y6bEW6qbm1zlCUrO9e7YXmj1BKs="
    static let ed25519 = "v1a,vmaE9ZC86iSPUk1FjTxBpvw2LK0K3lRZmDzzcH15mNvz2Wz99R8VcocWS0dWzi5IJq9Z6lDqXikxEU5QCafzBw=="

    @Test func theVectorOfV1() throws {
        let headers = try WebhookSigner(keys: [WebhookSigningKey(Self.secret)])
            .headers(id: Self.id, now: Self.now, body: Self.body)
        #expect(headers.signature == Self.hmac)
        #expect(headers.timestamp == "1768469400")
        #expect(headers.fields.map(\.name) == ["webhook-id", "webhook-timestamp", "webhook-signature"])
    }

    @Test func theVectorOfV1A() throws {
        #expect(try WebhookSigningKey(Self.privateKey).publicKeyText == Self.publicKey)
        // Some platforms randomise Ed25519 signatures, so the vector is verified and not compared.
        let given = WebhookSigner.Headers(id: Self.id, timestamp: "1768469400", signature: Self.ed25519)
        let verifier = WebhookVerifier(keys: [try .init(Self.publicKey)])
        try verifier.verify(given, body: Self.body, now: Self.now)
        let own = try WebhookSigner(keys: [WebhookSigningKey(Self.privateKey)])
            .headers(id: Self.id, now: Self.now, body: Self.body)
        try verifier.verify(own, body: Self.body, now: Self.now)
    }

    @Test func whileKeysChangeEitherSideMayBeFirst() throws {
        let old = try WebhookSigningKey(Self.secret)
        let newText = "whsec_" + "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
        let new = try WebhookSigningKey(newText)
        let both = try WebhookSigner(keys: [new, old]).headers(id: Self.id, now: Self.now, body: Self.body)
        #expect(both.signature.split(separator: " ").count == 2)
        for text in [Self.secret, newText] {
            try WebhookVerifier(keys: [try .init(text)]).verify(both, body: Self.body, now: Self.now)
        }
        let onlyNew = try WebhookSigner(keys: [new]).headers(id: Self.id, now: Self.now, body: Self.body)
        #expect(throws: WebhookError.signature) {
            try WebhookVerifier(keys: [try .init(Self.secret)]).verify(onlyNew, body: Self.body, now: Self.now)
        }
    }

    @Test func anyChangeBreaksTheSignature() throws {
        let verifier = WebhookVerifier(keys: [try .init(Self.secret), try .init(Self.publicKey)])
        let good = WebhookSigner.Headers(
            id: Self.id,
            timestamp: "1768469400",
            signature: Self.hmac + " " + Self.ed25519
        )
        try verifier.verify(good, body: Self.body, now: Self.now)
        for position in Self.body.indices {
            var changed = Self.body
            changed[position] ^= 1
            #expect(throws: WebhookError.signature) { try verifier.verify(good, body: changed, now: Self.now) }
        }
        let otherID = WebhookSigner.Headers(id: Self.id + "1", timestamp: "1768469400", signature: good.signature)
        #expect(throws: WebhookError.signature) { try verifier.verify(otherID, body: Self.body, now: Self.now) }
        let otherTime = WebhookSigner.Headers(id: Self.id, timestamp: "1768469401", signature: good.signature)
        #expect(throws: WebhookError.signature) { try verifier.verify(otherTime, body: Self.body, now: Self.now) }
        // A signature of one version is not one of the other.
        let swapped = WebhookSigner.Headers(
            id: Self.id,
            timestamp: "1768469400",
            signature: "v1a," + Self.hmac.dropFirst(3)
        )
        #expect(throws: WebhookError.signature) { try verifier.verify(swapped, body: Self.body, now: Self.now) }
    }

    @Test func theTimestampMustBeNear() throws {
        let verifier = WebhookVerifier(keys: [try .init(Self.secret)])
        let good = WebhookSigner.Headers(id: Self.id, timestamp: "1768469400", signature: Self.hmac)
        for seconds: Int64 in [-300, 300] {
            try verifier.verify(good, body: Self.body, now: Self.now.adding(seconds: seconds))
        }
        for seconds: Int64 in [-301, 301, .max, .min] {
            #expect(throws: WebhookError.timestamp) {
                try verifier.verify(good, body: Self.body, now: Self.now.adding(seconds: seconds))
            }
        }
        for text in ["", "x", "01768469400", "-5", "9223372036854775807", "+1768469400"] {
            let headers = WebhookSigner.Headers(id: Self.id, timestamp: text, signature: Self.hmac)
            #expect(throws: WebhookError.headers) { try verifier.verify(headers, body: Self.body, now: Self.now) }
        }
    }

    @Test(arguments: ["", "a.b", "a b", "é", "a\n", String(repeating: "a", count: 129)])
    func anIDThatCouldShiftTheSignedTextIsRefused(id: String) throws {
        let signer = try WebhookSigner(keys: [WebhookSigningKey(Self.secret)])
        #expect(throws: WebhookError.messageID) { try signer.headers(id: id, now: Self.now, body: []) }
    }

    @Test func aRecordsIDIsValidWhateverItsLedgerIsCalled() throws {
        let signer = try WebhookSigner(keys: [WebhookSigningKey(Self.secret)])
        let id = WebhookSigner.messageID(ledger: "ledger.example/acme", index: .max)
        _ = try signer.headers(id: id, now: Self.now, body: [])
        #expect(id != WebhookSigner.messageID(ledger: "ledger.example/other", index: .max))
    }

    @Test(arguments: [
        "", "whsec_", "whsec_AAAA", "secret", "whsec_!!!!", "whsk_AAAA",
        "whpk_A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=",
    ])
    func aMalformedKeyIsRefusedAndNotRepeated(text: String) {
        #expect {
            try WebhookSigningKey(text)
        } throws: { error in
            (error as? WebhookError) == .key && !"\(error)".contains("A6EHv")
        }
    }

    @Test func noDescriptionShowsAKey() throws {
        for text in [Self.secret, Self.privateKey] {
            let key = try WebhookSigningKey(text)
            var dumped = ""
            dump(key, to: &dumped)
            #expect(!"\(key) \(String(reflecting: key)) \(dumped)".contains("AAEC"))
        }
    }
}
