extension OpenAPIDocument {
    /// What detection found.
    static let alertPaths = #"""
        "/api/v1/alerts": {
          "get": {
            "operationId": "listAlerts", "tags": ["alerts"],
            "summary": "What detection found, newest first, with its evidence and what became of it.",
            \#(secured("alerts")),
            "parameters": [
              {
                "name": "status", "in": "query", "description": "Only those that stand so.",
                "schema": {"$ref": "#/components/schemas/AlertStatus"}
              },
              {
                "name": "alertId", "in": "query", "description": "Only this one.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 256}
              },
              {
                "name": "limit", "in": "query", "description": "At most so many.",
                "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
              }
            ],
            "responses": {
              "200": {
                "description": "The alerts.",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object", "required": ["alerts"], "additionalProperties": false,
                      "properties": {"alerts": {"type": "array", "items": {"$ref": "#/components/schemas/Alert"}}}
                    }
                  }
                }
              },
              \#(problems(400, 401, 403, 408, 413, 500, 503))
            }
          }
        },
        "/api/v1/alerts/decisions": {
          "post": {
            "operationId": "decideAlert", "tags": ["alerts"], "summary": "A person's decision about an alert.",
            \#(secured("alerts")),
            "requestBody": {
              "required": true,
              "content": {
                "application/json": {
                  "schema": {
                    "type": "object", "required": ["alertId", "decision"], "additionalProperties": false,
                    "properties": {
                      "alertId": {"type": "string", "minLength": 1, "maxLength": 256},
                      "decision": {"enum": ["acknowledge", "resolve", "dismiss", "reopen"]},
                      "reason": {"$ref": "#/components/schemas/Reason"},
                      "until": {
                        "type": "string", "format": "date-time",
                        "description": "The end of a dismissal, within a year."
                      }
                    }
                  },
                  "example": {"alertId": "D-13-6-agent-1", "decision": "resolve", "reason": "talked to the agent"}
                }
              }
            },
            "responses": {
              "200": {
                "description": "The alert as it is now.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Alert"}}}
              },
              \#(problems(400, 401, 403, 404, 408, 409, 413, 415, 500, 503))
            }
          }
        }
        """#

    static let alertSchemas = #"""
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
