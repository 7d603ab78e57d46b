import Credentials
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Identity
import JSON
import Ledger
import Testing
import WallTime

@testable import Server

private func phone(_ value: String) -> JSONValue { ["kind": "phone", "value": .string(value)] }
private func email(_ value: String) -> JSONValue { ["kind": "email", "value": .string(value)] }
private func customer(_ value: String) -> JSONValue { ["kind": "customer", "value": .string(value)] }

@Suite struct IdentityRouteTests {
    private func link(_ identifiers: JSONValue..., source: String = "crm") -> JSONValue {
        ["identifiers": .array(identifiers), "source": .string(source), "assurance": "matched"]
    }

    private func resolve(_ identifiers: JSONValue..., purpose: String = "routing") -> JSONValue {
        [
            "identifiers": .array(identifiers), "purpose": .string(purpose), "interactionId": "I-1",
            "channelType": "VOICE",
            "resolutionSource": "CRM_API_LOOKUP", "queueId": "q-sales",
            "complianceFlags": ["gdprConsentRecorded": true],
        ]
    }

    /// A caller and a chatter are found to be one; who saw them is found by any identifier; a forgetting ends it.
    @Test func theWholeStory() async throws {
        let installation = try Installation()
        let header = try await installation.caller(.identity, .forget, .audit).header
        try await installation.test { client in
            let caller = try await client.post(
                "/api/v1/identity/link",
                header,
                link(phone("+1 415 555 0132"), customer("C-1"))
            ).json()["customerId"]
            let chatter = try await client.post("/api/v1/identity/link", header, link(email("Ann@Example.com"))).json()[
                "customerId"
            ]
            #expect(caller != chatter && caller?.string != nil)
            let name = try #require(
                try await installation.identities.knownSubject(
                    of: try Normaliser().identifier(.customer, "C-1")
                )
            )
            try await installation.ledger.append(
                Event(
                    type: .customerDataAccessed,
                    identity: .random(producer: "gateway"),
                    timestamp: installation.clock.now(),
                    fields: ["customerId": .string(name), "agentId": "agent-9", "interactionId": "call-9"]
                )
            )
            let found = try await client.post("/api/v1/identity/resolve", header, resolve(phone("(415) 555-0132")))
                .json()
            #expect(found["outcome"] == "anonymous" && found["refused"]?[0]?["reason"] == "noRegion")
            let merged = try await client.post(
                "/api/v1/identity/merge",
                header,
                [
                    "first": ["customerId": caller ?? .null], "second": ["identifier": email("ann@example.com")],
                    "reason": "she said so",
                ]
            ).json()
            #expect(
                merged["customerId"] == caller && merged["other"] == chatter && merged["touchedCount"]?.int ?? 0 > 0
            )
            for identifier in [phone("+14155550132"), email("ann@example.com"), customer("C-1")] {
                let answer = try await client.post("/api/v1/identity/resolve", header, resolve(identifier)).json()
                #expect(answer["customerId"] == caller && answer["outcome"] == "resolved")
                let seen = try await client.post("/api/v1/accesses/search", header, ["identifier": identifier]).json()
                #expect(seen["accesses"]?.array?.count == 1 && seen["accesses"]?[0]?["event"]?["agentId"] == "agent-9")
            }
            let byID = try await client.get("/api/v1/accesses?customerId=" + (caller?.string ?? ""), header).json()
            #expect(byID["accesses"]?.array?.count == 1)
            let explained = try await client.post(
                "/api/v1/identity/explain",
                header,
                ["identifier": customer("C-1"), "to": ["identifier": email("ann@example.com")]]
            ).json()
            #expect(explained["identifiers"]?.array?.count == 3 && explained["path"]?.array?.count == 1)
            let undone = try await client.post(
                "/api/v1/identity/unmerge",
                header,
                ["customerId": caller ?? .null, "mergeId": merged["mergeId"] ?? .null, "reason": "no"]
            ).json()
            #expect(undone["other"] == chatter)
            let again = try await client.post(
                "/api/v1/identity/merge",
                header,
                [
                    "first": ["customerId": caller ?? .null], "second": ["customerId": chatter ?? .null],
                    "reason": "yes",
                ]
            )
            try again.expect(.identityConflict)
            let forgotten = try await client.post(
                "/api/v1/identity/forget",
                header,
                ["identifier": phone("+14155550132"), "requestId": "dsar-1", "reason": "erasure"]
            ).json()
            #expect(forgotten["keysDestroyed"] == 1 && forgotten["customers"]?[0] == caller)
            for identifier in [phone("+14155550132"), customer("C-1")] {
                let seen = try await client.post("/api/v1/accesses/search", header, ["identifier": identifier]).json()
                #expect(seen["accesses"] == [])
            }
            try await client.post("/api/v1/identity/explain", header, ["customerId": caller ?? .null]).expect(
                .unknownCustomer
            )
            let changes = try await client.get("/api/v1/identity/changes?limit=1000", header).json()
            #expect(
                changes["changes"]?.array?.contains { $0["kind"] == "erased" && $0["customerId"] == caller } == true
            )
        }
        // Each question about a person was recorded.
        #expect(try await installation.events(.auditTrailRead).count == 8)
        #expect(try await installation.events(.identityResolution).count == 4)
    }

    /// A merge and a forgetting wait for another client; whoever asked cannot agree, and nobody without the scope.
    @Test func aSecondClientAgrees() async throws {
        let installation = try Installation(approvals: .usual)
        let asks = try await installation.caller(.identity, .forget, .identityApprove)
        let agrees = try await installation.caller(.identityApprove)
        let other = try await installation.caller(.identity)
        try await installation.test { client in
            for identifier in [phone("+14155550132"), email("ann@example.com")] {
                try await client.post("/api/v1/identity/link", asks.header, link(identifier)).expect(status: .ok)
            }
            let merge: JSONValue = [
                "first": ["identifier": phone("+14155550132")], "second": ["identifier": email("ann@example.com")],
                "reason": "she said so",
            ]
            let answer = try await client.post("/api/v1/identity/merge", asks.header, merge)
            #expect(answer.status == .accepted)
            let proposal = try answer.json()["proposal"] ?? .null
            #expect(proposal["status"] == "waiting" && proposal["requester"]?.string == asks.id)
            let path = "/api/v1/identity/proposals/\(proposal["proposalId"]?.int ?? 0)"
            let reason: JSONValue = ["reason": "looked at it"]
            try await client.post(path + "/approve", asks.header, reason).expect(.identityConflict)
            try await client.post(path + "/approve", other.header, reason).expect(.forbidden)
            try await client.post(path + "/reject", other.header, reason).expect(.forbidden)
            try await client.post(path + "/approve", agrees.header, [:]).expect(.missingField)
            try await client.post("/api/v1/identity/proposals/99999/approve", agrees.header, reason).expect(
                .unknownProposal
            )
            try await client.post("/api/v1/identity/proposals/x/approve", agrees.header, reason).expect(
                .unknownProposal
            )
            let shown = try await client.get(path + "?reason=looking", agrees.header).json()
            #expect(shown["touched"]?.array?.count == shown["touchedCount"]?.int && shown["touchedCount"]?.int ?? 0 > 1)
            let approved = try await client.post(path + "/approve", agrees.header, reason).json()
            #expect(approved["proposal"]?["status"] == "carried-out")
            #expect(approved["outcome"]?["mergeId"]?.int != nil)
            let found = try await client.post(
                "/api/v1/identity/resolve",
                asks.header,
                resolve(email("ann@example.com"))
            ).json()
            #expect(found["customerId"] == approved["outcome"]?["customerId"])
            // One that nobody wants any more is withdrawn by who asked for it.
            let forget: JSONValue = ["identifier": phone("+14155550132"), "reason": "erasure"]
            let wanted = try await client.post("/api/v1/identity/forget", asks.header, forget).json()["proposal"]
            let waiting = try await client.get("/api/v1/identity/proposals", asks.header).json()
            #expect(waiting["proposals"]?.array == [wanted].compactMap(\.self))
            let its = "/api/v1/identity/proposals/\(wanted?["proposalId"]?.int ?? 0)"
            let withdrawn = try await client.post(its + "/reject", asks.header, reason).json()
            #expect(withdrawn["proposal"]?["status"] == "rejected")
            try await client.post(its + "/approve", agrees.header, reason).expect(.identityConflict)
            let all = try await client.get("/api/v1/identity/proposals?all=true&limit=10", agrees.header).json()
            #expect(all["proposals"]?.array?.count == 2)
            // A link by hand waits too, and names what was not taken.
            var byHand = link(phone("+14155550199"), phone("nonsense")).object ?? [:]
            byHand["decidedBy"] = "human"
            byHand["reason"] = "she wrote it down"
            let linked = try await client.post("/api/v1/identity/link", asks.header, .object(byHand))
            #expect(try linked.status == .accepted && linked.json()["refused"]?.array?.count == 1)
        }
        #expect(try await installation.events(.auditTrailRead).map { $0["question"] } == ["proposal"])
        #expect(try await installation.events(.identityForgotten).isEmpty)
    }

    /// A recipient's pseudonym leads back under a scope of its own; the question is recorded, the pseudonym is not.
    @Test func aPseudonymLeadsBack() async throws {
        let installation = try Installation()
        let header = try await installation.caller(.identity, .forget).header
        let joins = try await installation.caller(.pseudonyms).header
        let path = "/api/v1/identity/pseudonyms/resolve"
        try await installation.test { client in
            let linked = try await client.post("/api/v1/identity/link", header, link(customer("C-1"))).json()
            let identifier = try Normaliser().identifier(.customer, "C-1")
            let subject = try #require(try await installation.identities.knownSubject(of: identifier))
            let maker = PseudonymMaker(key: installation.identities.tokens.keyring.newest, recipient: "siem")
            let text = maker.pseudonym(of: subject).text
            let question: JSONValue = ["recipient": "siem", "pseudonym": .string(text), "reason": "an alert there"]
            try await client.post(path, header, question).expect(.forbidden)
            let found = try await client.post(path, joins, question).json()
            #expect(found == ["customerId": linked["customerId"] ?? .null])
            try await client.post(
                path,
                joins,
                ["recipient": "shop", "pseudonym": .string(text), "reason": "an alert there"]
            ).expect(.unknownCustomer)
            for wrong: JSONValue in [
                ["recipient": "siem", "pseudonym": "subject:1", "reason": "r"],
                ["recipient": "si em", "pseudonym": .string(text), "reason": "r"],
                ["recipient": "siem", "pseudonym": .string(maker.pseudonym(of: "tok_X_1").text), "reason": "r"],
            ] { try await client.post(path, joins, wrong).expect(.invalidField) }
            try await client.post(path, joins, ["recipient": "siem", "pseudonym": .string(text)]).expect(.missingField)
            try await client.post(
                "/api/v1/identity/forget",
                header,
                ["identifier": customer("C-1"), "reason": "erasure"]
            ).expect(status: .ok)
            try await client.post(path, joins, question).expect(.unknownCustomer)
            let asked = Array(try await installation.events(.auditTrailRead).reversed())
            #expect(
                asked.map { $0["results"] } == [1, 0, 0] && asked.map { $0["recipient"] } == ["siem", "shop", "siem"]
            )
            #expect(asked[0]["customerId"]?.string == subject)
            for event in asked {
                #expect(try !String(decoding: event.canonicalBytes(), as: UTF8.self).contains("pseudonym:"))
            }
        }
    }

    @Test func scopesAreApart() async throws {
        let installation = try Installation()
        let header = try await installation.caller(.identity).header
        try await installation.test { client in
            try await client.post("/api/v1/identity/forget", header, ["customerId": "cust_0", "reason": "x"]).expect(
                .forbidden
            )
            try await client.post("/api/v1/audit/events", header, ["auditEvent": [:]]).expect(.forbidden)
            try await client.post("/api/v1/accesses/search", header, ["customerId": "C-1"]).expect(.forbidden)
        }
    }

    @Test func badRequestsAreRefusedWithoutRepeatingThem() async throws {
        let installation = try Installation()
        let header = try await installation.caller(.identity, .forget, .audit).header
        try await installation.test { client in
            func post(_ path: String, _ body: JSONValue) async throws -> TestResponse {
                try await client.post("/api/v1/identity/" + path, header, body)
            }
            try await post("link", ["identifiers": [phone("secret")], "source": "x"]).expect(.missingField)
            try await post("merge", ["first": ["identifier": phone("secret")], "second": [:], "reason": "r"]).expect(
                .invalidIdentifier,
                without: "secret"
            )
            try await post("merge", ["first": ["customerId": "cust_1"], "second": ["customerId": "cust_2"]]).expect(
                .missingField
            )
            try await post("resolve", ["identifiers": [], "channelType": "VOICE"]).expect(.missingField)
            try await post("resolve", ["identifiers": [["kind": "fax", "value": "1"]]]).expect(.invalidField)
            try await post("resolve", ["identifiers": "phone"]).expect(.wrongType)
            try await post("unmerge", ["customerId": "cust_1", "reason": "r", "mergeId": 0]).expect(.invalidField)
            try await post("forget", ["customerId": "cust_1", "identifier": phone("+14155550132"), "reason": "r"])
                .expect(.missingField)
            try await post("conflicts/7/settle", ["reason": "r"]).expect(.invalidField)
            try await post("link", link(phone("+14155550132"), phone("nonsense"))).expect(status: .ok)
        }
    }
}

@Suite struct IntakeTests {
    /// As the flow of a contact centre sends it.
    private let resolution: JSONValue = [
        "eventType": "IDENTITY_RESOLUTION", "timestamp": "2023-10-27T14:30:00Z",
        "interactionId": "i-12345678-90ab-cdef-1234-567890abcdef", "channelType": "VOICE",
        "resolvedCustomerId": "C-77", "resolutionSource": "CRM_API_LOOKUP",
        "piiContext": [
            "phoneHash": "a591a6d40bf420404a011733cfb7b190d62c65bf0bcda32b57b277d9ad9f146e", "emailHash": nil,
            "accountNumberHash": "b109f3bbbc244eb82441917ed06d618b9008dd09b3befd1b5e07394c706a8bb9",
        ],
        "complianceFlags": ["gdprConsentRecorded": true, "dataSubjectRequestPending": false], "agentId": nil,
        "queueId": "q-sales-support",
    ]

    private func changed(_ name: String, _ value: JSONValue) -> JSONValue {
        var members = resolution.object ?? [:]
        members[name] = value
        return ["auditEvent": .object(members)]
    }

    @Test func anEventIsRecordedOnceUnderThePersonsOwnKey() async throws {
        let installation = try Installation()
        let (id, header) = try await installation.caller(.events)
        let identifier = try Normaliser().identifier(.customer, "C-77")
        let subject = try await installation.identities.subject(ofCustomerNumber: identifier, source: "test")
        try await installation.test { client in
            let first = try await client.post("/api/v1/audit/events", header, ["auditEvent": resolution])
            #expect(first.status == .created)
            let again = try await client.post("/api/v1/audit/events", header, ["auditEvent": resolution])
            #expect(again.status == .ok)
            let (one, other) = (try first.json(), try again.json())
            #expect(one["receipt"] == other["receipt"] && other["repeated"] == true)
            let index = try #require(one["receipt"]?.int)
            let bytes = try await installation.ledger.entry(at: UInt64(index))
            let event = try JSONValue(parsing: bytes)
            #expect(event["resolvedCustomerId"]?.string == subject && event["customerId"]?.string == subject)
            #expect(event["timestamp"] == "2023-10-27T14:30:00.000Z" && event["reportedBy"]?.string == id)
            #expect(event["piiContext"]?["phoneHash"]?.string?.utf8.count == 64 && event["hashesWithheld"] == 0)
            #expect(event["complianceFlags"] == resolution["complianceFlags"] && event["queueId"] == "q-sales-support")
            // What the flow hashed can be hashed again by whoever has its salt: it does not go into the record.
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(!text.contains("a591a6d4") && !text.contains("C-77"))
            let keyed = try await client.post(
                "/api/v1/audit/events",
                header.with("Idempotency-Key", "k-1"),
                ["auditEvent": resolution]
            )
            #expect(keyed.status == .created)
            try await client.post(
                "/api/v1/audit/events",
                header.with("Idempotency-Key", "k-1"),
                changed("queueId", "other")
            ).expect(.eventConflict)
        }
        #expect(try await installation.events(.identityResolution).count == 2)
    }

    @Test func ofSomebodyUnknownNoHashIsKept() async throws {
        let installation = try Installation()
        let header = try await installation.caller(.events).header
        try await installation.test { client in
            try await client.post("/api/v1/audit/events", header, ["auditEvent": resolution]).expect(status: .created)
            try await client.post("/api/v1/audit/events", header, changed("resolvedCustomerId", nil)).expect(
                status: .created
            )
        }
        for event in try await installation.events(.identityResolution) {
            #expect(event["hashesWithheld"] == 2)
            #expect(event["piiContext"] == ["phoneHash": .null, "emailHash": .null, "accountNumberHash": .null])
        }
    }

    @Test func aDeletionIsTaken() async throws {
        let installation = try Installation()
        let header = try await installation.caller(.events).header
        let deletion: JSONValue = [
            "eventType": "DATA_DELETION", "timestamp": "2023-10-27T15:00:00Z", "interactionId": "i-1",
            "resolvedCustomerId": "cust_hash_9f86d08", "deletionReason": "RTBF_REQUEST", "requestId": "dsar-req-998877",
            "status": "SUCCESS",
        ]
        try await installation.test { client in
            try await client.post("/api/v1/audit/events", header, ["auditEvent": deletion]).expect(status: .created)
        }
        let event = try #require(try await installation.events(.dataDeletion).first)
        #expect(event["status"] == "SUCCESS" && event["requestId"] == "dsar-req-998877" && event["piiContext"] == nil)
        #expect(event["resolvedCustomerId"]?.string?.hasPrefix("hmac-sha256:1:customer:") == true)
    }

    @Test func whatIsNotAsAgreedIsRefused() async throws {
        let installation = try Installation()
        let header = try await installation.caller(.events).header
        let bodies: [JSONValue] = [
            ["auditEvent": [:]], ["auditEvent": "x"], changed("eventType", "LEDGER_CREATED"),
            changed("timestamp", "yesterday"),
            changed("timestamp", "2099-01-01T00:00:00Z"), changed("interactionId", nil), changed("interactionId", 5),
            changed("channelType", ""), changed("phoneNumber", "+14155550132"),
            changed("piiContext", ["phoneHash": "9f86d08"]), changed("piiContext", ["phoneHash": "+14155550132"]),
            changed("piiContext", ["ssn": nil]), changed("complianceFlags", ["gdprConsentRecorded": "yes"]),
            changed("complianceFlags", ["other": true]), changed("agentId", .string(String(repeating: "a", count: 65))),
        ]
        try await installation.test { client in
            for body in bodies {
                try await client.post("/api/v1/audit/events", header, body).expect(.invalidEvent, without: "+1415")
            }
            try await client.post("/api/v1/audit/events", header, ["event": [:]]).expect(.unknownField)
            try await client.post("/api/v1/audit/events", header, [:]).expect(.missingField)
        }
        #expect(try await installation.events(.identityResolution).isEmpty)
    }
}

extension HTTPFields {
    fileprivate func with(_ name: String, _ value: String) -> HTTPFields {
        var fields = self
        if let name = HTTPField.Name(name) { fields[name] = value }
        return fields
    }
}
