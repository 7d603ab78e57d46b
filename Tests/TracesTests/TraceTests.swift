import JSON
import Measures
import Testing

@testable import Traces

extension Span {
    /// The example of W3C Trace Context, section 3.2.
    static let exampleHeader = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    static func sample(_ name: String, parent: [UInt8]? = nil) throws -> Span {
        let context = try #require(TraceContext(traceparent: exampleHeader.utf8))
        return Span(
            context: context,
            parent: parent,
            name: name,
            kind: .server,
            start: 1_767_322_800_000_000_000,
            end: 1_767_322_800_004_000_000,
            attributes: ["b": "2", "a": "1"],
            hasFailed: parent != nil
        )
    }
}

@Suite struct TraceTests {
    private static let example = Span.exampleHeader

    @Test func readsAndWritesTheHeader() throws {
        let context = try #require(TraceContext(traceparent: Self.example.utf8))
        #expect(context.isSampled && context.trace.first == 0x0a && context.span.last == 0x31)
        #expect(context.traceparent(span: context.span) == Self.example)
        let off = try #require(TraceContext(traceparent: (Self.example.dropLast(2) + "00").utf8))
        #expect(!off.isSampled && off.traceparent(span: off.span).hasSuffix("-00"))
        // A later version may say more.
        #expect(TraceContext(traceparent: ("cc" + Self.example.dropFirst(2) + "-what-comes").utf8) == context)
    }

    @Test(arguments: [
        "", "00", String(example.dropLast()), example + "-x", example + "0", example.uppercased(),
        "ff" + example.dropFirst(2), "0" + example, "cc" + example.dropFirst(2) + "x",
        example.replacing("0af7651916cd43dd8448eb211c80319c", with: String(repeating: "0", count: 32)),
        example.replacing("b7ad6b7169203331", with: String(repeating: "0", count: 16)),
        example.replacing("-", with: "_"), example.replacing("b7ad", with: "b7ag"), " " + example.dropLast(),
    ])
    func whatIsInvalidIsNothing(header: String) { #expect(TraceContext(traceparent: header.utf8) == nil) }

    @Test func samplesAsOftenAsAsked() {
        var generator = SystemRandomNumberGenerator()
        #expect(!TraceContext(keeping: 0, using: &generator).isSampled)
        #expect(TraceContext(keeping: 1, using: &generator).isSampled)
        let kept = (0..<4000).count { _ in TraceContext(keeping: 0.25, using: &generator).isSampled }
        // Eight standard deviations.
        #expect((780...1220).contains(kept))
        #expect(Set((0..<100).map { _ in TraceContext(keeping: 1, using: &generator).trace }).count == 100)
    }

    @Test func theQueueIsBounded() throws {
        let queue = SpanQueue(sampleRatio: 1, capacity: 5)
        for name in ["a", "b"] { queue.add([try .sample(name), try .sample(name + name)]) }
        queue.add([try .sample("c"), try .sample("cc")])
        #expect(queue.take(3).map(\.name) == ["a", "aa", "b"])
        #expect(queue.take(3).map(\.name) == ["bb"] && queue.take(3).isEmpty)
        queue.noteExported(3)
        queue.noteDropped(1)
        var text = MetricsText()
        queue.write(to: &text)
        #expect(text.text.contains("muniment_spans_exported_total 3\n"))
        #expect(text.text.contains("muniment_spans_dropped_total 3\n"))
    }

    @Test func theExportIsOTLP() throws {
        let body = Span.exportBody(
            [try .sample("read profile"), try .sample("record", parent: [1, 2, 3, 4, 5, 6, 7, 8])],
            resource: ["service.name": "muniment"]
        )
        let read = try JSONValue(parsing: body.canonicalBytes())
        let resource = try #require(read["resourceSpans"]?[0])
        #expect(resource["resource"]?["attributes"]?[0]?["value"]?["stringValue"] == "muniment")
        let spans = try #require(resource["scopeSpans"]?[0]?["spans"]?.array)
        #expect(spans.count == 2)
        #expect(spans[0]["traceId"] == "0af7651916cd43dd8448eb211c80319c" && spans[0]["spanId"] == "b7ad6b7169203331")
        #expect(spans[0]["startTimeUnixNano"] == "1767322800000000000" && spans[0]["kind"] == 2)
        #expect(
            spans[0]["attributes"]?[0]?["key"] == "a" && spans[0]["status"] == nil && spans[0]["parentSpanId"] == nil
        )
        #expect(spans[1]["parentSpanId"] == "0102030405060708" && spans[1]["status"]?["code"] == 2)
    }
}
