extension OpenAPIDocument {
    /// What destinations hold.
    static let proofOperations: [Operation] =
        [
            Operation(
                .reconcileSink,
                "reconcileSink",
                "Asks the destination what it holds, and compares that with what was confirmed. With resend, what is missing is sent again, and nothing else.",
                description: jobDescription,
                parameters: [parameter("sinkName")],
                body: .optional(
                    #"""
                    {
                      "type": "object", "additionalProperties": false,
                      "properties": {
                        \#(rangeMembers), \#(waitMember), "resend": {"type": ["boolean", "null"], "default": false}
                      }
                    }
                    """#,
                    example: #"{"first": 0, "last": 9999}"#
                ),
                answers: [.ok("What was found.", ref("Reconciliation")), underWay],
                problems: [404, 409]
            ),
            Operation(
                .testSink,
                "testSink",
                "Writes an entry, to see whether it arrives: ask for its standing afterwards.",
                parameters: [parameter("sinkName")],
                answers: [.created("The entry.", only("index", #"{"type": "integer"}"#))],
                problems: [404, 409]
            ),
            Operation(
                .sinkEntry,
                "getSinkEntry",
                "Where one entry stands for a sink.",
                parameters: [
                    parameter("sinkName"),
                    #"""
                    {
                      "name": "index", "in": "path", "required": true, "description": "The entry's index.",
                      "schema": {"type": "integer", "minimum": 0, "maximum": 9007199254740991}
                    }
                    """#,
                ],
                answers: [
                    .ok(
                        "Where it stands.",
                        #"""
                        {
                          "type": "object", "required": ["index", "standing", "reason"], "additionalProperties": false,
                          "properties": {
                            "index": {"type": "integer"},
                            "standing": {"enum": ["confirmed", "filtered", "dead", "in flight", "backlog"]},
                            "reason": {"type": ["string", "null"], "description": "Why it is dead."}
                          }
                        }
                        """#
                    )
                ],
                problems: [404]
            ),
            Operation(
                .stateSink,
                "stateSink",
                "Makes a signed statement of what was delivered of a range, for somebody who has nothing but it and the public key.",
                description: jobDescription,
                parameters: [parameter("sinkName")],
                body: .required(
                    #"""
                    {
                      "type": "object", "additionalProperties": false, "required": ["first", "last"],
                      "properties": {\#(rangeMembers), \#(waitMember)}
                    }
                    """#,
                    example: rangeExample
                ),
                answers: [
                    .ok(
                        "The statement; save it as a file for 'muniment sinks verify-statement'.",
                        ref("DeliveryStatement")
                    ), underWay,
                ],
                problems: [404, 409]
            ),
            Operation(
                .sinkJob,
                "getSinkJob",
                "How a comparison or a statement stands, and what came of it. The newest few are kept, by the node that ran them, until it stops.",
                parameters: [parameter("sinkName"), jobID],
                answers: [.ok("The job.", ref("SinkJob"))],
                problems: [404]
            ),
            Operation(
                .cancelSinkJob,
                "cancelSinkJob",
                "Ends a job that is under way. What it has had sent again by then stays so.",
                parameters: [parameter("sinkName"), jobID],
                answers: [.ok("The job.", ref("SinkJob"))],
                problems: [404]
            ),
        ]

    private static let jobDescription =
        "It is waited for as long as `wait` says. What takes longer goes on, and is answered with 202 and a job to ask for. A node has at most four jobs under way."

    private static let waitMember = #"""
        "wait": {
          "type": ["integer", "null"], "minimum": 0, "maximum": 25, "default": 10,
          "description": "For how many seconds the answer is waited for."
        }
        """#

    private static let underWay = Operation.Answer.status(
        202,
        "It takes longer; ask how the job stands.",
        ref("SinkJob")
    )

    private static let jobID = #"""
        {
          "name": "id", "in": "path", "required": true, "description": "The job.",
          "schema": {"type": "string", "minLength": 1, "maxLength": 64}
        }
        """#

    private static let indexRanges = #"""
        {
          "type": "array", "maxItems": 1000,
          "items": {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 2, "maxItems": 2}
        }
        """#

    private static let count = #"{"type": "integer", "minimum": 0}"#

    /// The schemas of what destinations hold.
    static let proofSchemas = #"""
        "DeliveryStatement": {
          "type": "object", "additionalProperties": false, "required": ["statement"],
          "properties": {"statement": {"type": "string", "description": "A C2SP signed note."}}
        },
        "SinkJob": {
          "type": "object", "additionalProperties": false,
          "required": ["jobId", "sink", "kind", "state", "began", "actor", "failure", "result"],
          "properties": {
            "jobId": {"type": "string"},
            "sink": {"type": "string"},
            "kind": {"enum": ["reconcile", "statement"]},
            "state": {"enum": ["running", "done", "failed", "cancelled"]},
            "began": {"type": "string", "format": "date-time"},
            "actor": {"type": "string"},
            "failure": {"oneOf": [{"$ref": "#/components/schemas/Problem"}, {"type": "null"}]},
            "result": {
              "oneOf": [
                {"$ref": "#/components/schemas/Reconciliation"}, {"$ref": "#/components/schemas/DeliveryStatement"},
                {"type": "null"}
              ],
              "description": "What the request would have been answered with."
            }
          }
        },
        "Reconciliation": {
          "type": "object", "additionalProperties": false, "required": ["result", "indexes", "indexesWhole"],
          "properties": {
            "result": {
              "type": "object", "additionalProperties": false,
              "required": [
                "sink", "firstIndex", "pastIndex", "expected", "found", "missing", "doubled", "foreign", "altered",
                "unknown", "unjudged", "resent", "complete"
              ],
              "properties": {
                "sink": {"type": "string"}, "firstIndex": \#(count), "pastIndex": \#(count),
                "expected": {"type": "integer", "minimum": 0, "description": "Confirmed."},
                "found": {"type": "integer", "minimum": 0, "description": "Confirmed, and there."},
                "missing": {"type": "integer", "minimum": 0, "description": "Confirmed, and not there."},
                "doubled": {"type": "integer", "minimum": 0, "description": "There more than once."},
                "foreign": {"type": "integer", "minimum": 0, "description": "There, and never delivered."},
                "altered": {"type": "integer", "minimum": 0, "description": "There with another leaf hash."},
                "unknown": {"type": "integer", "minimum": 0, "description": "There without being a record of the ledger."},
                "unjudged": {
                  "type": "integer", "minimum": 0,
                  "description": "Delivered before it was kept which entries were confirmed."
                },
                "resent": {"type": "integer", "minimum": 0, "description": "Of the missing ones, sent again."},
                "complete": {"type": "boolean", "description": "Whether all that was confirmed is there as it was sent."}
              }
            },
            "indexes": {
              "type": "object", "additionalProperties": false,
              "description": "Pairs of first and last index.",
              "required": ["missing", "doubled", "foreign", "altered"],
              "properties": {
                "missing": \#(indexRanges), "doubled": \#(indexRanges), "foreign": \#(indexRanges),
                "altered": \#(indexRanges)
              }
            },
            "indexesWhole": {
              "type": "boolean", "description": "Whether every range is named; of each finding there are at most 1,000."
            }
          }
        },
        """#
}
