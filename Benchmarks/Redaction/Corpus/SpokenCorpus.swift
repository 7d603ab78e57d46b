import Redaction

/// Transcripts; `{language:TYPE}` is a value said in words, `{split:TYPE}` one dictated over several turns.
enum SpokenTemplates {
    static let all: [String] = [
        "my card number is {en:CREDIT_CARD}", "okay so the card is {en:CREDIT_CARD} and it expires {en:CARD_EXPIRY}",
        "the security code on the back is {en:CARD_CVV}",
        "sure my social security number is {en:US_SSN} thanks", "you can reach me at {en:PHONE} any time",
        "my phone number is {en:PHONE}, did you get that?",
        "the routing number is {en:ABA_ROUTING} and the account number is {en:BANK_ACCOUNT}",
        "account number {en:BANK_ACCOUNT} at first national",
        "my email is {mail:EMAIL}", "you can send it to {mail:EMAIL} please", "i was born on {en:DATE_OF_BIRTH}",
        "my date of birth is {en:DATE_OF_BIRTH}",
        "Agent: can I have your card number?\nCustomer: yes it's {en:CREDIT_CARD}",
        "Agent: what's the account number?\nCustomer: um {en:BANK_ACCOUNT}",
        "meine Kartennummer ist {de:CREDIT_CARD}", "die Kontonummer lautet {de:BANK_ACCOUNT}",
        "Sie erreichen mich unter der Telefonnummer {de:PHONE}",
        "ma carte c'est le {fr:CREDIT_CARD}", "mon numéro de téléphone est le {fr:PHONE}",
        "mi tarjeta es {es:CREDIT_CARD}", "mi número de teléfono es {es:PHONE}",
        "el número de cuenta es {es:BANK_ACCOUNT}", "o número do cartão é {pt:CREDIT_CARD}",
        "meu telefone é {pt:PHONE}", "a conta é {pt:BANK_ACCOUNT}",
        "Agent: please read me the card number\n{split:CREDIT_CARD}",
        "Agent: your card number, please\n{split:CREDIT_CARD}", "Agent: and the account number?\n{split:BANK_ACCOUNT}",
        // Nothing to be found.
        "i have two kids and one of them is nineteen", "we waited for forty five minutes and then three of us left",
        "the order number is {en:#} i think",
        "it cost two hundred and fifty dollars in twenty twenty four", "my tracking number is {en:#}",
        "there are one or two things i wanted to ask about",
        "wir haben drei Kinder und zwei Hunde", "il y a deux ou trois choses à dire", "tengo dos hijos y una casa",
        "tenho dois filhos e um cachorro",
    ]
}

extension CorpusMaker {
    struct Said {
        var text: String
        var type: EntityType?
    }

    /// Says what a spoken placeholder stands for.
    mutating func say(_ name: String) -> [Said] {
        let parts = name.split(separator: ":")
        guard parts.count == 2 else { return [Said(text: name)] }
        if parts[1] == "#" { return [Said(text: words(random.digits(8), "en"))] }
        guard let type = EntityType(name: String(parts[1])) else { return [] }
        switch parts[0] {
        case "mail": return [Said(text: mail(), type: type)]
        case "split": return split(digits(type), type)
        default: break
        }
        switch type {
        case .cardExpiry:
            let month = Int.random(in: 1...12, using: &random)
            let year = Int.random(in: 26...33, using: &random)
            let said = month < 10 ? "zero \(Self.units["en"]?[month] ?? "")" : ["ten", "eleven", "twelve"][month - 10]
            return [Said(text: "\(said) \(tens(year))", type: type)]
        case .dateOfBirth: return [Said(text: date(), type: type)]
        default: return [Said(text: words(digits(type), String(parts[0])), type: type)]
        }
    }

    private mutating func mail() -> String {
        let name = random.pick([
            "mara dot silva", "j o n a s", "lea underscore berg", "tom dot okafor", "nina dash wolf", "oliver",
            "p dot dubois",
        ])
        return
            "\(name) at \(random.pick(["gmail", "yahoo", "example", "postbox"])) dot \(random.pick(["com", "org", "net"]))"
    }

    private mutating func date() -> String {
        let months = [
            "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
            "november", "december",
        ]
        let days = [
            "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "twelfth",
            "fifteenth", "nineteenth", "twentieth", "twenty first", "twenty ninth",
        ]
        let year = "nineteen \(tens(Int.random(in: 50...99, using: &random)))"
        let month = random.pick(months)
        let day = random.pick(days)
        return random.pick(["\(month) \(day) \(year)", "the \(day) of \(month) \(year)", "\(month) the \(day) \(year)"])
            .replacingPrefix("the ")
    }

    private mutating func split(_ digits: String, _ type: EntityType) -> [Said] {
        var said: [Said] = []
        var rest = Substring(digits)
        while !rest.isEmpty {
            let part = rest.prefix(rest.count < 7 ? rest.count : 4)
            rest = rest.dropFirst(part.count)
            said.append(Said(text: "Customer: "))
            said.append(Said(text: words(String(part), "en"), type: type))
            if !rest.isEmpty {
                said.append(Said(text: "\nAgent: \(random.pick(["okay", "mhm", "got it", "go ahead", "yes"]))\n"))
            }
        }
        return said
    }

    private static let units: [String: [String]] = [
        "en": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
        "de": ["null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"],
        "fr": ["zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"],
        "es": ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"],
        "pt": ["zero", "um", "dois", "três", "quatro", "cinco", "seis", "sete", "oito", "nove"],
    ]

    private func tens(_ value: Int) -> String {
        let names = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
        let unit = value % 10 == 0 ? "" : " \(Self.units["en"]?[value % 10] ?? "")"
        return names[value / 10 - 2] + unit
    }

    /// Digits in words: one by one, with pauses, doubles, pairs as whole numbers.
    mutating func words(_ digits: String, _ language: String) -> String {
        let names = Self.units[language] ?? []
        let n = digits.compactMap(\.wholeNumberValue)
        var said: [String] = []
        var index = 0
        let style = Int.random(in: 0...3, using: &random)
        while index < n.count {
            if language == "en", style == 1, index + 1 < n.count, n[index] == n[index + 1] {
                said.append("double \(names[n[index]])")
                index += 2
            } else if language == "en", style == 2, index + 1 < n.count, n[index] >= 2 {
                said.append(tens(n[index] * 10 + n[index + 1]))
                index += 2
            } else if language == "de", style == 2, index + 1 < n.count, n[index] >= 2, n[index + 1] > 1 {
                let names10 = ["zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"]
                said.append("\(names[n[index + 1]])und\(names10[n[index] - 2])")
                index += 2
            } else {
                said.append(language == "en" && style == 3 && n[index] == 0 ? "oh" : names[n[index]])
                index += 1
            }
        }
        if style == 0, Int.random(in: 0...2, using: &random) == 0, said.count > 6 {
            said[3] += ","
            said.insert("um", at: 4)
        }
        return said.joined(separator: " ")
    }
}

extension String {
    fileprivate func replacingPrefix(_ prefix: String) -> String {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : self
    }
}
