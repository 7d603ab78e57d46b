/// Which fields of a document may leave and in what form, compiled once and used for every document of a route.
///
/// Members that no path names are dropped: the plan says what may leave, never what may not.
public struct ProjectionPlan: Sendable {
    /// One declared field.
    public typealias Field = (path: JSONPath, action: FieldAction)

    /// The declared fields; a field's number in a summary is its place in this list.
    public let fields: [Field]
    /// Bounds that every document must keep.
    public let limits: ProjectionLimits

    /// One place in the documents that the paths describe.
    struct Node: Sendable {
        /// The members that are described below this place: a range of `edges`.
        var edges: Range<Int> = 0..<0
        /// The place of every element, when this is an array; -1 when no path says so.
        var elements = -1
        /// The number of the field that ends here; -1 on the way to fields.
        var field = -1
        /// The member's key as it is written, quoted and with its colon: a range of `written`.
        var written: Range<Int> = 0..<0
    }

    /// A member: the hash of its key, the key's text as a range of `text`, and its place.
    struct Edge: Sendable {
        let hash: UInt64
        let text: Range<Int>
        let node: Int
    }

    let nodes: [Node]
    /// The members of each place, next to each other and sorted by hash.
    let edges: [Edge]
    let text: [UInt8]
    let written: [UInt8]
    let hasher: KeyHasher
    let declared: FieldSet
    /// What finds and replaces in the fields whose mask is ``Mask/findings``; fields without an entry have everything masked.
    let redactors: [Int: Redactor]
    static let maskingRedactor = Redactor()

    /// Compiles the paths.
    ///
    /// - Parameters:
    ///   - fields: at most 256, with different paths none of which leads through another.
    ///   - limits: bounds on documents.
    ///   - redactors: how the free text of fields is redacted whose mask is ``Mask/findings``, by their places in the list. One that
    ///     makes tokens must have a vault that does not block.
    ///   - seed: secret number that keeps the keys of documents from colliding on purpose.
    /// - Throws: ``ProjectionPlanError`` that names the fields by their place in the list.
    public init(
        fields: [Field],
        limits: ProjectionLimits = .default,
        redactors: [Int: Redactor] = [:],
        seed: UInt64 = .random(in: .min ... .max)
    ) throws(ProjectionPlanError) {
        guard !fields.isEmpty else { throw .noFields }
        guard fields.count <= FieldSet.capacity else { throw .tooManyFields(count: fields.count) }
        var tree = PathTree()
        for (index, field) in fields.enumerated() {
            try tree.insert(field.path, field: index)
        }
        self.fields = fields
        self.limits = limits
        self.redactors = redactors
        declared = FieldSet(first: fields.count)
        hasher = KeyHasher(seed: seed)
        (nodes, edges, text, written) = tree.flattened(hasher)
    }

    /// The place below `node` for a key, or -1 when no path names it. The text decides, the hash only finds.
    @inline(__always)
    func child(of node: Int, key: UnsafeRawBufferPointer, hash: UInt64) -> Int {
        var low = nodes[node].edges.lowerBound
        var high = nodes[node].edges.upperBound
        let end = high
        while low < high {
            let middle = (low &+ high) &>> 1
            if edges[middle].hash < hash { low = middle &+ 1 } else { high = middle }
        }
        while low < end, edges[low].hash == hash {
            if text[edges[low].text].elementsEqual(key) { return edges[low].node }
            low &+= 1
        }
        return -1
    }
}

/// Bounds on a document that is projected.
public struct ProjectionLimits: Hashable, Sendable {
    /// Most arrays and objects that may be open at once, 1...64.
    public let maximumDepth: Int
    /// Most values that may be released or masked in one document.
    public let maximumValues: Int

    /// Creates limits.
    public init(maximumDepth: Int = 64, maximumValues: Int = 10_000) {
        self.maximumDepth = maximumDepth
        self.maximumValues = maximumValues
    }

    /// Depth 64, 10 000 values.
    public static let `default` = ProjectionLimits()
}

/// Why fields cannot be compiled to a plan; fields are named by their place in the list.
public enum ProjectionPlanError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The list is empty.
    case noFields
    /// More than 256 fields.
    case tooManyFields(count: Int)
    /// Two fields have the same path.
    case duplicatePath(first: Int, second: Int)
    /// The path of `outer` is the beginning of the path of `inner`: the same value cannot be a field and hold one.
    case overlap(outer: Int, inner: Int)
    /// A path begins with `[]` and does not go on with a member: the outermost array must hold objects.
    case elementWithoutMember(field: Int)

    /// One line that says what to do.
    public var description: String {
        switch self {
        case .noFields: "no field is declared: nothing could ever be released"
        case .tooManyFields(let count): "\(count) fields are declared; a route may declare 256"
        case .duplicatePath(let first, let second): "fields \(first) and \(second) have the same path; remove one"
        case .overlap(let outer, let inner):
            "field \(inner) lies inside field \(outer); declare either the whole or its parts"
        case .elementWithoutMember(let field):
            "field \(field): a path that begins with [] must go on with a member, as in [].name"
        }
    }
}
