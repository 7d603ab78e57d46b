import Credentials
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Ledger
import MerkleLog
import Testing

@testable import Server

@Suite struct LogTests {
    @Test func theCheckpointIsSignedAndOpen() async throws {
        let installation = try Installation()
        try await installation.recordAccesses(5)
        try await installation.test { client in
            let answer = try await client.get("/checkpoint")
            #expect(answer.headers[.contentType] == "text/plain; charset=utf-8")
            #expect(answer.headers[.cacheControl] == "no-store")
            let note = try SignedNote(answer.text).open(verifiers: [installation.signer.verifier])
            #expect(try Checkpoint(text: note.text).size == 6)
        }
    }

    @Test func tilesAreThoseOfTheEntries() async throws {
        let installation = try Installation()
        try await installation.recordAccesses(600)
        var leaves: [Hash] = []
        for index in 0..<601 {
            leaves.append(TreeHasher.leafHash(try await installation.ledger.entry(at: UInt64(index))))
        }
        let hashes = leaves
        try await installation.test { client in
            for address in Tiles.addresses(forTreeSize: 601) {
                let answer = try await client.get("/" + address.path)
                #expect(answer.status == .ok)
                #expect(answer.headers[.contentType] == "application/octet-stream")
                let expected: [UInt8]
                if address.level == 0 {
                    let start = Int(address.index) * Tiles.width
                    expected = hashes[start..<start + address.width].flatMap(\.bytes)
                } else {
                    expected = (0..<address.width).flatMap {
                        SubtreeHasher.root(of: Array(hashes[$0 * Tiles.width..<($0 + 1) * Tiles.width])).bytes
                    }
                }
                #expect(answer.bytes == expected)
                let full = address.width == Tiles.width
                #expect(
                    answer.headers[.cacheControl] == (full ? "public, max-age=31536000, immutable" : "no-store")
                )
                #expect(answer.headers[.xContentTypeOptions] == "nosniff")
            }
            // A part of what is full by now is served, too, and not for keeping.
            let part = try await client.get("/tile/0/000.p/17")
            #expect(part.bytes == hashes[..<17].flatMap(\.bytes))
            #expect(part.headers[.cacheControl] == "no-store")
        }
    }

    @Test(arguments: [
        "/tile/0/003", "/tile/0/002.p/90", "/tile/0/000.p/256", "/tile/0/000.p/0", "/tile/0/x000/000", "/tile/0/0",
        "/tile/9/000", "/tile/-1/000", "/tile/0/%30%30%30", "/tile/0/000/", "/tile/0//000", "/tile/entries2/000",
        "/tile/0/x999/x999/x999/x999/x999/x999/x999/x999/999",
    ])
    func whatIsNoTileIsNotFound(path: String) async throws {
        let installation = try Installation()
        try await installation.recordAccesses(600)
        try await installation.test { client in try await client.get(path).expect(.unknownTile) }
    }

    @Test func bundlesNeedTheScope() async throws {
        let installation = try Installation()
        let ledger = try await installation.caller(.ledger).header
        let auditor = try await installation.caller(.audit).header
        try await installation.recordAccesses(300)
        let entries = try await installation.ledger.entry(at: 7)
        try await installation.test { client in
            try await client.get("/tile/entries/000").expect(.unauthenticated)
            try await client.get("/tile/entries/000", auditor).expect(.forbidden, detail: "scope ledger")
            let answer = try await client.get("/tile/entries/000", ledger)
            #expect(answer.headers[.cacheControl] == "no-store")
            let bundle = try EntryBundle.decode(answer.bytes, width: 256)
            #expect(Array(bundle[7]) == entries)
            let rest = try await client.get("/tile/entries/001.p/47", ledger)
            #expect(try EntryBundle.decode(rest.bytes, width: 47).count == 47)
            try await client.get("/tile/entries/001", ledger).expect(.unknownTile)
            try await client.get("/tile/entries/000.p/300", ledger).expect(.unknownTile)
        }
    }

    @Test func aProofVerifiesWithNothingButTheKey() async throws {
        let installation = try Installation()
        let header = try await installation.caller(.ledger).header
        try await installation.recordAccesses(40)
        let entry = try await installation.ledger.entry(at: 20)
        try await installation.test { client in
            let answer = try await client.get("/api/v1/events/20/proof", header)
            #expect(answer.headers[.contentType] == "text/plain; charset=utf-8")
            let verified = try TLogProof(answer.text).verify(
                entry: entry,
                verifiers: [installation.signer.verifier],
                origin: "muniment.example/server"
            )
            #expect(verified.index == 20)
            try await client.get("/api/v1/events/42/proof", header).expect(.unknownEntry)
            try await client.get("/api/v1/events/20/proof").expect(.unauthenticated)
        }
    }

    @Test(arguments: ["/healthz", "/readyz", "/metrics", "/openapi.json", "/checkpoint", "/tile/0/000.p/1"])
    func headSaysWhatGetWould(path: String) async throws {
        try await Installation().test(.live) { client in
            let get = try await client.get(path)
            let head = try await client.execute(uri: path, method: .head) { $0 }
            #expect(head.status == get.status)
            #expect(head.body.readableBytes == 0)
            #expect(head.headers[.contentType] == get.headers[.contentType])
            #expect(head.headers[.cacheControl] == get.headers[.cacheControl])
            if path != "/metrics" { #expect(head.headers[.contentLength] == get.headers[.contentLength]) }
            let absent = try await client.execute(uri: path + "x/y", method: .head) { $0 }
            #expect(absent.status == .notFound)
            #expect(absent.body.readableBytes == 0)
        }
    }
}
