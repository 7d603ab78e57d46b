extension OpenAPIDocument {
    /// What detection found.
    static let alertOperations: [Operation] =
        [
            Operation(
                .alerts,
                "listAlerts",
                "What detection found, newest first, with its evidence and what became of it. The question is recorded.",
                parameters: [
                    #"""
                    {
                      "name": "status", "in": "query", "description": "Only those that stand so.",
                      "schema": {"$ref": "#/components/schemas/AlertStatus"}
                    }
                    """#,
                    #"""
                    {
                      "name": "alertId", "in": "query", "description": "Only this one.",
                      "schema": {"type": "string", "minLength": 1, "maxLength": 256}
                    }
                    """#,
                    parameter("limit"), parameter("cursor"), parameter("reason"),
                ],
                answers: [.ok("The alerts, the latest raised first.", page("alerts", of: "Alert"))]
            ),
            Operation(
                .decideAlert,
                "decideAlert",
                "A person's decision about an alert.",
                body: .required(
                    #"""
                    {
                      "type": "object", "required": ["alertId", "decision"], "additionalProperties": false,
                      "properties": {
                        "alertId": {"type": "string", "minLength": 1, "maxLength": 256},
                        "decision": {"enum": ["acknowledge", "assign", "note", "resolve", "dismiss", "reopen"]},
                        "assignee": {
                          "description": "To whom `assign` gives it; to nobody when left out.", "type": ["string", "null"],
                          \#(reasonRule)
                        },
                        "note": {
                          "description": "What `note` writes down. What looks like personal data in it is masked.",
                          "type": ["string", "null"], "minLength": 1, "maxLength": 2000,
                          "pattern": "^[^\\u0000-\\u001F\\u007F-\\u009F]*$"
                        },
                        "reason": {"$ref": "#/components/schemas/Reason"},
                        "until": {"type": "string", "format": "date-time", "description": "The end of a dismissal, within a year."}
                      }
                    }
                    """#,
                    example: #"{"alertId": "D-13-6-agent-1", "decision": "resolve", "reason": "talked to the agent"}"#
                ),
                answers: [.ok("The alert as it is now.", ref("Alert"))],
                problems: [404, 409]
            ),
            Operation(
                .suppressions,
                "listSuppressions",
                "Stretches of time in which matches are counted and raise nothing, newest first.",
                parameters: [
                    #"""
                    {
                      "name": "all", "in": "query", "description": "Those that have ended, too.",
                      "schema": {"type": "boolean", "default": false}
                    }
                    """#, parameter("limit"), parameter("cursor"),
                ],
                answers: [.ok("The suppressions.", page("suppressions", of: "Suppression"))]
            ),
            Operation(
                .suppress,
                "suppress",
                "For a time, counts what a rule matches and raises no alert of it.",
                body: .required(
                    #"""
                    {
                      "type": "object", "required": ["reason", "until"], "additionalProperties": false,
                      "properties": {
                        "rule": {
                          "type": ["string", "null"], "minLength": 1, "maxLength": 256, "default": "*",
                          "description": "A rule's name or code; every rule when left out, which needs `entity`."
                        },
                        "entity": {
                          "type": ["string", "null"], "minLength": 1, "maxLength": 256,
                          "description": "About whom or what, as alerts name it; everybody when left out."
                        },
                        "reason": {"$ref": "#/components/schemas/Reason"},
                        "until": {"type": "string", "format": "date-time", "description": "Its end, within a year."}
                      }
                    }
                    """#,
                    example:
                        #"{"rule": "D-03", "entity": "agent-1", "reason": "load test", "until": "2027-01-31T06:00:00.000Z"}"#
                ),
                answers: [.created("The suppression.", ref("Suppression"))]
            ),
            Operation(
                .liftSuppression,
                "liftSuppression",
                "Ends a suppression before its time.",
                body: .required(
                    #"""
                    {
                      "type": "object", "required": ["suppressionId", "reason"], "additionalProperties": false,
                      "properties": {
                        "suppressionId": {"type": "string", "pattern": "^[A-Za-z0-9_:.+-]{1,40}$"},
                        "reason": {"$ref": "#/components/schemas/Reason"}
                      }
                    }
                    """#,
                    example: #"{"suppressionId": "sup_00112233445566aa", "reason": "the test is over"}"#
                ),
                answers: [.ok("The suppression as it was.", ref("Suppression"))],
                problems: [404]
            ),
        ]

    /// A list that is read in pages.
    private static func page(_ name: String, of schema: String) -> String {
        object([name, "nextCursor"], [(name, list(ref(schema))), ("nextCursor", maybe("string"))])
    }

    static let alertSchemas = #"""
        "Suppression": {
          "type": "object", "additionalProperties": false,
          "required": [
            "suppressionId", "rule", "entity", "reason", "actor", "since", "until", "lasts", "matches", "lifted"
          ],
          "properties": {
            "suppressionId": {"type": "string"},
            "rule": {"type": "string"},
            "entity": {"type": ["string", "null"]},
            "reason": {"type": "string"},
            "actor": {"type": "string"},
            "since": {"type": "string", "format": "date-time"},
            "until": {"type": "string", "format": "date-time"},
            "lasts": {"type": "boolean"},
            "matches": {
              "type": "integer",
              "description": "How many it is known to have held back: told at the first, second, fourth, eighth … and at its end."
            },
            "lifted": {
              "type": ["object", "null"], "required": ["at", "actor"], "additionalProperties": false,
              "properties": {"at": {"type": "string", "format": "date-time"}, "actor": {"type": "string"}}
            }
          }
        },
        "AlertStatus": {"enum": ["open", "acknowledged", "resolved", "dismissed"]},
        "Alert": {
          "type": "object",
          "required": ["alertId", "ruleCode", "severity", "status", "sentence", "evidence", "entity", "history"],
          "description": "As the latest event of detection tells it; its fields are those of DETECTION_ALERT_RAISED.",
          "properties": {
            "alertId": {"type": "string"},
            "ruleCode": {"type": "string"},
            "severity": {"type": "string"},
            "status": {"$ref": "#/components/schemas/AlertStatus"},
            "sentence": {"type": "string"},
            "entity": {"type": "array", "items": {"type": "string"}},
            "evidence": {
              "type": "array", "items": {"type": "integer"}, "description": "Entries of the ledger: the first and the latest."
            },
            "counterEvidence": {"type": "array", "items": {"type": "string"}},
            "nearestExplanation": {"type": ["string", "null"]},
            "suggestedStep": {"type": "string"},
            "assignee": {"type": ["string", "null"], "description": "Who has it."},
            "dismissedUntil": {"type": "string", "format": "date-time"},
            "history": {
              "type": "array",
              "items": {
                "type": "object", "required": ["index", "eventType", "timestamp", "actor", "reason"],
                "additionalProperties": false,
                "properties": {
                  "index": {"type": "integer"},
                  "eventType": {"type": "string"},
                  "timestamp": {"type": "string"},
                  "actor": {"type": "string"},
                  "reason": {"type": ["string", "null"]}
                }
              }
            }
          }
        },
        """#
}
