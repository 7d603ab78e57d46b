import Gateway
import JSON
import WallTime

/// How one part of the installation is.
public enum PartState: Sendable, Hashable {
    /// It does what it should.
    case ok
    /// It does what it should, with less in reserve or with delay.
    case degraded(String)
    /// What depends on it is refused.
    case failed(String)

    /// The word for it.
    var name: String {
        switch self {
        case .ok: "ok"
        case .degraded: "degraded"
        case .failed: "failed"
        }
    }

    /// Why; nil when it is well.
    var reason: String? {
        switch self {
        case .ok: nil
        case .degraded(let reason), .failed(let reason): reason
        }
    }
}

/// A part that the control plane cannot look at by itself, such as the platform.
public struct ReadyCheck: Sendable {
    /// The part's name.
    public let name: String
    /// Looks at it. Called by every `GET /readyz`, so it answers at once from what is known. Its texts are shown to everybody.
    public let state: @Sendable () async -> PartState

    /// Names a check.
    public init(name: String, state: @escaping @Sendable () async -> PartState) {
        self.name = name
        self.state = state
    }
}

extension ReadyCheck {
    /// How many days before its end a certificate is spoken of.
    private static let notice: Int64 = 7

    /// Looks at a listener's certificate.
    init(_ certificate: TLSKeeper, clock: any WallClock) {
        self.init(name: "tls-\(certificate.listener)") {
            let (status, now) = (certificate.status, clock.now())
            if status.expires <= now { return .degraded("the certificate has ended: callers refuse it") }
            if status.refusal != nil {
                return .degraded("the files hold a pair that cannot be used: the one before it stays in use")
            }
            let isEnding = status.expires <= now.adding(seconds: Self.notice * 86_400)
            return isEnding ? .degraded("the certificate ends on \(status.expires)") : .ok
        }
    }
}

/// Everything that `GET /readyz` says.
struct Readiness: Sendable {
    /// What a route does for its callers now.
    enum RouteState: String {
        case serving
        /// Reads are recorded in the local journal and released.
        case spooling
        /// Reads are refused, because they cannot be recorded.
        case refusing
        /// Reads are refused, because the system of record is being left alone after failures.
        case upstreamUnavailable = "upstream-unavailable"
    }

    struct RouteReport {
        let name: String
        let upstream: String
        let failMode: String
        let state: RouteState
    }

    let parts: [(name: String, state: PartState)]
    let routes: [RouteReport]
    /// Which node this is, and who does what in the cluster.
    let cluster: JSONValue

    /// The worst of the parts: failed before degraded before ok.
    var overall: String {
        let names = Set(parts.map(\.state.name))
        return ["failed", "degraded"].first(where: names.contains) ?? "ok"
    }

    /// Whether a load balancer should send requests here.
    var isReady: Bool { overall != "failed" }

    var json: JSONValue {
        .object([
            "status": .string(overall), "cluster": cluster,
            "parts": .array(
                parts.map { part in
                    var members: [String: JSONValue] = [
                        "name": .string(part.name), "status": .string(part.state.name),
                    ]
                    if let reason = part.state.reason { members["reason"] = .string(reason) }
                    return .object(members)
                }
            ),
            "routes": .array(
                routes.map {
                    .object([
                        "name": .string($0.name), "upstream": .string($0.upstream), "failMode": .string($0.failMode),
                        "state": .string($0.state.rawValue),
                    ])
                }
            ),
        ])
    }
}
