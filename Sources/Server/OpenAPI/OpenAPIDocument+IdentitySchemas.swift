import Identity

extension OpenAPIDocument {
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
                "IdentityProposal",
                object(
                    [
                        "proposalId", "decision", "status", "requester", "reason", "approvalsNeeded", "approvers",
                        "proposedAt", "expiresAt", "endedBy", "endReason", "customers", "consequence",
                    ],
                    [
                        ("proposalId", ref("Count")), ("decision", names(IdentityDecision.Kind.self)),
                        ("status", names(IdentityProposal.Status.self)), ("requester", words), ("reason", words),
                        ("approvalsNeeded", ref("Count")), ("approvers", list(words)), ("proposedAt", moment),
                        ("expiresAt", moment), ("endedBy", maybe("string")), ("endReason", maybe("string")),
                        ("customers", list(ref("GlobalCustomerId"))),
                        (
                            "consequence",
                            #"{"type": "object", "description": "What would come of it on the day it was made; empty once it has ended."}"#
                        ),
                    ]
                )
            ),
            schema(
                "WaitingDecision",
                object(
                    ["proposal"],
                    [("proposal", ref("IdentityProposal")), ("refused", list(ref("RefusedIdentifier")))]
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
                #"{"type": "object", "required": ["eventType", "timestamp"], "description": "IDENTITY_RESOLUTION, DATA_DELETION or RELATIONSHIP_RECORDED as docs/events.md describes them. Hashes are whole SHA-256 values in hex.", "properties": {"eventType": {"type": "string", "enum": ["IDENTITY_RESOLUTION", "DATA_DELETION", "RELATIONSHIP_RECORDED"]}, "timestamp": {"type": "string", "format": "date-time"}, "relationshipId": {"type": "string", "maxLength": 128}, "provider": {"type": "string", "enum": ["break_glass", "callback", "open_case", "outbound", "quality_review"]}, "agentId": {"type": ["string", "null"], "maxLength": 128}, "queueId": {"type": ["string", "null"], "maxLength": 128}, "customerId": {"type": ["string", "null"], "maxLength": 128}, "identifier": {"type": ["object", "null"]}, "from": {"type": "string", "format": "date-time"}, "to": {"type": "string", "format": "date-time"}, "reason": {"type": ["string", "null"], "maxLength": 100}}}"#
            ),
        ].joined(separator: ",\n")
    }
}
