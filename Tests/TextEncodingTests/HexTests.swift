import Testing
import TextEncoding

@Suite struct HexTests {
    /// RFC 4648 section 10.
    @Test(arguments: [("", ""), ("f", "66"), ("foobar", "666f6f626172")]) func knownAnswers(
        plain: String,
        encoded: String
    ) {
        #expect(Hex.encode(Array(plain.utf8)) == encoded)
        #expect(Hex.decode(encoded.utf8) == Array(plain.utf8))
        #expect(Hex.decode(encoded.uppercased().utf8) == Array(plain.utf8))
    }

    @Test func everyByteRoundTrips() {
        let bytes = (0...255).map { UInt8($0) }
        var text: [UInt8] = [7]
        bytes.withUnsafeBytes { Hex.append($0, to: &text) }
        #expect(text.first == 7)
        #expect(Hex.decode(text.dropFirst()) == bytes)
    }

    @Test(arguments: ["0", "0g", " 00", "0x00", "é"]) func refusesWhatIsNoHexadecimal(text: String) {
        #expect(Hex.decode(text.utf8) == nil)
    }
}
