import Foundation
import Gateway
import Hummingbird
import HummingbirdTesting
import NIOSSL
import Testing

@testable import Server

@Suite struct TLSTests {
    @Test func theListenerSpeaksTLSAndNothingElse() async throws {
        let installation = try Installation()
        let certificate = try NIOSSLCertificate(bytes: Array(Self.certificate.utf8), format: .pem)
        let files = ServerTLS(
            certificate: installation.folder + "/server.pem",
            privateKey: installation.folder + "/server.key"
        )
        try Self.certificate.write(toFile: files.certificate, atomically: true, encoding: .utf8)
        try Self.key.write(toFile: files.privateKey, atomically: true, encoding: .utf8)
        let listener = ControlListener(
            host: "127.0.0.1",
            port: 0,
            tls: try TLSKeeper(listener: "control", files: files)
        )
        var trusting = TLSConfiguration.makeClientConfiguration()
        trusting.trustRoots = .certificates([certificate])
        let configuration = TestClient.Configuration(tlsConfiguration: trusting, serverName: "localhost")
        try await installation.control().application(listener).test(.live) { plain in
            let port = try #require(plain.port)
            try await TestClient.withClient(host: "127.0.0.1", port: port, configuration: configuration) { client in
                let answer = try await client.get("/healthz")
                #expect(answer.status == .ok)
            }
            await #expect(throws: (any Error).self) { try await plain.get("/healthz") }
        }
    }

    /// For `localhost`, signed by itself, from 2020 to 2120. It protects nothing.
    private static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBYTCCAQegAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
        c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
        CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGTqzAF7pAPJOJCJ
        9Y74cjq7DsMnCUzDd+l/WIbrvf+8QI79muo0ft81dsXHxZ+Ug/hsAScbG9vyhR9o
        t9n+QGKjSDBGMBQGA1UdEQQNMAuCCWxvY2FsaG9zdDAPBgNVHRMBAf8EBTADAQH/
        MB0GA1UdDgQWBBQSDInzNvXWGMGRyCEe3UBin+K/WDAKBggqhkjOPQQDAgNIADBF
        AiA/bXsiwlA9wJrL3epS+HOYSDfyQKGlYLhwaK220cCesgIhAKhOBkq18oOJPfJX
        iFWtxxhftU1pS86wuHiaPgYAnBdu
        -----END CERTIFICATE-----
        """

    private static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg86wykuQcYgcAj5AA
        orVHDUuR2Wr7TheL18Uxz1QT2VuhRANCAARk6swBe6QDyTiQifWO+HI6uw7DJwlM
        w3fpf1iG673/vECO/ZrqNH7fNXbFx8WflIP4bAEnGxvb8oUfaLfZ/kBi
        -----END PRIVATE KEY-----
        """
}
