import Foundation
import JSON
import Sandbox

extension DemoStory {
    /// What follows the ledger: a SIEM that was down, alerts, containment.
    func tellOfFollowers() async throws {
        try await wait("the SIEM to have what was recorded so far", seconds: 30, until: siemHasEverything)
        title("The SIEM goes down; reads go on, since nothing downstream can delay them")
        await siem.stop()
        for _ in 0..<5 {
            let answer = try await desktop.read(
                customer: directory.customer,
                agent: directory.otherAgent,
                interaction: directory.liveConversation
            )
            try require(answer.status == 200, "a read while the SIEM is down")
        }
        Output.line("  \(try await account())")
        title("It comes back: everything arrives")
        try await siem.start()
        // Sinks try a dead destination again with growing pauses.
        try await wait("the SIEM to have everything", seconds: 90, until: siemHasEverything)
        Output.line("  \(try await account())")
        let confirmed = try await office.get("/api/v1/sinks/siem")["conservation"]?["confirmed"]?.int ?? 0
        let records = siem.events.compactMap(\.recordID)
        // What is sent after a restart is sent once; only a request that was under way when it died may be there twice.
        let again = records.count - Set(records).count
        try expect(
            confirmed > 0 && Set(records).count >= confirmed,
            "\(Set(records).count) records at the SIEM, none missing, "
                + (again == 0 ? "each once" : "\(again) of them twice and told by their id")
        )

        try await tellOfSnooping()
        title(
            "A quarter of an hour ago the platform ran a data action, and no read was audited: something else answered"
        )
        sandbox.execute(directory.customerAction, times: 3, secondsAgo: 900)
        let missing = try await alert("D-27", about: "customer-profile")
        Output.line("  \(missing["sentence"]?.string ?? "")")

        title("An agent tries customer numbers one after the other")
        for number in 0..<12 {
            _ = try await desktop.read(
                customer: "C-90000\(number)",
                agent: directory.chatAgent,
                interaction: directory.anonymousConversation
            )
        }
        let scraping = try await alert("D-07", about: directory.chatAgent)
        Output.line("  \(scraping["sentence"]?.string ?? "")")
        let before = try await scrape()
        let masked = try await contain(by: "mask_only", because: scraping, "masked throughout") {
            $0.status == 200 && $0.body != before.body
        }
        Output.line("  \(masked.body)")
        _ = try await contain(by: "block", because: scraping, "refused") { $0.body.contains("agent-contained") }
    }

    /// Two kinds of curiosity: one that the platform contradicts at once, and one that it knows nothing of.
    private func tellOfSnooping() async throws {
        title("The agent who was refused is an alert, in one sentence with its evidence")
        let contradicted = try await alert("D-13", about: directory.otherAgent)
        Output.line("  \(contradicted["sentence"]?.string ?? "")")
        try expect(contradicted["evidence"]?.array?.isEmpty == false, "an alert with the entries that it rests on")

        title("A fraud specialist may look without a call, says the policy, and looks: nothing explains it")
        let curious = try await desktop.read(
            customer: directory.otherCustomer,
            agent: directory.fraudSpecialist,
            interaction: directory.liveConversation,
            purpose: "fraud-investigation"
        )
        show(curious)
        try expect(curious.status == 200 && curious.binding == "contradicted", "a read that is released")
        let unexplained = try await alert("D-01", about: directory.fraudSpecialist)
        Output.line("  \(unexplained["sentence"]?.string ?? "")")
        try expect(
            unexplained["evidence"]?.array?.compactMap(\.int).map({ "\($0)" }) == [curious.receipt ?? ""],
            "an alert that rests on that entry"
        )
    }

    /// Contains the scraper, and waits until a read shows it.
    private func contain(
        by step: String,
        because alert: JSONValue,
        _ effect: String,
        isShown: (Desktop.Answer) -> Bool
    ) async throws -> Desktop.Answer {
        let began = ContinuousClock.now
        _ = try await office.post(
            "/api/v1/containment",
            [
                "step": .string(step), "agentId": .string(directory.chatAgent), "reason": "tries customer numbers",
                "alerts": .array([alert["alertId"] ?? .null]), "minutes": 60,
            ]
        )
        var answer = try await scrape()
        try await wait("the effect of \(step)", seconds: 10) {
            answer = try await scrape()
            return isShown(answer)
        }
        let milliseconds = Int((ContinuousClock.now - began) / .milliseconds(1))
        try expect(milliseconds < 1000, "the agent's reads \(effect) \(milliseconds) ms after the request")
        return answer
    }

    private func scrape() async throws -> Desktop.Answer {
        try await desktop.read(
            customer: directory.customer,
            agent: directory.chatAgent,
            interaction: directory.anonymousConversation
        )
    }

    private func siemHasEverything() async throws -> Bool {
        let terms = try await office.get("/api/v1/sinks/siem")["conservation"]
        return terms?["backlog"]?.int == 0 && terms?["inFlight"]?.int == 0
    }

    /// Where every entry stands for the SIEM.
    private func account() async throws -> String {
        let terms = try await office.get("/api/v1/sinks/siem")["conservation"]
        func term(_ name: String) -> String { "\(terms?[name]?.int ?? -1)" }
        try require(terms?["holds"]?.bool == true, "that every entry is accounted for")
        return "head \(term("head")) = filtered \(term("filtered")) + confirmed \(term("confirmed")) + in flight "
            + "\(term("inFlight")) + dead \(term("dead")) + backlog \(term("backlog"))"
    }

    private func alert(_ code: String, about entity: String) async throws -> JSONValue {
        var found: JSONValue = .null
        try await wait("the alert \(code)", seconds: 20) {
            let alerts = try await office.get("/api/v1/alerts")["alerts"]?.array ?? []
            found =
                alerts.first {
                    $0["ruleCode"]?.string == code && $0["entity"]?.array?.contains(.string(entity)) == true
                } ?? .null
            return !found.isNull
        }
        return found
    }

    /// Asks again and again, as somebody who looks at a screen does.
    func wait(_ what: String, seconds: Int, until holds: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while try await !holds() {
            guard ContinuousClock.now < deadline else { throw CommandFailure("\(what) did not come") }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    func require(_ holds: Bool, _ what: String) throws {
        guard holds else { throw CommandFailure("the demonstration expected \(what), and it did not come") }
    }
}
