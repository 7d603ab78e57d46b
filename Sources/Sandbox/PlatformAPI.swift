import FoundationEssentials
import Genesys
import NIOHTTP1
import WallTime

/// The pretend Genesys Cloud: login and platform API on one listener, as the vendor's SDKs expect of a host they do
/// not know.
struct PlatformAPI: Sendable {
    static let routes =
        [
            "POST /oauth/token", "GET /api/v2/tokens/me", "HEAD /api/v2/tokens/me", "DELETE /api/v2/tokens/me",
            "GET /api/v2/organizations/me", "GET /api/v2/authorization/subjects/me", "GET /api/v2/users",
            "GET /api/v2/users/{id}", "GET /api/v2/conversations/{id}", "GET /api/v2/organizations/limits/namespaces",
        ] + FactsAPI.routes + WorkforceAPI.routes

    /// Permissions that routes demand; the others demand none.
    private static let permissions = FactsAPI.permissions.merging(WorkforceAPI.permissions) { first, _ in first }
        .merging(["GET /api/v2/conversations/{id}": "conversation:communication:view"]) { first, _ in first }

    let state: SandboxState

    func respond(to request: Request) async -> Response {
        let match = request.match(Self.routes + Self.accountRoutes)
        let fault = state.arrival(match?.template ?? "unknown")
        let before = fault?.isLate == true ? answer(request, match) : nil
        if let fault { await delay(fault) }
        var response =
            if let status = fault?.status {
                failure(status, retryAfter: fault?.retryAfter)
            } else {
                before ?? answer(request, match)
            }
        if fault?.drips == true, case .whole(let bytes) = response.body { response.body = .drip(bytes) }
        let correlation = state.with { $0.generator.uuid() }
        response.headers.replaceOrAdd(name: "ININ-Correlation-Id", value: correlation)
        return response
    }

    private func delay(_ fault: PlatformFault) async {
        if fault.delayMilliseconds > 0 {
            // Cancelled means that the sandbox stops.
            try? await Task.sleep(for: .milliseconds(fault.delayMilliseconds))
        }
        if fault.isHeld { await state.gate.pass() }
    }

    private func answer(_ request: Request, _ match: (template: String, id: String)?) -> Response {
        guard let match else { return .platformError(404, "not.found", "The requested resource does not exist.") }
        if match.template == "POST /oauth/token" { return login(request) }

        let now = state.configuration.clock.now
        guard let token = request.bearer, let (client, usage) = state.with({ $0.tokens.use(token, now: now) }) else {
            return .platformError(401, "bad.credentials", "Invalid login credentials.")
        }
        let allowed = state.configuration.requestsPerMinute
        var response: Response
        if usage.count > allowed {
            response = .tooManyRequests(retryAfter: usage.resetSeconds, allowed: allowed)
        } else if let permission = Self.permissions[match.template] ?? Self.accountPermissions[match.template],
            !client.permissions.contains(permission)
        {
            response = .missingPermission(permission)
        } else {
            response = serve(match, request, client: client, token: token)
        }
        response.headers.add(name: "inin-ratelimit-count", value: String(usage.count))
        response.headers.add(name: "inin-ratelimit-allowed", value: String(allowed))
        response.headers.add(name: "inin-ratelimit-reset", value: String(usage.resetSeconds))
        return response
    }

    private func failure(_ status: Int, retryAfter: Int?) -> Response {
        if status == 429 {
            return .tooManyRequests(retryAfter: retryAfter ?? 1, allowed: state.configuration.requestsPerMinute)
        }
        if (200..<300).contains(status) { return Response(status) }
        var response = Response.platformError(status, "internal.server.error", "Made to fail.")
        if let retryAfter { response.headers.add(name: "retry-after", value: String(retryAfter)) }
        return response
    }

    private func serve(
        _ match: (template: String, id: String),
        _ request: Request,
        client: SandboxClient,
        token: String
    ) -> Response {
        if let response = serveAccount(match, request) { return response }
        let (world, accounts) = state.with { ($0.world, $0.accounts) }
        switch match.template {
        case "GET /api/v2/tokens/me": return Response(200, tokenInfo(client, world))
        case "HEAD /api/v2/tokens/me": return Response(200)
        case "DELETE /api/v2/tokens/me":
            state.with { $0.tokens.revoke(token) }
            return Response(200)
        case "GET /api/v2/organizations/me": return Response(200, organization(world))
        case "GET /api/v2/authorization/subjects/me": return Response(200, subject(client))
        case "GET /api/v2/users": return users(request, world, accounts)
        case "GET /api/v2/users/{id}":
            guard let agent = world.agent(match.id) else { return notFound("user") }
            return Response(200, agent.json(accounts.users[agent.id], expand: request.list("expand")))
        case "GET /api/v2/conversations/{id}":
            guard let facts = world.conversation(match.id) else { return notFound("conversation") }
            return Response(200, facts.json)
        case "GET /api/v2/organizations/limits/namespaces":
            return Response(200, ["entities": [["namespace": "platform.api"]], "total": 1])
        default:
            return FactsAPI(state: state).serve(match, request) ?? WorkforceAPI(state: state).serve(match, request)
                ?? notFound("resource")
        }
    }

    private func notFound(_ kind: String) -> Response {
        .platformError(404, "not.found", "Unable to find a \(kind) with that id.")
    }

    // MARK: - Login

    private func login(_ request: Request) -> Response {
        let form = String(decoding: request.body, as: UTF8.self).split(separator: "&")
        guard form.contains("grant_type=client_credentials") else {
            return .loginError(400, "unsupported_grant_type", "Send grant_type=client_credentials.")
        }
        guard let header = request.headers.first(name: "authorization"), header.lowercased().hasPrefix("basic "),
            let decoded = Data(base64Encoded: String(header.dropFirst(6))),
            let client = state.configuration.clients.first(where: {
                decoded.elementsEqual("\($0.id):\($0.secret)".utf8)
            }), state.with({ $0.accounts.isActive(client: client.id) })
        else {
            return .loginError(401, "invalid_client", "client not found or credentials invalid")
        }
        let now = state.configuration.clock.now
        let seconds = state.configuration.tokenSeconds
        let token = state.with { contents in
            let token = "sandbox-" + contents.generator.uuid()
            contents.tokens.issue(token, to: client, seconds: seconds, now: now)
            return token
        }
        return Response(
            200,
            ["access_token": .string(token), "token_type": "bearer", "expires_in": .number(seconds)]
        )
    }

    // MARK: - Bodies

    private func organization(_ world: SandboxWorld) -> JSON {
        [
            "id": .string(world.directory.organizationID), "name": "Sandbox Contact Centre", "domain": "sandbox",
            "state": "active", "version": 1, "selfUri": "/api/v2/organizations/me",
        ]
    }

    private func tokenInfo(_ client: SandboxClient, _ world: SandboxWorld) -> JSON {
        let organization: JSON = [
            "id": .string(world.directory.organizationID), "name": "Sandbox Contact Centre",
        ]
        return [
            "organization": organization, "homeOrganization": organization, "authorizedScope": [],
            "OAuthClient": [
                "id": .string(client.id), "name": .string(client.name), "state": "active",
                "authorizedGrantType": "CLIENT_CREDENTIALS", "organization": organization,
            ],
        ]
    }

    private func subject(_ client: SandboxClient) -> JSON {
        let policies = client.permissions.map { permission -> JSON in
            let parts = permission.split(separator: ":").map { JSON.string(String($0)) }
            guard parts.count == 3 else { return nil }
            return ["domain": parts[0], "entityName": parts[1], "actions": [parts[2]]]
        }
        let grant: JSON = [
            "subjectId": .string(client.id), "division": ["id": "*", "name": "All"],
            "role": [
                "id": .string("role-\(client.id)"), "name": .string(client.role), "policies": .array(policies),
                "default": false,
            ],
        ]
        return ["id": .string(client.id), "name": .string(client.name), "grants": [grant], "version": 1]
    }

    private func users(_ request: Request, _ world: SandboxWorld, _ accounts: SandboxAccounts) -> Response {
        let size = request.parameter("pageSize").map { Int($0) ?? 0 } ?? 25
        let number = request.parameter("pageNumber").map { Int($0) ?? 0 } ?? 1
        guard (1...100).contains(size), (1...1_000_000).contains(number) else {
            return .platformError(
                400,
                "invalid.query.param.value",
                "pageSize must be 1 to 100 and pageNumber 1 or more."
            )
        }
        let wanted = request.parameter("state") ?? "active"
        let ids = Set(request.list("id").map { $0.lowercased() })
        let matching = world.agents.filter {
            (wanted == "any" || accounts.users[$0.id]?.state == wanted) && (ids.isEmpty || ids.contains($0.id))
        }
        let pages = (matching.count + size - 1) / size
        let expand = request.list("expand")
        func uri(_ page: Int) -> JSON { .string("/api/v2/users?pageSize=\(size)&pageNumber=\(page)") }
        var body: [JSON.Member] = [
            .init(
                name: "entities",
                value: .array(
                    matching.dropFirst((number - 1) * size).prefix(size).map {
                        $0.json(accounts.users[$0.id], expand: expand)
                    }
                )
            ),
            .init(name: "pageSize", value: .number(size)), .init(name: "pageNumber", value: .number(number)),
            .init(name: "total", value: .number(matching.count)), .init(name: "pageCount", value: .number(pages)),
            .init(name: "firstUri", value: uri(1)), .init(name: "selfUri", value: uri(number)),
            .init(name: "lastUri", value: uri(max(1, pages))),
        ]
        if number < pages { body.append(.init(name: "nextUri", value: uri(number + 1))) }
        if number > 1 { body.append(.init(name: "previousUri", value: uri(number - 1))) }
        return Response(200, .object(body))
    }
}

extension SandboxAgent {
    /// `User` of the API.
    func json(_ account: SandboxAccounts.User?, expand: Set<String>) -> JSON {
        func date(_ milliseconds: Int64) -> JSON { .string(Timestamp(milliseconds: milliseconds).description) }
        var body: [JSON.Member] = [
            .init(name: "id", value: .string(id)), .init(name: "name", value: .string(name)),
            .init(name: "email", value: .string(email)), .init(name: "username", value: .string(email)),
            .init(name: "state", value: .string(account?.state ?? state)),
            .init(name: "version", value: .number(account?.version ?? 1)),
            .init(name: "division", value: ["id": "sandbox-home", "name": "Home"]),
            .init(name: "department", value: roles.contains("Supervisor") ? "Supervision" : "Customer service"),
            .init(name: "selfUri", value: .string("/api/v2/users/\(id)")),
        ]
        if let account, expand.contains("lasttokenissued") {
            body.append(.init(name: "lastTokenIssued", value: ["dateIssued": date(account.lastToken)]))
        }
        if let login = account?.lastPasswordLogin, expand.contains("dateLastLogin") {
            body.append(.init(name: "dateLastLogin", value: date(login)))
        }
        if expand.contains("authorization") {
            let roles = roles.map { role -> JSON in
                let slug = role.lowercased().split(separator: " ").joined(separator: "-")
                return ["id": .string("role-\(slug)"), "name": .string(role)]
            }
            body.append(.init(name: "authorization", value: ["roles": .array(roles)]))
        }
        return .object(body)
    }
}
