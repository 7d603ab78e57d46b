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
    /// The file with its secret.
    public var clientSecretFile = "keys/genesys-client-secret"
    /// The sandbox's pretend CRM.
    public var crmURL = "http://127.0.0.1:9082"
    /// The file with the bearer token for it.
    public var crmTokenFile = "keys/crm-token"

    /// The name of the node.
    public var node = "node-1"
    /// The database, where the ledger is to be in one.
    public struct Postgres: Sendable {
        /// Its address, without a password.
        public var address: String
        /// The file that holds the password.
        public var passwordFile: String?
        /// Whether nothing may be committed without a standby.
        public var requireStandby = false

        /// Names a database.
        public init(address: String) { self.address = address }
    }
    /// The database; nil for a file of the ledger's own.
    public var postgres: Postgres?

    /// A template for a ledger of this name.
    public init(origin: String) { self.origin = origin }

    /// The file's text.
    public var text: String { [places, contactCentre, reads, policy, optional].joined(separator: "\n") }

    /// A text as a YAML value: as it is when nothing in it means something to YAML, otherwise in quotes.
    private static func yaml(_ text: String) -> String {
        func isAlphanumeric(_ character: Character?) -> Bool {
            character.map { $0.isASCII && ($0.isLetter || $0.isNumber) } ?? false
        }
        // Words without any of these signs could be `null`, and numbers could be anything.
        let isPlain =
            isAlphanumeric(text.first) && isAlphanumeric(text.last) && text.contains { "./:-".contains($0) }
            && text.allSatisfy { isAlphanumeric($0) || "./:-_".contains($0) }
        if isPlain { return text }
        let escaped = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"", "\\": "\\\(scalar)"
            case "\u{20}"..."\u{7E}": "\(scalar)"
            default:
                "\\U" + String(repeating: "0", count: 8 - String(scalar.value, radix: 16).count)
                    + String(scalar.value, radix: 16)
            }
        }
        return "\"\(escaped.joined())\""
    }

    private var postgresLines: String {
        guard let postgres else {
            return """
                  # For several nodes, or a database that is replicated and backed up already: docs/operations.md.
                  # postgres:
                  #   address: postgresql://muniment@db1.example.com,db2.example.com/muniment?sslmode=verify-full
                  #   passwordFile: keys/postgres-password
                  #   # Nothing is committed while the server waits for no standby.
                  #   requireStandby: true
                """
        }
        return """
              # The record is in PostgreSQL; the folder above holds only what is this node's own.
              postgres:
                address: \(Self.yaml(postgres.address))
            """ + (postgres.passwordFile.map { "\n    passwordFile: \(Self.yaml($0))" } ?? "")
                + (postgres.requireStandby ? "\n    requireStandby: true" : "")
    }

    private var places: String {
        """
        # Muniment's whole configuration. 'muniment check-config' lists everything that is wrong with it at once.
        # Unknown settings are errors, so that a misspelt one cannot silently do nothing. Paths are relative to this
        # file.

        installation:
          # Stands in events and metrics. Two nodes of one name could not be told apart in the record.
          node: \(node)
          # Part of every customer token, so that two tenants never share one. Once customers were recorded, changing it
          # would make "who saw this customer?" find nothing of the time before.
          tenant: main

        ledger:
          # The ledger's name in every checkpoint, for ever. Verifiers pin it: reused for another ledger, two histories
          # would both look genuine.
          origin: \(Self.yaml(origin))
          # Entries, tree and index. Deleting it deletes the record; the anchor shows that there was one.
          directory: data
          # A recent checkpoint, kept outside the ledger's folder so that a restored old copy or a rewritten file shows.
          # Best on another volume.
          anchor: anchor/checkpoint
          # Signs checkpoints. Whoever holds it can sign a false history: back it up apart from the ledger.
          key: keys/ledger.key
        \(postgresLines)

        tokens:
          # Identifiers become HMAC-SHA-256 under this key, and people's own keys are sealed under it. Lose it, and nobody
          # can ask "who saw this customer?" any more; leak it, and tokens can be guessed. 'muniment identity keys rotate'
          # adds a key to the file. Instead of a file: 'command: [/path/to/program, argument]', which prints the keys.
          key: keys/tokens.key
          # The number of a key that stands alone in its file; tokens carry it.
          epoch: 1

        # How identifiers are read, and how they make people; docs/identity.md lists everything.
        identity:
          # A record of this assurance or more that fits two customers makes them one; 'never' leaves that to people.
          mergesFrom: matched
          # Where telephone numbers without country code are at home: BR, CA, DE, ES, FR, GB, IT, PT or US.
          # region: DE
          # Who else must agree to a decision: by default one other to what brings people together or forgets them.
          # approvals: {merge: 1, link: 1, forget: 1, expire: 72h}
          # Values that identify nobody, such as your own switchboard.
          # blocked: {phone: ["+49 30 901820"], email: [info@example.com]}

        # The data plane: audited reads. The only address that the contact centre's Data Actions need to reach.
        data:
          # Reachable from other machines it needs 'tls', or customers' data crosses the network in clear. Behind a
          # proxy that does TLS, say so with 'plaintext: accepted'.
          address: \(Self.yaml(dataAddress))
          # tls:
          #   certificate: tls/server.pem
          #   privateKey: tls/server.key
          #   # With this, every caller must present a certificate: a leaked token alone opens nothing.
          #   clientAuthorities: tls/clients.pem
          # Event loops; 0 is one per core. More only take turns on the same cores.
          threads: 0
          # Further connections are closed at once, so that a flood of them cannot use up the process's files.
          maximumConnections: 4096

        # The control plane: questions, proofs, management, metrics. Keep it off the Internet: it can create API
        # clients.
        control:
          address: \(Self.yaml(controlAddress))

        """
    }

    private var contactCentre: String {
        """
        # The contact centre. Without this section every read is graded 'claimed': the agent says so, and nobody checks.
        genesys:
          # For a real organisation write its region instead, such as 'region: mypurecloud.de'. A sandbox's answers are
          # evidence of nothing.
          sandboxUrl: \(Self.yaml(platformURL))
          clientId: \(Self.yaml(clientID))
          # Secrets are named, never written here, where they would end in version control: {env: NAME} or {file: PATH}.
          # A file that others can read is refused.
          clientSecret: {file: \(Self.yaml(clientSecretFile))}
          binding:
            # How long a read waits for the platform at first sight of a conversation. Longer, and agents wait when the
            # platform is slow; a later answer corrects the record.
            budget: 400ms
            # How long the platform's answer about a conversation is good for. Longer, and an agent who left still
            # reads.
            factsFor: 8s
            # The same for agents' roles. Longer, and a role that was taken away still opens fields.
            rolesFor: 5m
            # After-call work, when the platform reports none. Too short, and agents who finish a case are refused.
            wrapUp: 2m
            # The participant attribute in which your flow keeps the customer's id. Without it no read is 'verified',
            # and an agent on any call can read any customer.
            customerAttribute: customerId
          # Facts for detection; each feed needs permissions of its own (docs/genesys-setup.md). Rules that need a feed that
          # is not on are silent.
          # feeds:
          #   conversations: {interval: 1m}
          #   audits: {interval: 5m}
          #   interactionAudits: {interval: 5m}
          #   executions: {interval: 5m, step: 15m}
          #   agents: {interval: 1h, peerGroup: department}
          #   shifts: {interval: 15m}

        """
    }

    private var reads: String {
        """
        # Where customers' data is fetched from.
        upstreams:
          crm:
            # Plain http to another machine is refused, unless you add 'plaintext: accepted'.
            url: \(Self.yaml(crmURL))
            # Where the data is held; recorded with each read, for questions about transfers.
            region: eu-central-1
            credential: {header: Authorization, scheme: Bearer, secret: {file: \(Self.yaml(crmTokenFile))}}
            # For one exchange, connecting included. It must fit into the budgets of the routes.
            timeout: 2s
            # Further reads wait their turn, so that a rush cannot overrun the system of record.
            maximumConnections: 256
            # After so many failures in a row it is left alone for so long: agents get their error at once, and it can
            # recover.
            breaker: {failures: 5, open: 10s}

        # Kinds of read: POST /api/v1/read/<name> with customerId, agentId, interactionId, purpose.
        routes:
          customer-profile:
            upstream: crm
            method: GET
            # {customerId} is all that can vary; it is encoded, so that an id cannot lead to another path.
            path: /customers/{customerId}
            # A read states why. Whatever is not listed is refused, or the record would be full of invented reasons.
            purposes: [service, fraud-investigation]
            # Of a read that states none. Remove it to make every caller say why.
            defaultPurpose: service
            # For the whole read. Keep it below the Data Action's timeout, or agents see an error while the read is
            # recorded as made.
            budget: 4s
            # 'refuse': what cannot be recorded is not released. 'spool': it is recorded in a synced local journal until
            # the ledger is back; needs the section 'spool'.
            failMode: refuse
            # 'enforce': the policy binds. 'observe': every declared field is released, and the record says what the
            # policy would have done; for trying a policy, not for good.
            mode: enforce
            # A larger answer is refused, so that a broken upstream cannot fill the memory.
            maximumResponse: 1MiB
            # For each agent. 'flag' marks reads beyond it in the record, 'block' refuses them: harvesting shows, or
            # stops.
            velocity: {readsPerMinute: 60, action: flag}
            # The field that holds the customer's id. An answer with another id is another customer's record: refused.
            customerField: id
            # Whatever is not declared here is withheld, fields that the CRM will have tomorrow included. card.cvv is
            # left out on purpose: PCI DSS 3.3.1 forbids to keep it, so nobody sees it, whatever the policy says.
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

        # The journal of routes with failMode 'spool'. When it is full, their reads are refused.
        # spool: {directory: spool, maximum: 256MiB}

        """
    }

    private var policy: String {
        """
        # Who sees what. Nothing is released that no rule releases. A deny beats every allow, an allow beats a mask. A
        # read that the platform contradicts sees nothing, unless a rule names that grade. Rules that could never decide
        # anything are errors. 'muniment policy explain' shows why a field is released or not. May stand in a file:
        # 'policy: {file: ...}'.
        policy:
          # Recorded with every decision: change it with every change, or nobody can tell which rules were in force.
          version: "1"
          roles:
            - {name: agent, everyone: true}
            # Whoever has this role in Genesys Cloud.
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
            # When the platform cannot be asked, a call goes on, with as little as it needs.
            - id: unverifiable-reads-see-little
              effect: mask
              roles: [agent]
              bindings: [unverifiable, claimed]
              categories: [identifier]
            - id: fraud-sees-accounts
              effect: allow
              roles: [fraud]
              purposes: [fraud-investigation]
              bindings: [verified, partial]
              categories: [bank-account, balance, public]
            - id: fraud-sees-whose-accounts
              effect: allow
              roles: [fraud]
              purposes: [fraud-investigation]
              bindings: [verified, partial]
              categories: [name, identifier]
            # Whoever answers must know whom they speak to, verified or not.
            - id: every-call-has-a-name
              effect: allow
              roles: [agent]
              bindings: [claimed, unverifiable]
              categories: [name]

        # A candidate that decides nothing: how often it would have decided otherwise is counted, so that a change of
        # policy is known before agents feel it.
        # shadowPolicy: {file: candidate.yaml}

        # Commit to every released value, so that "was this value shown?" can be proved later without keeping the value.
        commitments: true

        # trace, debug, info, notice, warning or error. No level logs customers' data.
        log: {level: info}

        """
    }

    /// What works without being set, or is off until it is. Every line is one that loads when its comment sign is taken away.
    private var optional: String {
        """
        # What follows the record: docs/delivery.md. Nothing of this can delay or lose a read.
        # sinks:
        #   archive:
        #     kind: file
        #     # Its folder must be there.
        #     path: archive/events.ndjson
        #     start: beginning
        #     # Most entries read in a second, so that a long backlog leaves the machine to others.
        #     rate: 20000

        # What is found in the record, and what may be done about it: docs/detection.md, docs/containment.md.
        # detection:
        #   # The centre's clock, for days and hours of the week; UTC without it.
        #   timeZone: Europe/Berlin
        #   # For how long what ties an agent to a customer explains reads before its beginning and after its end.
        #   explanationTimes: {live_participant: {after: 30m}, callback: {before: 30m, after: 30m}}
        #   # How long after a transfer the second agent's own read is waited for.
        #   secondRead: 60s
        #   containment:
        #     # mask_only alone is on by default; what acts on the platform needs the approval of others.
        #     steps: [mask_only, block]
        #     # What alerts bring about at the gateway without anybody being asked, and for how long; nothing unless named.
        #     automatic: [mask_only]
        #     automaticFor: 60m
        #     unexplainedReads: 20   # one rule and so many reads that nothing explains block, as two rules do

        # How personal data in free text is masked on its way to agents, sinks and the log: docs/redaction.md.
        # redaction:
        #   policies:
        #     text: {version: 1, default: label}
        #   categories: {note: text}
        #   sinks: text
        #   log: text

        # How long a signed request is taken: docs/api.md.
        # signatures: {window: 60s, clockSkew: 5s}

        # Spans of reads for an OpenTelemetry collector, without customers, agents or conversations: docs/operations.md.
        # tracing: {endpoint: "http://127.0.0.1:4318/v1/traces", sampleRatio: 0.1}

        """
    }
}
