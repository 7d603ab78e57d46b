/// How a candidate policy's decision about one read differs from the current one.
public struct PolicyDifference: Sendable, Equatable {
    /// A field that both release, but differently.
    public struct MaskChange: Sendable, Equatable {
        /// The field.
        public let path: String
        /// What the current policy does.
        public let current: FieldEffect
        /// What the candidate would do.
        public let candidate: FieldEffect

        /// Creates a change.
        public init(path: String, current: FieldEffect, candidate: FieldEffect) {
            self.path = path
            self.current = current
            self.candidate = candidate
        }
    }

    /// Fields that are released now and would be withheld, in the current decision's order.
    public let newlyDenied: [String]
    /// Fields that are withheld now and would be released, in the candidate's order.
    public let newlyAllowed: [String]
    /// Fields whose mask would be another, appear or disappear.
    public let maskChanged: [MaskChange]
    /// Why the candidate would refuse a read that is not refused now.
    public let newlyRefused: Refusal?

    /// Whether both release the same in the same way. Which rules decide may differ.
    public var isEmpty: Bool { newlyDenied.isEmpty && newlyAllowed.isEmpty && maskChanged.isEmpty }

    /// Compares two decisions. A field that one of them does not mention is withheld by it; so are all fields of a
    /// refused read.
    public init(current: Decision, candidate: Decision) {
        let before = Self.released(current)
        let after = Self.released(candidate)
        newlyDenied = current.fields.map(\.path).filter { before[$0] != nil && after[$0] == nil }
        newlyAllowed = candidate.fields.map(\.path).filter { before[$0] == nil && after[$0] != nil }
        maskChanged = current.fields.compactMap { field in
            guard let old = before[field.path], let new = after[field.path], old != new else { return nil }
            return MaskChange(path: field.path, current: old, candidate: new)
        }
        newlyRefused = current.refused == nil ? candidate.refused : nil
    }

    private static func released(_ decision: Decision) -> [String: FieldEffect] {
        var effects: [String: FieldEffect] = [:]
        for field in decision.fields where field.effect != .withhold { effects[field.path] = field.effect }
        return effects
    }
}
