import Redaction
import RedactionCorpus
import Testing

/// A finding as a test writes it: the type and the text.
struct Found: Hashable, CustomStringConvertible {
    let type: EntityType
    let text: String

    init(_ type: EntityType, _ text: String) {
        self.type = type
        self.text = text
    }

    var description: String { "\(type)(\(text))" }
}

func find(_ text: String, _ redactor: Redactor = Redactor()) -> [Found] {
    find(Array(text.utf8), redactor)
}

func find(_ bytes: [UInt8], _ redactor: Redactor = Redactor()) -> [Found] {
    let scratch = Scratch()
    bytes.withUnsafeBytes { redactor.find($0, into: scratch) }
    return scratch.findings.map { Found($0.type, String(decoding: bytes[$0.range], as: UTF8.self)) }
}

func redacted(_ bytes: [UInt8], _ redactor: Redactor = Redactor()) throws -> [UInt8] {
    let scratch = Scratch()
    try bytes.withUnsafeBytes { bytes in try redactor.redact(bytes, scope: "s", into: scratch) }
    return scratch.output
}

/// Pushes the pieces of a text through a stream.
func streamed(_ pieces: [ArraySlice<UInt8>], _ redactor: Redactor = Redactor()) throws -> (output: [UInt8], waited: Int)
{
    var stream = StreamRedactor(redactor, scope: "s")
    var output: [UInt8] = []
    var waited = 0
    for piece in pieces {
        try Array(piece).withUnsafeBytes { bytes in try stream.push(bytes, into: &output) }
        waited = max(waited, stream.pending)
    }
    try stream.finish(into: &output)
    return (output, waited)
}
