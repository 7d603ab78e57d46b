extension OpenAPIDocument {
    /// What detection looks for.
    static let rulePaths = #"""
        "/api/v1/rules": {
          "get": {
            "operationId": "listRules", "tags": ["alerts"], "summary": "The rules that raise alerts.",
            \#(secured("alerts")),
            "responses": {
              "200": {
                "description": "The rules.",
                "content": {
                  "application/json": {
                    "schema": {
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
                  }
                }
              },
              \#(problems(400, 401, 403, 408, 413, 500, 503))
            }
          }
        },
        "/api/v1/rules/test": {
          "post": {
            "operationId": "testRules", "tags": ["alerts"], "summary": "Runs every fixture of the shipped rules.",
            \#(secured("alerts")),
            "responses": {
              "200": {
                "description": "How many cases there were, and which did not do as they say.",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object", "required": ["passed", "cases", "failed", "shortcomings"],
                      "additionalProperties": false,
                      "properties": {
                        "passed": {"type": "boolean"}, "cases": {"type": "integer"},
                        "failed": {"type": "array", "items": {"type": "object"}},
                        "shortcomings": {"type": "array", "items": {"type": "string"}}
                      }
                    }
                  }
                }
              },
              \#(problems(400, 401, 403, 408, 413, 415, 500, 503))
            }
          }
        },
        "/api/v1/rules/backtests": {
          "post": {
            "operationId": "beginBacktest", "tags": ["alerts"],
            "summary": "Has rules read the record, to see which alerts they would have raised. One at a time on a node; nothing but the question is written.",
            \#(secured("alerts")),
            "requestBody": {
              "required": false,
              "content": {
                "application/json": {
                  "schema": {
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
                      "to": {"type": ["string", "null"], "format": "date-time", "description": "Only alerts up to then."},
                      "limit": {
                        "type": ["integer", "null"], "minimum": 0, "maximum": 1000, "default": 1000,
                        "description": "Alerts that are listed at the most; all are counted."
                      },
                      "reason": {"oneOf": [{"$ref": "#/components/schemas/Reason"}, {"type": "null"}]}
                    }
                  },
                  "example": {"from": "2026-11-01T00:00:00.000Z", "limit": 10}
                }
              }
            },
            "responses": {
              "202": {
                "description": "It is under way; ask how it stands.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Backtest"}}}
              },
              \#(problems(400, 401, 403, 408, 409, 413, 415, 500, 503))
            }
          }
        },
        "/api/v1/rules/backtests/{id}": {
          "get": {
            "operationId": "getBacktest", "tags": ["alerts"],
            "summary": "How a backtest stands, and what came of it. The newest few are kept, by the node that ran them, until it stops.",
            \#(secured("alerts")),
            "parameters": [\#(backtestID)],
            "responses": {
              "200": {
                "description": "The backtest.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Backtest"}}}
              },
              \#(problems(400, 401, 403, 404, 408, 413, 500, 503))
            }
          }
        },
        "/api/v1/rules/backtests/{id}/cancel": {
          "post": {
            "operationId": "cancelBacktest", "tags": ["alerts"], "summary": "Ends a backtest that is under way.",
            \#(secured("alerts")),
            "parameters": [\#(backtestID)],
            "responses": {
              "200": {
                "description": "The backtest.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Backtest"}}}
              },
              \#(problems(400, 401, 403, 404, 408, 413, 415, 500, 503))
            }
          }
        }
        """#

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
