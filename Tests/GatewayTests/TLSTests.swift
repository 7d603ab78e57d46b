import Foundation
import JSON
import Ledger
import Measures
import NIOSSL
import Testing
import WallTime

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

    static func openssl(_ folder: String, _ arguments: String) throws {
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

        /// New connections get the new certificate, old ones go on, and files that do not do change nothing.
        @Test func certificatesAreReadAgain() async throws {
            let (first, second) = (try Certificates(), try Certificates())
            defer {
                first.remove()
                second.remove()
            }
            let files = ServerTLS(certificate: first.path("server.pem"), privateKey: first.path("server.key"))
            func install(_ name: String, from source: Certificates, as target: String) throws {
                let bytes = try #require(FileManager.default.contents(atPath: source.path(name)))
                try bytes.write(to: URL(fileURLWithPath: first.path(target)))
            }
            try await Site.run(platform: false) {
                $0.listener = .init(host: "127.0.0.1", port: 0, tls: files)
            } _: { (site: Site) async throws in
                let keeper = try #require(site.gateway.certificate)
                let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
                let old = try first.client(trusting: "ca")
                let new = try second.client(trusting: "ca")
                func status(_ tls: TLSConfiguration) async throws -> Int? {
                    let caller = try await Caller(port: site.port, tls: tls)
                    try? await caller.send(site.request())
                    let reply = try? await caller.reply()
                    await caller.close()
                    return reply?.status
                }
                let kept = try await Caller(port: site.port, tls: old)
                try await kept.send(site.request())
                #expect(try await kept.reply().status == 200)
                #expect(keeper.reload(at: now) == .unchanged)
                #expect(keeper.status.refusal == nil && keeper.status.expires > now)

                // Half of a change: a certificate whose key is not there yet.
                try install("server.pem", from: second, as: "server.pem")
                guard case .refused(let reason) = keeper.reload(at: now) else {
                    Issue.record("a pair that does not fit was taken")
                    return
                }
                #expect(reason.contains("server.key") && keeper.status.refusal == reason)
                #expect(keeper.reload(at: now) == .refused(reason))
                #expect(try await status(old) == 200)
                #expect(try await status(new) == nil)

                try install("server.key", from: second, as: "server.key")
                #expect(keeper.reload(at: now) == .replaced)
                #expect(keeper.status.refusal == nil)
                #expect(try await status(new) == 200)
                #expect(try await status(old) == nil)
                try await kept.send(site.request())
                #expect(try await kept.reply().status == 200)
                await kept.close()

                for broken in ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
                    try Data(broken.utf8).write(to: URL(fileURLWithPath: first.path("server.pem")))
                    guard case .refused = keeper.reload(at: now) else {
                        Issue.record("\(broken) was taken")
                        return
                    }
                }
                try FileManager.default.removeItem(atPath: first.path("server.pem"))
                guard case .refused = keeper.reload(at: now) else {
                    Issue.record("no file was taken")
                    return
                }
                #expect(try await status(new) == 200)
                // What has ended does not take the place of what has not: this one ends after one day, that in use after two.
                try Certificates.openssl(
                    second.folder,
                    "req -x509 -newkey rsa:2048 -nodes -days 1 -keyout ended.key -out ended.pem -subj /CN=localhost"
                )
                try install("ended.pem", from: second, as: "server.pem")
                try install("ended.key", from: second, as: "server.key")
                guard case .refused(let ended) = keeper.reload(at: now.adding(seconds: 130_000)) else {
                    Issue.record("an ended certificate was taken")
                    return
                }
                #expect(ended.contains("ended on"))
                try install("server.pem", from: second, as: "server.pem")
                try install("server.key", from: second, as: "server.key")
                #expect(keeper.reload(at: now) == .unchanged)
                var text = MetricsText()
                TLSKeeper.write([keeper], to: &text)
                let expiry = keeper.status.expires.milliseconds / 1000
                for line in [
                    "muniment_tls_certificate_expiry_seconds{listener=\"data\"} \(expiry)",
                    "muniment_tls_reload_failing{listener=\"data\"} 0",
                    "muniment_tls_reloads_total{listener=\"data\",outcome=\"replaced\"} 1",
                    "muniment_tls_reloads_total{listener=\"data\",outcome=\"refused\"} 6",
                ] { #expect(text.text.contains(line + "\n"), "\(text.text)") }
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
