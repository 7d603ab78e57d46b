import Credentials
import Crypto
import DeliveryWire
import Detection
import Foundation
import HTTPTypes
import HummingbirdTesting
import JSON
import Ledger
import Monitoring
import Testing
import WallTime

@testable import Server

@Suite(.timeLimit(.minutes(2))) struct ContainmentTests {
    private static let secrets = ["A", "B"].map { letter in
        "whsec_" + Data(repeating: UInt8(ascii: Unicode.Scalar(letter) ?? "A"), count: 32).base64EncodedString()
    }

    /// An installation on which deleting tokens is allowed, and whose SOAR has two keys.
    private func control(_ installation: Installation, soarClients: Set<String> = []) throws -> ControlPlane {
        let desk = try ContainmentDesk(
            ledger: installation.ledger,
            policy: ContainmentPolicy(enabled: Set(ContainmentStep.allCases), soarClients: soarClients),
            clock: installation.clock,
            producer: "test"
        )
        let decisions = SignedDecisions(
            desk: desk,
            keys: try Self.secrets.map { try WebhookVerifier.Key($0) },
            clock: installation.clock
        )
        return installation.control(containment: desk, signedDecisions: decisions)
    }

    private func body(_ id: String, _ step: String = "delete_tokens") -> JSONValue {
        ["caseId": .string(id), "step": .string(step), "agentId": "Agent-1", "reason": "scraping"]
    }

    private func signed(
        _ body: JSONValue,
        id: String,
        secret: String,
        at now: Timestamp
    ) throws -> (headers: HTTPFields, text: String) {
        let bytes = try body.canonicalBytes()
        let made = try WebhookSigner(keys: [WebhookSigningKey(secret)]).headers(id: id, now: now, body: Array(bytes))
        var fields = HTTPFields()
        for (name, value) in made.fields { fields[try #require(HTTPField.Name(name))] = value }
        return (fields, String(decoding: bytes, as: UTF8.self))
    }

    private let decisions = "/api/v1/containment/signed-decisions"

    @Test func anotherClientMustApprove() async throws {
        let installation = try Installation()
        let asks = try await installation.caller(.respond)
        let both = try await installation.caller(.respond, .respondApprove)
        let approves = try await installation.caller(.respondApprove)
        try await installation.test(.router, try control(installation)) { client in
            try await client.post("/api/v1/containment", approves.header, body("c1")).expect(.forbidden)
            let made = try await client.post("/api/v1/containment", both.header, body("c1")).json()
            #expect(made["phase"] == "proposed" && made["effect"] == "none" && made["approvalsNeeded"] == 1)
            #expect(made["targetId"] == "agent-1")
            let approve = "/api/v1/containment/approve"
            try await client.post(approve, asks.header, ["caseId": "c1"]).expect(.forbidden)
            try await client.post(approve, both.header, ["caseId": "c1"]).expect(
                .containmentRefused,
                detail: "cannot approve"
            )
            let taken = try await client.post(approve, approves.header, ["caseId": "c1"]).json()
            #expect(taken["phase"] == "approved" && taken["approvers"]?[0]?.string == approves.id)
            try await client.post(approve, approves.header, ["caseId": "c1"]).expect(.containmentRefused)
            try await client.post(approve, approves.header, ["caseId": "none"]).expect(.unknownCase)
            let shown = try await client.get("/api/v1/containment/cases/c1", approves.header).json()
            let story = shown["history"]?.array?.compactMap { $0["eventType"]?.string }
            #expect(story == ["CONTAINMENT_PROPOSED", "CONTAINMENT_APPROVED"])
            try await client.get("/api/v1/containment/cases/none", approves.header).expect(.unknownCase)
            // Whoever asked may withdraw it while nothing has begun.
            let refused = try await client.post(
                "/api/v1/containment/refuse",
                asks.header,
                ["caseId": "c1", "reason": "a drill"]
            ).json()
            #expect(refused["phase"] == "refused")
        }
    }

    @Test func aPreviewDoesNothingAndStepsKnowTheirTargets() async throws {
        let installation = try Installation()
        let caller = try await installation.caller(.respond)
        try await installation.test(.router, try control(installation)) { client in
            let size = installation.ledger.health.head.size
            let preview = try await client.post("/api/v1/containment/preview", caller.header, body("c1")).json()
            #expect(preview["reversible"] == false && preview["approvalsNeeded"] == 1 && preview["obstacle"] == .null)
            #expect(installation.ledger.health.head.size == size)
            for wrong: JSONValue in [
                ["step": "disable_client", "agentId": "a", "clientId": "b", "reason": "x"],
                ["step": "block", "agentId": "a", "clientId": "b", "reason": "x"],
                ["step": "block", "agentId": "a", "afterCall": true, "reason": "x"],
                ["step": "arrest", "agentId": "a", "reason": "x"],
            ] {
                try await client.post("/api/v1/containment/preview", caller.header, wrong).expect(.invalidField)
            }
            try await client.post(
                "/api/v1/containment",
                caller.header,
                ["step": "disable_client", "reason": "x"]
            ).expect(.missingField)
        }
    }

    @Test func aSOARApprovesAndRefusesWithEitherKeyOnceEach() async throws {
        let installation = try Installation()
        let caller = try await installation.caller(.respond)
        try await installation.test(.router, try control(installation)) { client in
            for id in ["c1", "c2"] {
                try await client.post(
                    "/api/v1/containment",
                    caller.header,
                    ["caseId": .string(id), "step": "delete_tokens", "agentId": .string(id), "reason": "scraping"]
                ).expect(status: .ok)
            }
            let now = installation.clock.now()
            let yes: JSONValue = ["caseId": "c1", "decision": "approve"]
            let approval = try signed(yes, id: "msg_1", secret: Self.secrets[0], at: now)
            let taken = try await client.post(decisions, approval.headers, approval.text).json()
            #expect(taken["phase"] == "approved" && taken["approvers"] == ["soar"])
            // The same again, and the same id with another content, are refused, for good.
            try await client.post(decisions, approval.headers, approval.text).expect(
                .containmentRefused,
                detail: "message id"
            )
            let no: JSONValue = ["caseId": "c2", "decision": "refuse", "reason": "a drill"]
            let reused = try signed(no, id: "msg_1", secret: Self.secrets[1], at: now)
            try await client.post(decisions, reused.headers, reused.text).expect(.containmentRefused)
            let refusal = try signed(no, id: "msg_2", secret: Self.secrets[1], at: now)
            #expect(try await client.post(decisions, refusal.headers, refusal.text).json()["phase"] == "refused")
        }
        // Another process knows the ids, too.
        try await installation.test(.router, try control(installation)) { client in
            let again = try signed(
                ["caseId": "c1", "decision": "approve"],
                id: "msg_2",
                secret: Self.secrets[0],
                at: installation.clock.now()
            )
            try await client.post(decisions, again.headers, again.text).expect(
                .containmentRefused,
                detail: "message id"
            )
        }
    }

    @Test func whatIsNotSignedNowByAKnownKeyIsNotLookedAt() async throws {
        let installation = try Installation()
        let stranger = "whsec_" + Data(repeating: 7, count: 32).base64EncodedString()
        try await installation.test(.router, try control(installation)) { client in
            let now = installation.clock.now()
            let yes: JSONValue = ["caseId": "c1", "decision": "approve"]
            for (secret, seconds) in [(stranger, 0), (Self.secrets[0], -301), (Self.secrets[0], 301)]
                as [(String, Int64)]
            {
                let message = try signed(yes, id: "m", secret: secret, at: now.adding(seconds: seconds))
                let answer = try await client.post(decisions, message.headers, message.text)
                try answer.expect(.unauthenticated)
                #expect(answer.headers[.wwwAuthenticate] != nil)
            }
            let message = try signed(yes, id: "m", secret: Self.secrets[0], at: now)
            try await client.post(decisions, message.headers, message.text + " ").expect(.unauthenticated)
            try await client.post(decisions, [:], message.text).expect(.unauthenticated)
            try await client.post(decisions, message.headers, message.text).expect(.unknownCase)
            let proposal = try signed(body("c9"), id: "p", secret: Self.secrets[0], at: now)
            try await client.post(decisions, proposal.headers, proposal.text).expect(.unknownField)
        }
        #expect(installation.refusals.all == [.invalid, .expired, .expired, .invalid, .missing])
        try await installation.test { client in
            let yes: JSONValue = ["caseId": "c1", "decision": "approve"]
            let message = try signed(yes, id: "m", secret: Self.secrets[0], at: installation.clock.now())
            try await client.post(decisions, message.headers, message.text).expect(.notFound)
            try await client.post(decisions, [:], yes).expect(.unauthenticated)
        }
    }

    @Test func aSOARDoesNotApproveWhatItAskedFor() async throws {
        let installation = try Installation()
        let soar = try await installation.caller(.respond)
        try await installation.test(.router, try control(installation, soarClients: [soar.id])) { client in
            try await client.post("/api/v1/containment", soar.header, body("c1")).expect(status: .ok)
            let message = try signed(
                ["caseId": "c1", "decision": "approve"],
                id: "m",
                secret: Self.secrets[0],
                at: installation.clock.now()
            )
            try await client.post(decisions, message.headers, message.text).expect(
                .containmentRefused,
                detail: "cannot approve"
            )
        }
    }

    @Test func aSOARCountsOnceWhicheverWayItSpeaks() async throws {
        let installation = try Installation()
        let asks = try await installation.caller(.respond)
        let soar = try await installation.caller(.respondApprove)
        let sister = try await installation.caller(.respondApprove)
        let person = try await installation.caller(.respondApprove)
        let control = try control(installation, soarClients: [soar.id, sister.id])
        try await installation.test(.router, control) { client in
            let approve = "/api/v1/containment/approve"
            let now = installation.clock.now()
            for (id, bySignatureFirst) in [("c1", false), ("c2", true)] {
                try await client.post("/api/v1/containment", asks.header, body(id, "deactivate_user")).expect(
                    status: .ok
                )
                let yes: JSONValue = ["caseId": .string(id), "decision": "approve"]
                let message = try signed(yes, id: "m-\(id)", secret: Self.secrets[0], at: now)
                let byClient = { try await client.post(approve, soar.header, ["caseId": .string(id)]) }
                let bySignature = { try await client.post(decisions, message.headers, message.text) }
                let first = try await bySignatureFirst ? bySignature() : byClient()
                #expect(try first.json()["phase"] == "proposed")
                let second = try await bySignatureFirst ? byClient() : bySignature()
                try second.expect(.containmentRefused, detail: "approved this before")
                try await client.post(approve, sister.header, ["caseId": .string(id)]).expect(.containmentRefused)
                let other = try await client.post(approve, person.header, ["caseId": .string(id)]).json()
                #expect(other["phase"] == "approved" && other["approvers"]?.array?.count == 2)
                _ = try await client.post(
                    "/api/v1/containment/refuse",
                    asks.header,
                    ["caseId": .string(id), "reason": "x"]
                )
            }
        }
    }

    @Test func alertsMustExistAndAgentsNeverSeenAreDoubted() async throws {
        let installation = try Installation()
        let caller = try await installation.caller(.respond)
        func event(_ type: EventType, _ id: String, _ fields: [String: JSONValue], by producer: String) -> Event {
            Event(
                type: type,
                identity: EventIdentity(producer: producer, id: id),
                timestamp: installation.clock.now(),
                fields: fields
            )
        }
        try await installation.ledger.append(
            event(.detectionAlertRaised, "D-03-1-seen/1", ["alertId": "D-03-1-seen"], by: DetectionEvent.producer)
        )
        try await installation.ledger.append(
            event(.customerDataAccessed, "read-1", ["agentId": "seen"], by: "gateway")
        )
        try await installation.test(.router, try control(installation)) { client in
            let path = "/api/v1/containment"
            func proposal(_ agent: String, _ alert: String) -> JSONValue {
                ["step": "block", "agentId": .string(agent), "reason": "scraping", "alerts": [.string(alert)]]
            }
            let size = installation.ledger.health.head.size
            let invented = proposal("seen", "D-99-nothing")
            try await client.post(path, caller.header, invented).expect(.containmentRefused, detail: "does not exist")
            #expect(installation.ledger.health.head.size == size)
            let dry = try await client.post(path + "/preview", caller.header, invented).json()
            #expect(dry["obstacle"]?.string?.contains("no alert 'D-99-nothing'") == true && dry["warnings"] == [])
            let doubted = try await client.post(
                path + "/preview",
                caller.header,
                proposal("nobody-such", "D-03-1-seen")
            ).json()
            #expect(doubted["obstacle"] == .null)
            #expect(doubted["warnings"]?[0]?.string?.contains("no read of this agent") == true)
            let made = try await client.post(path, caller.header, proposal("nobody-such", "D-03-1-seen")).json()
            #expect(made["phase"] == "approved" && made["warnings"] == doubted["warnings"])
            let known = try await client.post(path, caller.header, proposal("seen", "D-03-1-seen")).json()
            #expect(known["warnings"] == [])
        }
    }
}
