public import JSON

/// Answers records `{"id": …, "text": "…"}` with `{"id": …, "spans": [{"type", "start", "end"}]}`: what is found in each text, as
/// half-open ranges of the bytes of its UTF-8 form.
public struct FindingRecords {
    private let redactor: Redactor
    private let explains: Bool
    private let scratch = Scratch()
    private var text: [UInt8] = []

    /// Why a record has no answer; it repeats nothing of the record.
    public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// It is not one JSON object.
        case notJSON(JSONError)
        /// A member is missing.
        case missing(String)
        /// A member stands twice.
        case repeated(String)
        /// The member `text` is not a string.
        case textIsNoString

        /// What is wrong and what to do.
        public var description: String {
            switch self {
            case .notJSON(let error): "\(error); expected an object such as {\"id\": 1, \"text\": \"…\"}"
            case .missing(let name): "the member \"\(name)\" is missing"
            case .repeated(let name): "the member \"\(name)\" stands twice"
            case .textIsNoString: "the member \"text\" must be a string"
            }
        }
    }

    /// Answers with what `redactor` finds; `explains` adds `rule`, `score`, `check`, `verified` and `contextStart` to each
    /// span.
    public init(_ redactor: Redactor, explains: Bool = false) {
        self.redactor = redactor
        self.explains = explains
    }

    /// Appends the answer to one record, without a line break.
    ///
    /// - Returns: the number of spans.
    public mutating func answer(_ record: UnsafeRawBufferPointer, to output: inout [UInt8]) throws(Failure) -> Int {
        let (id, text) = try Self.members(record)
        self.text.removeAll(keepingCapacity: true)
        JSONText.appendUnescaped(record, text.contentRange, to: &self.text)
        self.text.withUnsafeBytes { redactor.find($0, into: scratch) }
        output.append(contentsOf: "{\"id\":".utf8)
        output.append(contentsOf: UnsafeRawBufferPointer(rebasing: record[id]))
        output.append(contentsOf: ",\"spans\":[".utf8)
        for (index, finding) in scratch.findings.enumerated() {
            if index > 0 { output.append(0x2C) }
            finding.appendJSON(to: &output, redactor.policy, explains: explains)
        }
        output.append(contentsOf: "]}".utf8)
        return scratch.findings.count
    }

    private static func members(_ record: UnsafeRawBufferPointer) throws(Failure) -> (id: Range<Int>, text: JSONToken) {
        var id: Range<Int>?
        var text: JSONToken?
        var twice: String?
        do throws(JSONError) {
            var members = try JSONScanner.topLevelMembers(of: record)
            while let member = try members.next() {
                if members.matches(member.key, "id") {
                    if id != nil { twice = "id" }
                    id = member.valueRange
                } else if members.matches(member.key, "text") {
                    if text != nil { twice = "text" }
                    text = member.value
                }
            }
        } catch {
            throw Failure.notJSON(error)
        }
        if let twice { throw Failure.repeated(twice) }
        guard let id else { throw Failure.missing("id") }
        guard let text else { throw Failure.missing("text") }
        guard text.kind == .string else { throw Failure.textIsNoString }
        return (id, text)
    }
}

extension Finding {
    /// Appends the finding as a JSON object: type and range, and with `explains` why it was found.
    public func appendJSON(to output: inout [UInt8], _ policy: RedactionPolicy, explains: Bool) {
        output.append(contentsOf: "{\"type\":\"\(type.name)\",\"start\":\(start),\"end\":\(end)".utf8)
        if explains {
            output.append(contentsOf: ",\"rule\":".utf8)
            JSONText.appendQuoted(ruleName(in: policy), to: &output)
            output.append(contentsOf: ",\"score\":\(score),\"check\":\"\(checksum)\",\"verified\":\(isVerified)".utf8)
            if contextOffset >= 0 { output.append(contentsOf: ",\"contextStart\":\(contextOffset)".utf8) }
        }
        output.append(0x7D)
    }

    /// The identifier of the rule; a policy's own rule by its name.
    public func ruleName(in policy: RedactionPolicy) -> String {
        policy.rules.indices.contains(customRule) ? "\(type.name)/\(policy.rules[customRule].name)" : rule
    }
}
