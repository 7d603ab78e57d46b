import Redaction

/// Redacts one input after the other.
struct RedactionJob {
    let redactor: Redactor
    let scope: String
    let sink: OutputSink
    let progress: RedactionProgress
    let scratch = Scratch()

    /// Reads an input of a kind and writes its result.
    ///
    /// - Returns: the number of lines that were not as expected; each was named on standard error.
    func run(_ input: InputFile, _ kind: RedactCommand.Kind, explains: Bool) throws -> Int {
        switch kind {
        case .text:
            try text(input, explains: explains)
            return 0
        case .json, .transcript:
            try document(input, isTranscript: kind == .transcript)
            return 0
        case .jsonLines: return try jsonLines(input)
        case .findings: return try findings(input, explains: explains)
        }
    }

    private func text(_ input: InputFile, explains: Bool) throws {
        var stream = StreamRedactor(redactor, scope: scope, scratch: scratch)
        var output: [UInt8] = []
        func release() throws {
            let found = stream.takeFindings()
            if explains {
                output.removeAll(keepingCapacity: true)
                for finding in found {
                    finding.appendJSON(to: &output, redactor.policy, explains: true)
                    output.append(0x0A)
                }
            }
            try sink.flush(&output)
        }
        try input.forEachPiece { piece in
            try stream.push(piece, into: &output)
            try release()
            progress.advance(piece.count)
        }
        try stream.finish(into: &output)
        try release()
    }

    private func document(_ input: InputFile, isTranscript: Bool) throws {
        let bytes = try input.contents(progress)
        do {
            try bytes.withUnsafeBytes { document in
                if isTranscript {
                    try redactor.redactTranscript(document, scope: scope, into: scratch)
                } else {
                    try redactor.redactJSON(document, scope: scope, into: scratch)
                }
            }
        } catch let error as JSONRedactionFailure {
            throw CommandFailure("\(input.path): \(error)")
        }
        try sink.write(scratch.output)
    }

    private func jsonLines(_ input: InputFile) throws -> Int {
        var problems = 0
        var output: [UInt8] = []
        try input.forEachLine(progress) {
            try sink.flush(&output)
        } _: { line, number, isEnded in
            guard let line else {
                problems += 1
                return report(input, number, "is too long and was left out")
            }
            if !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) {
                do throws(JSONRedactionFailure) {
                    try redactor.redactJSON(line, scope: scope, into: scratch)
                } catch {
                    problems += 1
                    report(input, number, "is not JSON and was redacted as text")
                    try redactor.redact(line, scope: scope, into: scratch)
                }
                output.append(contentsOf: scratch.output)
            } else {
                output.append(contentsOf: line)
            }
            if isEnded { output.append(0x0A) }
            if output.count > InputFile.piece { try sink.flush(&output) }
        }
        return problems
    }

    private func findings(_ input: InputFile, explains: Bool) throws -> Int {
        var records = FindingRecords(redactor, explains: explains)
        var problems = 0
        var output: [UInt8] = []
        try input.forEachLine(progress) {
            try sink.flush(&output)
        } _: { line, number, _ in
            guard let line else {
                problems += 1
                return report(input, number, "is too long and has no answer")
            }
            if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { return }
            do throws(FindingRecords.Failure) {
                _ = try records.answer(line, to: &output)
                output.append(0x0A)
            } catch {
                problems += 1
                report(input, number, "has no answer: \(error)")
            }
            if output.count > InputFile.piece { try sink.flush(&output) }
        }
        return problems
    }

    private func report(_ input: InputFile, _ number: Int, _ what: String) {
        Output.note("\(input.path == "-" ? "standard input" : input.path), line \(number): \(what)")
    }
}

/// What a newer policy does otherwise: the settings, and how often on a text.
struct PolicyComparison {
    let old: Redactor
    let new: Redactor

    init(from old: Redactor, to new: Redactor) {
        self.old = old
        self.new = new
    }

    /// Prints the difference.
    func run(_ inputs: [InputFile], _ progress: RedactionProgress) throws {
        var run = DryRun()
        let scratch = Scratch()
        for input in inputs {
            let bytes = try input.contents(progress)
            bytes.withUnsafeBytes { run.add(old.dryRun(new, on: $0, scratch)) }
        }
        let difference = PolicyDifference(from: old.policy, to: new.policy)
        Output.line("\(old.policy.name) \(old.policy.version) -> \(new.policy.name) \(new.policy.version)")
        if difference.isEmpty { Output.line("The policies do the same.") }
        for change in difference.changes {
            Output.line("\(change.type): \(name(change.before)) -> \(name(change.after))")
        }
        if let before = difference.threshold.first, let after = difference.threshold.last {
            Output.line("threshold: \(before) -> \(after)")
        }
        let (added, removed) = (difference.allowedAdded.count, difference.allowedRemoved.count)
        if added + removed > 0 { Output.line("allowed values: \(added) added, \(removed) removed") }
        for rule in difference.rules.sorted() { Output.line("rule \(rule) changed") }
        let types = EntityType.allCases.filter {
            run.lost[$0] != nil || run.gained[$0] != nil || run.changed[$0] != nil
        }
        Output.line("Findings treated alike: \(run.same)")
        guard !types.isEmpty else { return }
        Output.table(
            ["type", "no longer found", "newly found", "treated otherwise"],
            types.map { [$0.name, "\(run.lost[$0] ?? 0)", "\(run.gained[$0] ?? 0)", "\(run.changed[$0] ?? 0)"] }
        )
    }

    private func name(_ action: Action?) -> String { action?.rawValue ?? "ignore" }
}
