import JSON
import WallTime

/// Writes an event as ArcSight CEF: `CEF:0|vendor|product|version|class|name|severity|extension`.
struct CEFFormat {
    let facts: EventFacts
    let product: ProductIdentity

    var line: String {
        get throws(JSONCanonicalError) {
            let header = [
                product.vendor, product.name, product.version, facts.event.type.lowercased(), facts.title,
                String(facts.severity.cef),
            ].map(CEFText.header)
            var pairs: [String] = []
            for (key, value) in try dictionary { pairs.append("\(key)=\(CEFText.value(value))") }
            return "CEF:0|" + header.joined(separator: "|") + "|" + pairs.joined(separator: " ")
        }
    }

    /// The keys of the CEF dictionary that apply, in a fixed order; custom strings and numbers carry their labels.
    private var dictionary: [(String, String)] {
        get throws(JSONCanonicalError) {
            var pairs: [(String, String)] = [
                ("rt", String(facts.event.timestamp.milliseconds)),
                ("externalId", facts.event.recordID),
                ("deviceExternalId", facts.event.producer),
            ]
            func add(_ key: String, _ value: String?) {
                if let value { pairs.append((key, value)) }
            }
            add("suser", facts.actor)
            add("src", facts.address)
            add("act", facts.operation)
            add("outcome", facts.text("outcome"))
            add("reason", facts.text("reason"))
            add("cnt", facts.visible["attempts"]?.integer.map(String.init))
            func custom(_ number: Int, _ label: String, _ value: String?) {
                guard let value else { return }
                pairs.append(("cs\(number)Label", label))
                pairs.append(("cs\(number)", value))
            }
            custom(1, "ruleId", facts.text("ruleId"))
            custom(2, "customerToken", facts.customer)
            custom(3, "interactionId", facts.text("interactionId"))
            custom(4, "binding", facts.text("binding"))
            custom(5, "purpose", facts.text("purpose"))
            custom(6, "clientId", facts.client)
            pairs.append(("cn1Label", "ledgerIndex"))
            pairs.append(("cn1", String(facts.event.index)))
            let told: Set<String> = [
                "actor", "agentId", "attempts", "binding", "clientId", "customerId", "interactionId", "outcome",
                "purpose", "question", "reason", "route", "ruleId", "sentence",
            ]
            if let sentence = facts.text("sentence") {
                pairs.append(("msg", sentence))
            } else {
                let rest = facts.rest(without: told)
                if !rest.isEmpty {
                    let json = try JSONValue.object(rest).canonicalBytes()
                    pairs.append(("msg", String(decoding: json, as: UTF8.self)))
                }
            }
            return pairs
        }
    }
}

/// Escaping of CEF, which differs between header and extension.
enum CEFText {
    /// A header field: `\` and `|` get a backslash; line breaks, which no escape exists for, become spaces.
    static func header(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": out += "\\\\"
            case "|": out += "\\|"
            case "\r", "\n": out += " "
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    /// A value of the extension: `\` and `=` get a backslash, carriage return and line feed become `\r` and `\n`.
    static func value(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": out += "\\\\"
            case "=": out += "\\="
            case "\r": out += "\\r"
            case "\n": out += "\\n"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}
