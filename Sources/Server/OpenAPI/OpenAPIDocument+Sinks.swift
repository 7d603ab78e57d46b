extension OpenAPIDocument {
    /// Delivery.
    static let sinkPaths = #"""
        "/api/v1/sinks": {
          "get": {
            "operationId": "listSinks", "tags": ["sinks"], "summary": "Every sink, with where every entry of the ledger stands for it.",
            \#(secured("sinks")),
            "responses": {
              "200": {
                "description": "The sinks.",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object", "required": ["sinks"], "additionalProperties": false,
                      "properties": {"sinks": {"type": "array", "items": {"$ref": "#/components/schemas/Sink"}}}
                    }
                  }
                }
              },
              \#(problems(400, 401, 403, 408, 413, 500, 503))
            }
          }
        },
        "/api/v1/sinks/{name}": {
          "get": {
            "operationId": "getSink", "tags": ["sinks"], "summary": "One sink.",
            \#(secured("sinks")),
            "parameters": [{"$ref": "#/components/parameters/sinkName"}],
            "responses": {\#(sinkAnswer), \#(problems(400, 401, 403, 404, 408, 413, 500, 503))}
          }
        },
        "/api/v1/sinks/{name}/dead-letters": {
          "get": {
            "operationId": "listDeadLetters", "tags": ["sinks"],
            "summary": "Entries that the sink can never take, and why, by index.",
            \#(secured("sinks")),
            "parameters": [
              {"$ref": "#/components/parameters/sinkName"},
              {
                "name": "from", "in": "query", "description": "Begin at this index.",
                "schema": {"type": "integer", "minimum": 0, "maximum": 9007199254740991, "default": 0}
              },
              {
                "name": "limit", "in": "query", "description": "At most so many.",
                "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
              }
            ],
            "responses": {
              "200": {
                "description": "The dead letters.",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object", "required": ["deadLetters"], "additionalProperties": false,
                      "properties": {
                        "deadLetters": {"type": "array", "items": {"$ref": "#/components/schemas/DeadLetter"}}
                      }
                    }
                  }
                }
              },
              \#(problems(400, 401, 403, 404, 408, 413, 500, 503))
            }
          }
        },
        "/api/v1/sinks/{name}/pause": {
          "post": {
            "operationId": "pauseSink", "tags": ["sinks"], "summary": "Stops sending; everything stays in the ledger.",
            \#(secured("sinks")),
            "parameters": [{"$ref": "#/components/parameters/sinkName"}],
            "requestBody": {
              "required": false,
              "content": {
                "application/json": {
                  "schema": {
                    "type": "object", "additionalProperties": false,
                    "properties": {"reason": {"$ref": "#/components/schemas/Reason"}}
                  },
                  "example": {"reason": "maintenance of the SIEM"}
                }
              }
            },
            "responses": {\#(sinkAnswer), \#(problems(400, 401, 403, 404, 408, 409, 413, 415, 500, 503))}
          }
        },
        "/api/v1/sinks/{name}/resume": {
          "post": {
            "operationId": "resumeSink", "tags": ["sinks"],
            "summary": "Goes on, after a pause or after the sink stopped itself.",
            \#(secured("sinks")),
            "parameters": [{"$ref": "#/components/parameters/sinkName"}],
            "requestBody": {
              "required": false,
              "content": {"application/json": {"schema": {"type": "object", "additionalProperties": false}}}
            },
            "responses": {\#(sinkAnswer), \#(problems(400, 401, 403, 404, 408, 409, 413, 415, 500, 503))}
          }
        },
        "/api/v1/sinks/{name}/redrive": {
          "post": {
            "operationId": "redriveSink", "tags": ["sinks"],
            "summary": "Sends dead letters again: those from first to last, or all of them.",
            \#(secured("sinks")),
            "parameters": [{"$ref": "#/components/parameters/sinkName"}],
            "requestBody": {"required": false, \#(rangeContent)},
            "responses": {
              "200": {
                "description": "How many are sent again.",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object", "required": ["redriven"], "additionalProperties": false,
                      "properties": {"redriven": {"type": "integer", "minimum": 1}}
                    }
                  }
                }
              },
              \#(problems(400, 401, 403, 404, 408, 409, 413, 415, 500, 503))
            }
          }
        },
        "/api/v1/sinks/{name}/backfill": {
          "post": {
            "operationId": "backfillSink", "tags": ["sinks"],
            "summary": "Has the sink take entries from before its start as well; what lies between last and its start is left out.",
            \#(secured("sinks")),
            "parameters": [{"$ref": "#/components/parameters/sinkName"}],
            "requestBody": {"required": true, \#(rangeContent)},
            "responses": {\#(sinkAnswer), \#(problems(400, 401, 403, 404, 408, 409, 413, 415, 500, 503))}
          }
        },
        \#(proofPaths)
        """#

    private static let sinkAnswer = #"""
        "200": {
          "description": "The sink as it is now.",
          "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Sink"}}}
        }
        """#

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

    static let rangeContent = #"""
        "content": {
          "application/json": {
            "schema": {
              "type": "object", "additionalProperties": false,
              "properties": {\#(rangeMembers)}
            },
            "example": {"first": 120, "last": 140}
          }
        }
        """#

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
            "name", "kind", "definitionHash", "guarantee", "state", "stateReason", "stateSince", "conservation",
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
            "state": {"type": "string", "enum": ["running", "paused", "stopped"]},
            "stateReason": {"type": ["string", "null"]},
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
              "type": ["object", "null"], "required": ["reason", "at"], "additionalProperties": false,
              "properties": {"reason": {"type": "string"}, "at": {"type": "string", "format": "date-time"}}
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
            "detail": {"type": ["string", "null"], "description": "The destination's own words, without secrets."},
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
