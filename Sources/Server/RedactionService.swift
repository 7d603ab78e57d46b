public import Redaction

/// How callers' texts are redacted: the policies that they may name, and the keys of what can be compared or taken back.
public struct RedactionService: Sendable {
    /// The policies of the configuration by name.
    public var policies: [String: RedactionPolicy]
    /// Nil when the installation has none.
    public var keys: RedactionKeys?
    /// How long tokens can be taken back, in days.
    public var tokensKeptDays: Int

    /// Nothing but masks and labels unless keys are given.
    public init(policies: [String: RedactionPolicy] = [:], keys: RedactionKeys? = nil, tokensKeptDays: Int = 90) {
        self.policies = policies
        self.keys = keys
        self.tokensKeptDays = tokensKeptDays
    }
}
