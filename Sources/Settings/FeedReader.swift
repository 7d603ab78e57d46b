import Genesys
import PlatformFacts

/// Reads which facts are brought in from the platform. A feed that is not named is off.
struct FeedReader {
    /// - Parameter customerAttribute: the attribute of conversations that holds their customer's number.
    func feeds(_ section: Section, customerAttribute: String?) -> FeedSettings {
        defer { section.end() }
        var feeds = FeedSettings()
        if let own = section.section("conversations") {
            var settings = ConversationFeed.Settings()
            settings.interval = interval(own) ?? settings.interval
            settings.settleSeconds = seconds(own, "settle") ?? settings.settleSeconds
            settings.overlapSeconds = seconds(own, "overlap") ?? settings.overlapSeconds
            settings.customersPerMinute = own.integer("customersPerMinute", in: 1...100) ?? settings.customersPerMinute
            settings.customerAttribute = customerAttribute
            own.end()
            feeds.conversations = settings
        }
        if let own = section.section("audits") {
            var settings = audits(own)
            settings.services = own.texts("services")
            own.end()
            feeds.audits = settings
        }
        if let own = section.section("interactionAudits") {
            feeds.interactionAudits = audits(own)
            own.end()
        }
        if let own = section.section("executions") {
            feeds.executions = executions(own)
            own.end()
        }
        if let own = section.section("agents") {
            var settings = AgentFeed.Settings()
            settings.interval = interval(own) ?? settings.interval
            settings.peerGroup = own.choice("peerGroup", AgentFeed.PeerGroup.self) ?? settings.peerGroup
            settings.queues = own.flag("queues") ?? settings.queues
            own.end()
            feeds.agents = settings
        }
        if let own = section.section("shifts") {
            feeds.shifts = shifts(own)
            own.end()
        }
        if feeds.names.isEmpty, section.isReadable {
            section.problem(nil, "must not be empty: name a feed, such as 'conversations: {interval: 1m}'")
        }
        return feeds
    }

    private func audits(_ section: Section) -> AuditFeed.Settings {
        var settings = AuditFeed.Settings()
        settings.interval = interval(section) ?? settings.interval
        settings.settleSeconds = seconds(section, "settle") ?? settings.settleSeconds
        settings.rereadSeconds = seconds(section, "reread") ?? settings.rereadSeconds
        return settings
    }

    private func shifts(_ section: Section) -> ShiftFeed.Settings {
        var settings = ShiftFeed.Settings()
        settings.interval = interval(section) ?? settings.interval
        let units = section.texts("businessUnits")
        settings.businessUnits = units == ["all"] ? [] : units
        if let reread = section.duration("reread", in: 0...604_800_000) {
            settings.rereadDays = Int64((reread + 86_399_999) / 86_400_000)
        }
        return settings
    }

    private func executions(_ section: Section) -> ExecutionFeed.Settings {
        var settings = ExecutionFeed.Settings()
        settings.interval = interval(section) ?? settings.interval
        settings.settleSeconds = seconds(section, "settle") ?? settings.settleSeconds
        if let step = section.duration("step", in: 60_000...3_600_000) {
            settings.stepMinutes = step / 60_000
            if step % 60_000 != 0 || 60 % settings.stepMinutes != 0 {
                section.problem("step", "must divide an hour into equal parts of whole minutes, such as 15m")
            }
        }
        if let actions = section.section("actions") {
            for id in actions.keys {
                guard let route = actions.text(id) else { continue }
                settings.actions[id.lowercased()] = route
            }
            actions.end()
        }
        return settings
    }

    private func interval(_ section: Section) -> Duration? {
        section.duration("interval", in: 1000...86_400_000).map { .milliseconds($0) }
    }

    private func seconds(_ section: Section, _ key: String) -> Int64? {
        section.duration(key, in: 0...604_800_000).map { Int64($0 / 1000) }
    }
}
