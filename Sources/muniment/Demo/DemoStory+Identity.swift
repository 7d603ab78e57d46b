import JSON
import Sandbox

extension DemoStory {
    /// Who is whom, and forgetting; and a transcript with a spoken card number.
    func tellOfIdentity() async throws {
        let phone: JSONValue = ["kind": "phone", "value": "+1 415 555 0132"]
        let email: JSONValue = ["kind": "email", "value": "Mara.Silva@example.com"]
        title("Somebody calls, and somebody writes in a chat: two customers, as far as anybody knows")
        let caller = try await link([["kind": "customer", "value": .string(directory.customer)], phone], "crm")
        let chatter = try await link([["kind": "customer", "value": .string(directory.otherCustomer)], email], "chat")
        Output.line("  caller  \(caller)\n  chatter \(chatter)")
        try expect(caller != chatter, "two people")

        title("They are one person, says an officer: who-saw answers across both, from either identifier")
        let before = try await sightings(email)
        let asked: JSONValue = [
            "first": ["identifier": phone], "second": ["identifier": email], "reason": "showed an identity card",
        ]
        _ = try await agreed(try await office.post("/api/v1/identity/merge", asked), "saw the copy of the card")
        let merged = try await sightings(email)
        try expect(merged > before, "\(merged) accesses found by the chat's e-mail address instead of \(before)")

        title("It was a mistake, and is taken back exactly")
        _ = try await office.post(
            "/api/v1/identity/unmerge",
            ["identifier": email, "reason": "the card was another's"]
        )
        try expect(try await sightings(email) == before, "the chatter's record as it was")

        title("The caller asks to be forgotten")
        let request: JSONValue = ["identifier": phone, "reason": "GDPR article 17", "requestId": "request-7"]
        let receipt = try await agreed(
            try await office.post("/api/v1/identity/forget", request),
            "nothing speaks against it"
        )
        Output.line(
            "  keys destroyed \(receipt["keysDestroyed"]?.int ?? 0), identifiers erased "
                + "\(receipt["identifiersErased"]?.int ?? 0), entry \(receipt["receipt"]?.int ?? 0) says so"
        )
        let found = try await office.post(
            "/api/v1/identity/resolve",
            [
                "identifiers": .array([phone]), "interactionId": "demo", "channelType": "VOICE",
                "resolutionSource": "ANI",
            ]
        )
        try expect(found["outcome"]?.string == "anonymous", "nobody behind the telephone number any more")
        try expect(try await sightings(phone) == 0, "no access that leads to the person; the entries stay, and verify")

        title("A transcript with a spoken card number")
        let text =
            "sure it's four one one one one one one one one one one one one one one one expiring oh eight twenty seven"
        let redacted = try await office.post("/api/v1/redact", ["text": .string(text)])
        Output.line("  \(text)\n  \(redacted["text"]?.string ?? "")")
        try expect(redacted["counts"]?.array?.contains { $0["type"] == "CREDIT_CARD" } == true, "the card masked")
    }

    /// What came of a proposal once the second person has agreed; whoever asked is refused as approver.
    private func agreed(_ answer: JSONValue, _ reason: JSONValue) async throws -> JSONValue {
        let proposal = answer["proposal"] ?? .null
        let path = "/api/v1/identity/proposals/\(proposal["proposalId"]?.int ?? 0)/approve"
        try expect(proposal["status"] == "waiting", "nothing done before a second person agrees")
        do {
            _ = try await office.post(path, ["reason": reason])
            throw CommandFailure("somebody approved what they asked for themselves")
        } catch let refusal as Office.Refusal {
            try expect(refusal.status == 409, "whoever asked refused as approver")
        }
        let approved = try await secondOffice.post(path, ["reason": reason])
        try expect(approved["proposal"]?["status"] == "carried-out", "carried out with the second person's agreement")
        return approved["outcome"] ?? .null
    }

    private func link(_ identifiers: [JSONValue], _ source: JSONValue) async throws -> String {
        let answer = try await office.post(
            "/api/v1/identity/link",
            ["identifiers": .array(identifiers), "source": source, "assurance": "verified"]
        )
        return answer["customerId"]?.string ?? ""
    }

    /// How many accesses to the person with this identifier there are.
    private func sightings(_ identifier: JSONValue) async throws -> Int {
        let answer = try await office.post(
            "/api/v1/accesses/search",
            ["identifier": identifier, "limit": 100, "reason": "the demonstration"]
        )
        return answer["accesses"]?.array?.count ?? 0
    }
}
