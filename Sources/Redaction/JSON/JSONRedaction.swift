import JSON

/// Why a document could not be redacted as JSON. Nothing of it is released.
public struct JSONRedactionFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The two ways to fail.
    public enum Kind: Hashable, Sendable {
        /// It is not JSON: redact it as text.
        case notJSON
        /// A token could not be stored.
        case vault
    }

    /// The way it failed.
    public let kind: Kind
    /// What is wrong and what to do, without content.
    public let description: String

    static func notJSON(_ error: JSONError) -> Self {
        Self(kind: .notJSON, description: "\(error); redact it as text instead")
    }
    static func vault(_ failure: VaultFailure) -> Self { Self(kind: .vault, description: failure.description) }
}

extension Redactor {
    /// Most documents inside strings of documents that are opened.
    static let deepestString = 3

    /// Leaves the redacted document in `scratch.output`: valid JSON of the same structure, every byte outside of findings as it was.
    ///
    /// Strings are scanned as the text that they mean, with the names of their members as context; numbers as their digits (a
    /// number that is replaced becomes a string, or a number of the same length where the policy keeps numbers); strings that
    /// hold JSON are redacted as documents, three deep; names of members too. `scratch.findings` has the range of the whole
    /// replaced part in the document, escapes included.
    ///
    /// - Throws: ``JSONRedactionFailure``.
    public func redactJSON(
        _ document: UnsafeRawBufferPointer,
        scope: String = "",
        into scratch: Scratch
    ) throws(JSONRedactionFailure) {
        var pass = JSONPass(redactor: self, scope: scope, scratch: scratch, depth: 0)
        try pass.run(document)
        swap(&scratch.output, &pass.output)
        swap(&scratch.findings, &pass.findings)
        scratch.steps = pass.steps
    }
}

/// One document.
private struct JSONPass {
    let redactor: Redactor
    let scope: String
    let scratch: Scratch
    let depth: Int
    var output: [UInt8] = []
    var findings: [Finding] = []
    var steps = 0
    private var hints: [ContextHints] = []
    private var memberHints = ContextHints()
    private var decoded: [UInt8] = []
    private var marks: [Int] = []

    init(redactor: Redactor, scope: String, scratch: Scratch, depth: Int) {
        self.redactor = redactor
        self.scope = scope
        self.scratch = scratch
        self.depth = depth
    }

    mutating func run(_ document: UnsafeRawBufferPointer, hints outer: ContextHints = ContextHints())
        throws(JSONRedactionFailure)
    {
        output.reserveCapacity(document.count + 64)
        var scanner = JSONScanner(document)
        var written = 0
        memberHints = outer
        hints = [outer]
        do throws(JSONError) {
            while let token = try scanner.next() {
                switch token.kind {
                case .beginObject, .beginArray: hints.append(memberHints)
                case .endObject, .endArray:
                    hints.removeLast()
                    memberHints = hints.last ?? outer
                case .key:
                    memberHints = hints.last ?? outer
                    decode(document, token)
                    decoded.withUnsafeBytes { memberHints.enter($0) }
                    if let failure = text(document, token, ContextHints(), &written, isKey: true) {
                        throw failure.error
                    }
                case .string:
                    decode(document, token)
                    if let failure = text(document, token, memberHints, &written, isKey: false) { throw failure.error }
                    if hints.count == 1 { memberHints = outer }
                case .number:
                    number(document, token, &written)
                case .true, .false, .null: break
                }
            }
        } catch {
            if let vaultFailure { throw JSONRedactionFailure.vault(vaultFailure) }
            throw JSONRedactionFailure.notJSON(error)
        }
        output.append(contentsOf: UnsafeRawBufferPointer(rebasing: document[written...]))
    }

    /// Set when an error stands for a vault that failed.
    private var vaultFailure: VaultFailure?

    private struct Stop { let error: JSONError }

    private mutating func copy(_ document: UnsafeRawBufferPointer, to end: Int, _ written: inout Int) {
        output.append(contentsOf: UnsafeRawBufferPointer(rebasing: document[written..<end]))
        written = end
    }

    /// The text of a string, with the offset in the document of each of its bytes and of the end.
    private mutating func decode(_ document: UnsafeRawBufferPointer, _ token: JSONToken) {
        decoded.removeAll(keepingCapacity: true)
        marks.removeAll(keepingCapacity: true)
        let content = token.contentRange
        guard token.isEscaped else {
            decoded.append(contentsOf: UnsafeRawBufferPointer(rebasing: document[content]))
            return
        }
        var offset = content.lowerBound
        while offset < content.upperBound {
            var end = offset + 1
            if document[offset] == 0x5C {
                end = offset + 2
                if document[offset + 1] == 0x75 {
                    end = offset + 6
                    // A pair of surrogates is one character.
                    let isHigh =
                        document[offset + 2] | 0x20 == 0x64
                        && (document[offset + 3] | 0x20 == 0x38
                            || document[offset + 3] | 0x20 == 0x39 || document[offset + 3] | 0x20 == 0x61
                            || document[offset + 3] | 0x20 == 0x62)
                    if isHigh { end = offset + 12 }
                }
            }
            let count = decoded.count
            JSONText.appendUnescaped(document, offset..<end, to: &decoded)
            marks.append(contentsOf: repeatElement(offset, count: decoded.count - count))
            offset = end
        }
        marks.append(content.upperBound)
    }

    private mutating func text(
        _ document: UnsafeRawBufferPointer,
        _ token: JSONToken,
        _ hints: ContextHints,
        _ written: inout Int,
        isKey: Bool
    ) -> Stop? {
        if !isKey, depth < Redactor.deepestString, let nested = nestedDocument(hints) {
            guard nested.changed else { return nil }
            copy(document, to: token.range.lowerBound, &written)
            nested.output.withUnsafeBytes { JSONText.appendQuoted($0, to: &output) }
            written = token.range.upperBound
            for var finding in nested.findings {
                finding.start = token.range.lowerBound
                finding.end = token.range.upperBound
                findings.append(finding)
            }
            return nil
        }
        decoded.withUnsafeBytes { redactor.find($0, hints: hints, into: scratch) }
        steps += scratch.steps
        let base = token.contentRange.lowerBound
        for finding in scratch.findings {
            if isKey, !finding.isVerified { continue }
            let start = token.isEscaped ? marks[finding.start] : base + finding.start
            let end = token.isEscaped ? escapedEnd(finding.end) : base + finding.end
            copy(document, to: start, &written)
            if let failure = replace(finding) { return failure }
            written = end
            var moved = finding
            (moved.start, moved.end, moved.contextOffset) = (start, end, -1)
            findings.append(moved)
        }
        return nil
    }

    /// Where the character before the decoded offset `end` ends in the document.
    private func escapedEnd(_ end: Int) -> Int { end < marks.count ? marks[end] : marks[marks.count - 1] }

    /// Appends the replacement of a finding in the decoded text, escaped.
    private mutating func replace(_ finding: Finding) -> Stop? {
        var plain: [UInt8] = []
        do throws(VaultFailure) {
            let replacement = Replacement(keys: redactor.keys, vault: redactor.vault, scope: scope)
            let value = Array(decoded[finding.range])
            var failure: VaultFailure?
            value.withUnsafeBytes { bytes in
                do throws(VaultFailure) {
                    try replacement.append(
                        bytes,
                        finding.type,
                        redactor.policy.action(for: finding.type) ?? .mask,
                        to: &plain
                    )
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
        } catch {
            vaultFailure = error
            return Stop(error: JSONError(.unexpectedEnd, at: 0))
        }
        var quoted: [UInt8] = []
        plain.withUnsafeBytes { JSONText.appendQuoted($0, to: &quoted) }
        output.append(contentsOf: quoted[1..<(quoted.count - 1)])
        return nil
    }

    /// A document inside the decoded string: redacted, nil when the string holds none.
    private mutating func nestedDocument(_ hints: ContextHints) -> (
        output: [UInt8], findings: [Finding], changed: Bool
    )? {
        guard let first = decoded.first(where: { !Bytes.isSpace($0) && !Bytes.isLineBreak($0) }),
            first == 0x7B || first == 0x5B
        else {
            return nil
        }
        var inner = JSONPass(redactor: redactor, scope: scope, scratch: scratch, depth: depth + 1)
        let isDocument = decoded.withUnsafeBytes { bytes in
            do throws(JSONRedactionFailure) {
                try inner.run(bytes, hints: hints)
                return true
            } catch {
                return false
            }
        }
        steps += inner.steps
        return isDocument ? (inner.output, inner.findings, !inner.findings.isEmpty) : nil
    }

    private mutating func number(_ document: UnsafeRawBufferPointer, _ token: JSONToken, _ written: inout Int) {
        let range = token.range
        let text = UnsafeRawBufferPointer(rebasing: document[range])
        // Fractions and exponents are measures.
        guard text.count >= 3, text.allSatisfy(Bytes.isDigit) else { return }
        redactor.find(text, hints: memberHints, into: scratch)
        steps += scratch.steps
        guard var finding = scratch.findings.first else { return }
        let action = redactor.policy.action(for: finding.type) ?? .mask
        guard action != .keep else { return }
        copy(document, to: range.lowerBound, &written)
        if redactor.policy.keepsNumbers, action == .mask {
            output.append(0x31)
            output.append(contentsOf: repeatElement(0x30, count: text.count - 1))
        } else {
            decoded.removeAll(keepingCapacity: true)
            decoded.append(contentsOf: text)
            var whole = finding
            (whole.start, whole.end) = (0, text.count)
            output.append(0x22)
            _ = replace(whole)
            output.append(0x22)
        }
        written = range.upperBound
        (finding.start, finding.end, finding.contextOffset) = (range.lowerBound, range.upperBound, -1)
        findings.append(finding)
    }
}
