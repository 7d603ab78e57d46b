import AccessPolicy
import Crypto
import Foundation
import Gateway
import Genesys
import Ledger
import MerkleLog
import Yams

extension Configuration {
    /// Reads and checks a file.
    /// - Parameters:
    ///   - path: the YAML file; relative paths in it are relative to its folder.
    ///   - environment: where secrets may come from.
    /// - Throws: ``ConfigurationProblems`` with everything that is wrong.
    public static func load(path: String, environment: [String: String]) throws(ConfigurationProblems) -> Configuration
    {
        let collector = ProblemCollector()
        func failed(_ message: String, line: Int? = nil) -> ConfigurationProblems {
            collector.add("", line, message)
            return ConfigurationProblems(file: path, problems: collector.problems)
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw failed("cannot be read: write one with 'muniment init'")
        }
        guard let text = String(data: data, encoding: .utf8) else { throw failed("is not UTF-8 text") }
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw failed("is not valid YAML: \(YAMLFault(error).text)", line: YAMLFault(error).line)
        }
        guard let root else { throw failed("is empty: write one with 'muniment init'") }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let loader = ConfigurationLoader(
            folder: folder,
            files: FileChecks(folder: folder, environment: environment),
            collector: collector
        )
        let configuration = loader.read(Section(root, path: "", collector: collector), file: path, bytes: Array(data))
        guard let configuration, collector.problems.isEmpty else {
            throw ConfigurationProblems(file: path, problems: collector.problems)
        }
        return configuration
    }
}

/// What the YAML reader says of a text that it cannot read, without the text itself.
private struct YAMLFault {
    let text: String
    let line: Int?

    init(_ error: any Error) {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            text = problem
            line = mark.line
        case .duplicatedKeysInMapping(let duplicates, let context):
            text = "the same key stands twice: \(duplicates.joined(separator: ", "))"
            line = context.mark.line
        default:
            text = "it cannot be parsed"
            line = nil
        }
    }
}

/// Puts a configuration together from its sections.
struct ConfigurationLoader {
    let folder: String
    let files: FileChecks
    let collector: ProblemCollector

    func read(_ root: Section, file: String, bytes: [UInt8]) -> Configuration? {
        var hash = SHA256()
        hash.update(data: bytes)

        let installation = root.section("installation")
        let node = installation?.text("node") ?? "node-1"
        let tenant = installation?.text("tenant") ?? "main"
        for (key, name) in [("node", node), ("tenant", tenant)] where !Names.isName(name) {
            installation?.problem(key, "may have 1 to 63 lower-case letters, digits and hyphens")
        }
        installation?.end()

        let ledger = root.requiredSection("ledger")
        let origin = ledger.requiredText("origin").flatMap { text -> Origin? in
            do { return try Origin(text) } catch {
                ledger.problem("origin", "\(error)")
                return nil
            }
        }
        let directory = ledger.requiredText("directory").map(files.absolute)
        let anchor = ledger.requiredText("anchor").map(files.absolute)
        if let directory, let anchor, anchor.hasPrefix(directory + "/") {
            ledger.problem(
                "anchor",
                "must lie outside the ledger's folder: an old copy of the folder would bring it along"
            )
        }
        let ledgerKey = files.keyFile(ledger, "key")
        ledger.end()

        let tokens = root.requiredSection("tokens")
        let tokenKey = files.keyFile(tokens, "key")
        let epoch = tokens.integer("epoch", in: 1...1_000_000) ?? 1
        tokens.end()

        let platformSection = root.section("genesys")
        let (platform, binding) = readPlatform(platformSection)
        let spool = root.section("spool")
        let spoolDirectory = spool?.requiredText("directory").map(files.absolute)
        let spoolBytes = spool?.size("maximum", in: 1 << 20...1 << 40) ?? 256 << 20
        spool?.end()

        let network = NetworkReader(files: files)
        let upstreamSections = root.named("upstreams")
        let upstreams = upstreamSections.compactMap { network.upstream($0.name, $0.section) }
        if !root.has("upstreams") { root.problem(nil, "the section 'upstreams' is missing") }
        let routeSections = root.named("routes")
        if routeSections.isEmpty { root.problem("routes", "at least one route is needed") }
        let routeReader = RouteReader(upstreams: upstreams, declared: Set(upstreamSections.map(\.name)))
        let routes = routeSections.compactMap { routeReader.route($0.name, $0.section) }
        for upstream in upstreams where !routes.contains(where: { $0.upstream == upstream.name }) {
            collector.add("upstreams.\(upstream.name)", nil, "is used by no route: remove it, or name it in a route")
        }
        let spools = routes.contains { $0.failMode == .spool }
        if spools, spool == nil {
            root.problem(nil, "a route has failMode 'spool', but there is no section 'spool' that says where")
        }
        if !spools, let spool { spool.problem(nil, "has no effect: no route has failMode 'spool'") }

        let policies = PolicyReader(routes: routes, files: files, collector: collector)
        let policy = policies.policy(root, "policy", required: true, into: &hash)
        let shadow = policies.policy(root, "shadowPolicy", required: false, into: &hash)

        let data = root.requiredSection("data")
        let dataListener = network.listener(data)
        let threads = data.integer("threads", in: 0...256) ?? 0
        let maximumConnections = data.integer("maximumConnections", in: 1...1_000_000) ?? 4096
        data.end()
        let control = root.requiredSection("control")
        let controlListener = network.listener(control)
        control.end()
        if let dataListener, let controlListener, dataListener.port == controlListener.port,
            dataListener.host == controlListener.host, dataListener.port != 0
        {
            control.problem("address", "is the data plane's address: the two planes listen on addresses of their own")
        }

        let commitments = root.flag("commitments") ?? true
        let log = root.section("log")
        let level = log?.text("level") ?? "info"
        if !["trace", "debug", "info", "notice", "warning", "error"].contains(level) {
            log?.problem("level", "must be one of: trace, debug, info, notice, warning, error")
        }
        log?.end()
        root.end()

        guard let origin, let directory, let anchor, let ledgerKey, let tokenKey, let policy, let dataListener,
            let controlListener
        else { return nil }
        var resolved = binding
        resolved.needsRoles =
            platform != nil && (policy.roles + (shadow?.roles ?? [])).contains { !$0.genesysRoles.isEmpty }
        var hex = ""
        for byte in hash.finalize() { hex += (byte < 16 ? "0" : "") + String(byte, radix: 16) }
        return Configuration(
            file: file,
            node: node,
            tenant: tenant,
            origin: origin,
            ledger: LedgerLocation(directory: directory, anchor: anchor),
            ledgerKey: ledgerKey,
            tokenKey: tokenKey,
            tokenEpoch: epoch,
            gateway: GatewaySettings(
                listener: dataListener,
                threads: threads,
                maximumConnections: maximumConnections,
                upstreams: upstreams,
                routes: routes,
                policy: policy,
                shadowPolicy: shadow,
                binding: resolved,
                commitments: commitments,
                spoolDirectory: spools ? spoolDirectory : nil,
                maximumSpoolBytes: spoolBytes,
                producer: "gateway@\(node)"
            ),
            control: controlListener,
            platform: platform,
            logLevel: level,
            contentHash: hex
        )
    }

    private func readPlatform(_ section: Section?) -> (Configuration.Platform?, GatewaySettings.Binding) {
        var binding = GatewaySettings.Binding()
        guard let section else { return (nil, binding) }
        var host: GenesysHost?
        let (region, sandbox) = (section.text("region"), section.text("sandboxUrl"))
        do {
            switch (region, sandbox) {
            case (let region?, nil): host = try GenesysHost(domain: region)
            case (nil, let sandbox?): host = try GenesysHost(sandboxURL: sandbox)
            default: section.problem(nil, "needs either 'region' (such as mypurecloud.de) or 'sandboxUrl', not both")
            }
        } catch {
            section.problem(region == nil ? "sandboxUrl" : "region", "\(error)")
        }
        let clientID = section.requiredText("clientId")
        let secret = files.secret(section, "clientSecret", required: true)
        if let facts = section.section("binding") {
            binding.budgetMilliseconds = facts.duration("budget", in: 1...10_000) ?? binding.budgetMilliseconds
            binding.factsMilliseconds = facts.duration("factsFor", in: 1...10_000) ?? binding.factsMilliseconds
            binding.rolesMilliseconds = facts.duration("rolesFor", in: 1000...3_600_000) ?? binding.rolesMilliseconds
            if let wrapUp = facts.duration("wrapUp", in: 0...3_600_000) { binding.wrapUpSeconds = Int64(wrapUp / 1000) }
            binding.customerAttribute = facts.text("customerAttribute")
            facts.end()
        }
        section.end()
        guard let host, let clientID, let secret else { return (nil, binding) }
        return (
            Configuration.Platform(
                host: host,
                credentials: ClientCredentials(clientID: clientID, secret: Secret(secret))
            ), binding
        )
    }
}

enum Names {
    /// Names that stand in URLs, events and metrics.
    static func isName(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                ($0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z"))
                    || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9"))
                    || $0 == UInt8(ascii: "-")
            } && text.first != "-"
    }
}
