/// A row of the pretend platform's audits.
public struct SandboxAudit: Sendable, Hashable {
    /// Whether it is about a conversation's recordings and evaluations, and not about the organisation.
    public var isOfInteraction = false
    /// The service that wrote it.
    public var service: String
    /// The kind of object.
    public var entityType: String
    /// The object.
    public var entity: String
    /// What was done.
    public var action: String
    /// Who did it; nil for an application on its own.
    public var user: String?
    /// Through which OAuth client.
    public var client: String?
    /// Whether it worked.
    public var succeeded = true
    /// The conversation, of a row about a recording.
    public var conversation: String?
    /// What was changed, and what it is now.
    public var changes: [String: [String]] = [:]
    /// What it was.
    public var before: [String: [String]] = [:]
    /// How many seconds ago it happened.
    public var secondsAgo: Int64 = 0

    /// Somebody's act that worked.
    public init(service: String, entityType: String, entity: String, action: String, user: String?) {
        self.service = service
        self.entityType = entityType
        self.entity = entity
        self.action = action
        self.user = user
    }
}

/// What the pretend platform knows besides conversations and people: audits, data actions and how often they ran, supervision,
/// callbacks that are due.
struct SandboxFacts: Sendable {
    struct Action: Sendable {
        let id: String
        let name: String
        let url: String
    }

    struct Execution: Sendable {
        let action: String
        let at: Int64
        let status: Int
        let count: Int
    }

    struct Audit: Sendable {
        let id: String
        let row: SandboxAudit
        let at: Int64
    }

    struct Query: Sendable {
        let isOfInteraction: Bool
        let service: String?
        let from: Int64
        let to: Int64
    }

    struct Supervision: Sendable {
        let user: String
        /// `monitoring`, `coaching` or `barging`.
        let kind: String
        let from: Int64
    }

    let actions: [Action]
    var services = SandboxFacts.allServices
    /// Who works when and in which queues.
    var workforce: SandboxWorkforce
    var executions: [Execution] = []
    var audits: [Audit] = []
    var queries: [String: Query] = [:]
    var supervisions: [String: [Supervision]] = [:]
    var callbacksDue: [String: Int64] = [:]

    /// One data action that calls the route of the customer's record, and one that has nothing to do with us.
    init(seed: UInt64) {
        var generator = SeededGenerator(seed: seed ^ 0x6661_6374_7321)
        actions = [
            Action(
                id: generator.uuid(),
                name: "Muniment customer-profile",
                url: "https://muniment.example.com/api/v1/read/customer-profile"
            ),
            Action(id: generator.uuid(), name: "Order status", url: "https://orders.example.com/status/${input.order}"),
        ]
        workforce = SandboxWorkforce(unit: generator.uuid())
    }

    /// The services that write audits, with what they audit: those whose audits the feed asks for.
    static let allServices: [(name: String, entity: String, actions: [String])] = [
        ("AnalyticsReporting", "Exports", ["Create", "Delete"]),
        ("BulkActions", "BulkAction", ["Create", "Cancel"]),
        ("Datatables", "Datatable", ["Create", "Update", "Delete"]),
        ("ExternalContactsExport", "Export", ["Create"]),
        ("GDPR", "GdprRequest", ["Create"]),
        ("Groups", "Group", ["Create", "Update", "Delete"]),
        ("Integrations", "Action", ["Create", "Update", "Delete"]),
        ("LogCapture", "LogCaptureUserConfiguration", ["Create", "Delete"]),
        ("OAuth", "OAuthClient", ["Create", "Update", "Delete"]),
        ("Organization", "OrganizationSettings", ["Update"]),
        ("PeoplePermissions", "AuthUser", ["AuthorizationChanged", "ChangePassword"]),
        ("Quality", "Recording", ["Export", "UpdateRetention", "RevokeProtection"]),
        ("Recording", "RecordingSettings", ["Update"]),
    ]
}
