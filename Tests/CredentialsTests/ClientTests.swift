import Foundation
import JSON
import Ledger
import Storage
import Testing
import WallTime

@testable import Credentials

@Suite struct ClientTests {
    @Test func createsAClientAndRecordsIt() async throws {
        try await Office.run { (office: Office) async throws in
            let expires = Office.start.adding(seconds: 3600)
            let issued = try await office.create(
                [.read(route: "profile"), .audit],
                addresses: ["192.0.2.0/24", "2001:db8::1"],
                expires: expires
            )
            #expect(issued.client.id.hasPrefix("cl_") && issued.secret.count >= 52)
            #expect(issued.client.allows(.audit) && issued.client.allows(.read(route: "profile")))
            #expect(!issued.client.allows(.admin) && !issued.client.allows(.read(route: "other")))
            let event = try #require(try await office.events().last)
            #expect(event["eventType"]?.string == "API_CLIENT_CREATED")
            #expect(event["clientId"]?.string == issued.client.id && event["clientName"]?.string == "Data Action")
            #expect(event["actor"]?.string == "operator" && event["expires"]?.string == expires.description)
            #expect(event["scopes"]?.array == ["audit", "read:profile"])
            #expect(event["allowedAddresses"]?.array == ["192.0.2.0/24", "2001:db8::1/128"])
            // Read back from the store, it is the same client.
            #expect(try await office.registry.all() == [issued.client])
        }
    }

    @Test func refusesWhatMakesNoSense() async throws {
        try await Office.run { (office: Office) async throws in
            let registry = office.registry
            for (name, scopes, expires) in [
                ("", [.audit], nil), (String(repeating: "x", count: 201), [.audit], nil), ("a", [], nil),
                ("a", [.audit], Office.start),
            ] as [(String, Set<Scope>, Timestamp?)] {
                await #expect(throws: ClientError.self) {
                    try await registry.create(name: name, scopes: scopes, addresses: [], expires: expires, actor: "o")
                }
            }
            await #expect(throws: ClientError.self) {
                try await registry.rotate("cl_none", overlapSeconds: 0, actor: "o")
            }
            await #expect(throws: ClientError.self) { try await registry.revoke("cl_none", reason: nil, actor: "o") }
            let id = try await office.create().client.id
            for overlap in [-1, 30 * 86400 + 1] as [Int64] {
                await #expect(throws: ClientError.self) {
                    try await registry.rotate(id, overlapSeconds: overlap, actor: "o")
                }
            }
            #expect(try await office.events().count == 2)
        }
    }

    @Test func rotatesWithOverlap() async throws {
        try await Office.run { (office: Office) async throws in
            let first = try await office.create()
            let id = first.client.id
            // At the very same moment: clocks do stand still.
            let second = try await office.registry.rotate(id, overlapSeconds: 600, actor: "operator")
            #expect(second.secret != first.secret)
            try await office.refresh()
            #expect(office.check(basic(id, first.secret)) == .success(id))
            #expect(office.check(basic(id, second.secret)) == .success(id))
            office.clock.advance(seconds: 599)
            #expect(office.check(basic(id, first.secret)) == .success(id))
            // A shorter overlap cuts that of the secrets before it, a longer one does not prolong it.
            let third = try await office.registry.rotate(id, overlapSeconds: 3600, actor: "operator")
            try await office.refresh()
            office.clock.advance(seconds: 1)
            #expect(office.check(basic(id, first.secret)) == .failure(.expired))
            #expect(office.check(basic(id, second.secret)) == .success(id))
            #expect(office.check(basic(id, third.secret)) == .success(id))
            let fourth = try await office.registry.rotate(id, overlapSeconds: 0, actor: "operator")
            try await office.refresh()
            #expect(office.check(basic(id, third.secret)) == .failure(.invalid))
            #expect(office.check(basic(id, fourth.secret)) == .success(id))
            let event = try #require(
                try await office.events().first { $0["eventType"]?.string == "API_CLIENT_ROTATED" }
            )
            #expect(event["oldSecretsUntil"]?.string == Office.start.adding(seconds: 600).description)
        }
    }

    @Test func revokesAtOnceWithItsTokens() async throws {
        try await Office.run { (office: Office) async throws in
            let issued = try await office.create()
            let id = issued.client.id
            let token = office.directory.accessToken(for: issued.client, at: office.clock.now()).token
            #expect(office.check("Bearer \(token)") == .success(id))
            try await office.registry.revoke(id, reason: "left the company", actor: "operator")
            try await office.refresh()
            #expect(office.check(basic(id, issued.secret)) == .failure(.invalid))
            #expect(office.check("Bearer \(token)") == .failure(.expired))
            await #expect(throws: ClientError.self) { try await office.registry.revoke(id, reason: nil, actor: "o") }
            await #expect(throws: ClientError.self) {
                try await office.registry.rotate(id, overlapSeconds: 0, actor: "o")
            }
            let event = try #require(try await office.events().last)
            #expect(event["eventType"]?.string == "API_CLIENT_REVOKED" && event["reason"]?.string == "left the company")
            #expect(try await office.registry.all().first?.revoked == office.clock.now())
        }
    }

    @Test func expires() async throws {
        try await Office.run { (office: Office) async throws in
            let issued = try await office.create(expires: Office.start.adding(seconds: 60))
            office.clock.advance(seconds: 59)
            #expect(office.check(basic(issued.client.id, issued.secret)) == .success(issued.client.id))
            let token = office.directory.accessToken(for: issued.client, at: office.clock.now()).token
            office.clock.advance(seconds: 1)
            #expect(office.check(basic(issued.client.id, issued.secret)) == .failure(.expired))
            #expect(office.check("Bearer \(token)") == .failure(.expired))
        }
    }

    /// Neither the store's files, where it has any of its own, nor any event holds a secret; only its hash is there.
    @Test func secretsAreNowhere() async throws {
        try await Office.run { (office: Office) async throws in
            var secrets: [String] = []
            let issued = try await office.create()
            secrets.append(issued.secret)
            secrets.append(
                try await office.registry.rotate(issued.client.id, overlapSeconds: 60, actor: "operator").secret
            )
            try await office.registry.revoke(issued.client.id, reason: nil, actor: "operator")
            office.ledger.close()
            let files = FileManager.default.enumerator(atPath: office.folder)?.compactMap { $0 as? String } ?? []
            var read = 0
            for file in files {
                guard let bytes = FileManager.default.contents(atPath: office.folder + "/" + file) else { continue }
                read += 1
                for secret in secrets { #expect(bytes.range(of: Data(secret.utf8)) == nil) }
            }
            if !office.ledger.isShared { #expect(read >= 3) }
        }
    }

    /// An event that cannot be recorded undoes the change, and a change that cannot be made undoes the event.
    @Test func eventAndChangeStandOrFallTogether() async throws {
        try await Office.run { (office: Office) async throws in
            let before = try await office.events().count
            let connection = try office.ledger.database.makeConnection()
            if office.ledger.isShared {
                try connection.run("ALTER TABLE api_client_secrets ADD CONSTRAINT no_secrets CHECK (client = '')")
            } else {
                try connection.run(
                    "CREATE TRIGGER no_secrets BEFORE INSERT ON api_client_secrets BEGIN SELECT RAISE(ABORT, 'no'); END"
                )
            }
            await #expect(throws: (any Error).self) { try await office.create() }
            #expect(try await office.registry.all().isEmpty)
            #expect(try await office.events().count == before)
            try connection.run(
                office.ledger.isShared
                    ? "ALTER TABLE api_client_secrets DROP CONSTRAINT no_secrets" : "DROP TRIGGER no_secrets"
            )
            // A name that makes the event too large.
            await #expect(throws: (any Error).self) {
                try await office.registry.create(
                    name: "x",
                    scopes: [.audit],
                    addresses: [],
                    expires: nil,
                    actor: String(repeating: "y", count: 40_000)
                )
            }
            #expect(try await office.registry.all().isEmpty)
        }
    }
}
