public import AccessPolicy
public import Redaction

/// One kind of audited read: where the data comes from, which of its fields may leave at all, and how strictly.
public struct Route: Sendable {
    /// What happens to a read when the ledger's store cannot record it.
    public enum FailMode: String, Sendable, CaseIterable {
        /// Nothing is released.
        case refuse
        /// The record goes to a synced local journal, and the read is released; the journal is replayed later.
        case spool
    }

    /// Whether the policy binds.
    public enum Mode: String, Sendable, CaseIterable {
        /// The policy decides what leaves.
        case enforce
        /// Every declared field leaves; the record says what the policy would have done.
        case observe
    }

    /// A field of the upstream's answer that may leave.
    public struct Field: Sendable {
        /// Where it stands in the answer.
        public let path: JSONPath
        /// The path as configured and recorded.
        public let name: String
        /// What kind of data it is.
        public let category: Category

        /// Declares a field.
        public init(path: JSONPath, category: Category) {
            self.path = path
            self.category = category
            name = path.description
        }
    }

    /// Its name in the URL and in the record.
    public let name: String
    /// Where the data comes from, by the upstream's name.
    public let upstream: String
    /// How to ask for it.
    public let request: UpstreamRequest
    /// The declared fields; all others are withheld.
    public let fields: [Field]
    /// The field that holds the customer's id, by its place in the list: an answer in which it is not the id asked for is
    /// another customer's, and refused. Nil when the answer does not tell.
    public let customerField: Int?
    /// The purposes that may be stated.
    public let purposes: [String]
    /// The purpose of a read that states none; nil when one must be stated.
    public let defaultPurpose: String?
    /// What happens when the read cannot be recorded.
    public let failMode: FailMode
    /// Whether the policy binds.
    public let mode: Mode
    /// Time for the whole read, in milliseconds: below the Data Action's time-out.
    public let budgetMilliseconds: Int
    /// Within which time, in milliseconds, a read should be answered. Nothing is refused for it; it is what the service level counts.
    public let objectiveMilliseconds: Int
    /// The largest answer taken from the upstream, in bytes.
    public let maximumResponseBytes: Int
    /// How many reads one agent may make; nil for no limit.
    public let velocity: VelocityLimit?

    /// Describes a route.
    public init(
        name: String,
        upstream: String,
        request: UpstreamRequest,
        fields: [Field],
        customerField: Int? = nil,
        purposes: [String],
        defaultPurpose: String?,
        failMode: FailMode = .refuse,
        mode: Mode = .enforce,
        budgetMilliseconds: Int = 4000,
        objectiveMilliseconds: Int = 1000,
        maximumResponseBytes: Int = 1 << 20,
        velocity: VelocityLimit? = nil
    ) {
        self.name = name
        self.upstream = upstream
        self.request = request
        self.fields = fields
        self.customerField = customerField
        self.purposes = purposes
        self.defaultPurpose = defaultPurpose
        self.failMode = failMode
        self.mode = mode
        self.budgetMilliseconds = budgetMilliseconds
        self.objectiveMilliseconds = objectiveMilliseconds
        self.maximumResponseBytes = maximumResponseBytes
        self.velocity = velocity
    }

    /// The fields as the policy sees them.
    public var descriptors: [FieldDescriptor] {
        fields.map { FieldDescriptor(path: $0.name, category: $0.category.rawValue) }
    }
}

/// How fast one agent may read on one route.
public struct VelocityLimit: Sendable, Hashable {
    /// What happens beyond it.
    public enum Action: String, Sendable, CaseIterable {
        /// The read is recorded as over the limit, and answered.
        case flag
        /// The read is refused.
        case block
    }

    /// Reads per minute, sustained; as many may come at once.
    public let readsPerMinute: Int
    /// What happens beyond it.
    public let action: Action

    /// Sets a limit.
    public init(readsPerMinute: Int, action: Action) {
        self.readsPerMinute = readsPerMinute
        self.action = action
    }
}

/// The request to the system of record. `{customerId}` in path and body is the only thing that varies.
public struct UpstreamRequest: Sendable {
    /// A text cut at its places for the customer's id.
    public struct Template: Sendable {
        /// The parts between the places; one more than there are places.
        public let parts: [[UInt8]]

        /// Cuts a template at each `{customerId}`.
        public init(_ text: String) {
            parts = text.split(separator: "{customerId}", omittingEmptySubsequences: false).map { Array($0.utf8) }
        }

        /// How many places there are.
        public var places: Int { parts.count - 1 }
    }

    /// Methods that a route may use. POST is for searches by body; it is never retried.
    public enum Method: String, Sendable, CaseIterable {
        /// A read that may be repeated on a fresh connection.
        case get = "GET"
        /// A search by body.
        case post = "POST"
    }

    /// The method.
    public let method: Method
    /// The path, with the customer's id percent-encoded at its places.
    public let path: Template
    /// A JSON body, with the customer's id escaped at its places.
    public let body: Template?

    /// Describes a request.
    public init(method: Method, path: String, body: String? = nil) {
        self.method = method
        self.path = Template(path)
        self.body = body.map(Template.init)
    }
}
