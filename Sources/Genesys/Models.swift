/// The holder of an access token, as the platform reports it.
public struct TokenInfo: Sendable, Decodable {
    /// Id of the organisation the token works in.
    public let organizationID: String
    /// Name of that organisation.
    public let organizationName: String?
    /// Id of the OAuth client.
    public let clientID: String?
    /// Name of the OAuth client.
    public let clientName: String?
    /// State of the OAuth client, such as `active`.
    public let clientState: String?
    /// Whether somebody of another organisation acts here under an organisation trust.
    public let actsForAnotherOrganization: Bool

    /// Reads `TokenInfo` of the API.
    public init(from decoder: any Decoder) throws {
        let wire = try Wire(from: decoder)
        organizationID = wire.organization.id
        organizationName = wire.organization.name.plain()
        clientID = wire.OAuthClient?.value?.id
        clientName = wire.OAuthClient?.value?.name.plain()
        clientState = wire.OAuthClient?.value?.state.plain()
        actsForAnotherOrganization = wire.clonedUser?.value != nil
    }

    private struct Wire: Decodable {
        let organization: Named
        // swift-format-ignore: AlwaysUseLowerCamelCase
        let OAuthClient: Lenient<Named>?
        let clonedUser: Lenient<Named>?
    }

    private struct Named: Decodable {
        let id: String
        let name: Lenient<String>?
        let state: Lenient<String>?
    }
}

/// An organisation.
public struct Organization: Sendable, Decodable {
    /// Its id.
    public let id: String
    /// Its name.
    public let name: String?
    /// Its short name, by which users log in.
    public let domain: String?
    /// Its state, such as `active`.
    public let state: String?

    /// Reads `Organization` of the API.
    public init(from decoder: any Decoder) throws {
        let wire = try Wire(from: decoder)
        id = wire.id
        name = wire.name.plain()
        domain = wire.domain.plain()
        state = wire.state.plain()
    }

    private struct Wire: Decodable {
        let id: String
        let name, domain, state: Lenient<String>?
    }
}

/// The roles and permissions of this client.
public struct OwnGrants: Sendable, Decodable {
    /// Names of the roles held in any division, without repeats, in order.
    public let roleNames: [String]
    /// Permissions held in any division as `domain:entity:action`; entity and action may be `*`.
    public let permissions: Set<String>

    /// Whether a permission is held in at least one division, by name or through a wildcard.
    public func allows(_ permission: String) -> Bool {
        let parts = permission.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return false }
        return permissions.contains(permission) || permissions.contains("\(parts[0]):\(parts[1]):*")
            || permissions.contains("\(parts[0]):*:\(parts[2])") || permissions.contains("\(parts[0]):*:*")
    }

    /// Those of the wanted permissions that are not held.
    public func missing(of wanted: some Sequence<String>) -> [String] {
        wanted.filter { !allows($0) }
    }

    /// Reads `AuthzSubject` of the API.
    public init(from decoder: any Decoder) throws {
        let roles = try Wire(from: decoder).grants.elements().compactMap { $0.role?.value }
        roleNames = Set(roles.compactMap { $0.name.plain() }).sorted()
        var permissions: Set<String> = []
        for policy in roles.flatMap({ $0.policies.elements() }) {
            guard let domain = policy.domain.plain(), let entity = policy.entityName.plain() else { continue }
            for action in policy.actions.elements() { permissions.insert("\(domain):\(entity):\(action)") }
        }
        self.permissions = permissions
    }

    private struct Wire: Decodable {
        let grants: Lenient<[Lenient<Grant>]>?
    }

    private struct Grant: Decodable {
        let role: Lenient<Role>?
    }

    private struct Role: Decodable {
        let name: Lenient<String>?
        let policies: Lenient<[Lenient<Policy>]>?
    }

    private struct Policy: Decodable {
        let domain, entityName: Lenient<String>?
        let actions: Lenient<[Lenient<String>]>?
    }
}

/// A user of the organisation, such as an agent. Its description shows the id alone.
public struct User: Sendable, Decodable, CustomStringConvertible {
    /// Id, as the platform wrote it; compare lower-cased.
    public let id: String
    /// Full name.
    public let name: String?
    /// E-mail address.
    public let email: String?
    /// `active`, `inactive`, `deleted` or a value the vendor adds later.
    public let state: String?
    /// Id of the division the user belongs to.
    public let divisionID: String?
    /// The department, as the organisation calls it.
    public let department: String?
    /// The title, as the organisation calls it.
    public let title: String?
    /// Names of the user's roles in any division; empty when the call did not ask for them.
    public let roleNames: [String]

    /// Whether the user may work now. An unknown state counts as not active.
    public var isActive: Bool { state == "active" }
    /// The id alone: names and addresses are personal data.
    public var description: String { "User \(id)" }

    /// Reads `User` of the API.
    public init(from decoder: any Decoder) throws {
        let wire = try Wire(from: decoder)
        id = wire.id
        name = wire.name.plain()
        email = wire.email.plain()
        state = wire.state.plain()
        divisionID = wire.division?.value?.id.plain()
        department = wire.department.plain()
        title = wire.title.plain()
        let roles = wire.authorization?.value?.roles.elements() ?? []
        roleNames = Set(roles.compactMap { $0.name.plain() }).sorted()
    }

    private struct Wire: Decodable {
        let id: String
        let name, email, state, department, title: Lenient<String>?
        let division: Lenient<Named>?
        let authorization: Lenient<Authorization>?
    }

    private struct Authorization: Decodable {
        let roles: Lenient<[Lenient<Named>]>?
    }

    private struct Named: Decodable {
        let id, name: Lenient<String>?
    }
}

/// One page of a listing of users.
public struct UserPage: Sendable, Decodable {
    /// The users that could be read.
    public let users: [User]
    /// Number of this page, from 1.
    public let number: Int
    /// Number of pages, at the time of the call.
    public let pageCount: Int
    /// Number of users on all pages, at the time of the call.
    public let total: Int

    /// Reads `UserEntityListing` of the API.
    public init(from decoder: any Decoder) throws {
        let wire = try Wire(from: decoder)
        users = wire.entities.compactMap(\.value)
        number = wire.pageNumber.plain() ?? 1
        pageCount = wire.pageCount.plain() ?? 1
        total = wire.total.plain() ?? users.count
    }

    private struct Wire: Decodable {
        let entities: [Lenient<User>]
        let pageNumber, pageCount, total: Lenient<Int>?
    }
}
