import JSON

/// The state of one projection.
struct ProjectionPass {
    var scanner: JSONScanner
    var summary: ProjectionSummary
    var output: [UInt8] = []
    var scratch = ProjectionScratch()
    private var objects: UInt64 = 0
    private let expected: (field: Int, value: UnsafeRawBufferPointer)?

    init(
        scanner: JSONScanner,
        summary: ProjectionSummary,
        expected: (field: Int, value: UnsafeRawBufferPointer)?
    ) {
        self.scanner = scanner
        self.summary = summary
        self.expected = expected
    }

    /// Compares a value with what is expected of its field: the text of a string, or a number as it is spelled.
    @inline(__always)
    mutating func compare(_ field: Int, _ token: JSONToken) {
        guard let expected, expected.field == field, summary.expectation != .broken else { return }
        summary.expectation = holds(token, expected.value) ? .met : .broken
    }

    private mutating func holds(_ token: JSONToken, _ value: UnsafeRawBufferPointer) -> Bool {
        switch token.kind {
        case .string where token.isEscaped:
            scratch.text.removeAll(keepingCapacity: true)
            JSONText.appendUnescaped(scanner.bytes, token.contentRange, to: &scratch.text)
            return scratch.text.elementsEqual(value)
        case .string: return scanner.bytes[token.contentRange].elementsEqual(value)
        case .number: return scanner.bytes[token.range].elementsEqual(value)
        default: return false
        }
    }

    /// A number for an object whose keys must be different.
    mutating func newObject() -> UInt64 {
        objects &+= 1
        return objects
    }

    /// The next token; the document must not end here.
    @inline(__always)
    mutating func next() throws(ProjectionError) -> JSONToken {
        do {
            if let token = try scanner.next() { return token }
        } catch {
            throw ProjectionError(.malformed(error.reason), at: error.offset)
        }
        throw ProjectionError(.malformed(.unexpectedEnd), at: scanner.offset)
    }

    /// The document must end here.
    mutating func end() throws(ProjectionError) {
        do {
            _ = try scanner.next()
        } catch {
            throw ProjectionError(.malformed(error.reason), at: error.offset)
        }
    }

    /// Reads the rest of a value that is dropped.
    mutating func skip(_ token: JSONToken) throws(ProjectionError) {
        do {
            _ = try scanner.finish(token)
        } catch {
            throw ProjectionError(.malformed(error.reason), at: error.offset)
        }
    }

    /// Writes the masked form of a value.
    mutating func mask(_ token: JSONToken, _ mask: Mask) throws(ProjectionError) {
        try skip(token)
        switch token.kind {
        case .null:
            append("null")
        case _ where mask == .null:
            append("null")
        case .number:
            appendMasked(token.range, mask)
        case .string where token.isEscaped:
            appendMaskedEscaped(token.contentRange, mask)
        case .string:
            appendMasked(token.contentRange, mask)
        default:
            append("\"****\"")
        }
    }

    /// Writes a value, which is known to be JSON, with what is found in it replaced.
    mutating func redact(_ range: Range<Int>, _ field: Int, _ redactor: Redactor) {
        let scratch = scratch.redaction ?? Scratch()
        self.scratch.redaction = scratch
        do throws(JSONRedactionFailure) {
            try redactor.redactJSON(UnsafeRawBufferPointer(rebasing: scanner.bytes[range]), into: scratch)
            output.append(contentsOf: scratch.output)
            summary.found[field, default: []].formUnion(scratch.findings.map(\.type))
        } catch {
            append("\"****\"")
        }
    }

    private mutating func appendMasked(_ range: Range<Int>, _ mask: Mask) {
        scratch.masked.removeAll(keepingCapacity: true)
        mask.appendMasked(UnsafeRawBufferPointer(rebasing: scanner.bytes[range]), to: &scratch.masked)
        scratch.masked.withUnsafeBytes { JSONText.appendQuoted($0, to: &output) }
    }

    private mutating func appendMaskedEscaped(_ content: Range<Int>, _ mask: Mask) {
        scratch.text.removeAll(keepingCapacity: true)
        JSONText.appendUnescaped(scanner.bytes, content, to: &scratch.text)
        scratch.masked.removeAll(keepingCapacity: true)
        scratch.text.withUnsafeBytes { mask.appendMasked($0, to: &scratch.masked) }
        scratch.masked.withUnsafeBytes { JSONText.appendQuoted($0, to: &output) }
    }

    private mutating func append(_ json: StaticString) {
        output.append(contentsOf: UnsafeBufferPointer(start: json.utf8Start, count: json.utf8CodeUnitCount))
    }

    func error(_ reason: ProjectionError.Reason, _ token: JSONToken) -> ProjectionError {
        ProjectionError(reason, at: token.range.lowerBound)
    }
}
