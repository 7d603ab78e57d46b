import AccessPolicy
import Genesys
import Identity
import JSON
import Ledger
import Measures
import Sandbox
import Testing
import WallTime

@testable import Gateway

extension Integration {
    @Suite struct BindingReadTests {
        /// Who, on which conversation, about whom: what the platform says decides the grade, and the grade the status.
        @Test func gradesByWhatThePlatformSays() async throws {
            try await Site.run { (site: Site) async throws in
                let who = site.who
                let cases: [(String, String, String, BindingReason, Int)] = [
                    (who.agentWithLiveCall, who.liveConversation, who.customer, .agentAndCustomerMatch, 200),
                    (who.otherAgent, who.liveConversation, who.customer, .agentNotOnConversation, 403),
                    (
                        who.agentWithLiveCall, who.transferredConversation, who.customers[2], .agentNotOnConversation,
                        403
                    ),
                    (who.transferredTo, who.transferredConversation, who.customers[2], .agentAndCustomerMatch, 200),
                    (who.transferredFrom, who.transferredConversation, who.customers[2], .agentLeft, 403),
                    (who.agentWithLiveCall, who.liveConversation, who.otherCustomer, .otherCustomer, 403),
                    (who.agentWithLiveCall, who.endedConversation, who.customer, .agentLeft, 403),
                    (who.agentWithLiveCall, who.wrapUpConversation, who.otherCustomer, .agentAndCustomerMatch, 200),
                    (who.otherAgent, who.ringingConversation, who.customers[3], .agentNotOnConversation, 403),
                    (who.chatAgent, who.anonymousConversation, who.customer, .customerUnknown, 200),
                    (who.chatAgent, who.messageConversation, who.customers[3], .agentAndCustomerMatch, 200),
                    (
                        who.agentWithLiveCall, "00000000-0000-4000-8000-000000000000", who.customer,
                        .conversationNotFound, 200
                    ),
                ]
                for (agent, interaction, customer, reason, status) in cases {
                    let reply = try await site.read(customer: customer, agent: agent, interaction: interaction)
                    #expect(reply.status == status, "\(reason) \(reply.text)")
                    let event = try await site.event(reply)
                    #expect(event["bindingReason"]?.string == reason.rawValue)
                    #expect(event["binding"]?.string == reason.grade.rawValue)
                    guard status != 200 else { continue }
                    #expect(reply.headers["content-type"] == "application/problem+json")
                    #expect(
                        try JSONValue(parsing: reply.body)["type"]?.string
                            == "urn:muniment:problem:binding-contradicted"
                    )
                    #expect(event["eventType"]?.string == "CUSTOMER_DATA_ACCESS_REFUSED")
                    #expect(event["outcome"]?.string == "refused" && event["dataFieldsViewed"] == nil)
                }
                // The refused ones never reached the source.
                #expect(site.customerReads == cases.filter { $0.4 == 200 }.count)
            }
        }

        @Test func wrapUpEnds() async throws {
            try await Site.run {
                $0.binding.factsMilliseconds = 0
            } _: { (site: Site) async throws in
                try site.sandbox.end(site.who.liveConversation)
                #expect(try await site.read().headers["muniment-binding"] == "verified")
                try site.sandbox.finishWrapUp(site.who.liveConversation)
                site.clock.advance(seconds: 1)
                #expect(try await site.read().status == 403)
            }
        }

        @Test func noPlatformCallPerRead() async throws {
            try await Site.run { (site: Site) async throws in
                for _ in 0..<20 { #expect(try await site.read().status == 200) }
                #expect(site.conversationLookUps == 1 && site.roleLookUps == 1)
                let lookUps: UInt64 = site.gateway.metrics.lookups.value
                #expect(lookUps == 2)
            }
        }

        @Test func manyFirstReadsAskOnce() async throws {
            try await Site.run { (site: Site) async throws in
                site.sandbox.inject(PlatformFault(route: "GET /api/v2/conversations/{id}", isHeld: true))
                try await withThrowingTaskGroup(of: Reply.self) { group in
                    for _ in 0..<24 { group.addTask { try await site.read() } }
                    await site.sandbox.gate.arrivals(1)
                    site.sandbox.gate.open()
                    for try await reply in group { #expect(reply.headers["muniment-binding"] == "verified") }
                }
                #expect(site.conversationLookUps == 1)
            }
        }

        /// What contradicts is looked at again, but not by every read.
        @Test func contradictionsAreRecheckedWithMeasure() async throws {
            try await Site.run {
                $0.binding.recheckMilliseconds = 60_000
            } _: { (site: Site) async throws in
                for _ in 0..<10 { #expect(try await site.read(agent: site.who.otherAgent).status == 403) }
                #expect(site.conversationLookUps == 1)
            }
            try await Site.run { (site: Site) async throws in
                #expect(try await site.read().status == 200)
                #expect(try await site.read(agent: site.who.otherAgent).status == 403)
                #expect(site.conversationLookUps == 2)
            }
        }

        @Test func whatComesTooLateIsUnverifiableAndCorrectedAfterwards() async throws {
            try await Site.run {
                $0.binding.budgetMilliseconds = 30
            } _: { (site: Site) async throws in
                site.sandbox.inject(PlatformFault(route: "GET /api/v2/conversations/{id}", isHeld: true))
                let reply = try await site.read()
                #expect(reply.status == 200 && reply.headers["muniment-binding"] == "unverifiable")
                #expect(try reply.members == ["id", "vip", "address", "card", "accounts"])
                #expect(try await site.event(reply)["bindingReason"]?.string == "lookup_late")
                site.sandbox.gate.open()
                let corrections = try await site.events(.bindingCorrected, count: 1)
                #expect(corrections.count == 1)
                let correction = try #require(corrections.first)
                #expect(correction["correctedEventId"]?.string == reply.headers["muniment-event"])
                #expect(
                    correction["binding"]?.string == "verified"
                        && correction["previousBinding"]?.string == "unverifiable"
                )
                #expect(correction["customerId"]?.string == site.tokeniser.token(.customer, site.who.customer))
                #expect(correction["interactionId"]?.string == site.who.liveConversation)
                let all = try await site.events()
                let places = ["CUSTOMER_DATA_ACCESSED", "BINDING_CORRECTED"].map { type in
                    all.firstIndex { $0["eventType"]?.string == type } ?? -1
                }
                #expect(places[0] >= 0 && places[0] < places[1])
                // The next read finds the facts.
                #expect(try await site.read().headers["muniment-binding"] == "verified")
            }
        }

        /// The facts may come while the source still works: the correction waits for the record.
        @Test func aCorrectionNeverPrecedesWhatItCorrects() async throws {
            try await FakeUpstream.run { number, _, _ in
                number == 1 ? .hold(json(#"{"id":"C-1"}"#)) : .answer(json(#"{"id":"C-1"}"#))
            } _: { fake, port in
                try await Site.run(fake: port) {
                    $0.binding.budgetMilliseconds = 30
                } _: { (site: Site) async throws in
                    site.sandbox.inject(PlatformFault(route: "GET /api/v2/conversations/{id}", isHeld: true))
                    let caller = try await Caller(port: site.port)
                    try await caller.send(site.request())
                    await fake.received(1)
                    site.sandbox.gate.open()
                    // The facts are there when another read is verified by them.
                    while try await site.read().headers["muniment-binding"] != "verified" {}
                    let early = try await site.events(.bindingCorrected)
                    fake.release()
                    let reply = try await caller.reply()
                    let id = try #require(reply.headers["muniment-event"])
                    #expect(!early.contains { $0["correctedEventId"]?.string == id })
                    let all = try await site.events(.bindingCorrected, count: early.count + 1)
                    #expect(all.contains { $0["correctedEventId"]?.string == id })
                    await caller.close()
                }
            }
        }

        @Test func aPlatformInTroubleIsNotHeldAgainstTheAgent() async throws {
            try await Site.run { (site: Site) async throws in
                site.sandbox.inject(PlatformFault(route: "GET /api/v2/conversations/{id}", status: 403, times: 1))
                let reply = try await site.read(agent: site.who.otherAgent)
                #expect(reply.status == 200 && reply.headers["muniment-binding"] == "unverifiable")
                #expect(try await site.event(reply)["bindingReason"]?.string == "lookup_failed")
            }
        }
    }
}
