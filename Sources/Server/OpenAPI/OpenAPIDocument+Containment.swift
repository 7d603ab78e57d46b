import Detection

extension OpenAPIDocument {
    /// Containment, and what a SOAR signs.
    static let containmentOperations: [Operation] =
        [
            Operation(
                .containment,
                "listContainment",
                "Who is contained, and how far it has come.",
                parameters: [
                    #"""
                    {
                      "name": "all", "in": "query", "description": "Those that are over, too.",
                      "schema": {"type": "boolean", "default": false}
                    }
                    """#, parameter("reason"),
                ],
                answers: [.ok("The cases, newest first.", only("cases", list(ref("ContainmentCase"))))]
            ),
            Operation(
                .contain,
                "contain",
                "Asks for a step. Masking and blocking happen within a second; the platform's steps wait for approvals.",
                body: proposal,
                answers: [caseAnswer],
                problems: [404, 409]
            ),
            Operation(
                .containmentCase,
                "showContainment",
                "A case with the state before and everything that happened to it.",
                parameters: [
                    #"""
                    {
                      "name": "id", "in": "path", "required": true,
                      "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"}
                    }
                    """#, parameter("reason"),
                ],
                answers: [.ok("The case; `history` holds its events, oldest first.", ref("ContainmentHistory"))],
                problems: [404]
            ),
            Operation(
                .previewContainment,
                "previewContainment",
                "The dry run: what a proposal would do, and how its target stands. Nothing is done or recorded.",
                body: proposal,
                answers: [.ok("What it would do.", ref("ContainmentPreview"))]
            ),
            Operation(
                .approveContainment,
                "approveContainment",
                "Agrees to a step that another client asked for.",
                body: .required(
                    only("caseId", #"{"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"}"#),
                    example: #"{"caseId": "c-1"}"#
                ),
                answers: [caseAnswer],
                problems: [404, 409]
            ),
            Operation(
                .refuseContainment,
                "refuseContainment",
                "Refuses a step, or withdraws it, before it has begun.",
                body: decision,
                answers: [caseAnswer],
                problems: [404, 409]
            ),
            Operation(
                .undoContainment,
                "undoContainment",
                "Takes a step back now.",
                body: decision,
                answers: [caseAnswer],
                problems: [404, 409]
            ),
            Operation(
                .signedDecision,
                "decideContainmentSigned",
                "A SOAR's approval or refusal, signed as Standard Webhooks says: the signature is the credential.",
                description:
                    "HMAC-SHA-256 (`v1`) or Ed25519 (`v1a`) over `<webhook-id>.<webhook-timestamp>.<body>` by one of the keys in `detection.containment.soar.secrets`. The time is within five minutes of now, and each id is taken once. 404 when no key is configured.",
                parameters: [
                    #"{"name": "webhook-id", "in": "header", "required": true, "schema": {"type": "string"}}"#,
                    #"""
                    {
                      "name": "webhook-timestamp", "in": "header", "required": true,
                      "description": "Seconds since 1970.", "schema": {"type": "string"}
                    }
                    """#,
                    #"{"name": "webhook-signature", "in": "header", "required": true, "schema": {"type": "string"}}"#,
                ],
                body: .required(
                    #"""
                    {
                      "type": "object", "required": ["caseId", "decision"], "additionalProperties": false,
                      "properties": {
                        "caseId": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
                        "decision": {"enum": ["approve", "refuse"]}, "reason": {"$ref": "#/components/schemas/Reason"}
                      }
                    }
                    """#,
                    example: #"{"caseId": "c-1", "decision": "refuse", "reason": "a drill"}"#
                ),
                answers: [caseAnswer],
                problems: [401, 404, 409, 500, 503]
            ),
        ]

    private static let steps = ContainmentStep.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")

    private static let caseAnswer = Operation.Answer.ok("The case as it is now.", ref("ContainmentCase"))

    private static let decision = Operation.Body.required(
        #"""
        {
          "type": "object", "required": ["caseId", "reason"], "additionalProperties": false,
          "properties": {
            "caseId": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
            "reason": {"type": "string", \#(reasonRule)}
          }
        }
        """#,
        example: #"{"caseId": "c-1", "reason": "a false alarm"}"#
    )

    private static let proposal = Operation.Body.required(
        #"""
        {
          "type": "object", "required": ["step", "reason"], "additionalProperties": false,
          "properties": {
            "caseId": {
              "type": ["string", "null"], "pattern": "^[A-Za-z0-9._-]{1,64}$",
              "description": "Of the caller's choosing: asking twice is asking once. Made up when left out."
            },
            "step": {"enum": [\#(steps)]},
            "agentId": {
              "type": ["string", "null"], "pattern": "^[A-Za-z0-9._-]{1,64}$",
              "description": "The platform's id of the user; for every step but disable_client."
            },
            "clientId": {
              "type": ["string", "null"], "pattern": "^[A-Za-z0-9._-]{1,64}$",
              "description": "The id of the platform's OAuth client, for disable_client."
            },
            "reason": {"type": "string", \#(reasonRule)},
            "alerts": {
              "type": ["array", "null"], "maxItems": 20, "items": {"type": "string"}, "description": "Ids of alerts that exist."
            },
            "minutes": {
              "type": ["integer", "null"], "minimum": 1, "maximum": 525600,
              "description": "End it by itself after so many; for steps that can be taken back."
            },
            "afterCall": {
              "type": ["boolean", "null"], "default": false,
              "description": "deactivate_user waits while the agent is in a conversation, or may be, half an hour at the most when nobody can tell."
            }
          }
        }
        """#,
        example: #"{"step": "mask_only", "agentId": "agent-1", "reason": "200 customers in ten minutes"}"#
    )

    static let containmentSchemas = #"""
        "ContainmentCase": {
          "type": "object", "required": \#(caseMembers), "additionalProperties": false,
          "properties": {\#(caseProperties)}
        },
        "ContainmentHistory": {
          "type": "object", "required": ["caseId", "step", "targetId", "phase", "effect", "priorState", "history"],
          "additionalProperties": false,
          "properties": {
            \#(caseProperties),
            "priorState": {"description": "What undoing goes back to; null until it was read."},
            "history": {
              "type": "array",
              "items": {
                "type": "object", "required": ["eventType", "timestamp", "actor"],
                "properties": {
                  "eventType": {"type": "string"},
                  "timestamp": {"type": "string", "format": "date-time"},
                  "actor": {"type": "string"}
                }
              }
            }
          }
        },
        "ContainmentPreview": {
          "type": "object",
          "required": ["consequence", "approvalsNeeded", "reversible", "liveCall", "facts", "warnings", "identitiesLeft", "obstacle"],
          "additionalProperties": false,
          "properties": {
            "consequence": {"type": "string"},
            "approvalsNeeded": {"type": "integer"},
            "reversible": {"type": "boolean"},
            "liveCall": {"type": ["boolean", "null"], "description": "Null when it cannot be told."},
            "facts": {"type": "array", "items": {"type": "string"}, "description": "How the platform says the target stands."},
            "warnings": {"type": "array", "items": {"type": "string"}, "description": "What makes it doubtful: an agent never seen."},
            "identitiesLeft": {"type": "integer", "description": "How many more may be contained within the hour."},
            "obstacle": {"type": ["string", "null"], "description": "Why it would be refused."}
          }
        },
        """#

    private static let caseMembers = #"""
        [
          "caseId", "step", "targetId", "phase", "effect", "requester", "reason", "alerts", "warnings", "approvalsNeeded",
          "approvers",
          "proposedAt", "expiresAt", "undoAt", "retryAt", "endedBy", "problem"
        ]
        """#

    private static let phases = ContainmentCase.Phase.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")

    private static let caseProperties = #"""
        "caseId": {"type": "string"},
        "step": {"type": "string"},
        "targetId": {"type": "string"},
        "phase": {"enum": [\#(phases)]},
        "effect": {
          "enum": ["none", "unknown", "shown"],
          "description": "What reading back showed. Accepted by the platform is unknown until then."
        },
        "requester": {"type": "string"},
        "reason": {"type": "string"},
        "alerts": {"type": "array", "items": {"type": "string"}},
        "warnings": {"type": "array", "items": {"type": "string"}, "description": "What made the proposal doubtful: an agent never seen."},
        "approvalsNeeded": {"type": "integer"},
        "approvers": {"type": "array", "items": {"type": "string"}},
        "proposedAt": {"type": "string", "format": "date-time"},
        "expiresAt": {
          "type": ["string", "null"], "format": "date-time", "description": "Until when it can be approved, if it has to be."
        },
        "undoAt": {"type": ["string", "null"], "format": "date-time"},
        "retryAt": {"type": ["string", "null"], "format": "date-time", "description": "When it is tried or looked at again."},
        "endedBy": {"type": ["string", "null"]},
        "problem": {"type": ["string", "null"]}
        """#
}
