/// The commented file that `muniment init` writes. It loads as it is, against the built-in sandbox.
public struct ConfigurationTemplate: Sendable {
    /// The ledger's name.
    public var origin: String
    /// The data plane's address.
    public var dataAddress = "127.0.0.1:8080"
    /// The control plane's address.
    public var controlAddress = "127.0.0.1:8081"
    /// The sandbox's pretend Genesys Cloud.
    public var platformURL = "http://127.0.0.1:9081"
    /// The OAuth client there.
    public var clientID = "sandbox-gateway"
    /// The sandbox's pretend CRM.
    public var crmURL = "http://127.0.0.1:9082"

    /// A template for a ledger of this name.
    public init(origin: String) { self.origin = origin }

    /// The file's text.
    public var text: String {
        """
        # Muniment's whole configuration. 'muniment check-config' lists everything that is wrong with it at once.
        # Unknown settings are errors, so a misspelt one cannot silently do nothing. Paths are relative to this file.

        installation:
          # Stands in events and metrics, so that two nodes can be told apart.
          node: node-1
          # Part of every customer token: two tenants never share one. Do not change it once customers were recorded.
          tenant: main

        ledger:
          # The ledger's name in every checkpoint, for ever. Verifiers pin it: never reuse it for another ledger.
          origin: \(origin)
          directory: data
          # A recent checkpoint, kept outside the ledger's folder so that a restored old copy or a rewritten file shows.
          # Best on another volume.
          anchor: anchor/checkpoint
          # Signs checkpoints. Whoever holds it can sign a false history: back it up apart from the ledger.
          key: keys/ledger.key

        tokens:
          # Customer ids go into the ledger only as HMAC-SHA-256 under this key. Lose it, and nobody can ask "who saw this
          # customer?" any more; leak it, and tokens can be guessed.
          key: keys/tokens.key
          epoch: 1

        # The data plane: audited reads. The only address that the contact centre's Data Actions need to reach.
        data:
          address: \(dataAddress)
          # tls:
          #   certificate: tls/server.pem
          #   privateKey: tls/server.key
          #   clientAuthorities: tls/clients.pem   # with this, every caller must present a certificate (mutual TLS)

        # The control plane: questions, proofs, management, metrics. Keep it off the Internet.
        control:
          address: \(controlAddress)

        # The contact centre. Without this section every read is graded 'claimed': the agent says so, nobody checks.
        genesys:
          # For a real organisation replace 'sandboxUrl' by its region, such as 'region: mypurecloud.de'.
          sandboxUrl: \(platformURL)
          clientId: \(clientID)
          clientSecret: {file: keys/genesys-client-secret}
          binding:
            # How long a read waits for the platform at first sight of a conversation; later answers correct the record.
            budget: 400ms
            # How long the platform's answer about a conversation is good for.
            factsFor: 8s
            # After-call work when the platform reports none.
            wrapUp: 2m
            # The participant attribute in which your flow keeps the customer's id. Without it no read is 'verified'.
            customerAttribute: customerId

        # Where customers' data is fetched from.
        upstreams:
          crm:
            url: \(crmURL)
            region: eu-central-1
            credential: {scheme: Bearer, secret: {file: keys/crm-token}}
            timeout: 2s
            breaker: {failures: 5, open: 10s}

        # Kinds of read. POST /api/v1/read/<name> with customerId, agentId, interactionId, purpose.
        routes:
          customer-profile:
            upstream: crm
            path: /customers/{customerId}
            purposes: [service, fraud-investigation]
            defaultPurpose: service
            # Must stay below the Data Action's time-out, or the agent sees an error while the read succeeds.
            budget: 4s
            # 'refuse': what cannot be recorded is not released. 'spool': it is recorded in a synced local journal first.
            failMode: refuse
            # 'observe' releases every declared field and records what the policy would have done.
            mode: enforce
            velocity: {readsPerMinute: 60, action: flag}
            # Whatever is not declared here is withheld.
            fields:
              - {path: id, category: identifier}
              - {path: name, category: name}
              - {path: email, category: email}
              - {path: phone, category: phone}
              - {path: address.street, category: address}
              - {path: address.city, category: address}
              - {path: address.postcode, category: postcode}
              - {path: address.country, category: public}
              - {path: dateOfBirth, category: date-of-birth}
              - {path: nationalId, category: national-id}
              - {path: card.pan, category: payment-card}
              - {path: card.expiry, category: payment-card}
              - {path: "accounts[].iban", category: bank-account}
              - {path: "accounts[].balance", category: balance}
              - {path: "accounts[].currency", category: public}

        # Default deny. A deny beats every allow, an allow beats a mask. A contradicted read sees nothing unless a rule says so.
        # 'muniment policy explain' shows why a field is released or not.
        policy:
          version: "1"
          roles:
            - {name: agent, everyone: true}
            - {name: fraud, genesysRoles: [Fraud Specialist]}
          rules:
            - id: agents-see-contact-data
              effect: allow
              roles: [agent]
              purposes: [service]
              bindings: [verified, partial]
              categories: [name, email, phone, address, postcode, identifier, public]
            - id: agents-see-the-rest-masked
              effect: mask
              roles: [agent]
              purposes: [service]
              bindings: [verified, partial]
              categories: [date-of-birth, national-id, payment-card, bank-account]
            - id: unverifiable-reads-see-little
              effect: mask
              roles: [agent]
              bindings: [unverifiable, claimed]
              categories: [name, identifier]
            - id: fraud-sees-accounts
              effect: allow
              roles: [fraud]
              purposes: [fraud-investigation]
              bindings: [verified, partial]
              categories: [name, identifier, bank-account, balance, public]

        # Commit to every released value, so that "was this value shown?" can be proved later without keeping the value.
        commitments: true

        log: {level: info}

        """
    }
}
