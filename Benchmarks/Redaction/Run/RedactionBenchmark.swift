import Redaction
import RedactionCorpus

/// Measures the finding engine on one thread: `RedactionBenchmark [--megabytes N] [--brief]` prints its numbers, `--write FILE`
/// writes the text that it reads for the peers, `--worst [NAME]` measures texts made to be slow only, `--record FILE [--text FILE]` what is found in a large text of many kinds, to compare
/// two builds. `Peers/run.sh` runs all of them in turn and prints the ratios.
@main
enum RedactionBenchmark {
    static func main() {
        let arguments = CommandLine.arguments
        let megabytes = value(after: "--megabytes", in: arguments).flatMap { Int($0) } ?? 16
        if let path = value(after: "--record", in: arguments) {
            let extra = value(after: "--text", in: arguments).flatMap { TextFile.read($0) } ?? []
            if !TextFile.write(Recording.make(extra: extra).utf8, to: path) { print("cannot write \(path)") }
            return
        }
        if arguments.contains("--worst") { return measureWorstCases(only: value(after: "--worst", in: arguments)) }
        let lines = text(megabytes << 20)
        if let path = value(after: "--write", in: arguments) {
            guard TextFile.write(lines.text, to: path) else {
                print("cannot write \(path)")
                return
            }
            return
        }
        if let rounds = value(after: "--rounds", in: arguments).flatMap({ Int($0) }) {
            return repeatLines(lines, rounds)
        }
        measureLines(lines)
        if arguments.contains("--brief") { return measureMessage() }
        measureBuffer(lines)
        measureStream(lines)
        measureWorstCases()
        measureMessage()
    }

    private static func value(after name: String, in arguments: [String]) -> String? {
        guard let index = arguments.firstIndex(of: name), index + 1 < arguments.count else { return nil }
        return arguments[index + 1]
    }

    /// Lines of the evaluation corpus, three written ones for each spoken one, between sentences that hold nothing.
    static func text(_ bytes: Int) -> Lines {
        var maker = CorpusMaker(seed: 20_26)
        var lines = Lines()
        let plain =
            "Thank you for getting in touch with us about this; we have looked into what happened and will write again soon.\n"
        while lines.text.count < bytes {
            let record = lines.ends.count % 8 == 3 ? maker.spoken() : maker.written()
            lines.append(lines.ends.count % 2 == 0 ? plain : record.text + "\n")
        }
        return lines
    }

    /// Lines in one buffer.
    struct Lines {
        private(set) var text: [UInt8] = []
        private(set) var ends: [Int] = []

        mutating func append(_ line: String) {
            text += line.utf8
            ends.append(text.count)
        }

        func each(_ body: (UnsafeRawBufferPointer) -> Void) {
            text.withUnsafeBytes { bytes in
                var start = 0
                for end in ends {
                    body(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
                    start = end
                }
            }
        }
    }

    private static func report(_ name: String, bytes: Int, seconds: Double) {
        print("\(name): \(rounded(Double(bytes) / 1_000_000 / seconds)) MB/s")
    }

    static func rounded(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    private static func measureLines(_ lines: Lines) {
        let redactor = Redactor()
        let scratch = Scratch()
        var found = 0
        let seconds = best {
            found = 0
            lines.each { line in
                redactor.find(line, into: scratch)
                found += scratch.findings.count
            }
        }
        print("findings: \(found)")
        report("find, a call a line", bytes: lines.text.count, seconds: seconds)
    }

    /// Reads the lines often and prints nothing: for a profiler.
    private static func repeatLines(_ lines: Lines, _ rounds: Int) {
        let redactor = Redactor()
        let scratch = Scratch()
        for _ in 0..<rounds { lines.each { redactor.find($0, into: scratch) } }
    }

    private static func measureBuffer(_ lines: Lines) {
        let redactor = Redactor()
        let scratch = Scratch()
        let text = lines.text
        report(
            "find, one buffer",
            bytes: text.count,
            seconds: best { text.withUnsafeBytes { redactor.find($0, into: scratch) } }
        )
        let seconds = best { text.withUnsafeBytes { bytes in try? redactor.redact(bytes, into: scratch) } }
        report("redact, one buffer", bytes: text.count, seconds: seconds)
    }

    private static func measureStream(_ lines: Lines) {
        let redactor = Redactor()
        let text = lines.text
        var output: [UInt8] = []
        for size in [256, 4096] {
            let seconds = best {
                output.removeAll(keepingCapacity: true)
                var stream = StreamRedactor(redactor)
                text.withUnsafeBytes { bytes in
                    for start in stride(from: 0, to: bytes.count, by: size) {
                        let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<min(bytes.count, start + size)])
                        try? stream.push(piece, into: &output)
                        _ = stream.takeFindings()
                    }
                    try? stream.finish(into: &output)
                }
            }
            report("redact, a stream of \(size)-byte pieces", bytes: text.count, seconds: seconds)
        }
    }

    /// A mebibyte of one unit again and again.
    private static func measureWorstCases(only name: String? = nil) {
        let redactor = Redactor()
        let scratch = Scratch()
        let size = 1 << 20
        for (unitName, unit) in worstUnits where name == nil || name == unitName {
            let unit = Array(unit.utf8)
            let text = Array(repeatElement(unit, count: size / unit.count).joined())
            report(
                "worst case, \(unitName)",
                bytes: text.count,
                seconds: best { text.withUnsafeBytes { redactor.find($0, into: scratch) } }
            )
        }
    }

    private static let worstUnits: [(String, String)] = [
        ("all digits", "7"), ("all at signs", "@"), ("number words", "one "), ("one token", "a"),
        ("digits and spaces", "7 "), ("digits and dots", "7."), ("digits and hyphens", "7-"),
        ("pairs and spaces", "77 "),
        ("fours and spaces", "4111 "), ("fours and hyphens", "4111-"), ("threes and dots", "255."),
        ("addresses", "a@"), ("dotted addresses", "a.b@c."), ("spelled addresses", "a dot "), ("letters", "a b "),
        ("letters and digits", "a1"), ("codes", "A1 "), ("machine addresses", "10.20.30.40 "), ("colons", "ab:"),
        ("colons and digits", "1:"), ("dates", "01/02/1987 "), ("months", "May 4 "), ("plus signs", "+1 "),
        ("parentheses", "(415) "), ("corrections", "four no "), ("context words", "card 411 "),
        ("hundreds", "hundred "),
        ("fillers", "one uh "), ("lines of digits", "7\n"), ("hexadecimal", "de ad 0f "), ("accents", "é7 "),
    ]

    /// One chat message of 222 bytes.
    private static func measureMessage() {
        let message = Array(
            ("Hi there, this is about the second charge on my account. The card is 4012 8888 8888 1881, it runs out 11/29, and you can "
                + "write to mara.silva@example.org or call 415-555-0132 in the evening. Thanks a lot for your help.")
                .utf8
        ).prefix(222)
        let text = Array(message)
        let redactor = Redactor()
        let scratch = Scratch()
        var times: [Int] = []
        text.withUnsafeBytes { bytes in
            for _ in 0..<20_000 { redactor.find(bytes, into: scratch) }
            for _ in 0..<200_000 {
                let start = ProcessorTime.nanoseconds()
                redactor.find(bytes, into: scratch)
                times.append(ProcessorTime.nanoseconds() - start)
            }
        }
        times.sort()
        print(
            "message of \(text.count) bytes: p50 \(times[times.count / 2]) ns, p99 \(times[times.count * 99 / 100]) ns"
        )
    }

    private static func best(_ body: () -> Void) -> Double {
        var best = Double.infinity
        for _ in 0..<4 {
            let start = ProcessorTime.threadNanoseconds()
            body()
            best = min(best, Double(ProcessorTime.threadNanoseconds() - start) / 1e9)
        }
        return best
    }
}
