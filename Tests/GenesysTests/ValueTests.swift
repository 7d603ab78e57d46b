import FoundationEssentials
import Synchronization
import Testing

@testable import Genesys

@Suite struct HostTests {
    @Test func derivesLoginAndAPIFromTheDomain() throws {
        let host = try GenesysHost(domain: "MyPureCloud.ie")
        #expect(host.loginURL == "https://login.mypurecloud.ie")
        #expect(host.apiURL == "https://api.mypurecloud.ie")
        #expect(host.region?.jurisdiction == "EU")
        #expect(!host.isSandbox)
    }

    @Test(arguments: [
        "mypurecloud.example", "api.mypurecloud.ie", "", "mypurecloud.ie.evil.example", "eu.genesys.cloud",
    ])
    func refusesUnknownDomains(domain: String) {
        #expect(throws: GenesysHostError.unknownDomain(domain)) { try GenesysHost(domain: domain) }
    }

    @Test func takesRegionsThatOperatorsAdd() throws {
        let added = GenesysRegion(
            domain: "New1.pure.cloud",
            awsRegion: "xx-new-1",
            location: "Somewhere",
            jurisdiction: "XX"
        )
        #expect(try GenesysHost(domain: "new1.pure.cloud", regions: [added]).apiURL == "https://api.new1.pure.cloud")
    }

    @Test func listsEachRegionOnce() {
        #expect(GenesysRegion.all.count == 18)
        #expect(Set(GenesysRegion.all.map(\.domain)).count == 18)
        #expect(Set(GenesysRegion.all.map(\.awsRegion)).count == 18)
        #expect(GenesysRegion.all.allSatisfy { GenesysRegion.mediaOnlyRegions[$0.awsRegion] == nil })
    }

    @Test func recordsThatAHostIsASandbox() throws {
        let host = try GenesysHost(sandboxURL: "http://127.0.0.1:8181/")
        #expect(host.isSandbox)
        #expect(host.loginURL == "http://127.0.0.1:8181")
        #expect(host.apiURL == host.loginURL)
    }

    @Test(arguments: [
        "127.0.0.1", "ftp://x", "http://", "http://a/b", "http://u:p@h", "http://h?x", "http://h#f", "http://a b",
    ])
    func refusesOddSandboxURLs(url: String) {
        #expect(throws: GenesysHostError.notABaseURL(url)) { try GenesysHost(sandboxURL: url) }
    }
}

@Suite struct SecretTests {
    @Test func neverShowsItsValue() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump(ClientCredentials(clientID: "id", secret: secret), to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), "\([secret])", "\(Optional(secret) as Any)", dumped] {
            #expect(!text.contains("hunter2"))
        }
        #expect(secret.reveal() == "hunter2")
    }
}

@Suite struct ErrorTests {
    @Test func carriesNoProse() {
        let error = GenesysError(
            .requestRefused,
            operation: "GET /x",
            status: 400,
            code: "Jane Doe, +44 7700",
            correlationID: "a b"
        )
        #expect(error.code == nil)
        #expect(error.correlationID == nil)
        #expect(error.description == "GET /x: the platform refused the request. HTTP 400.")
    }

    @Test(
        arguments: [
            (
                #"{"code":"missing.any.permissions","messageParams":{"permissions":"[a:b:c, d:e:f]"}}"#,
                ["a:b:c", "d:e:f"]
            ),
            (#"{"code":"missing.division.permission","messageParams":{"permission":"a:b:*","x":4}}"#, ["a:b:*"]),
            (#"{"code":"missing.permissions","messageParams":"odd"}"#, []),
        ] as [(String, [String])]
    )
    func namesPermissions(body: String, permissions: [String]) {
        let error = ErrorReply(Array(body.utf8)).error(operation: "o", status: 403, correlationID: nil, retryAfter: nil)
        #expect(error.kind == .missingPermissions(permissions))
    }

    @Test(
        arguments: [
            (401, #"{"code":"ip.not.authorized"}"#, GenesysError.Kind.addressRefused), (401, "", .tokenRefused),
            (403, #"{"code":"authz.policy.denied"}"#, .forbidden), (404, "<html>", .notFound),
            (409, "{}", .conflict), (422, "{}", .requestRefused), (302, "", .redirected), (501, "[]", .platformFailure),
        ] as [(Int, String, GenesysError.Kind)]
    )
    func mapsStatusAndCode(status: Int, body: String, kind: GenesysError.Kind) {
        let reply = ErrorReply(Array(body.utf8))
        #expect(reply.error(operation: "o", status: status, correlationID: nil, retryAfter: nil).kind == kind)
    }
}

@Suite struct BudgetTests {
    @Test func neverExceedsItsLimitInAnyWindow() {
        var budget = RequestBudget(limit: 10, reserved: 3)
        var state: UInt64 = 3
        var now = Duration.zero
        var sent: [(Duration, RequestPriority)] = []
        for _ in 0..<3000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            now += .milliseconds(Int(state >> 40) % 6000)
            let priority: RequestPriority = state >> 33 & 1 == 0 ? .ordinary : .urgent
            if let wait = budget.take(priority, now: now) {
                #expect(wait > .zero && wait <= .seconds(60))
            } else {
                sent.append((now, priority))
            }
            let window = sent.filter { $0.0 > now - .seconds(60) }
            #expect(window.count <= 10)
        }
        #expect(sent.contains { $0.1 == .ordinary } && sent.contains { $0.1 == .urgent })
    }

    @Test func theWaitItNamesIsEnough() {
        var budget = RequestBudget(limit: 4, reserved: 2)
        #expect(budget.take(.ordinary, now: .seconds(0)) == nil)
        #expect(budget.take(.urgent, now: .seconds(5)) == nil)
        #expect(budget.take(.urgent, now: .seconds(6)) == nil)
        let wait = budget.take(.ordinary, now: .seconds(7))
        #expect(wait == .seconds(58))
        #expect(budget.take(.urgent, now: .seconds(7)) == nil)
        #expect(budget.take(.urgent, now: .seconds(7)) == .seconds(53))
        #expect(budget.take(.ordinary, now: .seconds(67)) == nil)
    }
}

@Suite struct CircuitBreakerTests {
    @Test func opensProbesAndCloses() {
        var breaker = CircuitBreaker(threshold: 2, openFor: .seconds(10))
        for _ in 0..<2 {
            #expect(breaker.admit(now: .zero) == nil)
            breaker.record(.failure, now: .zero)
        }
        #expect(breaker.admit(now: .seconds(4)) == .seconds(6))
        #expect(breaker.admit(now: .seconds(10)) == nil)
        #expect(breaker.admit(now: .seconds(10)) != nil)
        breaker.record(.failure, now: .seconds(11))
        #expect(breaker.admit(now: .seconds(20)) == .seconds(1))
        #expect(breaker.admit(now: .seconds(21)) == nil)
        breaker.record(.abandoned, now: .seconds(21))
        #expect(breaker.admit(now: .seconds(21)) == nil)
        breaker.record(.success, now: .seconds(22))
        for _ in 0..<3 { #expect(breaker.admit(now: .seconds(22)) == nil) }
    }

    @Test func aSuccessForgetsFailures() {
        var breaker = CircuitBreaker(threshold: 2, openFor: .seconds(10))
        for outcome in [CircuitBreaker.Outcome.failure, .success, .failure, .abandoned] {
            #expect(breaker.admit(now: .zero) == nil)
            breaker.record(outcome, now: .zero)
        }
        #expect(breaker.admit(now: .zero) == nil)
    }
}

@Suite struct GrantsTests {
    @Test func understandsWildcards() throws {
        let text = """
            {"id":"x","grants":[{"role":{"name":"R","policies":[
              {"domain":"recording","entityName":"*","actions":["view"]},
              {"domain":"audits","entityName":"audit","actions":["*"]},
              {"domain":"odd"},3]}},null]}
            """
        let grants = try JSONDecoder().decode(OwnGrants.self, from: Data(text.utf8))
        #expect(grants.allows("recording:job:view") && !grants.allows("recording:job:add"))
        #expect(grants.allows("audits:audit:view") && !grants.allows("audits:interactionDetails:view"))
        #expect(!grants.allows("recording"))
        #expect(grants.roleNames == ["R"])
    }
}
