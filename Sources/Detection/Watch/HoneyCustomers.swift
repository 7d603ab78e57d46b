internal import JSON

/// The customers who were planted so that nobody has a reason to read them, as codes of their names.
///
/// Neither the record nor this state names them: a code is made under a key that the host has, see
/// ``DetectionConfiguration/honeyCode``.
struct HoneyCustomers: Codable, Sendable {
    /// Epoch of the key, then code, then what the planted customer is called.
    private var planted: [String: [String: String]] = [:]

    /// Takes in that a customer was planted.
    mutating func plant(_ event: LedgerEvent) {
        guard let id = event.text("honeyId"), let epoch = event.fields["epoch"]?.integer else { return }
        for code in event.texts("codes") { planted[String(epoch), default: [:]][code] = id }
    }

    /// Takes in that one no longer is.
    mutating func remove(_ event: LedgerEvent) {
        guard let id = event.text("honeyId") else { return }
        planted = planted.mapValues { $0.filter { $0.value != id } }.filter { !$0.value.isEmpty }
    }

    /// What the planted customer is called who has one of these names; nil for everybody else.
    func id(of names: [String], _ code: DetectionConfiguration.HoneyCode) -> String? {
        for (text, codes) in planted {
            guard let epoch = Int64(text) else { continue }
            for name in names {
                if let found = code(name, epoch).flatMap({ codes[$0] }) { return found }
            }
        }
        return nil
    }
}

extension DetectionEngine {
    /// What follows from a read, or an attempt at one, of a planted customer; nil for everybody else's.
    func honeyRead(_ event: LedgerEvent) -> LedgerEvent? {
        guard let name = event.text("customerId") else { return nil }
        let resolved = state.windows.resolve(name)
        let names = resolved == name ? [name] : [name, resolved]
        guard let id = state.honey.id(of: names, configuration.honeyCode) else { return nil }
        var fields: [String: JSONValue] = ["honeyId": .string(id)]
        for member in [
            "agentId", "customerId", "interactionId", "queueId", "binding", "route", "purpose", "outcome", "clientId",
        ] {
            fields[member] = event.fields[member]
        }
        return event.deriving("HONEY_CUSTOMER_READ", fields)
    }
}
