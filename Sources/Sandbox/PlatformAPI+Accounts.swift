import JSON
import WallTime

/// Changes of users, of their tokens, and of OAuth clients.
extension PlatformAPI {
    static let accountRoutes = [
        "DELETE /api/v2/tokens/{id}", "PATCH /api/v2/users/{id}", "POST /api/v2/users/{id}/password",
        "GET /api/v2/oauth/clients/{id}", "PUT /api/v2/oauth/clients/{id}",
    ]

    static let accountPermissions = [
        "DELETE /api/v2/tokens/{id}": "oauth:token:delete",
        "PATCH /api/v2/users/{id}": "directory:user:edit",
        "POST /api/v2/users/{id}/password": "directory:user:setPassword",
        "GET /api/v2/oauth/clients/{id}": "oauth:client:view",
        "PUT /api/v2/oauth/clients/{id}": "oauth:client:edit",
    ]

    /// Serves one of ``accountRoutes``; nil for any other.
    func serveAccount(_ match: (template: String, id: String), _ request: Request) -> Response? {
        let id = match.id.lowercased()
        switch match.template {
        case "DELETE /api/v2/tokens/{id}":
            return state.with { contents in
                guard contents.accounts.users[id] != nil else { return Self.unknown("user") }
                contents.tokens.revoke(user: id)
                return Response(204)
            }
        case "PATCH /api/v2/users/{id}": return change(id, request)
        case "POST /api/v2/users/{id}/password":
            // The sandbox keeps no password: that one was set is all that can be seen.
            guard let password = Self.object(request)?["newPassword"]?.string, password.utf8.count >= 12 else {
                return Self.invalid("newPassword must have at least 12 characters.")
            }
            return state.with { contents in
                guard contents.accounts.users[id] != nil else { return Self.unknown("user") }
                contents.accounts.users[id]?.passwordChanges += 1
                return Response(204)
            }
        case "GET /api/v2/oauth/clients/{id}":
            return state.with { Self.served($0.accounts.clients[match.id]) }
        case "PUT /api/v2/oauth/clients/{id}": return replace(match.id, request)
        default: return nil
        }
    }

    private func change(_ id: String, _ request: Request) -> Response {
        guard let body = Self.object(request), let version = body["version"]?.int else {
            return Self.invalid("version is required.")
        }
        guard let wanted = body["state"]?.string, body.count == 2, ["active", "inactive"].contains(wanted) else {
            return Self.invalid("The sandbox changes state alone, to active or inactive.")
        }
        return state.with { contents in
            guard let account = contents.accounts.users[id], account.state != "deleted",
                let agent = contents.world.agent(id)
            else { return Self.unknown("user") }
            guard version == account.version else {
                return .platformError(409, "request.conflict", "The version is not the current one.")
            }
            _ = contents.change(id, state: wanted)
            return Response(200, agent.json(contents.accounts.users[id], expand: []))
        }
    }

    /// Replaces a client: what the body leaves out is gone, as with the real one.
    private func replace(_ id: String, _ request: Request) -> Response {
        guard var body = Self.object(request), body["name"]?.string != nil, body["authorizedGrantType"]?.string != nil
        else { return Self.invalid("name and authorizedGrantType are required.") }
        let wanted = body["state"]?.string ?? "active"
        guard ["active", "disabled", "inactive"].contains(wanted) else { return Self.invalid("Unknown state.") }
        return state.with { contents in
            guard let before = contents.accounts.clients[id] else { return Self.unknown("client") }
            for name in ["id", "dateCreated", "selfUri"] { body[name] = before[name] }
            body["state"] = .string(wanted)
            contents.accounts.clientChanges += 1
            let modified = Timestamp(milliseconds: state.configuration.clock.now + contents.accounts.clientChanges)
            body["dateModified"] = .string(modified.description)
            contents.accounts.clients[id] = body
            if wanted != "active" { contents.tokens.revoke(client: id) }
            return Self.served(body)
        }
    }

    private static func object(_ request: Request) -> [String: JSONValue]? {
        (try? JSONValue(parsing: request.body))?.object
    }

    private static func served(_ client: [String: JSONValue]?) -> Response {
        guard let client, let bytes = try? JSONValue.object(client).canonicalBytes() else { return unknown("client") }
        return Response(200, body: .whole(Array(bytes)))
    }

    private static func unknown(_ kind: String) -> Response {
        .platformError(404, "not.found", "Unable to find a \(kind) with that id.")
    }

    private static func invalid(_ message: String) -> Response { .platformError(400, "invalid.value", message) }
}
