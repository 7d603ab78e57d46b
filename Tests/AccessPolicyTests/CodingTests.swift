import AccessPolicy
import Foundation
import Testing

@Suite("Coding")
struct CodingTests {
    @Test("Left-out keys decode as empty")
    func leftOut() throws {
        let text = """
            {"version": "1", "roles": [{"name": "agent", "agents": ["a"]}], "rules": [
              {"id": "r", "effect": "mask", "roles": ["*"], "categories": ["contact"], "bindings": ["verified"]}]}
            """
        let decoded = try JSONDecoder().decode(Policy.self, from: Data(text.utf8))
        let expected = Policy(
            version: "1",
            roles: [Role(name: "agent", agents: ["a"])],
            rules: [
                rule("r", .mask, routes: [], purposes: [], bindings: [.verified], categories: ["contact"])
            ]
        )
        #expect(decoded == expected)
    }

    @Test("A policy survives encoding", arguments: 0..<10)
    func roundTrip(seed: UInt64) throws {
        var generator = SplitMix64(state: seed)
        let policy = SmallWorld.randomPolicy(using: &generator)
        #expect(try JSONDecoder().decode(Policy.self, from: JSONEncoder().encode(policy)) == policy)
    }

    @Test(
        "An unknown effect, binding or a missing id is an error",
        arguments: [
            #"{"id": "r", "effect": "hide"}"#, #"{"id": "r", "effect": "allow", "bindings": ["sure"]}"#,
            #"{"effect": "allow"}"#,
        ]
    )
    func unknown(text: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Rule.self, from: Data(text.utf8)) }
    }
}
