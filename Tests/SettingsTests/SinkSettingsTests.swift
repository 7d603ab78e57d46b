import Delivery
import EventFormats
import Foundation
import NATS
import Testing

@testable import Settings

@Suite struct SinkSettingsTests {
    private static let every = """
        sinks:
          export:
            kind: file
            path: export/events.ndjson
            start: beginning
            manifests: false
          siem:
            kind: splunk
            url: https://splunk.example.com:8088
            token: {env: SPLUNK_TOKEN}
            searchUrl: https://splunk.example.com:8089
            searchToken: {env: SPLUNK_SEARCH}
            index: audit
            concurrency: 4
            format: ocsf-1.8
            filter: {all: [{type: [CUSTOMER_DATA_ACCESSED]}, {not: {field: /purpose, equals: "service"}}]}
            drop: [/remoteAddress]
            manifests: {entries: 500, interval: 30s}
          dog:
            kind: datadog
            site: datadoghq.eu
            apiKey: {env: DATADOG_KEY}
            applicationKey: {env: DATADOG_APPLICATION}
            tags: [team:audit]
            stale: deadLetter
            start: 42
          log:
            kind: syslog
            address: siem.example.com
            format: cef
          hook:
            kind: webhook
            url: https://hooks.example.com/muniment
            secret: {env: HOOK_SECRET}
          warehouse:
            kind: postgres
            address: {env: WAREHOUSE}
            table: audit.events
          stream:
            kind: nats
            servers: [nats1.example.com, "[2001:db8::1]:4333"]
            user: muniment
            password: {env: NATS_PASSWORD}
            stream: AUDIT
            subject: audit.events
            replicas: 5
            duplicateWindow: 10m
          copy:
            kind: worm
            endpoint: https://s3.example.com
            region: eu-central-1
            bucket: muniment-worm
            retainDays: 2557
            accessKeyId: {env: S3_ID}
            secretAccessKey: {env: S3_SECRET}
            prefix: ledger/

        """

    private static let secrets = [
        "SPLUNK_TOKEN": "t", "SPLUNK_SEARCH": "s", "DATADOG_KEY": "k", "DATADOG_APPLICATION": "a",
        "HOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "NATS_PASSWORD": "n",
        "WAREHOUSE": "postgresql://muniment@warehouse/audit", "S3_ID": "id", "S3_SECRET": "secret",
    ]

    @Test func everyKindIsRead() throws {
        let site = try Site()
        let sinks = try site.read(site.text + Self.every, environment: Self.secrets).sinks
        #expect(
            sinks.map(\.definition.kind) == [
                "file", "splunk", "datadog", "syslog", "webhook", "postgres", "nats", "worm",
            ]
        )
        #expect(sinks.map(\.definition.start) == [.beginning, .now, .index(42), .now, .now, .now, .now, .beginning])
        #expect(sinks[0].definition.manifests == nil && sinks[7].definition.manifests == nil)
        #expect(sinks.map(\.definition.concurrency) == [nil, 4, nil, nil, nil, nil, nil, nil])
        #expect(sinks[1].definition.manifests?.entries == 500)
        #expect(sinks[1].format == .ocsf(.v18))
        #expect(sinks[1].projection == .without([FieldPointer(member: "remoteAddress")]))
        guard case .all(let parts) = sinks[1].filter else {
            Issue.record("the filter is \(sinks[1].filter)")
            return
        }
        #expect(parts.count == 2)
        guard case .datadog(let datadog, _) = sinks[2].destination else {
            Issue.record("no Datadog")
            return
        }
        #expect(datadog.search?.url.description == "https://api.datadoghq.eu")
        #expect(sinks[0].definition.destination.hasSuffix("export/events.ndjson"))
        #expect(
            sinks.dropFirst().map(\.definition.destination) == [
                "https://splunk.example.com:8088", "https://http-intake.logs.datadoghq.eu/api/v2/logs",
                "siem.example.com:6514", "hooks.example.com", "warehouse:5432/audit \"audit\".\"events\"",
                "tls://nats1.example.com:4222,tls://[2001:db8::1]:4333 AUDIT audit.events",
                "https://s3.example.com/muniment-worm/ledger/",
            ]
        )
        guard case .splunk(let splunk, _) = sinks[1].destination else {
            Issue.record("no Splunk")
            return
        }
        #expect(splunk.search?.url.description == "https://splunk.example.com:8089" && splunk.search?.token == "s")
        guard case .syslog(let syslog, let tls) = sinks[3].destination else {
            Issue.record("no syslog")
            return
        }
        #expect(syslog.port == 6514 && tls != nil)
        guard case .nats(let stream) = sinks[6].destination else {
            Issue.record("no stream")
            return
        }
        #expect(stream.servers.servers == ["tls://nats1.example.com:4222", "tls://[2001:db8::1]:4333"])
        #expect(stream.stream == "AUDIT" && stream.subject == "audit.events" && stream.replicas == 5)
        #expect(stream.duplicateWindow == .seconds(600) && stream.servers.tls != nil)
    }

    @Test(arguments: [("60s", 60), ("5m", 300), ("90m", 5400), ("24h", 86_400)])
    func whenASinkIsDelayedIsRead(text: String, seconds: Int64) throws {
        let site = try Site()
        let changed = try Self.every.replacingOnce("index: audit", "index: audit\n    delayedAfter: \(text)")
        let sinks = try site.read(site.text + changed, environment: Self.secrets).sinks
        #expect(sinks.map(\.delayedAfterSeconds) == [900, seconds, 900, 900, 900, 900, 900, 900])
    }

    @Test func aSinkCanHaveCodesOfItsOwn() throws {
        let site = try Site()
        func pseudonyms(_ settings: String) throws -> SinkPseudonyms? {
            let text = try Self.every.replacingOnce("drop: [/remoteAddress]", settings)
            return try site.read(site.text + text, environment: Self.secrets).sinks[1].pseudonyms
        }
        #expect(try pseudonyms("drop: [/remoteAddress]") == .shared && pseudonyms("pseudonyms: shared") == .shared)
        #expect(try pseudonyms("pseudonyms: own") == .own(epoch: nil))
        #expect(try pseudonyms("pseudonyms: own\n    pseudonymEpoch: 2") == .own(epoch: 2))
    }

    @Test func theHashFollowsTheSettingsAndNotTheSecrets() throws {
        let site = try Site()
        func hashes(_ text: String, _ secrets: [String: String] = Self.secrets) throws -> [String] {
            try site.read(site.text + text, environment: secrets).sinks.map(\.definition.hash)
        }
        let before = try hashes(Self.every)
        #expect(try hashes(Self.every, Self.secrets.merging(["SPLUNK_TOKEN": "u"]) { $1 }) == before)
        let after = try hashes(Self.every.replacingOnce("index: audit", "index: other"))
        #expect(zip(before, after).map { $0 == $1 } == [true, false, true, true, true, true, true, true])
    }

    @Test(arguments: [
        ("kind: file", "kind: kafka", "sinks.export.kind", "must be one of: file, splunk"),
        ("    kind: file\n", "", "sinks.export.kind", "is missing"),
        ("path: export/events.ndjson", "paht: x", "sinks.export.paht", "is not a known setting"),
        ("start: beginning", "concurrency: 2", "sinks.export.concurrency", "one after the other"),
        ("concurrency: 4", "delayedAfter: 59s", "sinks.siem.delayedAfter", "from 1m to 24h"),
        ("concurrency: 4", "delayedAfter: 25h", "sinks.siem.delayedAfter", "from 1m to 24h"),
        ("concurrency: 4", "delayedAfter: 900", "sinks.siem.delayedAfter", "written like 400ms"),
        ("concurrency: 4", "concurrency: many", "sinks.siem.concurrency", "whole number from 1"),
        ("start: beginning", "start: yesterday", "sinks.export.start", "must be beginning, now, or the index"),
        ("https://splunk.example.com:8088", "http://splunk.example.com:8088", "sinks.siem.url", "must be https"),
        ("https://splunk.example.com:8088", "https://169.254.169.254", "sinks.siem.url", "link-local"),
        ("token: {env: SPLUNK_TOKEN}", "token: abc", "sinks.siem.token", "never from the YAML itself"),
        ("token: {env: SPLUNK_TOKEN}", "token: {env: NONE}", "sinks.siem.token.env", "is not set"),
        ("searchUrl: https://splunk", "searchUrl: http://splunk", "sinks.siem.searchUrl", "must be https"),
        ("    searchUrl: https://splunk.example.com:8089\n", "", "sinks.siem.searchToken", "of use with 'searchUrl'"),
        ("    searchToken: {env: SPLUNK_SEARCH}\n", "", "sinks.siem.searchUrl", "of use with 'searchToken'"),
        ("searchToken: {env: SPLUNK_SEARCH}", "searchToken: s", "sinks.siem.searchToken", "never from the YAML"),
        ("format: ocsf-1.8", "format: ocsf", "sinks.siem.format", "must be one of: json, ocsf-1.5"),
        ("{type: [CUSTOMER_DATA_ACCESSED]}", "{typ: [X]}", "sinks.siem.filter", "not a filter"),
        ("drop: [/remoteAddress]", "drop: [remoteAddress]", "sinks.siem.drop", "JSON Pointers"),
        ("drop: [/remoteAddress]", "drop: [/a]\n    keep: [/b]", "sinks.siem.drop", "stands beside 'keep'"),
        ("site: datadoghq.eu", "site: datadog.eu", "sinks.dog.site", "must be one of"),
        ("tags: [team:audit]", "searchUrl: http://x.example", "sinks.dog.searchUrl", "must be https"),
        (
            "applicationKey: {env: DATADOG_APPLICATION}", "searchUrl: https://x.example", "sinks.dog.searchUrl",
            "of use with"
        ),
        ("site: datadoghq.eu", "url: https://x.example", "sinks.dog.applicationKey", "needs 'searchUrl'"),
        ("stale: deadLetter", "stale: drop", "sinks.dog.stale", "must be one of: send"),
        ("tags: [team:audit]", "tags: [audit]", "sinks.dog.tags", "key:value"),
        ("    format: cef", "    transport: tcp", "sinks.log.transport", "in clear"),
        ("    format: cef", "    protocol: relp", "sinks.log.address", "such as siem.example.com:2514"),
        ("    format: cef", "    protocol: tcp", "sinks.log.protocol", "must be one of: syslog, relp"),
        ("stream: AUDIT", "stream: AU.DIT", "sinks.stream.stream", "name of a stream"),
        ("stream: AUDIT", "stream: AUDIT\n    transport: tcp", "sinks.stream.transport", "in clear"),
        ("subject: audit.events", "subject: audit.>", "sinks.stream.subject", "must be words"),
        ("user: muniment", "token: {env: NATS_PASSWORD}", "sinks.stream.password", "no effect without 'user'"),
        ("user: muniment", "user: m\n    token: {env: NATS_PASSWORD}", "sinks.stream.token", "stands beside 'user'"),
        (
            "servers: [nats1.example.com, ", "servers: [\"nats://x\", ", "sinks.stream.servers",
            "must be a list of host:port"
        ),
        ("address: siem.example.com", "address: 'a b'", "sinks.log.address", "must be host:port"),
        ("table: audit.events", "table: Audit;", "sinks.warehouse.table", "must be table or schema.table"),
        ("retainDays: 2557", "retainDays: 0", "sinks.copy.retainDays", "must be a whole number from 1"),
        ("prefix: ledger/", "prefix: ledger", "sinks.copy.prefix", "must end in a slash"),
        ("bucket: muniment-worm", "bucket: Muniment", "sinks.copy.bucket", "a bucket's name"),
        ("prefix: ledger/", "filter: everything", "sinks.copy.filter", "is not a known setting"),
        ("prefix: ledger/", "pseudonyms: own", "sinks.copy.pseudonyms", "byte for byte"),
        ("drop: [/remoteAddress]", "pseudonyms: mine", "sinks.siem.pseudonyms", "must be one of: own, shared"),
        ("drop: [/remoteAddress]", "pseudonymEpoch: 2", "sinks.siem.pseudonymEpoch", "stands without"),
        ("prefix: ledger/", "start: now", "sinks.copy.start", "a copy with a gap"),
        ("hook:", "Hook:", "sinks.Hook", "its name must have"),
    ]) func eachProblemIsNamed(old: String, new: String, path: String, says: String) throws {
        let site = try Site()
        let problems = site.problems(
            site.text + (try Self.every.replacingOnce(old, new)),
            environment: Self.secrets
        )
        let found = problems.first { $0.path == path }
        #expect(found?.message.contains(says) == true, "\(problems)")
    }

    /// A second sink with the place of a first, however that is written; with another place there is no problem.
    @Test(arguments: [
        ("kind: file\n    path: ./export/../export/events.ndjson", "path", "would overwrite"),
        ("kind: file\n    path: export/other.ndjson", nil, ""),
        ("kind: postgres\n    address: {env: WAREHOUSE}\n    table: audit.events", "table", "same ids"),
        ("kind: postgres\n    address: {env: WAREHOUSE}\n    table: events", nil, ""),
        ("kind: nats\n    servers: [nats1.example.com]\n    stream: AUDIT\n    subject: other", "stream", "would drop"),
        ("kind: nats\n    servers: [nats1.example.com]\n    stream: OTHER", nil, ""),
        ("\(SinkSettingsTests.copy)\n    prefix: ledger/", "bucket", "same names"),
        ("\(SinkSettingsTests.copy)\n    prefix: other/", nil, ""),
        ("kind: webhook\n    url: https://hooks.example.com/muniment\n    secret: {env: HOOK_SECRET}", nil, ""),
    ]) func twoSinksCannotHaveOnePlace(second: String, key: String?, says: String) throws {
        let site = try Site()
        let text = site.text + Self.every + "  zweite:\n    \(second)\n"
        let problems = site.problems(text, environment: Self.secrets)
        #expect(problems.map(\.path) == (key.map { ["sinks.zweite.\($0)"] } ?? []), "\(problems)")
        #expect(problems.allSatisfy { $0.message.contains("is where the sink '") && $0.message.contains(says) })
    }

    private static let copy = """
        kind: worm
            endpoint: https://s3.example.com
            region: eu-central-1
            bucket: muniment-worm
            retainDays: 30
            accessKeyId: {env: S3_ID}
            secretAccessKey: {env: S3_SECRET}
        """

    @Test func aFileBehindALinkIsTheSameFile() throws {
        let site = try Site()
        let real = site.path("real")
        try FileManager.default.createDirectory(atPath: real, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: site.path("link"), withDestinationPath: real)
        let text = """
            sinks:
              a: {kind: file, path: \(real)/e.ndjson}
              b: {kind: file, path: \(site.path("link"))/e.ndjson}

            """
        #expect(site.problems(site.text + text).map(\.path) == ["sinks.b.path"])
    }

    @Test func aSecretIsNoWebhookSecret() throws {
        let site = try Site()
        var secrets = Self.secrets
        secrets["HOOK_SECRET"] = "whsec_short"
        let problems = site.problems(site.text + Self.every, environment: secrets)
        #expect(problems.map(\.path) == ["sinks.hook.secret"])
        #expect(!"\(problems)".contains("whsec_short"))
    }
}
