/// Where an organisation's login and API answer.
public struct GenesysHost: Sendable, Hashable {
    /// Base of the login service, without a trailing slash, such as `https://login.mypurecloud.ie`.
    public let loginURL: String
    /// Base of the platform API, without a trailing slash, such as `https://api.mypurecloud.ie`.
    public let apiURL: String
    /// The vendor's region; nil when the host is a pretend platform.
    public let region: GenesysRegion?

    /// Whether this is a pretend platform, whose answers are evidence of nothing.
    public var isSandbox: Bool { region == nil }

    /// The host of a region of the vendor.
    public init(region: GenesysRegion) {
        self.region = region
        loginURL = "https://login.\(region.domain)"
        apiURL = "https://api.\(region.domain)"
    }

    /// The host of a region given by its domain, such as `mypurecloud.ie`.
    ///
    /// - Parameter regions: the regions to look in.
    /// - Throws: ``GenesysHostError/unknownDomain(_:)`` when no region has this domain.
    public init(domain: String, regions: [GenesysRegion] = GenesysRegion.all) throws(GenesysHostError) {
        let wanted = domain.lowercased()
        guard let region = regions.first(where: { $0.domain == wanted }) else {
            throw .unknownDomain(domain)
        }
        self.init(region: region)
    }

    /// A pretend platform for tests and trials, whose login and API answer at one base URL, such as
    /// `http://127.0.0.1:8181`.
    ///
    /// - Throws: ``GenesysHostError/notABaseURL(_:)`` unless the text is `http` or `https`, a host and perhaps a port.
    public init(sandboxURL: String) throws(GenesysHostError) {
        let rest: Substring
        if sandboxURL.hasPrefix("http://") {
            rest = sandboxURL.dropFirst(7)
        } else if sandboxURL.hasPrefix("https://") {
            rest = sandboxURL.dropFirst(8)
        } else {
            throw .notABaseURL(sandboxURL)
        }
        let authority = rest.hasSuffix("/") ? rest.dropLast() : rest
        let isHostAndPort = authority.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":"),
                UInt8(ascii: "["), UInt8(ascii: "]"):
                true
            default: false
            }
        }
        guard !authority.isEmpty, isHostAndPort else { throw .notABaseURL(sandboxURL) }
        let base = String(sandboxURL.dropLast(sandboxURL.hasSuffix("/") ? 1 : 0))
        region = nil
        loginURL = base
        apiURL = base
    }
}

/// Why a host was refused.
public enum GenesysHostError: Error, Sendable, Hashable, CustomStringConvertible {
    /// No region has this domain.
    case unknownDomain(String)
    /// The text is not `http(s)://host[:port]`.
    case notABaseURL(String)

    /// What is wrong and what to do.
    public var description: String {
        switch self {
        case .unknownDomain(let domain):
            "'\(domain)' is not a Genesys Cloud domain. Give the domain of the organisation's region, such as "
                + "mypurecloud.ie or usw2.pure.cloud, without 'api.' or 'login.'."
        case .notABaseURL(let text):
            "'\(text)' is not the base URL of a sandbox. Give http:// or https://, a host and perhaps a port, "
                + "such as http://127.0.0.1:8181."
        }
    }
}
