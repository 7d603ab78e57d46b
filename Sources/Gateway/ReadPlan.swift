import AccessPolicy
import JSON
import Redaction

/// A policy decision for one kind of read, compiled: the same roles, route, purpose and grade always meet the same plan.
///
/// Belongs to one event loop.
final class ReadPlan {
    /// What distinguishes the plans of the same roles.
    struct Key: Hashable {
        let route: Int
        let purpose: Int
        let grade: BindingGrade
        /// Whether the agent is contained to masked fields.
        var isMasked = false
    }

    /// What the policy says.
    let decision: Decision
    /// Whether anything leaves; nil when the read is refused.
    let projection: ProjectionPlan?
    /// What the caller is told when it is refused.
    let problem: Problem?
    /// Whether the route only observes, and the policy would have refused or cut.
    let differs: Bool
    /// Whether a shadow policy decides otherwise.
    let shadowDiffers: Bool
    /// Names of the declared fields, in the route's order.
    let names: [[UInt8]]
    /// Names of the masks, in the route's order; empty where the field leaves as it is.
    let masks: [String]
    /// The fields ordered as RFC 8785 orders the members of an object.
    let canonicalOrder: [Int]
    /// The rules that decided, as a JSON array.
    let matchedRules: [UInt8]

    /// Lists of fields as canonical JSON.
    struct FieldLists {
        let summary: ProjectionSummary
        let masked: [UInt8]
        let viewed: [UInt8]
        let withheld: [UInt8]
    }

    /// The lists of the last record: most documents of a route have the same fields.
    private var lists: FieldLists?

    init(
        route: Route,
        decision: Decision,
        shadow: Decision?,
        isMasked: Bool = false,
        redactors: [Category: Redactor] = [:]
    ) throws(ProjectionPlanError) {
        self.decision = decision
        names = route.fields.map { Array($0.name.utf8) }
        canonicalOrder = route.fields.indices.sorted {
            route.fields[$0].name.utf16.lexicographicallyPrecedes(route.fields[$1].name.utf16)
        }
        shadowDiffers =
            shadow.map {
                let difference = PolicyDifference(current: decision, candidate: $0)
                return !difference.isEmpty || difference.newlyRefused != nil
            } ?? false
        let cut = decision.refused != nil || decision.fields.contains { $0.effect != .allow }
        differs = route.mode == .observe && cut
        var writer = CanonicalJSONWriter()
        writer.beginArray()
        for rule in decision.matchedRules { writer.string(rule) }
        writer.endArray()
        matchedRules = writer.bytes
        var masks = [String](repeating: "", count: route.fields.count)
        var fields: [ProjectionPlan.Field] = []
        var fieldRedactors: [Int: Redactor] = [:]
        for (index, field) in route.fields.enumerated() {
            let wanted: FieldAction =
                switch route.mode == .observe ? .allow : decision.fields[index].effect {
                case .allow: .release
                case .mask(let name): .mask(name.flatMap { Mask(name: $0) } ?? field.category.defaultMask ?? .full)
                case .withhold: .withhold
                }
            // Containment holds on routes that only observe, too.
            let contained: FieldAction =
                if isMasked, case .release = wanted { .mask(field.category.defaultMask ?? .full) } else { wanted }
            let redactor = redactors[field.category]
            // Text of a category that is redacted leaves in no other way, on routes that only observe too.
            let redacted: FieldAction =
                if case .release = contained, redactor != nil { .mask(.findings) } else { contained }
            let action = field.category.permitted(redacted)
            if action == .mask(.findings) { fieldRedactors[index] = redactor }
            if case .mask(let mask) = action { masks[index] = mask.name }
            fields.append((field.path, action))
        }
        self.masks = masks
        if route.mode == .enforce, let refused = decision.refused {
            projection = nil
            problem =
                switch refused.code {
                case .bindingContradicted: .bindingContradicted
                case .ruleDenied: .policyDenied
                case .noFieldAllowed: .noFieldAllowed
                }
        } else {
            projection = try ProjectionPlan(fields: fields, redactors: fieldRedactors)
            problem = nil
        }
    }

    /// Which fields left masked, left at all, and were withheld.
    func fieldLists(_ summary: ProjectionSummary) -> FieldLists {
        if let lists, lists.summary.masked == summary.masked, lists.summary.released == summary.released,
            lists.summary.withheld == summary.withheld
        {
            return lists
        }
        var masked = CanonicalJSONWriter()
        masked.beginObject()
        for field in canonicalOrder where summary.masked.contains(field) {
            masked.key(string: String(decoding: names[field], as: UTF8.self))
            masked.string(masks[field])
        }
        masked.endObject()
        let written = FieldLists(
            summary: summary,
            masked: masked.bytes,
            viewed: array(summary.released.union(summary.masked)),
            withheld: array(summary.withheld)
        )
        lists = written
        return written
    }

    /// What was found in fields whose text was redacted, as canonical JSON; nil where there is no such field.
    func typesRedacted(_ summary: ProjectionSummary) -> [UInt8]? {
        guard !summary.found.isEmpty else { return nil }
        var writer = CanonicalJSONWriter()
        writer.beginObject()
        for field in canonicalOrder {
            guard let types = summary.found[field] else { continue }
            writer.key(string: String(decoding: names[field], as: UTF8.self))
            writer.beginArray()
            for name in types.map(\.name).sorted() { writer.string(name) }
            writer.endArray()
        }
        writer.endObject()
        return writer.bytes
    }

    private func array(_ fields: FieldSet) -> [UInt8] {
        var writer = CanonicalJSONWriter()
        writer.beginArray()
        for (field, name) in names.enumerated() where fields.contains(field) { writer.string(name) }
        writer.endArray()
        return writer.bytes
    }
}
