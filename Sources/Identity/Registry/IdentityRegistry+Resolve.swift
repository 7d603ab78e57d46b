import JSON
public import Ledger
import Storage

/// An identification as a flow or a middleware asks for it.
public struct ResolutionRequest: Sendable {
    /// What is known of the person.
    public var identifiers: [Identifier]
    /// What the answer is for.
    public var purpose: IdentityPurpose
    /// The conversation.
    public var interaction: String?
    /// `VOICE`, `CHAT`, `EMAIL` and so on.
    public var channel: String
    /// How the identifiers were come by, such as `CRM_API_LOOKUP`.
    public var source: String
    /// The agent, where one is involved.
    public var agent: String?
    /// The queue.
    public var queue: String?
    /// Whether the person's consent is on record; nil when it is not known.
    public var consentRecorded: Bool?
    /// Whether a data subject request of the person is pending; nil when it is not known.
    public var requestPending: Bool?

    /// A request of these identifiers; nothing else is known.
    public init(identifiers: [Identifier], purpose: IdentityPurpose, channel: String, source: String) {
        self.identifiers = identifiers
        self.purpose = purpose
        self.channel = channel
        self.source = source
    }
}

extension IdentityRegistry {
    /// Who is it? The question and its answer are one `IDENTITY_RESOLUTION` event, durable before this returns.
    ///
    /// The event's `resolvedCustomerId` and hashes are codes under the person's own key. Of somebody who is not found nothing is
    /// kept: a code that the tenant's key alone could repeat would make the event theirs for ever.
    public func resolve(
        _ request: ResolutionRequest,
        by actor: IdentityActor
    ) async throws -> (resolution: Resolution, receipt: Receipt) {
        let resolution = try await find(request.identifiers, for: request.purpose)
        let key = try resolution.person.map { try PersonKey.open($0, tokens.keyring) }
        func code(_ kinds: [IdentifierKind]) -> JSONValue {
            for kind in kinds {
                if let key, let identifier = request.identifiers.first(where: { $0.kind == kind }) {
                    return .string(key.code(kind, identifier.value))
                }
            }
            return .null
        }
        var fields = Self.fields(request)
        fields["resolvedCustomerId"] = key.map { .string($0.subject) } ?? .null
        if let key { fields["customerId"] = .string(key.subject) }
        fields["piiContext"] = .object([
            "phoneHash": code([.phone]), "emailHash": code([.email]),
            "accountNumberHash": code([.account, .customer]),
        ])
        fields["outcome"] = .string(resolution.outcome.rawValue)
        fields["purpose"] = .string(request.purpose.rawValue)
        fields["assurance"] = resolution.assurance.map { .string($0.rawValue) } ?? .null
        fields["decidedBy"] = resolution.decidedBy.map { .string($0.rawValue) } ?? .null
        let receipt = try await ledger.append(event(.identityResolution, actor, fields))
        return (resolution, receipt)
    }

    private static func fields(_ request: ResolutionRequest) -> [String: JSONValue] {
        func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
        func flag(_ value: Bool?) -> JSONValue { value.map { .bool($0) } ?? .null }
        return [
            "interactionId": text(request.interaction?.lowercased()), "channelType": .string(request.channel),
            "resolutionSource": .string(request.source), "agentId": text(request.agent?.lowercased()),
            "queueId": text(request.queue),
            "complianceFlags": .object([
                "gdprConsentRecorded": flag(request.consentRecorded),
                "dataSubjectRequestPending": flag(request.requestPending),
            ]),
        ]
    }

    /// Under which token a customer of the system of record stands in the ledger. One who is not known yet becomes a customer, for
    /// what is done to their data must be recorded under a key that can be destroyed.
    /// - Parameter source: who met the customer, such as `gateway`.
    public func subject(ofCustomerNumber identifier: Identifier, source: String) async throws -> String {
        if let known = try await knownSubject(of: identifier) { return known }
        var record = IdentityRecord(identifiers: [identifier], source: source, assurance: .matched)
        record.forgotten = .recordOnly
        let asked = record
        _ = try await link(asked, by: IdentityActor(name: producer))
        guard let made = try await knownSubject(of: identifier) else {
            throw IdentityError.unknownIdentifier(identifier.kind)
        }
        return made
    }

    /// What another system reported of a customer, as it may be recorded: codes under the customer's own key.
    /// - Parameters:
    ///   - customer: a global customer id, or the customer's number.
    ///   - hashes: hashes of identifiers that the reporter made.
    /// - Returns: nil when nobody is known.
    public func codes(
        ofReported customer: String,
        hashes: [String: String]
    ) async throws -> (subject: String, codes: [String: String])? {
        let reference: CustomerReference
        if CustomerID.isOne(customer) {
            reference = .customer(customer)
        } else if let identifier = try? normaliser.identifier(.customer, customer) {
            reference = .identifier(identifier)
        } else {
            return nil
        }
        let tokens = tokens
        let person = try await ledger.database.read {
            try Self.person(reference, GraphReader(connection: $0), tokens)
        }
        guard let person else { return nil }
        let key = try PersonKey.open(person, tokens.keyring)
        return (key.subject, Dictionary(uniqueKeysWithValues: hashes.map { ($0, key.code(reported: $0, $1)) }))
    }

    /// Under which token the owner of an identifier stands in the ledger; nil when nobody is known to have it.
    public func knownSubject(of identifier: Identifier) async throws -> String? {
        let tokens = tokens
        let found = try await ledger.database.read { connection in
            try Self.person(.identifier(identifier), GraphReader(connection: connection), tokens)
        }
        return try found.map { try PersonKey.open($0, tokens.keyring).subject }
    }
}
