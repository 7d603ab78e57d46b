import HTTPFraming

/// A seeded generator (SplitMix64), so that every random case can be repeated.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// All that a caller can learn of one message.
struct Message: Equatable {
    var start = ""
    var fields: [String] = []
    var body: [UInt8] = []
    var consumed = 0
    var keepAlive = false
    var chunked = false
    var contentLength: Int?
    var expectContinue = false

    var text: String { String(decoding: body, as: UTF8.self) }
}

enum Outcome: Equatable {
    case complete(Message)
    case incomplete
    case refused(FramingError)

    var fault: FramingFault? {
        if case .refused(let error) = self { return error.fault }
        return nil
    }

    var message: Message? {
        if case .complete(let message) = self { return message }
        return nil
    }
}

protocol MessageParser {
    var head: HTTPHead { get }
    func start(_ bytes: [UInt8]) -> String
    mutating func parse(_ bytes: UnsafeRawBufferPointer, into body: inout [UInt8]) throws(FramingError) -> ParseStep
    mutating func finish(_ bytes: [UInt8]) throws(FramingError) -> ParseStep
}

extension HTTPRequestParser: MessageParser {
    func start(_ bytes: [UInt8]) -> String {
        String(decoding: bytes[method], as: UTF8.self) + " " + String(decoding: bytes[target], as: UTF8.self)
    }

    mutating func finish(_ bytes: [UInt8]) throws(FramingError) -> ParseStep { .needMore }
}

extension HTTPResponseParser: MessageParser {
    func start(_ bytes: [UInt8]) -> String { String(status) }

    mutating func finish(_ bytes: [UInt8]) throws(FramingError) -> ParseStep { try finish() }
}

/// Feeds the prefixes of `bytes` that end at `cuts` and at the end, as a connection would.
func feed(
    _ parser: inout some MessageParser,
    _ bytes: [UInt8],
    cuts: [Int] = [],
    close: Bool = false
) -> Outcome {
    var decoded: [UInt8] = []
    var step = ParseStep.needMore
    do throws(FramingError) {
        for cut in cuts + [bytes.count] {
            repeat { step = try parse(&parser, bytes, upTo: cut, into: &decoded) } while step == .head
            if case .complete = step { break }
        }
        if close, step == .needMore { step = try parser.finish(bytes) }
    } catch {
        return .refused(error)
    }
    guard case .complete(let body, let consumed) = step else { return .incomplete }
    var message = Message(start: parser.start(bytes), consumed: consumed)
    message.fields = parser.head.fields.map {
        String(decoding: bytes[$0.name], as: UTF8.self) + "=" + String(decoding: bytes[$0.value], as: UTF8.self)
    }
    switch body {
    case .inBuffer(let range): message.body = Array(bytes[range])
    case .decoded: message.body = decoded
    }
    message.keepAlive = parser.head.keepAlive
    message.chunked = parser.head.chunked
    message.contentLength = parser.head.contentLength
    message.expectContinue = parser.head.expectContinue
    return .complete(message)
}

/// Copies the prefix, so that a read past it is a read past an allocation.
private func parse(
    _ parser: inout some MessageParser,
    _ bytes: [UInt8],
    upTo cut: Int,
    into decoded: inout [UInt8]
) throws(FramingError) -> ParseStep {
    let region = Array(bytes[..<cut])
    let result: Result<ParseStep, FramingError> = region.withUnsafeBytes { pointer in
        do throws(FramingError) {
            return .success(try parser.parse(pointer, into: &decoded))
        } catch {
            return .failure(error)
        }
    }
    return try result.get()
}

/// The outcome of a fresh parser in one piece, having checked that byte by byte and in random pieces it is the same.
func outcome<Parser: MessageParser>(
    _ parser: Parser,
    _ bytes: [UInt8],
    close: Bool = false,
    seed: UInt64 = 1,
    differs: (Outcome, Outcome) -> Void
) -> Outcome {
    var whole = parser
    let expected = feed(&whole, bytes, close: close)
    var generator = SplitMix64(state: seed)
    var cuts = [Array(bytes.indices)]
    for _ in 0..<4 {
        cuts.append(bytes.indices.filter { _ in Int.random(in: 0..<8, using: &generator) == 0 })
    }
    for cut in cuts {
        var pieces = parser
        let actual = feed(&pieces, bytes, cuts: cut, close: close)
        if actual != expected { differs(expected, actual) }
    }
    return expected
}

func request(_ text: String, limits: HTTPLimits, differs: (Outcome, Outcome) -> Void) -> Outcome {
    outcome(HTTPRequestParser(limits: limits), Array(text.utf8), differs: differs)
}

let testLimits = HTTPLimits(maximumHeadBytes: 512, maximumHeaderCount: 8, maximumBodyBytes: 64)
