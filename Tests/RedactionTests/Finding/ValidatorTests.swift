import Testing

@testable import Redaction

@Suite("Validators")
struct ValidatorTests {
    private func check(_ text: String, _ validator: (Compact) -> Bool) -> Bool {
        Array(text.utf8).withUnsafeBufferPointer { validator($0) }
    }

    /// A published or hand-computed valid value of each check that finds every single wrong digit, and the positions that it covers.
    @Test(
        "Every changed digit is found",
        arguments: [
            ("Luhn", "4012888888881881"), ("IBAN", "GB82WEST12345698765432"), ("IBAN", "DE89370400440532013000"),
            ("ABA", "021000021"), ("NHS", "9434765919"),
            ("CPF", "52998224725"), ("SIN", "046454286"), ("NIR", "255081416802538"), ("NIF", "12345678Z"),
            ("NIF", "X1234567L"),
        ]
    )
    func offByOne(name: String, text: String) {
        let validators: [String: (Compact) -> Bool] = [
            "Luhn": Digits.luhn, "IBAN": PaymentValidator.isIBAN, "ABA": PaymentValidator.isRouting,
            "NHS": GovernmentValidator.isNHS,
            "CPF": GovernmentValidator.isCPF, "SIN": Digits.luhn, "NIR": GovernmentValidator.isNIR,
            "NIF": DocumentValidator.isNIF,
        ]
        guard let validator = validators[name] else {
            Issue.record("no validator \(name)")
            return
        }
        #expect(check(text, validator))
        let bytes = Array(text.utf8)
        for index in bytes.indices where Bytes.isDigit(bytes[index]) {
            var changed = bytes
            changed[index] = 0x30 + (bytes[index] - 0x30 + 1) % 10
            #expect(!changed.withUnsafeBufferPointer { validator($0) }, "\(name), digit \(index)")
        }
    }

    @Test("Valid values of the other checks, and their nearest neighbours")
    func neighbours() {
        #expect(check("11222333000181", GovernmentValidator.isCNPJ))
        #expect(check("12ABC34501DE35", GovernmentValidator.isCNPJ))
        #expect(!check("11222333000182", GovernmentValidator.isCNPJ))
        #expect(check("86095742719", GovernmentValidator.isGermanTax))
        #expect(!check("86095742710", GovernmentValidator.isGermanTax))
        #expect(check("65170839J003", GovernmentValidator.isGermanPension))
        #expect(!check("65170839J004", GovernmentValidator.isGermanPension))
        #expect(check("RSSMRA85T10A562S", DocumentValidator.isItalianCode))
        #expect(!check("RSSMRA85T10A562T", DocumentValidator.isItalianCode))
        #expect(check("1M8GDM9AXKP042788", DocumentValidator.isVIN))
        #expect(!check("1M8GDM9A1KP042788", DocumentValidator.isVIN))
        #expect(check("MORGA657054SM9IJ", DocumentValidator.isUKLicence))
        #expect(!check("MORGA667054SM9IJ", DocumentValidator.isUKLicence))
        #expect(check("T220001293", DocumentValidator.isMachineReadable))
        #expect(!check("T220001294", DocumentValidator.isMachineReadable))
        #expect(check("AB123456C", DocumentValidator.isNINO))
        for refused in ["BG123456C", "DB123456C", "AO123456C", "AB123456E"] {
            #expect(!check(refused, DocumentValidator.isNINO))
        }
    }

    @Test("Ranges that are not issued")
    func ranges() {
        for refused in ["000121234", "666121234", "900121234", "123001234", "123120000", "078051120", "219099999"] {
            #expect(!check(refused, GovernmentValidator.isSSN))
        }
        #expect(check("536221234", GovernmentValidator.isSSN))
        #expect(check("912501234", GovernmentValidator.isITIN))
        #expect(!check("912491234", GovernmentValidator.isITIN))
        #expect(!check("912931234", GovernmentValidator.isITIN))
        for issued in [
            "4012888888881881", "378282246310005", "2223003122003222", "6011111111111117", "3566002020360505",
            "30569309025904",
        ] {
            #expect(check(issued, PaymentValidator.isIssued))
        }
        for refused in ["0000000000000000", "1700000000000", "490154203237518"] {
            #expect(!check(refused, PaymentValidator.isIssued))
        }
        #expect(PaymentValidator.ibanLength(0x4E, 0x4F) == 15)
        #expect(PaymentValidator.ibanLength(0x58, 0x58) == 0)
    }
}
