internal import Foundation
public import Measures
public import NIOSSL
import Synchronization
public import WallTime

/// A listener's certificate and key as they are in use now, read again when their files change.
///
/// Connections keep what they were made with; new ones get what is here. Files that do not do leave in use what was there.
public final class TLSKeeper: Sendable {
    /// What came of looking at the files.
    public enum Outcome: Sendable, Hashable {
        /// They are what is in use.
        case unchanged
        /// They are in use from now on.
        case replaced
        /// They cannot be used, and why; what was there stays in use.
        case refused(String)
    }

    /// How a listener's certificate is.
    public struct Status: Sendable, Hashable {
        /// When the certificate that is in use ends.
        public let expires: Timestamp
        /// Why the files as they are now were not taken into use; nil when they were.
        public let refusal: String?
    }

    private struct State {
        var contents: TLSContents
        var context: NIOSSLContext
        var expires: Timestamp
        /// What the files held when they were refused: the same is not tried, and told, every minute.
        var refused: (contents: TLSContents?, reason: String)?
        var replacements: UInt64 = 0
        var refusals: UInt64 = 0
    }

    /// The listener's name, for logs and metrics: `data` or `control`.
    public let listener: String
    private let files: ServerTLS
    private let state: Mutex<State>

    /// Reads the files.
    /// - Throws: ``TLSFileError`` naming the file that cannot be used.
    public init(listener: String, files: ServerTLS) throws {
        self.listener = listener
        self.files = files
        let contents = try TLSContents(files)
        let (context, expires) = try contents.prepare(files)
        state = Mutex(State(contents: contents, context: context, expires: expires))
    }

    /// What new connections are made with.
    public var context: NIOSSLContext { state.withLock { $0.context } }

    /// How the certificate is.
    public var status: Status { state.withLock { Status(expires: $0.expires, refusal: $0.refused?.reason) } }

    /// Looks at the files, and takes what they hold into use when it has changed and can be used.
    public func reload(at now: Timestamp) -> Outcome {
        let contents: TLSContents
        do { contents = try TLSContents(files) } catch { return refuse(nil, "\(error)") }
        let known = state.withLock { state -> Outcome? in
            if contents == state.contents {
                state.refused = nil
                return .unchanged
            }
            if let refused = state.refused, refused.contents == contents { return .refused(refused.reason) }
            return nil
        }
        if let known { return known }
        do {
            let (context, expires) = try contents.prepare(files)
            let current = status.expires
            guard expires > now || current <= now else {
                return refuse(contents, "the certificate in \(files.certificate) ended on \(expires)")
            }
            state.withLock { state in
                state.contents = contents
                state.context = context
                state.expires = expires
                state.refused = nil
                state.replacements += 1
            }
            return .replaced
        } catch {
            return refuse(contents, "\(error)")
        }
    }

    private func refuse(_ contents: TLSContents?, _ reason: String) -> Outcome {
        state.withLock { state in
            if state.refused.map({ $0.contents != contents || $0.reason != reason }) ?? true { state.refusals += 1 }
            state.refused = (contents, reason)
        }
        return .refused(reason)
    }

    /// Adds what listeners' certificates count to a text.
    public static func write(_ keepers: [TLSKeeper], to text: inout MetricsText) {
        guard !keepers.isEmpty else { return }
        let states = keepers.map { keeper in
            keeper.state.withLock { (keeper.listener, $0.expires, $0.refused != nil, $0.replacements, $0.refusals) }
        }
        text.family(
            "muniment_tls_certificate_expiry_seconds",
            .gauge,
            help: "When the certificate in use ends, in seconds since 1970.",
            states.map { ([("listener", $0.0)], Double($0.1.milliseconds / 1000)) }
        )
        text.family(
            "muniment_tls_reload_failing",
            .gauge,
            help: "1 while the files hold a pair that cannot be used, so that the one before stays in use.",
            states.map { ([("listener", $0.0)], $0.2 ? 1 : 0) }
        )
        text.family(
            "muniment_tls_reloads_total",
            .counter,
            help: "Changes of the files, by whether they were taken into use.",
            states.flatMap { state in
                [
                    ([("listener", state.0), ("outcome", "replaced")], Double(state.3)),
                    ([("listener", state.0), ("outcome", "refused")], Double(state.4)),
                ]
            }
        )
    }
}

/// What a listener's files hold, read at one time.
struct TLSContents: Equatable {
    let certificate: [UInt8]
    let privateKey: [UInt8]
    let clientAuthorities: [UInt8]?

    init(_ files: ServerTLS) throws {
        certificate = try Self.read(files.certificate, "certificate")
        privateKey = try Self.read(files.privateKey, "private key")
        clientAuthorities = try files.clientAuthorities.map { try Self.read($0, "client authorities") }
    }

    private static func read(_ path: String, _ what: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else { throw TLSFileError(what, path) }
        return Array(data)
    }

    /// Makes it ready for use, and says when the listener's own certificate ends.
    func prepare(_ files: ServerTLS) throws -> (NIOSSLContext, expires: Timestamp) {
        let configuration = try TLSFiles.configuration(self, of: files)
        guard case .certificate(let own)? = configuration.certificateChain.first else {
            throw TLSFileError("certificate", files.certificate)
        }
        do {
            let expires = Timestamp(milliseconds: Int64(own.notValidAfter) * 1000)
            return (try NIOSSLContext(configuration: configuration), expires)
        } catch {
            throw TLSFileError(
                description:
                    "the private key in \(files.privateKey) is not the one of the certificate in \(files.certificate)"
            )
        }
    }
}
