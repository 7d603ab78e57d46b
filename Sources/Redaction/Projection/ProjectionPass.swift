import JSON

/// The state of one projection.
struct ProjectionPass {
    var scanner: JSONScanner
    var summary: ProjectionSummary
    var output: [UInt8] = []
    var scratch = ProjectionScratch()
    private var objects: UInt64 = 0

    init(scanner: JSONScanner, summary: ProjectionSummary) {
        self.scanner = scanner
        self.summary = summary
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
