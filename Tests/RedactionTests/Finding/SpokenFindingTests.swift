import Redaction
import Testing

@Suite("Spoken findings")
struct SpokenFindingTests {
    @Test(
        "Numbers in five languages",
        arguments: [
            (
                "card four zero one two eight eight eight eight eight eight eight eight one eight eight one",
                EntityType.creditCard
            ),
            ("card forty twelve eighty eight double eight triple eight eight eighteen eighty one", .creditCard),
            (
                "Karte vier null zwölf achtundachtzig achtundachtzig acht acht acht acht achtzehn einundachtzig",
                .creditCard
            ),
            (
                "ma carte quatre zéro douze quatre-vingt-huit quatre-vingt-huit huit huit huit huit dix-huit quatre-vingt-un",
                .creditCard
            ),
            (
                "mi tarjeta cuatro cero doce ochenta y ocho ochenta y ocho ocho ocho ocho ocho dieciocho ochenta y uno",
                .creditCard
            ),
            (
                "o cartão quatro zero doze oitenta e oito oitenta e oito oito oito oito oito dezoito oitenta e um",
                .creditCard
            ),
            ("my social is five three six, um, two two one two three four", .usSSN),
            ("call me at four one five five five five oh one three two", .phone),
            ("born on march fourth nineteen eighty seven", .dateOfBirth),
            ("geboren am vierten März neunzehnhundertsiebenundachtzig", .dateOfBirth),
            ("write to mara dot silva at example dot com", .email),
            ("m a r a underscore nine at example dot org", .email),
            (
                "card four zero one two hold on eight eight eight eight let me see eight eight eight eight one eight eight one",
                .creditCard
            ),
            ("it's s dot costa at gmail dot com", .email), ("ni number o l nine one five five two one d", .ukNINO),
            ("mi dni es uno dos tres cuatro cinco seis siete ocho z", .esNIF),
            ("my i t i n is nine one two seven one one two three four", .usITIN),
            ("mon numéro c'est le zéro six dix-sept vingt soixante-dix-huit zéro un", .phone),
            ("née le trois février mille neuf cent quatre-vingt-trois", .dateOfBirth),
            ("expiring twelve slash twenty twenty six", .cardExpiry),
            ("the security code is one two three", .cardCVV), ("expires zero five twenty nine", .cardExpiry),
            ("o meu número é nove um dois três quatro cinco seis sete oito", .phone),
            (
                "meine iban ist DE acht neun drei sieben null vier null null vier vier null fünf drei zwei null eins drei null null null",
                .iban
            ),
        ]
    )
    func languages(text: String, type: EntityType) {
        let found = find(text)
        #expect(found.map(\.type) == [type], "\(found)")
    }

    @Test("The country of an IBAN is part of it only when the check holds")
    func country() {
        let digits =
            "acht neun drei sieben null vier null null vier vier null fünf drei zwei null eins drei null null null"
        #expect(find("de \(digits)") == [Found(.iban, "de \(digits)")])
        #expect(find("de \(digits.dropLast(4)) eins").filter { $0.type == .iban } == [])
        #expect(find("so \(digits)").filter { $0.type == .iban } == [])
    }

    @Test("A number dictated over turns is masked in each")
    func dictation() throws {
        let text = """
            Agent: can you read me the card number?
            Customer: four zero one two
            Agent: okay
            Customer: eight eight eight eight
            Agent: mhm, go ahead
            Customer: eight eight eight eight one eight eight one
            Agent: thank you
            """
        let found = find(text)
        #expect(found.map(\.type) == [.creditCard, .creditCard, .creditCard])
        let output = String(decoding: try redacted(Array(text.utf8)), as: UTF8.self)
        #expect(!output.contains("eight"))
        #expect(output.contains("Agent: mhm, go ahead"))
    }

    @Test(
        "Words that are not a number of a person",
        arguments: [
            "I waited forty five minutes and then two more", "one of the two things",
            "twenty twenty four was a good year", "the order number is one two three four five six",
            "drei Kinder und zwei Hunde", "deux ou trois choses", "meet me at the dot com office",
        ]
    )
    func nothing(text: String) {
        #expect(find(text) == [])
    }
}
