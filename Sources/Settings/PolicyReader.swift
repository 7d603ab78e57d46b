import AccessPolicy
import Crypto
import Gateway
import Redaction

/// Reads policies, in the configuration itself or in files of their own, and checks them against what is configured.
struct PolicyReader {
    /// What rules may speak about.
    let schema: PolicySchema
    /// Whether the schema is all that the routes say; if not, what depends on it is not judged.
    let isSchemaSound: Bool
    let hasPlatform: Bool
    /// The grades that reads can have with these settings.
    let grades: Set<BindingGrade>
    let files: FileChecks

    init(routes: [RouteReader.Reading], isSound: Bool, hasPlatform: Bool, hasCustomerAttribute: Bool, files: FileChecks)
    {
        schema = PolicySchema(
            routes: routes.map(\.schema),
            categories: Set(Category.known.map(\.rawValue)),
            masks: Set(Mask.allCases.map(\.name))
        )
        isSchemaSound = isSound && routes.allSatisfy(\.isSchemaSound)
        self.hasPlatform = hasPlatform
        self.files = files
        if !hasPlatform {
            grades = [.claimed]
        } else {
            grades =
                hasCustomerAttribute
                ? [.verified, .partial, .contradicted, .unverifiable] : [.partial, .contradicted, .unverifiable]
        }
    }

    /// Reads a policy from its section, or from the file that the section names.
    /// - Parameter hash: takes in the file's bytes.
    func policy(_ section: Section, into hash: inout SHA256) -> Policy? {
        guard section.has("file") else { return read(section) }
        defer { section.end() }
        guard let (path, bytes) = files.read(section, "file") else { return nil }
        hash.update(data: bytes)
        var source = Source(file: path, repeated: [:], collector: section.source.collector)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            source.report(section.path, nil, "is not UTF-8 text")
            return nil
        }
        do throws(YAMLFault) {
            let document = try YAMLDocument(text)
            guard let root = document.root else {
                source.report(section.path, nil, "is empty: write 'version', 'roles' and 'rules' into it")
                return nil
            }
            source = Source(file: path, repeated: document.repeated, collector: section.source.collector)
            return read(Section(root, path: section.path, position: nil, source: source))
        } catch {
            source.report(section.path, error.position, error.message)
            return nil
        }
    }

    /// A role or a rule, where it stands, and whether it was understood whole.
    private struct Part<Value> {
        let value: Value
        let section: Section
        let isSound: Bool
    }

    private func read(_ section: Section) -> Policy? {
        defer { section.end() }
        let version = section.requiredText("version", example: "\"1\"")
        section.require("roles", example: "[{name: agent, everyone: true}]")
        section.require("rules", example: "[{id: names, effect: allow, roles: [agent], categories: [name]}]")
        let roleSections = section.sections("roles")
        let roles = parts(roleSections, role)
        let rules = parts(section.sections("rules"), rule)
        let policy = Policy(version: version ?? "", roles: roles.map(\.value), rules: rules.map(\.value))
        // A role whose name could not be read may be the one that a rule means.
        report(policy, roles, rules, areRolesKnown: roles.count == roleSections.count)
        return policy
    }

    private func parts<Value>(_ sections: [Section], _ read: (Section) -> Value?) -> [Part<Value>] {
        sections.compactMap { section in
            let before = section.source.collector.count
            let value = read(section)
            section.end()
            let isSound = section.isSound && section.source.collector.count == before
            return value.map { Part(value: $0, section: section, isSound: isSound) }
        }
    }

    // MARK: Parts

    private func role(_ section: Section) -> Role? {
        let agents = section.texts("agents").map { $0.lowercased() }
        let everyone = section.flag("everyone") ?? false
        let platformRoles = section.texts("genesysRoles")
        if !platformRoles.isEmpty, agents.isEmpty, !everyone, !hasPlatform {
            section.problem(
                "genesysRoles",
                "nobody can hold it: without the section 'genesys' no agent's roles are known"
            )
        }
        return section.requiredText("name", example: "agent").map {
            Role(name: $0, genesysRoles: platformRoles, agents: agents, everyone: everyone)
        }
    }

    private func rule(_ section: Section) -> Rule? {
        section.require("effect", example: "allow")
        let effect = section.choice("effect", RuleEffect.self)
        let bindings = bindings(section)
        section.require("roles", example: "[agent]")
        let roles = section.texts("roles")
        let routes = section.has("routes") ? section.texts("routes") : [Rule.all]
        let purposes = section.has("purposes") ? section.texts("purposes") : [Rule.all]
        let fields = section.texts("fields")
        let categories = section.has("categories") || fields.isEmpty ? section.texts("categories") : [Rule.all]
        if !section.has("fields") { section.require("categories", example: "[name]") }
        let mask = section.text("mask")
        let reason = section.text("reason")
        guard let id = section.requiredText("id", example: "agents-see-names"), let effect else { return nil }
        return Rule(
            id: id,
            effect: effect,
            roles: roles,
            routes: routes,
            purposes: purposes,
            bindings: bindings,
            categories: categories,
            fields: fields,
            mask: mask,
            reason: reason
        )
    }

    private func bindings(_ section: Section) -> [BindingGrade] {
        let texts = section.texts("bindings")
        if section.isEmptyList("bindings") {
            section.problem("bindings", "must not be empty: name grades, or leave it out for all but contradicted")
        }
        let known = texts.compactMap(BindingGrade.init)
        for text in texts where BindingGrade(rawValue: text) == nil {
            let grades = BindingGrade.allCases.map(\.rawValue).joined(separator: ", ")
            section.problem("bindings", "'\(text)' is not a grade; known: \(grades)")
        }
        if !known.isEmpty, known.count == texts.count, grades.isDisjoint(with: known) {
            let possible = BindingGrade.allCases.filter(grades.contains).map(\.rawValue).joined(separator: ", ")
            section.problem(
                "bindings",
                "no read can have such a grade with these settings, which give: \(possible) (without the section "
                    + "'genesys' every read is claimed; verified needs genesys.binding.customerAttribute)"
            )
        }
        return known
    }

    // MARK: The whole

    /// What depends on purposes and fields of the routes.
    private static let dependent: Set<PolicyProblem.Kind> = [
        .unknownRoute, .unknownPurpose, .unknownField, .neverApplies, .shadowedByDeny, .shadowed,
    ]

    /// Reports what is wrong with the policy at the role or rule that it is about. What follows from a problem that was
    /// reported already is left out.
    private func report(_ policy: Policy, _ roles: [Part<Role>], _ rules: [Part<Rule>], areRolesKnown: Bool) {
        var duplicates: [PolicyProblem.Subject: Int] = [:]
        for problem in policy.problems(schema: schema) {
            if !isSchemaSound, Self.dependent.contains(problem.kind) { continue }
            if !areRolesKnown, problem.kind == .unknownRole { continue }
            // Of parts of one name, the duplicate problems are about the second, the third and so on.
            var occurrence = 0
            if problem.kind == .duplicateRole || problem.kind == .duplicateRule {
                occurrence = duplicates[problem.subject, default: 0] + 1
                duplicates[problem.subject] = occurrence
            }
            switch problem.subject {
            case .role(let name):
                report(problem, roles.filter { $0.value.name == name }, occurrence)
            case .rule(let id):
                report(problem, rules.filter { $0.value.id == id }, occurrence)
            }
        }
    }

    private func report<Value>(_ problem: PolicyProblem, _ parts: [Part<Value>], _ occurrence: Int) {
        guard parts.indices.contains(occurrence), parts[occurrence].isSound else { return }
        parts[occurrence].section.problem(nil, "\(problem)")
    }
}
