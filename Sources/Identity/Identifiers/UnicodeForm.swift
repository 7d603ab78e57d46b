import Foundation

/// Unicode normalisation form NFKC (UAX #15), held to Unicode 15.0.
///
/// Unicode guarantees that a text made only of characters assigned in one version has the same form in every later one (the
/// normalisation stability policy). So characters that came after 15.0 are refused, and a token made today is the token made by
/// any later build, whatever tables that build carries.
enum UnicodeForm {
    /// The newest Unicode version whose characters are taken.
    static let version: Unicode.Version = (15, 0)

    /// The NFKC form, without spaces around it.
    /// - Returns: nil when a character is unassigned in ``version``, private, a control, or changes nothing that can be seen.
    static func normalised(_ text: String) -> String? {
        if text.utf8.allSatisfy({ $0 < 0x80 }) {
            guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
            return trimmed(text)
        }
        guard text.unicodeScalars.allSatisfy(isTaken) else { return nil }
        return trimmed(text.precomposedStringWithCompatibilityMapping)
    }

    private static func isTaken(_ scalar: Unicode.Scalar) -> Bool {
        guard let age = scalar.properties.age, age <= version else { return false }
        switch scalar.properties.generalCategory {
        case .control, .privateUse, .surrogate, .unassigned, .lineSeparator, .paragraphSeparator: return false
        case .format: return false
        default: return !scalar.properties.isDefaultIgnorableCodePoint && !scalar.properties.isNoncharacterCodePoint
        }
    }

    private static func trimmed(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { $0 != " " }), let last = scalars.lastIndex(where: { $0 != " " })
        else { return "" }
        return String(scalars[first...last])
    }
}

extension Unicode.Scalar {
    /// The value of a decimal digit of any script.
    var decimalDigit: UInt8? {
        if isASCII { return (0x30...0x39).contains(value) ? UInt8(truncatingIfNeeded: value - 0x30) : nil }
        guard properties.numericType == .decimal, let number = properties.numericValue else { return nil }
        return UInt8(number)
    }
}
