import AccessPolicy
import AuditTrail
import Credentials
import Identity
import JSON
import Ledger
import Measures
import MerkleLog
import Redaction
import Sandbox
import Storage
import Testing
import WallTime

@testable import Gateway

extension Integration {
    @Suite struct ReadTests {
        @Test func aVerifiedReadReleasesThePlansFieldsAndNoOthers() async throws {
            try await Site.run { (site: Site) async throws in
                let reply = try await site.read()
                #expect(reply.status == 200, "\(reply.text)")
                let record = try await site.record(site.who.customer)
                let pan = try #require(record["card"]?["pan"]?.string)
                let phone = try #require(record["phone"]?.string)
                let expected: JSONValue = [
                    "id": try #require(record["id"]), "name": try #require(record["name"]),
                    "email": try #require(record["email"]),
                    "phone": .string("****" + phone.suffix(2)), "vip": try #require(record["vip"]),
                    "card": ["pan": .string(pan.prefix(6) + "******" + pan.suffix(4)), "cvv": nil],
                ]
                var body = try JSONValue(parsing: reply.body)
                // What is withheld leaves at most the empty shape of what it lies in.
                #expect(body["address"] == [:] && body["accounts"]?.array?.allSatisfy { $0 == [:] } == true)
                body["address"] = nil
                body["accounts"] = nil
                #expect(body == expected, "\(reply.text)")
                #expect(
                    reply.headers["cache-control"] == "no-store" && reply.headers["content-type"] == "application/json"
                )
                #expect(reply.headers["muniment-binding"] == "verified")

                let event = try await site.event(reply)
                #expect(
                    event["eventType"]?.string == "CUSTOMER_DATA_ACCESSED" && event["outcome"]?.string == "released"
                )
                #expect(event["eventId"]?.string == reply.headers["muniment-event"])
                #expect(event["agentId"]?.string == site.who.agentWithLiveCall)
                #expect(event["interactionId"]?.string == site.who.liveConversation)
                #expect(event["customerId"]?.string == site.tokeniser.token(.customer, site.who.customer))
                #expect(
                    event["dataFieldsViewed"]?.array == ["id", "name", "email", "phone", "card.pan", "card.cvv", "vip"]
                )
                #expect(event["dataFieldsMasked"] == ["phone": "phone", "card.pan": "pan", "card.cvv": "null"])
                #expect(
                    event["dataFieldsWithheld"]?.array == [
                        "address.city", "dateOfBirth", "nationalId", "accounts[].iban",
                    ]
                )
                #expect(event["binding"]?.string == "verified")
                #expect(event["bindingReason"]?.string == "agent_and_customer_match")
                #expect(event["channelType"]?.string == "voice" && event["queueId"]?.string == site.who.queue)
                #expect(event["matchedRules"]?.array == ["basics", "masked", "never"])
                #expect(event["policyVersion"]?.string == "test-1")
                #expect(event["policyHash"]?.string == site.gateway.policyHash)
                #expect(event["purpose"]?.string == "service" && event["route"]?.string == "profile")
                #expect(event["clientId"]?.string == site.client.client.id && event["enforced"]?.bool == true)
                #expect(event["releasedBytes"]?.int == reply.body.count && event["upstream"]?.string == "crm")
                #expect(
                    event["upstreamRegion"]?.string == "eu-central-1" && event["unknownFieldsDropped"]?.int ?? 0 > 0
                )
                #expect(event["producer"]?.string == "gateway-1" && event["schemaVersion"]?.int == 1)
                #expect(event["timestamp"]?.string == site.clock.now().description)

                // What the agent was shown can be proved, and what not.
                func shown(_ path: String, _ value: String) -> Bool? {
                    Disclosure.matches(event: event, path: path, values: [value], commitments: site.commitments)
                }
                #expect(shown("phone", "\"****\(phone.suffix(2))\"") == true && shown("phone", "\"\(phone)\"") == false)
                #expect(shown("card.cvv", "null") == true && shown("nationalId", "\"x\"") == nil)

                // No identifier of the customer and no value stands anywhere in the ledger.
                for event in try await site.events() {
                    let text = String(decoding: try event.canonicalBytes(), as: UTF8.self)
                    for secret in [site.who.customer, pan, phone, record["email"]?.string ?? "?", site.client.secret] {
                        #expect(!text.contains(secret))
                    }
                }
            }
        }

        /// As long as the record is not durable, not one byte of the answer leaves.
        @Test func nothingLeavesBeforeTheRecordIsDurable() async throws {
            try await Site.run { (site: Site) async throws in
                _ = try await site.read()
                let lock = try site.ledger.database.makeConnection()
                try lock.run("BEGIN IMMEDIATE")
                let caller = try await Caller(port: site.port)
                try await caller.send(site.request())
                while site.customerReads < 2 { await Task.yield() }
                for _ in 0..<20 { _ = try await site.call("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n") }
                #expect(!caller.hasReceived)
                try lock.run("COMMIT")
                let reply = try await caller.reply()
                #expect(reply.status == 200)
                #expect(try await site.event(reply)["eventId"]?.string == reply.headers["muniment-event"])
                await caller.close()
            }
        }

        @Test func everyDisplayIsAnEventOfItsOwn() async throws {
            try await Site.run { (site: Site) async throws in
                let first = try await site.read()
                let second = try await site.read()
                try site.sandbox.transfer(site.who.liveConversation, to: site.who.otherAgent)
                // The facts at hand are from before the transfer; they are not held against the agent.
                let third = try await site.read(agent: site.who.otherAgent)
                for reply in [first, second, third] { #expect(reply.status == 200, "\(reply.text)") }
                #expect(third.headers["muniment-binding"] == "verified")
                let receipts = [first.receipt, second.receipt, third.receipt]
                #expect(Set(receipts).count == 3 && !receipts.contains(nil))
                #expect(try await site.event(third)["agentId"]?.string == site.who.otherAgent)
                #expect(try await site.events(.customerDataAccessed).count == 3)
                #expect(site.customerReads == 3)
            }
        }

        @Test func idsOfThePlatformCountInEitherLetterCase() async throws {
            try await Site.run { (site: Site) async throws in
                let reply = try await site.read(
                    agent: site.who.agentWithLiveCall.uppercased(),
                    interaction: site.who.liveConversation.uppercased()
                )
                #expect(reply.headers["muniment-binding"] == "verified")
                #expect(try await site.event(reply)["agentId"]?.string == site.who.agentWithLiveCall)
            }
        }

        @Test func anAgentNamedInThePolicyCountsInEitherLetterCase() async throws {
            try await Site.run { (site: Site) async throws in
                let reply = try await site.read(agent: "aaaa-BBBB", interaction: "unknown")
                #expect(try JSONValue(parsing: reply.body)["accounts"]?[0]?["iban"] != nil)
            }
        }

        @Test func observingReleasesEverythingAndRecordsWhatItWouldNot() async throws {
            try await Site.run { (site: Site) async throws in
                let reply = try await site.read("observed")
                let body = try JSONValue(parsing: reply.body)
                #expect(
                    reply.status == 200 && body["nationalId"]?.string != nil && body["card"]?["cvv"]?.isNull == true
                )
                let event = try await site.event(reply)
                #expect(event["enforced"]?.bool == false && event["wouldRefuse"]?.isNull == true)
                #expect(
                    event["wouldWithhold"]?.array == ["address.city", "dateOfBirth", "nationalId", "accounts[].iban"]
                )
                let refused = try await site.read("observed", agent: site.who.otherAgent)
                #expect(refused.status == 200)
                let other = try await site.event(refused)
                #expect(
                    other["wouldRefuse"]?.string == "binding-contradicted" && other["binding"]?.string == "contradicted"
                )
                #expect(site.gateway.metrics.observedDifferences.value == 2)
            }
        }

        @Test func aShadowPolicyIsOnlyCompared() async throws {
            try await Site.run { settings in
                var shadow = settings.policy
                shadow.rules.removeAll { $0.id == "basics" }
                settings.shadowPolicy = shadow
            } _: { (site: Site) async throws in
                #expect(try await site.read().status == 200)
                #expect(site.gateway.metrics.shadowDifferences.value == 1)
                // Where both say the same, nothing is counted.
                _ = try await site.read(interaction: "unknown")
                #expect(site.gateway.metrics.shadowDifferences.value == 1)
            }
        }

        @Test func aContainedAgentSeesMasksOrNothing() async throws {
            try await Site.run { (site: Site) async throws in
                let before = try await site.read()
                let event = try await site.event(before)
                #expect(event["containment"] == nil)
                let agent = site.who.agentWithLiveCall
                site.restrictions.replace(with: [agent.uppercased(): .maskOnly])
                let masked = try await site.read()
                #expect(masked.status == 200)
                let record = try await site.event(masked)
                #expect(record["containment"]?.string == "mask_only")
                #expect(record["dataFieldsViewed"] == event["dataFieldsViewed"])
                let shown = Set(record["dataFieldsViewed"]?.array?.compactMap(\.string) ?? [])
                #expect(!shown.isEmpty && Set(record["dataFieldsMasked"]?.object?.keys.map { $0 } ?? []) == shown)
                #expect(masked.body != before.body)
                site.restrictions.replace(with: [agent: .block])
                let blocked = try await site.read()
                #expect(blocked.status == 403)
                let refusal = try await site.event(blocked)
                #expect(refusal["outcome"]?.string == "contained" && refusal["reason"]?.string == "agent-contained")
                // Nobody else is touched, and taking it back lets the agent see again.
                site.restrictions.replace(with: [:])
                #expect(try await site.read().body == before.body)
            }
        }

        @Test func anAgentWhoHasToJustifySeesWithAReasonAndNothingWithoutOne() async throws {
            try await Site.run { (site: Site) async throws in
                let before = try await site.read()
                // Where nobody asks for one it is recorded all the same.
                let unasked = try await site.event(try await site.read(reason: "ticket 12"))
                #expect(unasked["justification"] == "ticket 12" && unasked["containment"] == nil)
                let agent = site.who.agentWithLiveCall
                site.restrictions.replace(with: [agent.uppercased(): .justify])
                let refused = try await site.read()
                #expect(refused.status == 403 && refused.text.contains("urn:muniment:problem:justification-required"))
                let refusal = try await site.event(refused)
                #expect(refusal["outcome"] == "contained" && refusal["reason"] == "justification-required")
                #expect(refusal["justification"] == nil)
                let justified = try await site.read(reason: "complaint, call +49 170 1234567")
                #expect(justified.status == 200 && justified.body == before.body)
                let record = try await site.event(justified)
                #expect(record["containment"] == "justify")
                let words = try #require(record["justification"]?.string)
                #expect(words.hasPrefix("complaint, call ") && !words.contains("1234567"))
                // One reason is for one read.
                #expect(try await site.read().status == 403)
                // What is graver still holds: masks stay masks, and no reason opens a block.
                site.restrictions.replace(with: [agent: [.justify, .maskOnly]])
                #expect(try await site.read().status == 403)
                let masked = try await site.read(reason: "ticket 12")
                #expect(masked.status == 200 && masked.body != before.body)
                #expect(try await site.event(masked)["containment"] == "mask_only")
                site.restrictions.replace(with: [agent: [.justify, .block]])
                let blocked = try await site.read(reason: "ticket 12")
                #expect(blocked.status == 403 && blocked.text.contains("agent-contained"))
                #expect(try await site.event(blocked)["justification"] == "ticket 12")
                site.restrictions.replace(with: [:])
                #expect(try await site.read().body == before.body)
            }
        }

        @Test func identifiersAskedForOneAfterTheOtherAreSaidToBe() async throws {
            try await Site.run { (site: Site) async throws in
                let agent = site.who.agentWithLiveCall
                var said: [Bool?] = []
                for customer in ["C-900001", "C-900002", "C-900002", "C-900500"] {
                    let reply = try await site.read(customer: customer, agent: agent)
                    said.append(try await site.event(reply)["neighbourOfPrevious"]?.bool)
                }
                #expect(said == [nil, true, nil, nil])
            }
        }

        @Test func velocityIsFlaggedOrBlocked() async throws {
            try await Site.run { (site: Site) async throws in
                var blocked: [Reply] = []
                var flagged: [Reply] = []
                for _ in 0..<3 {
                    blocked.append(try await site.read("blocked"))
                    flagged.append(try await site.read("flagged"))
                }
                #expect(blocked.map(\.status) == [200, 200, 429])
                #expect(flagged.map(\.status) == [200, 200, 200])
                #expect(blocked[2].headers["retry-after"] == "5")
                let refused = try await site.event(blocked[2])
                #expect(
                    refused["outcome"]?.string == "velocity_exceeded"
                        && refused["reason"]?.string == "velocity-exceeded"
                )
                #expect(try await site.event(flagged[1])["overVelocityLimit"] == nil)
                #expect(try await site.event(flagged[2])["overVelocityLimit"]?.bool == true)
                // Another agent has a bucket of its own, and so has the route.
                #expect(try await site.read("blocked", agent: site.who.chatAgent).status == 403)
                #expect(try await site.read("profile").status == 200)
            }
        }

        @Test func purposesAreThoseOfTheRoute() async throws {
            try await Site.run { (site: Site) async throws in
                for (route, purpose, status) in [
                    ("profile", "service", 200), ("profile", "marketing", 400), ("profile", "Service", 400),
                    ("stated", nil, 400), ("stated", "service", 200), ("profile", "quality", 403),
                ] as [(String, String?, Int)] {
                    let reply = try await site.read(route, purpose: purpose)
                    #expect(reply.status == status, "\(route) \(purpose ?? "none") \(reply.text)")
                }
                for purpose in ["null", "\"\""] {
                    let body =
                        "{\"customerId\":\"\(site.who.customer)\",\"agentId\":\"\(site.who.agentWithLiveCall)\","
                        + "\"interactionId\":\"\(site.who.liveConversation)\",\"purpose\":\(purpose)}"
                    #expect(try await site.call(site.request(body: body)).status == 200)
                }
            }
        }

        @Test func rolesOfThePlatformDecide() async throws {
            try await Site.run { (site: Site) async throws in
                let reply = try await site.read(agent: site.who.supervisor, purpose: "quality")
                #expect(reply.status == 200, "\(reply.text)")
                let body = try JSONValue(parsing: reply.body)
                #expect(body["dateOfBirth"] != nil && body["nationalId"] == nil && body["card"]?["cvv"]?.isNull == true)
                #expect(try await site.event(reply)["binding"]?.string == "contradicted")
                #expect(try await site.read(agent: site.who.fraudSpecialist, purpose: "quality").status == 403)
                let lookUps = site.roleLookUps
                _ = try await site.read(agent: site.who.supervisor, purpose: "quality")
                #expect(site.roleLookUps == lookUps)
            }
        }

        @Test func withoutAPlatformBindingsAreClaims() async throws {
            try await Site.run(platform: false) { (site: Site) async throws in
                let reply = try await site.read()
                #expect(reply.status == 200 && reply.headers["muniment-binding"] == "claimed")
                #expect(try reply.members == ["id", "phone", "vip", "card", "address", "accounts"])
                #expect(try await site.event(reply)["bindingReason"]?.string == "no_platform")
                #expect(site.conversationLookUps == 0)
            }
        }

        @Test func searchesByBodyArePosted() async throws {
            try await FakeUpstream.run { _, _, _ in
                .answer(json(#"{"id":"C-1","vip":true}"#))
            } _: { fake, port in
                try await Site.run(fake: port) { (site: Site) async throws in
                    let reply = try await site.read("search", customer: "a@b.c:~_x-1+2", interaction: "none")
                    #expect(reply.status == 200 && reply.text == #"{"id":"C-1","vip":true}"#, "\(reply.text)")
                    let request = try #require(fake.requests.first)
                    #expect(
                        request.hasPrefix("POST /search HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nAuthorization: Bearer ")
                    )
                    #expect(request.hasSuffix("\r\n\r\n{\"id\":\"a@b.c:~_x-1+2\",\"again\":\"a@b.c:~_x-1+2\"}"))
                    #expect(request.contains("\r\nX-Request-ID: \(reply.headers["muniment-event"] ?? "?")\r\n"))
                    #expect(request.contains("\r\nAccept-Encoding: identity\r\n"))
                    _ = try await site.read(customer: "a@b.c:~_x-1+2", interaction: "none")
                    #expect(fake.requests.last?.hasPrefix("GET /customers/a%40b.c%3A~_x-1%2B2 HTTP/1.1\r\n") == true)
                }
            }
        }

        @Test func theMetricsSayWhatHappened() async throws {
            try await Site.run { (site: Site) async throws in
                _ = try await site.read()
                _ = try await site.read(agent: site.who.otherAgent)
                _ = try await site.read(customer: "C-404")
                let metrics = site.gateway.metrics
                #expect(metrics.value(of: .released) == 1 && metrics.value(of: .refused) == 2)
                // The customer who does not exist is not the conversation's either.
                #expect(metrics.value(of: .notFound) == 0 && metrics.value(of: .unrecorded) == 0)
            }
        }
    }
}
