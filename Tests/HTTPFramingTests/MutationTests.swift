import HTTPFraming
import Testing

@Suite("Random requests")
struct MutationTests {
    /// What mutations put in: the bytes and words that decide framing.
    private static let fragments: [[UInt8]] = [
        "\r\n", "\n", "\r", "\0", " ", "\t", ":", ";", ",", "0", "5", "chunked", "Content-Length: 5\r\n", "X: y\r\n",
        "Transfer-Encoding: chunked\r\n", "Host: h\r\n", "\r\n\r\n", "0\r\n\r\n", "5\r\nhello\r\n", "%", "/", "#",
        "HTTP/1.0",
        "Expect: 100-continue\r\n", "\u{7F}", "\u{E4}",
    ].map { Array($0.utf8) }

    private static let seeds: [[UInt8]] = [
        "GET /a?b=%20c HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST /a HTTP/1.1\r\nHost: h:1\r\nContent-Length: 5\r\n\r\nhello",
        "POST /a HTTP/1.0\r\nContent-Length: 10\r\n\r\n0123456789",
        "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA\r\n0123456789\r\n0\r\nT: u\r\n\r\n",
    ].map { Array($0.utf8) }

    private func mutate(_ bytes: [UInt8], using generator: inout SplitMix64) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let index = Int.random(in: 0...bytes.count, using: &generator)
            let end = min(bytes.count, index + Int.random(in: 0...4, using: &generator))
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: bytes.insert(contentsOf: Self.fragments.randomElement(using: &generator) ?? [], at: index)
            case 1: bytes.removeSubrange(index..<end)
            case 2: bytes.insert(contentsOf: bytes[index..<end], at: index)
            case 3 where index < bytes.count: bytes[index] = UInt8.random(in: 0...255, using: &generator)
            default: bytes.replaceSubrange(index..<end, with: Self.fragments.randomElement(using: &generator) ?? [])
            }
        }
        return bytes
    }

    @Test(
        "A mutated request is accepted exactly when the reference accepts it, with the same body and end",
        arguments: 0..<8
    )
    func mutations(seed: UInt64) {
        var generator = SplitMix64(state: seed)
        let reference = ReferenceParser(limits: testLimits)
        var accepted = 0
        for round in 0..<1500 {
            let bytes = mutate(Self.seeds[round % Self.seeds.count], using: &generator)
            let result = outcome(HTTPRequestParser(limits: testLimits), bytes, seed: seed) {
                Issue.record("pieces differ: \($0) and \($1) for \(bytes)")
            }
            let expected = reference.accept(bytes)
            #expect(
                result.message?.body == expected?.body,
                "\(String(decoding: bytes, as: UTF8.self).debugDescription)"
            )
            #expect(result.message?.consumed == expected?.consumed)
            accepted += expected == nil ? 0 : 1
        }
        #expect(accepted > 100, "the mutations must leave some requests good")
    }

    @Test("Every byte at every place is judged as the reference judges it")
    func everyByte() {
        let reference = ReferenceParser(limits: testLimits)
        for seed in [
            "GET /a?b HTTP/1.1\r\nHost: h\r\nX: y z\r\n\r\n", "A / HTTP/1.0\r\nContent-Length: 12\r\n\r\n012345678901",
        ] {
            for index in seed.utf8.indices {
                let place = seed.utf8.distance(from: seed.utf8.startIndex, to: index)
                for byte in UInt8.min...UInt8.max {
                    var bytes = Array(seed.utf8)
                    bytes[place] = byte
                    var parser = HTTPRequestParser(limits: testLimits)
                    let accepted = feed(&parser, bytes).message
                    #expect(accepted?.consumed == reference.accept(bytes)?.consumed, "byte \(byte) at \(place)")
                }
            }
        }
    }

    @Test("The reference agrees about the corpus", arguments: smugglingCorpus)
    func corpus(bad: BadRequest) {
        #expect(ReferenceParser(limits: testLimits).accept(bad.bytes) == nil)
    }

    @Test("Random bytes neither crash nor pass", arguments: 0..<4)
    func noise(seed: UInt64) {
        var generator = SplitMix64(state: seed)
        for _ in 0..<500 {
            let bytes = (0..<Int.random(in: 0..<700, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            var requests = HTTPRequestParser(limits: testLimits)
            var responses = HTTPResponseParser(limits: testLimits)
            #expect(feed(&requests, bytes).message == nil)
            #expect(feed(&responses, bytes, close: true).message == nil)
        }
    }

    @Test("Mutated responses give the same result however they are cut", arguments: 0..<4)
    func responses(seed: UInt64) {
        var generator = SplitMix64(state: seed)
        let seeds = [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 200 OK\r\n\r\nhello",
            "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a\r\nhello\r\n0\r\nT: u\r\n\r\n",
        ].map { Array($0.utf8) }
        for round in 0..<1000 {
            let bytes = mutate(seeds[round % seeds.count], using: &generator)
            let result = outcome(HTTPResponseParser(limits: testLimits), bytes, close: true, seed: seed) {
                Issue.record("pieces differ: \($0) and \($1) for \(bytes)")
            }
            if let message = result.message { #expect(message.consumed <= bytes.count) }
        }
    }

    @Test("Cost grows with the bytes, not with the pieces: a large request byte by byte")
    func dripFed() {
        let limits = HTTPLimits(maximumHeadBytes: 1 << 20, maximumHeaderCount: 64, maximumBodyBytes: 1 << 20)
        let text = "GET / HTTP/1.1\r\nHost: h\r\nX: " + String(repeating: "x", count: 1 << 19) + "\r\n\r\n"
        let bytes = Array(text.utf8)
        var parser = HTTPRequestParser(limits: limits)
        var decoded: [UInt8] = []
        var steps = 0
        // Quadratic cost would be 10^11 byte visits here.
        bytes.withUnsafeBytes { pointer in
            for count in 0..<pointer.count {
                let step = try? parser.parse(UnsafeRawBufferPointer(rebasing: pointer[..<count]), into: &decoded)
                if step == .needMore { steps += 1 }
            }
        }
        #expect(steps == bytes.count)
    }
}
