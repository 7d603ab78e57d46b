import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import Testing

@testable import Sandbox

/// A running sandbox and a plain HTTP client.
private struct Running: Sendable {
    let sandbox: Sandbox
    let http: HTTPClient
    let platform: String
    let crm: String

    struct Reply: Sendable {
        let status: Int
        let headers: HTTPHeaders
        let body: String
    }

    func send(
        _ method: HTTPMethod,
        _ url: String,
        bearer: String? = nil,
        basic: (String, String)? = nil,
        body: String? = nil
    ) async throws -> Reply {
        var request = HTTPClientRequest(url: url)
        request.method = method
        if let bearer { request.headers.add(name: "authorization", value: "Bearer \(bearer)") }
        if let basic { request.setBasicAuth(username: basic.0, password: basic.1) }
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        let response = try await http.execute(request, timeout: .seconds(20))
        let bytes = try await response.body.collect(upTo: 16 << 20)
        return Reply(
            status: Int(response.status.code),
            headers: response.headers,
            body: String(buffer: bytes)
        )
    }

    func customer(_ id: String) async throws -> Reply {
        try await send(.GET, crm + "/customers/" + id, bearer: sandbox.directory.crmToken)
    }

    func token() async throws -> String {
        // swift-format-ignore: AlwaysUseLowerCamelCase
        struct Token: Decodable { let access_token: String }
        let reply = try await send(
            .POST,
            platform + "/oauth/token",
            basic: (sandbox.directory.clientID, sandbox.directory.clientSecret),
            body: "grant_type=client_credentials"
        )
        return try JSONDecoder().decode(Token.self, from: Data(reply.body.utf8)).access_token
    }

    static func run(
        _ change: (inout SandboxConfiguration) -> Void = { _ in },
        _ body: (Running) async throws -> Void
    ) async throws {
        var configuration = SandboxConfiguration()
        configuration.clock = .standing(at: 1_767_322_800_000)
        configuration.pace = .gated
        change(&configuration)
        let sandbox = Sandbox(configuration)
        try await sandbox.start()
        let http = HTTPClient(
            eventLoopGroupProvider: .singleton,
            configuration: .init(redirectConfiguration: .disallow)
        )
        do {
            try await body(
                Running(
                    sandbox: sandbox,
                    http: http,
                    platform: #require(await sandbox.platformURL),
                    crm: #require(await sandbox.crmURL)
                )
            )
        } catch {
            await sandbox.stop()
            try await http.shutdown()
            throw error
        }
        await sandbox.stop()
        try await http.shutdown()
    }
}

@Suite struct WorldTests {
    private func world(seed: UInt64, now: Int64 = 0) -> SandboxWorld {
        var configuration = SandboxConfiguration()
        configuration.seed = seed
        return SandboxWorld(configuration, now: now)
    }

    @Test func followsFromTheSeed() {
        let first = world(seed: 42)
        let second = world(seed: 42, now: 1_000_000)
        #expect(first.directory == second.directory)
        #expect(first.agents == second.agents)
        #expect(first.customers == second.customers)
        #expect(first.directory != world(seed: 43).directory)
        let ids = first.directory.agents + first.conversations.keys
        #expect(Set(ids).count == ids.count)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func numbersHaveValidCheckDigits(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let card = generator.cardNumber().reversed().compactMap(\.wholeNumberValue)
            let sum = card.enumerated().reduce(0) { sum, item in
                let value = item.offset % 2 == 1 ? item.element * 2 : item.element
                return sum + value / 10 + value % 10
            }
            #expect(card.count == 16 && sum % 10 == 0)
            let iban = generator.iban()
            let rotated = iban.dropFirst(4) + "1314" + iban.dropFirst(2).prefix(2)
            #expect(iban.count == 22)
            #expect(rotated.compactMap(\.wholeNumberValue).reduce(0) { ($0 * 10 + $1) % 97 } == 1)
            let uuid = generator.uuid()
            #expect(uuid.count == 36 && Array(uuid)[14] == "4" && "89ab".contains(Array(uuid)[19]))
        }
    }

    @Test func escapesJSON() {
        let value: JSON = ["a\"\\\n": ["é\u{1}", 1, true, nil, [:]]]
        #expect(String(decoding: value.bytes, as: UTF8.self) == #"{"a\"\\\u000a":["é\u0001",1,true,null,{}]}"#)
    }

    @Test func theBombIsSmallAndSaysHowLargeItGrows() {
        let bytes = GzipBomb.bytes()
        #expect(bytes.count < 60_000)
        #expect(bytes.prefix(3) == [0x1f, 0x8b, 8])
        let size = bytes.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        #expect(size == 2 + 1 + 32_514 * 258)
    }
}

@Suite struct PlatformTests {
    @Test func countsRequestsPerTokenAndMinute() async throws {
        try await Running.run({ $0.requestsPerMinute = 3 }) { running in
            let token = try await running.token()
            let url = running.platform + "/api/v2/tokens/me"
            for count in 1...3 {
                let reply = try await running.send(.HEAD, url, bearer: token)
                #expect(reply.status == 200)
                #expect(reply.headers.first(name: "inin-ratelimit-count") == String(count))
                #expect(reply.headers.first(name: "inin-ratelimit-allowed") == "3")
                #expect(reply.headers.first(name: "inin-ratelimit-reset") == "60")
                #expect(reply.headers.first(name: "inin-correlation-id")?.count == 36)
            }
            running.sandbox.clock.advance(seconds: 20)
            let refused = try await running.send(.GET, url, bearer: token)
            #expect(refused.status == 429)
            #expect(refused.headers.first(name: "retry-after") == "40")
            #expect(refused.body.contains("too.many.requests.retry.after"))
            running.sandbox.clock.advance(seconds: 40)
            #expect(try await running.send(.GET, url, bearer: token).status == 200)
        }
    }

    @Test func tokensExpireAndCanBeDeleted() async throws {
        try await Running.run({ $0.tokenSeconds = 300 }) { running in
            let url = running.platform + "/api/v2/tokens/me"
            let token = try await running.token()
            #expect(try await running.send(.GET, url, bearer: token).status == 200)
            running.sandbox.clock.advance(seconds: 300)
            let expired = try await running.send(.GET, url, bearer: token)
            #expect(expired.status == 401)
            #expect(expired.body.contains("bad.credentials"))
            let second = try await running.token()
            #expect(try await running.send(.DELETE, url, bearer: second).status == 200)
            #expect(try await running.send(.GET, url, bearer: second).status == 401)
        }
    }

    @Test(arguments: [
        ("state=any&expand=authorization%2Cgroups&pageSize=100", true, 12), ("state=inactive", false, 1),
        ("expand=groups&expand=authorization", true, 11), ("", false, 11),
        ("state=any&pageSize=5&pageNumber=3", false, 2),
    ])
    func listsUsers(query: String, roles: Bool, count: Int) async throws {
        struct Page: Decodable {
            struct User: Decodable {
                struct Authorization: Decodable {}
                let authorization: Authorization?
            }
            let entities: [User]
        }
        try await Running.run { running in
            let reply = try await running.send(
                .GET,
                running.platform + "/api/v2/users?" + query,
                bearer: running.token()
            )
            let page = try JSONDecoder().decode(Page.self, from: Data(reply.body.utf8))
            #expect(page.entities.count == count)
            #expect(page.entities.allSatisfy { ($0.authorization != nil) == roles })
        }
    }

    @Test func refusesABadPageAndAnUnknownRoute() async throws {
        try await Running.run { running in
            let token = try await running.token()
            let bad = try await running.send(.GET, running.platform + "/api/v2/users?pageSize=1000", bearer: token)
            #expect(bad.status == 400)
            let unknown = try await running.send(.GET, running.platform + "/api/v2/nothing", bearer: token)
            #expect(unknown.status == 404)
            #expect(unknown.body.contains("not.found"))
        }
    }
}

@Suite struct CustomerTests {
    @Test func demandsItsToken() async throws {
        try await Running.run { running in
            let url = running.crm + "/customers/" + running.sandbox.directory.customer
            #expect(try await running.send(.GET, url).status == 401)
            #expect(try await running.send(.GET, url, bearer: "wrong").status == 401)
            let reply = try await running.customer(running.sandbox.directory.customer)
            #expect(reply.status == 200)
            #expect(reply.body.hasPrefix(#"{"id":"C-100001","name":""#))
            #expect(try await running.customer("C-999999").status == 404)
            #expect(running.sandbox.requestCounts["CRM GET /customers/{id}"] == 4)
        }
    }

    @Test func searchesByBody() async throws {
        try await Running.run { running in
            let url = running.crm + "/customers/search"
            let token = running.sandbox.directory.crmToken
            let found = try await running.send(
                .POST,
                url,
                bearer: token,
                body: #"{"email":"customer100002@example.com"}"#
            )
            #expect(found.body.hasPrefix(#"{"customers":[{"id":"C-100002""#))
            let none = try await running.send(.POST, url, bearer: token, body: #"{"phone":"+1"}"#)
            #expect(none.body == #"{"customers":[]}"#)
            #expect(try await running.send(.POST, url, bearer: token, body: "{}").status == 400)
        }
    }

    @Test(arguments: [
        (CustomerFault.internalError, 500), (.unavailable, 503), (.missing, 404), (.large, 200), (.html, 200),
        (.empty, 200), (.cutJSON, 200), (.deep, 200), (.gzip, 200), (.redirect, 302), (.chunked, 200),
        (.extraFields, 200), (.otherCustomer, 200),
    ])
    func answersBadly(fault: CustomerFault, status: Int) async throws {
        try await Running.run { running in
            let reply = try await running.customer(fault.rawValue)
            #expect(reply.status == status)
            switch fault {
            case .unavailable: #expect(reply.headers.first(name: "retry-after") == "1")
            case .large: #expect(reply.body.utf8.count > 5_000_000)
            case .html: #expect(reply.headers.first(name: "content-type") == "text/html")
            case .empty: #expect(reply.body.isEmpty)
            case .gzip: #expect(reply.headers.first(name: "content-encoding") == "gzip")
            case .redirect: #expect(reply.headers.first(name: "location")?.contains("elsewhere") == true)
            case .chunked:
                #expect(reply.headers.first(name: "transfer-encoding") == "chunked")
                #expect(reply.body.hasPrefix(#"{"id":"C-CHUNKED""#) && reply.body.hasSuffix("}"))
            case .extraFields: #expect(reply.body.contains("internalRiskScore"))
            case .otherCustomer: #expect(reply.body.contains(#""id":"C-100001""#))
            default: break
            }
        }
    }

    @Test func breaksOffHalfWay() async throws {
        try await Running.run { running in
            await #expect(throws: (any Error).self) { try await running.customer("C-HALF") }
            let whole = try await running.customer(running.sandbox.directory.customer)
            #expect(whole.status == 200)
        }
    }

    @Test(arguments: ["C-SLOW", "C-DRIP"])
    func waitsForTheGate(id: String) async throws {
        try await Running.run { running in
            async let reply = running.customer(id)
            await running.sandbox.gate.arrivals(1)
            running.sandbox.gate.open()
            let body = try await reply.body
            #expect(body.hasPrefix(#"{"id":"\#(id)""#))
        }
    }

    @Test func stopsWhileARequestIsHeld() async throws {
        try await Running.run { running in
            let task = Task { try await running.customer("C-SLOW") }
            await running.sandbox.gate.arrivals(1)
            await running.sandbox.stop()
            await #expect(throws: (any Error).self) { _ = try await task.value }
        }
    }
}

@Suite struct AdminTests {
    @Test func publishesTheDirectory() async throws {
        try await Running.run { running in
            for base in [running.platform, running.crm] {
                let reply = try await running.send(.GET, base + "/sandbox/directory")
                let directory = try JSONDecoder().decode(SandboxDirectory.self, from: Data(reply.body.utf8))
                #expect(directory == running.sandbox.directory)
            }
        }
    }

    @Test func movesTheClock() async throws {
        try await Running.run { running in
            let before = running.sandbox.clock.now
            let reply = try await running.send(
                .POST,
                running.platform + "/sandbox/clock",
                body: #"{"advanceSeconds":90}"#
            )
            #expect(reply.body == #"{"now":"2026-01-02T03:01:30.000Z"}"#)
            #expect(running.sandbox.clock.now == before + 90_000)
            #expect(try await running.send(.POST, running.platform + "/sandbox/clock", body: "{}").status == 400)
        }
    }

    @Test func changesConversations() async throws {
        struct Made: Decodable { let conversation: String }
        try await Running.run { running in
            let url = running.platform + "/sandbox/conversations"
            let directory = running.sandbox.directory
            func change(_ body: String) async throws -> Running.Reply {
                try await running.send(.POST, url, body: body)
            }
            let people = #""agent":"\#(directory.otherAgent)","customer":"\#(directory.otherCustomer)""#
            let begun = try await change(#"{"action":"begin","channel":"chat",\#(people)}"#)
            let id = try JSONDecoder().decode(Made.self, from: Data(begun.body.utf8)).conversation
            for body in [
                #"{"action":"transfer","conversation":"\#(id)","agent":"\#(directory.supervisor)"}"#,
                #"{"action":"end","conversation":"\#(id)"}"#, #"{"action":"finishWrapUp","conversation":"\#(id)"}"#,
            ] {
                #expect(try await change(body).status == 200)
            }
            #expect(try await change(#"{"action":"end","conversation":"\#(id)"}"#).status == 409)
            #expect(try await change(#"{"action":"end"}"#).status == 400)
            let seen = try await running.send(
                .GET,
                running.platform + "/api/v2/conversations/" + id,
                bearer: running.token()
            )
            #expect(seen.body.contains(directory.supervisor.uppercased()))
            #expect(seen.body.contains(#""customerId":"\#(directory.otherCustomer)""#))
        }
    }

    @Test func ordersFaultsAndCountsRequests() async throws {
        try await Running.run { running in
            let fault = #"{"route":"GET /api/v2/conversations/{id}","status":503,"times":2}"#
            #expect(try await running.send(.POST, running.platform + "/sandbox/faults", body: fault).status == 200)
            let token = try await running.token()
            let url = running.platform + "/api/v2/conversations/" + running.sandbox.directory.liveConversation
            for status in [503, 503, 200] {
                #expect(try await running.send(.GET, url, bearer: token).status == status)
            }
            let reply = try await running.send(.GET, running.platform + "/sandbox/requests")
            let counts = try JSONDecoder().decode([String: Int].self, from: Data(reply.body.utf8))
            #expect(counts == ["GET /api/v2/conversations/{id}": 3, "POST /oauth/token": 1])
        }
    }

    @Test func runsAsAServiceUntilCancelled() async throws {
        var configuration = SandboxConfiguration()
        configuration.clock = .standing(at: 0)
        let sandbox = Sandbox(configuration)
        try await sandbox.start()
        let task = Task { try await sandbox.run() }
        task.cancel()
        try await task.value
    }
}
