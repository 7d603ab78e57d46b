/// Reads the pattern of a custom rule.
struct PatternParser {
    struct Item {
        var accepts: [Bool]
        var isOptional = false
        var repeats = false
    }

    private let pattern: [UInt8]
    private var offset = 0

    init(_ pattern: [UInt8]) { self.pattern = pattern }

    mutating func takeBar() -> Bool {
        guard offset < pattern.count, pattern[offset] == 0x7C else { return false }
        offset += 1
        return true
    }

    /// The items up to the next `|` or the end, counts written out.
    mutating func alternative() throws(CustomRule.Failure) -> [Item] {
        var items: [Item] = []
        while offset < pattern.count, pattern[offset] != 0x7C {
            let accepts = try set()
            try append(accepts, to: &items)
            guard items.count <= 64 else {
                throw failure("the pattern is too long: at most 64 characters once counts are written out")
            }
        }
        guard !items.isEmpty else { throw failure("an alternative is empty") }
        return items
    }

    private func failure(_ text: String) -> CustomRule.Failure { CustomRule.Failure(description: text, offset: offset) }

    private mutating func append(_ accepts: [Bool], to items: inout [Item]) throws(CustomRule.Failure) {
        var item = Item(accepts: accepts)
        guard offset < pattern.count else { return items.append(item) }
        switch pattern[offset] {
        case 0x3F:
            item.isOptional = true
            offset += 1
            items.append(item)
        case 0x2A, 0x2B:
            item.isOptional = pattern[offset] == 0x2A
            item.repeats = true
            offset += 1
            items.append(item)
        case 0x7B:
            offset += 1
            let least = try number()
            var most = least
            if offset < pattern.count, pattern[offset] == 0x2C {
                offset += 1
                most = try number()
            }
            guard offset < pattern.count, pattern[offset] == 0x7D else { throw failure("a count ends with }") }
            offset += 1
            guard 1...64 ~= most, least <= most else {
                throw failure("a count is {n} or {n,m} with n not above m, m from 1 to 64")
            }
            items.append(contentsOf: repeatElement(item, count: least))
            item.isOptional = true
            items.append(contentsOf: repeatElement(item, count: most - least))
        default: items.append(item)
        }
    }

    private mutating func number() throws(CustomRule.Failure) -> Int {
        var value = 0
        let start = offset
        while offset < pattern.count, Bytes.isDigit(pattern[offset]), offset - start < 3 {
            value = value * 10 + Int(pattern[offset] - 0x30)
            offset += 1
        }
        guard offset > start else { throw failure("a count needs a number") }
        return value
    }

    private mutating func set() throws(CustomRule.Failure) -> [Bool] {
        var accepts = [Bool](repeating: false, count: 256)
        let byte = pattern[offset]
        offset += 1
        switch byte {
        case 0x2E: for index in 0..<256 where !Bytes.isLineBreak(UInt8(index)) { accepts[index] = true }
        case 0x5C: try escape(&accepts)
        case 0x5B: try brackets(&accepts)
        case 0x3F, 0x2A, 0x2B, 0x7B: throw failure("a count needs a character before it")
        default: accepts[Int(byte)] = true
        }
        return accepts
    }

    private mutating func escape(_ accepts: inout [Bool]) throws(CustomRule.Failure) {
        guard offset < pattern.count else { throw failure("a backslash needs a character after it") }
        let byte = pattern[offset]
        offset += 1
        for index in 0..<256 {
            let other = UInt8(index)
            let isIn =
                switch byte {
                case 0x64: Bytes.isDigit(other)
                case 0x6C: Bytes.isLetter(other)
                case 0x77: Bytes.isWord(other)
                case 0x73: Bytes.isSpace(other)
                default: other == byte
                }
            if isIn { accepts[index] = true }
        }
    }

    private mutating func brackets(_ accepts: inout [Bool]) throws(CustomRule.Failure) {
        var isNegated = false
        if offset < pattern.count, pattern[offset] == 0x5E {
            isNegated = true
            offset += 1
        }
        while offset < pattern.count, pattern[offset] != 0x5D {
            let low = pattern[offset]
            offset += 1
            if low == 0x5C {
                try escape(&accepts)
            } else if offset + 1 < pattern.count, pattern[offset] == 0x2D, pattern[offset + 1] != 0x5D {
                let high = pattern[offset + 1]
                guard low <= high else { throw failure("a range goes from the lower to the higher character") }
                for index in low...high { accepts[Int(index)] = true }
                offset += 2
            } else {
                accepts[Int(low)] = true
            }
        }
        guard offset < pattern.count else { throw failure("a set ends with ]") }
        offset += 1
        if isNegated { for index in 0..<256 { accepts[index].toggle() } }
    }
}
