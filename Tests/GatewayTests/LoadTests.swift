import Genesys
import JSON
import Ledger
import Measures
import NIOCore
import Sandbox
import Testing

@testable import Gateway

/// SplitMix64 (Steele, Lea, Flood).
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}

extension Integration {
    @Suite struct LoadTests {
        /// Whatever happens to reads: what was released has its event at its receipt, every event is counted once, and nothing is
        /// left behind.
        @Test func theInvariantsHoldUnderLoad() async throws {
            try await Site.run {
                $0.binding.budgetMilliseconds = 20
                $0.binding.factsMilliseconds = 50
            } _: { (site: Site) async throws in
                let who = site.who
                site.sandbox.gate.open()
                for number in 0..<12 {
                    site.sandbox.inject(
                        PlatformFault(
                            route: "GET /api/v2/conversations/{id}",
                            status: number % 3 == 0 ? 403 : nil,
                            delayMilliseconds: number % 2 * 40
                        )
                    )
                }
                let replies = try await withThrowingTaskGroup(of: [Reply].self) { group in
                    for worker in 0..<64 {
                        group.addTask {
                            var generator = SplitMix64(state: UInt64(worker))
                            var replies: [Reply] = []
                            var caller = try await Caller(port: site.port)
                            for _ in 0..<32 {
                                let customers = [
                                    who.customer, who.customer, who.otherCustomer, "C-500", "C-404", "C-CHUNKED",
                                    "C-HALF",
                                ]
                                let text = site.request(
                                    ["profile", "profile", "observed", "spooled", "flagged"].randomElement(
                                        using: &generator
                                    ) ?? "",
                                    customer: customers.randomElement(using: &generator),
                                    agent: [who.agentWithLiveCall, who.agentWithLiveCall, who.otherAgent]
                                        .randomElement(using: &generator),
                                    interaction: [who.liveConversation, who.liveConversation, "unknown"]
                                        .randomElement(using: &generator)
                                )
                                try await caller.send(text)
                                // Some do not stay for their answer.
                                if Int.random(in: 0..<24, using: &generator) == 0 {
                                    await caller.close()
                                    caller = try await Caller(port: site.port)
                                } else {
                                    replies.append(try await caller.reply())
                                }
                            }
                            await caller.close()
                            return replies
                        }
                    }
                    return try await group.reduce(into: []) { $0 += $1 }
                }
                await site.gateway.shutdown(within: 10)
                #expect(replies.count > 1800)
                let events = try await site.events()
                for reply in replies {
                    let receipt = Int(try #require(reply.receipt, "\(reply.status) \(reply.text)"))
                    let event = events[receipt]
                    if reply.status == 200 {
                        #expect(event["eventType"]?.string == "CUSTOMER_DATA_ACCESSED")
                        #expect(event["eventId"]?.string == reply.headers["muniment-event"])
                        #expect(event["releasedBytes"]?.int == reply.body.count)
                        #expect(event["binding"]?.string == reply.headers["muniment-binding"])
                    } else {
                        #expect(event["eventType"]?.string == "CUSTOMER_DATA_ACCESS_REFUSED")
                        #expect(event["reason"]?.string == (try JSONValue(parsing: reply.body)["code"]?.string))
                    }
                }
                #expect(Set(replies.compactMap(\.receipt)).count == replies.count)

                let metrics = site.gateway.metrics
                func count(_ type: EventType, _ outcome: String? = nil) -> UInt64 {
                    UInt64(
                        events.filter {
                            $0["eventType"]?.string == type.rawValue
                                && (outcome == nil || $0["outcome"]?.string == outcome)
                        }.count
                    )
                }
                let corrected = Set(
                    events.filter { $0["eventType"]?.string == "DISCLOSURE_CORRECTED" }.compactMap {
                        $0["correctedEventId"]?.string
                    }
                )
                let unsent = UInt64(
                    events.filter {
                        $0["eventType"]?.string == "DISCLOSURE_CORRECTED" && $0["bytesSentAtLeast"]?.int == 0
                    }
                    .count
                )
                #expect(corrected.isSubset(of: events.compactMap { $0["eventId"]?.string }))
                #expect(count(.customerDataAccessed) == metrics.value(of: .released) + unsent)
                for outcome in [ReadOutcome.refused, .notFound, .upstreamFailed] {
                    #expect(count(.customerDataAccessRefused, outcome.rawValue) == metrics.value(of: outcome))
                }
                #expect(count(.customerDataAccessRefused, "client_gone") + unsent == metrics.value(of: .clientGone))
                #expect(count(.disclosureCorrected) + count(.bindingCorrected) == metrics.corrections.value)
                #expect(metrics.lostCorrections.value == 0 && metrics.value(of: .unrecorded) == 0)
                #expect(site.gateway.remembered == 0)
                let report = try LedgerVerifier(
                    source: StoreSource(site.ledger),
                    verifier: site.ledger.verifier,
                    workers: 2
                )
                .verify()
                #expect(report.head.size == UInt64(events.count))
            }
        }
    }
}
