public import WallTime

/// A row of the platform's audits, of either kind: who did what to which object. Names and the human-readable message, which may
/// hold personal data, are not read.
public struct AuditRow: Sendable, Hashable, Decodable {
    /// A property that was changed.
    public struct Change: Sendable, Hashable, Decodable {
        /// Its name.
        public let property: String
        /// What it is now.
        public let newValues: [String]
        /// What it was.
        public let oldValues: [String]

        /// Reads `PropertyChange` of the API.
        public init(from decoder: any Decoder) throws {
            let wire = try Wire(from: decoder)
            property = wire.property.plain() ?? ""
            newValues = wire.newValues.elements()
            oldValues = wire.oldValues.elements()
        }

        private struct Wire: Decodable {
            let property: Lenient<String>?
            let newValues, oldValues: Lenient<[Lenient<String>]>?
        }
    }

    /// Its id: the same row may be found more than once, and in several feeds.
    public let id: String
    /// When it happened, by the platform's clock.
    public let date: Timestamp
    /// The service that wrote it, such as `PeoplePermissions`.
    public let service: String?
    /// The kind of object, such as `AuthUser`.
    public let entityType: String?
    /// The object.
    public let entityID: String?
    /// What was done, such as `AuthorizationChanged`.
    public let action: String?
    /// `SUCCESS`, `FAILURE` or `WARNING`, in either letter case.
    public let status: String?
    /// `USER`, `SYSTEM` or `GENESYS_INTERNAL`.
    public let level: String?
    /// The user who did it, lower case; nil for an application on its own.
    public let userID: String?
    /// The organisation at home for that user.
    public let userHomeOrganizationID: String?
    /// The OAuth client, lower case.
    public let clientID: String?
    /// Addresses it was done from.
    public let remoteAddresses: [String]
    /// The application, where it is named.
    public let application: String?
    /// The conversation, of a row about a recording.
    public let conversationID: String?
    /// What was changed.
    public let changes: [Change]

    /// Reads `AuditLogMessage` or `QualityAuditLogMessage` of the API.
    public init(from decoder: any Decoder) throws {
        let wire = try Wire(from: decoder)
        guard let date = Timestamp(wire.eventDate) else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "no date"))
        }
        id = wire.id
        self.date = date
        service = wire.serviceName.plain()
        entityType = wire.entityType.plain()
        entityID = wire.entity?.value?.id.plain()
        action = wire.action.plain()
        status = wire.status.plain()
        level = wire.level.plain()
        userID = wire.user?.value?.id.plain()?.lowercased()
        userHomeOrganizationID = wire.userHomeOrgId.plain()?.lowercased()
        clientID = wire.client?.value?.id.plain()?.lowercased()
        remoteAddresses = wire.remoteIp.elements() + wire.remoteIps.elements()
        application = wire.application.plain()
        let context = wire.context?.value ?? [:]
        conversationID = (context["conversationId"] ?? context["ConversationId"])?.value?.lowercased()
        changes = wire.propertyChanges.elements()
    }

    private struct Wire: Decodable {
        let id: String
        let eventDate: String
        let serviceName, entityType, action, status, level, userHomeOrgId, application: Lenient<String>?
        let entity, user, client: Lenient<Named>?
        let remoteIp, remoteIps: Lenient<[Lenient<String>]>?
        let context: Lenient<[String: Lenient<String>]>?
        let propertyChanges: Lenient<[Lenient<Change>]>?
    }

    private struct Named: Decodable { let id: Lenient<String>? }
}

/// One page of the results of an audit query.
public struct AuditPage: Sendable, Decodable {
    /// The rows that could be read.
    public let rows: [AuditRow]
    /// Rows that could not.
    public let unreadable: Int
    /// Where the next page begins; nil at the end.
    public let cursor: String?

    /// Reads `AuditQueryExecutionResultsResponse` of the API.
    public init(from decoder: any Decoder) throws {
        let wire = try Wire(from: decoder)
        let entities = wire.entities?.value ?? []
        rows = entities.compactMap(\.value)
        unreadable = entities.count - rows.count
        cursor = wire.cursor.plain().flatMap { $0.isEmpty ? nil : $0 }
    }

    private struct Wire: Decodable {
        let entities: Lenient<[Lenient<AuditRow>]>?
        let cursor: Lenient<String>?
    }
}

/// How far an asynchronous query has come.
public struct AuditQueryState: Sendable, Decodable {
    /// Its id.
    public let id: String
    /// `Queued`, `Running`, `Succeeded`, `Failed`, `Cancelled` or a value the vendor adds later.
    public let state: String

    /// Reads `AuditQueryExecutionStatusResponse` of the API.
    public init(from decoder: any Decoder) throws {
        let wire = try Wire(from: decoder)
        id = wire.id
        state = wire.state.plain() ?? ""
    }

    private struct Wire: Decodable {
        let id: String
        let state: Lenient<String>?
    }
}

/// The services that write audits.
struct AuditServices: Decodable {
    let names: [String]

    init(from decoder: any Decoder) throws {
        names = try Wire(from: decoder).services.elements().compactMap { $0.name.plain() }
    }

    private struct Wire: Decodable {
        let services: Lenient<[Lenient<Named>]>?
    }

    private struct Named: Decodable { let name: Lenient<String>? }
}
