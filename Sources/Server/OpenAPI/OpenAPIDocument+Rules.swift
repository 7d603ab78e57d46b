extension OpenAPIDocument {
    /// What detection looks for.
    static let ruleOperations: [Operation] =
        [
            Operation(
                .rules,
                "listRules",
                "The rules that raise alerts.",
                answers: [
                    .ok(
                        "The rules.",
                        #"""
                        {
                          "type": "object", "required": ["rules"], "additionalProperties": false,
                          "properties": {
                            "rules": {
                              "type": "array",
                              "items": {
                                "type": "object", "additionalProperties": false,
                                "required": ["code", "name", "title", "version", "severity", "file"],
                                "properties": {
                                  "code": {"type": "string"}, "name": {"type": "string"}, "title": {"type": "string"},
                                  "version": {"type": "integer"}, "severity": {"type": "string"}, "file": {"type": "string"}
                                }
                              }
                            }
                          }
                        }
                        """#
                    )
                ]
            ),
            Operation(
                .testRules,
                "testRules",
                "Runs every fixture of the rules in force, the shipped ones and the installation's own.",
                answers: [
                    .ok(
                        "How many cases there were, and which did not do as they say.",
                        #"""
                        {
                          "type": "object", "required": ["passed", "cases", "failed", "shortcomings"], "additionalProperties": false,
                          "properties": {
                            "passed": {"type": "boolean"}, "cases": {"type": "integer"},
                            "failed": {
                              "type": "array",
                              "items": {
                                "type": "object", "additionalProperties": false,
                                "required": ["rule", "file", "line", "name", "expected", "fired", "outcome"],
                                "properties": {
                                  "rule": {"type": "string"}, "file": {"type": "string"}, "line": {"type": "integer"},
                                  "name": {"type": "string"}, "expected": {"type": "boolean"}, "fired": {"type": "boolean"},
                                  "outcome": {"type": "string", "description": "What the rule did, in words."}
                                }
                              }
                            },
                            "shortcomings": {"type": "array", "items": {"type": "string"}}
                          }
                        }
                        """#
                    )
                ]
            ),
            Operation(
                .beginBacktest,
                "beginBacktest",
                "Has rules read the record, to see which alerts they would have raised. One at a time on a node; nothing but the question is written.",
                body: .optional(
                    #"""
                    {
                      "type": "object", "additionalProperties": false,
                      "properties": {
                        "rules": {
                          "type": ["array", "null"], "maxItems": 20,
                          "description": "Rule files to try beside those in force; one with the name of a shipped file takes its place.",
                          "items": {
                            "type": "object", "required": ["name", "text"], "additionalProperties": false,
                            "properties": {
                              "name": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"},
                              "text": {"type": "string", "description": "YAML, in the subset of Sigma 2.1."}
                            }
                          }
                        },
                        "from": {"type": ["string", "null"], "format": "date-time", "description": "Only alerts from then on."},
                        "to": {"type": ["string", "null"], "format": "date-time", "description": "Only alerts up to then; not before `from`."},
                        "limit": {
                          "type": ["integer", "null"], "minimum": 0, "maximum": 1000, "default": 1000,
                          "description": "Alerts that are listed at the most; all are counted."
                        },
                        "reason": {"oneOf": [{"$ref": "#/components/schemas/Reason"}, {"type": "null"}]}
                      }
                    }
                    """#,
                    example: #"{"from": "2026-11-01T00:00:00.000Z", "limit": 10}"#
                ),
                answers: [.status(202, "It is under way; ask how it stands.", ref("Backtest"))],
                problems: [409]
            ),
            Operation(
                .backtest,
                "getBacktest",
                "How a backtest stands, and what came of it. The newest few are kept, by the node that ran them, until it stops.",
                parameters: [backtestID],
                answers: [.ok("The backtest.", ref("Backtest"))],
                problems: [404]
            ),
            Operation(
                .cancelBacktest,
                "cancelBacktest",
                "Ends a backtest that is under way.",
                parameters: [backtestID],
                answers: [.ok("The backtest.", ref("Backtest"))],
                problems: [404]
            ),
        ]

    private static let backtestID = #"""
        {
          "name": "id", "in": "path", "required": true, "description": "The backtest.",
          "schema": {"type": "string", "minLength": 1, "maxLength": 64}
        }
        """#

    static let ruleSchemas = #"""
        "Backtest": {
          "type": "object", "additionalProperties": false,
          "required": ["backtestId", "state", "began", "actor", "read", "size", "failure", "result"],
          "properties": {
            "backtestId": {"type": "string"},
            "state": {"enum": ["running", "done", "failed", "cancelled"]},
            "began": {"type": "string", "format": "date-time"},
            "actor": {"type": "string"},
            "read": {"type": "integer", "description": "Entries read so far, of `size`."},
            "size": {"type": "integer"},
            "failure": {"type": ["string", "null"]},
            "result": {
              "type": ["object", "null"], "required": ["entries", "rules", "alerts"], "additionalProperties": false,
              "properties": {
                "entries": {"type": "integer"},
                "rules": {
                  "type": "array",
                  "items": {
                    "type": "object", "additionalProperties": false,
                    "required": ["rule", "code", "wouldHaveRaised", "wouldHaveCleared", "recorded"],
                    "properties": {
                      "rule": {"type": "string"}, "code": {"type": "string"}, "wouldHaveRaised": {"type": "integer"},
                      "wouldHaveCleared": {"type": "integer"}, "recorded": {"type": "integer"}
                    }
                  }
                },
                "alerts": {
                  "type": "array", "items": {"type": "object"},
                  "description": "With the fields of DETECTION_ALERT_RAISED, and their time."
                }
              }
            }
          }
        },
        """#
}
