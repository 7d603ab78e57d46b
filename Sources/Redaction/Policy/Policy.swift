/// What is looked for and what becomes of it. A value: give it to a ``Redactor`` and keep the old ones to compare.
public struct RedactionPolicy: Hashable, Sendable {
    /// Names the policy, for example `chat`.
    public var name: String
    /// Counts its changes.
    public var version: Int
    /// What becomes of each type; a type without an entry gets ``defaultAction``, one with `nil` is not looked for.
    public var actions: [EntityType: Action?]
    /// What becomes of types without an entry.
    public var defaultAction: Action
    /// The least score of a finding, 1...100; 50 is where precision and recall meet on the evaluation text.
    public var threshold: Int
    /// Values that are never redacted.
    public var allowed: AllowList
    /// The installation's own rules.
    public var rules: [CustomRule]
    /// True when a masked JSON number becomes a number of the same length (its digits 0, the first 1) instead of a string.
    public var keepsNumbers: Bool

    /// Everything masked.
    public init(
        name: String,
        version: Int = 1,
        actions: [EntityType: Action?] = [:],
        defaultAction: Action = .mask,
        threshold: Int = 50,
        allowed: AllowList = AllowList(),
        rules: [CustomRule] = [],
        keepsNumbers: Bool = false
    ) {
        self.name = name
        self.version = version
        self.actions = actions
        self.defaultAction = defaultAction
        self.threshold = min(max(threshold, 1), 100)
        self.allowed = allowed
        self.rules = rules
        self.keepsNumbers = keepsNumbers
    }

    /// What becomes of a finding of this type; nil when the type is not looked for.
    public func action(for type: EntityType) -> Action? {
        if let entry = actions[type] { return entry?.permitted(for: type) }
        return defaultAction.permitted(for: type)
    }

    /// What the scanner needs of this.
    var scanRules: ScanRules {
        var types: UInt64 = 1 << UInt64(EntityType.unresolved.rawValue)
        for type in EntityType.builtIn where action(for: type) != nil { types |= 1 << UInt64(type.rawValue) }
        return ScanRules(types: types, threshold: threshold)
    }
}

/// Values that a policy lets through: test numbers, the installation's own addresses and telephone numbers.
public struct AllowList: Hashable, Sendable {
    /// One entry: a value in normal form (without separators, in one case), for one type or all.
    public struct Entry: Hashable, Sendable {
        /// How the entry is compared.
        public enum Kind: Hashable, Sendable {
            case exact, prefix
            /// The entry is the keyed hash of the value; see ``RedactionKeys/allowListHash(of:)``.
            case hashed
        }

        /// How it is compared.
        public var kind: Kind
        /// The value, the prefix or the hash.
        public var text: String
        /// The type it holds for; nil for all.
        public var type: EntityType?

        /// Describes an entry.
        public init(_ kind: Kind, _ text: String, type: EntityType? = nil) {
            self.kind = kind
            self.text = text
            self.type = type
        }
    }

    /// The entries.
    public var entries: [Entry]

    /// A list; empty when nothing is given.
    public init(_ entries: [Entry] = []) { self.entries = entries }

    /// True when a finding is let through. A verification code never is.
    func allows(_ value: [UInt8], _ type: EntityType, _ keys: RedactionKeys?) -> Bool {
        guard !entries.isEmpty, type != .cardCVV else { return false }
        let normal = Normal.form(value, type: type)
        var hash: String?
        for entry in entries where entry.type == nil || entry.type == type {
            switch entry.kind {
            case .exact:
                if Normal.form(Array(entry.text.utf8), type: type) == normal { return true }
            case .prefix:
                let prefix = Normal.form(Array(entry.text.utf8), type: type)
                if !prefix.isEmpty, normal.starts(with: prefix) { return true }
            case .hashed:
                guard let keys else { continue }
                let own = hash ?? keys.allowListHash(of: String(decoding: value, as: UTF8.self))
                hash = own
                if own == entry.text { return true }
            }
        }
        return false
    }
}

/// What changed from one version of a policy to another.
public struct PolicyDifference: Hashable, Sendable {
    /// Types whose treatment changed: what it was and what it is; nil where the type is not looked for.
    public struct Change: Hashable, Sendable {
        public let type: EntityType
        public let before: Action?
        public let after: Action?
    }

    /// Changed treatments, in the order of the types.
    public let changes: [Change]
    /// The thresholds before and after, when they differ.
    public let threshold: [Int]
    /// Entries that were added to and removed from the allow list.
    public let allowedAdded: Set<AllowList.Entry>
    public let allowedRemoved: Set<AllowList.Entry>
    /// Names of rules that were added, removed or changed.
    public let rules: Set<String>

    /// Compares two versions.
    public init(from old: RedactionPolicy, to new: RedactionPolicy) {
        changes = EntityType.allCases.compactMap { type in
            let before = old.action(for: type)
            let after = new.action(for: type)
            return before == after ? nil : Change(type: type, before: before, after: after)
        }
        threshold = old.threshold == new.threshold ? [] : [old.threshold, new.threshold]
        allowedAdded = Set(new.allowed.entries).subtracting(old.allowed.entries)
        allowedRemoved = Set(old.allowed.entries).subtracting(new.allowed.entries)
        rules = Set(Set(old.rules).symmetricDifference(new.rules).map(\.name))
    }

    /// True when both versions do the same.
    public var isEmpty: Bool {
        changes.isEmpty && threshold.isEmpty && allowedAdded.isEmpty && allowedRemoved.isEmpty && rules.isEmpty
    }
}
