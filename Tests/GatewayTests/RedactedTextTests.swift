import AccessPolicy
import JSON
import Ledger
import Redaction
import Testing

@testable import Gateway

extension Integration {
    /// Free text that leaves readable, without what a redaction policy finds in it.
    @Suite struct RedactedTextTests {
        private static let answer =
            #"{"id":"1","name":"Ann","note":"called from 415-555-2671, card \u0034012 8888 8888 1881","log":["mail bob@example.com",{"by":7,"ok":true}],"vip":null}"#

        private func run(
            redactors: [Redaction.Category: Redactor],
            effect: RuleEffect = .allow,
            mask: String? = nil,
            mode: Route.Mode = .enforce,
            _ body: (JSONValue, JSONValue) throws -> Void
        ) async throws {
            let fields = [
                try field("id", .identifier), try field("note", .note), try field("log", .note),
                try field("vip", .note),
            ]
            try await FakeUpstream.run { _, _, _ in
                .answer(json(Self.answer))
            } _: { _, port in
                try await Site.run(platform: false, fake: port, redactors: redactors) { settings in
                    let route = settings.routes[0]
                    settings.routes[0] = Route(
                        name: route.name,
                        upstream: route.upstream,
                        request: route.request,
                        fields: fields,
                        purposes: route.purposes,
                        defaultPurpose: route.defaultPurpose,
                        mode: mode
                    )
                    settings.policy = Policy(
                        version: "notes",
                        roles: [Role(name: "agent", everyone: true)],
                        rules: [
                            Rule(
                                id: "all",
                                effect: effect,
                                roles: ["agent"],
                                routes: ["*"],
                                purposes: ["*"],
                                categories: ["*"],
                                mask: mask
                            )
                        ]
                    )
                } _: { (site: Site) async throws in
                    let reply = try await site.read()
                    #expect(reply.status == 200, "\(reply.text)")
                    try body(try JSONValue(parsing: reply.body), try await site.event(reply))
                }
            }
        }

        @Test(arguments: [Route.Mode.enforce, .observe])
        func aCategoryIsRedactedWhereItWouldLeaveAsItIs(mode: Route.Mode) async throws {
            let policy = RedactionPolicy(name: "notes", defaultAction: .label)
            try await run(redactors: [.note: try Redactor(policy: policy)], mode: mode) { body, event in
                #expect(body["note"] == "called from [PHONE], card [CREDIT_CARD]")
                #expect(body["log"] == ["mail [EMAIL]", ["by": 7, "ok": true]])
                #expect(body["vip"] == .null && body["id"] == "1")
                #expect(event["dataFieldsMasked"] == ["log": "findings", "note": "findings", "vip": "findings"])
                #expect(
                    event["dataTypesRedacted"] == ["log": ["EMAIL"], "note": ["CREDIT_CARD", "PHONE"], "vip": []]
                )
                #expect(event["dataFieldsViewed"] == ["id", "note", "log", "vip"])
            }
        }

        @Test func aPolicyMayAskForItByName() async throws {
            try await run(redactors: [:], effect: .mask, mask: "findings") { body, event in
                #expect(body["note"] == "called from ****, card ****")
                #expect(event["dataTypesRedacted"]?["note"] == ["CREDIT_CARD", "PHONE"])
            }
        }

        @Test func aMaskStaysAMask() async throws {
            try await run(redactors: [.note: Redactor()], effect: .mask) { body, event in
                #expect(body["note"] == "****" && event["dataTypesRedacted"] == nil)
                #expect(event["dataFieldsMasked"]?["note"] == "full")
            }
        }
    }
}
