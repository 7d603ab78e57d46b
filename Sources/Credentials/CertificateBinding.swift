import Crypto
import TextEncoding

/// A certificate over which a client's credentials work, as RFC 8705 binds tokens to one.
public enum CertificateBinding: Sendable, Hashable, CustomStringConvertible {
    /// SHA-256 of the certificate's DER form.
    case sha256([UInt8])
    /// A DNS name among its subject alternative names (RFC 5280 section 4.2.1.6), lower case.
    case dns(String)
    /// A URI among them, such as a SPIFFE id.
    case uri(String)

    /// Reads `sha256:<64 hex digits>` (colons between the digits are taken, as `openssl x509 -fingerprint` prints them), `dns:<name>`
    /// or `uri:<uri>`.
    public init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let value = text[text.index(after: colon)...]
        guard (1...500).contains(value.utf8.count), value.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            return nil
        }
        switch text[..<colon] {
        case "sha256":
            guard let hash = Hex.decode(value.utf8.filter { $0 != UInt8(ascii: ":") }), hash.count == SHA256.byteCount
            else { return nil }
            self = .sha256(hash)
        case "dns": self = .dns(value.lowercased())
        case "uri": self = .uri(String(value))
        default: return nil
        }
    }

    /// What may be written, for people.
    public static let forms = "sha256:<hex digits of the certificate's SHA-256>, dns:<name> or uri:<uri>"

    public var description: String {
        switch self {
        case .sha256(let hash): "sha256:" + Hex.encode(hash)
        case .dns(let name): "dns:" + name
        case .uri(let uri): "uri:" + uri
        }
    }
}

/// The certificate that a caller presented and the TLS library verified.
public struct CallerCertificate: Sendable {
    /// Everything that a binding can name it by.
    private let names: Set<CertificateBinding>

    /// Describes a certificate.
    /// - Parameters:
    ///   - der: the certificate itself.
    ///   - dnsNames: its subject alternative names of DNS.
    ///   - uris: those that are URIs.
    public init(der: [UInt8], dnsNames: [String], uris: [String]) {
        names = Set(
            [.sha256(Array(SHA256.hash(data: der)))] + dnsNames.map { .dns($0.lowercased()) } + uris.map { .uri($0) }
        )
    }

    /// Whether one of these bindings is to it.
    func satisfies(_ bindings: [CertificateBinding]) -> Bool { bindings.contains(where: names.contains) }
}
