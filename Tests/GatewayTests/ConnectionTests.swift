import JSON
import Ledger
import Sandbox
import Testing

@testable import Gateway

private let alive = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"

extension Integration {
    @Suite struct ConnectionTests {
        @Test func requestsMayBePipelined() async throws {
            try await Site.run { (site: Site) async throws in
                let caller = try await Caller(port: site.port)
                let other = site.request(agent: site.who.otherAgent)
                try await caller.send(site.request() + other + alive + site.request(customer: "../x") + site.request())
                var statuses: [Int] = []
                for _ in 0..<5 { statuses.append(try await caller.reply().status) }
                #expect(statuses == [200, 403, 200, 400, 200])
                await caller.close()
            }
        }

        /// Cut anywhere, a request means the same.
        @Test func requestsMayComeInPieces() async throws {
            try await Site.run(platform: false) { (site: Site) async throws in
                let text = site.request()
                for cut in stride(from: 1, to: text.utf8.count, by: 23) {
                    let caller = try await Caller(port: site.port)
                    try await caller.send(String(decoding: text.utf8.prefix(cut), as: UTF8.self))
                    _ = try await site.call(alive)
                    try await caller.send(String(decoding: text.utf8.dropFirst(cut), as: UTF8.self))
                    #expect(try await caller.reply().status == 200)
                    await caller.close()
                }
            }
        }

        @Test func expectationsAndChunksAreUnderstood() async throws {
            try await Site.run(platform: false) { (site: Site) async throws in
                let whole = site.request()
                let end = try #require(whole.utf8.firstRange(of: Array("\r\n\r\n".utf8)))
                let body = String(whole.utf8[end.upperBound...]) ?? ""
                let head = whole.replacing("Content-Length: \(body.utf8.count)", with: "Transfer-Encoding: chunked")
                    .replacing(body, with: "")
                let caller = try await Caller(port: site.port)
                try await caller.send(head)
                for byte in body.utf8.prefix(20) { try await caller.send("1\r\n\(Character(UnicodeScalar(byte)))\r\n") }
                let rest = String(body.dropFirst(20))
                try await caller.send(String(rest.utf8.count, radix: 16) + "\r\n" + rest + "\r\n0\r\n\r\n" + alive)
                #expect(try await caller.reply().status == 200)
                #expect(try await caller.reply().text == "ok\n")
                try await caller.send(site.request(headers: "Expect: 100-continue\r\n"))
                #expect(try await caller.reply().status == 200)
                await caller.close()

                let waiting = try await Caller(port: site.port)
                let expecting = site.request(headers: "Expect: 100-continue\r\n")
                let cut = try #require(expecting.utf8.firstRange(of: Array("\r\n\r\n".utf8))).upperBound
                try await waiting.send(String(expecting.utf8[..<cut]) ?? "")
                // `Caller` passes over the interim response.
                try await waiting.send(String(expecting.utf8[cut...]) ?? "")
                #expect(try await waiting.reply().status == 200)
                await waiting.close()
            }
        }

        @Test(arguments: [
            ("GET / HTTP/1.1\r\n\r\n", 400), ("GET /healthz HTTP/1.1\nHost: l\n\n", 400), ("\r\n" + alive, 400),
            ("POST /healthz HTTP/1.1\r\nHost: l\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400),
            (
                "POST /healthz HTTP/1.1\r\nHost: l\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                400
            ),
            ("POST /healthz HTTP/1.1\r\nHost: l\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
            ("GET /healthz HTTP/1.1\r\nHost : l\r\n\r\n", 400), ("GET /healthz HTTP/1.1\r\nHost: l\r\n x\r\n\r\n", 400),
            ("GET http://l/healthz HTTP/1.1\r\nHost: l\r\n\r\n", 400),
            ("GET /healthz HTTP/2.0\r\nHost: l\r\n\r\n", 400),
            ("POST /healthz HTTP/1.1\r\nHost: l\r\nContent-Length: 16385\r\n\r\n", 413),
            ("GET /healthz HTTP/1.1\r\nHost: l\r\nX: " + String(repeating: "x", count: 17000) + "\r\n\r\n", 413),
        ])
        func brokenFramingEndsTheConnection(text: String, status: Int) async throws {
            try await Site.run(platform: false) { (site: Site) async throws in
                let caller = try await Caller(port: site.port)
                try await caller.send(text + alive)
                let reply = try await caller.reply()
                #expect(reply.status == status && reply.headers["connection"] == "close", "\(reply.text)")
                #expect(await caller.rest().isEmpty)
            }
        }

        /// The answer arrives although most of the request was never read.
        @Test func aRefusalOfATooLargeBodyCanBeRead() async throws {
            try await Site.run(platform: false) { (site: Site) async throws in
                for _ in 0..<5 {
                    let caller = try await Caller(port: site.port)
                    let body = String(repeating: "x", count: 1_000_000)
                    try? await caller.send(site.request(body: body))
                    let reply = try await caller.reply()
                    #expect(reply.status == 413)
                    await caller.close()
                }
            }
        }

        @Test func connectionsAreKeptAndClosedAsAsked() async throws {
            try await Site.run(platform: false) { (site: Site) async throws in
                let caller = try await Caller(port: site.port)
                try await caller.send(site.request())
                #expect(try await caller.reply().headers["connection"] == nil)
                try await caller.send(site.request(headers: "Connection: close\r\n") + alive)
                let last = try await caller.reply()
                #expect(last.status == 200 && last.headers["connection"] == "close")
                #expect(await caller.rest().isEmpty)
                let old = try await Caller(port: site.port)
                try await old.send("GET /healthz HTTP/1.0\r\n\r\n")
                #expect(try await old.reply().status == 200)
                #expect(await old.rest().isEmpty)
                // An orderly close is no sign of a client that went away.
                #expect(try await site.events(.disclosureCorrected).isEmpty)
            }
        }

        @Test func answersToHeadHaveNoBody() async throws {
            try await Site.run(platform: false) { (site: Site) async throws in
                let caller = try await Caller(port: site.port)
                try await caller.send("HEAD /healthz HTTP/1.1\r\nHost: l\r\n\r\n")
                #expect(try await caller.reply(withoutBody: true).headers["content-length"] == "3")
                try await caller.send("HEAD /api/v1/read/profile HTTP/1.1\r\nHost: l\r\n\r\n")
                #expect(try await caller.reply(withoutBody: true).status == 405)
                try await caller.send(alive)
                #expect(try await caller.reply().text == "ok\n")
                await caller.close()
            }
        }

        @Test func aSlowRequestIsCutOff() async throws {
            try await Site.run(platform: false) {
                $0.receiveMilliseconds = 50
            } _: { (site: Site) async throws in
                let caller = try await Caller(port: site.port)
                // Each further byte gives no further time.
                for character in "GET /heal" { try? await caller.send(String(character)) }
                #expect(await caller.rest().isEmpty)
            }
            try await Site.run(platform: false) {
                $0.idleMilliseconds = 50
            } _: { (site: Site) async throws in
                let caller = try await Caller(port: site.port)
                #expect(await caller.rest().isEmpty)
            }
        }

        @Test func aClientThatLeavesWhileTheSourceWorksIsRecorded() async throws {
            try await FakeUpstream.run { _, _, _ in
                .hold(json(#"{"id":"1"}"#))
            } _: { fake, port in
                try await Site.run(platform: false, fake: port) { (site: Site) async throws in
                    let caller = try await Caller(port: site.port)
                    try await caller.send(site.request())
                    await fake.received(1)
                    await caller.close()
                    let refused = try await site.events(.customerDataAccessRefused, count: 1)
                    #expect(refused.first?["outcome"]?.string == "client_gone")
                    fake.release()
                    // Counted once the event loop has heard that the record is durable.
                    while site.gateway.metrics.value(of: .clientGone) == 0 { _ = try await site.call(alive) }
                    #expect(site.gateway.metrics.value(of: .clientGone) == 1)
                    #expect(try await site.events(.customerDataAccessed).isEmpty)
                }
            }
        }

        @Test func aClientThatTakesOnlyPartIsRecorded() async throws {
            let large = "{\"id\":\"\(String(repeating: "x", count: 900_000))\"}"
            try await FakeUpstream.run { _, _, _ in
                .answer(json(large))
            } _: { _, port in
                try await Site.run(platform: false, fake: port) {
                    $0.threads = 1
                } _: { (site: Site) async throws in
                    let caller = try await Caller(port: site.port, receiveBuffer: 4096)
                    try await caller.pauseReading()
                    // The kernel takes some of them whole; not ten.
                    for _ in 0..<10 { try await caller.send(site.request()) }
                    var taken = try await site.events(.customerDataAccessed, count: 1).count - 1
                    while try await site.events(.customerDataAccessed).count != taken {
                        taken = try await site.events(.customerDataAccessed).count
                        for _ in 0..<100 { _ = try await site.call(alive) }
                    }
                    #expect((1..<10).contains(taken))
                    await caller.close()
                    let corrections = try await site.events(.disclosureCorrected, count: 1)
                    let released = try await site.events(.customerDataAccessed)
                    let last = try #require(corrections.last)
                    #expect(last["outcome"]?.string == "client_gone")
                    #expect(released.map { $0["eventId"] }.contains(last["correctedEventId"]))
                    #expect((last["bytesSentAtLeast"]?.int ?? .max) < large.utf8.count)
                }
            }
        }

        @Test func aSlowReaderGetsEverything() async throws {
            let large = "{\"id\":\"\(String(repeating: "x", count: 900_000))\"}"
            try await FakeUpstream.run { _, _, _ in
                .answer(json(large))
            } _: { _, port in
                try await Site.run(platform: false, fake: port) { (site: Site) async throws in
                    let caller = try await Caller(port: site.port, receiveBuffer: 4096)
                    try await caller.pauseReading()
                    try await caller.send(site.request() + site.request(headers: "Connection: close\r\n"))
                    _ = try await site.events(.customerDataAccessed, count: 1)
                    try await caller.resumeReading()
                    #expect(try await caller.reply().text == large)
                    #expect(try await caller.reply().text == large)
                    #expect(await caller.rest().isEmpty)
                    #expect(try await site.events(.disclosureCorrected).isEmpty)
                }
            }
        }

        @Test func shuttingDownFinishesWhatIsUnderWay() async throws {
            try await FakeUpstream.run { _, _, _ in
                .hold(json(#"{"id":"1"}"#))
            } _: { fake, port in
                try await Site.run(platform: false, fake: port) { (site: Site) async throws in
                    let idle = try await Caller(port: site.port)
                    try await idle.send(alive)
                    _ = try await idle.reply()
                    let caller = try await Caller(port: site.port)
                    try await caller.send(site.request())
                    await fake.received(1)
                    async let end: Void = site.gateway.shutdown(within: 10)
                    #expect(await idle.rest().isEmpty)
                    await #expect(throws: (any Error).self) { try await Caller(port: site.port) }
                    fake.release()
                    let reply = try await caller.reply()
                    #expect(reply.status == 200)
                    await end
                    #expect(try await site.event(reply)["outcome"]?.string == "released")
                }
            }
        }

        @Test func shuttingDownRecordsWhatItCutsOff() async throws {
            try await FakeUpstream.run { _, _, _ in
                .hold(json(#"{"id":"1"}"#))
            } _: { fake, port in
                try await Site.run(platform: false, fake: port) { (site: Site) async throws in
                    let caller = try await Caller(port: site.port)
                    try await caller.send(site.request())
                    await fake.received(1)
                    await site.gateway.shutdown(within: 0)
                    #expect(
                        try await site.events(.customerDataAccessRefused).first?["outcome"]?.string == "client_gone"
                    )
                }
            }
        }

        @Test func connectionsAreLimited() async throws {
            try await Site.run(platform: false) {
                $0.maximumConnections = 2
            } _: { (site: Site) async throws in
                var callers: [Caller] = []
                for _ in 0..<2 {
                    let caller = try await Caller(port: site.port)
                    try await caller.send(alive)
                    _ = try await caller.reply()
                    callers.append(caller)
                }
                let third = try await Caller(port: site.port)
                #expect(await third.rest().isEmpty)
                #expect(site.gateway.connectionCount == 2)
                for caller in callers { await caller.close() }
            }
        }
    }
}
