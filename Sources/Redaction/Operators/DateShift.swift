/// Moves dates by a secret number of days, so that intervals within one scope stay.
struct DateShift {
    /// 1 to 365 days, forward or back.
    let days: Int

    init(secret: [UInt8]) {
        let number = secret.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        let distance = number % 365 + 1
        days = (secret.last ?? 0) & 1 == 0 ? distance : -distance
    }

    /// Appends the moved date in the form of `value`: year first, or year last with the order of day and month kept; a mask when
    /// the form is another.
    func append(_ value: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        var parts: [(start: Int, length: Int, number: Int)] = []
        var index = 0
        while index < value.count {
            guard Bytes.isDigit(value[index]) else {
                index += 1
                continue
            }
            let start = index
            var number = 0
            while index < value.count, Bytes.isDigit(value[index]), index - start < 5 {
                number = number * 10 + Int(value[index] - 0x30)
                index += 1
            }
            parts.append((start, index - start, number))
        }
        guard let order = Self.order(parts.map { ($0.length, $0.number) }), value.allSatisfy({ !Bytes.isLetter($0) })
        else {
            return Mask.full.appendStars(4, to: &output)
        }
        let moved = Self.date(Self.days(parts[order.0].number, parts[order.1].number, parts[order.2].number) + days)
        let numbers = [order.0: moved.year, order.1: moved.month, order.2: moved.day]
        var offset = 0
        for (place, part) in parts.enumerated() {
            output.append(contentsOf: UnsafeRawBufferPointer(rebasing: value[offset..<part.start]))
            let text = String(numbers[place] ?? 0)
            output.append(contentsOf: repeatElement(0x30, count: max(0, part.length - text.utf8.count)))
            output.append(contentsOf: text.utf8)
            offset = part.start + part.length
        }
        output.append(contentsOf: UnsafeRawBufferPointer(rebasing: value[offset...]))
    }

    /// The places of year, month and day among three numbers.
    private static func order(_ parts: [(length: Int, number: Int)]) -> (Int, Int, Int)? {
        guard parts.count == 3 else { return nil }
        if parts[0].length == 4 { return 1...12 ~= parts[1].number && 1...31 ~= parts[2].number ? (0, 1, 2) : nil }
        guard parts[2].length == 4, 1...31 ~= parts[0].number, 1...31 ~= parts[1].number else { return nil }
        // Day first unless that is no date; an ambiguous one is read the same way both times.
        if parts[1].number <= 12 { return (2, 1, 0) }
        return parts[0].number <= 12 ? (2, 0, 1) : nil
    }

    /// Days since 1970-01-01 of a date of the proleptic Gregorian calendar.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let y = month <= 2 ? year - 1 : year
        let era = y / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let z = days + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}
