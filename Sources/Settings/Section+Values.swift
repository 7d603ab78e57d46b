import Yams

extension Section {
    func text(_ key: String) -> String? {
        guard let node = value(key) else { return nil }
        guard let text = node.scalar?.string, !text.isEmpty else {
            problem(key, node.scalar == nil ? "must be a text" : "must not be empty")
            return nil
        }
        return text
    }

    func requiredText(_ key: String, example: String) -> String? {
        require(key, example: example)
        return text(key)
    }

    /// A list of texts; one text stands for a list of one.
    func texts(_ key: String) -> [String] {
        guard let node = value(key) else { return [] }
        if node.scalar != nil { return text(key).map { [$0] } ?? [] }
        guard let sequence = node.sequence else {
            problem(key, "must be a list of texts")
            return []
        }
        return sequence.enumerated().compactMap { index, item in
            if let text = item.scalar?.string, !text.isEmpty { return text }
            source.report("\(full(key))[\(index)]", item.mark.map(Position.init), "must be a text")
            return nil
        }
    }

    func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let text = text(key) else { return nil }
        guard let value = Self.count(text), range.contains(value) else {
            problem(key, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }

    func flag(_ key: String) -> Bool? {
        guard let text = text(key) else { return nil }
        guard let value = Bool(text) else {
            problem(key, "must be true or false")
            return nil
        }
        return value
    }

    /// One of a closed list of names.
    func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, _ type: Choice.Type) -> Choice?
    where Choice.RawValue == String {
        guard let text = text(key) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        problem(key, "must be one of: \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        return nil
    }

    /// A time such as `400ms`, `4s`, `5m`, `1h`, in milliseconds.
    func duration(_ key: String, in range: ClosedRange<Int>) -> Int? {
        measure(
            key,
            in: range,
            units: [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)],
            "a time",
            "400ms, 4s, 5m or 1h"
        )
    }

    /// A size such as `64KiB` or `1MiB`, in bytes.
    func size(_ key: String, in range: ClosedRange<Int>) -> Int? {
        measure(
            key,
            in: range,
            units: [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)],
            "a size",
            "64KiB, 1MiB or 2GiB"
        )
    }

    private func measure(
        _ key: String,
        in range: ClosedRange<Int>,
        units: [(name: String, factor: Int)],
        _ what: String,
        _ examples: String
    ) -> Int? {
        guard let text = text(key) else { return nil }
        for unit in units where text.hasSuffix(unit.name) {
            guard let count = Self.count(text.dropLast(unit.name.count)) else { continue }
            let (value, overflow) = count.multipliedReportingOverflow(by: unit.factor)
            if !overflow, range.contains(value) { return value }
        }
        func written(_ value: Int) -> String {
            let unit = units.last { value % $0.factor == 0 && value >= $0.factor } ?? units[0]
            return "\(value / unit.factor)\(unit.name)"
        }
        problem(
            key,
            "must be \(what) from \(written(range.lowerBound)) to \(written(range.upperBound)), "
                + "written like \(examples)"
        )
        return nil
    }

    /// Digits and nothing else: no sign, no space.
    private static func count(_ text: some StringProtocol) -> Int? {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
    }
}
