import Gateway
import Genesys
import PlatformFacts

/// Reads where the contact centre's platform is, and how reads are tied to its conversations.
struct PlatformReader {
    let files: FileChecks

    /// What was read of the platform.
    struct Reading {
        /// Nil when it cannot be used.
        let platform: Configuration.Platform?
        let binding: GatewaySettings.Binding
        /// Which facts are brought in from it.
        let feeds: FeedSettings
        /// Whether conversations name their customer, as far as can be told.
        let hasCustomerAttribute: Bool
    }

    func platform(_ section: Section) -> Reading {
        defer { section.end() }
        let host = host(section)
        let clientID = section.requiredText("clientId", example: "the id of an OAuth client")
        let secret = files.secret(section, "clientSecret")
        let facts = section.section("binding")
        let binding = facts.map { readBinding($0) } ?? GatewaySettings.Binding()
        let feeds =
            section.section("feeds").map { FeedReader().feeds($0, customerAttribute: binding.customerAttribute) }
            ?? FeedSettings()
        let platform = host.flatMap { host in
            clientID.flatMap { clientID in
                secret.map {
                    Configuration.Platform(
                        host: host,
                        credentials: ClientCredentials(clientID: clientID, secret: Secret($0))
                    )
                }
            }
        }
        return Reading(
            platform: platform,
            binding: binding,
            feeds: feeds,
            hasCustomerAttribute: facts.map { !$0.isReadable || $0.has("customerAttribute") } ?? section.has("binding")
        )
    }

    private func host(_ section: Section) -> GenesysHost? {
        switch (section.has("region"), section.has("sandboxUrl")) {
        case (true, false):
            guard let region = section.text("region") else { return nil }
            do throws(GenesysHostError) { return try GenesysHost(domain: region) } catch {
                section.problem("region", "\(error)")
            }
        case (false, true):
            guard let url = section.text("sandboxUrl") else { return nil }
            // The error's own text quotes the URL, in which somebody may have put a password.
            do throws(GenesysHostError) { return try GenesysHost(sandboxURL: url) } catch {
                section.problem(
                    "sandboxUrl",
                    "must be http:// or https:// with a host and perhaps a port, and nothing else"
                )
            }
        case (true, true):
            section.problem("sandboxUrl", "stands beside 'region': keep one of them")
        case (false, false):
            if section.isReadable { section.problem(nil, "needs 'region', such as mypurecloud.de, or 'sandboxUrl'") }
        }
        return nil
    }

    private func readBinding(_ section: Section) -> GatewaySettings.Binding {
        defer { section.end() }
        var binding = GatewaySettings.Binding()
        if let budget = section.duration("budget", in: 1...10_000) { binding.budgetMilliseconds = budget }
        if let facts = section.duration("factsFor", in: 1...10_000) { binding.factsMilliseconds = facts }
        if let roles = section.duration("rolesFor", in: 1000...3_600_000) { binding.rolesMilliseconds = roles }
        if let wrapUp = section.duration("wrapUp", in: 0...3_600_000) {
            binding.wrapUpSeconds = Int64(wrapUp / 1000)
            if wrapUp % 1000 != 0 { section.problem("wrapUp", "must be whole seconds") }
        }
        binding.customerAttribute = section.text("customerAttribute")
        return binding
    }
}
