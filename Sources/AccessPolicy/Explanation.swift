/// Why a decision came out as it did.
public struct Explanation: Sendable, Equatable {
    /// A rule that did not decide a field, and why.
    public struct Note: Sendable, Equatable {
        /// The rule's id.
        public let ruleId: String
        /// The rule's effect.
        public let effect: RuleEffect
        /// Why it did not decide.
        public let finding: Finding
        /// What the rule's list for the failed condition names; empty when it names nothing or no condition failed.
        public let needs: [String]
    }

    /// Why a rule did not decide. Raw values name the condition that failed.
    public enum Finding: String, Sendable, CaseIterable {
        /// It covers the field but gave way to the deciding rule.
        case gaveWay = "precedence"
        /// The reader holds none of its roles.
        case role
        /// The purpose is not one of its purposes.
        case purpose
        /// The route is not one of its routes.
        case route
        /// The binding is not one of its grades.
        case binding
        /// The field is not one of its categories.
        case category
        /// The field is not one of its paths.
        case field
    }

    /// One field: what was decided, and which other rules came near.
    public struct Field: Sendable, Equatable {
        /// The decision.
        public let decision: FieldDecision
        /// The other rules, in the policy's order: those that cover the field; those that would on this route, but for
        /// reader, purpose or binding; and those that only one condition kept away. Only the first condition that
        /// failed is given.
        public let notes: [Note]
    }

    /// The policy's version.
    public let policyVersion: String
    /// The request that was explained.
    public let request: AccessRequest
    /// The decision, the same as `CompiledPolicy.decide` gives.
    public let decision: Decision
    /// One explanation per field, in the order of the request.
    public let fields: [Field]
}

extension CompiledPolicy {
    /// Explains the decision about a read.
    public func explain(_ request: AccessRequest) -> Explanation {
        let decision = decide(request)
        return Explanation(
            policyVersion: policy.version,
            request: request,
            decision: decision,
            fields: decision.fields.map { Explanation.Field(decision: $0, notes: notes(on: $0, of: request)) }
        )
    }

    private func notes(on decision: FieldDecision, of request: AccessRequest) -> [Explanation.Note] {
        let field = FieldDescriptor(path: decision.path, category: decision.category)
        return policy.rules.filter { $0.id != decision.decidedBy }.compactMap { rule in
            let failed = failedConditions(of: rule, for: field, in: request)
            let coversFieldHere = rule.covers(route: request.route) && rule.covers(field: field)
            guard failed.count <= 1 || coversFieldHere else { return nil }
            return Explanation.Note(
                ruleId: rule.id,
                effect: rule.effect,
                finding: failed.first?.finding ?? .gaveWay,
                needs: failed.first?.needs ?? []
            )
        }
    }

    private func failedConditions(
        of rule: Rule,
        for field: FieldDescriptor,
        in request: AccessRequest
    ) -> [(finding: Explanation.Finding, needs: [String])] {
        var failed: [(Explanation.Finding, [String])] = []
        if !rule.covers(role: request.roles) { failed.append((.role, rule.roles)) }
        if !rule.covers(purpose: request.purpose) { failed.append((.purpose, rule.purposes)) }
        if !rule.covers(route: request.route) { failed.append((.route, rule.routes)) }
        if !rule.covers(binding: request.binding) { failed.append((.binding, rule.bindings.map(\.rawValue))) }
        if !rule.covers(category: field.category) { failed.append((.category, rule.categories)) }
        if !rule.covers(path: field.path) { failed.append((.field, rule.fields)) }
        return failed
    }
}

extension Explanation: CustomStringConvertible {
    /// The explanation as text of several lines.
    public var description: String {
        let roles = request.roles.isEmpty ? "none" : request.roles.sorted().joined(separator: ", ")
        let released = decision.fields.count { $0.effect != .withhold }
        let outcome = decision.refused.map { "refused, \($0)" } ?? "releases \(released) of \(fields.count) fields"
        var lines = [
            "read of \(request.route) for \(request.purpose), binding \(request.binding.rawValue), roles: \(roles)",
            "policy \(policyVersion): \(outcome)",
        ]
        for field in fields {
            lines.append(line(field.decision))
            lines += field.notes.map { "  - \($0.ruleId) (\($0.effect.rawValue)): \(reason($0, field.decision))" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func line(_ field: FieldDecision) -> String {
        let effect =
            switch field.effect {
            case .allow: "allow"
            case .mask(let name): name.map { "mask \($0)" } ?? "mask"
            case .withhold: "withhold"
            }
        let rule = field.decidedBy.map { "by \($0)" } ?? "no rule releases it"
        return "\(field.path) (\(field.category)): \(effect), \(rule)"
    }

    private func reason(_ note: Note, _ field: FieldDecision) -> String {
        switch note.finding {
        case .gaveWay: "matches too, but \(field.decidedBy ?? "the default") decides"
        case .binding where note.needs.isEmpty: "releases on a contradicted binding only if it names it"
        case let finding where note.needs.isEmpty: "names no \(finding.rawValue)"
        case let finding: "needs \(finding.rawValue) \(note.needs.joined(separator: " or "))"
        }
    }
}
