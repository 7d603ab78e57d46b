/// What kind of personal data a field holds, as policies and the disclosure manifest name it (kebab-case).
///
/// Any name is accepted, so that an installation can add its own; one that is not in ``known`` is masked whole by default.
public struct Category: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The name, for example `date-of-birth`.
    public let rawValue: String

    /// The category with this name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The name.
    public var description: String { rawValue }

    /// A person's name.
    public static let name = Category(rawValue: "name")
    /// Contact data of no closer kind.
    public static let contact = Category(rawValue: "contact")
    /// E-mail address.
    public static let email = Category(rawValue: "email")
    /// Telephone number.
    public static let phone = Category(rawValue: "phone")
    /// Street address.
    public static let address = Category(rawValue: "address")
    /// Postcode.
    public static let postcode = Category(rawValue: "postcode")
    /// Date of birth.
    public static let dateOfBirth = Category(rawValue: "date-of-birth")
    /// Number given by a state: tax, social security, passport.
    public static let nationalId = Category(rawValue: "national-id")
    /// Card number (PAN).
    public static let paymentCard = Category(rawValue: "payment-card")
    /// Card verification code; PCI DSS 3.3.1 forbids to keep it after authorisation, even encrypted.
    public static let cardVerification = Category(rawValue: "card-verification")
    /// Bank account number.
    public static let bankAccount = Category(rawValue: "bank-account")
    /// Account balance.
    public static let balance = Category(rawValue: "balance")
    /// Purchase or payment.
    public static let transaction = Category(rawValue: "transaction")
    /// Data concerning health.
    public static let health = Category(rawValue: "health")
    /// Password, PIN, security answer.
    public static let credential = Category(rawValue: "credential")
    /// Free text about a person.
    public static let note = Category(rawValue: "note")
    /// Customer number or other reference.
    public static let identifier = Category(rawValue: "identifier")
    /// Language, consent, choice of channel.
    public static let preference = Category(rawValue: "preference")
    /// Nothing that needs protection.
    public static let `public` = Category(rawValue: "public")

    /// Every category that has a row in the table of default masks.
    public static var known: [Category] { defaults.map(\.category) }

    /// True when the category is one of ``known``.
    public var isKnown: Bool { Category.known.contains(self) }

    /// The mask for a policy that says "mask" and names none; nil only for ``public``, which needs none. An unknown category
    /// is masked whole.
    public var defaultMask: Mask? {
        guard let row = Category.defaults.first(where: { $0.category == self }) else { return .full }
        return row.mask
    }

    /// The action that may really be taken when a policy asks for `action`: a card verification code is never shown in any
    /// form (PCI DSS 3.3.1), whatever the policy says.
    public func permitted(_ action: FieldAction) -> FieldAction {
        guard self == .cardVerification, action != .withhold else { return action }
        return .mask(.null)
    }

    private static let defaults: [(category: Category, mask: Mask?)] = [
        (.name, .initials), (.contact, .full), (.email, .email), (.phone, .phone), (.address, .full),
        (.postcode, .postcode), (.dateOfBirth, .year), (.nationalId, .last4), (.paymentCard, .pan),
        (.cardVerification, .null), (.bankAccount, .iban), (.balance, .full), (.transaction, .full), (.health, .full),
        (.credential, .full), (.note, .full), (.identifier, .last4), (.preference, .full), (.public, nil),
    ]
}

/// What happens to a declared field on its way out.
public enum FieldAction: Hashable, Sendable {
    /// It is shown as it is.
    case release
    /// It is shown through a mask.
    case mask(Mask)
    /// It is left out.
    case withhold
}
