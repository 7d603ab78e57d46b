public import Detection
public import Genesys
import JSON
import WallTime

/// The steps of containment on Genesys Cloud.
///
/// Each effect reads the platform's state before it changes anything, so that an effect that is asked for again, after a crash or a
/// lost answer, is not brought about twice.
public struct PlatformContainment: Sendable {
    let client: GenesysClient
    private let changes: GenesysChanges

    /// Acts through a client, with the urgent share of its requests.
    public init(client: GenesysClient) {
        self.client = client
        changes = GenesysChanges(client: client)
    }

    /// The permissions that a step needs of the OAuth client's roles, in the platform's words.
    public static func permissions(for step: ContainmentStep) -> [String] {
        switch step {
        case .notify, .justify, .maskOnly, .block: []
        case .deleteTokens: ["oauth:token:delete"]
        case .deactivateUser: ["directory:user:edit"]
        case .disableClient: ["oauth:client:view", "oauth:client:edit"]
        case .randomPassword: ["directory:user:setPassword"]
        }
    }

    /// Does what is due, and reports what came of it.
    /// - Throws: `CancellationError` alone in practice: what went wrong is in the report.
    func bringAbout(_ effect: ContainmentEffect) async throws -> ContainmentReport {
        do {
            return switch (effect.step, effect.action) {
            case (.notify, _), (.justify, _), (.maskOnly, _), (.block, _):
                .failed("this step is not the platform's", canRetry: false)
            case (.disableClient, .readState): try await clientState(effect.target.id)
            case (.disableClient, .perform): try await disable(effect.target.id)
            case (.disableClient, .readBack):
                .readBack(holds: try await client.oauthClient(id: effect.target.id).state != "active")
            case (.disableClient, .undo(let undo)): try await restoreClient(effect.target.id, undo)
            case (_, .readState): try await userState(effect)
            case (.deactivateUser, .perform): try await deactivate(effect.target.id)
            case (_, .perform): try await withoutReadBack(effect)
            case (.deactivateUser, .readBack):
                .readBack(holds: try await account(effect.target.id).state == "inactive")
            case (_, .readBack(let evidence)): try await sinceThen(effect.target.id, evidence)
            case (.deactivateUser, .undo(let undo)): try await restoreUser(effect.target.id, undo)
            case (_, .undo): .failed("this step cannot be taken back", canRetry: false)
            }
        } catch let error as GenesysError {
            return .failed("\(error)", canRetry: error.mayPass)
        } catch is JSONCanonicalError {
            return .failed("the platform's answer holds a number that cannot be sent back as it is", canRetry: false)
        }
    }

    // MARK: Users

    /// An account that still exists.
    private func account(_ id: String) async throws -> UserAccount {
        let account = try await client.account(id: id)
        guard account.state != "deleted" else { throw GenesysError(.notFound, operation: "GET /api/v2/users") }
        return account
    }

    private func userState(_ effect: ContainmentEffect) async throws -> ContainmentReport {
        let account = try await account(effect.target.id)
        let isDone = effect.step == .deactivateUser && account.state != "active"
        return .state(account.evidence, isDone: isDone)
    }

    private func deactivate(_ id: String) async throws -> ContainmentReport {
        let correlationID = try await setState(ofUser: id, to: "inactive")
        // The version after it tells later whether somebody else has changed the account since.
        return .performed(evidence: try await account(id).evidence(correlationID: correlationID))
    }

    private func restoreUser(_ id: String, _ undo: ContainmentUndo) async throws -> ContainmentReport {
        let account = try await account(id)
        guard let wanted = undo.priorState["state"]?.string else {
            return .failed("the state before is not in the record", canRetry: false)
        }
        if account.state == wanted { return .performed(evidence: account.evidence) }
        if undo.isByTimer, let version = undo.evidence["version"]?.int, version != account.version {
            return .failed(Self.changedSince, canRetry: false)
        }
        let correlationID = try await setState(ofUser: id, to: wanted)
        return .performed(evidence: .of(correlationID))
    }

    /// Sets the state of a user, whose other changes by somebody else stay: the platform refuses a version that is not the newest.
    private func setState(ofUser id: String, to wanted: String) async throws -> String? {
        for attempt in 1... {
            let account = try await account(id)
            if account.state == wanted { return nil }
            do {
                return try await changes.setState(ofUser: id, to: wanted, version: account.version).correlationID
            } catch let error as GenesysError where error.kind == .conflict && attempt < 3 {
                continue
            }
        }
        return nil
    }

    // MARK: What cannot be read back

    private func withoutReadBack(_ effect: ContainmentEffect) async throws -> ContainmentReport {
        // A later date than this one shows that the user came back.
        let account = try await account(effect.target.id)
        let accepted =
            effect.step == .deleteTokens
            ? try await changes.deleteTokens(ofUser: effect.target.id)
            : try await changes.setRandomPassword(ofUser: effect.target.id)
        return .performed(evidence: account.evidence(correlationID: accepted.correlationID))
    }

    /// The platform has no call that lists a user's tokens or tells of a password, so the effect stays unknown; but it tells when a
    /// user was issued a token last, and a new one shows that the effect does not hold.
    private func sinceThen(_ id: String, _ evidence: JSONValue) async throws -> ContainmentReport {
        let account = try await account(id)
        guard let before = evidence["lastTokenIssued"]?.string, let now = account.lastTokenIssued, now != before else {
            return .unknown(
                "the platform accepted it and has no call that shows whether it holds; no new token was issued since"
            )
        }
        return .failed(
            "the user was issued a new token since, as by single sign-on: end the identity provider's session, or deactivate the user",
            canRetry: false
        )
    }

    // MARK: OAuth clients

    private func clientState(_ id: String) async throws -> ContainmentReport {
        let found = try await client.oauthClient(id: id)
        return .state(found.evidence, isDone: found.state != "active")
    }

    private func disable(_ id: String) async throws -> ContainmentReport {
        let found = try await client.oauthClient(id: id)
        if found.state != "active" { return .performed(evidence: found.evidence) }
        let correlationID = try await changes.setState(of: found, to: "disabled").correlationID
        return .performed(evidence: try await client.oauthClient(id: id).evidence(correlationID: correlationID))
    }

    private func restoreClient(_ id: String, _ undo: ContainmentUndo) async throws -> ContainmentReport {
        let found = try await client.oauthClient(id: id)
        guard let wanted = undo.priorState["state"]?.string else {
            return .failed("the state before is not in the record", canRetry: false)
        }
        if found.state == wanted { return .performed(evidence: found.evidence) }
        if undo.isByTimer, let modified = undo.evidence["dateModified"]?.string, modified != found.dateModified {
            return .failed(Self.changedSince, canRetry: false)
        }
        return .performed(evidence: .of(try await changes.setState(of: found, to: wanted).correlationID))
    }

    private static let changedSince =
        "somebody else has changed it since, so its end did not put it back: look at it, and undo the case by hand"
}

extension PlatformContainment {
    /// How a target stands, for people who are about to decide.
    struct Facts {
        /// One line each.
        let lines: [String]
        /// Whether the user signs in with a password of the platform's own; nil for a client.
        let hasNativeLogin: Bool?
    }

    /// - Throws: ``GenesysError``; ``ContainmentError/unknownTarget(_:)`` for an id that the platform does not know.
    func facts(of target: ContainmentTarget, for step: ContainmentStep) async throws -> Facts {
        do {
            if step == .disableClient {
                let found = try await client.oauthClient(id: target.id)
                let grant = found.grantType ?? "unknown"
                return Facts(
                    lines: ["the client is \(found.state); grant \(grant), \(found.roles) roles"],
                    hasNativeLogin: nil
                )
            }
            let account = try await account(target.id)
            return Facts(
                lines: [
                    "the account is \(account.state); a token was issued last at \(account.lastTokenIssued ?? "an unknown time")",
                    account.hasSignedInWithPassword
                        ? "the user has signed in with a password of the platform"
                        : "the user has never signed in with a password of the platform: single sign-on, as far as can be told",
                ],
                hasNativeLogin: account.hasSignedInWithPassword
            )
        } catch let error as GenesysError where error.kind == .notFound {
            throw ContainmentError.unknownTarget(target.id)
        }
    }
}

extension GenesysError {
    /// Whether the same may succeed later, perhaps once somebody has set something right.
    fileprivate var mayPass: Bool {
        switch kind {
        case .notFound, .missingPermissions, .forbidden, .requestRefused, .redirected: false
        default: true
        }
    }
}

extension UserAccount {
    fileprivate var evidence: JSONValue { evidence(correlationID: nil) }

    fileprivate func evidence(correlationID: String?) -> JSONValue {
        var members: [String: JSONValue] = ["state": .string(state), "version": .integer(Int64(version))]
        members["lastTokenIssued"] = lastTokenIssued.map { .string($0) }
        members["correlationId"] = correlationID.map { .string($0) }
        return .object(members)
    }
}

extension OAuthClient {
    fileprivate var evidence: JSONValue { evidence(correlationID: nil) }

    fileprivate func evidence(correlationID: String?) -> JSONValue {
        var members: [String: JSONValue] = ["state": .string(state)]
        members["dateModified"] = dateModified.map { .string($0) }
        members["correlationId"] = correlationID.map { .string($0) }
        return .object(members)
    }
}

extension JSONValue {
    /// The id under which the vendor's support finds a request.
    fileprivate static func of(_ correlationID: String?) -> JSONValue {
        .object(correlationID.map { ["correlationId": .string($0)] } ?? [:])
    }
}
