import Foundation
import JSON
import Sandbox
import Testing

/// Containment on the platform with the real binary, from the command line to the platform's refusal.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ContainmentEndToEndTests {
    private func site(
        _ containment: String = "{steps: [mask_only, delete_tokens, deactivate_user, disable_client]}"
    ) async throws -> Site {
        let site = try await Site()
        let text = try String(contentsOfFile: site.configuration, encoding: .utf8)
        let more = "\ndetection:\n  containment: \(containment)\n"
        try (text + more).write(toFile: site.configuration, atomically: true, encoding: .utf8)
        return site
    }

    private func propose(_ site: Site, _ step: String, _ target: String) async throws -> String {
        let made = try await site.succeed(
            "respond",
            "propose",
            step,
            target,
            "--reason",
            "scraping",
            "--operator",
            "ann",
            "--format",
            "json"
        )
        return try #require(JSONValue(parsing: made)["caseId"]?.string)
    }

    private func shown(_ site: Site, _ id: String) async throws -> JSONValue {
        try JSONValue(parsing: try await site.succeed("respond", "show", id, "--format", "json"))
    }

    /// Asks again and again, as an operator who waits does.
    private func wait(_ what: String, until holds: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while try await !holds() {
            try #require(ContinuousClock.now < deadline, "\(what) did not come")
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    @Test func aSecondPersonApprovesAndAKilledServerActsOnce() async throws {
        let site = try await site()
        let agent = site.sandbox.directory.chatAgent
        let patch = "PATCH /api/v2/users/{id}"
        let doctor = try await site.run("doctor")
        #expect(doctor.output.contains("containment deactivate_user"))
        let dry = try await site.succeed(
            "respond",
            "propose",
            "deactivate_user",
            agent,
            "--reason",
            "scraping",
            "--dry-run"
        )
        #expect(dry.contains("the account is active") && dry.contains("besides whoever asks: 2"))
        let id = try await propose(site, "deactivate_user", agent)
        let own = try await site.run("respond", "approve", id, "--operator", "ann")
        #expect(own.status != 0 && own.errors.contains("somebody else must"))
        for person in ["bob", "carol"] { try await site.succeed("respond", "approve", id, "--operator", person) }
        #expect(try await shown(site, id)["phase"] == "approved")

        // The change is made and its answer never comes: the process dies in between.
        site.sandbox.inject(PlatformFault(route: patch, isHeld: true, isLate: true))
        let first = try await site.start()
        try await wait("the change") { site.sandbox.account(of: agent)?.state == "inactive" }
        await first.kill()
        #expect(try await shown(site, id)["phase"] == "executing")
        let second = try await site.start()
        try await wait("the effect") { try await shown(site, id)["phase"] == "effective" }
        #expect(site.sandbox.requestCounts[patch] == 1)

        try await site.succeed("respond", "undo", id, "--reason", "a drill", "--operator", "ann")
        try await wait("the undoing") { try await shown(site, id)["phase"] == "undone" }
        #expect(site.sandbox.account(of: agent)?.state == "active" && site.sandbox.requestCounts[patch] == 2)
        let folder = site.folder + "/case"
        try await site.succeed("respond", "export", id, "--out", folder, "--reason", "for the auditor")
        await second.stop()
        // With nothing of the installation but its public key.
        let head = try JSONValue(parsing: try await site.succeed("ledger", "head", "--format", "json"))
        let verify = ["ledger", "verify", folder, "--key", head["vkey"]?.string ?? "", "--format", "json"]
        let proved = try JSONValue(parsing: try await Binary.succeed(verify))["entries"]?.array ?? []
        let story = proved.compactMap { $0["entry"]?["eventType"]?.string?.dropFirst("CONTAINMENT_".count) }
        #expect(story.starts(with: ["PROPOSED", "APPROVED", "APPROVED", "PRIOR_STATE_SAVED"]))
        #expect(story.suffix(3) == ["UNDO_REQUESTED", "UNDO_PERFORMED", "UNDONE"])
        #expect(proved.compactMap { $0["entry"]?["number"]?.int } == Array(0..<story.count))
        let proposed = folder + "/entry-\(proved[0]["index"]?.integer ?? 0).json"
        let text = try String(contentsOfFile: proposed, encoding: .utf8)
        try text.replacing("scraping", with: "nothing much").write(toFile: proposed, atomically: true, encoding: .utf8)
        #expect(try await Binary.run(verify).status == 2)
        try await site.succeed("ledger", "verify")
        site.sandbox.gate.open()
        await site.end()
    }

    /// Twelve numbers tried one after the other, and nobody who posts anything.
    @Test func aScraperIsMaskedByItself() async throws {
        let site = try await site("{automatic: [mask_only]}")
        let directory = site.sandbox.directory
        let (reader, office) = (
            try await site.client("read:customer-profile"), try await site.client("alerts", "respond")
        )
        let server = try await site.start()
        func scrape(_ customer: String, _ server: RunningServer) async throws -> [UInt8] {
            try await server.read(
                reader,
                customer: customer,
                agent: directory.chatAgent,
                interaction: directory.anonymousConversation
            ).body
        }
        let before = try await scrape(directory.customer, server)
        for number in 0..<12 { _ = try await scrape("C-90000\(number)", server) }
        var alert: JSONValue?
        try await wait("the alert") {
            alert = try await server.get("/api/v1/alerts", office).json?["alerts"]?.array?.first {
                $0["ruleCode"] == "D-07"
            }
            return alert != nil
        }
        try await wait("the mask") { try await scrape(directory.customer, server) != before }
        let cases = try await server.get("/api/v1/containment", office).json?["cases"]?.array ?? []
        #expect(cases.count == 1 && cases.first?["requester"] == "automatic" && cases.first?["step"] == "mask_only")
        #expect(cases.first?["targetId"]?.string == directory.chatAgent)
        #expect(cases.first?["alerts"]?[0] == alert?["alertId"] && cases.first?["undoAt"]?.string != nil)
        // After a kill nothing is done again, and the mask holds from the first read on.
        await server.kill()
        let second = try await site.start()
        #expect(try await scrape(directory.customer, second) != before)
        let id = try #require(cases.first?["caseId"]?.string)
        try await site.succeed("respond", "undo", id, "--reason", "a drill", "--operator", "ann")
        try await wait("the undoing") { try await shown(site, id)["phase"] == "undone" }
        #expect(try await second.get("/api/v1/containment?all=true", office).json?["cases"]?.array?.count == 1)
        await second.stop()
        try await site.succeed("ledger", "verify")
        await site.end()
    }

    /// From the command line to the alert, with an agent who sees nothing of it.
    @Test func aReadOfAPlantedCustomerIsAnAlertAtOnceAndTheAgentIsToldNothing() async throws {
        let site = try await site("{automatic: [mask_only]}")
        let directory = site.sandbox.directory
        let (reader, office) = (
            try await site.client("read:customer-profile"), try await site.client("alerts", "honey")
        )
        let server = try await site.start()
        func read() async throws -> RunningServer.Answer {
            try await server.read(
                reader,
                customer: directory.customer,
                agent: directory.chatAgent,
                interaction: directory.anonymousConversation
            )
        }
        func alerts() async throws -> [JSONValue] {
            (try await server.get("/api/v1/alerts", office).json?["alerts"]?.array ?? []).filter {
                $0["ruleCode"] == "D-30"
            }
        }
        let before = try await read()
        let planted = try await site.succeed(
            "honey",
            "add",
            directory.customer,
            "--reason",
            "a plant",
            "--format",
            "json"
        )
        let id = try #require(JSONValue(parsing: planted)["honeyId"]?.string)
        #expect(!planted.contains(directory.customer))
        let asked = ContinuousClock.now
        let hit = try await read()
        #expect(hit.status == before.status && hit.body == before.body)
        try await wait("the alert") { try await !alerts().isEmpty }
        #expect(ContinuousClock.now - asked < .seconds(5))
        let sentence = try await alerts().first?["sentence"]?.string ?? ""
        #expect(sentence.contains(id) && sentence.contains("The record is planted and no work can need it"))
        #expect(try await read().body == before.body)
        #expect(try await site.succeed("honey").contains(id))
        try await site.succeed("honey", "remove", id, "--reason", "taken out", "--operator", "ann")
        #expect(try await server.get("/api/v1/honey-customers", office).json?["honeyCustomers"] == [])
        let kinds = try await site.succeed("events", "HONEY_CUSTOMERS_LISTED", "--format", "json")
        #expect(kinds.contains("\"results\":1") || kinds.contains("\"results\": 1"))
        #expect(!server.logText.contains(directory.customer))
        await server.stop()
        try await site.succeed("ledger", "verify")
        await site.end()
    }

    /// The two mildest steps: people are told through a sink that confirms it, and reads need a reason.
    @Test func peopleAreToldAndReadsNeedAReason() async throws {
        let site = try await site("{steps: [notify, justify], noticeSinks: [desk]}")
        let text = try String(contentsOfFile: site.configuration, encoding: .utf8)
        let file = site.folder + "/desk.ndjson"
        try
            (text
            + "\nsinks:\n  desk: {kind: file, path: \(file), manifests: false, filter: {type: [CONTAINMENT_NOTICE_GIVEN]}}\n")
            .write(
                toFile: site.configuration,
                atomically: true,
                encoding: .utf8
            )
        let directory = site.sandbox.directory
        let reader = try await site.client("read:customer-profile")
        let server = try await site.start()
        func read(_ reason: String? = nil) async throws -> RunningServer.Answer {
            try await server.read(
                reader,
                customer: directory.customer,
                agent: directory.chatAgent,
                interaction: directory.anonymousConversation,
                reason: reason
            )
        }
        let before = try await read()
        let told = try await propose(site, "notify", directory.chatAgent)
        try await wait("the notice") { try await shown(site, told)["effect"] == "shown" }
        let line = try JSONValue(parsing: Array(try Data(contentsOf: URL(fileURLWithPath: file))))
        #expect(line["containmentId"]?.string == told && line["targetId"]?.string == directory.chatAgent)
        #expect(try await read().body == before.body)

        let asked = try await propose(site, "justify", directory.chatAgent)
        try await wait("the refusal") { try await read().status == 403 }
        #expect(try await read().json?["code"] == "justification-required")
        let justified = try await read("complaint 7")
        #expect(justified.status == 200 && justified.body == before.body)
        let event = try await site.succeed("events", "CUSTOMER_DATA_ACCESSED", "--format", "json")
        #expect(event.contains("complaint 7"))
        try await site.succeed("respond", "undo", asked, "--reason", "a drill", "--operator", "ann")
        try await wait("the end") { try await read().status == 200 }
        await server.stop()
        try await site.succeed("ledger", "verify")
        await site.end()
    }

    @Test func theClientThatWeActThroughIsNeverTouched() async throws {
        let site = try await site()
        let refused = try await site.run(
            "respond",
            "propose",
            "disable_client",
            site.sandbox.directory.clientID,
            "--reason",
            "x"
        )
        #expect(refused.status != 0 && refused.errors.contains("never touches"))
        await site.end()
    }
}
