import Credentials
import Gateway
import Hummingbird
import NIOCore
import NIOSSL
import Synchronization

/// What is known of a request before anybody has looked at its credentials.
struct PlainContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Whom the request comes from; set by the authentication.
    var client: APIClient?
    /// The peer's address as text, empty when there is none.
    let address: String
    private let channel: any Channel
    /// For the log line that is written at the end.
    let outcome = RequestOutcome()

    var maxUploadSize: Int { ControlPlane.maximumBodyBytes }

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
        address = channel.remoteAddress?.ipAddress ?? ""
    }

    /// What the caller presented when the connection was made; nil when it presented nothing.
    func certificate() async -> CallerCertificate? {
        guard let presented = try? await channel.nioSSL_peerCertificate().get() else { return nil }
        return CallerCertificate(presented)
    }
}

/// A request whose caller is known. Cannot be made without.
struct ClientContext: ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    /// Whom the request comes from.
    let client: APIClient

    var maxUploadSize: Int { ControlPlane.maximumBodyBytes }

    init(context: PlainContext) throws {
        guard let client = context.client else { throw Refusal(.unauthenticated) }
        self.client = client
        coreContext = context.coreContext
    }
}

/// What inner layers find out about a request and the outermost one logs.
final class RequestOutcome: Sendable {
    private let known = Mutex<String?>(nil)

    /// The caller's client id.
    var clientID: String? {
        get { known.withLock { $0 } }
        set { known.withLock { $0 = newValue } }
    }
}
