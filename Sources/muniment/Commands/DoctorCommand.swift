import ArgumentParser
import AsyncHTTPClient
import Detection
import Foundation
import Gateway
import Genesys
import JSON
import Ledger
import Logging
import Monitoring
import NIOCore
import NIOHTTP1
import PlatformFacts
import Settings
import Storage
import WallTime

/// `muniment doctor`: is everything that a server needs in order?
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check keys, store, disk, clock, upstreams and Genesys permissions."
    )

    @OptionGroup var configurationOption: ConfigurationOption
    @OptionGroup var format: FormatOption

    /// One thing that was looked at.
    struct Finding {
        enum State: String { case pass, warning, fail, notAssessed = "not assessed" }
        let what: String
        let state: State
        let detail: String
    }

    func run() async throws {
        let installation = try configurationOption.load()
        var findings = [
            Finding(
                what: "configuration",
                state: .pass,
                detail: "in order; keys are there and only their owner can read them"
            )
        ]
        findings += ledger(installation)
        findings.append(disk(installation.configuration.ledger.directory))
        findings.append(
            disk(URL(fileURLWithPath: installation.configuration.ledger.anchor).deletingLastPathComponent().path)
        )
        for upstream in installation.configuration.gateway.upstreams {
            findings += await self.upstream(upstream, now: installation.clock)
        }
        findings += certificates(installation)
        findings += ownRules(installation.configuration.detection)
        findings += await platform(installation)
        if format.format == .json {
            Output.json(
                .array(
                    findings.map {
                        .object([
                            "check": .string($0.what), "state": .string($0.state.rawValue),
                            "detail": .string($0.detail),
                        ])
                    }
                )
            )
        } else {
            Output.table(["check", "state", "detail"], findings.map { [$0.what, $0.state.rawValue, $0.detail] })
        }
        if findings.contains(where: { $0.state == .fail }) { throw ExitCode(2) }
    }

    private func ledger(_ installation: Installation) -> [Finding] {
        do {
            let ledger = try installation.openLedger()
            defer { ledger.close() }
            var findings = [
                Finding(
                    what: "ledger",
                    state: .pass,
                    detail: "\(ledger.health.head.size) entries; head, tree and anchor agree; commits are synced"
                )
            ]
            findings.append(try appendOnly(ledger))
            let lag = ledger.health.head.size - (try ledger.indexedSize())
            findings.append(
                Finding(
                    what: "query index",
                    state: lag > 1_000_000 ? .warning : .pass,
                    detail: "\(lag) entries not indexed yet; queries read them directly"
                )
            )
            return findings
        } catch {
            return [Finding(what: "ledger", state: .fail, detail: "\(error)")]
        }
    }

    /// The store must refuse what the product never does.
    private func appendOnly(_ ledger: Ledger) throws -> Finding {
        let what = "append-only"
        switch try ledger.provesAppendOnly() {
        case .byPrivilege:
            return Finding(
                what: what,
                state: .pass,
                detail: "the database role has no right to change or remove entries"
            )
        case .byTrigger where ledger.isShared:
            return Finding(
                what: what,
                state: .warning,
                detail:
                    "triggers refuse UPDATE and DELETE, but the role owns the tables and could remove them: let another role "
                    + "own them ('muniment store prepare')"
            )
        case .byTrigger: return Finding(what: what, state: .pass, detail: "the store refuses UPDATE and DELETE")
        case .missing(let statement):
            return Finding(what: what, state: .fail, detail: "the store accepts '\(statement)': its triggers are gone")
        }
    }

    /// Whether the installation's own rules do as their fixtures say. A rule that is tested too little works all the same.
    private func ownRules(_ detection: DetectionSettings) -> [Finding] {
        let own = detection.rules.ownFiles
        guard detection.isOn, !own.isEmpty else { return [] }
        let report = RuleTest.run(detection.rules)
        let failed = report.results.filter { !$0.passed }.map(\.description)
        let faults = failed + report.shortcomings
        return [
            Finding(
                what: "own rules",
                state: faults.isEmpty ? .pass : .warning,
                detail: faults.first.map {
                    $0 + (faults.count > 1 ? " (and \(faults.count - 1) more: 'muniment rules test')" : "")
                }
                    ?? "\(own.count) files; all \(report.results.count) fixtures of these and of the shipped rules pass"
            )
        ]
    }

    /// The listeners' certificates as a server would read them now.
    private func certificates(_ installation: Installation) -> [Finding] {
        let configuration = installation.configuration
        let listeners = [("data", configuration.gateway.listener.tls), ("control", configuration.control.tls)]
        return listeners.compactMap { name, files in
            guard let files else { return nil }
            let what = "certificate \(name)"
            do {
                let expires = try TLSKeeper(listener: name, files: files).status.expires
                let now = installation.clock.now()
                let state: Finding.State =
                    expires <= now ? .fail : expires <= now.adding(seconds: 30 * 86_400) ? .warning : .pass
                return Finding(what: what, state: state, detail: "ends on \(expires); the key is its key")
            } catch {
                return Finding(what: what, state: .fail, detail: "\(error)")
            }
        }
    }

    private func disk(_ path: String) -> Finding {
        guard let attributes = try? FileManager.default.attributesOfFileSystem(forPath: path),
            let free = (attributes[.systemFreeSize] as? NSNumber)?.int64Value
        else { return Finding(what: "disk \(path)", state: .notAssessed, detail: "the free space cannot be read") }
        let detail = "\(free >> 20) MiB free; a million reads take about 1 GiB"
        return Finding(
            what: "disk \(path)",
            state: free < 1 << 30 ? .fail : free < 8 << 30 ? .warning : .pass,
            detail: detail
        )
    }

    private func upstream(_ upstream: Upstream, now clock: any WallClock) async -> [Finding] {
        let name = "upstream \(upstream.name)"
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        if let roots = upstream.tls?.trustRoots,
            let tls = try? TLSFiles.clientConfiguration(upstream.tls ?? UpstreamTLS(trustRoots: roots))
        {
            configuration.tlsConfiguration = tls
        }
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .milliseconds(Int64(upstream.timeoutMilliseconds))
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        defer { client.shutdown { _ in } }
        let scheme = upstream.tls == nil ? "http" : "https"
        let host = upstream.host.contains(":") ? "[\(upstream.host)]" : upstream.host
        do {
            // No credential goes out: any answer shows that it can be reached, and its clock.
            var request = HTTPClientRequest(url: "\(scheme)://\(host):\(upstream.port)/")
            request.method = .HEAD
            let response = try await client.execute(request, timeout: .seconds(5))
            let reached = Finding(what: name, state: .pass, detail: "reached; it answered \(response.status.code)")
            guard let date = response.headers.first(name: "Date"), let theirs = HTTPDate.parse(date) else {
                return [
                    reached,
                    Finding(what: "clock against \(upstream.name)", state: .notAssessed, detail: "it sent no Date"),
                ]
            }
            let skew = abs(clock.now().milliseconds - theirs.milliseconds) / 1000
            return [
                reached,
                Finding(
                    what: "clock against \(upstream.name)",
                    state: skew > 60 ? .fail : skew > 5 ? .warning : .pass,
                    detail: "\(skew) s apart"
                ),
            ]
        } catch {
            return [
                Finding(what: name, state: .fail, detail: "cannot be reached at \(scheme)://\(host):\(upstream.port)")
            ]
        }
    }

    /// What each feed of facts may ask for, and how it stands.
    private func feeds(_ installation: Installation, _ grants: OwnGrants) async throws -> [Finding] {
        let settings = installation.configuration.feeds
        guard !settings.names.isEmpty else {
            return [
                Finding(
                    what: "feeds",
                    state: .notAssessed,
                    detail: "none configured: rules that need facts of the platform are silent (genesys.feeds)"
                )
            ]
        }
        let ledger = try installation.openLedger()
        defer { ledger.close() }
        let desk = FeedDesk(settings, store: try FactStore(ledger: ledger))
        let reports = try await desk.reports(at: installation.clock.now())
        return settings.permissions.map { feed, permissions in
            let missing = grants.missing(of: permissions)
            let report = reports.first { $0.feed == feed }
            let through = report?.state?.through.map { "complete up to \($0)" } ?? "nothing brought yet"
            let detail =
                missing.isEmpty
                ? [through, report?.trouble].compactMap { $0 }.joined(separator: "; ")
                : "missing: \(missing.joined(separator: ", "))"
            return Finding(
                what: "feed \(feed)",
                state: !missing.isEmpty ? .fail : report?.trouble == nil ? .pass : .warning,
                detail: detail
            )
        }
    }

    private func platform(_ installation: Installation) async -> [Finding] {
        guard let platform = installation.configuration.platform else {
            return [
                Finding(
                    what: "genesys",
                    state: .notAssessed,
                    detail:
                        "not configured: every read is graded 'claimed', nobody checks what the agent's desktop says"
                )
            ]
        }
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: GenesysClient.httpConfiguration)
        defer { http.shutdown { _ in } }
        let client = GenesysClient(
            host: platform.host,
            credentials: platform.credentials,
            http: http,
            logger: Logger(label: "doctor")
        )
        do {
            let token = try await client.tokenInfo()
            let organization = try await client.organization()
            let grants = try await client.ownGrants()
            let missing = grants.missing(of: ["conversation:communication:view"])
            return try await feeds(installation, grants) + [
                Finding(
                    what: "genesys",
                    state: .pass,
                    detail:
                        "logged in to '\(organization.name ?? organization.id)' as '\(token.clientName ?? "client")'"
                ),
                Finding(
                    what: "genesys permissions",
                    state: missing.isEmpty ? .pass : .fail,
                    detail: missing.isEmpty
                        ? "bindings can be looked up"
                        : "missing: \(missing.joined(separator: ", ")); every read would be unverifiable"
                ),
            ] + containment(installation.configuration.detection.containment.enabled, grants)
        } catch {
            return [Finding(what: "genesys", state: .fail, detail: "\(error)")]
        }
    }

    /// Whether the steps of containment that are switched on may be taken on the platform.
    private func containment(_ steps: Set<ContainmentStep>, _ grants: OwnGrants) -> [Finding] {
        steps.filter { !$0.isLocal }.sorted { $0.rawValue < $1.rawValue }.map { step in
            let missing = grants.missing(of: PlatformContainment.permissions(for: step))
            return Finding(
                what: "containment \(step.rawValue)",
                state: missing.isEmpty ? .pass : .fail,
                detail: missing.isEmpty
                    ? "the platform's client has the permissions that it needs"
                    : "missing: \(missing.joined(separator: ", ")); add them to a role of the OAuth client"
            )
        }
    }
}
