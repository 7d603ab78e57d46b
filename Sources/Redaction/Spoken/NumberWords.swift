/// The languages in which spoken numbers are understood.
struct SpokenLanguages: OptionSet, Sendable, Hashable {
    let rawValue: UInt8
    static let english = SpokenLanguages(rawValue: 1)
    static let german = SpokenLanguages(rawValue: 2)
    static let french = SpokenLanguages(rawValue: 4)
    static let spanish = SpokenLanguages(rawValue: 8)
    static let portuguese = SpokenLanguages(rawValue: 16)
    static let all: SpokenLanguages = [.english, .german, .french, .spanish, .portuguese]
}

/// What a word is in a spoken number, date or address.
struct NumberWord {
    enum Kind: UInt8 {
        case none
        /// 0...9
        case unit
        /// 10...19
        case teen
        /// 20, 30 ... 90
        case tens
        /// A whole number of two or more digits in one word (German, Spanish).
        case whole
        /// A hundred, or several in one word.
        case hundred
        case thousand
        /// The next digit is said `value` times.
        case times
        /// `and` between the parts of one number.
        case joiner
        /// A hesitation or filler that may stand inside a number.
        case filler
        /// "No": what was said before it is said anew.
        case correction
        /// What an agent says while a number is dictated; speaker labels.
        case acknowledgement
        /// A day: "fourth".
        case ordinal
        /// A month; `value` is its number.
        case month
        /// A letter said by its name in a spelling alphabet; `value` is its upper-case ASCII code.
        case letter
        /// "dot" in an address.
        case dot
        /// "at" in an address.
        case at
        /// Another sign in an address; `value` is its ASCII code.
        case sign

        /// True when a finding can begin or be anchored at such a word.
        var isSeed: Bool {
            switch self {
            case .unit, .teen, .tens, .whole, .hundred, .thousand, .times, .ordinal, .month, .dot: true
            default: false
            }
        }

        /// True when the word adds digits.
        var isNumber: Bool {
            switch self {
            case .unit, .teen, .tens, .whole, .hundred, .thousand, .times: true
            default: false
            }
        }
    }

    var kind = Kind.none
    var value: UInt16 = 0
    var languages: SpokenLanguages = []
}

/// The number words of five languages, lower case and without accents.
enum NumberWords {
    static let all: [(word: String, number: NumberWord)] = {
        var words: [(word: String, number: NumberWord)] = []
        func add(_ text: String, _ kind: NumberWord.Kind, _ value: Int, _ language: SpokenLanguages) {
            for word in text.split(separator: "/") {
                words.append((String(word), NumberWord(kind: kind, value: UInt16(value), languages: language)))
            }
        }
        func list(_ text: String, _ kind: NumberWord.Kind, from: Int, step: Int = 1, _ language: SpokenLanguages) {
            for (index, word) in text.split(separator: " ").enumerated() {
                add(String(word), kind, from + index * step, language)
            }
        }
        for (language, table) in tables {
            list(table.units, .unit, from: 0, language)
            list(table.teens, .teen, from: 10, language)
            list(table.tens, .tens, from: 20, step: 10, language)
            list(table.hundreds, .hundred, from: 100, step: 100, language)
            list(table.months, .month, from: 1, language)
            list(table.ordinals, .ordinal, from: 1, language)
            add(table.thousand, .thousand, 1000, language)
            add(table.double, .times, 2, language)
            add(table.triple, .times, 3, language)
            for word in table.joiners.split(separator: " ") { add(String(word), .joiner, 0, language) }
        }
        for (tens, name) in zip([20, 30, 40, 50, 60, 70, 80, 90], germanTens) {
            for (unit, prefix) in germanUnits.enumerated() {
                for word in name.split(separator: "/") { add("\(prefix)und\(word)", .whole, tens + unit + 1, .german) }
            }
        }
        for year in 1930...1999 {
            for word in germanNumber(year % 100) { add("neunzehnhundert\(word)", .whole, year, .german) }
        }
        for year in 2001...2019 {
            for word in germanNumber(year % 100) { add("zweitausend\(word)", .whole, year, .german) }
        }
        list(
            "veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve",
            .whole,
            from: 21,
            .spanish
        )
        list("dieciseis diecisiete dieciocho diecinueve", .teen, from: 16, .spanish)
        add("cien", .hundred, 100, .spanish)
        for word in fillers.split(separator: " ") { add(String(word), .filler, 0, .all) }
        for word in corrections.split(separator: " ") { add(String(word), .correction, 0, .all) }
        for word in acknowledgements.split(separator: " ") { add(String(word), .acknowledgement, 0, .all) }
        for (index, word) in alphabet.split(separator: " ").enumerated() {
            add(String(word), .letter, 0x41 + index, .all)
        }
        for word in "dot punkt point punto ponto".split(separator: " ") { add(String(word), .dot, 0x2E, .all) }
        for word in "at arobase arroba klammeraffe".split(separator: " ") { add(String(word), .at, 0x40, .all) }
        add("underscore/unterstrich/underline/soulignement/bas/bajo/baixo", .sign, 0x5F, .all)
        add("dash/hyphen/bindestrich/tiret/guion/traco/hifen/minus", .sign, 0x2D, .all)
        add("plus", .sign, 0x2B, .all)
        return words
    }()

    private struct Table {
        var units = ""
        var teens = ""
        var tens = ""
        var hundreds = ""
        var thousand = ""
        var double = ""
        var triple = ""
        var joiners = ""
        var months = ""
        var ordinals = ""
    }

    private static let tables: [(SpokenLanguages, Table)] = [
        (
            .english,
            Table(
                units: "zero/oh/o/nought/naught one two three four five six seven eight nine/niner",
                teens: "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
                tens: "twenty thirty forty/fourty fifty sixty seventy eighty ninety",
                hundreds: "hundred",
                thousand: "thousand",
                double: "double",
                triple: "triple/treble",
                joiners: "and",
                months:
                    "january/jan february/feb march/mar april/apr may june/jun july/jul august/aug september/sep october/oct "
                    + "november/nov december/dec",
                ordinals:
                    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
                    + "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth - - - - - - - - - thirtieth"
            )
        ),
        (
            .german,
            Table(
                units: "null eins zwei/zwo drei vier funf/fuenf sechs sieben acht neun",
                teens: "zehn elf zwolf/zwoelf dreizehn vierzehn funfzehn/fuenfzehn sechzehn siebzehn achtzehn neunzehn",
                tens: "zwanzig dreissig/dreisig vierzig funfzig/fuenfzig sechzig siebzig achtzig neunzig",
                hundreds:
                    "hundert/einhundert zweihundert dreihundert vierhundert funfhundert/fuenfhundert sechshundert siebenhundert "
                    + "achthundert neunhundert",
                thousand: "tausend",
                double: "doppel/doppelt/zweimal",
                triple: "dreimal",
                joiners: "und",
                months:
                    "januar/janner februar marz/maerz april mai juni juli august september oktober november dezember",
                ordinals: germanOrdinals
            )
        ),
        (
            .french,
            Table(
                units: "zero un/une deux trois quatre cinq six sept huit neuf",
                teens: "dix onze douze treize quatorze quinze seize",
                tens: "vingt/vingts trente quarante cinquante soixante septante huitante/octante nonante",
                hundreds: "cent/cents",
                thousand: "mille",
                double: "double",
                triple: "triple",
                joiners: "et",
                months: "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
                ordinals: "premier"
            )
        ),
        (
            .spanish,
            Table(
                units: "cero uno/un/una dos tres cuatro cinco seis siete ocho nueve",
                teens: "diez once doce trece catorce quince",
                tens: "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
                hundreds:
                    "ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos",
                thousand: "mil",
                double: "doble",
                triple: "triple",
                joiners: "y",
                months: "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
                ordinals: "primero"
            )
        ),
        (
            .portuguese,
            Table(
                units: "zero um/uma dois/duas tres quatro cinco seis/meia sete oito nove",
                teens:
                    "dez onze doze treze quatorze/catorze quinze dezesseis/dezasseis dezessete/dezassete dezoito dezenove/dezanove",
                tens: "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
                hundreds:
                    "cento/cem duzentos trezentos quatrocentos quinhentos seiscentos setecentos oitocentos novecentos",
                thousand: "mil",
                double: "duplo",
                triple: "triplo",
                joiners: "e",
                months: "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
                ordinals: "primeiro"
            )
        ),
    ]

    /// "erste", "erster", "ersten" and so on up to the thirty-first.
    private static let germanOrdinals: String = {
        let low =
            "ers zwei drit vier funf/fuenf sechs sieb/sieben ach neun zehn elf zwolf/zwoelf dreizehn vierzehn funfzehn/fuenfzehn "
            + "sechzehn siebzehn achtzehn neunzehn"
        let tens = ["zwanzigs"] + germanUnits.map { "\($0)undzwanzigs" } + ["dreissigs", "einunddreissigs"]
        let stems = low.split(separator: " ").map(String.init) + tens
        return stems.map { stem in
            stem.split(separator: "/").flatMap { part in ["te", "ter", "ten"].map { "\(part)\($0)" } }
                .joined(separator: "/")
        }.joined(separator: " ")
    }()

    private static let germanTens = [
        "zwanzig", "dreissig", "vierzig", "funfzig/fuenfzig", "sechzig", "siebzig", "achtzig", "neunzig",
    ]
    private static let germanUnits = ["ein", "zwei", "drei", "vier", "funf", "sechs", "sieben", "acht", "neun"]
    private static let germanOnes = [
        "", "eins", "zwei", "drei", "vier", "funf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwolf",
        "dreizehn",
        "vierzehn", "funfzehn", "sechzehn", "siebzehn", "achtzehn", "neunzehn",
    ]

    private static func germanNumber(_ value: Int) -> [String] {
        if value < 20 { return [germanOnes[value]] }
        let names = germanTens[value / 10 - 2].split(separator: "/")
        return names.map { value % 10 == 0 ? String($0) : "\(germanUnits[value % 10 - 1])und\($0)" }
    }

    private static let fillers =
        "of de del do von uh um uhm er erm ah eh hmm hm ahm aeh euh este pues so sorry pause space spaces comma alors ben also bueno "
        + "the hold on let me see then wait now like well attendez attends voyons ver espera deixa eu warte mal dann slash stroke "
        + "barra barre schragstrich hum"
    private static let corrections =
        "no nope nein non nao correction korrektur correccion correcao pardon perdon perdona desculpe desculpa scratch rather actually mean"
    private static let acknowledgements =
        "ok okay okey yes yeah yep yup right sure alright mhm mm uhhuh huh got it go ahead next continue please thanks thank you "
        + "perfect great good agent customer caller rep representative operator speaker client kunde agentin berater "
        + "kundin ja gut danke weiter bitte verstanden gerne oui daccord accord merci parfait continuez ensuite cliente agente si vale "
        + "gracias bien siga adelante perfecto sim certo obrigado obrigada pode continuar entendi atendente conseiller "
        + "genau moment i have that noted still listening carry on"
    private static let alphabet =
        "alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november oscar papa quebec romeo sierra tango "
        + "uniform victor whiskey xray yankee zulu"
}
