import Redaction
import RedactionCorpus
import Testing

@Suite("Policies")
struct PolicyTests {
    private let keys = RedactionKeys(secret: Array(UInt8(0)..<32))

    @Test("Allowed values stay: exact, by prefix, by hash, and never a verification code")
    func allowed() throws {
        var policy = RedactionPolicy(name: "test")
        let hash = try #require(keys).allowListHash(of: "Info@Example.org")
        policy.allowed = AllowList([
            .init(.exact, "4012-8888-8888-1881"), .init(.prefix, "+49 30", type: .phone), .init(.hashed, hash),
            .init(.exact, "123"),
        ])
        let redactor = try Redactor(policy: policy, keys: keys)
        #expect(try redactor.redact("card 4012888888881881 cvv 123") == "card 4012888888881881 cvv ****")
        #expect(try redactor.redact("+49 30 1234567, +49 40 1234567") == "+49 30 1234567, ****")
        #expect(try redactor.redact("info@example.org, other@example.org") == "info@example.org, ****")
    }

    @Test("Own rules match whole words, the longest, in whole text and streams alike")
    func ownRules() throws {
        var policy = RedactionPolicy(name: "test")
        policy.rules = [
            try CustomRule(name: "customer", pattern: #"KD-\d{4,8}|[xX]\l+\d?"#),
            try CustomRule(name: "plate", pattern: #"[A-Z]{1,3}-[A-Z]{1,2} \d{1,4}"#),
        ]
        let redactor = try Redactor(policy: policy)
        let text = "KD-12345 and AKD-12345, B-MW 1234 or KD-123 with xyz7, KD-123456789 ssn 536-22-1234"
        let whole = try redactor.redact(text)
        #expect(whole == "**** and AKD-12345, **** or KD-123 with ****, KD-123456789 ssn ****")
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            #expect(
                String(decoding: try streamed([bytes[..<cut], bytes[cut...]], redactor).output, as: UTF8.self) == whole
            )
        }
    }

    @Test(
        "Patterns that cannot be read are refused with the place",
        arguments: ["", "a|", "[a", "x{0}", "x{3,2}", "*", "a*", #"\"#, "x{65}", "a{64}b"]
    )
    func refused(pattern: String) {
        #expect(throws: CustomRule.Failure.self) { try CustomRule(name: "x", pattern: pattern) }
    }

    @Test("A difference names what changed")
    func difference() {
        let old = RedactionPolicy(name: "chat", version: 1)
        var new = old
        new.version = 2
        #expect(PolicyDifference(from: old, to: new).isEmpty)
        new.actions[.email] = .some(.keep)
        new.actions[.vin] = .some(nil)
        new.threshold = 60
        let difference = PolicyDifference(from: old, to: new)
        #expect(difference.changes.map(\.type) == [.email, .vin])
        #expect(difference.changes.map(\.after) == [.keep, nil])
        #expect(difference.threshold == [50, 60])
    }

    @Test("A dry run counts what would be treated differently")
    func dryRun() throws {
        let old = Redactor()
        var policy = RedactionPolicy(name: "chat", version: 2)
        policy.actions[.email] = .some(nil)
        let run = Array("a.b@example.org 4012888888881881".utf8).withUnsafeBytes {
            old.dryRun(try? Redactor(policy: policy), on: $0, Scratch())
        }
        #expect(run.same == 1)
        #expect(run.lost == [.email: 1])
        #expect(run.gained == [:])
    }
}
