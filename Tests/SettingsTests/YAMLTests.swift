import Testing

@testable import Settings

struct YAMLTests {
    @Test(
        arguments: [
            ("", nil, "is empty"), ("# nothing\n", nil, "is empty"), ("a: 1\n\tb: 2\n", 2, "is not valid YAML"),
            ("a: [1\nb: 2\n", 2, "is not valid YAML"), ("a: *b\n", 1, "is not valid YAML"),
            ("a: 1\n---\nb: 2\n", 2, "is not valid YAML"),
            ("a: 1\nb: \u{1}\n", 2, "is not valid YAML"),
            ("\"\\u0061\": 1\nb: 2\n\"\\u0061\": 3\n", 1, "has a key twice in one mapping: a"),
            ("- a\n- b\n", nil, "must be a mapping"), ("text\n", nil, "must be a mapping"),
        ] as [(String, Int?, String)]
    )
    func tellsWhatCannotBeRead(_ text: String, _ line: Int?, _ says: String) throws {
        let problems = try Site().problems(text)
        #expect(problems.count == 1, "\(problems)")
        #expect(problems.first?.line == line)
        #expect(problems.first?.message.hasPrefix(says) == true, "\(problems)")
    }

    @Test func refusesBytesThatAreNoText() throws {
        let site = try Site()
        #expect(throws: ConfigurationProblems.self) { try site.read([0x61, 0x3A, 0x20, 0xFF]) }
    }

    @Test func tellsThatTheFileIsMissing() throws {
        let site = try Site()
        do throws(ConfigurationProblems) {
            _ = try Configuration.load(path: site.path("none.yaml"), environment: [:])
            Issue.record("there is no such file")
        } catch {
            #expect("\(error)".contains("is missing: 'muniment init' writes one"))
        }
    }

    @Test(arguments: [500, 100_000])
    func deepNestingIsRefused(_ depth: Int) throws {
        let problems = try Site().problems(
            "ledger: " + String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        )
        #expect(!problems.isEmpty)
    }

    @Test func manyRepeatedKeysEndTheReading() throws {
        let problems = try Site().problems((0..<200).map { "k\($0): 1\nk\($0): 2\n" }.joined())
        #expect(problems.count == 1 && problems[0].message.contains("has a key twice"))
    }

    /// Random damage is reported or harmless, and never the end of the process.
    @Test(arguments: 0..<8) func damageIsNeverFatal(_ seed: Int) throws {
        let site = try Site()
        var random = SplitMix64(state: UInt64(seed))
        let marks = Array("{}[]:,-#&*!|>'\"%@`\n\t ?~\u{0}\u{7F}0a".utf8) + [0xC3, 0xEE, 0xFF]
        let lines = site.text.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.contains("#") }
        var refused = 0
        for _ in 0..<60 {
            var damaged = lines
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let (place, other) = (
                    Int.random(in: damaged.indices, using: &random), Int.random(in: damaged.indices, using: &random)
                )
                switch Int.random(in: 0..<4, using: &random) {
                case 0: damaged.remove(at: place)
                case 1: damaged.swapAt(place, other)
                case 2: damaged.insert(damaged[other], at: place)
                default: damaged[place] = damaged[place].dropFirst(Int.random(in: 1...4, using: &random))
                }
            }
            var bytes = Array(damaged.joined(separator: "\n").utf8)
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                guard let mark = marks.randomElement(using: &random) else { continue }
                bytes[Int.random(in: bytes.indices, using: &random)] = mark
            }
            do throws(ConfigurationProblems) {
                _ = try site.read(bytes)
            } catch {
                refused += 1
                #expect(!error.problems.isEmpty)
                #expect(!"\(error)".contains("secret-of"))
            }
        }
        #expect(refused > 20)
    }
}
