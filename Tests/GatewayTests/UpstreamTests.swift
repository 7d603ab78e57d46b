import JSON
import Ledger
import Sandbox
import Testing

@testable import Gateway

extension Integration {
    @Suite struct UpstreamTests {
        /// Every way in which a source fails has its problem, and its event.
        @Test(
            arguments: [
                (CustomerFault.missing, 404, "customer-not-found"), (.internalError, 502, "upstream-error"),
                (.unavailable, 502, "upstream-error"), (.large, 502, "upstream-too-large"),
                (.html, 502, "upstream-invalid"),
                (.gzip, 502, "upstream-invalid"), (.half, 502, "upstream-error"), (.empty, 502, "upstream-invalid"),
                (.cutJSON, 502, "upstream-invalid"), (.deep, 502, "upstream-invalid"),
                (.redirect, 502, "upstream-error"), (.otherCustomer, 502, "upstream-other-customer"),
                (.slow, 504, "upstream-timeout"), (.drip, 504, "upstream-timeout"),
            ] as [(CustomerFault, Int, String)]
        )
        func faults(fault: CustomerFault, status: Int, code: String) async throws {
            try await Site.run(platform: false) { (site: Site) async throws in
                let slow = fault == .slow || fault == .drip
                let reply = try await site.read(
                    slow ? "brief" : fault == .otherCustomer ? "checked" : "profile",
                    customer: fault.rawValue
                )
                #expect(reply.status == status, "\(reply.text)")
                #expect(try JSONValue(parsing: reply.body)["code"]?.string == code)
                let event = try await site.event(reply)
                #expect(event["eventType"]?.string == "CUSTOMER_DATA_ACCESS_REFUSED" && event["reason"]?.string == code)
                #expect(event["outcome"]?.string == (status == 404 ? "not_found" : "upstream_failed"))
                #expect(try await site.events(.customerDataAccessed).isEmpty)
                // The connection and the upstream serve the next read.
                #expect(try await site.read().status == 200)
            }
        }

        @Test func chunkedAndExtraFieldsAreNoFaults() async throws {
            try await Site.run(platform: false) { (site: Site) async throws in
                let chunked = try await site.read(customer: CustomerFault.chunked.rawValue)
                #expect(chunked.status == 200 && chunked.text.contains("C-CHUNKED"))
                let extra = try await site.read(customer: CustomerFault.extraFields.rawValue)
                #expect(
                    extra.status == 200 && !extra.text.contains("Undeclared")
                        && !extra.text.contains("internalRiskScore")
                )
                let plain = try await site.read()
                let dropped = try await site.event(extra)["unknownFieldsDropped"]?.int ?? 0
                #expect(dropped == (try await site.event(plain)["unknownFieldsDropped"]?.int ?? 0) + 2)
            }
        }

        @Test(arguments: [
            json(#"{"id":"a","id":"b"}"#), json(#"{"id":"a","i\u0064":"b"}"#), json("[]"), json("1"), json("{} {}"),
            json("\u{1}"),
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nContent-Type: text/json\r\nContent-Length: 2\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
            "HTTP/1.1 101 Switching Protocols\r\n\r\n", "nonsense\r\n\r\n",
            json("{}", headers: "Content-Encoding: br\r\n"), json("{}", status: "204 No Content"),
        ])
        func whatCannotBeTrustedIsNotReleased(answer: String) async throws {
            try await FakeUpstream.run { _, _, _ in
                .answer(answer)
            } _: { _, port in
                try await Site.run(platform: false, fake: port) { (site: Site) async throws in
                    let reply = try await site.read()
                    #expect(reply.status == 502, "\(reply.status) \(reply.text)")
                    #expect(try await site.events(.customerDataAccessRefused).count == 1)
                    #expect(try await site.events(.customerDataAccessed).isEmpty)
                }
            }
        }

        @Test func anAnswerThatEndsWithTheConnectionIsTaken() async throws {
            try await FakeUpstream.run { _, _, _ in
                .answerAndClose(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n\r\n{\"vip\":true}"
                )
            } _: { fake, port in
                try await Site.run(platform: false, fake: port) { (site: Site) async throws in
                    for _ in 0..<3 { #expect(try await site.read().text == #"{"vip":true}"#) }
                    #expect(fake.connections == 3)
                }
            }
        }

        /// An answer that nobody asked for must never become somebody's.
        @Test func leftoversOfOneAnswerAreNotTheNextOne() async throws {
            try await FakeUpstream.run { number, _, _ in
                .answer(number == 1 ? json(#"{"id":"1"}"#) + json(#"{"id":"wrong"}"#) : json(#"{"id":"2"}"#))
            } _: { _, port in
                try await Site.run(platform: false, fake: port) {
                    $0.threads = 1
                } _: { (site: Site) async throws in
                    #expect(try await site.read().text == #"{"id":"1"}"#)
                    #expect(try await site.read().text == #"{"id":"2"}"#)
                }
            }
        }

        @Test func aKeptConnectionThatDiesIsReplacedOnceForGet() async throws {
            try await FakeUpstream.run { number, connection, _ in
                connection == 1 && number > 1 ? .close : .answer(json(#"{"id":"1"}"#))
            } _: { fake, port in
                try await Site.run(platform: false, fake: port) {
                    $0.threads = 1
                } _: { (site: Site) async throws in
                    #expect(try await site.read().status == 200)
                    #expect(try await site.read().status == 200)
                    #expect(fake.requests.count == 3 && fake.connections == 2)
                    #expect(site.gateway.upstreams.first?.isOpen == false)
                }
            }
        }

        @Test func nothingIsRetriedTwiceAndPostNever() async throws {
            try await FakeUpstream.run { number, _, _ in
                number == 1 ? .answer(json(#"{"id":"1"}"#)) : .close
            } _: { fake, port in
                try await Site.run(platform: false, fake: port) {
                    $0.threads = 1
                } _: { (site: Site) async throws in
                    #expect(try await site.read().status == 200)
                    #expect(try await site.read().status == 502)
                    #expect(fake.requests.count == 3)
                }
            }
            try await FakeUpstream.run { number, _, _ in
                number == 1 ? .answer(json(#"{"id":"1"}"#)) : .close
            } _: { fake, port in
                try await Site.run(platform: false, fake: port) {
                    $0.threads = 1
                } _: { (site: Site) async throws in
                    #expect(try await site.read("search").status == 200)
                    #expect(try await site.read("search").status == 502)
                    #expect(fake.requests.count == 2)
                }
            }
        }

        /// - Parameter openMilliseconds: so long that a slow machine finds it open, or so short that it closes.
        @Test(arguments: [3_600_000, 1]) func theBreakerOpensAndCloses(openMilliseconds: Int) async throws {
            try await FakeUpstream.run { number, _, _ in
                number <= 3 ? .answer(json("{}", status: "500 Oops")) : .answer(json(#"{"id":"1"}"#))
            } _: { fake, port in
                try await Site.run(platform: false, fake: port) {
                    $0.upstreams = [
                        Upstream(
                            name: "crm",
                            host: "127.0.0.1",
                            port: port,
                            tls: nil,
                            failuresToOpen: 3,
                            openMilliseconds: openMilliseconds
                        )
                    ]
                } _: { (site: Site) async throws in
                    for _ in 0..<3 { #expect(try await site.read().status == 502) }
                    #expect(site.gateway.upstreams.first?.isOpen == true)
                    if openMilliseconds > 1 {
                        let refused = try await site.read()
                        #expect(refused.status == 503 && refused.headers["retry-after"] == "5")
                        #expect(try await site.event(refused)["reason"]?.string == "upstream-unavailable")
                        #expect(fake.requests.count == 3)
                    } else {
                        var reply = try await site.read()
                        while reply.status == 503 { reply = try await site.read() }
                        #expect(reply.status == 200 && site.gateway.upstreams.first?.isOpen == false)
                    }
                }
            }
        }

        @Test func aRecordThatIsTooLargeSaysNothingAboutTheUpstream() async throws {
            try await Site.run(platform: false) { (site: Site) async throws in
                for _ in 0..<6 { #expect(try await site.read(customer: "C-5MB").status == 502) }
                #expect(site.gateway.upstreams.first?.isOpen == false)
            }
        }

        @Test func nobodyThereIsUnavailable() async throws {
            let port = try await FakeUpstream.run { _, _, _ in
                .close
            } _: { _, port in
                port
            }
            try await Site.run(platform: false, fake: port) { (site: Site) async throws in
                let reply = try await site.read()
                #expect(reply.status == 503)
                #expect(try await site.event(reply)["reason"]?.string == "upstream-unavailable")
            }
        }

        @Test func readsWaitForAConnectionInTurn() async throws {
            try await FakeUpstream.run { _, _, _ in
                .hold(json(#"{"id":"1"}"#))
            } _: { fake, port in
                try await Site.run(platform: false, fake: port) { settings in
                    settings.threads = 1
                    settings.upstreams = [
                        Upstream(name: "crm", host: "127.0.0.1", port: port, tls: nil, maximumConnections: 2)
                    ]
                } _: { (site: Site) async throws in
                    // Two work, eight wait, and there is no room for an eleventh.
                    var callers: [Caller] = []
                    for _ in 0..<11 {
                        let caller = try await Caller(port: site.port)
                        try await caller.send(site.request())
                        callers.append(caller)
                    }
                    var refused = 0
                    await fake.received(2)
                    while try await site.events(.customerDataAccessRefused).isEmpty {
                        _ = try await site.call("GET /healthz HTTP/1.1\r\nHost: l\r\n\r\n")
                    }
                    var done = 2
                    while done <= 10 {
                        fake.release()
                        if done < 10 { await fake.received(min(done + 1, 10)) }
                        done += 1
                    }
                    fake.release()
                    var answered = 0
                    await withTaskGroup(of: Int.self) { group in
                        for caller in callers {
                            group.addTask {
                                while true {
                                    fake.release()
                                    if let reply = try? await caller.reply() { return reply.status }
                                    return 0
                                }
                            }
                        }
                        group.addTask {
                            while fake.requests.count < 10 {
                                fake.release()
                                await Task.yield()
                            }
                            fake.release()
                            return -1
                        }
                        for await status in group {
                            if status == 200 { answered += 1 } else if status == 503 { refused += 1 }
                        }
                    }
                    #expect(answered == 10 && refused == 1 && fake.connections == 2)
                    for caller in callers { await caller.close() }
                }
            }
        }
    }
}
