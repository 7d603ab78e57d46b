/// What a window of digits and letters can be. Every reading is offered with a score; resolution chooses.
extension Scan {
    mutating func readWindow(_ window: inout Window) {
        let count = window.count
        guard count >= 3 else { return }
        if window.isDigits {
            if window.words == 4, window.isOnly(.dot) { readIPv4(window) }
            guard !window.isTightAfter else { return }
            readDates(window)
            switch count {
            case 3, 4: readShort(window)
            case 5...: readNumber(window)
            default: break
            }
        } else if !window.isTightAfter {
            readCode(window)
        }
    }

    /// Offers a reading; `score` outside 0...100 is brought into it.
    @inline(__always)
    mutating func offer(
        _ type: EntityType,
        _ window: borrowing Window,
        _ score: Int,
        _ checksum: Checksum = .none,
        verified: Bool = false,
        pull: ContextView.Pull = .init(),
        form: Finding.Form? = nil,
        range: Range<Int>? = nil
    ) {
        // Most readings are too weak: nothing is made of them.
        guard score >= rules.threshold else { return }
        offer(
            Finding(
                type: type,
                start: range?.lowerBound ?? window.start,
                end: range?.upperBound ?? window.end,
                score: UInt8(clamping: min(score, 100)),
                form: form ?? window.form,
                checksum: checksum,
                isVerified: verified,
                contextOffset: pull.offset
            )
        )
    }

    private mutating func readNumber(_ window: borrowing Window) {
        let context = context(before: window.firstToken, after: window.lastToken)
        let isAmount = isAmount(window)
        readCard(window, context, isAmount)
        readPhone(window, context, isAmount)
        guard !isAmount else { return }
        switch window.count {
        case 6: readSortCode(window, context)
        case 9: readNine(window, context)
        case 10: readNHS(window, context)
        case 11: readEleven(window, context)
        case 14: readCNPJ(window, context)
        case 15: readNIR(window, context)
        default: break
        }
        guard !context.all.isDisjoint(with: Self.announced) else { return }
        readAccount(window, context)
        readLicence(window, context)
        readPassport(window, context)
    }

    /// Types that have no check: without a word that announces one there is nothing to read.
    static var announced: ContextClass { [.init(.bankAccount), .init(.driverLicense), .init(.passport)] }

    /// True when a sign of money stands before the number, or a unit of measure is attached.
    @inline(__always)
    private func isAmount(_ window: borrowing Window) -> Bool {
        let before = byte(window.start &- 1)
        if before == 0x24 { return true }
        if before == 0x20, byte(window.start &- 2) == 0x24 { return true }
        // The euro and pound signs in UTF-8 (E2 82 AC, C2 A3).
        if before == 0xAC, byte(window.start &- 2) == 0x82 { return true }
        return before == 0xA3 && byte(window.start &- 2) == 0xC2
    }

    // MARK: Payment

    private mutating func readCard(_ window: borrowing Window, _ context: ContextView, _ isAmount: Bool) {
        let count = window.count
        guard 12...26 ~= count, !isAmount else { return }
        let card = ContextClass(.creditCard)
        let pull = context.pull(card)
        // Twelve digits are a card only beside the word.
        guard count > 12 || pull.points >= 30 else { return }
        if count <= 19, PaymentValidator.isIssued(window.characters), Digits.luhn(window.characters) {
            if pull.points == 0 {
                if context.isVetoed(card, by: [.device, .thing], within: 6) { return }
                // The serial number of a device passes Luhn too.
                guard isCardShape(window) else { return }
            }
            let other = context.pull(.bankAccount).points > pull.points ? 4 : 0
            offer(.creditCard, window, 90 &+ pull.points / 5 &- other, .luhnIssuer, verified: true, pull: pull)
        } else if pull.points >= 30, count >= (window.isSpoken ? 12 : 13), window.words <= 5 || window.isSpoken {
            // In the context of a card a run of digits is masked although a digit was misheard.
            guard !context.isVetoed(card), count <= 19 || window.words == 1 else { return }
            offer(.creditCard, window, 34 &+ pull.points / 2, .luhnIssuer, pull: pull)
        }
    }

    /// The groupings that people and forms use.
    @inline(__always)
    private func isCardShape(_ window: borrowing Window) -> Bool {
        if window.words == 1 || window.isSpoken { return true }
        guard !window.has(.dot), !window.has(.slash) || window.isOnly(.slash) else { return false }
        switch window.shape {
        case Window.shape(4, 4, 4, 4), Window.shape(4, 6, 5), Window.shape(4, 6, 4), Window.shape(4, 4, 4, 4, 3),
            Window.shape(4, 4, 4, 4, 2), Window.shape(4, 4, 4, 4, 1), Window.shape(4, 4, 5), Window.shape(4, 5, 4),
            Window.shape(6, 13), Window.shape(8, 8), Window.shape(4, 12), Window.shape(6, 10), Window.shape(4, 4, 4, 3),
            Window.shape(4, 4, 4, 2),
            Window.shape(4, 4, 4, 1), Window.shape(5, 4, 4), Window.shape(6, 4, 4), Window.shape(4, 3, 3, 3),
            Window.shape(12, 4),
            Window.shape(4, 4, 8), Window.shape(8, 4, 4), Window.shape(3, 4, 4, 4), Window.shape(6, 7),
            Window.shape(4, 4, 7), Window.shape(4, 5, 6):
            return true
        default:
            return window.words >= 3 && window.words <= 8 && (window.isOnly(.hyphen) || window.isOnly(.space))
        }
    }

    private mutating func readSortCode(_ window: borrowing Window, _ context: ContextView) {
        guard window.words == 1 || window.shape == Window.shape(2, 2, 2) || window.isSpoken else { return }
        let pull = context.pull(.ukSortCode)
        guard pull.points > 0 else { return }
        offer(.ukSortCode, window, (window.words == 3 ? 45 : 24) &+ pull.points, pull: pull)
    }

    private mutating func readAccount(_ window: borrowing Window, _ context: ContextView) {
        guard 6...17 ~= window.count, !window.has(.dot), !window.hasSlash, !window.has(.parenthesis) else { return }
        guard window.words <= 5 || window.isSpoken else { return }
        let pull = context.pull(.bankAccount)
        guard pull.points > 0 else { return }
        offer(.bankAccount, window, 22 &+ pull.points &- (window.isSpoken ? 0 : 3 &* (window.words &- 1)), pull: pull)
    }

    /// Three or four digits: a verification code.
    private mutating func readShort(_ window: borrowing Window) {
        guard window.words == 1 || window.isSpoken else { return }
        let context = context(before: window.firstToken, after: window.lastToken)
        let pull = context.pull(.cardCVV)
        if pull.points >= 24 {
            offer(.cardCVV, window, 22 &+ pull.points, pull: pull)
        } else if isPlacedAfterCard(window, within: 4), lastCardType == .cardExpiry || window.count == 3,
            !context.isVetoed([.init(.cardCVV), .init(.creditCard), .init(.cardExpiry)])
        {
            offer(.cardCVV, window, 70, form: .placed)
        } else if lastCardEnd >= 0, 0...64 ~= window.start &- lastCardEnd {
            // "card 4012…, and the code is 123"
            let code = context.pull(.code)
            if code.points >= 34 { offer(.cardCVV, window, 60, pull: code, form: .placed) }
        }
    }

    /// True when nothing but a few signs stands between the last card number or expiry date and the window.
    @inline(__always)
    func isPlacedAfterCard(_ window: borrowing Window, within reach: Int) -> Bool {
        guard window.start > lastCardEnd, window.start &- lastCardEnd <= reach else { return false }
        for offset in lastCardEnd..<window.start {
            guard offset >= 0 else { return false }
            switch text[offset] {
            case 0x20, 0x2C, 0x2F, 0x7C, 0x3B, 0x2D, 0x09: continue
            default: return false
            }
        }
        return true
    }

    // MARK: National numbers made of digits

    private mutating func readNine(_ window: borrowing Window, _ context: ContextView) {
        let characters = window.characters
        let isGrouped = window.shape == Window.shape(3, 2, 4)
        if GovernmentValidator.isSSN(characters) {
            let pull = context.pull([.init(.usSSN), .tax])
            if isGrouped, window.isOnly(.hyphen) || window.isOnly(.space) || window.isOnly(.dot) {
                let veto = context.isVetoed(.init(.usSSN), within: 3) ? 40 : 0
                let base = window.isOnly(.hyphen) ? 82 : 62
                offer(.usSSN, window, base &+ pull.points / 4 &- veto, .ssnRanges, verified: true, pull: pull)
            } else if pull.points > 0, window.words <= 3 || window.isSpoken {
                offer(.usSSN, window, 26 &+ pull.points, .ssnRanges, verified: true, pull: pull)
            }
        } else if GovernmentValidator.isITIN(characters) {
            let pull = context.pull([.init(.usITIN), .init(.usSSN), .tax, .init(.deTaxID)])
            if isGrouped, !window.hasSlash, !window.has(.parenthesis) {
                offer(.usITIN, window, 78 &+ pull.points / 4, .itinRanges, verified: true, pull: pull)
            } else if pull.points > 0, window.words == 1 || window.words == 3 || window.isSpoken {
                offer(.usITIN, window, 26 &+ pull.points, .itinRanges, verified: true, pull: pull)
            }
        }
        if isGrouped, window.isOnly(.hyphen) || window.isOnly(.space), !GovernmentValidator.isSSN(characters) {
            // Beside its name a number of that form is masked although it was never issued, or was printed in an advertisement.
            let pull = context.pull(.usSSN)
            if pull.points >= 30 { offer(.usSSN, window, 24 &+ pull.points, .ssnRanges, pull: pull) }
        }
        if PaymentValidator.isRouting(characters),
            window.words == 1 || window.shape == Window.shape(4, 4, 1) || window.isSpoken
                || window.shape == Window.shape(3, 3, 3)
        {
            let pull = context.pull(.abaRouting)
            if pull.points > 0 { offer(.abaRouting, window, 34 &+ pull.points, .aba, verified: true, pull: pull) }
        }
        if GovernmentValidator.isSIN(characters),
            window.words == 1 || window.shape == Window.shape(3, 3, 3) || window.isSpoken
        {
            let pull = context.pull(.caSIN)
            if pull.points > 0 {
                offer(.caSIN, window, 36 &+ pull.points, .luhn, verified: true, pull: pull)
            } else if characters[0] != 0x30, window.words == 3, window.isOnly(.hyphen), !context.isVetoed([]) {
                offer(.caSIN, window, 52, .luhn, verified: true)
            } else if characters[0] != 0x30, window.words == 3, window.isOnly(.space), context.pull(.phone).points == 0,
                !context.isVetoed([])
            {
                offer(.caSIN, window, 48, .luhn, verified: true)
            }
        }
    }

    private mutating func readNHS(_ window: borrowing Window, _ context: ContextView) {
        guard window.words == 1 || window.shape == Window.shape(3, 3, 4) || window.isSpoken else { return }
        guard GovernmentValidator.isNHS(window.characters) else { return }
        let pull = context.pull(.ukNHS)
        guard pull.points > 0 else { return }
        offer(.ukNHS, window, 44 &+ pull.points, .nhs, verified: true, pull: pull)
    }

    private mutating func readEleven(_ window: borrowing Window, _ context: ContextView) {
        if GovernmentValidator.isCPF(window.characters) {
            let pull = context.pull(.brCPF)
            // Four numbers with dots are an address.
            if window.shape == Window.shape(3, 3, 3, 2), !window.hasSlash, !window.isOnly(.dot) {
                offer(.brCPF, window, 88 &+ pull.points / 5, .cpf, verified: true, pull: pull)
            } else if pull.points > 0 {
                offer(.brCPF, window, 40 &+ pull.points, .cpf, verified: true, pull: pull)
            }
        }
        if GovernmentValidator.isGermanTax(window.characters) {
            let pull = context.pull([.init(.deTaxID), .tax])
            if window.shape == Window.shape(2, 3, 3, 3), !window.has(.parenthesis) {
                offer(.deTaxID, window, 78 &+ pull.points / 4, .germanTax, verified: true, pull: pull)
            } else if pull.points > 0 {
                offer(.deTaxID, window, 40 &+ pull.points, .germanTax, verified: true, pull: pull)
            }
        }
    }

    private mutating func readCNPJ(_ window: borrowing Window, _ context: ContextView) {
        guard GovernmentValidator.isCNPJ(window.characters) else { return }
        let pull = context.pull(.brCNPJ)
        if window.shape == Window.shape(2, 3, 3, 4, 2), window.has(.slash) || window.has(.dot) {
            offer(.brCNPJ, window, 90, .cnpj, verified: true, pull: pull)
        } else if pull.points > 0 {
            offer(.brCNPJ, window, 58 &+ pull.points, .cnpj, verified: true, pull: pull)
        } else if window.words == 1, !window.isSpoken, Digits.number(window.characters, 8, 3) == 0,
            window.characters[11] != 0x30, !context.isVetoed([])
        {
            // The number of the establishment, mostly 0001, and two check digits: one in a hundred thousand numbers has both.
            offer(.brCNPJ, window, 60, .cnpj, verified: true)
        }
    }

    private mutating func readNIR(_ window: borrowing Window, _ context: ContextView) {
        guard !window.hasSlash, !window.has(.parenthesis), GovernmentValidator.isNIR(window.characters) else { return }
        let pull = context.pull(.frNIR)
        let veto = context.isVetoed(.init(.frNIR)) ? 45 : 0
        offer(.frNIR, window, 84 &+ pull.points / 4 &- veto, .nir, verified: true, pull: pull)
    }
}
