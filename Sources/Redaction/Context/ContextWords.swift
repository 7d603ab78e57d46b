/// The words and two-word phrases that say what a number is, in English, German, French, Spanish, Portuguese and Italian.
///
/// Lower case, without accents (folding removes them from the text too). Two words in quotation order, joined by `+`, are a
/// phrase that counts instead of its last word.
enum ContextWords {
    static let all: [(classes: ContextClass, words: String)] = [
        (
            .init(.creditCard),
            "card cards visa mastercard amex maestro pan cc ccn ccnum creditcard debitcard cardno karte kartennummer "
                + "kreditkarte kreditkartennummer kartennr carte tarjeta cartao carta discover diners jcb american+express "
                + "debit plastic bancaire"
        ),
        (
            .init(.cardCVV),
            "cvv cvv2 cvc cvc2 cid cvn csc security+code verification+code card+code sicherheitscode prufziffer pruefziffer "
                + "kartenprufnummer kartenpruefnummer prufnummer pruefnummer cryptogramme code+securite codigo+seguridad "
                + "codigo+seguranca de+seguridad de+seguranca de+securite security+digits on+back three+digits digit+code "
                + "securitycode cvvcode security+number verification+value the+back au+dos de+atras digitos+atras atras+do back+of ruckseite"
        ),
        (
            .init(.cardExpiry),
            "exp expiry expires expiration expiring expire expdate valid+thru valid+through valid+until good+thru good+through "
                + "gultig gueltig ablauf ablaufdatum gultigkeit gueltigkeit verfallsdatum verfalldatum expiration+date expire+fin caduca caducidad "
                + "vencimiento vence validade vencimento expira expiracion peremption valable validite date+expiration "
                + "ablaufend ablauft laeuft lauft"
        ),
        (
            .init(.usSSN),
            "ssn ssns social socials social+security sozialversicherungsnummer+us ss ssno seguro+social"
        ),
        (.init(.usITIN), "itin taxpayer individual+taxpayer"),
        (.init(.email), "email mail e+mail mailto correo courriel"),
        (
            .init(.phone),
            "phone phones telephone tel mobile cell cellphone fax call callback text sms whatsapp dial ring reach contact "
                + "telefon telefonnummer handy handynummer mobil mobilnummer mobilfunk rufnummer anrufen ruckruf rueckruf "
                + "durchwahl portable gsm appeler appelez rappeler joindre joignable rappeler rappelez rappelle erreichen erreichbar anruf zuruckrufen telefono movil celular llamar llame llamame llameme llamenos llamarme llamarle marcar marque "
                + "telemovel telefone ligar ligue liga ligo fone zap landline voicemail called calling phonenumber "
                + "cellulare chiamare extension ext msisdn ani dnis best+number good+number area+code callback+number contact+number"
        ),
        (.init(.iban), "iban ibans"),
        (
            .init(.bankAccount),
            "account accounts acct acc accountnumber konto kontonummer kontonr bankkonto kto girokonto compte cuenta conta "
                + "conto checking savings chequing deposit current+account bank+account account+number rib clabe ccc a+c "
                + "bankverbindung corrente ahorros poupanca sparkonto rekening bankaccount accountno sammelkonto acctno"
        ),
        (
            .init(.abaRouting),
            "routing aba rtn rt transit routingnumber abanumber bank+routing wire+routing fedwire ach"
        ),
        (.init(.ukSortCode), "sort sortcode sort+code s+c"),
        (.init(.ipAddress), "ip ipv4 ipv6 ipaddress host hostname server client+ip addr"),
        (.init(.macAddress), "mac macaddress bssid ethernet"),
        (
            .init(.dateOfBirth),
            "dob birth born birthday birthdate bday birthdays dateofbirth geboren geburtsdatum geburtstag geb gebdatum naissance ne+le nee+le "
                + "nacimiento naci nacio nacido nacida nascimento nasci nascido nascida nascita nato nata nais cumpleanos "
                + "aniversario d+o+b birth+date nee anniversaire fnac nac nasc e+le"
        ),
        (
            .init(.passport),
            "passport passports passeport reisepass reisepassnummer pass passnummer passnr pasaporte passaporte passportnumber passportno travel+document "
                + "passaporto"
        ),
        (
            .init(.driverLicense),
            "license licence licenses licences dl dln driver drivers driving driver+license driver+licence driving+licence "
                + "driving+license drivers+license fuhrerschein fuehrerschein fuhrerscheinnummer fuehrerscheinnummer permis+conduire "
                + "conduire conducir carnet cnh habilitacao driverlicense driverslicense dlnumber licensenumber patente"
        ),
        (.init(.ukNINO), "nino ni national+insurance nationalinsurance"),
        (.init(.ukNHS), "nhs nhsnumber health+service patient"),
        (.init(.brCPF), "cpf cpfs"),
        (.init(.brCNPJ), "cnpj"),
        (.init(.caSIN), "sin nas social+insurance assurance+sociale insurance+sin canadian"),
        (
            .init(.deTaxID),
            "steuer steuerid steueridentifikationsnummer steuernummer steuernr steuerliche identifikationsnummer idnr tin idno "
                + "steuer+id id+nr tax+id taxid tax+identification"
        ),
        (
            .init(.deIDCard),
            "personalausweis personalausweisnummer ausweis ausweisnummer ausweisnr perso id+card identity+card ausweisdokument "
                + "identitatskarte"
        ),
        (
            .init(.deSVNR),
            "svnr sozialversicherungsnummer sozialversicherung rentenversicherungsnummer rentenversicherung "
                + "versicherungsnummer rvnr svnummer pension+insurance"
        ),
        (.init(.frNIR), "nir insee securite+sociale secu numero+secu vitale"),
        (.init(.esNIF), "nif nie dni documento+identidad identidad"),
        (.init(.itFiscalCode), "codice fiscale codicefiscale codice+fiscale cf"),
        (.init(.vin), "vin chassis fahrgestellnummer fin vehicle fahrgestell bastidor"),
        (
            .thing,
            "order orders tracking track case ticket invoice reference ref confirmation release sku upc ean isbn "
                + "flight model part item product po request trace booking reservation commit hash session parcel shipment "
                + "package delivery docket incident job task claim bestellung bestellnummer auftrag auftragsnummer rechnung "
                + "rechnungsnummer sendungsnummer sendung vorgang vorgangsnummer aktenzeichen kundennummer buchung "
                + "buchungsnummer ticketnummer commande colis suivi facture dossier pedido factura envio expediente "
                + "referencia reserva fatura protocolo rastreio nota chamado encomenda article article+number error "
                + "transaction txn correlation uuid guid permit plate plates registration meter loyalty membership member "
                + "gift voucher coupon promo asin rma lot batch row line page chapter section step room seat gate "
                + "artikelnummer vertragsnummer ordine spedizione numero+pedido timestamp epoch millis nonce checksum "
                + "crc md5 sha sha1 sha256 etag tracking+number order+number case+number ticket+number security+ticket "
                + "order+id customer+id user+id device+id request+id account+manager pin+code event sequence seq queue "
                + "waybill bestell policy police poliza apolice versicherungsschein nota+fiscal blz bankleitzahl kennzeichen zahler zaehler zaehlernummer"
        ),
        (.device, "imei imeis serial imsi iccid meid esn serial+number seriennummer numero+serie barcode modem"),
        (
            .version,
            "version versions firmware build ver v chrome firefox safari android ios windows kernel driver+version release+version patch "
                + "software mozilla webkit applewebkit gecko rv edge opera schema protocol"
        ),
        (
            .quantity,
            "amount total balance price cost usd eur gbp dollars dollar euros euro pounds miles points kwh betrag summe saldo preis "
                + "montant solde prix importe precio valor preco percent units quantity qty score bytes kb mb gb seconds minutes hours "
                + "days weeks people reais pesos population salary revenue"
        ),
        (
            .partial,
            "ending ends last+four last+4 last endet endend terminant terminada termina terminado letzten derniers ultimos"
        ),
        (.tax, "tax taxes fiscal impots"),
        (
            .otherDate,
            "appointment meeting due deliver delivered shipped arrival departure visit scheduled schedule created updated signed since "
                + "termin rendez cita consulta started start admitted discharged discharge effective ordered seen date+visit purchased purchase bought paid hired joined opened closed issued"
        ),
        (.code, "code codigo kode codice"),
        (.postcode, "zip zipcode postcode postal plz postleitzahl post+code zip+code cep cap code+postal"),
    ]

    /// Words that matter only as the first part of a phrase, or that may stand between the parts of a dictated number.
    static let plain = "number code no nr id my is the of and for your"
}
