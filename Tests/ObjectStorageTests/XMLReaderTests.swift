import Testing

@testable import ObjectStorage

@Suite struct XMLReaderTests {
    static func read(_ text: String) throws(XMLError) -> XMLElement { try XMLReader.read(Array(text.utf8)) }

    @Test func whatStoresAnswer() throws {
        let document = try Self.read(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <!-- by a store -->
            <s3:List xmlns:s3="http://s3.amazonaws.com/doc/2006-03-01/" a='x>y'>
              <Empty/><Key>a &lt;b&gt; &amp;&quot;&apos; &#233;&#x6F22;</Key>
              <Key><![CDATA[<raw>&amp;]]> tail</Key><Deep><Deep>x</Deep></Deep>
            </s3:List>
            """
        )
        #expect(document.name == "List")
        #expect(document.all("Key").map(\.text) == ["a <b> &\"' é漢", "<raw>&amp; tail"])
        #expect(document["Deep"]?.value("Deep") == "x")
        #expect(document.value("Empty") == nil && document["Empty"] != nil)
    }

    /// Attacks on XML readers: entities of one's own, outside files, bombs, deep nesting; and what is simply broken.
    @Test(arguments: [
        "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "<a><!DOCTYPE b></a>", "<?php evil?><a/>", "<a><?pi x?></a>",
        "<a>&x;</a>", "<a>&#0;</a>", "<a>&#xD800;</a>", "<a>&#x110000;</a>", "<a>&#xFFFFFFFFF;</a>", "<a>&amp</a>",
        "<a>&",
        "", " ", "x", "<a>", "<a", "<a b", "<a b=", "<a b=c/>", "<a b=\"c/>", "<a b=\"<\"/>", "<a></b>", "<a/><b/>",
        "<a/>x", "</a>", "<a><b></a></b>", "<!-- <a/>", "<a><![CDATA[x</a>", "<1 />x", "<>", "< a/>",
    ])
    func refused(text: String) {
        #expect(throws: XMLError.self) { try Self.read(text) }
    }

    @Test func nestingIsBounded() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
        }
        _ = try Self.read(nested(32))
        #expect(throws: XMLError.tooDeep) { try Self.read(nested(33)) }
        #expect(throws: XMLError.tooDeep) { try Self.read(String(repeating: "<a>", count: 1_000_000)) }
        #expect(throws: XMLError.tooManyElements) {
            try Self.read("<a>" + String(repeating: "<b/>", count: 200_000) + "</a>")
        }
    }

    @Test func onlyUTF8() {
        #expect(throws: XMLError.notUTF8) { try XMLReader.read([0x3C, 0x61, 0x3E, 0xFF, 0x3C, 0x2F, 0x61, 0x3E]) }
    }

    /// No cut and no changed byte of a reply traps; a cut one is never taken for whole.
    @Test func damageIsAnErrorOrAnotherDocument() throws {
        let whole = Array("<?xml version=\"1.0\"?><E a='b'><Code>A&amp;B</Code><!-- c --><D><![CDATA[x]]></D></E>".utf8)
        _ = try XMLReader.read(whole)
        for length in whole.indices {
            #expect(throws: XMLError.self) { try XMLReader.read(Array(whole[..<length])) }
        }
        var generator = Seeded(state: 3)
        for _ in 0..<20_000 {
            var changed = whole
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                changed[Int.random(in: changed.indices, using: &generator)] = UInt8.random(
                    in: 0...255,
                    using: &generator
                )
            }
            _ = try? XMLReader.read(changed)
        }
    }
}
