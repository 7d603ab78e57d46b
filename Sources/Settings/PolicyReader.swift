import AccessPolicy
import Crypto
import Foundation
import Gateway
import Redaction
import Yams

/// Reads policies, in the file itself or in one of their own, and checks them against the routes.
struct PolicyReader {
    let routes: [Route]
    let files: FileChecks
    let collector: ProblemCollector

    func policy(_ root: Section, _ key: String, required: Bool, into hash: inout SHA256) -> Policy? {
        guard let inline = root.section(key) else {
            if required {
                root.problem(nil, "the section '\(key)' is missing: without a policy nobody may see anything")
            }
            return nil
        }
        guard inline.has("file") else { return read(inline, key) }
        defer { inline.end() }
        guard let path = files.present(inline, "file"), let data = FileManager.default.contents(atPath: path),
            let text = String(data: data, encoding: .utf8)
        else { return nil }
        hash.update(data: data)
        guard let node = try? Yams.compose(yaml: text) else {
            inline.problem("file", "\(path) is not valid YAML")
            return nil
        }
        return read(Section(node, path: key, collector: collector), key)
    }

    private func read(_ section: Section, _ key: String) -> Policy? {
        let before = collector.problems.count
        let version = section.requiredText("version")
        let roleSections = section.sections("roles")
        let ruleSections = section.sections("rules")
        let roles = roleSections.compactMap(role)
        let rules = ruleSections.compactMap(rule)
        section.end()
        guard let version, collector.problems.count == before else { return nil }
        let policy = Policy(version: version, roles: roles, rules: rules)
        let schema = PolicySchema(
            routes: routes.map { PolicySchema.Route(name: $0.name, purposes: $0.purposes, fields: $0.descriptors) },
            categories: Set(Category.known.map(\.rawValue)),
            masks: Set(Mask.allCases.map(\.name))
        )
        for problem in policy.problems(schema: schema) {
            var place = section
            switch problem.subject {
            case .role(let name):
                if let index = roles.firstIndex(where: { $0.name == name }) { place = roleSections[index] }
            case .rule(let id):
                if let index = rules.firstIndex(where: { $0.id == id }) { place = ruleSections[index] }
            }
            place.problem(nil, "\(problem)")
        }
        return policy
    }

    private func role(_ section: Section) -> Role? {
        defer { section.end() }
        let agents = section.texts("agents").map { $0.lowercased() }
        let everyone = section.flag("everyone") ?? false
        let platformRoles = section.texts("genesysRoles")
        guard let name = section.requiredText("name") else { return nil }
        return Role(name: name, genesysRoles: platformRoles, agents: agents, everyone: everyone)
    }

    private func rule(_ section: Section) -> Rule? {
        defer { section.end() }
        let effect = section.choice("effect", RuleEffect.self)
        if !section.has("effect") { section.problem(nil, "the setting 'effect' is missing") }
        var bindings: [BindingGrade] = []
        for text in section.texts("bindings") {
            if let grade = BindingGrade(rawValue: text) {
                bindings.append(grade)
            } else {
                section.problem(
                    "bindings",
                    "'\(text)' is not a grade; known: \(BindingGrade.allCases.map(\.rawValue).joined(separator: ", "))"
                )
            }
        }
        let roles = section.texts("roles")
        let routes = section.has("routes") ? section.texts("routes") : [Rule.all]
        let purposes = section.has("purposes") ? section.texts("purposes") : [Rule.all]
        let fields = section.texts("fields")
        let categories = section.has("categories") ? section.texts("categories") : fields.isEmpty ? [] : [Rule.all]
        let mask = section.text("mask")
        let reason = section.text("reason")
        guard let id = section.requiredText("id"), let effect else { return nil }
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
}
