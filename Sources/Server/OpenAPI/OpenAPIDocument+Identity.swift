import Identity

extension OpenAPIDocument {
    /// Identification, decisions, forgetting, and the events of other systems.
    static var identityPaths: String {
        [
            operation(
                "/api/v1/accesses/search",
                "searchAccesses",
                ["audit"],
                "Who saw this person? By any identifier, in the body, where no proxy logs it.",
                body: ref("AccessSearch"),
                answer: ref("AccessPage")
            ),
            operation(
                "/api/v1/identity/resolve",
                "resolveIdentity",
                ["identity"],
                "Who has these identifiers? The question and its answer are one IDENTITY_RESOLUTION event, durable before the answer.",
                body: ref("ResolutionRequest"),
                answer: ref("ResolutionAnswer")
            ),
            operation(
                "/api/v1/identity/link",
                "linkIdentifiers",
                ["identity"],
                "Says that identifiers are one person's; makes a customer where there is none.",
                body: ref("LinkRequest"),
                answer: ref("LinkAnswer"),
                conflicts: true,
                mayWait: true
            ),
            operation(
                "/api/v1/identity/unlink",
                "unlinkIdentifier",
                ["identity"],
                "Takes an identifier from a customer. No rule gives it back.",
                body: object(
                    ["identifier", "from", "reason"],
                    [("identifier", ref("Identifier")), ("from", ref("CustomerReference")), ("reason", ref("Reason"))]
                ),
                answer: object(["unlinked"], [("unlinked", #"{"type": "boolean"}"#)]),
                conflicts: true,
                mayWait: true
            ),
            operation(
                "/api/v1/identity/share",
                "shareIdentifier",
                ["identity"],
                "Says how many people use an identifier. A shared one never makes two people one.",
                body: object(
                    ["identifier", "sharing", "reason"],
                    [("identifier", ref("Identifier")), ("sharing", names(Sharing.self)), ("reason", ref("Reason"))]
                ),
                answer: object(["sharing"], [("sharing", names(Sharing.self))]),
                conflicts: true,
                mayWait: true
            ),
            operation(
                "/api/v1/identity/merge",
                "mergeCustomers",
                ["identity"],
                "Makes two customers one. The oldest id stands for both; the answer lists what was recorded of either.",
                body: object(
                    ["first", "second", "reason"],
                    [
                        ("first", ref("CustomerReference")), ("second", ref("CustomerReference")),
                        ("reason", ref("Reason")),
                    ]
                ),
                answer: ref("DecisionAnswer"),
                conflicts: true,
                mayWait: true
            ),
            operation(
                "/api/v1/identity/unmerge",
                "unmergeCustomers",
                ["identity"],
                "Takes back one merge, exactly; the newest in force when none is named.",
                body: object(
                    ["reason"],
                    referenceMembers + [
                        ("mergeId", #"{"type": "integer", "minimum": 1, "maximum": 9007199254740991}"#),
                        ("keepApart", #"{"type": "boolean", "default": true}"#), ("reason", ref("Reason")),
                    ]
                ),
                answer: ref("DecisionAnswer"),
                conflicts: true,
                mayWait: true
            ),
            operation(
                "/api/v1/identity/apart",
                "keepCustomersApart",
                ["identity"],
                "Decides that two customers are two, whatever is found; or takes that back.",
                body: object(
                    ["first", "second", "reason"],
                    [
                        ("first", ref("CustomerReference")), ("second", ref("CustomerReference")),
                        ("apart", #"{"type": "boolean", "default": true}"#), ("reason", ref("Reason")),
                    ]
                ),
                answer: object(["apart"], [("apart", #"{"type": "boolean"}"#)]),
                conflicts: true,
                mayWait: true
            ),
            operation(
                "/api/v1/identity/explain",
                "explainIdentity",
                ["identity"],
                "Why is this customer who they are, now or at an earlier moment? With `to`: by which merges are the two one? Recorded as AUDIT_TRAIL_READ.",
                body: object(
                    [],
                    referenceMembers + [
                        ("to", ref("CustomerReference")), ("asOf", #"{"type": "string", "format": "date-time"}"#),
                        ("reason", ref("Reason")),
                    ]
                ),
                answer: ref("CustomerExplanation"),
                conflicts: true
            ),
            operation(
                "/api/v1/identity/forget",
                "forgetCustomer",
                ["identity.forget"],
                "Destroys a customer's keys and identifiers. What the ledger holds still verifies, and cannot be told to be theirs.",
                body: object(["reason"], referenceMembers + [("requestId", words), ("reason", ref("Reason"))]),
                answer: ref("ForgetReceipt"),
                conflicts: true,
                mayWait: true
            ),
            operation(
                "/api/v1/identity/pseudonyms/resolve",
                "resolvePseudonym",
                ["identity.pseudonyms"],
                "Who stands behind the pseudonym that a sink or another recipient got? Everybody known is tried. Recorded as AUDIT_TRAIL_READ.",
                body: object(
                    ["recipient", "pseudonym", "reason"],
                    [
                        ("recipient", #"{"type": "string", "pattern": "^[A-Za-z0-9-]{1,63}$"}"#),
                        (
                            "pseudonym",
                            #"{"type": "string", "pattern": "^pseudonym:[1-9][0-9]{0,8}:(subject|customer|phone|email|account|external):[0-9a-f]{64}$"}"#
                        ),
                        ("reason", ref("Reason")),
                    ]
                ),
                answer: object(["customerId"], [("customerId", ref("GlobalCustomerId"))]),
                conflicts: true
            ),
            listing(
                "/api/v1/identity/proposals",
                "listIdentityProposals",
                "Decisions that wait for somebody else to agree, newest first.",
                scopes: proposalScopes,
                parameters:
                    ##"{"name": "all", "in": "query", "description": "Those that have ended, too.", "schema": {"type": "boolean", "default": false}}, {"$ref": "#/components/parameters/limit"}"##,
                answer: object(["proposals"], [("proposals", list(ref("IdentityProposal")))])
            ),
            listing(
                "/api/v1/identity/proposals/{id}",
                "showIdentityProposal",
                "One such decision, with what was recorded of its customers. Recorded as AUDIT_TRAIL_READ.",
                scopes: proposalScopes,
                parameters: proposalID + ##", {"$ref": "#/components/parameters/reason"}"##,
                answer: object(
                    ["proposal", "touched", "touchedCount"],
                    [
                        ("proposal", ref("IdentityProposal")), ("touched", list(ref("TouchedEvent"))),
                        ("touchedCount", ref("Count")),
                    ]
                ),
                mayBeUnknown: true
            ),
            operation(
                "/api/v1/identity/proposals/{id}/approve",
                "approveIdentityProposal",
                ["identity.approve"],
                "Agrees to what another client asked for. The last agreement carries it out, on the state on which it was proposed.",
                parameters: proposalID,
                body: object(["reason"], [("reason", ref("Reason"))]),
                answer: object(
                    ["proposal", "outcome"],
                    [("proposal", ref("IdentityProposal")), ("outcome", maybe("object"))]
                ),
                conflicts: true
            ),
            operation(
                "/api/v1/identity/proposals/{id}/reject",
                "rejectIdentityProposal",
                proposalScopes,
                "Refuses a proposal. Without identity.approve: withdraws one's own.",
                parameters: proposalID,
                body: object(["reason"], [("reason", ref("Reason"))]),
                answer: ref("WaitingDecision"),
                conflicts: true
            ),
            listing(
                "/api/v1/identity/changes",
                "listIdentityChanges",
                "What changed, oldest first.",
                parameters:
                    ##"{"name": "after", "in": "query", "description": "The cursor of the page before.", "schema": {"type": "integer", "minimum": 0, "maximum": 9007199254740991, "default": 0}}, {"$ref": "#/components/parameters/limit"}"##,
                answer: object(
                    ["changes", "next"],
                    [("changes", list(ref("IdentityChange"))), ("next", ref("Count"))]
                )
            ),
            listing(
                "/api/v1/identity/conflicts",
                "listIdentityConflicts",
                "What rules could not decide and nobody has settled, oldest first.",
                parameters: ##"{"$ref": "#/components/parameters/limit"}"##,
                answer: object(["conflicts"], [("conflicts", list(ref("IdentityConflict")))])
            ),
            operation(
                "/api/v1/identity/conflicts/{id}/settle",
                "settleIdentityConflict",
                ["identity"],
                "Marks a conflict as settled.",
                parameters:
                    #"{"name": "id", "in": "path", "required": true, "schema": {"type": "integer", "minimum": 1}}"#,
                body: object(["reason"], [("reason", ref("Reason"))]),
                answer: object(["settled"], [("settled", ref("Count"))]),
                conflicts: true,
                mayWait: true
            ),
            operation(
                "/api/v1/audit/events",
                "reportEvent",
                ["events"],
                "Takes an event of a contact flow or middleware. The same content, or the same Idempotency-Key, is recorded once.",
                parameters:
                    #"{"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "minLength": 1, "maxLength": 128}}"#,
                body: object(["auditEvent"], [("auditEvent", ref("ReportedEvent"))]),
                answer: object(
                    ["receipt", "repeated"],
                    [("receipt", ref("Count")), ("repeated", #"{"type": "boolean"}"#)]
                ),
                statuses: ["201", "200"],
                conflicts: true
            ),
        ].joined(separator: ",\n")
    }

    private static let waiting =
        ##""202": {"description": "Somebody else has to agree first: nothing is done yet.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/WaitingDecision"}}}}"##

    private static func operation(
        _ path: String,
        _ id: String,
        _ scopes: [String],
        _ summary: String,
        parameters: String = "",
        body: String,
        answer: String,
        statuses: [String] = ["200"],
        conflicts: Bool = false,
        mayWait: Bool = false
    ) -> String {
        let answers =
            statuses.map {
                #""\#($0)": {"description": "Done.", "content": {"application/json": {"schema": \#(answer)}}}"#
            }.joined(separator: ", ") + (mayWait ? ", \(waiting)" : "")
        let more =
            conflicts
            ? problems(400, 401, 403, 404, 408, 409, 413, 415, 500, 503)
            : problems(400, 401, 403, 408, 413, 415, 500, 503)
        return #"""
            "\#(path)": {
              "post": {
                "operationId": "\#(id)", "tags": ["identity"], "summary": "\#(summary)",
                \#(secured(scopes)),
                "parameters": [\#(parameters)],
                "requestBody": {"required": true, "content": {"application/json": {"schema": \#(body)}}},
                "responses": {\#(answers), \#(more)}
              }
            }
            """#
    }

    private static func listing(
        _ path: String,
        _ id: String,
        _ summary: String,
        scopes: [String] = ["identity"],
        parameters: String,
        answer: String,
        mayBeUnknown: Bool = false
    ) -> String {
        let more =
            mayBeUnknown
            ? problems(400, 401, 403, 404, 408, 413, 500, 503) : problems(400, 401, 403, 408, 413, 500, 503)
        return #"""
            "\#(path)": {
              "get": {
                "operationId": "\#(id)", "tags": ["identity"], "summary": "\#(summary)",
                \#(secured(scopes)),
                "parameters": [\#(parameters)],
                "responses": {
                  "200": {"description": "A page.", "content": {"application/json": {"schema": \#(answer)}}},
                  \#(more)
                }
              }
            }
            """#
    }

    private static let proposalScopes = ["identity", "identity.forget", "identity.approve"]
    private static let proposalID =
        #"{"name": "id", "in": "path", "required": true, "schema": {"type": "integer", "minimum": 1}}"#
}
