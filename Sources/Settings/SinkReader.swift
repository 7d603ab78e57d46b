import Crypto
import Delivery
import DeliveryWire
import EventFormats
import Gateway
import JSON
import Redaction
import Yams

/// Reads the sinks: what of the record goes where, in which form.
struct SinkReader {
    let files: FileChecks
    let redaction: RedactionSettings

    private enum Kind: String, CaseIterable {
        case file, splunk, datadog, syslog, webhook, postgres, nats, worm
    }

    func sink(_ name: String, _ section: Section) -> SinkSettings? {
        defer { section.end() }
        Names.check(name, section)
        section.require("kind", example: "splunk")
        let kind = section.choice("kind", Kind.self)
        let start = start(section)
        guard let kind else {
            // Without a kind nothing can be said of what else stands here.
            section.knowAll()
            return nil
        }
        let isCopy = kind == .worm
        let filter = isCopy ? nil : filter(section)
        let format = isCopy ? nil : format(section, kind)
        let projection = isCopy ? nil : projection(section)
        let manifests = isCopy ? nil : manifests(section)
        let rate = isCopy ? nil : section.integer("rate", in: 1...10_000_000)
        let concurrency = concurrency(section, kind)
        let delayed = section.duration("delayedAfter", in: 60_000...86_400_000).map { Int64($0 / 1000) }
        let policy = isCopy ? nil : policy(section)
        let pseudonyms = pseudonyms(section, isCopy: isCopy)
        let reader = DestinationReader(files: files)
        let destination: SinkSettings.Destination? =
            switch kind {
            case .file: reader.file(section)
            case .splunk: reader.splunk(section)
            case .datadog: reader.datadog(section)
            case .syslog: reader.syslog(section)
            case .webhook: reader.webhook(section)
            case .postgres: reader.postgres(section)
            case .nats: NATSReader(files: files).destination(section)
            case .worm: reader.worm(section)
            }
        guard let destination else { return nil }
        let definition = LaneDefinition(
            name: name,
            kind: kind.rawValue,
            hash: SHA256.hash(data: Array(section.serialized.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
                .joined(),
            start: start,
            manifests: manifests,
            rate: rate,
            concurrency: concurrency,
            destination: destination.place
        )
        return SinkSettings(
            definition: definition,
            filter: filter ?? .everything,
            format: format ?? .native,
            projection: projection ?? .everything,
            redaction: policy,
            pseudonyms: pseudonyms,
            delayedAfterSeconds: delayed ?? SinkDelayWatch.standardSeconds,
            destination: destination
        )
    }

    /// What the free text of events is redacted with.
    private func policy(_ section: Section) -> RedactionPolicy? {
        if section.has("redaction"), section.text("redaction") == RedactionReader.none { return nil }
        let name = RedactionReader().policy(section, "redaction", of: redaction) ?? redaction.sinks
        return name.map(redaction.policy) ?? RedactionSettings.standardForEvents
    }

    /// Requests at the same time; nil to find out how many the destination takes.
    private func concurrency(_ section: Section, _ kind: Kind) -> Int? {
        // A request to Splunk holds its place until the acknowledgement, which says nothing of how much the collector takes: beside a
        // receiver that computes, finding out drained a backlog half as fast as as many places as before.
        guard section.has("concurrency") else { return kind == .splunk ? SplunkSink.usualConcurrency : nil }
        if section.text("concurrency") == "auto" { return nil }
        let number = section.integer("concurrency", in: 1...64)
        let isOrdered = kind == .file || kind == .syslog || kind == .worm
        if isOrdered, let number, number > 1 {
            section.problem("concurrency", "must be 1 or auto: this kind takes one after the other")
        }
        return number
    }

    private enum Codes: String, CaseIterable { case own, shared }

    private func pseudonyms(_ section: Section, isCopy: Bool) -> SinkPseudonyms {
        let codes = section.choice("pseudonyms", Codes.self)
        let epoch = section.integer("pseudonymEpoch", in: 1...1_000_000)
        if isCopy, codes == .own {
            section.problem(
                "pseudonyms",
                "cannot be 'own' in a locked copy: it holds the entries byte for byte, or it would not verify; leave it out"
            )
        }
        if section.has("pseudonymEpoch"), codes != .own {
            section.problem("pseudonymEpoch", "stands without 'pseudonyms: own'")
        }
        return codes == .own ? .own(epoch: epoch) : .shared
    }

    /// Where a new sink begins; a copy of the ledger must begin at its beginning.
    private func start(_ section: Section) -> LaneStart {
        guard section.has("start") else { return section.text("kind") == Kind.worm.rawValue ? .beginning : .now }
        guard let text = section.text("start") else { return .now }
        let start: LaneStart? =
            switch text {
            case "beginning": .beginning
            case "now": .now
            default: UInt64(text).map { .index($0) }
            }
        guard let start else {
            section.problem("start", "must be beginning, now, or the index of an entry")
            return .now
        }
        if section.text("kind") == Kind.worm.rawValue, start != .beginning {
            section.problem("start", "must be beginning: a copy with a gap would not verify; or leave it out")
        }
        return start
    }

    private func filter(_ section: Section) -> EventCondition? {
        guard let node = section.value("filter") else { return nil }
        do throws(EventConditionError) { return try EventCondition(json: node.json) } catch {
            section.problem("filter", "\(error)")
            return nil
        }
    }

    private func format(_ section: Section, _ kind: Kind) -> EventFormat? {
        guard let name = section.text("format") else { return nil }
        guard let format = EventFormat(name: name) else {
            section.problem("format", "must be one of: \(EventFormat.all.map(\.description).joined(separator: ", "))")
            return nil
        }
        let takesText = kind == .syslog || kind == .splunk || kind == .webhook || kind == .nats
        if !format.isJSON, !takesText {
            section.problem("format", "is no JSON, and this kind of sink takes nothing else")
        }
        return format
    }

    private func projection(_ section: Section) -> FieldProjection? {
        let (keep, drop) = (pointers(section, "keep"), pointers(section, "drop"))
        if section.has("keep"), section.has("drop") {
            section.problem("drop", "stands beside 'keep': use one of them")
        }
        if let keep { return .only(keep) }
        return drop.map { .without($0) }
    }

    private func pointers(_ section: Section, _ key: String) -> Set<FieldPointer>? {
        guard section.has(key) else { return nil }
        let texts = section.texts(key)
        let pointers = texts.compactMap { FieldPointer($0) }
        if pointers.count < texts.count {
            section.problem(key, "must hold JSON Pointers such as /purpose or /binding/grade")
        }
        return Set(pointers)
    }

    private func manifests(_ section: Section) -> LaneDefinition.Manifests? {
        guard section.has("manifests") else { return LaneDefinition.Manifests() }
        if section.value("manifests")?.scalar != nil {
            guard let isOn = section.flag("manifests") else { return nil }
            return isOn ? LaneDefinition.Manifests() : nil
        }
        guard let inner = section.section("manifests") else { return nil }
        defer { inner.end() }
        let entries = inner.integer("entries", in: 100...1_000_000) ?? 10_000
        let interval = inner.duration("interval", in: 1000...86_400_000) ?? 60_000
        return LaneDefinition.Manifests(entries: UInt64(entries), interval: .milliseconds(interval))
    }
}

extension Node {
    /// The node as JSON; texts in quotation marks stay texts.
    fileprivate var json: JSONValue {
        if let mapping {
            var members: [String: JSONValue] = [:]
            for (key, value) in mapping { members[key.scalar?.string ?? ""] = value.json }
            return .object(members)
        }
        if let sequence { return .array(sequence.map(\.json)) }
        guard let scalar else { return .null }
        guard scalar.style == .plain else { return .string(scalar.string) }
        if let bool = Bool(scalar.string) { return .bool(bool) }
        if let integer = Int64(scalar.string) { return .integer(integer) }
        if let number = Double(scalar.string), number.isFinite { return .number(number) }
        return scalar.string == "null" || scalar.string == "~" ? .null : .string(scalar.string)
    }
}
