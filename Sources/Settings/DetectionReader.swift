public import DeliveryWire
public import Detection
import Foundation
import PlatformFacts

/// How the record is watched.
public struct DetectionSettings: Sendable {
    /// Whether it is.
    public var isOn = true
    /// The shipped rules and those of the files named.
    public var rules: RuleSet
    /// How they judge.
    public var configuration = DetectionConfiguration()
    /// What may be done about what they find.
    public var containment = ContainmentPolicy()
    /// Whose signed decisions about containment are taken; nil when nobody's.
    public var soar: SOARSettings?
}

/// A SOAR that decides about containment.
public struct SOARSettings: Sendable {
    /// The keys that it signs with, several while they are changed.
    public let keys: [WebhookVerifier.Key]
}

/// Reads how the record is watched, and what may be done about what is found.
struct DetectionReader {
    let files: FileChecks
    /// Whether a platform is configured on which steps can be taken.
    let hasPlatform: Bool

    /// The sinks that there are.
    let sinks: [String]

    /// - Parameter feeds: the feeds of platform facts that there are.
    func settings(_ section: Section?, feeds: FeedSettings) -> DetectionSettings? {
        var rules = BuiltInRules.files
        var settings = (
            isOn: true, configuration: DetectionConfiguration(), containment: ContainmentPolicy(),
            soar: SOARSettings?.none
        )
        var lists = RulePack.defaultPlaceholders
        defer { section?.end() }
        settings.configuration.feedSilenceSeconds = feeds.silenceSeconds
        if let section {
            settings.isOn = section.flag("enabled") ?? true
            for path in section.texts("rules").map(files.absolute) {
                guard let file = RuleFile(path: path) else {
                    section.problem("rules", "the rule file \(path) cannot be read")
                    continue
                }
                rules.append(file)
            }
            if let own = section.section("lists") {
                for name in own.keys { lists[name] = own.texts(name) }
                own.end()
            }
            settings.configuration.requiredFeeds = section.texts("requiredFeeds")
            for feed in settings.configuration.requiredFeeds where !feeds.names.contains(feed) {
                section.problem(
                    "requiredFeeds",
                    "names '\(feed)', which no feed brings: no read could ever be called unexplained; "
                        + "add it under genesys.feeds"
                )
            }
            if let minutes = section.duration("lateness", in: 0...86_400_000) {
                settings.configuration.latenessSeconds = Int64(minutes / 1000)
            }
            time(section, &settings.configuration)
            if let containment = section.section("containment") {
                settings.containment = policy(containment)
                settings.configuration.unexplainedReads = settings.containment.unexplainedReads
                settings.configuration.unexplainedSeconds = settings.containment.automaticSeconds
                if let section = containment.section("soar") {
                    settings.containment.soarClients = Set(section.texts("clients"))
                    settings.soar = soar(section)
                }
                containment.end()
            }
        }
        do throws(RulePackError) {
            return DetectionSettings(
                isOn: settings.isOn,
                rules: try RuleSet(files: rules, lists: lists),
                configuration: settings.configuration,
                containment: settings.containment,
                soar: settings.soar
            )
        } catch {
            section?.problem("rules", "\(error)")
            return nil
        }
    }

    /// The centre's clock, and how long what explains reads, and what is waited for.
    private func time(_ section: Section, _ configuration: inout DetectionConfiguration) {
        if let name = section.text("timeZone") {
            if let zone = LocalTime(zone: name) {
                configuration.localTime = zone
            } else {
                section.problem(
                    "timeZone",
                    "must be UTC or a zone of this machine's tz database by its name, such as Europe/Berlin"
                )
            }
        }
        if let milliseconds = section.duration("secondRead", in: 10_000...1_800_000) {
            configuration.secondReadSeconds = Int64(milliseconds / 1000)
        }
        guard let times = section.section("explanationTimes") else { return }
        for (name, own) in times.named() {
            defer { own.end() }
            guard let provider = ExplanationProvider(rawValue: name), provider != .recentInteraction else {
                let known = ExplanationProvider.allCases.filter { $0 != .recentInteraction }.map(\.rawValue)
                times.problem(name, "is nothing that explains reads; known: \(known.joined(separator: ", "))")
                own.knowAll()
                continue
            }
            if let before = own.duration("before", in: 0...86_400_000) {
                configuration.explanationTimes.lead[provider] = Int64(before / 1000)
            }
            if let after = own.duration("after", in: 0...86_400_000) {
                configuration.explanationTimes.life[provider] = Int64(after / 1000)
            }
        }
    }

    private func policy(_ section: Section) -> ContainmentPolicy {
        var policy = ContainmentPolicy()
        if section.has("steps") {
            policy.enabled = []
            for (name, rule) in steps(section) {
                guard let step = ContainmentStep(rawValue: name) else {
                    let known = ContainmentStep.allCases.map(\.rawValue).joined(separator: ", ")
                    section.problem("steps", "'\(name)' is not one of the steps that can be taken: \(known)")
                    continue
                }
                if !step.isLocal, !hasPlatform {
                    section.problem("steps", "'\(name)' acts on the platform: it needs the section 'genesys'")
                }
                policy.enabled.insert(step)
                policy.approvals[step] = rule?.integer("approvals", in: step.approvalsNeeded...5)
                rule?.end()
            }
        }
        if let milliseconds = section.duration("proposalsExpire", in: 60_000...2_592_000_000) {
            policy.proposalSeconds = Int64(milliseconds / 1000)
        }
        policy.identitiesPerHour = section.integer("identitiesPerHour", in: 0...1000) ?? policy.identitiesPerHour
        policy.noticeSinks = section.texts("noticeSinks")
        for name in policy.noticeSinks where !sinks.contains(name) {
            section.problem("noticeSinks", "names '\(name)', which is none of the sinks")
        }
        if policy.enabled.contains(.notify), policy.noticeSinks.isEmpty {
            section.problem("noticeSinks", "must name the sinks by which 'notify' tells people, such as a webhook")
        }
        automatic(section, &policy)
        policy.protected = Set(section.texts("protected").map { $0.lowercased() })
        return policy
    }

    /// What is done about alerts without anybody being asked: at our own gateway only, and never where somebody has to agree.
    private func automatic(_ section: Section, _ policy: inout ContainmentPolicy) {
        for name in section.texts("automatic") {
            guard let step = ContainmentStep(rawValue: name), step.isLocal else {
                let known = ContainmentStep.allCases.filter(\.isLocal).map(\.rawValue).joined(separator: ", ")
                section.problem("automatic", "'\(name)' cannot be taken without people: only \(known) can")
                continue
            }
            if !policy.enabled.contains(step) {
                section.problem("automatic", "'\(name)' is not among the steps that may be taken: add it to 'steps'")
            } else if policy.approvalsNeeded(step) > 0 {
                section.problem(
                    "automatic",
                    "'\(name)' needs approvals according to 'steps', so nothing can take it by itself"
                )
            }
            policy.automatic.insert(step)
        }
        if let milliseconds = section.duration("automaticFor", in: 60_000...86_400_000) {
            policy.automaticSeconds = Int64(milliseconds / 1000)
        }
        policy.unexplainedReads = section.integer("unexplainedReads", in: 1...1000) ?? policy.unexplainedReads
    }

    /// The steps, as a list of names or as a mapping of names to their rules.
    private func steps(_ section: Section) -> [(name: String, rule: Section?)] {
        guard section.isMapping("steps") else { return section.texts("steps").map { ($0, nil) } }
        return (section.section("steps")?.named() ?? []).map { ($0.name, $0.section) }
    }

    private func soar(_ section: Section) -> SOARSettings? {
        defer { section.end() }
        section.require("secrets", example: "[{file: keys/soar-secret}]")
        var keys: [WebhookVerifier.Key] = []
        for reference in section.sections("secrets") {
            guard let text = files.secret(reference) else { continue }
            do throws(WebhookError) { keys.append(try WebhookVerifier.Key(text)) } catch {
                reference.problem(nil, "\(error)")
            }
        }
        if section.isEmptyList("secrets") { section.problem("secrets", "must name at least one secret") }
        return keys.isEmpty ? nil : SOARSettings(keys: keys)
    }
}
