import Redaction
import RedactionCorpus
import Testing

/// Numbers that are corrected while they are said: what was said before stays in no case.
@Suite struct CorrectionTests {
    private static let corrected: [(String, EntityType)] = [
        (
            "my card number is four zero one two, eight eight eight eight, eight eight eight eight, one eight eight two, no, one eight eight one",
            .creditCard
        ),
        (
            "the card is four two, no, four zero one two eight eight eight eight eight eight eight eight one eight eight one",
            .creditCard
        ),
        ("my phone number is four one five five five five two six seven two, no wait, seven one", .phone),
        ("my social is one two three four five, no sorry, one two three four six seven eight nine zero", .usSSN),
        ("my account number is one two three four two, I mean, four three seven eight", .bankAccount),
        ("the cvv is four two, no, four three one", .cardCVV),
        ("i was born on march fourth nineteen eighty five, no, eighty six", .dateOfBirth),
        (
            "meine Telefonnummer ist null eins sieben eins fünf fünf sechs, nein, sieben sieben acht acht neun neun",
            .phone
        ),
        (
            "la tarjeta es cuatro cero uno dos, no, cuatro cero uno tres ocho ocho ocho ocho ocho ocho ocho ocho uno ocho ocho uno",
            .creditCard
        ),
        ("my card is 4012 8888 8888 1882, no, 1881", .creditCard),
    ]

    @Test(arguments: corrected) func nothingOfWhatWasSaidBeforeStays(text: String, type: EntityType) throws {
        let found = find(text + " thank you")
        #expect(found.map(\.type) == [type], "\(found)")
        let numbers = Set(
            "zero one two three four five six seven eight nine eighty null eins sechs sieben acht neun cuatro cero uno dos ocho"
                .split(separator: " ")
        )
        let rest = found.reduce(text) { $0.replacing($1.text, with: "") }
        #expect(rest.allSatisfy { !$0.isNumber } && numbers.isDisjoint(with: rest.split(separator: " ")), "\(rest)")
    }

    @Test(arguments: corrected) func streamsAgreeAtEveryCut(text: String, type: EntityType) throws {
        var maker = CorpusMaker(seed: 5)
        for after in [" thank you", ", no more of it", "\n" + maker.written().text, " no, " + maker.spoken().text] {
            let bytes = Array((text + after).utf8)
            let whole = try redacted(bytes)
            for cut in 0...bytes.count {
                let (output, waited) = try streamed([bytes[..<cut], bytes[cut...]])
                #expect(output == whole, "\(cut): \(text + after)")
                #expect(waited <= StreamRedactor.holdBack)
            }
        }
    }

    @Test(arguments: [
        ("call 415-555-2671, no answer", [Found(.phone, "415-555-2671")]),
        ("phone 4155552671 no 5 main street", [Found(.phone, "4155552671")]),
        ("do you have two children no three", []), ("order number one two three no four five six", []),
    ]) func aNoThatCorrectsNothingChangesNothing(text: String, expected: [Found]) {
        #expect(find(text) == expected)
    }
}
