public import Approvals
import Crypto
public import JSON
import TextEncoding
public import WallTime

/// A decision that waits for somebody else to agree, or that has come to its end.
public struct IdentityProposal: Sendable {
    /// What became of it.
    public enum Status: String, Sendable, CaseIterable {
        /// People are asked.
        case waiting
        /// Enough agreed, and it was carried out with the last agreement.
        case carriedOut = "carried-out"
        /// Somebody refused it, or whoever asked withdrew it.
        case rejected
        /// Its time was over.
        case expired
        /// What it was made on had changed when somebody agreed.
        case overtaken
        /// A customer whom it was about was forgotten.
        case forgotten
    }

    /// Its number.
    public let id: Int64
    /// What is decided.
    public let kind: IdentityDecision.Kind
    /// How it stands.
    public let status: Status
    /// Who asked, who agreed, and until when others can.
    public let approval: Approval
    /// Why it was asked for.
    public let reason: String
    /// When it was asked for.
    public let proposedAt: Timestamp
    /// Who brought it to its end, and why; nil while it waits, and for an end that nobody brought.
    public let endedBy: String?
    public let endReason: String?
    /// The customers whom it names, by their global ids; none once it has ended.
    public let customers: [String]
    /// What would come of it on the day it was made; empty once it has ended.
    public let consequence: [String: JSONValue]

    /// As JSON.
    public var json: JSONValue {
        [
            "proposalId": .integer(id), "decision": .string(kind.rawValue), "status": .string(status.rawValue),
            "requester": .string(approval.requester), "reason": .string(reason),
            "approvalsNeeded": .integer(Int64(approval.needed)),
            "approvers": .array(approval.approvers.map { .string($0) }),
            "proposedAt": .string(proposedAt.description), "expiresAt": .string(approval.expiresAt.description),
            "endedBy": endedBy.map { .string($0) } ?? .null, "endReason": endReason.map { .string($0) } ?? .null,
            "customers": .array(customers.map { .string($0) }), "consequence": .object(consequence),
        ]
    }
}

/// A proposal as the store holds it.
struct StoredProposal: Sendable {
    let id: Int64
    let kind: IdentityDecision.Kind
    let status: IdentityProposal.Status
    var approval: Approval
    let reason: String
    let proposed: Int64
    /// The state of the graph around it when it was made.
    let state: [UInt8]
    let keyEpoch: Int
    /// What is to be done, sealed: nil once it has ended.
    let sealed: [UInt8]?
    let endedBy: String?
    let endReason: String?

    /// What is to be done, opened.
    /// - Returns: nil once it has ended, or when its key is gone.
    func body(_ keyring: Keyring) -> ProposalBody? {
        guard let sealed, let key = keyring[keyEpoch] else { return nil }
        return ProposalBody(sealed, id: id, key)
    }

    /// For people and programs.
    func shown(_ keyring: Keyring, at now: Timestamp) -> IdentityProposal {
        let body = body(keyring)
        return IdentityProposal(
            id: id,
            kind: kind,
            status: status == .waiting && approval.isExpired(at: now) ? .expired : status,
            approval: approval,
            reason: reason,
            proposedAt: Timestamp(milliseconds: proposed),
            endedBy: endedBy,
            endReason: endReason,
            customers: body?.decision.customers.compactMap(\.globalID) ?? [],
            consequence: body?.consequence ?? [:]
        )
    }
}

/// What a proposal is about. It may hold identifiers, so it is sealed (AES-256-GCM, NIST SP 800-38D) under a use of its own of the
/// tenant's key, for its own number, and deleted when the proposal ends.
struct ProposalBody: Sendable {
    let decision: IdentityDecision
    let consequence: [String: JSONValue]

    init(_ decision: IdentityDecision, _ consequence: [String: JSONValue]) {
        self.decision = decision
        self.consequence = consequence
    }

    init?(_ sealed: [UInt8], id: Int64, _ key: TenantKey) {
        guard let box = try? AES.GCM.SealedBox(combined: sealed),
            let bytes = try? AES.GCM.open(box, using: key.derived(for: "proposals"), authenticating: Self.name(id)),
            let value = try? JSONValue(parsing: Array(bytes)),
            let decision = value["decision"].flatMap({ IdentityDecision($0) })
        else { return nil }
        self.init(decision, value["consequence"]?.object ?? [:])
    }

    func sealed(id: Int64, _ key: TenantKey) throws -> [UInt8] {
        let value: JSONValue = ["decision": decision.json, "consequence": .object(consequence)]
        let sealed = try AES.GCM.seal(
            try value.canonicalBytes(),
            using: key.derived(for: "proposals"),
            authenticating: Self.name(id)
        )
        return Array(sealed.combined ?? sealed.ciphertext)
    }

    private static func name(_ id: Int64) -> [UInt8] { Array("proposal/\(id)".utf8) }
}

extension CustomerReference {
    /// The id, where a customer is named by one.
    var globalID: String? {
        if case .customer(let id) = self { id } else { nil }
    }
}

extension IdentityDecision {
    /// Everything that has to be known to carry it out. Customers stand under their ids.
    var json: JSONValue {
        var members: [String: JSONValue] = [
            "kind": .string(kind.rawValue), "customers": .array(customers.compactMap(\.globalID).map { .string($0) }),
            "identifiers": .array(
                identifiers.map { ["kind": .string($0.kind.rawValue), "value": .string($0.value)] }
            ),
        ]
        switch self {
        case .unmerge(_, let merge, let keepApart):
            members["merge"] = merge.map { .integer($0) }
            members["keepApart"] = .bool(keepApart)
        case .link(let record):
            members["source"] = .string(record.source)
            members["assurance"] = .string(record.assurance.rawValue)
            members["sharing"] = .string(record.sharing.rawValue)
            members["forgotten"] = .string(record.forgotten.rawValue)
        case .share(_, let sharing): members["sharing"] = .string(sharing.rawValue)
        case .settle(let conflict): members["conflict"] = .integer(conflict)
        case .forget(_, let request): members["request"] = request.map { .string($0) }
        case .merge, .apart, .together, .unlink: break
        }
        return .object(members)
    }

    /// Reads what ``json`` wrote.
    init?(_ json: JSONValue) {
        guard let kind = json["kind"]?.string.flatMap({ Kind(rawValue: $0) }) else { return nil }
        let customers = json["customers"]?.array?.compactMap(\.string).map { CustomerReference.customer($0) } ?? []
        let identifiers: [Identifier] =
            json["identifiers"]?.array?.compactMap { item in
                guard let kind = item["kind"]?.string.flatMap({ IdentifierKind(rawValue: $0) }),
                    let value = item["value"]?.string
                else { return nil }
                return Identifier(kind: kind, value: value)
            } ?? []
        let sharing = json["sharing"]?.string.flatMap { Sharing(rawValue: $0) }
        switch (kind, customers.first, customers.dropFirst().first, identifiers.first) {
        case (.merge, let first?, let second?, _): self = .merge(first, second)
        case (.apart, let first?, let second?, _): self = .apart(first, second)
        case (.together, let first?, let second?, _): self = .together(first, second)
        case (.unmerge, let customer?, _, _):
            self = .unmerge(
                customer,
                merge: json["merge"]?.int.map { Int64($0) },
                keepApart: json["keepApart"]?.bool ?? true
            )
        case (.forget, let customer?, _, _): self = .forget(customer, request: json["request"]?.string)
        case (.unlink, let customer?, _, let identifier?): self = .unlink(identifier, from: customer)
        case (.share, _, _, let identifier?), (.unshare, _, _, let identifier?):
            guard let sharing else { return nil }
            self = .share(identifier, sharing)
        case (.settle, _, _, _):
            guard let conflict = json["conflict"]?.int else { return nil }
            self = .settle(conflict: Int64(conflict))
        case (.link, _, _, .some):
            guard let source = json["source"]?.string, let sharing,
                let assurance = json["assurance"]?.string.flatMap({ Assurance(rawValue: $0) }),
                let forgotten = json["forgotten"]?.string.flatMap({ WhenForgotten(rawValue: $0) })
            else { return nil }
            self = .link(
                IdentityRecord(
                    identifiers: identifiers,
                    source: source,
                    assurance: assurance,
                    decider: .human,
                    sharing: sharing,
                    forgotten: forgotten
                )
            )
        default: return nil
        }
    }
}
