import JSON
import Redaction
import Testing

/// Random documents whose strings are all different, written in many ways, and random plans over the same keys.
private struct RandomDocuments {
    var generator: SplitMix64
    var markers = 0
    let keys = ["a", "b", "c", "name", "odd key", "é", "\"\\", "", "a-rather-long-key-name"]

    init(seed: UInt64) { generator = SplitMix64(seed: seed) }

    mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &generator) }

    mutating func object(depth: Int = 0) -> JSONValue {
        var members: [String: JSONValue] = [:]
        for _ in 0..<number(0..<6) { members[keys[number(0..<keys.count)]] = value(depth: depth + 1) }
        return .object(members)
    }

    mutating func value(depth: Int) -> JSONValue {
        switch number(0..<(depth < 4 ? 10 : 5)) {
        case 0: return .null
        case 1: return .bool(.random(using: &generator))
        case 2: return .integer(Int64(number(0..<1_000_000_000)))
        case 3, 4:
            markers += 1
            return .string("MARK\(1_000_000 + markers)\(["", "\n", "\"", "é", "😀"][number(0..<5)])!")
        case 5, 6: return .array((0..<number(0..<4)).map { _ in value(depth: depth + 1) })
        default: return object(depth: depth)
        }
    }

    mutating func text(_ value: JSONValue) -> String {
        switch value {
        case .null: return "null"
        case .bool(let value): return "\(value)"
        case .integer(let value): return "\(value)"
        case .number(let value): return "\(value)"
        case .string(let value): return quoted(value)
        case .array(let elements):
            return "[" + elements.map { space() + text($0) + space() }.joined(separator: ",") + "]"
        case .object(let members):
            let written = members.sorted { $0.key < $1.key }.shuffled(using: &generator).map { key, value in
                space() + quoted(key) + space() + ":" + space() + text(value) + space()
            }
            return "{" + written.joined(separator: ",") + "}"
        }
    }

    private mutating func space() -> String { number(0..<4) == 0 ? [" ", "\n", "\t\r"][number(0..<3)] : "" }

    private mutating func quoted(_ text: String) -> String {
        let escapeSome = number(0..<3) == 0
        var result = "\""
        for unit in text.unicodeScalars {
            if unit.value < 0x20 || unit == "\"" || unit == "\\" || (escapeSome && number(0..<3) == 0) {
                for codeUnit in String(unit).utf16 {
                    let digits = String(codeUnit, radix: 16, uppercase: Bool.random(using: &generator))
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            } else {
                result.unicodeScalars.append(unit)
            }
        }
        return result + "\""
    }

    mutating func plan() -> ProjectionPlan? {
        let fields: [ProjectionPlan.Field] = (0..<number(1..<10)).compactMap { _ in
            var path = ""
            for step in 0...number(0..<3) {
                let quoted = keys[number(0..<keys.count)].map { "\"\\".contains($0) ? "\\\($0)" : "\($0)" }.joined()
                path += step > 0 && number(0..<3) == 0 ? "[]" : "[\"\(quoted)\"]"
            }
            let actions: [FieldAction] = [
                .release, .release, .withhold, .mask(.full), .mask(.last4), .mask(.null), .mask(.initials),
            ]
            return (try? JSONPath(path)).map { ($0, actions[number(0..<actions.count)]) }
        }
        return try? ProjectionPlan(fields: fields)
    }
}

/// The obvious way: read the whole document, keep what the paths name, count.
private struct NaiveProjection {
    let fields: [ProjectionPlan.Field]
    var released = FieldSet()
    var masked = FieldSet()
    var withheld = FieldSet()
    var unknown = 0
    var mismatched = 0

    mutating func filter(_ value: JSONValue, at prefix: [JSONPath.Step] = []) -> JSONValue? {
        if let field = fields.firstIndex(where: { $0.path.steps == prefix }) {
            switch fields[field].action {
            case .release:
                released.insert(field)
                return value
            case .withhold:
                withheld.insert(field)
                return nil
            case .mask(let mask):
                masked.insert(field)
                return show(value, mask)
            }
        }
        let next = fields.map(\.path.steps).filter { $0.count > prefix.count && $0.starts(with: prefix) }.map {
            $0[prefix.count]
        }
        if case .object(let members) = value, next.contains(where: { $0 != .elements }) {
            var kept: [String: JSONValue] = [:]
            for (key, member) in members {
                if next.contains(.member(key)) {
                    kept[key] = filter(member, at: prefix + [.member(key)])
                } else {
                    unknown += 1
                }
            }
            return .object(kept)
        }
        if case .array(let elements) = value, next.contains(.elements) {
            return .array(elements.compactMap { filter($0, at: prefix + [.elements]) })
        }
        mismatched += 1
        return nil
    }

    private func show(_ value: JSONValue, _ mask: Mask) -> JSONValue {
        if mask == .null { return .null }
        switch value {
        case .null: return .null
        case .integer(let number): return .string(mask.masked("\(number)") ?? "")
        case .string(let text): return .string(mask.masked(text) ?? "")
        default: return "****"
        }
    }
}

@Suite struct ProjectionPropertyTests {
    private func strings(_ value: JSONValue) -> [String] {
        switch value {
        case .string(let text): [text]
        case .array(let elements): elements.flatMap(strings)
        case .object(let members): members.values.flatMap(strings)
        default: []
        }
    }

    @Test func equalsTheObviousProjectionAndLeaksNothing() throws {
        var random = RandomDocuments(seed: 11)
        var scratch = ProjectionScratch()
        var shown = 0
        for _ in 0..<4_000 {
            guard let plan = random.plan() else { continue }
            for _ in 0..<3 {
                let document = random.object()
                let text = random.text(document)
                var output: [UInt8] = []
                guard plan.fields.contains(where: { $0.path.steps.first != .elements }) else { continue }
                let projected = try project(plan, Array(text.utf8), &output, &scratch).get()
                var naive = NaiveProjection(fields: plan.fields)
                let expected = naive.filter(document)
                #expect(try JSONValue(parsing: output) == expected)
                #expect(projected.summary.released == naive.released)
                #expect(projected.summary.masked == naive.masked)
                #expect(projected.summary.withheld == naive.withheld)
                #expect(projected.summary.unknownMembers == naive.unknown)
                #expect(projected.summary.mismatchedValues == naive.mismatched)
                for value in projected.values {
                    #expect(throws: Never.self) { try JSONValue(parsing: Array(output[value.range])) }
                }
                let allowed = Set(strings(expected ?? .null))
                let leaves = String(decoding: output, as: UTF8.self)
                for marker in strings(document) where !allowed.contains(marker) {
                    let core = marker.prefix { $0.isASCII && ($0.isLetter || $0.isNumber) }
                    #expect(!leaves.contains(core))
                }
                shown += projected.values.count
            }
        }
        #expect(shown > 1_000)
    }

    @Test func damagedDocumentsAreRefusedWholeOrReadAsValidJSON() throws {
        let text = Array(#"{"a":"SECRET","name":"x\u0061","b":[{"c":1,"d":"SECRET"},{"c":2}],"e":{"f":null}}"#.utf8)
        let plan = try ProjectionPlan(fields: [
            (JSONPath("name"), .mask(.last4)), (JSONPath("b[].c"), .release), (JSONPath("e"), .release),
            (JSONPath("a"), .withhold),
        ])
        var generator = SplitMix64(seed: 12)
        var scratch = ProjectionScratch()
        var output: [UInt8] = []
        for _ in 0..<30_000 {
            var damaged = text
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let place = Int.random(in: 0..<damaged.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: damaged.remove(at: place)
                case 1: damaged.insert(#"{}[]":,\0"#.utf8.randomElement(using: &generator) ?? 0, at: place)
                default: damaged[place] = UInt8.random(in: 0...255, using: &generator)
                }
            }
            output.removeAll(keepingCapacity: true)
            switch project(plan, damaged, &output, &scratch) {
            case .failure:
                #expect(output.isEmpty)
                #expect(scratch.values.isEmpty)
            case .success:
                #expect(throws: Never.self) { try JSONValue(parsing: output) }
                // The input was JSON; only dropped objects may repeat a key.
                do throws(JSONError) {
                    _ = try JSONValue(parsing: damaged)
                } catch {
                    #expect(error.reason == .duplicateKey || error.reason == .numberOutOfRange)
                }
            }
        }
    }
}
