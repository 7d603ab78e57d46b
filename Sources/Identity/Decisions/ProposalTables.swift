import Approvals
import Storage
import WallTime

/// The tables of proposals.
enum ProposalTables {
    static let migration = Migration(
        version: 3,
        statements: [
            """
            CREATE TABLE identity_proposals (
                id {key} PRIMARY KEY, kind TEXT NOT NULL, status TEXT NOT NULL, requester TEXT NOT NULL,
                reason TEXT NOT NULL, needed BIGINT NOT NULL, proposed BIGINT NOT NULL, expires BIGINT NOT NULL,
                state {blob} NOT NULL, key_epoch BIGINT NOT NULL, sealed {blob}, ended BIGINT, ended_by TEXT,
                end_reason TEXT)
            """,
            "CREATE INDEX identity_proposals_status ON identity_proposals (status, id)",
            """
            CREATE TABLE identity_approvals (
                proposal BIGINT NOT NULL, approver TEXT NOT NULL, approved BIGINT NOT NULL,
                PRIMARY KEY (proposal, approver))
            """,
        ]
    )
}

/// One change of the tables.
enum ProposalWrite: Sendable {
    case make(StoredProposal)
    case agree(Int64, by: String, at: Int64)
    /// What was to be done goes when the proposal ends.
    case end(Int64, IdentityProposal.Status, by: String?, reason: String?, at: Int64)

    func apply(to connection: any SQLConnection) throws {
        switch self {
        case .make(let proposal):
            try connection.enqueue(
                """
                INSERT INTO identity_proposals (
                    id, kind, status, requester, reason, needed, proposed, expires, state, key_epoch, sealed)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
                """,
                [
                    .integer(proposal.id), .text(proposal.kind.rawValue), .text(proposal.status.rawValue),
                    .text(proposal.approval.requester), .text(proposal.reason),
                    .integer(Int64(proposal.approval.needed)), .integer(proposal.proposed),
                    .integer(proposal.approval.expiresAt.milliseconds), .blob(proposal.state),
                    .integer(Int64(proposal.keyEpoch)), proposal.sealed.map { .blob($0) } ?? .null,
                ]
            )
        case .agree(let id, let approver, let at):
            try connection.enqueue(
                "INSERT INTO identity_approvals (proposal, approver, approved) VALUES ($1, $2, $3)",
                [.integer(id), .text(approver), .integer(at)]
            )
        case .end(let id, let status, let by, let reason, let at):
            try connection.enqueue(
                """
                UPDATE identity_proposals SET status = $1, sealed = NULL, ended = $2, ended_by = $3, end_reason = $4
                WHERE id = $5
                """,
                [
                    .text(status.rawValue), .integer(at), by.map { .text($0) } ?? .null,
                    reason.map { .text($0) } ?? .null, .integer(id),
                ]
            )
        }
    }
}

extension GraphReader {
    private static let proposalColumns = """
        SELECT id, kind, status, requester, reason, needed, proposed, expires, state, key_epoch, sealed, ended_by,
            end_reason
        FROM identity_proposals
        """
    private static let openProposals = "\(proposalColumns) WHERE status = 'waiting' ORDER BY id DESC LIMIT $1"
    private static let allProposals = "\(proposalColumns) ORDER BY id DESC LIMIT $1"
    private static let oneProposal = "\(proposalColumns) WHERE id = $1"
    private static let approvers =
        "SELECT approver, approved FROM identity_approvals WHERE proposal = $1 ORDER BY approved, approver"

    /// The newest proposals, those that have ended only if asked for.
    func proposals(all: Bool, limit: Int) throws -> [StoredProposal] {
        try connection.all(all ? Self.allProposals : Self.openProposals, [.integer(Int64(limit))], Self.proposal)
            .compactMap { try withApprovers($0) }
    }

    func proposal(_ id: Int64) throws -> StoredProposal? {
        try connection.first(Self.oneProposal, [.integer(id)], Self.proposal).flatMap { try withApprovers($0) }
    }

    /// Whether a proposal waits whose time is over.
    func hasExpiredProposals(at now: Int64) throws -> Bool {
        try connection.first(
            "SELECT 1 FROM identity_proposals WHERE status = 'waiting' AND expires <= $1 LIMIT 1",
            [.integer(now)]
        ) { _ in true } ?? false
    }

    private static func proposal(_ row: any SQLRow) -> StoredProposal? {
        guard let kind = IdentityDecision.Kind(rawValue: row.text(1)),
            let status = IdentityProposal.Status(rawValue: row.text(2))
        else { return nil }
        return StoredProposal(
            id: row.integer(0),
            kind: kind,
            status: status,
            approval: Approval(
                requester: row.text(3),
                needed: Int(row.integer(5)),
                expiresAt: Timestamp(milliseconds: row.integer(7))
            ),
            reason: row.text(4),
            proposed: row.integer(6),
            state: row.blob(8),
            keyEpoch: Int(row.integer(9)),
            sealed: row.isNull(10) ? nil : row.blob(10),
            endedBy: row.optionalText(11),
            endReason: row.optionalText(12)
        )
    }

    private func withApprovers(_ stored: StoredProposal?) throws -> StoredProposal? {
        guard var stored else { return nil }
        let agreed = try connection.all(Self.approvers, [.integer(stored.id)]) {
            (name: $0.text(0), at: Timestamp(milliseconds: $0.integer(1)))
        }
        // What does not count as an agreement is none, whoever wrote it into the table.
        for (name, at) in agreed { try? stored.approval.agree(name, at: at) }
        return stored
    }
}
