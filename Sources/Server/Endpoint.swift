import Credentials
import HTTPTypes
import Hummingbird

/// What is served at one path by one method. Every route of the control plane is in ``all``, and nowhere else.
struct Endpoint: Sendable, Hashable {
    /// The method; each GET answers HEAD too.
    let method: HTTPRequest.Method
    /// The path as in the OpenAPI document.
    let template: String
    /// The caller needs one of these scopes; empty for everybody.
    let scopes: [Scope]
    /// The names of the query parameters it knows.
    let query: [String]

    /// The largest body of a request, in bytes.
    let largestBody: Int

    private init(
        _ method: HTTPRequest.Method,
        _ template: String,
        _ scopes: [Scope] = [],
        query: [String] = [],
        largestBody: Int = ControlPlane.maximumBodyBytes
    ) {
        self.largestBody = largestBody
        self.method = method
        self.template = template
        self.scopes = scopes
        self.query = query
    }

    /// The path as the router wants it: the parameters `tile` and `bundle` stand for all that follows, slashes included.
    var routerPath: RouterPath {
        RouterPath(template.replacing("{tile}", with: "**").replacing("{bundle}", with: "**"))
    }

    /// Whether a request's path is one of this endpoint's.
    func matches(_ path: some StringProtocol) -> Bool {
        let wanted = template.split(separator: "/")
        let given = path.split(separator: "/")
        let takesRest = wanted.last == "{tile}" || wanted.last == "{bundle}"
        guard given.count == wanted.count || (takesRest && given.count > wanted.count) else { return false }
        return zip(wanted, given).allSatisfy { wanted, given in wanted.hasPrefix("{") || wanted == given }
    }

    static let health = Endpoint(.get, "/healthz")
    static let readiness = Endpoint(.get, "/readyz")
    static let metrics = Endpoint(.get, "/metrics")
    static let description = Endpoint(.get, "/openapi.json")

    static let checkpoint = Endpoint(.get, "/checkpoint")
    static let tile = Endpoint(.get, "/tile/{level}/{tile}")
    static let bundle = Endpoint(.get, "/tile/entries/{bundle}", [.ledger])

    static let accesses = Endpoint(
        .get,
        "/api/v1/accesses",
        [.audit],
        query: [
            "customerId", "agentId", "interactionId", "on", "from", "to", "includeRefused", "proofs", "limit", "cursor",
            "reason",
        ]
    )
    static let searchAccesses = Endpoint(.post, "/api/v1/accesses/search", [.audit])
    static let events = Endpoint(
        .get,
        "/api/v1/events",
        [.audit],
        query: ["eventType", "from", "to", "proofs", "limit", "cursor", "reason"]
    )
    static let event = Endpoint(.get, "/api/v1/events/{index}", [.audit], query: ["proofs", "reason"])
    static let proof = Endpoint(.get, "/api/v1/events/{index}/proof", [.ledger])
    static let tokens = Endpoint(.post, "/api/v1/tokens", [.audit])

    static let resolve = Endpoint(.post, "/api/v1/identity/resolve", [.identity])
    static let linkIdentifiers = Endpoint(.post, "/api/v1/identity/link", [.identity])
    static let unlinkIdentifier = Endpoint(.post, "/api/v1/identity/unlink", [.identity])
    static let shareIdentifier = Endpoint(.post, "/api/v1/identity/share", [.identity])
    static let merge = Endpoint(.post, "/api/v1/identity/merge", [.identity])
    static let unmerge = Endpoint(.post, "/api/v1/identity/unmerge", [.identity])
    static let keepApart = Endpoint(.post, "/api/v1/identity/apart", [.identity])
    static let explain = Endpoint(.post, "/api/v1/identity/explain", [.identity])
    static let forget = Endpoint(.post, "/api/v1/identity/forget", [.forget])
    static let resolvePseudonym = Endpoint(.post, "/api/v1/identity/pseudonyms/resolve", [.pseudonyms])
    static let identityProposals = Endpoint(
        .get,
        "/api/v1/identity/proposals",
        [.identity, .forget, .identityApprove],
        query: ["all", "limit"]
    )
    static let identityProposal = Endpoint(
        .get,
        "/api/v1/identity/proposals/{id}",
        [.identity, .forget, .identityApprove],
        query: ["reason"]
    )
    static let approveProposal = Endpoint(.post, "/api/v1/identity/proposals/{id}/approve", [.identityApprove])
    static let rejectProposal = Endpoint(
        .post,
        "/api/v1/identity/proposals/{id}/reject",
        [.identity, .forget, .identityApprove]
    )
    static let identityChanges = Endpoint(
        .get,
        "/api/v1/identity/changes",
        [.identity],
        query: ["after", "limit"]
    )
    static let identityConflicts = Endpoint(.get, "/api/v1/identity/conflicts", [.identity], query: ["limit"])
    static let settleConflict = Endpoint(.post, "/api/v1/identity/conflicts/{id}/settle", [.identity])
    static let reportEvent = Endpoint(.post, "/api/v1/audit/events", [.events])
    static let redact = Endpoint(.post, "/api/v1/redact", [.redact], largestBody: 1 << 20)
    static let reverse = Endpoint(.post, "/api/v1/redact/reverse", [.redactReverse])
    static let reveal = Endpoint(.post, "/api/v1/redact/reveal", [.redactReverse])

    static let clients = Endpoint(.get, "/api/v1/clients", [.admin])
    static let createClient = Endpoint(.post, "/api/v1/clients", [.admin])
    static let rotateClient = Endpoint(.post, "/api/v1/clients/{id}/rotate", [.admin])
    static let revokeClient = Endpoint(.post, "/api/v1/clients/{id}/revoke", [.admin])

    static let sinks = Endpoint(.get, "/api/v1/sinks", [.sinks])
    static let sink = Endpoint(.get, "/api/v1/sinks/{name}", [.sinks])
    static let deadLetters = Endpoint(
        .get,
        "/api/v1/sinks/{name}/dead-letters",
        [.sinks],
        query: ["from", "limit", "reason"]
    )
    static let pauseSink = Endpoint(.post, "/api/v1/sinks/{name}/pause", [.sinks])
    static let resumeSink = Endpoint(.post, "/api/v1/sinks/{name}/resume", [.sinks])
    static let redriveSink = Endpoint(.post, "/api/v1/sinks/{name}/redrive", [.sinks])
    static let backfillSink = Endpoint(.post, "/api/v1/sinks/{name}/backfill", [.sinks])
    static let testSink = Endpoint(.post, "/api/v1/sinks/{name}/test", [.sinks])
    static let sinkEntry = Endpoint(.get, "/api/v1/sinks/{name}/entries/{index}", [.sinks])
    static let stateSink = Endpoint(.post, "/api/v1/sinks/{name}/statement", [.sinks])
    static let reconcileSink = Endpoint(.post, "/api/v1/sinks/{name}/reconcile", [.sinks])
    static let sinkJob = Endpoint(.get, "/api/v1/sinks/{name}/jobs/{id}", [.sinks])
    static let cancelSinkJob = Endpoint(.post, "/api/v1/sinks/{name}/jobs/{id}/cancel", [.sinks])

    static let alerts = Endpoint(
        .get,
        "/api/v1/alerts",
        [.alerts],
        query: ["status", "alertId", "limit", "cursor", "reason"]
    )
    static let decideAlert = Endpoint(.post, "/api/v1/alerts/decisions", [.alerts])
    static let rules = Endpoint(.get, "/api/v1/rules", [.alerts])
    static let testRules = Endpoint(.post, "/api/v1/rules/test", [.alerts])
    static let beginBacktest = Endpoint(.post, "/api/v1/rules/backtests", [.alerts])
    static let backtest = Endpoint(.get, "/api/v1/rules/backtests/{id}", [.alerts])
    static let cancelBacktest = Endpoint(.post, "/api/v1/rules/backtests/{id}/cancel", [.alerts])
    static let suppressions = Endpoint(
        .get,
        "/api/v1/alerts/suppressions",
        [.alerts],
        query: ["all", "limit", "cursor"]
    )
    static let suppress = Endpoint(.post, "/api/v1/alerts/suppressions", [.alerts])
    static let liftSuppression = Endpoint(.post, "/api/v1/alerts/suppressions/lift", [.alerts])
    static let containment = Endpoint(
        .get,
        "/api/v1/containment",
        [.respond, .respondApprove],
        query: ["all", "reason"]
    )
    static let containmentCase = Endpoint(
        .get,
        "/api/v1/containment/cases/{id}",
        [.respond, .respondApprove],
        query: ["reason"]
    )
    static let contain = Endpoint(.post, "/api/v1/containment", [.respond])
    static let previewContainment = Endpoint(.post, "/api/v1/containment/preview", [.respond])
    static let approveContainment = Endpoint(.post, "/api/v1/containment/approve", [.respondApprove])
    static let refuseContainment = Endpoint(.post, "/api/v1/containment/refuse", [.respond, .respondApprove])
    static let signedDecision = Endpoint(.post, "/api/v1/containment/signed-decisions")
    static let undoContainment = Endpoint(.post, "/api/v1/containment/undo", [.respond])

    static let honeyCustomers = Endpoint(.get, "/api/v1/honey-customers", [.honey], query: ["reason"])
    static let plantHoneyCustomer = Endpoint(.post, "/api/v1/honey-customers", [.honey])
    static let removeHoneyCustomer = Endpoint(.post, "/api/v1/honey-customers/remove", [.honey])

    static let configuration = Endpoint(.get, "/api/v1/configuration", [.admin])
    static let status = Endpoint(.get, "/api/v1/status", [.audit, .admin])

    /// Every endpoint.
    static let all: [Endpoint] = [
        health, readiness, metrics, description, checkpoint, tile, bundle, accesses, searchAccesses, events, event,
        proof, tokens, resolve, linkIdentifiers, unlinkIdentifier, shareIdentifier, merge, unmerge, keepApart, explain,
        forget, resolvePseudonym, identityProposals, identityProposal, approveProposal, rejectProposal, identityChanges,
        identityConflicts, settleConflict, reportEvent, redact, reveal, reverse, clients,
        createClient,
        rotateClient, revokeClient, sinks, sink, deadLetters, pauseSink, resumeSink, redriveSink, backfillSink,
        testSink, sinkEntry, reconcileSink, stateSink, sinkJob, cancelSinkJob, alerts, decideAlert, suppressions,
        suppress, liftSuppression,
        rules, testRules, beginBacktest, backtest, cancelBacktest,
        containment,
        containmentCase, contain, previewContainment, approveContainment,
        refuseContainment, undoContainment, signedDecision, honeyCustomers, plantHoneyCustomer, removeHoneyCustomer,
        configuration, status,
    ]

    /// The largest body that is taken at a path, before it is known who sends it.
    static func largestBody(at path: some StringProtocol) -> Int {
        all.filter { $0.matches(path) }.map(\.largestBody).max() ?? ControlPlane.maximumBodyBytes
    }

    /// The methods that a path answers to, sorted; empty when there is nothing there.
    static func methods(at path: some StringProtocol) -> [String] {
        let found = all.filter { $0.matches(path) }.map(\.method)
        return Set(found.map(\.rawValue) + (found.contains(.get) ? ["HEAD"] : [])).sorted()
    }
}
