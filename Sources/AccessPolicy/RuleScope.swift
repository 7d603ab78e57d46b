extension Rule {
    /// Whether this is a deny of all fields: it refuses the read itself.
    var deniesWholeRead: Bool { effect == .deny && fields.isEmpty && categories.contains(Rule.all) }

    func covers(role held: Set<String>) -> Bool {
        roles.contains { $0 == Rule.all || held.contains($0) }
    }

    func covers(purpose: String) -> Bool { Rule.matches(purposes, purpose) }

    func covers(route: String) -> Bool { Rule.matches(routes, route) }

    /// A contradicted binding is released only by a rule that names it; a deny of all grades denies it too.
    func covers(binding: BindingGrade) -> Bool {
        bindings.isEmpty ? effect == .deny || binding != .contradicted : bindings.contains(binding)
    }

    func covers(category: String) -> Bool { Rule.matches(categories, category) }

    func covers(path: String) -> Bool { fields.isEmpty || fields.contains(path) }

    func covers(field: FieldDescriptor) -> Bool { covers(category: field.category) && covers(path: field.path) }

    // The lists are short: a linear search is quicker than hashing.
    private static func matches(_ list: [String], _ value: String) -> Bool {
        list.contains { $0 == value || $0 == all }
    }
}
