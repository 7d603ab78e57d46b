public import Credentials
import Crypto
import HTTPFraming
import HTTPSignatures
import Ledger
import NIOCore
public import NIOSSL
import WallTime

extension ReadConnection {
    /// Who calls, and whether it may.
    /// - Parameter route: the route it wants to read; nil where it asks for an access token.
    /// - Returns: who it is, and under which name the ledger knows what it signed, if it signed.
    func authenticate(
        _ bytes: UnsafeRawBufferPointer,
        _ body: UnsafeRawBufferPointer,
        route: String?
    ) throws(Problem) -> (client: APIClient, signed: EventIdentity?) {
        var failure: AuthenticationFailure
        do {
            let header = try parser.head.header("authorization", in: bytes)
            let value = header.map { UnsafeRawBufferPointer(rebasing: bytes[$0]) }
            let evidence = ReadEvidence(connection: self, bytes: bytes, body: body)
            let client: APIClient
            var signature: UInt128?
            if route != nil {
                (client, signature) = try core.clients.authenticate(
                    value,
                    from: address,
                    at: core.clock.now(),
                    remembering: &credentials,
                    evidence: evidence
                )
            } else {
                // A token is made for a secret only: one that renewed itself would never end.
                client = try core.clients.authenticate(
                    value,
                    from: address,
                    at: core.clock.now(),
                    acceptingTokens: false,
                    evidence: evidence
                )
            }
            guard let route, !client.allows(.read(route: route)) else {
                return (client, signature.map(EventIdentity.init(signature:)))
            }
            failure = .scope
        } catch {
            failure = (error as? AuthenticationFailure) ?? .malformed
        }
        core.failures.note(failure, from: addressText)
        throw Problem(failure)
    }
}

extension EventIdentity {
    /// The name of what a signed request did: the same on every node, so that the ledger itself takes a request once, whichever nodes
    /// it is sent to.
    init(signature: UInt128) {
        let digits = String(signature, radix: 16)
        self.init(producer: "gateway/signed", id: String(repeating: "0", count: 32 - digits.count) + digits)
    }
}

/// The request under way, for the clients whose credentials alone do not do. Lives no longer than the call that it is made for.
struct ReadEvidence: RequestEvidence {
    /// The connection outlives the call in which its request is looked at.
    unowned(unsafe) let connection: ReadConnection
    let bytes: UnsafeRawBufferPointer
    let body: UnsafeRawBufferPointer

    var isSigned: Bool {
        connection.parser.head.fields.contains {
            HTTPText.equals(bytes, $0.name, ignoringCase: "signature-input")
                || HTTPText.equals(bytes, $0.name, ignoringCase: "signature")
        }
    }

    var signable: SignableRequest {
        SignableRequest(
            method: String(decoding: bytes[connection.parser.method], as: UTF8.self),
            target: String(decoding: bytes[connection.parser.target], as: UTF8.self),
            fields: connection.parser.head.fields.map {
                (
                    String(decoding: bytes[$0.name], as: UTF8.self).lowercased(),
                    String(decoding: bytes[$0.value], as: UTF8.self)
                )
            },
            body: body
        )
    }

    var certificate: CallerCertificate? {
        guard let pipeline = connection.context?.pipeline,
            let certificate = try? pipeline.syncOperations.nioSSL_peerCertificate()
        else { return nil }
        return CallerCertificate(certificate)
    }
}

extension CallerCertificate {
    /// Reads what a certificate that the TLS library verified can be named by; nil when it cannot be read.
    public init?(_ certificate: NIOSSLCertificate) {
        guard let der = try? certificate.toDERBytes() else { return nil }
        var (dnsNames, uris): ([String], [String]) = ([], [])
        for name in certificate._subjectAlternativeNames() {
            let text = String(decoding: name.contents, as: UTF8.self)
            switch name.nameType {
            case .dnsName: dnsNames.append(text)
            case .uri: uris.append(text)
            default: continue
            }
        }
        self.init(der: der, dnsNames: dnsNames, uris: uris)
    }
}
