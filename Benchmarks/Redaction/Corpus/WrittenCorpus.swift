import Redaction

/// Chat messages, mails, notes and log lines in six languages; `{TYPE}` stands for a value, `{#n}` for n other digits.
enum WrittenTemplates {
    static let all: [String] = [
        "Hi, I was charged twice on {CREDIT_CARD}, can you look into it?",
        "Please bill my Visa {CREDIT_CARD} exp {CARD_EXPIRY} cvv {CARD_CVV}.",
        "pan={CREDIT_CARD};expiry={CARD_EXPIRY};cvc={CARD_CVV}",
        "The card ({CREDIT_CARD}) was declined at the counter yesterday.",
        "Meine Kreditkarte {CREDIT_CARD}, gültig bis {CARD_EXPIRY}, Prüfnummer {CARD_CVV}",
        "Ma carte {CREDIT_CARD} expire le {CARD_EXPIRY}, cryptogramme {CARD_CVV}.",
        "Mi tarjeta es {CREDIT_CARD}, caduca {CARD_EXPIRY} y el código de seguridad {CARD_CVV}",
        "O cartão {CREDIT_CARD} tem validade {CARD_EXPIRY} e código de segurança {CARD_CVV}",
        "My social is {US_SSN} if that helps you find the file.", "Applicant SSN: {US_SSN}, phone {PHONE}",
        "ssn {US_SSN} dob {DATE_OF_BIRTH}",
        "Nonresident filer with ITIN {US_ITIN} asks for form W-7.",
        "You can write to {EMAIL} or ring {PHONE} after six.", "From: {EMAIL}\nTo: {EMAIL}\nSubject: parcel",
        "Call me back on {PHONE} please, I am at work until five.", "Rufen Sie mich bitte unter {PHONE} zurück.",
        "Mon numéro de téléphone est le {PHONE}, merci.",
        "Mi teléfono es {PHONE}.", "Meu telefone é {PHONE}, obrigado.", "contact: {PHONE} / {EMAIL}",
        "Refund to {IBAN} please, holder is my wife.",
        "IBAN {IBAN} BIC COBADEFFXXX", "Meine IBAN lautet {IBAN}.", "Le virement part vers {IBAN} demain.",
        "account number {BANK_ACCOUNT}, routing number {ABA_ROUTING}",
        "Direct deposit form: ABA {ABA_ROUTING} Acct {BANK_ACCOUNT}",
        "Sort code {UK_SORT_CODE}, account number {BANK_ACCOUNT}", "Kontonummer {BANK_ACCOUNT} bei der Sparkasse",
        "Numéro de compte: {BANK_ACCOUNT}", "La cuenta {BANK_ACCOUNT} sigue bloqueada",
        "Login from {IP_ADDRESS} failed three times", "client ip={IP_ADDRESS} ua=curl",
        "Your router reports {MAC_ADDRESS} on port 4", "DHCP lease for {MAC_ADDRESS} -> {IP_ADDRESS}",
        "Patient born {DATE_OF_BIRTH}, NHS number {UK_NHS}",
        "Date of birth: {DATE_OF_BIRTH}", "DOB {DATE_OF_BIRTH}", "geboren am {DATE_OF_BIRTH} in Kiel",
        "née le {DATE_OF_BIRTH} à Lyon", "fecha de nacimiento {DATE_OF_BIRTH}",
        "My passport number is {PASSPORT} and it was issued in May.", "Reisepass {PASSPORT}", "Passeport n° {PASSPORT}",
        "driver's license {DRIVER_LICENSE} from Ohio",
        "DL# {DRIVER_LICENSE}", "Führerscheinnummer {DRIVER_LICENSE}", "NI number {UK_NINO} for payroll",
        "National Insurance: {UK_NINO}", "my NHS no is {UK_NHS}",
        "CPF {BR_CPF} do titular", "O CPF dele é {BR_CPF}", "CNPJ da empresa: {BR_CNPJ}",
        "Nota fiscal emitida para o CNPJ {BR_CNPJ}", "SIN {CA_SIN} on the T4 slip",
        "Her social insurance number is {CA_SIN}.", "Steuer-ID {DE_TAX_ID} bitte eintragen",
        "Meine Steueridentifikationsnummer lautet {DE_TAX_ID}.",
        "Personalausweis Nr. {DE_ID_CARD}", "Ausweisnummer: {DE_ID_CARD}", "Sozialversicherungsnummer {DE_SVNR}",
        "Rentenversicherungsnummer: {DE_SVNR}, danke",
        "Numéro de sécurité sociale {FR_NIR}", "NIR {FR_NIR}", "DNI {ES_NIF}", "con NIE {ES_NIF} y domicilio en Bilbao",
        "Codice fiscale {IT_FISCAL_CODE}",
        "il mio CF è {IT_FISCAL_CODE}", "VIN {VIN} has a recall", "Die Fahrgestellnummer {VIN} finde ich im Schein",
        "The vehicle {VIN} was towed",
        "Hello, I'm {EMAIL}, my old number {PHONE} no longer works and I need it changed before Friday.",
        "2026-03-04T10:22:31Z WARN auth user={EMAIL} ip={IP_ADDRESS} attempt=3",
        "Agent: what is the account number?\nCustomer: {BANK_ACCOUNT}",
        "Agent: and your social security number?\nCustomer: sure, {US_SSN}",
        "Agent: card number please\nCustomer: {CREDIT_CARD}\nAgent: and the expiry?\nCustomer: {CARD_EXPIRY}",
        // Nothing to be found.
        "Order {#9} shipped with tracking number {#12}, arriving Tuesday.", "Ticket #{#7} was merged into case {#8}.",
        "Firmware 10.2.14.3 fixes the crash on build {#6}.",
        "The invoice {#10} over $1,{#3}.00 is due on 04/12/2026.", "Our office is open 9-5, room 2{#2}, since 1998.",
        "IMEI 35{#13} serial {#8}",
        "Chrome/120.0.0.0 Safari/537.36", "commit 3f786850e387550fdab836ed7e6dc881de23001b at 1718{#9}",
        "Meeting on 12/05/2026 at 14:30, dial in later.",
        "We sold 4,{#3} units and 12{#3} more in 2025.", "uuid 550e8400-e29b-41d4-a716-44665544{#4}",
        "Die Bestellung {#10} ist unterwegs, Sendungsnummer {#14}.",
        "La commande {#9} est partie, code postal 69{#3}.", "El pedido {#8} llega el 12/06/2026.",
        "O protocolo do atendimento é {#12}.", "Bitte PLZ {#5} angeben.",
        "Score 3-2, attendance {#5}, minute 87.", "It took 0.{#9} seconds on average.",
        "ISBN 978-3-16-148410-0 is out of print", "epoch {#13} ms",
        "The part number is {#4}-{#4}-{#2}, two per box.", "Version 3.11.7 needs Python and 512 MB.",
        "I have been waiting for 45 minutes and nobody picked up!",
        "Thank you for your patience, we will get back to you within 2 business days.",
        "Could you tell me whether the parcel can be left with the neighbours?",
    ]
}

/// Builds records from templates.
public struct CorpusMaker {
    private var values: Values
    var random: SeededGenerator

    /// The same seed always makes the same records.
    public init(seed: UInt64) {
        values = Values(random: SeededGenerator(seed: seed ^ 0xA5A5))
        random = SeededGenerator(seed: seed)
    }

    /// A written record.
    public mutating func written() -> Record { fill(random.pick(WrittenTemplates.all), isSpoken: false) }

    /// A spoken record.
    public mutating func spoken() -> Record { fill(random.pick(SpokenTemplates.all), isSpoken: true) }

    mutating func fill(_ template: String, isSpoken: Bool) -> Record {
        var text = ""
        var spans: [GoldSpan] = []
        var rest = Substring(template)
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            text += rest[..<open]
            let name = rest[rest.index(after: open)..<close]
            let start = text.utf8.count
            if name.hasPrefix("#") {
                text += random.digits(Int(name.dropFirst()) ?? 4)
            } else if let type = EntityType(name: String(name)) {
                text += values.value(type)
                spans.append(GoldSpan(type: type, start: start, end: text.utf8.count))
            } else {
                for part in say(String(name)) {
                    if let type = part.type {
                        let begin = text.utf8.count
                        text += part.text
                        spans.append(GoldSpan(type: type, start: begin, end: text.utf8.count))
                    } else {
                        text += part.text
                    }
                }
            }
            rest = rest[rest.index(after: close)...]
        }
        return Record(text: text + rest, spans: spans, isSpoken: isSpoken)
    }

    /// The digits of a value for speaking.
    mutating func digits(_ type: EntityType) -> String {
        switch type {
        case .creditCard: return values.cardDigits()
        case .usSSN: return values.ssn()
        case .phone: return values.usPhone()
        default: return values.value(type).filter(\.isNumber)
        }
    }
}
