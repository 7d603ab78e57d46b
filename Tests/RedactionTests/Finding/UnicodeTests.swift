import Redaction
import Testing

@Suite("Unicode")
struct UnicodeTests {
    @Test(
        "Look-alikes are found at their own offsets",
        arguments: [
            "4012\u{200B}8888\u{200D}8888\u{FEFF}1881",
            "\u{FF14}\u{FF10}\u{FF11}\u{FF12}8888\u{FF18}\u{FF18}\u{FF18}\u{FF18}1881",
            "4012\u{A0}8888\u{202F}8888\u{2009}1881",
            "4012\u{2013}8888\u{2011}8888\u{2212}1881", "٤٠١٢٨٨٨٨٨٨٨٨١٨٨١", "४०१२८८८८८८८८१८८१",
            "\u{1D7DC}012888888881881",
        ]
    )
    func cards(card: String) {
        #expect(find("é card \(card) ñ") == [Found(.creditCard, card)])
    }

    @Test("Addresses with full-width signs")
    func address() {
        #expect(find("→ mara\u{FF20}example\u{FF0E}org ←") == [Found(.email, "mara\u{FF20}example\u{FF0E}org")])
    }

    @Test(
        "Superscripts, circled digits and fractions do not become a number",
        arguments: ["⁴⁰¹²⁸⁸⁸⁸⁸⁸⁸⁸¹⁸⁸¹", "④⓪①②⑧⑧⑧⑧⑧⑧⑧⑧①⑧⑧①", "½¼¾"]
    )
    func neutral(text: String) {
        #expect(find(text) == [])
    }
}
