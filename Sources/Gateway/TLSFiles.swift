public import NIOSSL

/// A TLS file that cannot be used.
public struct TLSFileError: Error, Sendable, CustomStringConvertible {
    /// Which file, and what is wrong with it.
    public let description: String

    init(description: String) { self.description = description }

    init(_ what: String, _ path: String) { description = "the \(what) file \(path) cannot be read as PEM" }
}

/// TLS contexts from PEM files.
public enum TLSFiles {
    /// What a listener presents, and whom it lets in. TLS 1.2 or newer.
    /// - Throws: ``TLSFileError`` naming the file.
    public static func serverConfiguration(_ tls: ServerTLS) throws -> TLSConfiguration {
        try configuration(TLSContents(tls), of: tls)
    }

    static func configuration(_ contents: TLSContents, of files: ServerTLS) throws -> TLSConfiguration {
        let chain = try read(files.certificate, "certificate") { _ in
            try NIOSSLCertificate.fromPEMBytes(contents.certificate)
        }
        let key = try read(files.privateKey, "private key") { _ in
            try NIOSSLPrivateKey(bytes: contents.privateKey, format: .pem)
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = .tlsv12
        if let path = files.clientAuthorities, let authorities = contents.clientAuthorities {
            let roots = try read(path, "client authorities") { _ in try NIOSSLCertificate.fromPEMBytes(authorities) }
            configuration.trustRoots = .certificates(roots)
            configuration.certificateVerification = .noHostnameVerification
        }
        return configuration
    }

    /// What we present to an upstream, and whom we trust there. TLS 1.2 or newer.
    /// - Throws: ``TLSFileError`` naming the file.
    public static func clientConfiguration(_ tls: UpstreamTLS) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let roots = tls.trustRoots {
            configuration.trustRoots = .certificates(
                try read(roots, "trust roots") { try NIOSSLCertificate.fromPEMFile($0) }
            )
        }
        if let certificate = tls.certificate, let key = tls.privateKey {
            let chain = try read(certificate, "certificate") { try NIOSSLCertificate.fromPEMFile($0) }
            configuration.certificateChain = chain.map { .certificate($0) }
            configuration.privateKey = .privateKey(
                try read(key, "private key") { try NIOSSLPrivateKey(file: $0, format: .pem) }
            )
        }
        return configuration
    }

    /// As ``clientConfiguration(_:)``, made ready for use.
    static func client(_ tls: UpstreamTLS) throws -> NIOSSLContext {
        try NIOSSLContext(configuration: clientConfiguration(tls))
    }

    private static func read<Value>(_ path: String, _ what: String, _ read: (String) throws -> Value) throws -> Value {
        do { return try read(path) } catch { throw TLSFileError(what, path) }
    }
}
