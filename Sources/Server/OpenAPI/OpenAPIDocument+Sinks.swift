extension OpenAPIDocument {
    /// Delivery.
    static let sinkOperations: [Operation] =
        [
            Operation(
                .sinks,
                "listSinks",
                "Every sink, with where every entry of the ledger stands for it.",
                answers: [.ok("The sinks.", only("sinks", list(ref("Sink"))))]
            ),
            Operation(
                .sink,
                "getSink",
                "One sink.",
                parameters: [parameter("sinkName")],
                answers: [sinkAnswer],
                problems: [404]
            ),
            Operation(
                .deadLetters,
                "listDeadLetters",
                "Entries that the sink can never take, and why, by index.",
                parameters: [
                    parameter("sinkName"),
                    #"""
                    {
                      "name": "from", "in": "query", "description": "Begin at this index.",
                      "schema": {"type": "integer", "minimum": 0, "maximum": 9007199254740991, "default": 0}
                    }
                    """#,
                    #"""
                    {
                      "name": "limit", "in": "query", "description": "At most so many.",
                      "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
                    }
                    """#, parameter("reason"),
                ],
                answers: [.ok("The dead letters.", only("deadLetters", list(ref("DeadLetter"))))],
                problems: [404]
            ),
            Operation(
                .pauseSink,
                "pauseSink",
                "Stops sending; everything stays in the ledger.",
                parameters: [parameter("sinkName")],
                body: .optional(
                    #"""
                    {
                      "type": "object", "additionalProperties": false,
                      "properties": {"reason": {"$ref": "#/components/schemas/Reason"}}
                    }
                    """#,
                    example: #"{"reason": "maintenance of the SIEM"}"#
                ),
                answers: [sinkAnswer],
                problems: [404, 409]
            ),
            Operation(
                .resumeSink,
                "resumeSink",
                "Goes on, after a pause or after the sink stopped itself.",
                parameters: [parameter("sinkName")],
                body: .optional(#"{"type": "object", "additionalProperties": false}"#),
                answers: [sinkAnswer],
                problems: [404, 409]
            ),
            Operation(
                .redriveSink,
                "redriveSink",
                "Sends dead letters again: those from first to last, or all of them.",
                parameters: [parameter("sinkName")],
                body: .optional(range, example: rangeExample),
                answers: [.ok("How many are sent again.", only("redriven", #"{"type": "integer", "minimum": 1}"#))],
                problems: [404, 409]
            ),
            Operation(
                .backfillSink,
                "backfillSink",
                "Has the sink take entries from before its start as well; what lies between last and its start is left out until it is asked for.",
                parameters: [parameter("sinkName")],
                body: .required(range, example: rangeExample),
                answers: [sinkAnswer],
                problems: [404, 409]
            ),
        ] + proofOperations

    private static let sinkAnswer = Operation.Answer.ok("The sink as it is now.", ref("Sink"))

    /// The members that name a range of indexes.
    static let rangeMembers = #"""
        "first": {
          "type": "integer", "minimum": 0, "maximum": 9007199254740991, "description": "The first index."
        },
        "last": {
          "type": "integer", "minimum": 0, "maximum": 9007199254740991,
          "description": "The last index; not below first."
        }
        """#

    /// A range of indexes.
    static let range = #"{"type": "object", "additionalProperties": false, "properties": {\#(rangeMembers)}}"#
    static let rangeExample = #"{"first": 120, "last": 140}"#

    /// The schemas of delivery.
    static let sinkSchemas = #"""
        "Conservation": {
          "type": "object", "additionalProperties": false,
          "description": "Where every entry of the ledger stands for a sink: head - start = filtered + confirmed + inFlight + dead + backlog.",
          "required": ["head", "start", "filtered", "confirmed", "inFlight", "dead", "backlog", "holds"],
          "properties": {
            "head": {"type": "integer", "minimum": 0, "description": "The ledger's size."},
            "start": {"type": "integer", "minimum": 0, "description": "The first entry that the sink is responsible for."},
            "filtered": {"type": "integer", "minimum": 0, "description": "Not for the sink."},
            "confirmed": {"type": "integer", "minimum": 0, "description": "Delivered, as surely as the guarantee says."},
            "inFlight": {"type": "integer", "minimum": 0, "description": "Sent and not yet confirmed."},
            "dead": {"type": "integer", "minimum": 0, "description": "Can never be taken; listed with the reason."},
            "backlog": {"type": "integer", "minimum": 0, "description": "Still to be sent."},
            "holds": {"type": "boolean", "description": "Whether the terms add up; they always do."}
          }
        },
        "Sink": {
          "type": "object", "additionalProperties": false,
          "required": [
            "name", "kind", "definitionHash", "guarantee", "guaranteeReason", "state", "stateReason", "stateActor", "stateSince", "conservation",
            "possibleDuplicates", "concurrency", "lowWatermark", "manifestedTo", "lastConfirmed", "lastFailure", "oldestUndelivered",
            "lagSeconds"
          ],
          "properties": {
            "name": {"type": "string"}, "kind": {"type": "string"},
            "definitionHash": {"type": "string", "description": "SHA-256 of its settings."},
            "guarantee": {
              "type": "string", "enum": ["exactly once", "confirmed", "accepted", "best effort"],
              "description": "What a success means; it follows from the destination."
            },
            "guaranteeReason": {"type": "string", "description": "Why it means that and no more."},
            "state": {"type": "string", "enum": ["running", "paused", "stopped"]},
            "stateReason": {"type": ["string", "null"]},
            "stateActor": {"type": ["string", "null"], "description": "Who paused it or had it go on; null when nobody did."},
            "stateSince": {"type": "string", "format": "date-time"},
            "conservation": {"$ref": "#/components/schemas/Conservation"},
            "possibleDuplicates": {"type": "integer", "minimum": 0},
            "concurrency": {
              "type": "integer", "minimum": 1,
              "description": "Most requests at the same time, as last found out from the destination's answers."
            },
            "lowWatermark": {"type": "integer", "minimum": 0, "description": "Nothing below is still to be delivered."},
            "manifestedTo": {"type": "integer", "minimum": 0, "description": "Manifests cover everything below."},
            "lastConfirmed": {"type": ["string", "null"], "format": "date-time"},
            "lastFailure": {
              "type": ["object", "null"], "required": ["reason", "detail", "at"], "additionalProperties": false,
              "description": "Why something was not taken since the last confirmation.",
              "properties": {
                "reason": {"type": "string"}, "at": {"type": "string", "format": "date-time"},
                "detail": {
                  "type": ["string", "null"],
                  "description": "The destination's own words, masked and shortened; null when they repeat what was sent."
                }
              }
            },
            "oldestUndelivered": {"type": ["string", "null"], "format": "date-time"},
            "lagSeconds": {"type": "integer", "minimum": 0}
          }
        },
        "DeadLetter": {
          "type": "object", "additionalProperties": false,
          "required": ["index", "reason", "detail", "attempts", "died"],
          "properties": {
            "index": {"type": "integer", "minimum": 0}, "reason": {"type": "string"},
            "detail": {"type": ["string", "null"], "description": "The destination's own words, masked and shortened; null when they repeat what was sent."},
            "attempts": {"type": "integer", "minimum": 0}, "died": {"type": "string", "format": "date-time"}
          }
        },
        \#(proofSchemas)
        """#

    /// The parameter that names a sink.
    static let sinkName = #"""
        "sinkName": {
          "name": "name", "in": "path", "required": true, "description": "The sink's name.",
          "schema": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,62}$"}, "example": "siem"
        },
        """#
}
