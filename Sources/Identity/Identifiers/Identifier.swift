/// What an identifier identifies a person by. The kind is part of what is hashed: the same digits as account number and as phone
/// number give different tokens.
public enum IdentifierKind: String, Sendable, CaseIterable {
    /// The customer's number in the system of record, taken byte for byte.
    case customer
    /// A telephone number, in E.164 form with an optional extension.
    case phone
    /// An e-mail address.
    case email
    /// An account number, checked where it has check digits.
    case account
    /// The person's id in another system, such as an external contact of the contact centre.
    case external

    /// The kind's number in the store; never reused.
    var code: Int64 {
        switch self {
        case .customer: 1
        case .phone: 2
        case .email: 3
        case .account: 4
        case .external: 5
        }
    }

    init?(code: Int64) {
        guard let kind = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = kind
    }
}

/// An identifier in its one canonical spelling. Only a ``Normaliser`` makes one, so that what could not be read is never hashed.
public struct Identifier: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// What it is.
    public let kind: IdentifierKind
    /// The canonical spelling: personal data.
    public let value: String

    init(kind: IdentifierKind, value: String) {
        self.kind = kind
        self.value = value
    }

    public var description: String { "Identifier(\(kind.rawValue), value masked)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["kind": kind.rawValue]) }
}

/// Why a text is not taken as an identifier. It never repeats the text.
public struct IdentifierRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// The rule that the text breaks.
    public enum Reason: String, Sendable, CaseIterable {
        /// Nothing is left once spaces are taken away.
        case empty
        /// It is longer than its kind may be.
        case tooLong
        /// It is shorter than its kind may be.
        case tooShort
        /// It has characters that its kind does not allow.
        case characters
        /// It has characters that Unicode 15.0 does not define, or that are private, invisible or controls.
        case unicode
        /// A national number came without a region to read it in.
        case noRegion
        /// The region's numbering plan is not built in: write the number with + and country code.
        case unknownRegion
        /// No country has this calling code.
        case countryCode
        /// The numbering plan has no number of this length or beginning.
        case numberingPlan
        /// The form is not the one of its kind.
        case form
        /// The check digits do not agree with the rest.
        case checksum
        /// It stands on the list of values that say nothing about a person.
        case blocked
    }

    /// What the text was taken for.
    public let kind: IdentifierKind
    /// The rule it breaks.
    public let reason: Reason

    init(_ kind: IdentifierKind, _ reason: Reason) {
        self.kind = kind
        self.reason = reason
    }

    public var description: String { "not a usable \(kind.rawValue) identifier: \(explanation)" }

    private var explanation: String {
        switch reason {
        case .empty: "it is empty"
        case .tooLong: "it is too long"
        case .tooShort: "it is too short"
        case .characters: "it has characters that do not belong in it"
        case .unicode: "it has characters that are invisible, private or unknown to Unicode 15.0"
        case .noRegion: "a number without + and country code needs a region"
        case .unknownRegion: "the region's national format is not known: write + and country code"
        case .countryCode: "no country has this calling code"
        case .numberingPlan: "the country's numbering plan has no such number"
        case .form: "it does not have the form of its kind"
        case .checksum: "its check digits are wrong"
        case .blocked: "it is on the list of values that identify nobody"
        }
    }
}
