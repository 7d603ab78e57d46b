import Redaction

/// Made-up values of each type, valid by the type's own check, in the ways that people write them.
struct Values {
    var random: SeededGenerator

    mutating func value(_ type: EntityType) -> String {
        switch type {
        case .creditCard: return card()
        case .cardCVV: return random.digits(random.pick([3, 3, 3, 4]))
        case .cardExpiry:
            let month = two(Int.random(in: 1...12, using: &random))
            let year = Int.random(in: 2026...2033, using: &random)
            return random.pick(["\(month)/\(year % 100)", "\(month)/\(year)", "\(month)-\(year % 100)"])
        case .usSSN: return grouped(ssn(), [3, 2, 4], ["-", "-", " ", ""])
        case .usITIN:
            return grouped(
                "9\(random.digits(2))\(random.pick([50, 62, 71, 80, 92, 95]))\(random.digits(4))",
                [3, 2, 4],
                ["-", "-", " "]
            )
        case .email: return email()
        case .phone: return phone()
        case .iban: return iban()
        case .bankAccount:
            return "\(Int.random(in: 1...9, using: &random))" + random.digits(random.pick([7, 7, 8, 9, 11]))
        case .abaRouting: return aba()
        case .ukSortCode: return grouped(random.digits(6), [2, 2, 2], ["-", "-", " ", ""])
        case .ipAddress: return address()
        case .macAddress:
            let sign = random.pick([":", ":", "-"])
            return (0..<6).map { _ in random.letters(2, from: "0123456789ABCDEF") }.joined(separator: sign)
        case .dateOfBirth: return birth()
        case .passport:
            return random.pick([
                random.letters(1) + random.digits(8), random.digits(9), random.letters(2) + random.digits(7),
            ])
        case .driverLicense:
            return random.pick([
                random.letters(1) + random.digits(7), random.digits(8), random.letters(1) + random.digits(12),
            ])
        case .ukNINO:
            let body =
                random.pick(["AB", "CE", "JG", "PX", "SN", "HR"]) + random.digits(6) + random.letters(1, from: "ABCD")
            return grouped(body, [2, 2, 2, 2, 1], [" ", "", ""])
        case .ukNHS: return grouped(nhs(), [3, 3, 4], [" ", "", "-"])
        case .brCPF: return cpf()
        case .brCNPJ: return cnpj()
        case .caSIN: return grouped(sin(), [3, 3, 3], ["-", " ", ""])
        case .deTaxID: return grouped(germanTax(), [2, 3, 3, 3], [" ", "", ""])
        case .deIDCard:
            return random.letters(1, from: "CFGHJKLMNPRTVWXYZ") + random.digits(3)
                + random.letters(2, from: "CFGHJKLMNPRTVWXYZ") + random.digits(3)
        case .deSVNR: return pension()
        case .frNIR: return nir()
        case .esNIF: return nif()
        case .itFiscalCode: return fiscal()
        case .vin: return vin()
        case .custom, .unresolved: return ""
        }
    }

    private func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }

    mutating func grouped(_ text: String, _ lengths: [Int], _ signs: [String]) -> String {
        let sign = random.pick(signs)
        var rest = Substring(text)
        var parts: [Substring] = []
        for length in lengths {
            parts.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return (parts + (rest.isEmpty ? [] : [rest])).joined(separator: sign)
    }

    private func numbers(_ text: String) -> [Int] { text.compactMap(\.wholeNumberValue) }

    private func withLuhn(_ text: String) -> String {
        for check in 0...9 {
            var sum = 0
            for (index, digit) in numbers(text + "\(check)").reversed().enumerated() {
                sum += index % 2 == 0 ? digit : digit * 2 > 9 ? digit * 2 - 9 : digit * 2
            }
            if sum % 10 == 0 { return text + "\(check)" }
        }
        return text
    }

    mutating func cardDigits() -> String {
        let (prefix, length) = random.pick([
            ("4", 16), ("4", 16), ("51", 16), ("54", 16), ("2223", 16), ("2650", 16), ("34", 15), ("37", 15),
            ("6011", 16), ("36", 14),
            ("3530", 16), ("62", 16), ("4", 19),
        ])
        return withLuhn(prefix + random.digits(length - prefix.count - 1))
    }

    private mutating func card() -> String {
        let digits = cardDigits()
        switch digits.count {
        case 15: return grouped(digits, [4, 6, 5], ["", " ", "-"])
        case 14: return grouped(digits, [4, 6, 4], ["", " ", "-"])
        default: return grouped(digits, [4, 4, 4, 4], ["", " ", "-"])
        }
    }

    mutating func ssn() -> String {
        let area = random.pick([Int.random(in: 101...665, using: &random), Int.random(in: 667...899, using: &random)])
        return "\(area)\(two(Int.random(in: 1...99, using: &random)))\(Int.random(in: 1000...9999, using: &random))"
    }

    private mutating func email() -> String {
        let first = random.pick([
            "mara", "jonas", "lea", "t.okafor", "ines_vega", "p-dubois", "kwame99", "r.schmidt", "ana.lima", "o'neil",
        ])
        let host = random.pick(["example", "mailhaus", "postbox", "acme-corp", "uni.wien", "corp.north"])
        return
            "\(first)\(random.pick(["", "", "+news", "84"]))@\(host).\(random.pick(["com", "org", "de", "co.uk", "fr", "es", "com.br", "info"]))"
    }

    mutating func usPhone() -> String {
        "\(Int.random(in: 201...989, using: &random))\(Int.random(in: 201...989, using: &random))\(random.digits(4))"
    }

    private mutating func phone() -> String {
        let us = usPhone()
        let a = us.prefix(3)
        let b = us.dropFirst(3).prefix(3)
        let c = us.suffix(4)
        return random.pick([
            "(\(a)) \(b)-\(c)", "\(a)-\(b)-\(c)", "\(a).\(b).\(c)", "+1 \(a) \(b) \(c)", "+1-\(a)-\(b)-\(c)",
            "1-\(a)-\(b)-\(c)",
            "+44 20 7\(random.digits(3)) \(random.digits(4))", "07\(random.digits(3)) \(random.digits(6))",
            "020 7\(random.digits(3)) \(random.digits(4))",
            "+49 30 \(random.digits(7))", "0171 \(random.digits(7))", "030/\(random.digits(7))", "+33 6 \(pairs(4))",
            "06 \(pairs(4))",
            "+34 6\(random.digits(2)) \(random.digits(3)) \(random.digits(3))",
            "+55 11 9\(random.digits(4))-\(random.digits(4))", "(11) 9\(random.digits(4))-\(random.digits(4))",
            "(\(a)) \(b)-\(c) ext. \(random.digits(3))", "+1\(us)",
        ])
    }

    private mutating func pairs(_ count: Int) -> String {
        (0..<count).map { _ in random.digits(2) }.joined(separator: " ")
    }

    private mutating func iban() -> String {
        let country = random.pick([
            ("DE", 18), ("GB", 18), ("FR", 23), ("ES", 20), ("NL", 14), ("IT", 23), ("PT", 21), ("CH", 17),
        ])
        var body = random.digits(country.1)
        if country.0 == "GB" || country.0 == "NL" { body = random.letters(4) + random.digits(country.1 - 4) }
        if country.0 == "IT" { body = random.letters(1) + random.digits(22) }
        var rest = 0
        for byte in (body + country.0 + "00").utf8 {
            rest = byte >= 65 ? (rest * 100 + Int(byte) - 55) % 97 : (rest * 10 + Int(byte) - 48) % 97
        }
        return grouped(
            "\(country.0)\(two(98 - rest))\(body)",
            Array(repeating: 4, count: (body.count + 4) / 4),
            ["", " "]
        )
    }

    private mutating func aba() -> String {
        while true {
            let text = random.pick(["02", "11", "12", "26", "31", "07"]) + random.digits(6)
            let n = numbers(text)
            let sum = 3 * (n[0] + n[3] + n[6]) + 7 * (n[1] + n[4] + n[7]) + n[2] + n[5]
            return text + "\((10 - sum % 10) % 10)"
        }
    }

    private mutating func address() -> String {
        if Bool.random(using: &random) {
            return (0..<4).map { _ in "\(Int.random(in: 1...254, using: &random))" }.joined(separator: ".")
        }
        return "2001:db8:"
            + (0..<6).map { _ in String(Int.random(in: 1...65535, using: &random), radix: 16) }.joined(separator: ":")
    }

    private mutating func birth() -> String {
        let day = Int.random(in: 1...28, using: &random)
        let month = Int.random(in: 1...12, using: &random)
        let year = Int.random(in: 1940...2006, using: &random)
        let name = [
            "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December",
        ][month - 1]
        return random.pick([
            "\(two(month))/\(two(day))/\(year)", "\(year)-\(two(month))-\(two(day))",
            "\(two(day)).\(two(month)).\(year)", "\(name) \(day), \(year)",
            "\(day) \(name) \(year)", "\(day)/\(month)/\(year)",
        ])
    }

    private mutating func nhs() -> String {
        while true {
            let text = random.pick(["4", "6", "9"]) + random.digits(8)
            let sum = numbers(text).enumerated().reduce(0) { $0 + $1.element * (10 - $1.offset) }
            let check = (11 - sum % 11) % 11
            if check < 10 { return text + "\(check)" }
        }
    }

    private mutating func cpf() -> String {
        var n = numbers(random.digits(9))
        for first in [10, 11] {
            let sum = n.enumerated().reduce(0) { $0 + $1.element * (first - $1.offset) }
            n.append(sum * 10 % 11 % 10)
        }
        let text = n.map(String.init).joined()
        return random.pick([
            "\(text.prefix(3)).\(text.dropFirst(3).prefix(3)).\(text.dropFirst(6).prefix(3))-\(text.suffix(2))", text,
        ])
    }

    private mutating func cnpj() -> String {
        var n = numbers(random.digits(8) + "0001")
        for _ in 0..<2 {
            let count = n.count
            let sum = n.enumerated().reduce(0) { $0 + $1.element * (2 + (count - 1 - $1.offset) % 8) }
            n.append(sum % 11 < 2 ? 0 : 11 - sum % 11)
        }
        let t = n.map(String.init).joined()
        return random.pick([
            "\(t.prefix(2)).\(t.dropFirst(2).prefix(3)).\(t.dropFirst(5).prefix(3))/\(t.dropFirst(8).prefix(4))-\(t.suffix(2))",
            t,
        ])
    }

    private mutating func sin() -> String { withLuhn(random.pick(["1", "2", "4", "5", "7", "9"]) + random.digits(7)) }

    private mutating func germanTax() -> String {
        var ten = Array(1...9).shuffled(using: &random)
        ten.insert(ten[3], at: Int.random(in: 1...8, using: &random))
        var product = 10
        for digit in ten {
            let sum = (digit + product) % 10 == 0 ? 10 : (digit + product) % 10
            product = sum * 2 % 11
        }
        return ten.map(String.init).joined() + "\((11 - product) % 10)"
    }

    private mutating func pension() -> String {
        let letter = random.letters(1)
        let text =
            "\(random.pick([12, 53, 65, 42]))\(two(Int.random(in: 1...28, using: &random)))\(two(Int.random(in: 1...12, using: &random)))\(random.digits(2))"
        let serial = random.digits(2)
        let place = Int(letter.utf8.first ?? 65) - 64
        let all = numbers(text) + [place / 10, place % 10] + numbers(serial)
        let weights = [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1]
        let sum = zip(all, weights).reduce(0) { $0 + ($1.0 * $1.1) / 10 + ($1.0 * $1.1) % 10 }
        return text + letter + serial + "\(sum % 10)"
    }

    private mutating func nir() -> String {
        let text =
            "\(random.pick([1, 2]))\(random.digits(2))\(two(Int.random(in: 1...12, using: &random)))\(two(Int.random(in: 1...95, using: &random)))\(random.digits(6))"
        let key = two(97 - (Int(text) ?? 0) % 97)
        return random.pick([text + key, grouped(text + key, [1, 2, 2, 2, 3, 3, 2], [" "])])
    }

    private mutating func nif() -> String {
        let letters = Array("TRWAGMYFPDXBNJZSQVHLCKE")
        let number = Int.random(in: 10_000_000...99_999_999, using: &random)
        if Bool.random(using: &random) { return "\(number)\(letters[number % 23])" }
        let foreign = Int.random(in: 1_000_000...9_999_999, using: &random)
        let prefix = Int.random(in: 0...2, using: &random)
        return "\(Array("XYZ")[prefix])\(foreign)\(letters[(prefix * 10_000_000 + foreign) % 23])"
    }

    private mutating func fiscal() -> String {
        let text =
            random.letters(6) + random.digits(2) + random.letters(1, from: "ABCDEHLMPRST")
            + two(Int.random(in: 1...28, using: &random))
            + random.letters(1, from: "ABCDEFGHIL") + random.digits(3)
        let odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]
        var sum = 0
        for (index, byte) in text.utf8.enumerated() {
            let value = Int(byte >= 65 ? byte - 65 : byte - 48)
            sum += index % 2 == 0 ? odd[value] : value
        }
        return text + String(UnicodeScalar(UInt8(65 + sum % 26)))
    }

    private mutating func vin() -> String {
        let values = [1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 5, 0, 7, 0, 9, 2, 3, 4, 5, 6, 7, 8, 9]
        let weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]
        var text = Array(
            (random.pick(["1HG", "WVW", "JTD", "5YJ"]) + random.letters(3) + random.digits(2) + "0" + random.letters(2)
                + random.digits(6)).utf8
        )
        var sum = 0
        for (index, byte) in text.enumerated() {
            sum += weights[index] * (byte >= 65 ? values[Int(byte - 65)] : Int(byte - 48))
        }
        text[8] = sum % 11 == 10 ? 88 : UInt8(48 + sum % 11)
        return String(decoding: text, as: UTF8.self)
    }
}
