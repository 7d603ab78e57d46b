/// Reads a head line by line and notes what the headers say about framing.
struct HeadScanner: Sendable {
    enum Event {
        case incomplete
        case startLine(Range<Int>)
        case end
    }

    private let sender: FramingError.Sender
    private var lines: LineScanner
    private var sawStartLine = false
    private let start: Int

    init(from sender: FramingError.Sender, at start: Int = 0) {
        self.sender = sender
        self.start = start
        lines = LineScanner(at: start)
    }

    mutating func next(
        _ bytes: UnsafeRawBufferPointer,
        limits: HTTPLimits,
        into head: inout HTTPHead
    ) throws(FramingError) -> Event {
        while let line = try lines.next(in: bytes, before: limits.maximumHeadBytes, from: sender) {
            if !sawStartLine {
                sawStartLine = true
                return .startLine(line)
            }
            if line.isEmpty {
                head.range = start..<lines.start
                return .end
            }
            guard head.fields.count < limits.maximumHeaderCount else {
                throw sender.error(.tooManyHeaders, at: line.lowerBound)
            }
            let field = try FieldLine.parse(line, in: bytes, from: sender)
            try note(field, upTo: line.upperBound, in: bytes, head: &head)
            head.fields.append(field)
        }
        guard bytes.count < limits.maximumHeadBytes else {
            let fault: FramingFault = sender == .client && !sawStartLine ? .targetTooLong : .headTooLarge
            throw sender.error(fault, at: limits.maximumHeadBytes)
        }
        return .incomplete
    }

    private func note(
        _ field: HTTPField,
        upTo lineEnd: Int,
        in bytes: UnsafeRawBufferPointer,
        head: inout HTTPHead
    ) throws(FramingError) {
        // The lengths of the names that matter are all different, so most headers cost one comparison.
        switch field.name.count {
        case 4 where sender == .client && HTTPText.equals(bytes, field.name, ignoringCase: "host"):
            guard head.host == nil else { throw sender.error(.repeatedHost, at: field.name.lowerBound) }
            head.host = field
        case 6 where sender == .client && HTTPText.equals(bytes, field.name, ignoringCase: "expect"):
            guard HTTPText.equals(bytes, field.value, ignoringCase: "100-continue") else {
                throw sender.error(.unsupportedExpectation, at: field.value.lowerBound)
            }
            head.expectContinue = true
        case 10 where HTTPText.equals(bytes, field.name, ignoringCase: "connection"):
            noteConnection(field.value, in: bytes, head: &head)
        case 14 where HTTPText.equals(bytes, field.name, ignoringCase: "content-length"):
            guard head.contentLength == nil else {
                throw sender.error(.repeatedContentLength, at: field.name.lowerBound)
            }
            head.contentLength = try contentLength(field, upTo: lineEnd, in: bytes)
        case 17 where HTTPText.equals(bytes, field.name, ignoringCase: "transfer-encoding"):
            guard !head.chunked else { throw sender.error(.repeatedTransferEncoding, at: field.name.lowerBound) }
            guard isChunked(field, upTo: lineEnd, in: bytes) else {
                throw sender.error(.unsupportedTransferEncoding, at: field.value.lowerBound)
            }
            head.chunked = true
        default:
            break
        }
    }

    private func noteConnection(_ value: Range<Int>, in bytes: UnsafeRawBufferPointer, head: inout HTTPHead) {
        var start = value.lowerBound
        while start < value.upperBound {
            var end = start
            while end < value.upperBound, bytes[end] != Byte.comma { end += 1 }
            let option = FieldLine.trim(start..<end, in: bytes)
            if HTTPText.equals(bytes, option, ignoringCase: "close") { head.connectionClose = true }
            if HTTPText.equals(bytes, option, ignoringCase: "keep-alive") { head.connectionKeepAlive = true }
            start = end + 1
        }
    }

    /// Digits only, no leading zero, at most 18 so that it cannot overflow.
    private func contentLength(
        _ field: HTTPField,
        upTo lineEnd: Int,
        in bytes: UnsafeRawBufferPointer
    ) throws(FramingError) -> Int {
        let fault = sender.error(.invalidContentLength, at: field.value.lowerBound)
        let digits = field.value
        guard !hasTab(field, upTo: lineEnd, in: bytes), 1...18 ~= digits.count else { throw fault }
        guard digits.count == 1 || bytes[digits.lowerBound] != Byte.zero else { throw fault }
        var length = 0
        for index in digits {
            let digit = bytes[index] &- Byte.zero
            guard digit < 10 else { throw fault }
            length = length * 10 + Int(digit)
        }
        return length
    }

    /// In a request the coding must be spelled in lower case: an intermediary that compares exactly would see no coding
    /// at all.
    private func isChunked(_ field: HTTPField, upTo lineEnd: Int, in bytes: UnsafeRawBufferPointer) -> Bool {
        guard !hasTab(field, upTo: lineEnd, in: bytes) else { return false }
        guard HTTPText.equals(bytes, field.value, ignoringCase: "chunked") else { return false }
        return sender == .server || field.value.allSatisfy { bytes[$0] == Byte.lowercase(bytes[$0]) }
    }

    /// Parsers differ in whether they trim HTAB, so the headers that decide framing may not use it.
    private func hasTab(_ field: HTTPField, upTo lineEnd: Int, in bytes: UnsafeRawBufferPointer) -> Bool {
        (field.name.upperBound..<lineEnd).contains { bytes[$0] == Byte.tab }
    }
}
