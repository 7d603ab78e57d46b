import Identity

extension OpenAPIDocument {
    /// Identification, decisions, forgetting, and the events of other systems.
    static var identityPaths: String {
        [
            operation(
                "/api/v1/accesses/search",
                "searchAccesses",
                "audit",
                "Who saw this person? By any identifier, in the body, where no proxy logs it.",
                body: ref("AccessSearch"),
                answer: ref("AccessPage")
            ),
            operation(
                "/api/v1/identity/resolve",
                "resolveIdentity",
                "identity",
                "Who has these identifiers? The question and its answer are one IDENTITY_RESOLUTION event, durable before the answer.",
                body: ref("ResolutionRequest"),
                answer: ref("ResolutionAnswer")
            ),
            operation(
                "/api/v1/identity/link",
                "linkIdentifiers",
                "identity",
                "Says that identifiers are one person's; makes a customer where there is none.",
                body: ref("LinkRequest"),
                answer: ref("LinkAnswer")
            ),
            operation(
                "/api/v1/identity/unlink",
                "unlinkIdentifier",
                "identity",
                "Takes an identifier from a customer. No rule gives it back.",
                body: object(
                    ["identifier", "from", "reason"],
                    [("identifier", ref("Identifier")), ("from", ref("CustomerReference")), ("reason", ref("Reason"))]
                ),
                answer: object(["unlinked"], [("unlinked", #"{"type": "boolean"}"#)]),
                conflicts: true
            ),
            operation(
                "/api/v1/identity/share",
                "shareIdentifier",
                "identity",
                "Says how many people use an identifier. A shared one never makes two people one.",
                body: object(
                    ["identifier", "sharing", "reason"],
                    [("identifier", ref("Identifier")), ("sharing", names(Sharing.self)), ("reason", ref("Reason"))]
                ),
                answer: object(["sharing"], [("sharing", names(Sharing.self))]),
                conflicts: true
            ),
            operation(
                "/api/v1/identity/merge",
                "mergeCustomers",
                "identity",
                "Makes two customers one. The oldest id stands for both; the answer lists what was recorded of either.",
                body: object(
                    ["first", "second", "reason"],
                    [
                        ("first", ref("CustomerReference")), ("second", ref("CustomerReference")),
                        ("reason", ref("Reason")),
                    ]
                ),
                answer: ref("DecisionAnswer"),
                conflicts: true
            ),
            operation(
                "/api/v1/identity/unmerge",
                "unmergeCustomers",
                "identity",
                "Takes back one merge, exactly; the newest in force when none is named.",
                body: object(
                    ["reason"],
                    referenceMembers + [
                        ("mergeId", #"{"type": "integer", "minimum": 1, "maximum": 9007199254740991}"#),
                        ("keepApart", #"{"type": "boolean", "default": true}"#), ("reason", ref("Reason")),
                    ]
                ),
                answer: ref("DecisionAnswer"),
                conflicts: true
            ),
            operation(
                "/api/v1/identity/apart",
                "keepCustomersApart",
                "identity",
                "Decides that two customers are two, whatever is found; or takes that back.",
                body: object(
                    ["first", "second", "reason"],
                    [
                        ("first", ref("CustomerReference")), ("second", ref("CustomerReference")),
                        ("apart", #"{"type": "boolean", "default": true}"#), ("reason", ref("Reason")),
                    ]
                ),
                answer: object(["apart"], [("apart", #"{"type": "boolean"}"#)]),
                conflicts: true
            ),
            operation(
                "/api/v1/identity/explain",
                "explainIdentity",
                "identity",
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
                "identity.forget",
                "Destroys a customer's keys and identifiers. What the ledger holds still verifies, and cannot be told to be theirs.",
                body: object(["reason"], referenceMembers + [("requestId", words), ("reason", ref("Reason"))]),
                answer: ref("ForgetReceipt"),
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
                "identity",
                "Marks a conflict as settled.",
                parameters:
                    #"{"name": "id", "in": "path", "required": true, "schema": {"type": "integer", "minimum": 1}}"#,
                body: object(["reason"], [("reason", ref("Reason"))]),
                answer: object(["settled"], [("settled", ref("Count"))]),
                conflicts: true
            ),
            operation(
                "/api/v1/audit/events",
                "reportEvent",
                "events",
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

    /// The shapes of what is sent and answered.
    static var identitySchemas: String {
        [
            schema(
                "Identifier",
                object(
                    ["kind", "value"],
                    [
                        ("kind", names(IdentifierKind.self)),
                        ("value", #"{"type": "string", "minLength": 1, "maxLength": 512}"#),
                        (
                            "region",
                            #"{"type": "string", "pattern": "^[A-Z]{2}$", "description": "Where a telephone number without country code is at home."}"#
                        ),
                    ]
                )
            ),
            schema("GlobalCustomerId", #"{"type": "string", "pattern": "^cust_[0-9a-f]{32}$"}"#),
            schema("CustomerReference", object([], referenceMembers)),
            schema(
                "AccessSearch",
                object(
                    [],
                    [
                        ("customerId", ref("CustomerId")), ("identifier", ref("Identifier")),
                        ("agentId", ref("PlatformId")), ("interactionId", ref("PlatformId")), ("from", moment),
                        ("to", moment), ("includeRefused", #"{"type": "boolean"}"#),
                        ("proofs", #"{"type": "boolean"}"#),
                        ("limit", #"{"type": "integer", "minimum": 1, "maximum": 1000}"#), ("cursor", words),
                        ("reason", ref("Reason")),
                    ]
                )
            ),
            schema(
                "ComplianceFlags",
                object(
                    [],
                    [("gdprConsentRecorded", maybe("boolean")), ("dataSubjectRequestPending", maybe("boolean"))]
                )
            ),
            schema(
                "ResolutionRequest",
                object(
                    ["identifiers", "interactionId", "channelType", "resolutionSource"],
                    [
                        ("identifiers", list(ref("Identifier"))), ("purpose", names(IdentityPurpose.self)),
                        ("interactionId", ref("PlatformId")), ("channelType", words), ("resolutionSource", words),
                        ("agentId", ##"{"oneOf": [{"$ref": "#/components/schemas/PlatformId"}, {"type": "null"}]}"##),
                        ("queueId", maybe("string")), ("complianceFlags", ref("ComplianceFlags")),
                    ]
                )
            ),
            schema(
                "RefusedIdentifier",
                object(
                    ["kind", "reason"],
                    [("kind", names(IdentifierKind.self)), ("reason", names(IdentifierRefusal.Reason.self))]
                )
            ),
            schema(
                "ResolutionAnswer",
                object(
                    ["outcome", "customerId", "decidedBy", "assurance", "shared", "refused", "receipt"],
                    [
                        (
                            "outcome",
                            #"{"type": "string", "enum": ["resolved", "anonymous", "ambiguous", "insufficient"]}"#
                        ), ("customerId", maybe("string")), ("decidedBy", maybe("string")),
                        ("assurance", maybe("string")), ("shared", #"{"type": "boolean"}"#),
                        ("refused", list(ref("RefusedIdentifier"))), ("receipt", ref("Count")),
                    ]
                )
            ),
            schema(
                "LinkRequest",
                object(
                    ["identifiers", "source", "assurance"],
                    [
                        ("identifiers", list(ref("Identifier"))), ("source", words),
                        ("assurance", names(Assurance.self)), ("sharing", names(Sharing.self)),
                        ("decidedBy", #"{"type": "string", "enum": ["rule", "human"], "default": "rule"}"#),
                        ("forgotten", names(WhenForgotten.self)), ("reason", ref("Reason")),
                    ]
                )
            ),
            schema(
                "LinkAnswer",
                object(
                    ["customerId", "created", "linked", "absorbed", "conflicts", "suppressed", "refused"],
                    [
                        ("customerId", maybe("string")), ("created", #"{"type": "boolean"}"#),
                        ("linked", list(names(IdentifierKind.self))), ("absorbed", list(ref("GlobalCustomerId"))),
                        ("conflicts", list(words)), ("suppressed", list(names(IdentifierKind.self))),
                        ("refused", list(ref("RefusedIdentifier"))),
                    ]
                )
            ),
            schema(
                "TouchedEvent",
                object(
                    ["index", "recordedOf", "eventType", "timestamp", "agentId", "interactionId"],
                    [
                        ("index", ref("Count")), ("recordedOf", ref("GlobalCustomerId")),
                        ("eventType", maybe("string")), ("timestamp", maybe("string")), ("agentId", maybe("string")),
                        ("interactionId", maybe("string")),
                    ]
                )
            ),
            schema(
                "DecisionAnswer",
                object(
                    ["mergeId", "customerId", "other", "touched", "touchedCount"],
                    [
                        ("mergeId", ref("Count")), ("customerId", ref("GlobalCustomerId")),
                        ("other", ref("GlobalCustomerId")), ("touched", list(ref("TouchedEvent"))),
                        ("touchedCount", ref("Count")),
                    ]
                )
            ),
            schema(
                "KnownIdentifier",
                object(
                    ["kind", "tokens", "sharing", "assurance", "source", "decidedBy", "metAs", "since", "until"],
                    [
                        ("kind", names(IdentifierKind.self)), ("tokens", list(words)), ("sharing", names(Sharing.self)),
                        ("assurance", names(Assurance.self)), ("source", words), ("decidedBy", words),
                        ("metAs", ref("GlobalCustomerId")), ("since", moment), ("until", maybe("string")),
                    ]
                )
            ),
            schema(
                "KnownMerge",
                object(
                    ["mergeId", "first", "second", "rule", "decidedBy", "since", "until"],
                    [
                        ("mergeId", ref("Count")), ("first", ref("GlobalCustomerId")),
                        ("second", ref("GlobalCustomerId")), ("rule", words), ("decidedBy", words), ("since", moment),
                        ("until", maybe("string")),
                    ]
                )
            ),
            schema(
                "CustomerExplanation",
                object(
                    ["customerId", "ids", "identifiers", "merges", "keptApartFrom"],
                    [
                        ("customerId", ref("GlobalCustomerId")), ("ids", list(ref("GlobalCustomerId"))),
                        ("identifiers", list(ref("KnownIdentifier"))), ("merges", list(ref("KnownMerge"))),
                        ("keptApartFrom", list(ref("GlobalCustomerId"))),
                        (
                            "path",
                            ##"{"type": ["array", "null"], "items": {"$ref": "#/components/schemas/KnownMerge"}}"##
                        ),
                    ]
                )
            ),
            schema(
                "ForgetReceipt",
                object(
                    [
                        "receipt", "customers", "keysDestroyed", "identifiersErased", "sharedIdentifiersKept",
                        "tombstones", "remains",
                    ],
                    [
                        ("receipt", ref("Count")), ("customers", list(ref("GlobalCustomerId"))),
                        ("keysDestroyed", ref("Count")), ("identifiersErased", ref("Count")),
                        ("sharedIdentifiersKept", ref("Count")), ("tombstones", ref("Count")),
                        ("remains", maybe("string")),
                    ]
                )
            ),
            schema(
                "IdentityChange",
                object(
                    ["cursor", "kind", "customerId", "other", "at"],
                    [
                        ("cursor", ref("Count")), ("kind", words), ("customerId", ref("GlobalCustomerId")),
                        ("other", maybe("string")), ("at", moment),
                    ]
                )
            ),
            schema(
                "IdentityConflict",
                object(
                    ["id", "cause", "customers", "found"],
                    [
                        ("id", ref("Count")), ("cause", words), ("customers", list(ref("GlobalCustomerId"))),
                        ("found", moment),
                    ]
                )
            ),
            schema(
                "ReportedEvent",
                #"{"type": "object", "required": ["eventType", "timestamp"], "description": "IDENTITY_RESOLUTION or DATA_DELETION as docs/events.md describes them. Hashes are whole SHA-256 values in hex.", "properties": {"eventType": {"type": "string", "enum": ["IDENTITY_RESOLUTION", "DATA_DELETION"]}, "timestamp": {"type": "string", "format": "date-time"}}}"#
            ),
        ].joined(separator: ",\n")
    }

    // MARK: Pieces

    private static let words = #"{"type": "string"}"#
    /// A decision without a reason is no decision.
    private static let decisionReason = #"{"type": "string", \#(reasonRule)}"#
    private static let moment = #"{"type": "string", "format": "date-time"}"#
    private static var referenceMembers: [(String, String)] {
        [("customerId", ref("GlobalCustomerId")), ("identifier", ref("Identifier"))]
    }

    private static func ref(_ name: String) -> String { ##"{"$ref": "#/components/schemas/\##(name)"}"## }
    private static func list(_ item: String) -> String { #"{"type": "array", "items": \#(item)}"# }
    private static func maybe(_ type: String) -> String { #"{"type": ["\#(type)", "null"]}"# }
    private static func schema(_ name: String, _ body: String) -> String { #""\#(name)": \#(body)"# }

    private static func names<Choice: RawRepresentable & CaseIterable>(_ type: Choice.Type) -> String
    where Choice.RawValue == String {
        #"{"type": "string", "enum": [\#(Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))]}"#
    }

    private static func object(_ required: [String], _ members: [(String, String)]) -> String {
        let names = required.map { "\"\($0)\"" }.joined(separator: ", ")
        // Null says the same as leaving a member out.
        let properties = members.map { name, body in
            guard required.contains(name) else { return schema(name, #"{"anyOf": [\#(body), {"type": "null"}]}"#) }
            return schema(name, name == "reason" ? decisionReason : body)
        }.joined(separator: ", ")
        return
            #"{"type": "object", "required": [\#(names)], "additionalProperties": false, "properties": {\#(properties)}}"#
    }

    private static func operation(
        _ path: String,
        _ id: String,
        _ scope: String,
        _ summary: String,
        parameters: String = "",
        body: String,
        answer: String,
        statuses: [String] = ["200"],
        conflicts: Bool = false
    ) -> String {
        let answers = statuses.map {
            #""\#($0)": {"description": "Done.", "content": {"application/json": {"schema": \#(answer)}}}"#
        }.joined(separator: ", ")
        let more =
            conflicts
            ? problems(400, 401, 403, 404, 408, 409, 413, 415, 500, 503)
            : problems(400, 401, 403, 408, 413, 415, 500, 503)
        return #"""
            "\#(path)": {
              "post": {
                "operationId": "\#(id)", "tags": ["identity"], "summary": "\#(summary)",
                \#(secured(scope)),
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
        parameters: String,
        answer: String
    ) -> String {
        #"""
        "\#(path)": {
          "get": {
            "operationId": "\#(id)", "tags": ["identity"], "summary": "\#(summary)",
            \#(secured("identity")),
            "parameters": [\#(parameters)],
            "responses": {
              "200": {"description": "A page.", "content": {"application/json": {"schema": \#(answer)}}},
              \#(problems(400, 401, 403, 408, 413, 500, 503))
            }
          }
        }
        """#
    }
}
