/// What a word says about a number near it: one bit for each type it can announce, and bits for what speaks against it.
struct ContextClass: OptionSet, Sendable, Hashable {
    let rawValue: UInt64

    init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The class of words that announce `type`.
    init(_ type: EntityType) { rawValue = 1 << UInt64(type.rawValue) }

    /// Order, tracking, case, version: the number identifies a thing, not a person.
    static let thing = ContextClass(rawValue: 1 << 40)
    /// IMEI, serial, part numbers: digits that often pass Luhn.
    static let device = ContextClass(rawValue: 1 << 41)
    /// Versions and builds.
    static let version = ContextClass(rawValue: 1 << 42)
    /// Money, measures, counts.
    static let quantity = ContextClass(rawValue: 1 << 43)
    /// Only a part of a number follows ("ending in", "last four").
    static let partial = ContextClass(rawValue: 1 << 44)
    /// A tax number of no named country.
    static let tax = ContextClass(rawValue: 1 << 45)
    /// A date that is not of birth or expiry.
    static let otherDate = ContextClass(rawValue: 1 << 46)
    /// Zip and post codes.
    static let postcode = ContextClass(rawValue: 1 << 47)

    /// A code of no named kind.
    static let code = ContextClass(rawValue: 1 << 48)

    /// No class: marks a word that can end a phrase.
    static let phraseEnd = ContextClass(rawValue: 1 << 63)

    /// Everything that speaks against personal data.
    static let vetoes: ContextClass = [.thing, .device, .version, .quantity, .postcode]
    /// Documents that expire and are no cards.
    static let documents: ContextClass = [.init(.passport), .init(.deIDCard), .init(.driverLicense)]
    /// Words that announce a built-in type.
    static let types = ContextClass(rawValue: (1 << 28) - 1)
}
