"""How numbers, dates and addresses are said in five languages, as a recogniser writes them down: lower case, no signs."""

EN = "zero one two three four five six seven eight nine".split()
TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
DE = "null eins zwei drei vier fünf sechs sieben acht neun".split()
DE_TEENS = "zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn".split()
DE_TENS = "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split()
ES = "cero uno dos tres cuatro cinco seis siete ocho nueve".split()
ES_LOW = ("diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve veinte veintiuno veintidós veintitrés "
          "veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve").split()
ES_TENS = "treinta cuarenta cincuenta sesenta setenta ochenta noventa".split()
PT = "zero um dois três quatro cinco seis sete oito nove".split()
PT_TEENS = "dez onze doze treze quatorze quinze dezesseis dezessete dezoito dezenove".split()
PT_TENS = "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa".split()
FR = "zéro un deux trois quatre cinq six sept huit neuf".split()
FR_TEENS = "dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf".split()
FR_TENS = "vingt trente quarante cinquante soixante".split()


def pair(number, language):
    """0...99 as one number."""
    tens, unit = divmod(number, 10)
    if language == "en":
        if number < 10:
            return EN[number]
        if number < 20:
            return TEENS[number - 10]
        return TENS[tens - 2] + (" " + EN[unit] if unit else "")
    if language == "de":
        if number < 10:
            return DE[number]
        if number < 20:
            return DE_TEENS[number - 10]
        return (("ein" if unit == 1 else DE[unit]) + "und" if unit else "") + DE_TENS[tens - 2]
    if language == "es":
        if number < 10:
            return ES[number]
        if number < 30:
            return ES_LOW[number - 10]
        return ES_TENS[tens - 3] + (" y " + ES[unit] if unit else "")
    if language == "pt":
        if number < 10:
            return PT[number]
        if number < 20:
            return PT_TEENS[number - 10]
        return PT_TENS[tens - 2] + (" e " + PT[unit] if unit else "")
    if number < 10:
        return FR[number]
    if number < 20:
        return FR_TEENS[number - 10]
    if number < 70:
        return FR_TENS[tens - 2] + ((" et un" if unit == 1 else "-" + FR[unit]) if unit else "")
    if number < 80:
        return "soixante et onze" if number == 71 else "soixante-" + pair(number - 60, "fr")
    return "quatre-vingts" if number == 80 else "quatre-vingt-" + pair(number - 80, "fr")


UNITS = {"en": EN, "de": DE, "es": ES, "pt": PT, "fr": FR}
DOUBLE = {"en": "double", "de": "doppel", "es": "doble", "pt": "duplo", "fr": "double"}
FILLERS = {"en": ["uh", "um", "let me see", "okay", "and then", "hold on", "erm"], "de": ["äh", "ähm", "moment", "und dann"], "es": ["eh", "a ver", "este"],
           "pt": ["é", "deixa eu ver", "hum"], "fr": ["euh", "alors", "attendez"]}


class Speech:
    def __init__(self, values):
        self.values = values
        self.random = values.random

    def digits(self, text, language, sizes=None, style=None):
        """Says a string of digits."""
        r = self.random
        if style is None:
            style = r.choices(["plain", "doubles", "pairs", "noisy", "mixed"], [46, 16, 16, 12, 10])[0]
        units = list(UNITS[language])
        if language == "en":
            zero = r.choices(["zero", "oh", "o"], [50, 45, 5])[0]
            units[0] = zero
        if language == "de" and r.random() < 0.4:
            units[2] = "zwo"
        if language == "pt" and r.random() < 0.5:
            units[6] = "meia"
        groups, start = [], 0
        for size in sizes or self.sizes(len(text)):
            groups.append(text[start:start + size])
            start += size
        words = []
        for index, group in enumerate(groups):
            if index and style == "noisy" and r.random() < 0.5:
                words.append(r.choice(FILLERS[language]))
            words += self.group(group, language, units, style)
        return " ".join(words)

    def sizes(self, count):
        sizes = []
        while count > 0:
            size = min(count, self.random.choice([2, 3, 4, 4]))
            sizes.append(size)
            count -= size
        return sizes

    def group(self, group, language, units, style):
        words, place = [], 0
        as_pairs = style == "pairs" and len(group) % 2 == 0 or style == "mixed" and self.random.random() < 0.35 and len(group) % 2 == 0
        while place < len(group):
            if as_pairs and group[place] != "0" and group[place + 1:place + 2] not in ("", "0"):
                words.append(pair(int(group[place:place + 2]), language))
                place += 2
                continue
            run = 1
            while place + run < len(group) and group[place + run] == group[place]:
                run += 1
            if style in ("doubles", "mixed") and run >= 2 and language in ("en", "de", "es"):
                if run >= 3 and language == "en":
                    words += ["triple", units[int(group[place])]]
                    place += 3
                else:
                    words += [DOUBLE[language] + (" " if language != "de" else " "), units[int(group[place])]]
                    words[-2] = words[-2].strip()
                    place += 2
                continue
            words.append(units[int(group[place])])
            place += 1
        return words

    # The types

    def CREDIT_CARD(self, language, variant):
        number = self.values.card_digits(variant)
        return self.digits(number, language, {16: [4] * 4, 15: [4, 6, 5], 14: [4, 6, 4]}[len(number)])

    def CARD_CVV(self, language, variant):
        return self.digits(self.values.digits(3), language, [3], "plain")

    def CARD_EXPIRY(self, language, variant):
        r, month, year = self.random, self.random.randint(1, 12), self.random.randint(26, 33)
        if language == "en":
            first = r.choice([f"oh {EN[month]}" if month < 10 else pair(month, "en"), f"zero {EN[month]}" if month < 10 else pair(month, "en")])
            return f"{first} {r.choice(['', '', 'slash '])}{r.choice(['', '', 'twenty '])}{pair(year, 'en')}"
        first = f"{UNITS[language][0]} {UNITS[language][month]}" if month < 10 else pair(month, language)
        return f"{first} {pair(year, language)}"

    def US_SSN(self, language, variant):
        return self.digits(self.values.ssn_digits(), language, [3, 2, 4])

    def US_ITIN(self, language, variant):
        return self.digits(self.values.US_ITIN("bare"), language, [3, 2, 4])

    def PHONE(self, language, variant):
        v, r = self.values, self.random
        number, sizes = {
            "en": lambda: r.choices([(v.area() + v.digits(1, "23456789") + v.digits(6), [3, 3, 4]), ("07" + v.digits(9), [5, 3, 3]), ("020" + "7" + v.digits(7), [3, 4, 4])], [80, 12, 8])[0],
            "de": lambda: r.choice([("0171" + v.digits(7), [4, 3, 4]), ("030" + v.digits(8), [3, 4, 4]), ("0152" + v.digits(8), [4, 2, 2, 2, 2])]),
            "fr": lambda: ("0" + r.choice("167") + v.digits(8), [2] * 5),
            "es": lambda: ("6" + v.digits(8), [3, 3, 3]),
            "pt": lambda: (r.choice(["11", "21", "31"]) + "9" + v.digits(8), [2, 5, 4]),
        }[language]()
        style = "pairs" if language == "fr" and r.random() < 0.8 else None
        text = self.digits(number, language, sizes, style)
        if language == "en" and len(number) == 10 and r.random() < 0.08:
            text = r.choice(["plus one ", "one "]) + text
        return text

    def BANK_ACCOUNT(self, language, variant):
        return self.digits(self.values.BANK_ACCOUNT(variant), language)

    def ABA_ROUTING(self, language, variant):
        return self.digits(self.values.ABA_ROUTING(), language, self.random.choice([[3, 3, 3], [4, 4, 1], [9]]))

    def UK_SORT_CODE(self, language, variant):
        return self.digits(self.values.pick("20", "40", "60", "30", "09", "77") + self.values.digits(4), language, [2, 2, 2])

    def UK_NHS(self, language, variant):
        return self.digits(self.values.UK_NHS("bare"), language, [3, 3, 4])

    def CA_SIN(self, language, variant):
        return self.digits(self.values.CA_SIN("bare"), language, [3, 3, 3])

    def BR_CPF(self, language, variant):
        return self.digits(self.values.BR_CPF("bare"), language, [3, 3, 3, 2])

    def DE_TAX_ID(self, language, variant):
        return self.digits(self.values.DE_TAX_ID().replace(" ", ""), language, [2, 3, 3, 3])

    def FR_NIR(self, language, variant):
        return self.digits(self.values.FR_NIR().replace(" ", ""), language, [1, 2, 2, 2, 3, 3, 2])

    def ES_NIF(self, language, variant):
        text = self.values.ES_NIF("dni").replace("-", "")
        return self.digits(text[:8], language) + " " + text[8].lower()

    def UK_NINO(self, language, variant):
        text = self.values.UK_NINO().replace(" ", "").lower()
        return f"{text[0]} {text[1]} {self.digits(text[2:8], language, [2, 2, 2])} {text[8]}"

    def EMAIL(self, language, variant):
        r = self.random
        dot, at, dash, under = {"en": ("dot", "at", "dash", "underscore"), "de": ("punkt", "at", "minus", "unterstrich"), "fr": ("point", "arobase", "tiret", "tiret bas"),
                                "es": ("punto", "arroba", "guion", "guion bajo"), "pt": ("ponto", "arroba", "traço", "underline")}[language]
        first = r.choice(["maria", "john", "peter", "lucas", "anna", "sofia", "martin", "kevin", "laura"])
        last = r.choice(["weber", "lopez", "silva", "smith", "dubois", "becker", "jones", "costa"])
        number = r.choice(["", "", f" {pair(r.randint(21, 99), language)}", f" {UNITS[language][r.randint(1, 9)]} {UNITS[language][r.randint(1, 9)]}"])
        mailbox = r.choice([f"{first} {dot} {last}{number}", f"{first}{number}", f"{' '.join(last)}{number}", f"{first[0]} {dot} {last}", f"{first} {under} {last}", f"{first}{last}{number}",
                            f"{first} {dash} {last}"])
        domain = r.choice([f"gmail {dot} com", f"yahoo {dot} com", f"outlook {dot} com", f"hotmail {dot} com", f"{last} consulting {dot} net" if False else f"example {dot} org",
                           f"web {dot} de" if language == "de" else f"gmail {dot} com", f"orange {dot} fr" if language == "fr" else f"icloud {dot} com",
                           f"bbc {dot} co {dot} uk" if language == "en" else f"gmail {dot} com"])
        return f"{mailbox} {at} {domain}"

    def DATE_OF_BIRTH(self, language, variant):
        r = self.random
        day, month, year = r.randint(1, 28), r.randint(1, 12), r.randint(1940, 1999)
        months = {"en": "january february march april may june july august september october november december",
                  "de": "januar februar märz april mai juni juli august september oktober november dezember",
                  "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
                  "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
                  "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"}[language].split()
        name = months[month - 1]
        if language == "en":
            ordinal = {1: "first", 2: "second", 3: "third", 5: "fifth", 8: "eighth", 9: "ninth", 12: "twelfth", 20: "twentieth"}
            def nth(value):
                if value in ordinal: return ordinal[value]
                if value > 20: return "twenty " + nth(value - 20)
                return pair(value, "en") + "th"
            spoken = f"nineteen {pair(year % 100, 'en')}"
            return r.choice([f"{name} {nth(day)} {spoken}", f"the {nth(day)} of {name} {spoken}" if False else f"{nth(day)} of {name} {spoken}",
                             f"{name} {pair(day, 'en')} {spoken}", f"{pair(month, 'en')} {pair(day, 'en')} {spoken}", f"{name} {nth(day)} {year}"])
        short = pair(year % 100, language)
        if language == "de":
            ending = "ter" if day < 20 else "ster"
            return r.choice([f"{pair(day, 'de')}{'ter' if day > 3 and day != 7 else ''} {name} neunzehnhundert{short}" if day not in (1, 3, 7, 8) and day < 20 else f"{day}. {name} neunzehnhundert{short}"])
        if language == "fr":
            return f"{'premier' if day == 1 else pair(day, 'fr')} {name} mille neuf cent {short}"
        if language == "es":
            return f"{pair(day, 'es')} de {name} de mil novecientos {short}"
        return f"{'primeiro' if day == 1 else pair(day, 'pt')} de {name} de mil novecentos e {short}"

    def number(self, language, count):
        """A number that is nobody's."""
        return self.digits(self.values.digits(count, "123456789"), language)

    def amount(self, language):
        unit = {"en": "dollars", "de": "euro", "fr": "euros", "es": "euros", "pt": "reais"}[language]
        return f"{pair(self.random.randint(11, 99), language)} {unit}"
