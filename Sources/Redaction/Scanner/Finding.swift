/// One piece of personal data in a text: what, where, and why it was taken for that. It holds no text of its own.
public struct Finding: Hashable, Sendable {
    /// How the value was written.
    public enum Form: UInt8, Hashable, Sendable {
        /// With the separators or the structure that belong to the type.
        case structured
        /// As bare characters.
        case bare
        /// As number words or a spelled-out address.
        case spoken
        /// Told by its place: after a card number, or as the value of a JSON key.
        case placed
        /// By a policy's own rule.
        case custom
    }

    /// What was found.
    public var type: EntityType
    /// Offset of its first byte in the UTF-8 text.
    public var start: Int
    /// Offset after its last byte.
    public var end: Int
    /// How sure the engine is, 0...100.
    public var score: UInt8
    /// How the value was written.
    public var form: Form
    /// The check that the type has, whether or not it held.
    public var checksum: Checksum
    /// True when the check held; false when there is none or when context alone carried the finding.
    public var isVerified: Bool
    /// Offset of the word that supported the finding; -1 when none did, or when it stands outside the text (a JSON key).
    public var contextOffset: Int
    /// The number of the policy's own rule, -1 for built-in rules.
    public var customRule: Int

    /// Describes a finding.
    public init(
        type: EntityType,
        start: Int,
        end: Int,
        score: UInt8,
        form: Form,
        checksum: Checksum = .none,
        isVerified: Bool = false,
        contextOffset: Int = -1,
        customRule: Int = -1
    ) {
        self.type = type
        self.start = start
        self.end = end
        self.score = score
        self.form = form
        self.checksum = checksum
        self.isVerified = isVerified
        self.contextOffset = contextOffset
        self.customRule = customRule
    }

    /// The byte range in the text.
    public var range: Range<Int> { start..<max(start, end) }

    /// The identifier of the rule, for example `CREDIT_CARD/spoken`.
    public var rule: String { "\(type.name)/\(form)" }
}

/// The arithmetic or structural check behind a finding.
public enum Checksum: UInt8, Hashable, Sendable {
    /// The type has no check of its own.
    case none
    /// Luhn (ISO/IEC 7812-1 annex B) and a known issuer range.
    case luhnIssuer
    /// Luhn.
    case luhn
    /// ISO 7064 mod 97-10 and the country's length (ISO 13616).
    case iban
    /// 3-7-1 weights, mod 10 (American Bankers Association).
    case aba
    /// Ranges that the US Social Security Administration does not issue.
    case ssnRanges
    /// Ranges of the US Internal Revenue Service.
    case itinRanges
    /// Mod 11 of the NHS data dictionary.
    case nhs
    /// Two mod 11 digits (Receita Federal).
    case cpf
    /// Two mod 11 digits (Receita Federal), letters since 2026.
    case cnpj
    /// ISO 7064 mod 11,10 and the digit repetition rule (Bundeszentralamt für Steuern).
    case germanTax
    /// 7-3-1 weights, mod 10 (ICAO 9303).
    case machineReadable
    /// Weighted digit sum, mod 10 (VKVV section 4).
    case germanPension
    /// 97 minus the rest mod 97 (INSEE).
    case nir
    /// Mod 23 letter.
    case nif
    /// Odd and even table, mod 26 (D.M. 23/12/1976).
    case italianCode
    /// Position 9, mod 11 (49 CFR 565.15).
    case vin
    /// Prefix and suffix rules of HM Revenue and Customs.
    case ninoStructure
    /// Structure of the DVLA driver number.
    case licenceStructure
    /// Structure of the address.
    case address
    /// A date that exists.
    case calendar
    /// North American or international numbering plan.
    case numberingPlan
}
