import Foundation
import NIOSSL
import TestStores
import Testing

/// A self-signed certificate for one host, made by openssl.
struct TestCertificate {
    /// For who presents it.
    let server: TLSConfiguration
    /// For who trusts it.
    let client: TLSConfiguration
    /// Itself.
    let certificates: [NIOSSLCertificate]
    private let folder: TemporaryFolder

    /// Where `cert.pem` and `key.pem` are.
    func path(_ name: String) -> String { folder.path(name) }

    /// Both files by their names.
    var files: [String: String] {
        ["cert.pem", "key.pem"].reduce(into: [:]) { files, name in
            files[name] = try? String(contentsOfFile: folder.path(name), encoding: .utf8)
        }
    }

    init(host: String) async throws {
        let folder = try TemporaryFolder()
        self.folder = folder
        let status = try await Blocking.run {
            try ChildProcess(
                "/usr/bin/openssl",
                [
                    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=\(host)", "-addext", "subjectAltName=DNS:\(host),IP:127.0.0.1,IP:127.0.0.2",
                    "-keyout", folder.path("key.pem"), "-out", folder.path("cert.pem"),
                ]
            ).waitBlocking()
        }
        try #require(status == 0, "openssl ended with \(status)")
        certificates = try NIOSSLCertificate.fromPEMFile(folder.path("cert.pem"))
        let key = try NIOSSLPrivateKey(file: folder.path("key.pem"), format: .pem)
        server = .makeServerConfiguration(
            certificateChain: certificates.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        var client = TLSConfiguration.makeClientConfiguration()
        client.trustRoots = .certificates(certificates)
        self.client = client
    }
}
