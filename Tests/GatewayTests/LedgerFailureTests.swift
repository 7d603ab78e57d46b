import JSON
import Ledger
import Measures
import Sandbox
import Storage
import Testing

@testable import Gateway

/// Makes every append fail at once, as a full disk does, until it is lifted.
func breakStore(_ site: Site) throws {
    try site.ledger.database.makeConnection().run(
        "CREATE TRIGGER broken BEFORE INSERT ON entries BEGIN SELECT RAISE(ABORT, 'broken'); END"
    )
}

func mendStore(_ site: Site) throws {
    try site.ledger.database.makeConnection().run("DROP TRIGGER broken")
}

extension Integration {
    @Suite struct LedgerFailureTests {
        @Test func refusingReleasesNothing() async throws {
            try await Site.run(platform: false) { (site: Site) async throws in
                let before = try await site.events().count
                try breakStore(site)
                for customer in [site.who.customer, "C-404"] {
                    let reply = try await site.read(customer: customer)
                    #expect(reply.status == 503 && reply.headers["muniment-receipt"] == nil)
                    #expect(reply.headers["retry-after"] == "5" && reply.headers["cache-control"] == "no-store")
                    #expect(try JSONValue(parsing: reply.body)["code"]?.string == "ledger-unavailable")
                    #expect(!reply.text.contains("vip"))
                }
                #expect(site.gateway.metrics.value(of: .unrecorded) == 2)
                #expect(site.gateway.metrics.value(of: .notFound) == 0)
                try mendStore(site)
                #expect(try await site.events().count == before)
                #expect(try await site.read().status == 200)
            }
        }

        @Test func spoolingReleasesAndReplaysInOrder() async throws {
            try await Site.run(platform: false) { (site: Site) async throws in
                _ = try await site.read("spooled")
                try breakStore(site)
                var ids: [String] = []
                for customer in ["C-100001", "C-404", "C-100002", "C-100003"] {
                    let reply = try await site.read("spooled", customer: customer)
                    #expect(reply.status == (customer == "C-404" ? 404 : 200), "\(reply.text)")
                    #expect(reply.headers["muniment-receipt"] == "spooled")
                    if customer != "C-404" { ids.append(try #require(reply.headers["muniment-event"])) }
                }
                #expect(site.gateway.spool?.backlog.records == 4 && site.gateway.metrics.spooled.value == 4)
                await #expect(throws: (any Error).self) { try await site.gateway.replaySpool() }
                #expect(site.gateway.spool?.backlog.records == 4)
                try mendStore(site)
                let before = try await site.events().count
                #expect(try await site.gateway.replaySpool() == 4)
                let events = Array(try await site.events()[before...])
                #expect(events.count == 5 && events[4]["eventType"]?.string == "SPOOL_REPLAYED")
                #expect(events[4]["records"]?.int == 4 && events[4]["firstIndex"]?.int == before)
                #expect(events[4]["lastIndex"]?.int == before + 3)
                #expect(
                    events.filter { $0["outcome"]?.string == "released" }.compactMap { $0["eventId"]?.string } == ids
                )
                #expect(try await site.gateway.replaySpool() == 0)
                #expect(site.gateway.spool?.backlog == Spool.Backlog())
                #expect(try await site.events().count == before + 5)
            }
        }

        /// A store that is slow rather than broken: the journal stands in before the time is over, and nothing is recorded twice.
        @Test func aStalledStoreIsSpooledToo() async throws {
            try await Site.run(platform: false) { (site: Site) async throws in
                let lock = try site.ledger.database.makeConnection()
                try lock.run("BEGIN IMMEDIATE")
                var ids: Set<String> = []
                for _ in 0..<3 {
                    let reply = try await site.read("brief-spooled")
                    #expect(reply.status == 200 && reply.headers["muniment-receipt"] == "spooled", "\(reply.text)")
                    ids.insert(try #require(reply.headers["muniment-event"]))
                }
                // What the ledger still has is not replayed before it has said what became of it.
                #expect(try await site.gateway.replaySpool() == 0)
                try lock.run("COMMIT")
                let recorded = try await site.events(.customerDataAccessed, count: 3)
                #expect(Set(recorded.compactMap { $0["eventId"]?.string }) == ids)
                while try await site.gateway.replaySpool() == 0 {}
                #expect(try await site.events(.customerDataAccessed).count == 3)
                #expect(try await site.events(.spoolReplayed).count == 1)
                #expect(site.gateway.spool?.backlog.records == 0)
                let corrections = try await site.events(.disclosureCorrected)
                #expect(corrections.isEmpty)
            }
        }

        /// The caller was told that nothing was released; when the record comes after all, a correction says so.
        @Test func aRecordAfterTheDeadlineIsCorrected() async throws {
            try await Site.run(platform: false) { (site: Site) async throws in
                let lock = try site.ledger.database.makeConnection()
                try lock.run("BEGIN IMMEDIATE")
                let caller = try await Caller(port: site.port)
                try await caller.send(site.request("brief"))
                let reply = try await caller.reply()
                #expect(reply.status == 503 && reply.headers["connection"] == "close")
                #expect(await caller.rest().isEmpty)
                try lock.run("COMMIT")
                let corrections = try await site.events(.disclosureCorrected, count: 1)
                let accessed = try await site.events(.customerDataAccessed)
                #expect(corrections.count == 1 && accessed.count == 1)
                #expect(corrections[0]["correctedEventId"] == accessed[0]["eventId"])
                #expect(corrections[0]["outcome"]?.string == "deadline_exceeded")
                #expect(corrections[0]["bytesSentAtLeast"]?.int == 0)
                #expect(site.gateway.metrics.value(of: .released) == 0)
                #expect(site.gateway.metrics.value(of: .unrecorded) == 1)
            }
        }

        @Test func aClientThatLeavesWhileRecordingIsCorrected() async throws {
            try await Site.run(platform: false) { (site: Site) async throws in
                let lock = try site.ledger.database.makeConnection()
                try lock.run("BEGIN IMMEDIATE")
                let caller = try await Caller(port: site.port)
                try await caller.send(site.request())
                while site.customerReads < 1 { await Task.yield() }
                for _ in 0..<50 { _ = try await site.call("GET /healthz HTTP/1.1\r\nHost: l\r\n\r\n") }
                await caller.close()
                while site.gateway.connectionCount > 0 { await Task.yield() }
                try lock.run("COMMIT")
                let corrections = try await site.events(.disclosureCorrected, count: 1)
                #expect(corrections.first?["outcome"]?.string == "client_gone")
                let accessed = try await site.events(.customerDataAccessed)
                #expect(accessed.first?["eventId"] == corrections.first?["correctedEventId"])
            }
        }

        @Test func aFullJournalRefuses() async throws {
            try await Site.run(platform: false) {
                $0.maximumSpoolBytes = 2500
            } _: { (site: Site) async throws in
                try breakStore(site)
                #expect(try await site.read("spooled").status == 200)
                #expect(try await site.read("spooled").status == 503)
                #expect(site.gateway.spool?.failure == "the journal is full")
                try mendStore(site)
                #expect(try await site.gateway.replaySpool() == 1)
                #expect(try await site.events(.customerDataAccessed).count == 1)
            }
        }

        /// The next start replays what the last run left behind.
        @Test func theJournalOutlivesTheProcess() async throws {
            try await Site.run(platform: false) { (site: Site) async throws in
                try breakStore(site)
                let reply = try await site.read("spooled")
                await site.gateway.shutdown(within: 5)
                try mendStore(site)
                let spool = try Spool(directory: site.folder + "/spool", maximumBytes: 1 << 20)
                #expect(spool.backlog.records == 1)
                #expect(try await spool.replay(into: site.ledger, producer: "gateway-1", clock: site.clock) == 1)
                let accessed = try await site.events(.customerDataAccessed)
                #expect(accessed.map { $0["eventId"]?.string } == [reply.headers["muniment-event"]])
            }
        }
    }
}
