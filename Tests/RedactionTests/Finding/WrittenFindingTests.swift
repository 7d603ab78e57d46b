import Redaction
import Testing

@Suite("Written findings")
struct WrittenFindingTests {
    @Test(
        "What each type looks like",
        arguments: [
            ("card 4012-8888-8888-1881", [Found(.creditCard, "4012-8888-8888-1881")]),
            ("3782 822463 10005", [Found(.creditCard, "3782 822463 10005")]),
            (
                "4012888888881881 11/29 123",
                [Found(.creditCard, "4012888888881881"), Found(.cardExpiry, "11/29"), Found(.cardCVV, "123")]
            ),
            ("4 0 1 2 8 8 8 8 8 8 8 8 1 8 8 1", [Found(.creditCard, "4 0 1 2 8 8 8 8 8 8 8 8 1 8 8 1")]),
            ("the card number is 4012888888881882", [Found(.creditCard, "4012888888881882")]),
            ("SSN 536-22-1234", [Found(.usSSN, "536-22-1234")]),
            // Never issued, but printed: beside its name it is masked, and a telephone number it never is.
            ("ssn 078-05-1120", [Found(.usSSN, "078-05-1120")]), ("call 078-05-1120", []), ("078-05-1120", []),
            ("CNPJ 12.ABC.345/01DE-35", [Found(.brCNPJ, "12.ABC.345/01DE-35")]),
            ("empresa 11222333000181 ativa", [Found(.brCNPJ, "11222333000181")]), ("tracking 11222333000181", []),
            ("le 12/03/1987 à Lyon", []), ("my phone is 415.5552671", [Found(.phone, "415.5552671")]),
            ("text me on 4155552671", [Found(.phone, "4155552671")]),
            ("my ssn: 536221234", [Found(.usSSN, "536221234")]),
            ("(415) 555-0132 x12", [Found(.phone, "(415) 555-0132 x12")]),
            ("001-581-896-0013x389", [Found(.phone, "001-581-896-0013x389")]),
            ("+49 (0)30 1234567", [Found(.phone, "+49 (0)30 1234567")]),
            ("DE89 3704 0044 0532 0130 00.", [Found(.iban, "DE89 3704 0044 0532 0130 00")]),
            ("at 192.168.10.24:8080", [Found(.ipAddress, "192.168.10.24")]),
            ("from fe80::1ff:fe23:4567:890a", [Found(.ipAddress, "fe80::1ff:fe23:4567:890a")]),
            ("00:1A:2b:3C:4d:5E up", [Found(.macAddress, "00:1A:2b:3C:4d:5E")]),
            ("NI: AB 12 34 56 C", [Found(.ukNINO, "AB 12 34 56 C")]),
            ("{\"dateOfBirth\": \"1987-03-04\"}", [Found(.dateOfBirth, "1987-03-04")]),
            ("born on the 4th of March 1987", [Found(.dateOfBirth, "4th of March 1987")]),
            ("CPF 529.982.247-25", [Found(.brCPF, "529.982.247-25")]),
            ("x.y+z@sub.example.co.uk, ok", [Found(.email, "x.y+z@sub.example.co.uk")]),
            ("/u?email=bob%40example.com&x=1", [Found(.email, "bob%40example.com")]),
            ("Bob,415-555-2671,536-22-1234,ok", [Found(.phone, "415-555-2671"), Found(.usSSN, "536-22-1234")]),
            ("it is 4012, 8888, 8888, 1881", [Found(.creditCard, "4012, 8888, 8888, 1881")]),
            (
                "my card number is 4 0 1 2 8 8 8 8 8 8 8 8 1 8 8 1.",
                [Found(.creditCard, "4 0 1 2 8 8 8 8 8 8 8 8 1 8 8 1")]
            ),
            (
                "ack on 192.0.2.7 to 1d:8f:f3:5a:20:16",
                [
                    Found(.ipAddress, "192.0.2.7"), Found(.macAddress, "1d:8f:f3:5a:20:16"),
                ]
            ),
            ("S/C 20-34-73, A/C 32676992", [Found(.ukSortCode, "20-34-73"), Found(.bankAccount, "32676992")]),
            (
                "card 4012888888881881, and the code is 727",
                [
                    Found(.creditCard, "4012888888881881"), Found(.cardCVV, "727"),
                ]
            ),
            ("\"dob\": \"1980-05-12T00:00:00Z\"", [Found(.dateOfBirth, "1980-05-12")]),
            ("DOB 1957-09-05, seen 2026-01-02", [Found(.dateOfBirth, "1957-09-05")]),
            ("the card expires March 2027", [Found(.cardExpiry, "March 2027")]),
            ("send it to the other one 713-681-7668", [Found(.phone, "713-681-7668")]),
        ]
    )
    func looks(text: String, expected: [Found]) {
        #expect(find(text) == expected)
    }

    @Test(
        "What only looks like it",
        arguments: [
            "IMEI 490154203237518", "order 123456789", "version 10.2.14.3", "Chrome/120.0.0.0", "epoch 1718236412345",
            "0.4012888888881881",
            "550e8400-e29b-41d4-a716-446655440000", "0000 0000 0000 0000", "12:30:45", "$4,012.88",
            "3f786850e387550fdab836ed7e6dc881de23001b",
            "the meeting on 12/05/2026", "a @ b", "user@localhost", "tracking number 123456789012",
        ]
    )
    func onlyLooks(text: String) {
        #expect(find(text) == [])
    }

    @Test("The nearest word decides what a number is")
    func context() {
        #expect(find("account number 12345678") == [Found(.bankAccount, "12345678")])
        #expect(find("order number 12345678") == [])
        #expect(find("What is your account number?\nCustomer: 12345678") == [Found(.bankAccount, "12345678")])
        #expect(
            find("routing 021000021 account 123456789") == [
                Found(.abaRouting, "021000021"), Found(.bankAccount, "123456789"),
            ]
        )
        #expect(find("12345678 is my account number") == [Found(.bankAccount, "12345678")])
    }

    @Test("An explanation names rule, check and word")
    func explanation() {
        let scratch = Scratch()
        Array("my ssn is 536221234".utf8).withUnsafeBytes { Redactor().find($0, into: scratch) }
        #expect(scratch.findings.count == 1)
        let finding = scratch.findings.first
        #expect(finding?.rule == "US_SSN/bare")
        #expect(finding?.checksum == .ssnRanges)
        #expect(finding?.isVerified == true)
        #expect(finding?.contextOffset == 3)
    }
}
