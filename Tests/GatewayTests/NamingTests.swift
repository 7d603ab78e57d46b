import Identity
import JSON
import Ledger
import Sandbox
import Storage
import Synchronization
import Testing

@testable import Gateway

/// Names that a test gives out.
private final class Names: CustomerNaming {
    private let counter = Atomic<Int>(0)
    private let asked = Mutex<[String]>([])
    private let known = Mutex<[String: String]>([:])
    let fails: Bool

    init(fails: Bool = false) { self.fails = fails }

    var generation: Int { counter.load(ordering: .relaxed) }
    var questions: [String] { asked.withLock { $0 } }

    func forget() {
        known.withLock { $0.removeAll() }
        counter.add(1, ordering: .relaxed)
    }

    func name(ofCustomer number: String, making: Bool) async -> PlatformAnswer<String> {
        asked.withLock { $0.append((making ? "make " : "find ") + number) }
        if fails { return .failed }
        return known.withLock { known in
            if let name = known[number] { return .known(name) }
            guard making else { return .notFound }
            let name = "subject:\(generation)-\(number)-"
            known[number] = name
            return .known(name)
        }
    }
}

extension Integration {
    /// Under which name a customer stands in the record.
    @Suite struct NamingTests {
        @Test func aReleasedReadNamesTheCustomerByTheirOwnCode() async throws {
            let names = Names()
            try await Site.run(naming: names) { (site: Site) async throws in
                let customer = site.who.customer
                for _ in 0..<3 {
                    let reply = try await site.read()
                    #expect(reply.status == 200, "\(reply.text)")
                    let entry = try await site.ledger.entry(at: try #require(reply.receipt))
                    let event = try JSONValue(parsing: entry)
                    #expect(event["customerId"]?.string == "subject:0-\(customer)-")
                    #expect(try event.canonicalBytes() == entry)
                }
                // Asked for once, remembered for the others.
                #expect(names.questions == ["make \(customer)"])
                names.forget()
                #expect(try await site.event(try await site.read())["customerId"]?.string == "subject:1-\(customer)-")
            }
        }

        /// A refusal makes nobody a customer; of one who is known it carries the name.
        @Test func aRefusedReadMakesNobody() async throws {
            let names = Names()
            try await Site.run(naming: names) { (site: Site) async throws in
                let missing = try await site.read(customer: "C-NOBODY", interaction: site.who.liveConversation)
                #expect(missing.status != 200)
                let event = try await site.event(missing)
                #expect(event["customerId"]?.string == site.tokeniser.token(.customer, "C-NOBODY"))
                #expect(names.questions == ["find C-NOBODY"])
                let customer = site.who.customer
                #expect(try await site.read().status == 200)
                let refused = try await site.read(purpose: "quality")
                #expect(refused.status == 403)
                #expect(try await site.event(refused)["customerId"]?.string == "subject:0-\(customer)-")
            }
        }

        /// Without a name the read is recorded all the same, under the token of the customer's number.
        @Test func aNameThatCannotBeHadHoldsUpNothing() async throws {
            try await Site.run(naming: Names(fails: true)) { (site: Site) async throws in
                for route in ["profile", "spooled"] {
                    let reply = try await site.read(route)
                    #expect(reply.status == 200)
                    let token = site.tokeniser.token(.customer, site.who.customer)
                    #expect(try await site.event(reply)["customerId"]?.string == token)
                }
            }
        }
    }
}
