public import Detection
import Foundation
import PlatformFacts

/// How the record is watched.
public struct DetectionSettings: Sendable {
    /// Whether it is.
    public var isOn = true
    /// The shipped rules and those of the files named.
    public var rules: RulePack
    /// The texts of those rules.
    public var ruleFiles: [RuleFile]
    /// The lists that values with the modifier `expand` name.
    public var lists: [String: [String]]
    /// How they judge.
    public var configuration = DetectionConfiguration()
    /// What may be done about what they find.
    public var containment = ContainmentPolicy()
}

/// Reads how the record is watched, and what may be done about what is found.
struct DetectionReader {
    let files: FileChecks

    /// - Parameter feeds: the feeds of platform facts that there are.
    func settings(_ section: Section?, feeds: FeedSettings) -> DetectionSettings? {
        var rules = BuiltInRules.files
        var settings: (isOn: Bool, configuration: DetectionConfiguration, containment: ContainmentPolicy) =
            (true, DetectionConfiguration(), ContainmentPolicy())
        var lists = RulePack.defaultPlaceholders
        defer { section?.end() }
        settings.configuration.feedSilenceSeconds = feeds.silenceSeconds
        if let section {
            settings.isOn = section.flag("enabled") ?? true
            for path in section.texts("rules").map(files.absolute) {
                guard case .success(let bytes) = FileChecks.contents(path, isSecret: false) else {
                    section.problem("rules", "the rule file \(path) cannot be read")
                    continue
                }
                rules.append(RuleFile(name: path, text: String(decoding: bytes, as: UTF8.self)))
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
            if let containment = section.section("containment") {
                settings.containment = policy(containment)
                containment.end()
            }
        }
        do throws(RulePackError) {
            return DetectionSettings(
                isOn: settings.isOn,
                rules: try RulePack(files: rules, placeholders: lists),
                ruleFiles: rules,
                lists: lists,
                configuration: settings.configuration,
                containment: settings.containment
            )
        } catch {
            section?.problem("rules", "\(error)")
            return nil
        }
    }

    private func policy(_ section: Section) -> ContainmentPolicy {
        var policy = ContainmentPolicy()
        if section.has("steps") {
            policy.enabled = []
            for name in section.texts("steps") {
                guard let step = ContainmentStep(rawValue: name), step.isLocal else {
                    section.problem("steps", "'\(name)' is not one of the steps that can be taken: mask_only, block")
                    continue
                }
                policy.enabled.insert(step)
            }
        }
        policy.identitiesPerHour = section.integer("identitiesPerHour", in: 0...1000) ?? policy.identitiesPerHour
        policy.protected = Set(section.texts("protected").map { $0.lowercased() })
        return policy
    }
}
