extension CompiledPolicy {
    /// The policy as text for hashing: equal exactly for policies that say the same.
    ///
    /// One line per role, in order of name, and per rule, in the policy's order since that chooses between masks. Lists
    /// are sorted and without repetition. Strings are quoted, with quotation mark, backslash and control characters
    /// escaped, so that no value can pass for structure. The first line names the format.
    public var canonicalText: String {
        var lines = ["muniment-policy/1", "version=\(quoted(policy.version))"]
        lines += policy.roles.map { role in
            "role \(quoted(role.name)) everyone=\(role.everyone) genesysRoles=\(set(role.genesysRoles))"
                + " agents=\(set(role.agents))"
        }.sorted(by: byteOrder)
        lines += policy.rules.map { rule in
            "rule \(quoted(rule.id)) effect=\(rule.effect.rawValue) roles=\(set(rule.roles)) routes=\(set(rule.routes))"
                + " purposes=\(set(rule.purposes)) bindings=\(set(rule.bindings.map(\.rawValue)))"
                + " categories=\(set(rule.categories)) fields=\(set(rule.fields))"
                + " mask=\(rule.mask.map(quoted) ?? "none") reason=\(rule.reason.map(quoted) ?? "none")"
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func set(_ values: [String]) -> String {
        var parts: [String] = []
        for value in values.map(quoted).sorted(by: byteOrder)
        where parts.last.map({ !$0.utf8.elementsEqual(value.utf8) }) ?? true {
            parts.append(value)
        }
        return "[" + parts.joined(separator: ",") + "]"
    }

    /// Not the order of `String`, which treats canonically equivalent spellings as equal.
    private func byteOrder(_ left: String, _ right: String) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }

    private func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case _ where scalar.value < 0x20: result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
