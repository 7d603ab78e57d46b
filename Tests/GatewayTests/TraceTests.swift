import JSON
import Ledger
import Sandbox
import Synchronization
import Testing
import Traces

@testable import Gateway

extension Integration {
    @Suite struct ReadTraceTests {
        @Test func aReadIsATraceWithoutAnythingOfTheCustomer() async throws {
            let spans = SpanQueue(sampleRatio: 0)
            try await FakeUpstream.run { _, _, _ in
                .answer(json(#"{"id":"1"}"#))
            } _: { fake, port in
                try await Site.run(platform: false, fake: port, spans: spans) { (site: Site) async throws in
                    let caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
                    let reply = try await site.call(site.request(headers: "Traceparent: \(caller)\r\n"))
                    #expect(reply.status == 200)
                    let kept = spans.take(100)
                    #expect(kept.map(\.name) == ["read profile", "binding", "upstream crm", "record"])
                    let root = try #require(kept.first)
                    #expect(Set(kept.map(\.context.trace)).count == 1 && root.context.trace.first == 0x0a)
                    #expect(
                        root.parent?.first == 0xb7 && kept.dropFirst().allSatisfy { $0.parent == root.context.span }
                    )
                    #expect(Set(kept.map(\.context.span)).count == 4)
                    #expect(kept.allSatisfy { $0.start >= root.start && $0.end <= root.end && !$0.hasFailed })
                    #expect(root.attributes["muniment.outcome"] == "released")
                    let told = try #require(fake.requests.first { $0.contains("traceparent: 00-0af7651916cd43dd") })
                    #expect(told.contains(root.context.traceparent(span: kept[2].context.span)))
                    for word in [site.who.customer, site.who.agentWithLiveCall, site.who.liveConversation] {
                        #expect(!kept.contains { "\($0)".contains(word) })
                    }

                    // What is not sampled is not kept, but the upstream is told of it; nonsense begins a trace of its own.
                    for header in ["Traceparent: 00-\(String(repeating: "0", count: 32))-b7ad6b7169203331-01\r\n", ""] {
                        #expect(try await site.call(site.request(headers: header)).status == 200)
                    }
                    #expect(spans.take(1).isEmpty)
                    #expect(fake.requests.count { $0.contains("traceparent: 00-") && $0.contains("-00\r\n") } == 2)
                }
            }
        }
    }
}
