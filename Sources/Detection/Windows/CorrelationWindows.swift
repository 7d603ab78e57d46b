internal import JSON
internal import WallTime

/// A correlation whose condition was met.
struct CorrelationMatch {
    let measured: Double
    /// The ledger's indexes of what was counted, oldest first.
    let indexes: [Int64]
}

/// The open windows of all correlations.
struct CorrelationWindows: Codable, Sendable {
    /// By the rule's key, then by the group's.
    private var windows: [String: [String: SlidingWindow]] = [:]
    /// Which customers are one: from a token to the one that stands for it.
    private var links: [String: String] = [:]
    /// The same for the short forms of tokens, under which values are kept.
    private var shortLinks: [String: String] = [:]
    private var generation = 0

    /// The bound of entries for measures that need every value of the window.
    static let maximumEntries = 16_384

    /// How many windows are open.
    var count: Int { windows.values.reduce(0) { $0 + $1.count } }

    // MARK: Customers that are one

    /// Notes that two tokens stand for one customer, as after a change of the key's epoch or a merge.
    mutating func link(_ token: String, to other: String) {
        let target = resolve(other)
        guard resolve(token) != target else { return }
        shortLinks[StableHash.short(resolve(token))] = StableHash.short(target)
        links[resolve(token)] = target
        generation += 1
    }

    /// Notes that a token stands for a customer of its own again. Counts that are open keep what was counted as one.
    mutating func unlink(_ token: String) {
        guard links.removeValue(forKey: token.lowercased()) != nil else { return }
        shortLinks[StableHash.short(token.lowercased())] = nil
        generation += 1
    }

    func resolve(_ token: String) -> String { Self.follow(token.lowercased(), links) }

    private static func follow(_ start: String, _ links: [String: String]) -> String {
        var name = start
        // Links lead to a token without one; a circle cannot be made, and the bound holds even against a damaged state.
        for _ in 0..<64 {
            guard let next = links[name] else { break }
            name = next
        }
        return name
    }

    // MARK: Counting

    /// Counts a match of `counted` for a correlation.
    /// - Returns: what the correlation found, when its condition is met.
    mutating func count(
        _ event: LedgerEvent,
        matching counted: String,
        for rule: Rule,
        _ correlation: Correlation,
        lateness: Int64
    ) -> CorrelationMatch? {
        guard let group = group(of: event, correlation.groupBy) else { return nil }
        let plan = Self.plan(correlation, lateness: lateness)
        guard let entry = entry(event, matching: counted, correlation) else { return nil }
        var window = windows[rule.key]?[group] ?? SlidingWindow()
        windows[rule.key]?[group] = nil  // so that it is changed in place
        if window.generation != generation {
            if case .valueCount = correlation.measure {
                window.rename(plan, generation: generation) { Self.follow($0, shortLinks) }
            } else {
                window.generation = generation
            }
        }
        defer {
            window.trim(plan)
            windows[rule.key, default: [:]][group] = window
        }
        guard let place = window.insert(entry, plan) else { return nil }
        return Self.measured(window, at: place, plan, correlation)
    }

    /// Closes windows in which nothing can happen any more.
    mutating func sweep(watermark: Timestamp, _ rules: [Rule], lateness: Int64) {
        var keys: Set<String> = []
        for rule in rules {
            guard case .correlation(let correlation) = rule.kind else { continue }
            keys.insert(rule.key)
            let oldest = watermark.milliseconds - correlation.spanMilliseconds - lateness
            guard let groups = windows[rule.key], groups.contains(where: { ($0.value.newest ?? .min) < oldest }) else {
                continue
            }
            windows[rule.key] = groups.filter { ($0.value.newest ?? .min) >= oldest }
        }
        // A rule that is gone or was changed begins anew.
        if windows.keys.contains(where: { !keys.contains($0) }) { windows = windows.filter { keys.contains($0.key) } }
    }

    /// Nil when a field of the group is absent or null.
    private func group(of event: LedgerEvent, _ fields: [FieldPath]) -> String? {
        var key = ""
        for field in fields {
            guard let text = field.text(in: event.fields) else { return nil }
            let name = field.description == "customerId" ? resolve(text) : text.lowercased()
            // The length keeps two fields from running into each other.
            key += fields.count > 1 ? "\(name.utf8.count):\(name)" : name
        }
        return key
    }

    private func entry(_ event: LedgerEvent, matching rule: String, _ correlation: Correlation) -> SlidingWindow.Entry?
    {
        var value = ""
        var number: Double?
        switch correlation.measure {
        case .eventCount: break
        case .temporal, .temporalOrdered: value = rule
        case .valueCount(let field):
            guard let text = field.text(in: event.fields) else { return nil }
            value = StableHash.short(resolve(text))
        case .sum(let field), .average(let field), .percentile(let field, _):
            guard let found = field.text(in: event.fields).flatMap({ Double($0) }) else { return nil }
            number = found
        }
        let isTemporal = correlation.measure == .temporal || correlation.measure == .temporalOrdered
        return SlidingWindow.Entry(
            time: event.timestamp.milliseconds,
            index: event.index,
            // One event may match several rules of a sequence.
            identity: isTemporal ? event.identity ^ StableHash.of(rule) : event.identity,
            value: value,
            number: number
        )
    }

    private static func plan(_ correlation: Correlation, lateness: Int64) -> SlidingWindow.Plan {
        let bounded = Int(max(0, min(correlation.bound, Double(maximumEntries)))) + 1
        let isDistinct: Bool
        let capacity: Int
        switch correlation.measure {
        case .valueCount: (isDistinct, capacity) = (true, bounded)
        case .temporal: (isDistinct, capacity) = (true, correlation.rules.count + 1)
        case .eventCount: (isDistinct, capacity) = (false, bounded)
        case .temporalOrdered, .sum, .average, .percentile: (isDistinct, capacity) = (false, maximumEntries)
        }
        return SlidingWindow.Plan(
            span: correlation.spanMilliseconds,
            lateness: lateness,
            capacity: capacity,
            isDistinct: isDistinct
        )
    }

    private static func measured(
        _ window: SlidingWindow,
        at place: Int,
        _ plan: SlidingWindow.Plan,
        _ correlation: Correlation
    ) -> CorrelationMatch? {
        let isRising = correlation.comparison == .gt || correlation.comparison == .gte
        let found: (value: Double, entries: ArraySlice<SlidingWindow.Entry>)
        switch correlation.measure {
        case .eventCount, .valueCount, .temporal:
            if isRising {
                let fullest = window.fullest(around: place, plan)
                found = (Double(fullest.count), fullest.entries)
            } else {
                let entries = window.window(endingAt: place, plan)
                let count = plan.isDistinct ? Set(entries.map(\.value)).count : entries.count
                found = (Double(count), entries)
            }
        case .temporalOrdered:
            guard let chain = ordered(window, around: place, plan, correlation.rules) else { return nil }
            return CorrelationMatch(measured: Double(correlation.rules.count), indexes: chain)
        case .sum:
            let entries = window.window(endingAt: place, plan)
            found = (entries.reduce(0) { $0 + ($1.number ?? 0) }, entries)
        case .average:
            let entries = window.window(endingAt: place, plan)
            found = (entries.reduce(0) { $0 + ($1.number ?? 0) } / Double(entries.count), entries)
        case .percentile(_, let percentile):
            let entries = window.window(endingAt: place, plan)
            found = (RobustStatistics.percentile(entries.compactMap(\.number), percentile), entries)
        }
        guard correlation.comparison.holds(found.value, correlation.bound) else { return nil }
        return CorrelationMatch(measured: found.value, indexes: found.entries.map(\.index).sorted())
    }

    /// Looks for matches of the rules in their order, each later than the one before, in one of the windows that the entry at
    /// `place` is in.
    private static func ordered(
        _ window: SlidingWindow,
        around place: Int,
        _ plan: SlidingWindow.Plan,
        _ rules: [String]
    ) -> [Int64]? {
        let last = window.entries[place].time + plan.span
        for end in place..<window.entries.count where window.entries[end].time <= last {
            var chain: [SlidingWindow.Entry] = []
            // Taking the earliest of each rule leaves the most room for the next.
            for entry in window.window(endingAt: end, plan) where chain.count < rules.count {
                guard entry.value == rules[chain.count], chain.last.map({ $0.time < entry.time }) ?? true else {
                    continue
                }
                chain.append(entry)
            }
            if chain.count == rules.count { return chain.map(\.index) }
        }
        return nil
    }
}

/// A hash that is the same in every process and fits a canonical JSON integer: FNV-1a, 53 bits of it.
enum StableHash {
    static func of(_ text: String) -> Int64 {
        let hash = fnv(text)
        return Int64((hash ^ (hash >> 32)) & 0x1F_FFFF_FFFF_FFFF)
    }

    /// A text of at most 15 bytes as it is, and 64 bits of hash for a longer one, so that neither takes room of its own on the
    /// heap. Two of a thousand values are mistaken for one with a chance of one in 10^13; tokens are keyed, so nobody can
    /// choose two that are.
    static func short(_ text: String) -> String {
        text.utf8.count <= 15 ? text : "#" + String(fnv(text), radix: 36)
    }

    private static func fnv(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return hash
    }
}
