import Redaction
import Testing

@Suite struct MaskTests {
    @Test(
        arguments: [
            (.full, "", "****"), (.full, "a very long secret", "****"),
            (.last4, "123456789", "****6789"), (.last4, "12-34-56-78", "****5678"), (.last4, "1234567", "****"),
            (.last4, "    1234", "****"), (.last4, "äöüßéèêñ", "****éèêñ"), (.last4, "", "****"),
            (.pan, "4111111111111111", "411111******1111"), (.pan, "4111 1111-1111 1111", "411111******1111"),
            (.pan, "378282246310005", "378282******0005"), (.pan, "4222222222222", "422222******2222"),
            (.pan, "6304000000000000000", "630400******0000"), (.pan, "411111111111", "****"),
            (.pan, "41111111111111111111", "****"), (.pan, "4111x1111111111111", "****"),
            (.pan, "٤١١١١١١١١١١١١١١١", "****"),
            (.email, "anna@example.org", "a***@example.org"), (.email, "ä.b@ex-ample.org", "ä***@ex-ample.org"),
            (.email, "anna", "****"), (.email, "@example.org", "****"), (.email, "anna@", "****"),
            (.email, "a@b@c", "****"),
            (.email, "\"a b\"@example.org", "****"), (.email, "a b@example.org", "****"),
            (.email, "a@ex ample.org", "****"),
            (.email, "a@.org", "****"), (.email, "Anna <anna@example.org>", "****"),
            (.year, "1987", "1987"), (.year, "1987-03", "1987"), (.year, "1987-03-04", "1987"),
            (.year, "19870304", "1987"),
            (.year, "1987-03-04T10:00:00Z", "1987"), (.year, "1987-03-04 10:00", "1987"), (.year, "1987-13-04", "****"),
            (.year, "1987-03-32", "****"), (.year, "04.03.1987", "****"), (.year, "198703", "****"),
            (.year, "1987-03-041", "****"),
            (.year, "1987-", "****"), (.year, "1987-03-", "****"), (.year, "543456000", "****"), (.year, "87", "****"),
            (.phone, "+31 6 12345678", "****78"), (.phone, "(020) 555-01.42", "****42"), (.phone, "112", "****"),
            (.phone, "+31612345678x12", "****"), (.phone, "1234567890123456", "****"), (.phone, "06+12345678", "****"),
            (.iban, "NL91ABNA0417164300", "NL****4300"), (.iban, "NL91 ABNA 0417 1643 00", "NL****4300"),
            (.iban, "1234567890123456", "****"), (.iban, "NL91", "****"), (.iban, "NL91ABNA04171643@0", "****"),
            (.iban, "NL9               1", "****"),
            (.initials, "Anna Maria Smith", "A.M.S."), (.initials, "  élodie\tzola ", "é.z."), (.initials, "", "****"),
            (.initials, "Anna 2", "****"), (.initials, "a b c d e f g", "****"), (.initials, "王小明", "王."),
            (.postcode, "1234 AB", "123***"), (.postcode, "90210", "90***"), (.postcode, "SW1A 1AA", "SW1***"),
            (.postcode, "90210-1234", "902***"), (.postcode, "1234", "****"), (.postcode, "12345678901", "****"),
            (.postcode, "12é45", "****"),
        ] as [(Mask, String, String)]
    )
    func shows(_ mask: Mask, _ text: String, _ expected: String) {
        #expect(mask.masked(text) == expected)
    }

    @Test func nullLeavesNoText() {
        #expect(Mask.null.masked("x") == nil)
    }

    @Test(arguments: Mask.allCases)
    func namesReadBack(_ mask: Mask) {
        #expect(Mask(name: mask.name) == mask)
    }

    @Test func unknownNamesAreRefused() {
        #expect(Mask(name: "Full") == nil)
        #expect(Mask(name: "") == nil)
    }

    @Test(arguments: [Mask.last4, .pan, .phone, .iban, .full, .year])
    func neverShowMoreThanTenDigits(_ mask: Mask) throws {
        var generator = SplitMix64(seed: 4)
        for _ in 0..<2_000 {
            let length = Int.random(in: 0...24, using: &generator)
            let text = String((0..<length).map { _ in "0123456789 -+Nx".randomElement(using: &generator) ?? "0" })
            let masked = try #require(mask.masked(text))
            #expect(masked.filter(\.isNumber).count <= (mask == .pan ? 10 : 4))
            #expect(masked.contains("*") || mask == .year)
        }
    }
}

@Suite struct CategoryTests {
    @Test func defaultsFollowTheTable() {
        #expect(Category.paymentCard.defaultMask == .pan)
        #expect(Category.credential.defaultMask == .full)
        #expect(Category.public.defaultMask == nil)
        #expect(Category(rawValue: "shoe-size").defaultMask == .full)
        #expect(!Category(rawValue: "shoe-size").isKnown)
        #expect(Category.known.count == 19)
        #expect(Set(Category.known).count == 19)
    }

    @Test(arguments: Category.known)
    func namesAreKebabCase(_ category: Category) {
        #expect(category.rawValue.allSatisfy { $0 == "-" || ("a"..."z").contains($0) })
    }

    @Test func cardVerificationCodesAreNeverShown() {
        #expect(Category.cardVerification.permitted(.release) == .mask(.null))
        #expect(Category.cardVerification.permitted(.mask(.last4)) == .mask(.null))
        #expect(Category.cardVerification.permitted(.withhold) == .withhold)
        #expect(Category.email.permitted(.release) == .release)
    }
}
