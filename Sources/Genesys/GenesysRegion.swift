/// A place where Genesys Cloud runs organisations.
///
/// The platform has no call that lists its regions, so they are data here (source: the vendor's list of platform
/// regions). A domain that is not in the list is refused by ``GenesysHost``.
public struct GenesysRegion: Sendable, Hashable {
    /// Domain under which `api.`, `login.` and `apps.` live, lower case.
    public let domain: String
    /// AWS region that runs it.
    public let awsRegion: String
    /// Where data rests, in words.
    public let location: String
    /// Short tag of the jurisdiction, such as `EU`, `UK` or `US-GOV`.
    public let jurisdiction: String

    /// Makes a region, for operators who must add one that the vendor opened later.
    public init(domain: String, awsRegion: String, location: String, jurisdiction: String) {
        self.domain = domain.lowercased()
        self.awsRegion = awsRegion
        self.location = location
        self.jurisdiction = jurisdiction
    }

    /// The regions the vendor operates.
    public static let all: [GenesysRegion] = [
        .init(domain: "mypurecloud.com", awsRegion: "us-east-1", location: "USA (Virginia)", jurisdiction: "US"),
        .init(domain: "usw2.pure.cloud", awsRegion: "us-west-2", location: "USA (Oregon)", jurisdiction: "US"),
        .init(
            domain: "use2.us-gov-pure.cloud",
            awsRegion: "us-east-2",
            location: "USA (Ohio), FedRAMP",
            jurisdiction: "US-GOV"
        ),
        .init(domain: "cac1.pure.cloud", awsRegion: "ca-central-1", location: "Canada", jurisdiction: "CA"),
        .init(domain: "sae1.pure.cloud", awsRegion: "sa-east-1", location: "Brazil", jurisdiction: "BR"),
        .init(domain: "mxc1.pure.cloud", awsRegion: "mx-central-1", location: "Mexico", jurisdiction: "MX"),
        .init(domain: "mypurecloud.ie", awsRegion: "eu-west-1", location: "Ireland", jurisdiction: "EU"),
        .init(domain: "mypurecloud.de", awsRegion: "eu-central-1", location: "Germany (Frankfurt)", jurisdiction: "EU"),
        .init(
            domain: "edee1.eusc-pure.cloud",
            awsRegion: "eusc-de-east-1",
            location: "Germany, AWS European Sovereign Cloud",
            jurisdiction: "EU-SOVEREIGN"
        ),
        .init(domain: "euw2.pure.cloud", awsRegion: "eu-west-2", location: "United Kingdom", jurisdiction: "UK"),
        .init(
            domain: "euc2.pure.cloud",
            awsRegion: "eu-central-2",
            location: "Switzerland (Zurich)",
            jurisdiction: "CH"
        ),
        .init(domain: "mec1.pure.cloud", awsRegion: "me-central-1", location: "UAE", jurisdiction: "AE"),
        .init(domain: "aps1.pure.cloud", awsRegion: "ap-south-1", location: "India (Mumbai)", jurisdiction: "IN"),
        .init(domain: "apse1.pure.cloud", awsRegion: "ap-southeast-1", location: "Singapore", jurisdiction: "SG"),
        .init(
            domain: "mypurecloud.com.au",
            awsRegion: "ap-southeast-2",
            location: "Australia (Sydney)",
            jurisdiction: "AU"
        ),
        .init(domain: "mypurecloud.jp", awsRegion: "ap-northeast-1", location: "Japan (Tokyo)", jurisdiction: "JP"),
        .init(domain: "apne2.pure.cloud", awsRegion: "ap-northeast-2", location: "Korea (Seoul)", jurisdiction: "KR"),
        .init(domain: "apne3.pure.cloud", awsRegion: "ap-northeast-3", location: "Japan (Osaka)", jurisdiction: "JP"),
    ]

    /// AWS regions that may hold media although no API host runs there: AWS region to country.
    public static let mediaOnlyRegions: [String: String] = [
        "af-south-1": "South Africa", "ap-east-1": "Hong Kong", "ap-southeast-3": "Indonesia", "eu-west-3": "France",
    ]
}
