import Redaction

extension OpenAPIDocument {
    private static let typeEnum = EntityType.allCases.map { "\"\($0.name)\"" }.joined(separator: ", ")
    private static let actionEnum = RedactionRoutes.actions.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")

    /// Redaction and its reversal.
    static let redactionOperations: [Operation] =
        [
            Operation(
                .redact,
                "redact",
                "Replaces personal data in a text, a document or a transcript.",
                description:
                    "Exactly one of text, json and transcript; the answer has the same member with the personal data replaced. At most 1 MiB.",
                body: .required(
                    #"""
                    {
                      "type": "object", "additionalProperties": false,
                      "properties": {
                        "text": {"type": "string"},
                        "json": {"description": "Any JSON value; it comes back as one of the same structure."},
                        "transcript": {
                          "type": ["object", "array"],
                          "description": "Phrases with a text and, if wanted, their words, as in Genesys Cloud transcripts."
                        },
                        "action": {
                          "type": ["string", "null"], "enum": [\#(actionEnum), null],
                          "description": "What stands in place of a finding; mask when left out."
                        },
                        "scope": {
                          "type": ["string", "null"], "minLength": 1, "maxLength": 100,
                          "description": "Where equal values get equal replacements: a tenant, a conversation."
                        },
                        "policy": {
                          "type": ["string", "null"], "minLength": 1, "maxLength": 64,
                          "description": "A policy of the configuration, which then says what is looked for and what becomes of it: without action and types."
                        },
                        "customerId": {
                          "type": ["string", "null"], "minLength": 1, "maxLength": 64,
                          "description": "Whose text it is, as a global customer id: tokens go when the customer is forgotten."
                        },
                        "identifier": {
                          "anyOf": [{"$ref": "#/components/schemas/Identifier"}, {"type": "null"}],
                          "description": "The same by an identifier."
                        },
                        "types": {
                          "type": ["array", "null"], "minItems": 1, "items": {"enum": [\#(typeEnum)]},
                          "description": "What is looked for; everything when left out."
                        }
                      }
                    }
                    """#,
                    example: #"{"text": "my card is 4012 8888 8888 1881"}"#
                ),
                answers: [
                    .ok(
                        "What was sent, with its personal data replaced, and how much that was.",
                        #"""
                        {
                          "type": "object", "required": ["findingCount", "counts"], "additionalProperties": false,
                          "properties": {
                            "text": {"type": "string"}, "json": {}, "transcript": {"type": ["object", "array"]},
                            "findingCount": {"type": "integer", "minimum": 0},
                            "counts": {
                              "type": "array",
                              "items": {
                                "type": "object", "required": ["type", "count"], "additionalProperties": false,
                                "properties": {"type": {"enum": [\#(typeEnum)]}, "count": {"type": "integer", "minimum": 1}}
                              }
                            }
                          }
                        }
                        """#,
                        example:
                            #"{"text": "my card is ****", "findingCount": 1, "counts": [{"type": "CREDIT_CARD", "count": 1}]}"#
                    )
                ],
                problems: [404]
            ),
            Operation(
                .reverse,
                "reverseTokens",
                "Gives back what tokens stand for. Each that is found is recorded as REDACTION_REVERSED before it is answered.",
                body: .required(
                    #"""
                    {
                      "type": "object", "required": ["tokens", "reason"], "additionalProperties": false,
                      "properties": {
                        "tokens": {
                          "type": "array", "minItems": 1, "maxItems": 100,
                          "items": {"type": "string", "pattern": "^tok_[A-Z_]+_[0-9a-f]{32}$"}
                        },
                        "scope": {"type": ["string", "null"], "minLength": 1, "maxLength": 100, "description": "As it was redacted."},
                        "reason": {"type": "string", "minLength": 1, "maxLength": 200}
                      }
                    }
                    """#,
                    example:
                        #"{"tokens": ["tok_PHONE_0123456789abcdef0123456789abcdef"], "reason": "the customer asked for a call"}"#
                ),
                answers: [
                    .ok(
                        "What the tokens stand for. Unknown are those of another scope, and those that expired or were forgotten with their person.",
                        #"""
                        {
                          "type": "object", "required": ["values", "unknown"], "additionalProperties": false,
                          "properties": {
                            "values": {
                              "type": "array",
                              "items": {
                                "type": "object", "required": ["token", "type", "value"], "additionalProperties": false,
                                "properties": {"token": {"type": "string"}, "type": {"enum": [\#(typeEnum)]}, "value": {"type": "string"}}
                              }
                            },
                            "unknown": {"type": "array", "items": {"type": "string"}}
                          }
                        }
                        """#
                    )
                ]
            ),
            Operation(
                .reveal,
                "revealRedacted",
                "Turns back a number that the action formatPreserving wrote. Recorded as REDACTION_REVERSED before it is answered.",
                body: .required(
                    #"""
                    {
                      "type": "object", "required": ["value", "type", "reason"], "additionalProperties": false,
                      "properties": {
                        "value": {"type": "string", "minLength": 1, "maxLength": 64}, "type": {"enum": [\#(typeEnum)]},
                        "scope": {"type": ["string", "null"], "minLength": 1, "maxLength": 100, "description": "As it was redacted."},
                        "reason": {"type": "string", "minLength": 1, "maxLength": 200}
                      }
                    }
                    """#,
                    example: #"{"value": "415-555-0132", "type": "PHONE", "reason": "the customer asked for a call"}"#
                ),
                answers: [
                    .ok(
                        "The number as it was. Whether it is the one that was redacted cannot be told from it alone.",
                        #"""
                        {
                          "type": "object", "required": ["value", "type"], "additionalProperties": false,
                          "properties": {"value": {"type": "string"}, "type": {"enum": [\#(typeEnum)]}}
                        }
                        """#
                    )
                ]
            ),
        ]
}
