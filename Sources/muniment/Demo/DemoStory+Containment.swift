import JSON
import Sandbox

extension DemoStory {
    /// The scraper's tokens of the platform are deleted, once a second person agrees.
    func tellOfContainment() async throws {
        title("The block holds at this gateway only: the scraper's tokens of the platform are to be deleted, too")
        let token = try sandbox.signIn(directory.chatAgent)
        try expect(try await accepts(token), "the agent's token accepted by the platform")
        let made = try await office.post(
            "/api/v1/containment",
            [
                "caseId": "demo-tokens", "step": "delete_tokens", "agentId": .string(directory.chatAgent),
                "reason": "tries customer numbers",
            ]
        )
        try expect(made["phase"] == "proposed", "a case that waits for somebody else")
        do {
            _ = try await office.post("/api/v1/containment/approve", ["caseId": "demo-tokens"])
            throw CommandFailure("somebody approved what they asked for themselves")
        } catch let refusal as Office.Refusal {
            try expect(refusal.status == 409, "whoever asked refused as approver")
        }

        title("A second person agrees")
        let approved = try await secondOffice.post("/api/v1/containment/approve", ["caseId": "demo-tokens"])
        try expect(approved["approvers"]?.array?.count == 1, "the approval in the record")
        try await wait("the old token to be refused", seconds: 15) { try await !accepts(token) }
        var found = JSONValue.null
        try await wait("the case to be looked at", seconds: 15) {
            found = try await office.get("/api/v1/containment/cases/demo-tokens")
            return found["phase"] == "verifying" && found["problem"]?.string != nil
        }
        Output.line("  effect \(found["effect"]?.string ?? "-"): \(found["problem"]?.string ?? "-")")
        try expect(
            found["effect"] == "unknown",
            "the old token refused, and the case honest about what can be read back"
        )
    }

    /// Whether the pretend platform takes a user's token.
    private func accepts(_ token: String) async throws -> Bool {
        let office = Office(url: await sandbox.platformURL ?? "", bearer: token)
        do { _ = try await office.get("/api/v2/tokens/me") } catch is Office.Refusal { return false }
        return true
    }
}
