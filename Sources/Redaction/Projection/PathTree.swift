import JSON

/// The paths of a plan as a tree, while it is compiled.
struct PathTree {
    private struct Node {
        var members: [[UInt8]: Int] = [:]
        var elements: Int?
        var field: Int?
    }

    private var nodes = [Node()]

    mutating func insert(_ path: JSONPath, field: Int) throws(ProjectionPlanError) {
        if path.steps.first == .elements {
            guard path.steps.count > 1, path.steps[1] != .elements else { throw .elementWithoutMember(field: field) }
        }
        var node = 0
        for step in path.steps {
            if let outer = nodes[node].field { throw .overlap(outer: outer, inner: field) }
            node = child(of: node, step)
        }
        if let first = nodes[node].field { throw .duplicatePath(first: first, second: field) }
        if let inner = anyField(below: node) { throw .overlap(outer: field, inner: inner) }
        nodes[node].field = field
    }

    private mutating func child(of node: Int, _ step: JSONPath.Step) -> Int {
        let new = nodes.count
        switch step {
        case .member(let key):
            if let known = nodes[node].members[Array(key.utf8)] { return known }
            nodes[node].members[Array(key.utf8)] = new
        case .elements:
            if let known = nodes[node].elements { return known }
            nodes[node].elements = new
        }
        nodes.append(Node())
        return new
    }

    private func anyField(below node: Int) -> Int? {
        var node = node
        while let next = nodes[node].elements ?? nodes[node].members.values.min() { node = next }
        return nodes[node].field
    }

    /// The tree in four flat tables, quick to walk and free to share.
    func flattened(
        _ hasher: KeyHasher
    ) -> (nodes: [ProjectionPlan.Node], edges: [ProjectionPlan.Edge], text: [UInt8], written: [UInt8]) {
        var flat = Array(repeating: ProjectionPlan.Node(), count: nodes.count)
        var edges: [ProjectionPlan.Edge] = []
        var text: [UInt8] = []
        var written: [UInt8] = []
        for (index, node) in nodes.enumerated() {
            flat[index].elements = node.elements ?? -1
            flat[index].field = node.field ?? -1
            var own: [ProjectionPlan.Edge] = []
            for (key, target) in node.members {
                let textStart = text.count
                text += key
                let hash = key.withUnsafeBytes { hasher.hash($0) }
                own.append(ProjectionPlan.Edge(hash: hash, text: textStart..<text.count, node: target))
                let writtenStart = written.count
                key.withUnsafeBytes { JSONText.appendQuoted($0, to: &written) }
                written.append(UInt8(ascii: ":"))
                flat[target].written = writtenStart..<written.count
            }
            flat[index].edges = edges.count..<(edges.count + own.count)
            edges += own.sorted { $0.hash < $1.hash }
        }
        return (flat, edges, text, written)
    }
}
