import Foundation
import JSON
import Ledger
import NIOSSL
import Testing

@testable import Gateway

/// Certificates made by the `openssl` command, in a folder of their own.
struct Certificates {
    let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "tls-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for authority in ["ca", "other-ca"] {
            try Self.openssl(
                folder,
                "req -x509 -newkey rsa:2048 -nodes -days 2 -keyout \(authority).key -out \(authority).pem -subj /CN=\(authority)"
            )
        }
        try "subjectAltName=DNS:localhost,IP:127.0.0.1".write(
            toFile: folder + "/names",
            atomically: true,
            encoding: .utf8
        )
        for (name, authority) in [("server", "ca"), ("client", "ca"), ("stranger", "other-ca")] {
            try Self.openssl(
                folder,
                "req -newkey rsa:2048 -nodes -keyout \(name).key -out \(name).csr -subj /CN=\(name)"
            )
            try Self.openssl(
                folder,
                "x509 -req -in \(name).csr -CA \(authority).pem -CAkey \(authority).key -CAcreateserial -days 2 "
                    + "-extfile names -out \(name).pem"
            )
        }
    }

    private static func openssl(_ folder: String, _ arguments: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments.split(separator: " ").map(String.init)
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "openssl \(arguments)")
    }

    func path(_ name: String) -> String { folder + "/" + name }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }

    /// What a client trusts, and what it presents.
    func client(trusting authority: String, presenting name: String? = nil) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(path(authority + ".pem")))
        if let name {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(path(name + ".pem")).map {
                .certificate($0)
            }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: path(name + ".key"), format: .pem))
        }
        return configuration
    }
}

extension Integration {
    @Suite struct TLSTests {
        @Test func listensWithTLSAndAsksForClientCertificates() async throws {
            let certificates = try Certificates()
            defer { certificates.remove() }
            for mutual in [false, true] {
                try await Site.run(platform: false) {
                    $0.listener = .init(
                        host: "127.0.0.1",
                        port: 0,
                        tls: ServerTLS(
                            certificate: certificates.path("server.pem"),
                            privateKey: certificates.path("server.key"),
                            clientAuthorities: mutual ? certificates.path("ca.pem") : nil
                        )
                    )
                } _: { (site: Site) async throws in
                    let known = try certificates.client(trusting: "ca", presenting: "client")
                    let caller = try await Caller(port: site.port, tls: known)
                    try await caller.send(site.request() + site.request(headers: "Connection: close\r\n"))
                    #expect(try await caller.reply().status == 200)
                    #expect(try await caller.reply().headers["connection"] == "close")
                    #expect(await caller.rest().isEmpty)
                    #expect(try await site.events(.disclosureCorrected).isEmpty)
                    for presenting in [nil, "stranger"] {
                        let tls = try certificates.client(trusting: "ca", presenting: presenting)
                        let other = try await Caller(port: site.port, tls: tls)
                        try? await other.send(site.request())
                        let reply = try? await other.reply()
                        #expect(reply?.status == (mutual ? nil : 200))
                        await other.close()
                    }
                    let plain = try await Caller(port: site.port)
                    try await plain.send(site.request())
                    #expect(await plain.rest().starts(with: Array("HTTP".utf8)) == false)
                    // Plain text, old protocols and strangers left nothing in the ledger.
                    #expect(try await site.events(.customerDataAccessed).count == (mutual ? 2 : 4))
                    var old = known
                    old.maximumTLSVersion = .tlsv11
                    let outdated = try await Caller(port: site.port, tls: old)
                    try? await outdated.send(site.request())
                    #expect(await outdated.rest().isEmpty)
                }
            }
        }

        @Test func upstreamsMustProveWhoTheyAre() async throws {
            let certificates = try Certificates()
            defer { certificates.remove() }
            var server = TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(certificates.path("server.pem")).map {
                    .certificate($0)
                },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: certificates.path("server.key"), format: .pem))
            )
            server.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(certificates.path("ca.pem")))
            server.certificateVerification = .noHostnameVerification
            try await FakeUpstream.run(tls: server) { _, _, _ in
                .answer(json(#"{"id":"1"}"#))
            } _: { fake, port in
                let own = (certificates.path("client.pem"), certificates.path("client.key"))
                for (roots, certificate, key, host, status) in [
                    (certificates.path("ca.pem"), own.0, own.1, "localhost", 200),
                    (certificates.path("ca.pem"), own.0, own.1, "127.0.0.1", 200),
                    (certificates.path("other-ca.pem"), own.0, own.1, "localhost", 503),
                    (nil, own.0, own.1, "localhost", 503), (certificates.path("ca.pem"), nil, nil, "localhost", 503),
                ] as [(String?, String?, String?, String, Int)] {
                    let tls = UpstreamTLS(trustRoots: roots, certificate: certificate, privateKey: key)
                    try await Site.run(platform: false, fake: port, tls: tls, upstreamHost: host) {
                        (site: Site) async throws in
                        let reply = try await site.read()
                        #expect(reply.status == status, "\(reply.text)")
                        #expect(try await site.events(.customerDataAccessed).count == (status == 200 ? 1 : 0))
                    }
                }
                #expect(fake.requests.count == 2)
            }
        }

        @Test func filesThatAreNoPEMAreNamed() throws {
            let missing = ServerTLS(certificate: "/nowhere/a.pem", privateKey: "/nowhere/a.key")
            let error = #expect(throws: TLSFileError.self) { try TLSFiles.serverConfiguration(missing) }
            #expect(error?.description == "the certificate file /nowhere/a.pem cannot be read as PEM")
        }
    }
}
