public import ArgumentParser
public import Identity

extension Assurance: ExpressibleByArgument {}
extension IdentityPurpose: ExpressibleByArgument {}
extension Sharing: ExpressibleByArgument {}
extension WhenForgotten: ExpressibleByArgument {}

/// Identifiers of a person on the command line.
struct IdentifierOptions: ParsableArguments {
    @Option(name: .customLong("phone"), help: "A telephone number, in any usual form. Repeatable.")
    var phones: [String] = []

    @Option(name: .customLong("email"), help: "An e-mail address. Repeatable.")
    var emails: [String] = []

    @Option(name: .customLong("account"), help: "An account number. Repeatable.")
    var accounts: [String] = []

    @Option(name: .customLong("external"), help: "An id in another system, written system/id. Repeatable.")
    var externals: [String] = []

    @Option(help: "Where telephone numbers without country code are at home, such as DE.")
    var region: String?

    var count: Int { phones.count + emails.count + accounts.count + externals.count }

    func identifiers(_ normaliser: Normaliser, customers: [String] = []) throws -> [Identifier] {
        let written: [(IdentifierKind, [String])] = [
            (.customer, customers), (.phone, phones), (.email, emails), (.account, accounts), (.external, externals),
        ]
        return try written.flatMap { kind, texts in
            try texts.map { try normaliser.identifier(kind, $0, region: region) }
        }
    }
}

/// One customer on the command line: a global customer id, or one identifier.
struct CustomerOptions: ParsableArguments {
    @Option(help: "The customer's number in the system of record, or a global customer id.")
    var customer: String?

    @OptionGroup var identifiers: IdentifierOptions

    func validate() throws {
        guard identifiers.count + (customer == nil ? 0 : 1) == 1 else {
            throw ValidationError("name the customer once: --customer, --phone, --email, --account or --external")
        }
    }

    func reference(_ normaliser: Normaliser) throws -> CustomerReference {
        if let customer, CustomerID.isOne(customer) { return .customer(customer) }
        let named = try identifiers.identifiers(normaliser, customers: customer.map { [$0] } ?? [])
        guard let first = named.first else { throw ValidationError("name a customer") }
        return .identifier(first)
    }
}

/// A customer written as one word: a global customer id, or `kind:value` such as `phone:+4930901820`.
enum CustomerWord {
    static func reference(_ word: String, _ normaliser: Normaliser) throws -> CustomerReference {
        if CustomerID.isOne(word) { return .customer(word) }
        guard let colon = word.firstIndex(of: ":"), let kind = IdentifierKind(rawValue: String(word[..<colon])) else {
            throw ValidationError("write a global customer id, or kind:value such as phone:+4930901820")
        }
        return .identifier(try normaliser.identifier(kind, String(word[word.index(after: colon)...])))
    }
}
