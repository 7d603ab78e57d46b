import ArgumentParser
import AsyncHTTPClient
import AuditTrail
import Credentials
import Crypto
import Delivery
import Detection
import Foundation
import Genesys
import Identity
import Ledger
import Logging
import MerkleLog
import Monitoring
import PlatformFacts
import Redaction
import Settings
import Storage
import WallTime

/// The option that names the configuration.
struct ConfigurationOption: ParsableArguments {
    /// Where it is looked for when nothing else is said.
    static let usual = "muniment.yaml"

    @Option(name: [.customShort("c"), .customLong("config")], help: "The configuration file.")
    var path = Self.usual

    /// Reads it, with secrets from the environment and from files.
    func load() throws -> Installation { try Self.load(path) }

    /// Reads a configuration.
    static func load(_ path: String) throws -> Installation {
        let configuration: Configuration
        do throws(ConfigurationProblems) {
            configuration = try Configuration.load(path: path, environment: ProcessInfo.processInfo.environment)
        } catch {
            Output.note("\(error)")
            throw ExitCode(2)
        }
        return try Installation(configuration: configuration)
    }
}

/// A configuration with its keys: what every command is composed from.
struct Installation: Sendable {
    let configuration: Configuration
    let signer: NoteSigner
    let keyring: Keyring
    let normaliser: Normaliser
    let clock: any WallClock = SystemClock()

    init(configuration: Configuration) throws {
        self.configuration = configuration
        let key = try KeyFile.read(configuration.ledgerKey)
        do {
            signer = try NoteSigner(skey: key)
        } catch {
            throw CommandFailure("the ledger's key \(configuration.ledgerKey) cannot be used: \(error)")
        }
        guard signer.origin.text == configuration.origin.text else {
            throw CommandFailure(
                "the ledger's key is named '\(signer.origin.text)', but ledger.origin is '\(configuration.origin.text)': a key signs for "
                    + "one ledger only"
            )
        }
        keyring = try Self.readKeyring(configuration)
        normaliser = try Normaliser(rules: configuration.normaliser)
        if let epoch = configuration.redaction.keyEpoch, keyring[epoch] == nil {
            throw CommandFailure(
                "redaction.keyEpoch is \(epoch), but the keyring has no such key: name one that it has, or leave it out for the newest"
            )
        }
    }

    /// Reads the keyring anew, as after a rotation.
    static func readKeyring(_ configuration: Configuration) throws -> Keyring {
        try configuration.keyring.read(tenant: configuration.tenant, singleEpoch: configuration.tokenEpoch)
    }

    var tokeniser: Tokeniser { Tokeniser(key: keyring.newest) }
    /// The keys of redaction that can be compared or taken back: a use of its own of the key that the configuration names.
    var redactionKeys: RedactionKeys? {
        let key = configuration.redaction.keyEpoch.flatMap { keyring[$0] } ?? keyring.newest
        return RedactionKeys(secret: key.derived(for: "redaction").withUnsafeBytes { Array($0) })
    }
    /// What values are committed to under.
    var commitments: DisclosureCommitments { DisclosureCommitments(key: keyring.newest) }
    /// What they may have been committed to under, newest first.
    var allCommitments: [DisclosureCommitments] { keyring.keys.reversed().map { DisclosureCommitments(key: $0) } }
    /// A directory of clients for a process that begins now.
    func clientDirectory() -> ClientDirectory {
        ClientDirectory(
            tokenKey: keyring.newest.derived(for: "access-token"),
            signatures: configuration.signatures,
            began: clock.now()
        )
    }

    /// Every part that has tables in the store.
    static let schema =
        Ledger.schema + [
            ClientRegistry.schema, IdentityRegistry.schema, ContainmentDesk.schema, AlertDesk.schema,
            DeliverySchema.schema,
            SinkDelayWatch.schema,
            DetectionFollower.schema, FactStore.schema,
            LeaseKeeper.schema,
        ]

    /// - Parameter platform: the client through which steps are taken on the platform.
    func containmentDesk(_ ledger: Ledger, platform: GenesysClient?, producer: String) throws -> ContainmentDesk {
        var policy = configuration.detection.containment
        // Whoever disabled the client that we act through could take nothing back.
        if let own = configuration.platform?.credentials.clientID { policy.protected.insert(own.lowercased()) }
        return try ContainmentDesk(
            ledger: ledger,
            policy: policy,
            platform: platform.map { PlatformContainment(client: $0) },
            notices: try noticeStanding(ledger, producer: producer),
            clock: clock,
            producer: producer
        )
    }

    /// How far notices have come, by the accounts of the sinks.
    private func noticeStanding(_ ledger: Ledger, producer: String) throws -> NoticeStanding.Question {
        let delivery = try deliveryControl(ledger, producer: producer)
        return { index, sink in
            do {
                return switch try await delivery.standing(of: index, for: sink) {
                case .confirmed: .arrived
                case .inFlight, .backlog: .underWay
                case .filtered: .never("the sink leaves such events out, or begins later")
                case .dead(let reason): .never(reason)
                }
            } catch DeliveryError.unknownSink { return .underWay }
        }
    }

    /// The planted customers of a ledger.
    func honeyCustomers(_ ledger: Ledger, _ identities: IdentityRegistry, producer: String) -> HoneyCustomers {
        HoneyCustomers(
            ledger: ledger,
            tokeniser: tokeniser,
            identities: identities,
            codes: HoneyCodes { identities.tokens.keyring },
            clock: clock,
            producer: producer
        )
    }

    /// How the record is watched, with the keys by which planted customers are known.
    /// - Parameter keyring: the keyring of the moment, where it may change meanwhile.
    func detection(keyring: (@Sendable () -> Keyring)? = nil) -> DetectionSettings {
        let own = self.keyring
        var settings = configuration.detection
        let codes = HoneyCodes(keyring: keyring ?? { own })
        settings.configuration.honeyCode = { codes.code($0, epoch: $1) }
        return settings
    }

    func alertDesk(_ ledger: Ledger, producer: String) throws -> AlertDesk {
        try AlertDesk(ledger: ledger, rules: configuration.detection.rules.pack, clock: clock, producer: producer)
    }

    func openLedger() throws -> Ledger { try Ledger(at: configuration.ledger, signer: signer) }

    /// - Parameter keyring: the keyring of the moment, where it may change while the registry is used.
    func registry(
        _ ledger: Ledger,
        producer: String,
        keyring: (@Sendable () -> Keyring)? = nil
    ) throws -> ClientRegistry {
        let own = self.keyring
        return try ClientRegistry(ledger: ledger, clock: clock, producer: producer) {
            SealingKeys(keyring?() ?? own)
        }
    }

    func identities(_ ledger: Ledger, producer: String) throws -> IdentityRegistry {
        try IdentityRegistry(
            ledger: ledger,
            keyring: keyring,
            rules: configuration.identity,
            approvals: configuration.identityApprovals,
            normaliser: normaliser,
            clock: clock,
            producer: producer
        )
    }

    func auditTrail(_ ledger: Ledger, producer: String) throws -> AuditTrail {
        auditTrail(ledger, try identities(ledger, producer: producer), producer: producer)
    }

    func auditTrail(_ ledger: Ledger, _ identities: IdentityRegistry, producer: String) -> AuditTrail {
        AuditTrail(ledger: ledger, tokeniser: tokeniser, identities: identities, clock: clock, producer: producer)
    }

    /// Makes a client of the platform for one command, if one is configured, and closes it whatever happens.
    func withPlatform<Value>(_ body: (GenesysClient?) async throws -> Value) async throws -> Value {
        guard let platform = configuration.platform else { return try await body(nil) }
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: GenesysClient.httpConfiguration)
        let client = GenesysClient(
            host: platform.host,
            credentials: platform.credentials,
            http: http,
            logger: Logger(label: "genesys") { _ in SwiftLogNoOpLogHandler() }
        )
        let outcome: Result<Value, any Error>
        do { outcome = .success(try await body(client)) } catch { outcome = .failure(error) }
        try await http.shutdown()
        return try outcome.get()
    }

    /// Opens the ledger for one command and closes it whatever happens.
    func withLedger<Value>(_ body: (Ledger) async throws -> Value) async throws -> Value {
        let ledger = try openLedger()
        defer { ledger.close() }
        return try await body(ledger)
    }
}

extension SealingKeys {
    /// What clients' signing secrets are sealed under: a use of the tenant's keys of its own.
    init?(_ keyring: Keyring) {
        self.init(
            Dictionary(
                keyring.keys.map { ($0.epoch, $0.derived(for: "client-signing")) },
                uniquingKeysWith: { first, _ in first }
            )
        )
    }
}

/// Files that hold one key each.
enum KeyFile {
    static func read(_ path: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8)
        else {
            throw CommandFailure("the key file \(path) cannot be read")
        }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Writes a new file that only its owner may read.
    static func write(_ text: String, to path: String) throws {
        let file = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw CommandFailure("cannot write \(path): \(String(cString: strerror(errno)))") }
        let handle = FileHandle(fileDescriptor: file, closeOnDealloc: true)
        try handle.write(contentsOf: Data((text + "\n").utf8))
        try handle.synchronize()
    }

    static func bytes(hex: String) -> [UInt8]? {
        let digits = hex.compactMap(\.hexDigitValue)
        guard digits.count == hex.count, digits.count % 2 == 0 else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
    }

    static func randomHex(bytes count: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in
            let byte = UInt8.random(in: 0...255, using: &generator)
            return (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}

/// A command that could not do what it was asked.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Who runs a command, for the events that it leaves.
struct OperatorOption: ParsableArguments {
    @Option(help: "Who you are, for the record. The user you are logged in as, when left out.")
    var `operator`: String?

    var name: String {
        if let `operator` { return `operator` }
        return getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "uid-\(getuid())"
    }
}

/// One server per ledger on a machine: two would both replay journals and follow the ledger.
final class ServerLock: Sendable {
    private let file: Int32

    init(directory: String) throws {
        let path = directory + "/server.lock"
        file = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw CommandFailure("cannot open \(path): \(String(cString: strerror(errno)))") }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close(file)
            throw CommandFailure(
                "another muniment server is using the ledger in \(directory): stop it first, or give this one a ledger of its own"
            )
        }
    }

    deinit { close(file) }
}
