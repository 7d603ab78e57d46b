/// Codes of letters and digits.
extension Scan {
    mutating func readCode(_ window: borrowing Window) {
        let count = window.count
        let letters = window.letters
        guard !window.has(.parenthesis) else { return }
        // Codes are written in one case; one word of both cases is a name or a hash.
        switch count {
        case 9:
            if letters & ~1 == 1 &<< 8, DocumentValidator.isNIF(window.characters), window.words <= 5,
                !window.hasSlash
            {
                let context = context(before: window.firstToken, after: window.lastToken)
                let pull = context.pull(.esNIF)
                let veto = context.isVetoed(.init(.esNIF), within: 3) ? 40 : 0
                offer(.esNIF, window, 80 &+ pull.points / 4 &- veto, .nif, verified: true, pull: pull)
            }
            if letters == 0b1_0000_0011, DocumentValidator.isNINO(window.characters), isNINOShape(window) {
                let context = context(before: window.firstToken, after: window.lastToken)
                let pull = context.pull(.ukNINO)
                let veto = context.isVetoed(.init(.ukNINO), within: 3) ? 30 : 0
                offer(.ukNINO, window, 84 &+ pull.points / 4 &- veto, .ninoStructure, verified: true, pull: pull)
            }
            if letters == 0b1_0000_0011, isNINOShape(window) {
                // Beside its name a number of that form is masked although its prefix is not issued.
                let pull = context(before: window.firstToken, after: window.lastToken).pull(.ukNINO)
                if pull.points >= 30 { offer(.ukNINO, window, 24 &+ pull.points, .ninoStructure, pull: pull) }
            }
            readGermanCard(window)
        case 10: readGermanCard(window)
        case 12 where letters == 1 &<< 8 && GovernmentValidator.isGermanPension(window.characters):
            let pull = context(before: window.firstToken, after: window.lastToken).pull(.deSVNR)
            offer(.deSVNR, window, 86 &+ pull.points / 5, .germanPension, verified: true, pull: pull)
        case 14 where letters != 0 && letters &>> 12 == 0 && GovernmentValidator.isCNPJ(window.characters):
            let pull = context(before: window.firstToken, after: window.lastToken).pull(.brCNPJ)
            let isShaped = window.shape == Window.shape(2, 3, 3, 4, 2)
            if isShaped || pull.points > 0 {
                offer(.brCNPJ, window, (isShaped ? 84 : 44) &+ pull.points / 4, .cnpj, verified: true, pull: pull)
            }
        case 15 where letters == 1 &<< 6 && GovernmentValidator.isNIR(window.characters):
            offer(.frNIR, window, 88, .nir, verified: true)
        case 16:
            if letters & 0b1000_1001_0011_1111 == 0b1000_1001_0011_1111,
                DocumentValidator.isItalianCode(window.characters)
            {
                offer(.itFiscalCode, window, 94, .italianCode, verified: true)
            }
            readUKLicence(window)
        case 17: readVIN(window)
        case 18: readUKLicence(window)
        default: break
        }
        if letters & 0b1111 == 0b0011, 15...34 ~= count { readIBAN(window) }
        guard window.words <= 5, count <= 18 else { return }
        let context = context(before: window.firstToken, after: window.lastToken)
        guard !context.all.isDisjoint(with: Self.announced) else { return }
        readLicence(window, context)
        readPassport(window, context)
    }

    /// A CNPJ with letters as it is printed: "12.ABC.345/01DE-35", of which the word that begins at token `first` is a part. True when
    /// it was read or must be waited for.
    mutating func readRegistration(_ first: Int, _ findings: inout [Finding]) -> Bool {
        let place = start(first)
        // Every part has one of these signs beside it.
        switch byte(place &- 1) {
        case 0x2D, 0x2E, 0x2F: break
        default: if byte(place &+ 2) != 0x2E || byte(place &+ 6) != 0x2E { return false }
        }
        for part in [0, 3, 7, 11, 16] {
            let start = place &- part
            guard byte(start &+ 2) == 0x2E, byte(start &+ 6) == 0x2E, byte(start &+ 10) == 0x2F,
                byte(start &+ 15) == 0x2D
            else { continue }
            guard start >= floor, start &+ 18 <= count, !Bytes.isWord(byte(start &- 1)),
                !Bytes.isWord(byte(start &+ 18))
            else { return false }
            var characters = 0
            var hasLetter = false
            for offset in start..<start &+ 18 where ![2, 6, 10, 15].contains(offset &- start) {
                guard Bytes.isDigit(text[offset]) || text[offset] < 0x80 && Bytes.isLetter(text[offset]) else {
                    return false
                }
                if Bytes.isLetter(text[offset]) { hasLetter = true }
                buffers.characters[characters] = Bytes.isLetter(text[offset]) ? text[offset] & 0xDF : text[offset]
                characters &+= 1
            }
            guard hasLetter, GovernmentValidator.isCNPJ(Compact(start: buffers.characters, count: 14)) else {
                return false
            }
            return acceptStructured(.brCNPJ, start, start &+ 18, .cnpj, &findings)
        }
        return false
    }

    private mutating func readIBAN(_ window: borrowing Window) {
        guard !window.hasSlash, !window.has(.dot) || window.isOnly(.dot) else { return }
        if PaymentValidator.isIBAN(window.characters) {
            offer(.iban, window, 97, .iban, verified: true)
        } else if PaymentValidator.ibanLength(window.characters[0], window.characters[1]) == window.count {
            let pull = context(before: window.firstToken, after: window.lastToken).pull([
                .init(.iban), .init(.bankAccount),
            ])
            if pull.points >= 36 { offer(.iban, window, 24 &+ pull.points, .iban, pull: pull) }
        }
    }

    @inline(__always)
    private func isNINOShape(_ window: borrowing Window) -> Bool {
        if window.words == 1 || window.isSpoken { return true }
        return !window.has(.dot) && !window.hasSlash && window.words <= 5
    }

    private mutating func readGermanCard(_ window: borrowing Window) {
        guard window.words == 1 || window.isSpoken || window.count == 10 && window.words == 2,
            DocumentValidator.hasGermanDocumentShape(window.characters, fewestDigits: 1)
        else { return }
        let pull = context(before: window.firstToken, after: window.lastToken).pull(.deIDCard)
        guard pull.points > 0 else { return }
        let isVerified = window.count == 10 && DocumentValidator.isMachineReadable(window.characters)
        guard isVerified || DocumentValidator.hasGermanDocumentShape(window.characters, fewestDigits: 3) else { return }
        offer(.deIDCard, window, 40 &+ pull.points, .machineReadable, verified: isVerified, pull: pull)
    }

    private mutating func readUKLicence(_ window: borrowing Window) {
        guard window.words <= 4, DocumentValidator.isUKLicence(window.characters) else { return }
        let pull = context(before: window.firstToken, after: window.lastToken).pull(.driverLicense)
        offer(.driverLicense, window, 84 &+ pull.points / 4, .licenceStructure, verified: true, pull: pull)
    }

    private mutating func readVIN(_ window: borrowing Window) {
        guard window.words == 1 || window.isSpoken, DocumentValidator.hasVINShape(window.characters) else { return }
        let context = context(before: window.firstToken, after: window.lastToken)
        let pull = context.pull(.vin)
        let isVerified = DocumentValidator.isVIN(window.characters)
        if isVerified {
            let veto = context.isVetoed(.init(.vin)) ? 35 : 0
            offer(.vin, window, 80 &+ pull.points / 4 &- veto, .vin, verified: true, pull: pull)
        } else if pull.points > 0 {
            offer(.vin, window, 34 &+ pull.points, .vin, pull: pull)
        }
    }

    /// Driving licences of states without a public check: only beside a word that announces one.
    mutating func readLicence(_ window: borrowing Window, _ context: ContextView) {
        guard 5...18 ~= window.count, window.words <= 5 || window.isSpoken, !window.has(.dot), !window.hasSlash,
            !window.has(.parenthesis), window.letters.nonzeroBitCount <= 5,
            window.count &- window.letters.nonzeroBitCount >= 4
        else { return }
        let pull = context.pull(.driverLicense)
        guard pull.points > 0 else { return }
        offer(.driverLicense, window, 22 &+ pull.points &- joinedPenalty(window), pull: pull)
    }

    /// Passports: letters and digits in the forms of the states whose languages are spoken here.
    mutating func readPassport(_ window: borrowing Window, _ context: ContextView) {
        guard 7...10 ~= window.count, window.words <= 3 || window.isSpoken, !window.has(.dot), !window.hasSlash,
            !window.has(.parenthesis), window.letters.nonzeroBitCount <= 5
        else { return }
        let pull = context.pull(.passport)
        guard pull.points > 0 else { return }
        offer(.passport, window, 24 &+ pull.points &- joinedPenalty(window), pull: pull)
    }

    /// Words with a space between them are less likely one code.
    @inline(__always)
    private func joinedPenalty(_ window: borrowing Window) -> Int {
        window.isSpoken ? 0 : (window.has(.space) ? 6 : 1) &* (window.words &- 1)
    }
}
