/// Reads telephone numbers as people and systems write them, into E.164 with an optional extension (RFC 3966):
/// `+14155550132;ext=22`.
struct PhoneNumber {
    /// Digits of an extension at most, as RFC 3966 leaves it open; no exchange uses more.
    private static let longestExtension = 11

    /// The canonical spelling.
    /// - Parameters:
    ///   - text: with + and country code, with the region's international prefix, or in the region's national format.
    ///   - region: ISO 3166-1 code of where a number without country code is at home.
    static func canonical(_ text: String, region: String?) throws(IdentifierRefusal) -> String {
        guard text.utf8.count <= 128 else { throw refusal(.tooLong) }
        guard let normalised = UnicodeForm.normalised(text) else { throw refusal(.unicode) }
        var rest = normalised.lowercased()
        guard !rest.isEmpty else { throw refusal(.empty) }
        if rest.hasPrefix("tel:") { rest.removeFirst(4) }
        let (number, ext) = try splitExtension(rest)
        var isInternational = false
        var digits = try digits(of: number, plus: &isInternational)
        if !isInternational {
            guard let region else { throw refusal(.noRegion) }
            guard let plan = NumberingPlan.ofRegion(region) else { throw refusal(.unknownRegion) }
            guard let prefix = plan.internationalPrefixes.first(where: { digits.hasPrefix($0) }) else {
                return "+" + plan.callingCode + (try national(digits, plan)) + ext
            }
            digits.removeFirst(prefix.utf8.count)
        }
        return "+" + (try international(digits)) + ext
    }

    private static func refusal(_ reason: IdentifierRefusal.Reason) -> IdentifierRefusal {
        IdentifierRefusal(.phone, reason)
    }

    /// Digits without what only makes them easier to read.
    private static func digits(
        of text: Substring,
        plus: inout Bool
    ) throws(IdentifierRefusal) -> String {
        var digits = ""
        var isFirst = true
        for scalar in text.unicodeScalars {
            switch scalar {
            case "+" where isFirst: plus = true
            case " ", "-", ".", "/", "(", ")", "\u{2010}", "\u{2011}", "\u{2012}", "\u{2013}", "\u{2212}": continue
            default:
                guard let digit = scalar.decimalDigit else { throw refusal(.characters) }
                digits.append(Character(Unicode.Scalar(UInt8(ascii: "0") + digit)))
            }
            isFirst = false
        }
        guard !digits.isEmpty else { throw refusal(.empty) }
        return digits
    }

    /// Takes an extension off the end: `ext. 22`, `x22`, `#22`, `;ext=22`.
    private static func splitExtension(
        _ text: String
    ) throws(IdentifierRefusal) -> (number: Substring, suffix: String) {
        for mark in [";ext=", "extension", "ext.", "ext", "x", "#"] {
            guard let place = text.firstRange(of: mark) else { continue }
            let written = text[place.upperBound...].drop { $0 == " " || $0 == ":" || $0 == "." || $0 == "=" }
            let digits = written.unicodeScalars.compactMap(\.decimalDigit)
            guard digits.count == written.unicodeScalars.count, !digits.isEmpty, digits.count <= longestExtension else {
                throw refusal(.form)
            }
            let number = text[..<place.lowerBound]
            let end = number.lastIndex { $0 != " " && $0 != "," && $0 != ";" }
            return (end.map { number[...$0] } ?? "", ";ext=" + digits.map { String($0) }.joined())
        }
        return (Substring(text), "")
    }

    private static func national(_ digits: String, _ plan: NumberingPlan) throws(IdentifierRefusal) -> String {
        if !plan.trunkPrefix.isEmpty, digits.hasPrefix(plan.trunkPrefix) {
            let number = String(digits.dropFirst(plan.trunkPrefix.utf8.count))
            if plan.has(number) { return number }
            // Brazil: 0, the carrier's two digits, then the number.
            let behindCarrier = String(number.dropFirst(2))
            if plan.callingCode == "55", behindCarrier.utf8.count >= 10, plan.has(behindCarrier) {
                return behindCarrier
            }
            throw refusal(.numberingPlan)
        }
        // Written without the trunk prefix, as in lists that lost leading zeroes.
        guard plan.has(digits) else { throw refusal(.numberingPlan) }
        return digits
    }

    private static func international(_ digits: String) throws(IdentifierRefusal) -> String {
        guard digits.utf8.count <= 15 else { throw refusal(.tooLong) }
        guard digits.utf8.count >= 7 else { throw refusal(.tooShort) }
        guard let code = CallingCode.beginning(digits) else { throw refusal(.countryCode) }
        guard let plan = NumberingPlan.ofCallingCode(code) else { return digits }
        let number = String(digits.dropFirst(code.utf8.count))
        if plan.has(number) { return digits }
        // The trunk prefix in brackets, +44 (0)20 …, is a habit in countries whose prefix is 0.
        if plan.trunkPrefix == "0", number.hasPrefix("0"), plan.has(number.dropFirst()) {
            return code + number.dropFirst()
        }
        throw refusal(.numberingPlan)
    }
}
