import AuditTrail
import Credentials
import Detection
import HTTPTypes
import HummingbirdTesting
import Identity
import JSON
import Ledger
import Testing
import WallTime

@testable import Server

@Suite struct HoneyTests {
    private let path = "/api/v1/honey-customers"

    @Test func onlyItsOwnScopeMayAndEverythingIsRecorded() async throws {
        let installation = try Installation()
        let keeper = try await installation.caller(.honey)
        let officer = try await installation.caller(.audit, .admin, .alerts, .identity, .respond)
        let body: JSONValue = ["customerId": "C-900001", "reason": "planted on Monday"]
        try await installation.test { client in
            try await client.get(path, officer.header).expect(.forbidden)
            try await client.post(path, officer.header, body).expect(.forbidden)
            try await client.post(path + "/remove", officer.header, ["honeyId": "x", "reason": "x"]).expect(.forbidden)
            let made = try await client.post(path, keeper.header, body).json()
            #expect(made["watched"] == true && made["actor"]?.string == keeper.id)
            #expect(try await client.post(path, keeper.header, body).json() == made)
            let listed = try await client.get(path + "?reason=review", keeper.header).json()
            #expect(listed["honeyCustomers"] == [made])
            try await client.post(path, keeper.header, ["customerId": "C-900001"]).expect(.missingField)
            try await client.post(path, keeper.header, ["customerId": "a b", "reason": "x"]).expect(.invalidField)
            let remove: JSONValue = ["honeyId": made["honeyId"] ?? .null, "reason": "taken out"]
            try await client.post(path + "/remove", keeper.header, remove).expect(status: .ok)
            try await client.post(path + "/remove", keeper.header, remove).expect(.unknownHoneyCustomer)
            #expect(try await client.get(path, keeper.header).json()["honeyCustomers"] == [])
        }
        #expect(try await installation.events(.honeyCustomersListed).map { $0["results"] } == [0, 1])
        #expect(try await installation.events(.honeyCustomerPlanted).count == 1)
        #expect(try await installation.events(.honeyCustomerRemoved).count == 1)
        #expect(!installation.lines.all.contains { $0.contains("900001") })
    }

    /// What the server plants is what detection finds, by the keys of the installation.
    @Test func detectionFindsWhatWasPlanted() async throws {
        let installation = try Installation()
        let keeper = try await installation.caller(.honey)
        try await installation.test { client in
            try await client.post(path, keeper.header, ["customerId": "C-900001", "reason": "a plant"]).expect(
                status: .ok
            )
        }
        let names = try await ["C-900001", "C-1"].asyncMap { number in
            let identifier = try Normaliser().identifier(.customer, number)
            return try await installation.identities.subject(ofCustomerNumber: identifier, source: "gateway")
        }
        // While names cannot be looked up, reads stand under the token of the number.
        let tokens = ["C-900001", "C-1"].map { installation.tokeniser.token(.customer, $0) }
        for (number, name) in (names + tokens).enumerated() {
            try await installation.ledger.append(
                Event(
                    type: .customerDataAccessed,
                    identity: .random(producer: "gateway"),
                    timestamp: installation.clock.now(),
                    fields: [
                        "agentId": .string("agent-\(number)"), "customerId": .string(name), "binding": "verified",
                        "route": "profile", "outcome": "released", "interactionId": "i-1", "dataFieldsViewed": ["name"],
                    ]
                )
            )
        }
        var configuration = DetectionConfiguration()
        let codes = installation.honeyCodes
        configuration.honeyCode = { codes.code($0, epoch: $1) }
        var engine = DetectionEngine(rules: installation.rules.pack, configuration: configuration)
        var found: [String?] = []
        for index in 0..<installation.ledger.health.head.size {
            let entry = try await installation.ledger.entry(at: index)
            let told = entry.withUnsafeBytes { engine.observe(index: Int64(index), entry: $0) }
            found += told.filter { $0.fields["ruleCode"] == "D-30" }.map { $0.fields["agentId"]?.string }
        }
        #expect(found == ["agent-0", "agent-2"])
    }
}

extension Sequence {
    fileprivate func asyncMap<Value>(_ body: (Element) async throws -> Value) async throws -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await body(element)) }
        return values
    }
}
