/// What a new version of a policy would do otherwise on a text: counts by type, never values.
public struct DryRun: Hashable, Sendable {
    /// Findings that both versions treat the same.
    public var same = 0
    /// Findings of the old version that the new one does not have.
    public var lost: [EntityType: Int] = [:]
    /// Findings that only the new version has.
    public var gained: [EntityType: Int] = [:]
    /// Findings that both have and treat differently.
    public var changed: [EntityType: Int] = [:]

    /// Nothing counted yet.
    public init() {}

    /// Adds the counts of another text.
    public mutating func add(_ other: DryRun) {
        same += other.same
        lost.merge(other.lost, uniquingKeysWith: +)
        gained.merge(other.gained, uniquingKeysWith: +)
        changed.merge(other.changed, uniquingKeysWith: +)
    }
}

extension Redactor {
    /// Compares this redactor with one of a new version of its policy on a text; nothing is replaced or stored. Without a new one
    /// every finding is lost.
    public func dryRun(_ new: Redactor?, on text: UnsafeRawBufferPointer, _ scratch: Scratch) -> DryRun {
        struct Place: Hashable {
            let type: EntityType
            let range: Range<Int>
        }
        func places(_ redactor: Redactor) -> Set<Place> {
            redactor.find(text, into: scratch)
            return Set(scratch.findings.map { Place(type: $0.type, range: $0.range) })
        }
        var run = DryRun()
        let before = places(self)
        let after = new.map(places) ?? []
        for place in before.union(after) {
            switch (before.contains(place), after.contains(place)) {
            case (true, false): run.lost[place.type, default: 0] += 1
            case (false, true): run.gained[place.type, default: 0] += 1
            default:
                if policy.action(for: place.type) == new?.policy.action(for: place.type) {
                    run.same += 1
                } else {
                    run.changed[place.type, default: 0] += 1
                }
            }
        }
        return run
    }
}
