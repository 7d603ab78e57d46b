/// What of one group of a correlation falls into a sliding window, both ends included.
///
/// Exact for events in any order within the lateness that is kept, up to the bound of the condition: `capacity` distinct values
/// decide whether the bound is met, and once it is met only the latest ones are kept, so that a million different values cost no
/// more memory than the bound. See docs/detection.md for the argument.
struct SlidingWindow: Codable, Sendable {
    struct Entry: Codable, Sendable, Hashable {
        /// Milliseconds since the Unix epoch.
        let time: Int64
        let index: Int64
        /// What tells an event from a second delivery of it.
        let identity: Int64
        /// What is counted; for `event_count` each event counts for itself.
        let value: String
        let number: Double?

        enum CodingKeys: String, CodingKey {
            case time = "t"
            case index = "i"
            case identity = "e"
            case value = "v"
            case number = "n"
        }
    }

    /// What does not change while a rule runs.
    struct Plan: Sendable {
        /// Length of the window.
        let span: Int64
        /// How much later than its group's latest an event may come and still be counted exactly.
        let lateness: Int64
        /// How many values decide whether the bound is met.
        let capacity: Int
        /// Whether values are counted once each; false counts every entry.
        let isDistinct: Bool
    }

    private(set) var entries: [Entry] = []
    /// The first entry of the window that ends with the newest one.
    private var start = 0
    private var counts: [String: Int] = [:]
    /// The size at which entries that cannot matter are next looked for.
    private var compactAt = 0
    /// Which state of the links between customers the values were written under.
    var generation = 0

    enum CodingKeys: String, CodingKey {
        case entries = "e"
        case compactAt = "c"
        case generation = "g"
        case start = "s"
    }

    init() {}

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        entries = try container.decode([Entry].self, forKey: .entries)
        compactAt = try container.decode(Int.self, forKey: .compactAt)
        generation = try container.decode(Int.self, forKey: .generation)
        let stored = try container.decode(Int.self, forKey: .start)
        start = min(max(stored, 0), entries.count)
        counts = entries[start...].reduce(into: [:]) { $0[$1.value, default: 0] += 1 }
    }

    var newest: Int64? { entries.last?.time }

    /// Puts an event in.
    /// - Returns: the event's place, or nil when it is there already or too late to matter.
    mutating func insert(_ entry: Entry, _ plan: Plan) -> Int? {
        if let newest, entry.time < newest - plan.span - plan.lateness { return nil }
        var place = entries.count
        while place > 0, entries[place - 1].time > entry.time { place -= 1 }
        var same = place
        while same > 0, entries[same - 1].time == entry.time {
            same -= 1
            if entries[same].identity == entry.identity { return nil }
        }
        let isNewest = place == entries.count
        entries.insert(entry, at: place)
        if isNewest || place >= start && entry.time >= (newest ?? 0) - plan.span {
            counts[entry.value, default: 0] += 1
        } else {
            start += 1
        }
        if isNewest { slide(to: entry.time - plan.span) }
        return place
    }

    private mutating func slide(to first: Int64) {
        while start < entries.count, entries[start].time < first {
            forget(entries[start].value)
            start += 1
        }
    }

    private mutating func forget(_ value: String) {
        guard let count = counts[value] else { return }
        counts[value] = count > 1 ? count - 1 : nil
    }

    // MARK: Counting

    /// How many values the window that ends with the newest entry holds.
    func current(_ plan: Plan) -> Int { plan.isDistinct ? counts.count : entries.count - start }

    /// The entries of the window that ends with the newest one.
    var currentEntries: ArraySlice<Entry> { entries[start...] }

    /// The entries of the window that ends at `place`.
    func window(endingAt place: Int, _ plan: Plan) -> ArraySlice<Entry> {
        var first = place
        while first > 0, entries[first - 1].time >= entries[place].time - plan.span { first -= 1 }
        return entries[first...place]
    }

    /// The fullest of the windows that end at the entry at `place` or at one up to a span after it, which are the windows that
    /// the entry is in.
    func fullest(around place: Int, _ plan: Plan) -> (count: Int, entries: ArraySlice<Entry>) {
        if place == entries.count - 1 { return (current(plan), currentEntries) }
        let opening = window(endingAt: place, plan)
        var first = opening.startIndex
        var seen: [String: Int] = [:]
        var best = (count: 0, entries: opening)
        for end in first..<entries.count {
            if end > place, entries[end].time > entries[place].time + plan.span { break }
            seen[entries[end].value, default: 0] += 1
            while entries[first].time < entries[end].time - plan.span {
                let value = entries[first].value
                seen[value] = (seen[value] ?? 1) > 1 ? (seen[value] ?? 1) - 1 : nil
                first += 1
            }
            let count = plan.isDistinct ? seen.count : end - first + 1
            if end >= place, count > best.count { best = (count, entries[first...end]) }
        }
        return best
    }

    // MARK: Keeping it small

    /// Drops what can no longer matter. Called after each insertion; the work is spread over many.
    mutating func trim(_ plan: Plan) {
        guard let newest else { return }
        let horizon = newest - plan.span - plan.lateness
        let expired = entries.firstIndex { $0.time >= horizon } ?? entries.count
        if expired > 32 || expired > entries.count / 2 { drop { $0 < expired } }
        guard entries.count > max(compactAt, 4 * plan.capacity + 16) else { return }
        compact(plan)
        compactAt = 2 * entries.count
    }

    private mutating func compact(_ plan: Plan) {
        let isFull = current(plan) >= plan.capacity
        guard plan.isDistinct else {
            // While the bound is not met, no span holds `capacity` entries, so that fewer than these lie within the horizon.
            let spans = Int((plan.span + plan.lateness) / plan.span) + 2
            let excess = entries.count - (isFull ? plan.capacity : plan.capacity * spans)
            if excess > 0 { drop { $0 < excess } }
            return
        }
        // An entry between two of the same value that lie within one span is in no window without one of them.
        var places: [String: [Int]] = [:]
        var unneeded: Set<Int> = []
        for (place, entry) in entries.enumerated() {
            var kept = places[entry.value, default: []]
            if kept.count >= 2, entry.time - entries[kept[kept.count - 2]].time <= plan.span {
                unneeded.insert(kept.removeLast())
            }
            kept.append(place)
            places[entry.value] = kept
        }
        if isFull {
            let latest = places.values.compactMap(\.last).sorted(by: >)
            let oldest = latest.prefix(plan.capacity).last ?? 0
            for kept in places.values where (kept.last ?? 0) < oldest { unneeded.formUnion(kept) }
        }
        drop { unneeded.contains($0) }
    }

    private mutating func drop(_ unneeded: (Int) -> Bool) {
        var kept: [Entry] = []
        kept.reserveCapacity(entries.count)
        var newStart = 0
        for (place, entry) in entries.enumerated() {
            if unneeded(place) {
                if place >= start { forget(entry.value) }
            } else {
                if place < start { newStart += 1 }
                kept.append(entry)
            }
        }
        entries = kept
        start = newStart
    }

    /// Writes the values anew, after customers were found to be one, or not to be.
    mutating func rename(_ plan: Plan, generation: Int, _ name: (String) -> String) {
        self.generation = generation
        entries = entries.map {
            Entry(time: $0.time, index: $0.index, identity: $0.identity, value: name($0.value), number: $0.number)
        }
        counts = entries[start...].reduce(into: [:]) { $0[$1.value, default: 0] += 1 }
    }
}
