"""Values for the evaluation text: valid check digits, many spellings. Nothing here is shared with the engine or its own corpus."""

import random
import string

try:
    from faker import Faker
except ImportError:
    Faker = None

LOCALES = ["en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "pt_BR", "it_IT", "en_CA"]


def luhn_digit(body):
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def grouped(text, sizes, separator):
    parts, start = [], 0
    for size in sizes:
        parts.append(text[start:start + size])
        start += size
    if start < len(text):
        parts.append(text[start:])
    return separator.join(part for part in parts if part)


class Values:
    """Draws values; `variant` narrows the spelling: bare, spaced, dashed, a locale, a country."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.fakers = {}
        if Faker:
            for locale in LOCALES:
                self.fakers[locale] = Faker(locale)
                self.fakers[locale].seed_instance(seed)

    def pick(self, *items):
        return self.random.choice(items)

    def digits(self, count, first=None):
        text = "".join(self.random.choice("0123456789") for _ in range(count))
        return (self.random.choice(first) + text[1:]) if first else text

    def letters(self, count, alphabet=string.ascii_uppercase):
        return "".join(self.random.choice(alphabet) for _ in range(count))

    # Cards

    def card_digits(self, variant=""):
        brand = variant if variant in ("visa", "mc", "mc2", "amex", "disc", "jcb", "diners") else self.random.choices(
            ["visa", "mc", "mc2", "amex", "disc", "jcb", "diners"], [40, 22, 10, 14, 8, 3, 3])[0]
        prefix, length = {
            "visa": ("4", 16), "mc": (self.pick("51", "52", "53", "54", "55"), 16),
            "mc2": (str(self.random.randint(2221, 2720)), 16), "amex": (self.pick("34", "37"), 15),
            "disc": (self.pick("6011", "644", "65"), 16), "jcb": ("35" + str(self.random.randint(28, 89)), 16),
            "diners": (self.pick("36", "38"), 14),
        }[brand]
        body = prefix + self.digits(length - 1 - len(prefix))
        return body + luhn_digit(body)

    def CREDIT_CARD(self, variant=""):
        number = self.card_digits(variant)
        sizes = {16: [4, 4, 4, 4], 15: [4, 6, 5], 14: [4, 6, 4]}[len(number)]
        style = variant if variant in ("bare", "spaced", "dashed") else self.random.choices(
            ["bare", "spaced", "dashed", "dotted", "nbsp", "odd"], [38, 34, 18, 4, 3, 3])[0]
        if style == "bare":
            return number
        if style == "odd":
            return grouped(number, [4, 4], " ")
        return grouped(number, sizes, {"spaced": " ", "dashed": "-", "dotted": ".", "nbsp": "\u00a0"}[style])

    def CARD_CVV(self, variant=""):
        return self.digits(4 if variant == "4" else 3)

    def CARD_EXPIRY(self, variant=""):
        month, year = self.random.randint(1, 12), self.random.randint(25, 33)
        return self.random.choices(
            [f"{month:02}/{year}", f"{month:02}/20{year}", f"{month:02}-{year}", f"{month:02} / {year}",
             f"{month}/{year}", f"{month:02}-20{year}"], [55, 20, 10, 6, 6, 3])[0]

    # United States

    def ssn_digits(self):
        while True:
            area = self.random.randint(1, 899)
            if area != 666:
                return f"{area:03}{self.random.randint(1, 99):02}{self.random.randint(1, 9999):04}"

    def US_SSN(self, variant=""):
        number = self.ssn_digits()
        if variant == "bare":
            return number
        return grouped(number, [3, 2, 4], self.random.choices(["-", " ", "."], [80, 15, 5])[0])

    def US_ITIN(self, variant=""):
        middle = self.pick(*range(50, 66), *range(70, 89), 90, 91, 92, *range(94, 100))
        number = f"9{self.random.randint(0, 99):02}{middle:02}{self.random.randint(1, 9999):04}"
        return number if variant == "bare" else grouped(number, [3, 2, 4], self.random.choices(["-", " "], [85, 15])[0])

    def ABA_ROUTING(self, variant=""):
        while True:
            body = f"{self.random.randint(1, 12):02}" + self.digits(6)
            for check in "0123456789":
                number = body + check
                if sum(int(d) * w for d, w in zip(number, (3, 7, 1) * 3)) % 10 == 0:
                    return number

    def DRIVER_LICENSE(self, variant=""):
        kinds = {
            "ca": lambda: self.letters(1) + self.digits(7),
            "fl": lambda: self.letters(1) + self.digits(12),
            "tx": lambda: self.digits(8),
            "ny": lambda: self.digits(9),
            "il": lambda: self.letters(1) + grouped(self.digits(11), [3, 4, 4], "-"),
            "wa": lambda: "WDL" + self.letters(2, "ABCDGHJKL") + self.digits(4) + self.letters(2),
            "uk": self.uk_licence,
            "de": lambda: self.letters(1) + self.digits(3) + self.letters(3, "ABCDGHLRTV") + self.digits(1) + self.letters(1) + self.digits(2),
        }
        if variant in kinds:
            return kinds[variant]()
        return kinds[self.random.choices(["ca", "fl", "tx", "ny", "il", "uk"], [30, 15, 10, 10, 10, 25])[0]]()

    def uk_licence(self):
        name = self.pick("SMITH", "JONES", "TAYLO", "PATEL", "BROWN", "KHAN9", "EVANS", "ROBIN", "MORGA", "LEE99")
        month = self.random.randint(1, 12) + (50 if self.random.random() < 0.5 else 0)
        return f"{name}{self.digits(1)}{month:02}{self.random.randint(1, 28):02}{self.digits(1)}{self.letters(2)}{self.digits(1)}{self.letters(2)}"

    def PASSPORT(self, variant=""):
        kinds = {
            "us": lambda: self.pick(self.digits(9, "123456789"), self.letters(1) + self.digits(8)),
            "uk": lambda: self.digits(9, "1235"),
            "de": lambda: self.pick("C", "F", "G", "H") + self.letters(3, "CFGHJKLMNPRTVWXYZ0123456789") + self.digits(5),
            "fr": lambda: self.digits(2) + self.letters(2) + self.digits(5),
            "es": lambda: self.letters(3) + self.digits(6),
            "br": lambda: self.letters(2) + self.digits(6),
            "ca": lambda: self.letters(2) + self.digits(6),
            "it": lambda: "Y" + self.letters(1) + self.digits(7),
        }
        return kinds[variant if variant in kinds else self.pick("us", "us", "uk", "ca", "br", "it")]()

    # Contact and network

    def EMAIL(self, variant=""):
        first = self.pick("ana", "j.weber", "mike.o", "lucie", "t.nguyen", "Sarah", "paulo_r", "k-meyer", "info", "joao.silva", "x9", "the.real.bob", "GRETA")
        tail = self.pick("", "", "", "77", "+shop", "_1984", ".lima", "-home", "2")
        domain = self.pick("gmail.com", "outlook.com", "web.de", "orange.fr", "uol.com.br", "hotmail.co.uk", "acme-tools.io",
                           "mail.uni-koeln.de", "example.org", "sapo.pt", "telefonica.es", "icloud.com", "yahoo.fr", "cs.stanford.edu", "ourcompany.dev")
        return f"{first}{tail}@{domain}"

    def PHONE(self, variant=""):
        r = self.digits
        own = {
            "us": lambda: self.random.choices(
                [f"({self.area()}) {r(3, '23456789')}-{r(4)}", f"{self.area()}-{r(3, '23456789')}-{r(4)}",
                 f"+1 {self.area()} {r(3, '23456789')} {r(4)}", f"{self.area()}.{r(3, '23456789')}.{r(4)}",
                 f"1-{self.area()}-{r(3, '23456789')}-{r(4)}", f"+1{self.area()}{r(3, '23456789')}{r(4)}",
                 f"({self.area()}){r(3, '23456789')}-{r(4)}", f"{self.area()} {r(3, '23456789')} {r(4)}"],
                [18, 30, 12, 8, 6, 12, 6, 8])[0],
            "usbare": lambda: f"{self.area()}{r(3, '23456789')}{r(4)}",
            "uk": lambda: self.pick(f"07{r(3)} {r(6)}", f"+44 7{r(3)} {r(6)}", f"020 7{r(3)} {r(4)}", f"0161 {r(3, '23456789')} {r(4)}",
                                    f"+447{r(9)}", f"07{r(9)}", f"+44 (0)20 8{r(3)} {r(4)}"),
            "de": lambda: self.pick(f"0171 {r(7)}", f"+49 170 {r(7)}", f"030 {r(8)}", f"0{r(3, '2345678')}/{r(6)}", f"+49 (0)89 {r(7)}",
                                    f"0152-{r(8)}", f"+4915{r(9)}"),
            "fr": lambda: self.pick("06 ", "07 ", "01 ", "+33 6 ", "0033 6 ") + " ".join(r(2) for _ in range(4)),
            "es": lambda: self.pick(f"6{r(2)} {r(3)} {r(3)}", f"+34 6{r(2)} {r(2)} {r(2)} {r(2)}", f"9{r(2)} {r(2)} {r(2)} {r(2)}", f"+346{r(8)}"),
            "pt": lambda: self.pick(f"(11) 9{r(4)}-{r(4)}", f"+55 21 9{r(4)}-{r(4)}", f"(47) 3{r(3)}-{r(4)}", f"+351 91{r(1)} {r(3)} {r(3)}", f"+55 (31) 9{r(4)}-{r(4)}"),
        }
        if variant in own:
            return own[variant]()
        if self.fakers and (variant == "faker" or self.random.random() < 0.3):
            locale = self.random.choices(LOCALES, [8, 3, 1, 2, 1, 1, 1, 3])[0]
            return self.fakers[locale].phone_number()
        return own[self.random.choices(["us", "uk", "de", "fr", "es", "pt"], [50, 18, 8, 8, 8, 8])[0]]()

    def area(self):
        return self.pick("212", "415", "617", "702", "305", "646", "503", "919", "312", "206", "404", "713")

    def IP_ADDRESS(self, variant=""):
        if variant == "6" or variant == "" and self.random.random() < 0.2:
            return self.pick(
                f"2001:db8:{self.hexa(4)}::{self.hexa(1)}", ":".join(self.hexa(4) for _ in range(8)),
                f"fe80::{self.hexa(4)}:{self.hexa(3)}:fe{self.hexa(2)}:{self.hexa(4)}", f"2a02:8108:{self.hexa(4)}:{self.hexa(3)}::1")
        return ".".join(str(self.random.randint(1, 254)) for _ in range(4))

    def hexa(self, count):
        return self.random.choice("123456789abcdef") + "".join(self.random.choice("0123456789abcdef") for _ in range(count - 1))

    def MAC_ADDRESS(self, variant=""):
        parts = ["".join(self.random.choice("0123456789abcdef") for _ in range(2)) for _ in range(6)]
        if self.random.random() < 0.5:
            parts = [part.upper() for part in parts]
        if self.random.random() < 0.12:
            text = "".join(parts).lower()
            return f"{text[:4]}.{text[4:8]}.{text[8:]}"
        return self.random.choices([":", "-"], [75, 25])[0].join(parts)

    # Bank

    def IBAN(self, variant=""):
        country = variant if len(variant) == 2 else self.pick("DE", "GB", "FR", "ES", "IT", "NL", "PT", "BE", "AT", "CH", "IE", "PL")
        body = {
            "DE": lambda: self.digits(18), "GB": lambda: self.letters(4) + self.digits(14), "FR": lambda: self.digits(23),
            "ES": lambda: self.digits(20), "IT": lambda: self.letters(1) + self.digits(22), "NL": lambda: self.letters(4) + self.digits(10),
            "PT": lambda: self.digits(21), "BE": lambda: self.digits(12), "AT": lambda: self.digits(16), "CH": lambda: self.digits(17),
            "IE": lambda: self.letters(4) + self.digits(14), "PL": lambda: self.digits(24),
        }[country]()
        number = int("".join(str(int(c, 36)) for c in body + country + "00"))
        text = f"{country}{98 - number % 97:02}{body}"
        return self.random.choices([text, grouped(text, [4] * 9, " ")], [50, 50])[0]

    def BANK_ACCOUNT(self, variant=""):
        if variant == "uk":
            return self.digits(8)
        return self.digits(self.pick(8, 9, 10, 10, 11, 12), "123456789")

    def UK_SORT_CODE(self, variant=""):
        number = self.pick("20", "40", "60", "30", "09", "77", "04", "23") + self.digits(4)
        return self.random.choices([grouped(number, [2, 2, 2], "-"), grouped(number, [2, 2, 2], " "), number], [75, 12, 13])[0]

    # Dates

    def DATE_OF_BIRTH(self, variant=""):
        day, month, year = self.random.randint(1, 28), self.random.randint(1, 12), self.random.randint(1935, 2006)
        names = {
            "en": ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"],
            "de": ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"],
            "fr": ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"],
            "es": ["enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"],
            "pt": ["janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro", "dezembro"],
        }
        if variant in ("es", "pt"):
            return self.pick(f"{day:02}/{month:02}/{year}", f"{day} de {names[variant][month - 1]} de {year}", f"{day:02}-{month:02}-{year}")
        if variant == "de":
            return self.pick(f"{day:02}.{month:02}.{year}", f"{day}. {names['de'][month - 1]} {year}", f"{day}.{month}.{year}")
        if variant == "fr":
            return self.pick(f"{day:02}/{month:02}/{year}", f"{day} {names['fr'][month - 1]} {year}")
        name = names["en"][month - 1]
        return self.random.choices(
            [f"{month:02}/{day:02}/{year}", f"{year}-{month:02}-{day:02}", f"{name} {day}, {year}", f"{day} {name} {year}",
             f"{day:02}/{month:02}/{year}", f"{month}/{day}/{year}", f"{name[:3]} {day} {year}", f"{day}-{name[:3]}-{year}", f"{month:02}/{day:02}/{year % 100:02}"],
            [22, 16, 14, 12, 14, 8, 5, 5, 4])[0]

    # National numbers

    def UK_NINO(self, variant=""):
        first, second = self.letters(1, "ABCEGHJKLMNOPRSTWXYZ"), self.letters(1, "ABCEGHJKLMNPRSTWXYZ")
        while first + second in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ"):
            second = self.letters(1, "ABCEHJLMPRSTWXYZ")
        number, last = self.digits(6), self.letters(1, "ABCD")
        return self.pick(f"{first}{second}{number}{last}", f"{first}{second} {grouped(number, [2, 2, 2], ' ')} {last}")

    def UK_NHS(self, variant=""):
        while True:
            body = self.digits(9, "4679")
            check = 11 - sum(int(d) * (10 - i) for i, d in enumerate(body)) % 11
            if check != 10:
                number = body + str(check % 11)
                return number if variant == "bare" else self.pick(grouped(number, [3, 3, 4], " "), number, grouped(number, [3, 3, 4], "-"))

    def BR_CPF(self, variant=""):
        body = self.digits(9)
        for length in (10, 11):
            rest = sum(int(d) * w for d, w in zip(body, range(length, 1, -1))) * 10 % 11
            body += str(rest % 10)
        return body if variant == "bare" or variant == "" and self.random.random() < 0.25 else f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}"

    def BR_CNPJ(self, variant=""):
        body = self.digits(8) + "000" + self.pick("1", "1", "2", "7")
        for weights in ((5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2), (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)):
            rest = sum(int(d) * w for d, w in zip(body, weights)) % 11
            body += "0" if rest < 2 else str(11 - rest)
        return body if variant == "bare" or variant == "" and self.random.random() < 0.2 else f"{body[:2]}.{body[2:5]}.{body[5:8]}/{body[8:12]}-{body[12:]}"

    def CA_SIN(self, variant=""):
        body = self.digits(8, "1234567")
        number = body + luhn_digit(body)
        return number if variant == "bare" else grouped(number, [3, 3, 3], self.pick(" ", "-", " "))

    def DE_TAX_ID(self, variant=""):
        while True:
            pool = self.random.sample("0123456789", 9)
            body = pool + [self.random.choice(pool)]
            self.random.shuffle(body)
            if body[0] != "0" and all(body[i:i + 2] != [body[i]] * 2 for i in range(9)):
                break
        product = 10
        for digit in body:
            total = (int(digit) + product) % 10 or 10
            product = total * 2 % 11
        number = "".join(body) + str((11 - product) % 10)
        return self.pick(number, grouped(number, [2, 3, 3, 3], " "))

    def DE_ID_CARD(self, variant=""):
        body = self.letters(1, "CFGHJKLMNPRTVWXYZ") + "".join(self.random.choice("0123456789CFGHJKLMNPRTVWXYZ") for _ in range(8))
        value = lambda c: int(c) if c.isdigit() else ord(c) - 55
        check = sum(value(c) * w for c, w in zip(body, (7, 3, 1) * 3)) % 10
        return body if variant == "short" else body + str(check)

    def DE_SVNR(self, variant=""):
        head = f"{self.pick('02', '11', '12', '13', '53', '65', '66', '50')}{self.random.randint(1, 28):02}{self.random.randint(1, 12):02}{self.random.randint(40, 99):02}"
        letter, serial = self.letters(1), f"{self.random.randint(0, 99):02}"
        expanded = head + f"{ord(letter) - 64:02}" + serial
        total = sum(sum(divmod(int(d) * w, 10)) for d, w in zip(expanded, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)))
        check = str(total % 10)
        return self.pick(f"{head}{letter}{serial}{check}", f"{head[:2]} {head[2:]} {letter} {serial}{check}", f"{head[:2]} {head[2:]} {letter} {serial} {check}")

    def FR_NIR(self, variant=""):
        body = f"{self.pick('1', '2')}{self.random.randint(40, 99):02}{self.random.randint(1, 12):02}{self.random.randint(1, 95):02}{self.random.randint(1, 560):03}{self.random.randint(1, 400):03}"
        if body[5:7] == "20":
            body = body[:5] + "21" + body[7:]
        key = f"{97 - int(body) % 97:02}"
        return self.pick(body + key, grouped(body, [1, 2, 2, 2, 3, 3], " ") + " " + key)

    def ES_NIF(self, variant=""):
        table = "TRWAGMYFPDXBNJZSQVHLCKE"
        if variant == "nie" or variant == "" and self.random.random() < 0.3:
            first, body = self.pick("X", "Y", "Z"), self.digits(7)
            letter = table[int(str("XYZ".index(first)) + body) % 23]
            return self.pick(f"{first}{body}{letter}", f"{first}-{body}-{letter}")
        body = self.digits(8)
        letter = table[int(body) % 23]
        return self.pick(f"{body}{letter}", f"{body}-{letter}", f"{body}{letter}")

    def IT_FISCAL_CODE(self, variant=""):
        name = self.letters(3, "BCDFGLMNPRSTVZ") + self.letters(3, "BCDFGLMNPRSTVZ")
        day = self.random.randint(1, 28) + (40 if self.random.random() < 0.5 else 0)
        body = f"{name}{self.random.randint(40, 99):02}{self.letters(1, 'ABCDEHLMPRST')}{day:02}{self.letters(1, 'ABCDEFGHIL')}{self.random.randint(1, 999):03}"
        odd = dict(zip("0123456789", (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)))
        odd.update(zip(string.ascii_uppercase, (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)))
        even = lambda c: int(c) if c.isdigit() else ord(c) - 65
        total = sum(odd[c] if i % 2 == 0 else even(c) for i, c in enumerate(body))
        return body + chr(65 + total % 26)

    def VIN(self, variant=""):
        alphabet = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
        value = dict(zip("ABCDEFGH", range(1, 9))) | dict(zip("JKLMN", range(1, 6))) | {"P": 7, "R": 9} | dict(zip("STUVWXYZ", range(2, 10)))
        text = list(self.pick("1HG", "WVW", "JTD", "5YJ", "WBA", "2T1", "KMH", "3VW") + "".join(self.random.choice(alphabet) for _ in range(8)) + self.digits(6))
        total = sum((int(c) if c.isdigit() else value[c]) * w for c, w in zip(text, (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)))
        text[8] = "X" if total % 11 == 10 else str(total % 11)
        return "".join(text)

    # What is not personal data

    def filler(self, name):
        r = self.digits
        kinds = {
            "name": lambda: self.pick("Dana Whitfield", "Luca Moretti", "Aisha Khan", "Tom Becker", "Chloé Martin", "Pedro Alves", "Lucía Gómez", "Grace O'Neil"),
            "first": lambda: self.pick("Dana", "Luca", "Aisha", "Tom", "Chloé", "Pedro", "Lucía", "Grace"),
            "n3": lambda: r(3, "123456789"), "n4": lambda: r(4, "123456789"), "n5": lambda: r(5, "123456789"), "n6": lambda: r(6, "123456789"),
            "n7": lambda: r(7, "123456789"), "n8": lambda: r(8, "123456789"), "n9": lambda: r(9, "123456789"), "n10": lambda: r(10, "123456789"),
            "n12": lambda: r(12, "123456789"), "n16": lambda: self.bad_card(), "order": lambda: self.pick(f"ORD-{r(8)}", f"#{r(7)}", f"A{r(9)}", f"{r(3)}-{r(7)}-{r(7)}"),
            "amount": lambda: self.pick(f"${r(3, '123456789')}.{r(2)}", f"{r(2, '123456789')},{r(2)} €", f"£{r(1, '123456789')},{r(3)}.00", f"R$ {r(3, '123456789')},{r(2)}", f"USD {r(4, '123456789')}"),
            "date": lambda: self.pick("2025-03-14", "03/02/2026", "14.11.2025", "May 6, 2026", "12 de junho de 2026", "21/09/2025", "Oct 3rd"),
            "time": lambda: self.pick("14:05", "9:30 am", "07:45:12", "18h30", "half past six"),
            "stamp": lambda: self.pick("2026-02-11T08:15:42.118Z", "2025-12-01 23:59:01,442", "1764583123", "1764583123442", "[11/Nov/2025:10:22:31 +0000]"),
            "uuid": lambda: "-".join(self.hexa(n) for n in (8, 4, 4, 4, 12)), "hash": lambda: self.hexa(40), "hash8": lambda: self.hexa(8),
            "version": lambda: self.pick("4.18.2", "10.0.19045.3803", "v2.11.0-rc.1", "1.8.0_392", "121.0.6167.160", "17.2.1"),
            "isbn": lambda: self.pick("978-3-16-148410-0", "9780306406157", "0-19-852663-6"), "zip": lambda: self.pick("94107-1234", "10115", "SW1A 1AA", "75008", "01310-100"),
            "tracking": lambda: self.pick(f"1Z{r(3)}A{r(12)}", f"9400{r(18)}", f"RR{r(9)}DE", f"JD{r(18)}"), "imei": lambda: self.imei(),
            "case": lambda: self.pick(f"CS-{r(6)}", f"INC{r(7)}", f"{r(8)}", f"TCK-{r(5)}"), "street": lambda: self.pick("14 Rose Lane", "Hauptstraße 27", "221B Baker Street", "Rua Augusta 1508"),
            "ean": lambda: "40" + r(11), "serial": lambda: self.pick(f"SN{r(9)}", f"C02{self.letters(2)}{r(3)}{self.letters(4)}", f"{self.letters(3)}-{r(4)}-{r(4)}"),
            "flight": lambda: self.pick("LH 441", "BA2490", "TP1055"), "percent": lambda: self.pick("12.5%", "99.95 %"), "coords": lambda: self.pick("52.520008, 13.404954", "-23.5505,-46.6333"),
            "port": lambda: self.pick("8080", "5432"), "build": lambda: self.pick("20251104.7", "build 88213"), "url": lambda: self.pick("https://shop.example/p/83810022", "http://intra.local:8080/t/4711"),
        }
        return kinds[name]()

    def bad_card(self):
        body = self.pick("7", "8", "1") + self.digits(14)
        return body + str((int(luhn_digit(body)) + self.random.randint(1, 9)) % 10)

    def imei(self):
        body = "35" + self.digits(12)
        return body + luhn_digit(body)
