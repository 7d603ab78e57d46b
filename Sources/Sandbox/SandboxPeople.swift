/// A user of the pretend organisation.
struct SandboxAgent: Sendable, Hashable {
    let id: String
    let name: String
    let email: String
    let roles: [String]
    let state: String
}

/// A queue of the pretend organisation.
struct SandboxQueue: Sendable, Hashable {
    let id: String
    let name: String
}

/// A customer as the pretend CRM knows it.
struct SandboxCustomer: Sendable, Hashable {
    let id: String
    let email: String
    let phone: String
    let record: JSON
}

extension SeededGenerator {
    private static let givenNames = [
        "Amélie", "Björn", "Chloe", "Dmitri", "Elena", "Farid", "Grace", "Hiro", "Ines", "Jakub", "Katarzyna", "Liam",
        "María", "Noah", "Oluchi", "Priya", "Quentin", "Rosa", "Søren", "Teresa", "Uma", "Viktor", "Wanjiru", "Zoë",
    ]
    private static let familyNames = [
        "Adeyemi", "Becker", "Costa", "Dubois", "Eriksen", "Fischer", "García", "Hughes", "Ivanova", "Jensen",
        "Kowalski",
        "López", "Müller", "Nakamura", "O'Brien", "Patel", "Quinn", "Rossi", "Schäfer", "Taylor", "Ueda", "Visser",
        "Walsh", "Zhang",
    ]

    /// An agent; the place in the list decides the roles.
    mutating func agent(_ index: Int) -> SandboxAgent {
        let given = pick(Self.givenNames)
        let family = pick(Self.familyNames)
        let roles =
            switch index % 6 {
            case 4: ["Agent", "Supervisor"]
            case 5: ["Agent", "Fraud Specialist"]
            default: ["Agent"]
            }
        return SandboxAgent(
            id: uuid(),
            name: "\(given) \(family)",
            email: "agent\(index + 1)@contactcentre.example",
            roles: roles,
            state: index == 7 ? "inactive" : "active"
        )
    }

    /// A customer with every kind of personal data a CRM holds. Telephone numbers lie in ranges reserved for fiction,
    /// mail domains in those reserved for examples, and card numbers under a test prefix.
    mutating func customer(_ index: Int) -> SandboxCustomer {
        let id = "C-\(100_001 + index)"
        let given = pick(Self.givenNames)
        let family = pick(Self.familyNames)
        let place = pick([
            ("+447700900", 3, "High Street", "Leeds", "LS1 4AP", "GB"),
            ("+493023125", 3, "Lindenstraße", "Berlin", "10969", "DE"),
            ("+33199001", 3, "Rue des Écoles", "Lyon", "69003", "FR"),
            ("+1202555010", 1, "Maple Avenue", "Washington", "20001", "US"),
        ])
        let phone = place.0 + digits(place.1)
        let email = "customer\(100_001 + index)@example.com"
        let record: JSON = [
            "id": .string(id),
            "name": .string("\(given) \(family)"),
            "email": .string(email),
            "phone": .string(phone),
            "address": [
                "street": .string("\(1 + below(180)) \(place.2)"), "city": .string(place.3),
                "postcode": .string(place.4), "country": .string(place.5),
            ],
            "dateOfBirth": .string("19\(50 + below(50))-0\(1 + below(9))-\(10 + below(19))"),
            "nationalId": .string(nationalID()),
            "card": [
                "pan": .string(cardNumber()), "expiry": .string("0\(1 + below(9))/\(28 + below(5))"),
                "cvv": .string(digits(3)),
            ],
            "accounts": .array(
                (0..<(1 + below(2))).map { number in
                    [
                        "iban": .string(iban()), "type": number == 0 ? "current" : "savings",
                        "balance": .decimal("\(below(50_000)).\(10 + below(90))"), "currency": "EUR",
                    ]
                }
            ),
            "notes": [
                .string("Asked to be called back on \(phone)."), .string("\(given) moved here in 20\(10 + below(15))."),
            ],
            "vip": .bool(index % 5 == 1),
            "preferences": ["language": .string(place.5.lowercased()), "marketing": .bool(index % 2 == 0)],
        ]
        return SandboxCustomer(id: id, email: email, phone: phone, record: record)
    }
}
