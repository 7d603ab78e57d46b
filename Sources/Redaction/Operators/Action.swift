/// What becomes of a finding; the raw value is its name in policies.
public enum Action: String, CaseIterable, Hashable, Sendable {
    /// It stays as it is.
    case keep
    /// `****`.
    case mask
    /// A card number keeps its first six and last four digits (PCI DSS 4.0.1 requirement 3.4.1); other types are masked whole.
    case maskMiddle
    /// `[CREDIT_CARD]`.
    case label
    /// `hash_<type>_<hex>`: HMAC-SHA-256 under the installation's key, the same for the same value in one scope.
    case hash
    /// `tok_<type>_<id>`: the same for the same value in one scope; the vault can give the value back.
    case token
    /// Other digits in the same form (FF1); a mask where that is not allowed.
    case formatPreserving
    /// A date moved by a secret number of days, the same in one scope; anything else is masked.
    case shiftDate

    /// The action that may really be taken for `type`: a verification code is never kept in a form that leads back to it
    /// (PCI DSS 3.3.1), and neither it nor an expiry date has enough values to be encrypted or hashed.
    public func permitted(for type: EntityType) -> Action {
        switch (type, self) {
        case (.cardCVV, .label), (.cardCVV, .mask): self
        case (.cardCVV, _): .mask
        case (.cardExpiry, .hash), (.cardExpiry, .token), (.cardExpiry, .formatPreserving): .mask
        default: self
        }
    }

    /// True when the action needs keys.
    public var needsKeys: Bool {
        switch self {
        case .hash, .token, .formatPreserving, .shiftDate: true
        case .keep, .mask, .maskMiddle, .label: false
        }
    }
}
