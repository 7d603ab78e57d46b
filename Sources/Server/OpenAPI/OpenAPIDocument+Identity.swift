import Identity

extension OpenAPIDocument {
    /// Identification, decisions, forgetting, and the events of other systems.
    static var identityOperations: [Operation] {
        [
            Operation(
                .searchAccesses,
                "searchAccesses",
                "Who saw this person? By any identifier, in the body, where no proxy logs it.",
                body: .required(ref("AccessSearch")),
                answers: [.ok("Done.", ref("AccessPage"))]
            ),
            Operation(
                .resolve,
                "resolveIdentity",
                "Who has these identifiers? The question and its answer are one IDENTITY_RESOLUTION event, durable before the answer.",
                body: .required(ref("ResolutionRequest")),
                answers: [.ok("Done.", ref("ResolutionAnswer"))]
            ),
            Operation(
                .linkIdentifiers,
                "linkIdentifiers",
                "Says that identifiers are one person's; makes a customer where there is none.",
                body: .required(ref("LinkRequest")),
                answers: [.ok("Done.", ref("LinkAnswer")), waiting],
                problems: [404, 409]
            ),
            Operation(
                .unlinkIdentifier,
                "unlinkIdentifier",
                "Takes an identifier from a customer. No rule gives it back.",
                body: .required(
                    object(
                        ["identifier", "from", "reason"],
                        [
                            ("identifier", ref("Identifier")), ("from", ref("CustomerReference")),
                            ("reason", ref("Reason")),
                        ]
                    )
                ),
                answers: [.ok("Done.", object(["unlinked"], [("unlinked", #"{"type": "boolean"}"#)])), waiting],
                problems: [404, 409]
            ),
            Operation(
                .shareIdentifier,
                "shareIdentifier",
                "Says how many people use an identifier. A shared one never makes two people one.",
                body: .required(
                    object(
                        ["identifier", "sharing", "reason"],
                        [
                            ("identifier", ref("Identifier")), ("sharing", names(Sharing.self)),
                            ("reason", ref("Reason")),
                        ]
                    )
                ),
                answers: [.ok("Done.", object(["sharing"], [("sharing", names(Sharing.self))])), waiting],
                problems: [404, 409]
            ),
            Operation(
                .merge,
                "mergeCustomers",
                "Makes two customers one. The oldest id stands for both; the answer lists what was recorded of either.",
                body: .required(
                    object(
                        ["first", "second", "reason"],
                        [
                            ("first", ref("CustomerReference")), ("second", ref("CustomerReference")),
                            ("reason", ref("Reason")),
                        ]
                    )
                ),
                answers: [.ok("Done.", ref("DecisionAnswer")), waiting],
                problems: [404, 409]
            ),
            Operation(
                .unmerge,
                "unmergeCustomers",
                "Takes back one merge, exactly; the newest in force when none is named.",
                body: .required(
                    object(
                        ["reason"],
                        referenceMembers + [
                            ("mergeId", #"{"type": "integer", "minimum": 1, "maximum": 9007199254740991}"#),
                            ("keepApart", #"{"type": "boolean", "default": true}"#), ("reason", ref("Reason")),
                        ]
                    )
                ),
                answers: [.ok("Done.", ref("DecisionAnswer")), waiting],
                problems: [404, 409]
            ),
            Operation(
                .keepApart,
                "keepCustomersApart",
                "Decides that two customers are two, whatever is found; or takes that back.",
                body: .required(
                    object(
                        ["first", "second", "reason"],
                        [
                            ("first", ref("CustomerReference")), ("second", ref("CustomerReference")),
                            ("apart", #"{"type": "boolean", "default": true}"#), ("reason", ref("Reason")),
                        ]
                    )
                ),
                answers: [.ok("Done.", object(["apart"], [("apart", #"{"type": "boolean"}"#)])), waiting],
                problems: [404, 409]
            ),
            Operation(
                .explain,
                "explainIdentity",
                "Why is this customer who they are, now or at an earlier moment? With `to`: by which merges are the two one? Recorded as AUDIT_TRAIL_READ.",
                body: .required(
                    object(
                        [],
                        referenceMembers + [
                            ("to", ref("CustomerReference")), ("asOf", #"{"type": "string", "format": "date-time"}"#),
                            ("reason", ref("Reason")),
                        ]
                    )
                ),
                answers: [.ok("Done.", ref("CustomerExplanation"))],
                problems: [404, 409]
            ),
            Operation(
                .forget,
                "forgetCustomer",
                "Destroys a customer's keys and identifiers. What the ledger holds still verifies, and cannot be told to be theirs.",
                body: .required(
                    object(["reason"], referenceMembers + [("requestId", words), ("reason", ref("Reason"))])
                ),
                answers: [.ok("Done.", ref("ForgetReceipt")), waiting],
                problems: [404, 409]
            ),
            Operation(
                .resolvePseudonym,
                "resolvePseudonym",
                "Who stands behind the pseudonym that a sink or another recipient got? Everybody known is tried. Recorded as AUDIT_TRAIL_READ.",
                body: .required(
                    object(
                        ["recipient", "pseudonym", "reason"],
                        [
                            ("recipient", #"{"type": "string", "pattern": "^[A-Za-z0-9-]{1,63}$"}"#),
                            (
                                "pseudonym",
                                #"{"type": "string", "pattern": "^pseudonym:[1-9][0-9]{0,8}:(subject|customer|phone|email|account|external):[0-9a-f]{64}$"}"#
                            ),
                            ("reason", ref("Reason")),
                        ]
                    )
                ),
                answers: [.ok("Done.", object(["customerId"], [("customerId", ref("GlobalCustomerId"))]))],
                problems: [404, 409]
            ),
            Operation(
                .identityProposals,
                "listIdentityProposals",
                "Decisions that wait for somebody else to agree, newest first.",
                parameters: [
                    #"{"name": "all", "in": "query", "description": "Those that have ended, too.", "schema": {"type": "boolean", "default": false}}"#,
                    parameter("limit"),
                ],
                answers: [.ok("A page.", object(["proposals"], [("proposals", list(ref("IdentityProposal")))]))]
            ),
            Operation(
                .identityProposal,
                "showIdentityProposal",
                "One such decision, with what was recorded of its customers. Recorded as AUDIT_TRAIL_READ.",
                parameters: [proposalID, parameter("reason")],
                answers: [
                    .ok(
                        "A page.",
                        object(
                            ["proposal", "touched", "touchedCount"],
                            [
                                ("proposal", ref("IdentityProposal")), ("touched", list(ref("TouchedEvent"))),
                                ("touchedCount", ref("Count")),
                            ]
                        )
                    )
                ],
                problems: [404]
            ),
            Operation(
                .approveProposal,
                "approveIdentityProposal",
                "Agrees to what another client asked for. The last agreement carries it out, on the state on which it was proposed.",
                parameters: [proposalID],
                body: .required(object(["reason"], [("reason", ref("Reason"))])),
                answers: [
                    .ok(
                        "Done.",
                        object(
                            ["proposal", "outcome"],
                            [("proposal", ref("IdentityProposal")), ("outcome", maybe("object"))]
                        )
                    )
                ],
                problems: [404, 409]
            ),
            Operation(
                .rejectProposal,
                "rejectIdentityProposal",
                "Refuses a proposal. Without identity.approve: withdraws one's own.",
                parameters: [proposalID],
                body: .required(object(["reason"], [("reason", ref("Reason"))])),
                answers: [.ok("Done.", ref("WaitingDecision"))],
                problems: [404, 409]
            ),
            Operation(
                .identityChanges,
                "listIdentityChanges",
                "What changed, oldest first.",
                parameters: [
                    #"{"name": "after", "in": "query", "description": "The cursor of the page before.", "schema": {"type": "integer", "minimum": 0, "maximum": 9007199254740991, "default": 0}}"#,
                    parameter("limit"),
                ],
                answers: [
                    .ok(
                        "A page.",
                        object(
                            ["changes", "next"],
                            [("changes", list(ref("IdentityChange"))), ("next", ref("Count"))]
                        )
                    )
                ]
            ),
            Operation(
                .identityConflicts,
                "listIdentityConflicts",
                "What rules could not decide and nobody has settled, oldest first.",
                parameters: [parameter("limit")],
                answers: [.ok("A page.", object(["conflicts"], [("conflicts", list(ref("IdentityConflict")))]))]
            ),
            Operation(
                .settleConflict,
                "settleIdentityConflict",
                "Marks a conflict as settled.",
                parameters: [proposalID],
                body: .required(object(["reason"], [("reason", ref("Reason"))])),
                answers: [.ok("Done.", object(["settled"], [("settled", ref("Count"))])), waiting],
                problems: [404, 409]
            ),
            Operation(
                .reportEvent,
                "reportEvent",
                "Takes an event of a contact flow or middleware. The same content, or the same Idempotency-Key, is recorded once.",
                parameters: [
                    #"{"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "minLength": 1, "maxLength": 128}}"#
                ],
                body: .required(object(["auditEvent"], [("auditEvent", ref("ReportedEvent"))])),
                answers: [.created("Done.", received), .ok("Done.", received)],
                problems: [404, 409]
            ),
        ]
    }

    private static let waiting = Operation.Answer.status(
        202,
        "Somebody else has to agree first: nothing is done yet.",
        ref("WaitingDecision")
    )
    private static let received = object(
        ["receipt", "repeated"],
        [("receipt", ref("Count")), ("repeated", #"{"type": "boolean"}"#)]
    )
    private static let proposalID =
        #"{"name": "id", "in": "path", "required": true, "schema": {"type": "integer", "minimum": 1}}"#
}
