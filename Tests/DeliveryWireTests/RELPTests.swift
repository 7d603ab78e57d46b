import DeliveryWire
import Testing

@Suite("RELP") struct RELPTests {
    /// As librelp 1.11 answered an `open`, a message and a `close`.
    @Test func whatAServerSays() throws {
        var decoder = RELPDecoder()
        let text = """
            1 rsp 93 200 OK
            relp_version=0
            relp_software=librelp,1.11.0,http://librelp.adiscon.com
            commands=syslog
            2 rsp 6 200 OK
            3 rsp 0
            0 serverclose 0

            """
        let frames = try decoder.receive(text.utf8)
        #expect(frames.map(\.number) == [1, 2, 3, 0])
        #expect(frames.map(\.command) == ["rsp", "rsp", "rsp", "serverclose"])
        let open = try #require(RELPAnswer(frames[0].data))
        #expect(open.code == 200 && open.offersSyslog && open.offers["relp_version"] == "0")
        #expect(RELPAnswer(frames[1].data)?.code == 200 && RELPAnswer(frames[2].data) == nil)
    }

    @Test func framesAreWritten() {
        #expect(RELPFrame(number: 1, command: "close").bytes == Array("1 close 0\n".utf8))
        #expect(RELPFrame(number: 7, command: "syslog", data: [0x61, 0x0A]).bytes == Array("7 syslog 2 a\n\n".utf8))
        #expect(RELPFrame.number(after: 1) == 2 && RELPFrame.number(after: RELPFrame.lastNumber) == 1)
    }

    /// However the bytes are cut, the frames are the same.
    @Test(arguments: 0..<100 as Range<UInt64>) func framesComeInPieces(seed: UInt64) throws {
        var generator = Seeded(state: seed)
        let frames = (0..<20).map { number in
            let data = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                ([0x0A, 0x20, 0x30, 0x61, 0xFF] as [UInt8]).randomElement(using: &generator) ?? UInt8(0x0A)
            }
            return RELPFrame(number: number, command: ["rsp", "syslog"][number % 2], data: data)
        }
        var bytes = frames.flatMap(\.bytes)[...]
        var decoder = RELPDecoder()
        var found: [RELPFrame] = []
        while !bytes.isEmpty {
            let piece = bytes.prefix(Int.random(in: 1...30, using: &generator))
            found += try decoder.receive(piece)
            bytes = bytes.dropFirst(piece.count)
        }
        #expect(found == frames)
    }

    @Test(arguments: [
        "x rsp 0\n", " 1 rsp 0\n", "1  0\n", "1 rsp -1 \n", "1 rsp 999999999 x", "1 r-p 0\n",
        "1 rsp 2 abc\n",
        "12345678901 rsp 0\n", "HTTP/1.1 400 Bad Request\r\n", "1 rsp \n",
    ]) func whatIsNoFrameIsRefused(text: String) {
        var decoder = RELPDecoder()
        #expect(throws: RELPError.self) { try decoder.receive(text.utf8) }
    }

    /// Noise is refused or waited for; it never traps.
    @Test(arguments: 0..<300 as Range<UInt64>) func noiseNeverTraps(seed: UInt64) {
        var generator = Seeded(state: seed)
        var decoder = RELPDecoder(maximumBytes: 100)
        let alphabet = Array("0123456789 rsp\n".utf8) + [0x00, 0xFF]
        let noise = (0..<200).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
        _ = try? decoder.receive(noise)
    }

    @Test func aRefusedMessageIsFound() {
        let answers = [200, 200, 500, 200].compactMap { RELPAnswer(Array("\($0) x".utf8)) }
        #expect(RELPAnswer.verdict(of: answers).replyClass == .split)
        #expect(RELPAnswer.verdict(of: answers).hint == .stored(prefix: 2))
        #expect(RELPAnswer.verdict(of: Array(answers.suffix(2))).hint == .none)
        #expect(RELPAnswer.verdict(of: Array(answers.prefix(2))).replyClass == .ok)
    }

    @Test(arguments: ["", "OK", "20 x", "2000 OK", "two", "\n200 OK"]) func whatIsNoAnswerIsNone(text: String) {
        #expect(RELPAnswer(Array(text.utf8)) == nil)
    }
}
