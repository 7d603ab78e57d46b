import Testing

@testable import Identity

private func canonical(
    _ kind: IdentifierKind,
    _ text: String,
    region: String? = nil,
    _ change: (inout Normaliser.Rules) -> Void = { _ in }
) throws -> String {
    var rules = Normaliser.Rules()
    change(&rules)
    return try Normaliser(rules: rules).identifier(kind, text, region: region).value
}

private func refusal(
    _ kind: IdentifierKind,
    _ text: String,
    region: String? = nil,
    _ change: (inout Normaliser.Rules) -> Void = { _ in }
) -> IdentifierRefusal.Reason? {
    do {
        _ = try canonical(kind, text, region: region, change)
        return nil
    } catch let refusal as IdentifierRefusal {
        return refusal.reason
    } catch {
        return nil
    }
}

@Suite struct PhoneTests {
    static let written: [(String, String, String)] = [
        ("+1 (415) 555-0132", "US", "+14155550132"), ("(415) 555-0132", "US", "+14155550132"),
        ("1-415-555-0132", "US", "+14155550132"), ("415.555.0132", "CA", "+14155550132"),
        ("011 44 20 7946 0958", "US", "+442079460958"), ("tel:+1-415-555-0132;ext=22", "US", "+14155550132;ext=22"),
        ("415-555-0132 x22", "US", "+14155550132;ext=22"), ("415 555 0132, ext. 022", "US", "+14155550132;ext=022"),
        ("(415) 555-0132 Extension: 7", "US", "+14155550132;ext=7"), ("4155550132#9", "US", "+14155550132;ext=9"),
        ("020 7946 0958", "GB", "+442079460958"), ("+44 (0)20 7946 0958", "GB", "+442079460958"),
        ("07700 900123", "GB", "+447700900123"), ("0044 7700 900123", "DE", "+447700900123"),
        ("0800 1111", "GB", "+448001111"), ("030 901820", "DE", "+4930901820"),
        ("0151 23456789", "DE", "+4915123456789"), ("+49 (0) 89/636-48018", "DE", "+498963648018"),
        ("01 42 68 53 00", "FR", "+33142685300"), ("+33 6 12 34 56 78", "FR", "+33612345678"),
        ("912 34 56 78", "ES", "+34912345678"), ("+34 612 345 678", "ES", "+34612345678"),
        ("06 6982", "IT", "+39066982"), ("02 1234 5678", "IT", "+390212345678"),
        ("347 123 4567", "IT", "+393471234567"),
        ("(11) 96123-4567", "BR", "+5511961234567"), ("011 3071-0000", "BR", "+551130710000"),
        ("0 21 11 3071-0000", "BR", "+551130710000"), ("212 345 678", "PT", "+351212345678"),
        ("+351 912 345 678", "PT", "+351912345678"), ("+81 3-1234-5678", "US", "+81312345678"),
        ("+852 2345 6789", "US", "+85223456789"), ("＋１４１５５５５０１３２", "US", "+14155550132"),
        ("+١٤١٥٥٥٥٠١٣٢", "US", "+14155550132"), ("415\u{2011}555\u{2013}0132", "US", "+14155550132"),
        ("\u{A0}415\u{A0}555\u{A0}0132", "US", "+14155550132"),
    ]

    @Test(arguments: written)
    func readsNumbersAsPeopleWriteThem(text: String, region: String, expected: String) throws {
        #expect(try canonical(.phone, text, region: region) == expected)
    }

    static let refused: [(String, String, IdentifierRefusal.Reason)] = [
        ("", "US", .empty), ("  ", "US", .empty), ("()-", "US", .empty), ("x22", "US", .empty),
        ("1-800-FLEXING", "US", .form), ("1-800-FLOWERS", "US", .characters), ("1-800-CALLNOW", "US", .characters),
        ("41555501", "US", .numberingPlan),
        ("115 555 0132", "US", .numberingPlan), ("415 155 0132", "US", .numberingPlan),
        ("911 555 0132", "US", .numberingPlan), ("+1 415 555 013", "US", .numberingPlan),
        ("0207 946", "GB", .numberingPlan), ("1 42 68 53 00 11", "FR", .numberingPlan),
        ("112", "ES", .numberingPlan), ("(11) 96123-456", "BR", .numberingPlan), ("+999 1234567", "US", .countryCode),
        ("+0 4155550132", "US", .countryCode), ("+1234", "US", .tooShort), ("+4612345678901234", "US", .tooLong),
        ("+1 415 555 0132 ext. 123456789012", "US", .form), ("415+5550132", "US", .characters),
        ("++14155550132", "US", .characters), ("415\u{200B}5550132", "US", .unicode),
        ("415\u{0}5550132", "US", .unicode),
        ("+1 222 222 2222", "US", .blocked), (String(repeating: "1", count: 200), "US", .tooLong),
        ("0123", "JP", .unknownRegion),
    ]

    @Test(arguments: refused)
    func refusesWhatIsNoNumber(text: String, region: String, reason: IdentifierRefusal.Reason) {
        #expect(refusal(.phone, text, region: region) == reason)
    }

    @Test func aNationalNumberNeedsARegion() {
        #expect(refusal(.phone, "415 555 0132") == .noRegion)
    }

    /// What is canonical stays what it is, whatever the region.
    @Test(arguments: Normaliser.regions)
    func isIdempotent(region: String) throws {
        for text in ["+14155550132", "+442079460958;ext=4", "+4915123456789", "+390212345678", "+5511961234567"] {
            #expect(try canonical(.phone, text, region: region) == text)
        }
    }
}

@Suite struct EmailTests {
    static let written: [(String, String)] = [
        ("Ann.Lee@Example.COM", "ann.lee@example.com"), (" mailto:ann@example.com ", "ann@example.com"),
        ("ann@example.com.", "ann@example.com"), ("ann+news@example.com", "ann+news@example.com"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"), ("ann@BÜCHER.example", "ann@xn--bcher-kva.example"),
        ("ann@bu\u{308}cher.example", "ann@xn--bcher-kva.example"), ("ann@例え。jp", "ann@xn--r8jz45g.jp"),
        ("ann@почта.рф", "ann@xn--80a1acny.xn--p1ai"), ("ａｎｎ＠example．com", "ann@example.com"),
        ("josé@example.com", "josé@example.com"), ("jose\u{301}@example.com", "josé@example.com"),
        ("o'neil/x@a-b.example", "o'neil/x@a-b.example"), ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
    ]

    @Test(arguments: written)
    func readsAddresses(text: String, expected: String) throws {
        #expect(try canonical(.email, text).unicodeScalars.elementsEqual(expected.unicodeScalars))
    }

    static let refused: [(String, IdentifierRefusal.Reason)] = [
        ("", .empty), ("ann", .form), ("ann@", .form), ("@example.com", .form),
        ("ann@@example.com", .form), ("ann@example", .form), ("ann@example..com", .form), (".ann@example.com", .form),
        ("ann..lee@example.com", .form), ("ann@-example.com", .form), ("ann@example.1", .form),
        ("\"ann lee\"@example.com", .characters), ("ann lee@example.com", .characters),
        ("ann@[192.0.2.1]", .characters), ("ann@exa_mple.com", .characters), ("ann@exa\u{AD}mple.com", .unicode),
        ("ann\u{202E}@example.com", .unicode), ("ann@\u{1F600}.example", .characters),
        ("noreply@example.com", .blocked), (String(repeating: "a", count: 65) + "@example.com", .tooLong),
        ("ann@" + String(repeating: "a", count: 64) + ".com", .tooLong),
        ("a@" + Array(repeating: "abcdefghi", count: 30).joined(separator: ".") + ".com", .tooLong),
        (String(repeating: "@", count: 1_000_000), .tooLong), (String(repeating: "@", count: 1000), .form),
    ]

    @Test(arguments: refused)
    func refusesWhatIsNoAddress(text: String, reason: IdentifierRefusal.Reason) {
        #expect(refusal(.email, text) == reason)
    }

    @Test func takesAwayWhatIsDeclared() throws {
        func canonicalised(_ text: String) throws -> String {
            try canonical(.email, text) { rules in
                rules.email.tagDomains = ["gmail.com"]
                rules.email.dotlessDomains = ["gmail.com"]
            }
        }
        #expect(try canonicalised("Ann.Lee+news@GMAIL.com") == "annlee@gmail.com")
        #expect(try canonicalised("ann.lee+news@example.com") == "ann.lee+news@example.com")
        #expect(try canonical(.email, "a+b@x.example") { $0.email.tagDomains = ["*"] } == "a@x.example")
        #expect(try canonical(.email, "+b@x.example") { $0.email.tagDomains = ["*"] } == "+b@x.example")
        #expect(try canonical(.email, "Ann@X.example") { $0.email.ignoresCase = false } == "Ann@x.example")
    }

    static let labels: [(String, String)] = [
        ("bücher", "bcher-kva"), ("münchen", "mnchen-3ya"), ("例え", "r8jz45g"), ("почта", "80a1acny"),
        ("他们为什么不说中文", "ihqwcrb4cv8a8dqg056pqjye"), ("3年b組金八先生", "3b-ww4c5e180e575a65lsy2b"),
        ("straße", "strae-oqa"), ("\u{10428}b", "b-os2i"),
    ]

    /// Made with another implementation of RFC 3492.
    @Test(arguments: labels)
    func encodesPunycode(label: String, expected: String) {
        #expect(Punycode.encode(label) == expected)
    }
}

@Suite struct AccountTests {
    static let written: [(String, AccountRules.Checksum, String)] = [
        ("4111-1111 1111.1111", .luhn, "4111111111111111"), ("79927398713", .luhn, "79927398713"),
        ("de89 3704 0044 0532 0130 00", .iban, "DE89370400440532013000"),
        ("GB82 WEST 1234 5698 7654 32", .iban, "GB82WEST12345698765432"), ("021000021", .aba, "021000021"),
        ("ab-12/34", .none, "AB1234"), ("１２３４５", .none, "12345"),
    ]

    @Test(arguments: written)
    func readsNumbers(text: String, checksum: AccountRules.Checksum, expected: String) throws {
        #expect(try canonical(.account, text) { $0.account.checksum = checksum } == expected)
    }

    static let refused: [(String, AccountRules.Checksum, IdentifierRefusal.Reason)] = [
        ("79927398710", .luhn, .checksum),
        ("DE89370400440532013001", .iban, .checksum), ("D889370400440532013000", .iban, .checksum),
        ("DE89", .iban, .checksum), ("021000022", .aba, .checksum), ("12345678901", .aba, .checksum),
        ("12A4", .luhn, .checksum), ("", .none, .empty), ("123", .none, .tooShort), ("12_34", .none, .characters),
        (String(repeating: "12", count: 18), .none, .tooLong), ("0000000", .none, .blocked),
        ("12é4", .none, .characters),
    ]

    @Test(arguments: refused)
    func refusesWrongOnes(text: String, checksum: AccountRules.Checksum, reason: IdentifierRefusal.Reason) {
        #expect(refusal(.account, text) { $0.account.checksum = checksum } == reason)
    }

    /// Every single wrong digit and every swap of neighbours that IBANs and routing numbers promise to find.
    @Test func findsEverySingleError() {
        for (number, checksum) in [("DE89370400440532013000", AccountRules.Checksum.iban), ("021000021", .aba)] {
            let characters = Array(number)
            for place in characters.indices where characters[place].isNumber {
                for digit in "0123456789" where digit != characters[place] {
                    var wrong = characters
                    wrong[place] = digit
                    #expect(refusal(.account, String(wrong)) { $0.account.checksum = checksum } == .checksum)
                }
            }
        }
    }

    @Test func lettersMayBeForbidden() {
        #expect(refusal(.account, "A1234") { $0.account.allowsLetters = false } == .characters)
    }
}

@Suite struct OtherKindTests {
    @Test func customerNumbersAreNotTouched() throws {
        for text in ["C-100001", "c-1 ", "é", "e\u{301}", "0000"] {
            #expect(try canonical(.customer, text).unicodeScalars.elementsEqual(text.unicodeScalars))
        }
        #expect(refusal(.customer, "") == .empty)
        #expect(refusal(.customer, "a\nb") == .unicode)
        #expect(refusal(.customer, String(repeating: "1", count: 257)) == .tooLong)
    }

    @Test func externalIDsNameTheirSystem() throws {
        #expect(try canonical(.external, "CRM/0015e00000A") == "crm/0015e00000A")
        #expect(refusal(.external, "0015e00000A") == .form)
        #expect(refusal(.external, "crm/") == .form)
        #expect(refusal(.external, "c m/1") == .form)
    }

    @Test func blockedValuesAreBlockedInAnySpelling() throws {
        func blocked(_ kind: IdentifierKind, _ text: String) -> IdentifierRefusal.Reason? {
            refusal(kind, text) { rules in
                rules.region = "US"
                rules.blocked = [.phone: ["(415) 555-0100"], .email: ["Info@Example.com"]]
            }
        }
        #expect(blocked(.phone, "+1 415 555 0100") == .blocked)
        #expect(blocked(.email, "INFO@example.com") == .blocked)
        #expect(blocked(.phone, "+1 415 555 0101") == nil)
        #expect(throws: IdentifierRefusal.self) {
            var rules = Normaliser.Rules()
            rules.blocked = [.phone: ["none"]]
            _ = try Normaliser(rules: rules)
        }
    }

    /// U+1C89 came with Unicode 16, U+2FFC with 15.1: their forms are not promised by 15.0.
    @Test func charactersOfLaterUnicodeAreRefused() {
        for scalar in ["\u{1C89}", "\u{2FFC}", "\u{E000}", "\u{FFFE}", "\u{2028}", "\u{FE0F}"] {
            #expect(UnicodeForm.normalised("a" + scalar) == nil)
        }
        #expect(UnicodeForm.normalised(" ﬁ①Ⅷ ") == "fi1VIII")
    }

    @Test func neverShowsAValue() throws {
        let identifier = try Normaliser().identifier(.email, "ann@example.com")
        var dumped = ""
        dump(identifier, to: &dumped)
        for text in ["\(identifier)", String(reflecting: identifier), dumped, "\([identifier])"] {
            #expect(!text.contains("ann@") && text.contains("email"))
        }
        #expect("\(IdentifierRefusal(.email, .form))".contains("email"))
    }

    /// Whatever comes in, nothing traps, nothing takes long, and what is taken is taken again as itself.
    @Test func anythingMayComeIn() throws {
        var generator = Seeded(seed: 11)
        let pieces = [
            "+", "0", "1", "49", "@", ".", "-", "ext", "x", ";", "é", "\u{308}", "ａ", "٣", " ", "\u{200D}", "#", "/",
            "A", "\u{0}",
        ]
        let normaliser = try Normaliser()
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0...24, using: &generator)).map { _ in
                pieces.randomElement(using: &generator) ?? ""
            }.joined()
            for kind in IdentifierKind.allCases {
                let region = Normaliser.regions.randomElement(using: &generator)
                guard let first = try? normaliser.identifier(kind, text, region: region) else { continue }
                #expect(try normaliser.identifier(kind, first.value, region: region) == first)
            }
        }
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014): the same numbers in every run.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
