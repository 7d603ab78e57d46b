/// How a region writes its own telephone numbers, as published by its regulator under ITU-T E.164 and E.129.
struct NumberingPlan: Sendable {
    /// The country calling code.
    let callingCode: String
    /// What is dialled before a national number within the region, and is no part of it.
    let trunkPrefix: String
    /// What is dialled before a country code.
    let internationalPrefixes: [String]
    /// Beginnings of national significant numbers with the lengths that they have; the longest beginning that fits decides.
    let lengths: [String: ClosedRange<Int>]

    init(
        callingCode: String,
        trunkPrefix: String,
        internationalPrefixes: [String],
        lengths: [(beginning: String, digits: ClosedRange<Int>)]
    ) {
        self.callingCode = callingCode
        self.trunkPrefix = trunkPrefix
        self.internationalPrefixes = internationalPrefixes
        self.lengths = Dictionary(lengths.map { ($0.beginning, $0.digits) }) { _, later in later }
    }

    /// The longest beginning in any plan.
    private static let longestBeginning = 7

    /// The plan of a region, by its ISO 3166-1 code.
    static func ofRegion(_ region: String) -> NumberingPlan? {
        switch region {
        case "US", "CA": northAmerica
        case "GB": unitedKingdom
        case "DE": germany
        case "FR": france
        case "ES": spain
        case "IT": italy
        case "BR": brazil
        case "PT": portugal
        default: nil
        }
    }

    /// The plan behind a calling code, where it is known.
    static func ofCallingCode(_ code: String) -> NumberingPlan? {
        all.first { $0.callingCode == code }
    }

    /// Whether the plan has such a national significant number.
    func has(_ number: some StringProtocol) -> Bool {
        var allowed: ClosedRange<Int>?
        for length in stride(from: Self.longestBeginning, to: 0, by: -1) {
            allowed = lengths[String(number.prefix(length))]
            if allowed != nil { break }
        }
        guard let allowed, allowed.contains(number.utf8.count) else { return false }
        guard callingCode == "1" else { return true }
        // Neither area code nor exchange code of North America begins with 0 or 1, nor is its second and third digit "11".
        let digits = Array(number.utf8)
        return digits[3] >= UInt8(ascii: "2") && !(digits[1] == digits[2] && digits[1] == UInt8(ascii: "1"))
    }

    private static let all = [northAmerica, unitedKingdom, germany, france, spain, italy, brazil, portugal]

    /// North American Numbering Plan: NPA-NXX-XXXX.
    private static let northAmerica = NumberingPlan(
        callingCode: "1",
        trunkPrefix: "1",
        internationalPrefixes: ["011"],
        lengths: (2...9).map { (String($0), 10...10) }
    )
    /// Ofcom's National Telephone Numbering Plan.
    private static let unitedKingdom = NumberingPlan(
        callingCode: "44",
        trunkPrefix: "0",
        internationalPrefixes: ["00"],
        lengths: [
            ("1", 9...10), ("2", 10...10), ("3", 10...10), ("5", 10...10), ("7", 10...10), ("8", 10...10),
            ("9", 10...10), ("800", 9...10), ("8001111", 7...7), ("845464", 7...10),
        ]
    )
    /// Bundesnetzagentur: numbers are of open length; mobile numbers begin 15, 16 or 17.
    private static let germany = NumberingPlan(
        callingCode: "49",
        trunkPrefix: "0",
        internationalPrefixes: ["00"],
        lengths: (2...9).map { (String($0), 5...11) } + [
            ("1", 6...12), ("15", 10...11), ("16", 10...11), ("17", 10...11),
        ]
    )
    /// Arcep: nine digits after the 0.
    private static let france = NumberingPlan(
        callingCode: "33",
        trunkPrefix: "0",
        internationalPrefixes: ["00"],
        lengths: (1...9).map { (String($0), 9...9) }
    )
    /// Plan nacional de numeración telefónica: nine digits, no trunk prefix.
    private static let spain = NumberingPlan(
        callingCode: "34",
        trunkPrefix: "",
        internationalPrefixes: ["00"],
        lengths: (5...9).map { (String($0), 9...9) }
    )
    /// AGCOM: no trunk prefix; the 0 of a fixed line is part of its number, mobile numbers begin with 3.
    private static let italy = NumberingPlan(
        callingCode: "39",
        trunkPrefix: "",
        internationalPrefixes: ["00"],
        lengths: [("0", 6...11), ("3", 9...10), ("5", 10...10), ("8", 6...10)]
    )
    /// Anatel: area code and eight digits, nine for mobiles, which begin with 9; before it 0 and the carrier's two digits.
    private static let brazil = NumberingPlan(
        callingCode: "55",
        trunkPrefix: "0",
        internationalPrefixes: ["00"],
        lengths: (1...9).flatMap { area in
            (1...9).flatMap { unit in
                (2...5).map { ("\(area)\(unit)\($0)", 10...10) } + [("\(area)\(unit)9", 11...11)]
            }
        } + [("300", 10...10), ("500", 10...10), ("800", 9...10), ("900", 10...10)]
    )
    /// Anacom: nine digits, no trunk prefix.
    private static let portugal = NumberingPlan(
        callingCode: "351",
        trunkPrefix: "",
        internationalPrefixes: ["00"],
        lengths: ["2", "3", "6", "7", "8", "9"].map { ($0, 9...9) }
    )
}

/// The assigned country calling codes of ITU-T E.164 (list of ITU Operational Bulletin 1244, networks and global services
/// included).
enum CallingCode {
    /// The code that a number's digits begin with.
    static func beginning(_ digits: String) -> String? {
        for length in 1...3 {
            let code = String(digits.prefix(length))
            if code.utf8.count == length, isAssigned(code) { return code }
        }
        return nil
    }

    private static func isAssigned(_ code: String) -> Bool {
        if code == "1" || code == "7" { return true }
        guard let number = Int(code) else { return false }
        if code.utf8.count == 2 { return twoDigits.contains(number) }
        return threeDigits.contains { $0.contains(number) }
    }

    private static let twoDigits: Set<Int> = [
        20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58, 60, 61,
        62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
    ]
    private static let threeDigits: [ClosedRange<Int>] = [
        211...213, 216...216, 218...218, 220...258, 260...269, 290...291, 297...299, 350...359, 370...378, 380...383,
        385...387, 389...389, 420...421, 423...423, 500...509, 590...599, 670...670, 672...683, 685...692, 800...800,
        808...808, 850...850, 852...853, 855...856, 870...870, 878...878, 880...883, 886...886, 888...888, 960...968,
        970...977, 979...979, 992...996, 998...998,
    ]
}
