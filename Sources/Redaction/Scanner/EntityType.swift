/// A kind of personal data that the finding engine knows, under the names used in findings and policies.
///
/// Names of people, addresses and free text about a person are not among them: they need a language model.
public enum EntityType: UInt8, CaseIterable, Hashable, Sendable, CustomStringConvertible {
    /// Primary account number of a payment card (ISO/IEC 7812).
    case creditCard
    /// Card verification code; PCI DSS 3.3.1 forbids to keep it after authorisation.
    case cardCVV
    /// Expiry date of a card.
    case cardExpiry
    /// US social security number.
    case usSSN
    /// US individual taxpayer identification number.
    case usITIN
    /// E-mail address (RFC 5321).
    case email
    /// Telephone number (E.164 and national forms).
    case phone
    /// International bank account number (ISO 13616).
    case iban
    /// National bank account number.
    case bankAccount
    /// US routing transit number (ABA).
    case abaRouting
    /// UK sort code.
    case ukSortCode
    /// IPv4 or IPv6 address.
    case ipAddress
    /// MAC address (EUI-48).
    case macAddress
    /// Date of birth.
    case dateOfBirth
    /// Passport number.
    case passport
    /// Driving licence number.
    case driverLicense
    /// UK national insurance number.
    case ukNINO
    /// UK NHS number.
    case ukNHS
    /// Brazilian taxpayer number of a person.
    case brCPF
    /// Brazilian taxpayer number of a legal person.
    case brCNPJ
    /// Canadian social insurance number.
    case caSIN
    /// German tax identification number (Steuer-ID).
    case deTaxID
    /// German identity card number.
    case deIDCard
    /// German pension insurance number.
    case deSVNR
    /// French social security number (NIR).
    case frNIR
    /// Spanish NIF or NIE.
    case esNIF
    /// Italian tax code (codice fiscale).
    case itFiscalCode
    /// Vehicle identification number (ISO 3779).
    case vin
    /// What a policy's own rule found.
    case custom
    /// A candidate too long to be decided within the hold-back; it is masked, never released.
    case unresolved

    /// The 28 types of the built-in rules.
    public static let builtIn = Array(allCases.prefix(28))

    /// The name in findings, for example `CREDIT_CARD`.
    public var name: String { Self.names[Int(rawValue)] }

    /// The type with this name, or nil.
    public init?(name: String) {
        guard let index = Self.names.firstIndex(of: name) else { return nil }
        self = Self.allCases[index]
    }

    /// The name in findings.
    public var description: String { name }

    private static let names = [
        "CREDIT_CARD", "CARD_CVV", "CARD_EXPIRY", "US_SSN", "US_ITIN", "EMAIL", "PHONE", "IBAN", "BANK_ACCOUNT",
        "ABA_ROUTING", "UK_SORT_CODE", "IP_ADDRESS", "MAC_ADDRESS", "DATE_OF_BIRTH", "PASSPORT", "DRIVER_LICENSE",
        "UK_NINO", "UK_NHS", "BR_CPF", "BR_CNPJ", "CA_SIN", "DE_TAX_ID", "DE_ID_CARD", "DE_SVNR", "FR_NIR", "ES_NIF",
        "IT_FISCAL_CODE", "VIN", "CUSTOM", "UNRESOLVED",
    ]
}
