import AccessPolicy
import Crypto
import Foundation
import Gateway
import Identity
import Ledger
import MerkleLog
import PlatformFacts

extension Configuration {
    /// Reads and checks a file.
    /// - Parameters:
    ///   - path: the YAML file; relative paths in it are relative to its folder.
    ///   - environment: where secrets may come from.
    /// - Throws: ``ConfigurationProblems`` with everything that is wrong.
    public static func load(path: String, environment: [String: String]) throws(ConfigurationProblems) -> Configuration
    {
        switch FileChecks.contents(path, isSecret: false) {
        case .success(let bytes):
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
            return try read(bytes, file: path, files: FileChecks(folder: folder, environment: environment))
        case .failure(let fault):
            let collector = ProblemCollector()
            collector.add("", nil, fault.message + (fault.isMissing ? ": 'muniment init' writes one" : ""))
            throw ConfigurationProblems(file: path, problems: collector.problems)
        }
    }

    /// Reads and checks a file's bytes.
    static func read(_ bytes: [UInt8], file: String, files: FileChecks) throws(ConfigurationProblems) -> Configuration {
        let collector = ProblemCollector()
        var configuration: Configuration?
        if let text = String(validating: bytes, as: UTF8.self) {
            do throws(YAMLFault) {
                let document = try YAMLDocument(text)
                if let root = document.root {
                    let source = Source(repeated: document.repeated, collector: collector)
                    let loader = ConfigurationLoader(file: file, files: files, collector: collector)
                    configuration = loader.read(Section(root, path: "", position: nil, source: source), bytes)
                } else {
                    collector.add("", nil, "is empty: 'muniment init' writes one")
                }
            } catch {
                collector.add("", error.position, error.message)
            }
        } else {
            collector.add("", nil, "is not UTF-8 text")
        }
        guard let configuration, collector.count == 0 else {
            throw ConfigurationProblems(file: file, problems: collector.problems)
        }
        return configuration
    }
}

/// Puts a configuration together from its sections.
struct ConfigurationLoader {
    let file: String
    let files: FileChecks
    let collector: ProblemCollector

    /// Reads the whole file. Nil only when something needed is missing, which is then reported.
    func read(_ root: Section, _ bytes: [UInt8]) -> Configuration? {
        var hash = SHA256()
        hash.update(data: bytes)
        let installation = installation(root.section("installation"))
        let ledger = ledger(root.requiredSection("ledger", for: "where the record is kept and under which name"))
        let tokens = root.requiredSection("tokens", for: "under which key customers' ids become tokens")
        let keyring = keyring(tokens)
        let epoch = tokens.integer("epoch", in: 1...1_000_000) ?? 1
        tokens.end()
        let identity = IdentityReader().identity(root.section("identity"))
        let platform = root.section("genesys").map { PlatformReader(files: files).platform($0) }
        let traffic = traffic(root)
        let policies = PolicyReader(
            routes: traffic.routes,
            isSound: traffic.isComplete,
            hasPlatform: root.has("genesys"),
            hasCustomerAttribute: platform?.hasCustomerAttribute ?? true,
            files: files
        )
        let policySection = root.requiredSection(
            "policy",
            for: "who may see what; without a policy nobody may see anything"
        )
        let policy = policies.policy(policySection, into: &hash)
        let shadow = root.section("shadowPolicy").flatMap { policies.policy($0, into: &hash) }
        let listeners = listeners(root)
        let spool = spool(root, isUsed: traffic.routes.contains(where: \.spools))
        let commitments = root.flag("commitments") ?? true
        let tracing = TracingReader(network: NetworkReader(files: files)).settings(root.section("tracing"))
        let signatures = SignatureReader().rules(root.section("signatures"))
        let redaction = RedactionReader().settings(root.section("redaction"))
        let sinkReader = SinkReader(files: files, redaction: redaction)
        let feeds = platform?.feeds ?? FeedSettings()
        checkActions(feeds, routes: traffic, root)
        let sinks = root.section("sinks")?.named() ?? []
        let detection = DetectionReader(
            files: files,
            hasPlatform: root.has("genesys"),
            sinks: sinks.map(\.name)
        ).settings(root.section("detection"), feeds: feeds)
        let readSinks = sinkReader.sinks(sinks)
        let log = root.section("log")
        let level = log?.choice("level", LogLevel.self) ?? .info
        log?.end()
        root.end()

        guard let ledger, let detection, let keyring, let policy, let data = listeners.data,
            let control = listeners.control
        else {
            return nil
        }
        var binding = platform?.binding ?? GatewaySettings.Binding()
        binding.needsRoles =
            platform != nil && (policy.roles + (shadow?.roles ?? [])).contains { !$0.genesysRoles.isEmpty }
        return Configuration(
            file: file,
            node: installation.node,
            tenant: installation.tenant,
            origin: ledger.origin,
            ledger: ledger.location,
            ledgerKey: ledger.key,
            keyring: keyring,
            tokenEpoch: epoch,
            identity: identity.rules,
            identityApprovals: identity.approvals,
            normaliser: identity.normaliser,
            gateway: GatewaySettings(
                listener: data,
                threads: listeners.threads,
                maximumConnections: listeners.maximumConnections,
                upstreams: traffic.upstreams,
                routes: traffic.routes.compactMap(\.route),
                policy: policy,
                shadowPolicy: shadow,
                binding: binding,
                commitments: commitments,
                spoolDirectory: spool?.directory,
                maximumSpoolBytes: spool?.maximumBytes ?? Self.defaultSpoolBytes,
                producer: "gateway@\(installation.node)"
            ),
            control: control,
            signatures: signatures,
            tracing: tracing,
            platform: platform?.platform,
            feeds: feeds,
            sinks: readSinks,
            redaction: redaction,
            detection: detection,
            logLevel: level.rawValue,
            contentHash: hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        )
    }

    /// Data actions can only be said to call routes that there are.
    private func checkActions(_ feeds: FeedSettings, routes: Traffic, _ root: Section) {
        guard routes.isComplete else { return }
        let known = Set(routes.routes.map(\.name))
        for (action, route) in feeds.executions?.actions.sorted(by: { $0.key < $1.key }) ?? []
        where !known.contains(route) {
            root.problem(
                "genesys.feeds.executions.actions.\(action)",
                "names the route '\(route)', which there is not; known: \(known.sorted().joined(separator: ", "))"
            )
        }
    }

    /// A file with the keys, or a command that prints them.
    private func keyring(_ section: Section) -> KeyringSource? {
        guard section.has("command") else {
            return files.keyFile(section, "key", example: "keys/tokens.key").map { .file($0) }
        }
        if section.has("key") { section.problem("command", "goes without 'key': keys come from one place") }
        let words = section.texts("command")
        guard let program = words.first, program.hasPrefix("/") else {
            section.problem("command", "must begin with the absolute path of a program that prints the keyring")
            return nil
        }
        return .command(words)
    }

    private enum LogLevel: String, CaseIterable {
        case trace, debug, info, notice, warning, error
    }

    private func installation(_ section: Section?) -> (node: String, tenant: String) {
        let node = section?.text("node") ?? "node-1"
        let tenant = section?.text("tenant") ?? "main"
        for (key, name) in [("node", node), ("tenant", tenant)] where !Names.isName(name) {
            section?.problem(key, "must have \(Names.rule)")
        }
        section?.end()
        return (node, tenant)
    }

    private func ledger(_ section: Section) -> (origin: Origin, location: LedgerLocation, key: String)? {
        defer { section.end() }
        var origin: Origin?
        if let text = section.requiredText("origin", example: "audit.example.com/main") {
            do throws(OriginError) { origin = try Origin(text) } catch { section.problem("origin", "\(error)") }
        }
        let directory = files.path(section, "directory", example: "data")
        let anchor = files.path(section, "anchor", example: "anchor/checkpoint")
        if let directory, let anchor, anchor == directory || anchor.hasPrefix(directory + "/") {
            section.problem(
                "anchor",
                "must lie outside the ledger's folder: a restored old copy of the folder would bring it along"
            )
        }
        let key = files.keyFile(section, "key", example: "keys/ledger.key")
        let engine = StoreReader(files: files).engine(section.section("postgres"))
        guard let origin, let directory, let anchor, let key, let engine else { return nil }
        return (origin, LedgerLocation(directory: directory, anchor: anchor, engine: engine), key)
    }

    // MARK: Traffic

    private struct Listeners {
        let data: GatewaySettings.Listener?
        let threads: Int
        let maximumConnections: Int
        let control: GatewaySettings.Listener?
    }

    private func listeners(_ root: Section) -> Listeners {
        let network = NetworkReader(files: files)
        let data = root.requiredSection("data", for: "where audited reads are answered")
        let control = root.requiredSection("control", for: "where management and questions are answered")
        let listeners = Listeners(
            data: network.listener(data, example: "127.0.0.1:8080"),
            threads: data.integer("threads", in: 0...256) ?? 0,
            maximumConnections: data.integer("maximumConnections", in: 1...1_000_000) ?? 4096,
            control: network.listener(control, example: "127.0.0.1:8081")
        )
        data.end()
        control.end()
        if let first = data.text("address").flatMap({ NetworkAddress($0) }),
            let second = control.text("address").flatMap({ NetworkAddress($0) }), first.collides(with: second)
        {
            control.problem("address", "is the data plane's address: give each of the two planes its own")
        }
        return listeners
    }

    private struct Traffic {
        let upstreams: [Upstream]
        let routes: [RouteReader.Reading]
        /// Whether the routes are all that the file has.
        let isComplete: Bool
    }

    private func traffic(_ root: Section) -> Traffic {
        let network = NetworkReader(files: files)
        let upstreamSections = named(root.requiredSection("upstreams", for: "where customers' data is fetched from"))
        let routeSections = named(root.requiredSection("routes", for: "which kinds of read there are"))
        let upstreams = upstreamSections.list.map { network.upstream($0.name, $0.section) }
        let reader = RouteReader(upstreams: upstreams, areUpstreamsComplete: upstreamSections.isComplete)
        let routes = routeSections.list.map { reader.route($0.name, $0.section) }
        let used = Set(routes.compactMap(\.upstream))
        let known = Set(upstreams.map(\.name))
        // A route that does not name an upstream, or misspells it, may mean any.
        if routeSections.isComplete, routes.allSatisfy({ $0.upstream.map(known.contains) == true }) {
            for upstream in upstreams where !used.contains(upstream.name) {
                upstream.section.problem(nil, "has no effect: no route uses it; remove it, or name it in a route")
            }
        }
        return Traffic(
            upstreams: upstreams.compactMap(\.upstream),
            routes: routes,
            isComplete: routeSections.isComplete
        )
    }

    /// The sections in a section, and whether that is all that the operator meant to write there.
    private func named(_ section: Section) -> (list: [(name: String, section: Section)], isComplete: Bool) {
        let before = collector.count
        let list = section.named()
        if list.isEmpty, section.isReadable, collector.count == before {
            section.problem(nil, "must not be empty: add at least one")
        }
        return (list, section.isReadable && !list.isEmpty && collector.count == before)
    }

    private static let defaultSpoolBytes = 256 << 20

    private func spool(_ root: Section, isUsed: Bool) -> (directory: String, maximumBytes: Int)? {
        guard let section = root.section("spool") else {
            if isUsed, !root.has("spool") {
                root.problem(
                    "spool",
                    "is missing: a route has failMode 'spool'; add 'spool: {directory: spool}', or use 'refuse'"
                )
            }
            return nil
        }
        defer { section.end() }
        let directory = files.path(section, "directory", example: "spool")
        let maximum = section.size("maximum", in: 1 << 20...1 << 40) ?? Self.defaultSpoolBytes
        if !isUsed { section.problem(nil, "has no effect: no route has failMode 'spool'; remove it, or set that") }
        return directory.map { ($0, maximum) }
    }
}
