import Testing

@testable import Server

@Suite struct QueryTests {
    @Test func whatIsEncodedIsDecoded() throws {
        var generator = SplitMix64(seed: 11)
        for _ in 0..<2000 {
            let value = String(
                String.UnicodeScalarView(
                    (0..<Int.random(in: 1...20, using: &generator)).compactMap { _ in
                        Unicode.Scalar(UInt32.random(in: 0x20...0x2fff, using: &generator))
                    }.filter { !$0.isControl }
                )
            )
            guard !value.isEmpty else { continue }
            let encoded = value.utf8.map { byte in
                let plain = Unicode.Scalar(byte).isASCIIAlphanumeric && Bool.random(using: &generator)
                let hex = String(byte, radix: 16, uppercase: Bool.random(using: &generator))
                return plain ? String(Unicode.Scalar(byte)) : "%" + (hex.count == 1 ? "0" : "") + hex
            }.joined()
            let query = try QueryParameters("a=\(encoded)&b=1", known: ["a", "b"])
            #expect(query["a"] == value)
            #expect(query["b"] == "1")
        }
    }

    @Test func anyBytesAreReadOrRefused() {
        var generator = SplitMix64(seed: 12)
        let pieces = ["a", "b", "=", "&", "%", "%4", "%41", "%c3", "%zz", "+", "1", "é", "\u{0}", "%00", "?", "#", ";"]
        var refused = 0
        for _ in 0..<5000 {
            let text = (0..<Int.random(in: 0...8, using: &generator)).map { _ in
                pieces.randomElement(using: &generator) ?? ""
            }.joined()
            do {
                let query = try QueryParameters(text, known: ["a", "b"])
                for name in ["a", "b"] {
                    if let value = query[name] {
                        #expect(!value.isEmpty && value.unicodeScalars.allSatisfy { !$0.isControl })
                    }
                }
            } catch {
                refused += 1
                #expect([.unknownParameter, .invalidParameter].contains(error.problem))
            }
        }
        #expect(refused > 1000)
    }

    @Test func aPlusSignStandsForItself() throws {
        #expect(try QueryParameters("a=%2B1+2", known: ["a"])["a"] == "+1+2")
    }

    @Test func valuesAreBounded() throws {
        let longest = String(repeating: "a", count: QueryParameters.maximumValueBytes)
        #expect(try QueryParameters("a=\(longest)", known: ["a"])["a"] == longest)
        #expect(throws: Refusal.self) { try QueryParameters("a=\(longest)a", known: ["a"]) }
    }

    @Test(arguments: [
        ("/api/v1/events/1", ["GET", "HEAD"]), ("/api/v1/clients", ["GET", "HEAD", "POST"]), ("/x", []),
        ("/tile/0/x001/234", ["GET", "HEAD"]), ("/api/v1/clients/a/b/revoke", []),
        ("/api/v1/clients/a/revoke", ["POST"]),
    ])
    func methodsOfAPath(path: String, methods: [String]) { #expect(Endpoint.methods(at: path) == methods) }
}
