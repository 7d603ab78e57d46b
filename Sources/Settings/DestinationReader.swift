import Delivery
import DeliveryWire
import EventFormats
import Gateway
import ObjectStorage
import Storage

/// Reads where a sink delivers to, one function for each kind.
struct DestinationReader {
    let files: FileChecks

    func file(_ section: Section) -> SinkSettings.Destination? {
        files.path(section, "path", example: "export/events.ndjson").map { .file(path: $0) }
    }

    func splunk(_ section: Section) -> SinkSettings.Destination? {
        let url = url(section, example: "https://splunk.example.com:8088")
        let token = files.secret(section, "token")
        let tls = tls(section, isTLS: url?.isEncrypted)
        let origin = HECOrigin(
            host: section.text("host"),
            source: section.text("source") ?? "muniment",
            sourcetype: section.text("sourcetype"),
            index: section.text("index")
        )
        let acknowledges = section.flag("acknowledge") ?? true
        let search = splunkSearch(section)
        guard let url, let token else { return nil }
        var settings = SplunkSink.Settings(url: url, token: token)
        settings.origin = origin
        settings.acknowledges = acknowledges
        settings.search = search
        return .splunk(settings, tls)
    }

    /// How Splunk is searched, when a token for that is given.
    private func splunkSearch(_ section: Section) -> SplunkSink.Search? {
        for (name, other) in [("searchUrl", "searchToken"), ("searchToken", "searchUrl")]
        where section.has(name) && !section.has(other) {
            section.problem(name, "is of use with '\(other)' only")
            return nil
        }
        guard section.has("searchUrl") else { return nil }
        let url = url(section, "searchUrl", example: "https://splunk.example.com:8089")
        let token = files.secret(section, "searchToken")
        guard let url, let token else { return nil }
        return SplunkSink.Search(url: url, token: token)
    }

    func datadog(_ section: Section) -> SinkSettings.Destination? {
        let url: DestinationURL?
        var api: DestinationURL?
        if section.has("url") {
            url = self.url(section, example: "https://http-intake.logs.datadoghq.eu/api/v2/logs")
            if section.has("site") { section.problem("site", "stands beside 'url': keep one of them") }
        } else {
            section.require("site", example: "datadoghq.eu")
            let site = section.text("site")
            let known = site.flatMap { DatadogSite(domain: $0) }
            url = known.flatMap { try? DestinationURL($0.intakeURL) }
            api = known.flatMap { try? DestinationURL($0.apiURL) }
            if site != nil, url == nil {
                let known = DatadogSite.regions.keys.sorted().joined(separator: ", ")
                section.problem("site", "must be one of: \(known)")
            }
        }
        let key = files.secret(section, "apiKey")
        let search = datadogSearch(section, api)
        let tls = tls(section, isTLS: url?.isEncrypted)
        let tags = section.has("tags") ? section.texts("tags") : []
        for tag in tags where tag.split(separator: ":", maxSplits: 1).count != 2 || tag.contains(",") {
            section.problem("tags", "must be of the form key:value, without commas")
            break
        }
        let stale = section.choice("stale", DatadogStalePolicy.self) ?? .send
        let (host, service) = (section.text("host"), section.text("service") ?? "muniment")
        guard let url, let key else { return nil }
        var settings = DatadogSink.Settings(url: url, apiKey: key)
        settings.search = search
        settings.tags = tags
        settings.stale = stale
        settings.host = host
        settings.service = service
        return .datadog(settings, tls)
    }

    /// How Datadog's logs are searched, when a key for that is given.
    private func datadogSearch(_ section: Section, _ api: DestinationURL?) -> DatadogSink.Search? {
        let other = section.has("searchUrl") ? url(section, "searchUrl", example: "https://api.datadoghq.eu") : nil
        guard section.has("applicationKey") else {
            if section.has("searchUrl") { section.problem("searchUrl", "is of use with 'applicationKey' only") }
            return nil
        }
        let key = files.secret(section, "applicationKey")
        guard let url = other ?? api else {
            if section.has("url") {
                section.problem("applicationKey", "needs 'searchUrl' beside 'url', such as https://api.datadoghq.eu")
            }
            return nil
        }
        return key.map { DatadogSink.Search(url: url, applicationKey: $0) }
    }

    func syslog(_ section: Section) -> SinkSettings.Destination? {
        let exchange = section.choice("protocol", SyslogSink.Exchange.self) ?? .syslog
        let example = exchange == .relp ? "siem.example.com:2514" : "siem.example.com:6514"
        let text = section.requiredText("address", example: example)
        // RELP has no port of its own.
        let address = text.flatMap { NetworkAddress($0, defaultPort: exchange == .relp ? nil : 6514) }
        if text != nil, address == nil { section.problem("address", "must be host:port, such as \(example)") }
        let isPlain = section.has("transport") && section.choice("transport", SyslogTransport.self) == .tcp
        let isAccepted = NetworkReader(files: files).acceptsPlaintext(section, hasTLS: !isPlain)
        if isPlain, !isAccepted, address?.isLoopback == false {
            section.problem(
                "transport",
                "would carry the record over the network in clear: use tls, or add 'plaintext: accepted'"
            )
        }
        let tls = tls(section, isTLS: !isPlain)
        let host = section.text("host")
        let enterprise = section.integer("enterpriseNumber", in: 1...Int(Int32.max))
        let maximum = section.size("maximum", in: 480...1 << 20) ?? 64 << 10
        guard let address else { return nil }
        var settings = SyslogSink.Settings(host: address.host, port: address.port, tls: nil)
        settings.exchange = exchange
        settings.localHost = host
        settings.maximumBytes = maximum
        if let enterprise { settings.enterpriseNumber = enterprise }
        return .syslog(settings, isPlain ? nil : tls)
    }

    private enum SyslogTransport: String, CaseIterable { case tls, tcp }

    func webhook(_ section: Section) -> SinkSettings.Destination? {
        let url = url(section, example: "https://hooks.example.com/muniment")
        let secret = files.secret(section, "secret")
        let previous = section.has("previousSecret") ? files.secret(section, "previousSecret") : nil
        let tls = tls(section, isTLS: url?.isEncrypted)
        var keys: [WebhookSigningKey] = []
        for (name, text) in [("secret", secret), ("previousSecret", previous)] {
            guard let text else { continue }
            do throws(WebhookError) { keys.append(try WebhookSigningKey(text)) } catch {
                section.problem(name, "\(error)")
            }
        }
        guard let url, let signer = try? WebhookSigner(keys: keys) else { return nil }
        return .webhook(WebhookSink.Settings(url: url, signer: signer), tls)
    }

    func postgres(_ section: Section) -> SinkSettings.Destination? {
        let address = files.secret(section, "address")
        let text = section.text("table") ?? "muniment_events"
        let table = WarehouseTable(text)
        if table == nil {
            section.problem("table", "must be table or schema.table, in lower-case letters, digits and underscores")
        }
        let mayBeMutable = section.flag("allowMutable") ?? false
        guard let address, let table else { return nil }
        return .postgres(PostgresSettings(address: address), table, mayBeMutable: mayBeMutable)
    }

    func worm(_ section: Section) -> SinkSettings.Destination? {
        let url = section.requiredText("endpoint", example: "https://s3.eu-central-1.amazonaws.com")
        let isAccepted = NetworkReader(files: files)
            .acceptsPlaintext(section, hasTLS: url.map { $0.hasPrefix("https://") } ?? true)
        if let url {
            do throws(DestinationURLError) {
                _ = try DestinationURL(url, allowingPlaintext: isAccepted)
            } catch { section.problem("endpoint", "\(error)") }
        }
        let bucket = section.requiredText("bucket", example: "muniment-worm")
        let region = section.requiredText("region", example: "eu-central-1")
        let addressing = section.choice("addressing", S3Endpoint.Addressing.self) ?? .virtualHost
        let keyID = files.secret(section, "accessKeyId")
        let secret = files.secret(section, "secretAccessKey")
        section.require("retainDays", example: "2557")
        let days = section.integer("retainDays", in: 1...36_500)
        let prefix = section.text("prefix")
        if let prefix, !prefix.hasSuffix("/") || prefix.hasPrefix("/") || prefix.contains("..") {
            section.problem("prefix", "must end in a slash, and neither begin with one nor hold ..")
        }
        let interval = section.duration("interval", in: 1000...86_400_000) ?? 60_000
        let kmsKey = section.text("kmsKey")
        let roots = files.present(section, "trustRoots")
        guard let url, let bucket, let region, let keyID, let secret, let days else { return nil }
        do throws(S3Endpoint.Problem) {
            let endpoint = try S3Endpoint(url: url, region: region, bucket: bucket, addressing: addressing)
            var settings = WORMMirrorSink.Settings(retention: .seconds(days * 86_400))
            settings.prefix = prefix ?? ""
            settings.interval = .milliseconds(interval)
            settings.encryption = kmsKey.map { .kms(keyID: $0) }
            let credentials = S3Credentials(accessKeyID: keyID, secretAccessKey: secret)
            return .worm(settings, endpoint, credentials, trustRoots: roots)
        } catch {
            section.problem(error == .url ? "endpoint" : "bucket", "\(error)")
            return nil
        }
    }

    // MARK: Addresses

    private func url(_ section: Section, _ key: String = "url", example: String) -> DestinationURL? {
        let text = section.requiredText(key, example: example)
        let isTLS = text.map { $0.hasPrefix("https://") } ?? true
        let isAccepted = NetworkReader(files: files).acceptsPlaintext(section, hasTLS: isTLS)
        guard let text else { return nil }
        do throws(DestinationURLError) { return try DestinationURL(text, allowingPlaintext: isAccepted) } catch {
            section.problem(key, "\(error)")
            return nil
        }
    }

    private func tls(_ section: Section, isTLS: Bool?) -> UpstreamTLS {
        NetworkReader(files: files).upstreamTLS(section, isTLS: isTLS)
    }
}
