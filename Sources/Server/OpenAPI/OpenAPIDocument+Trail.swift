extension OpenAPIDocument {
    /// Questions to the audit trail.
    static let trailPaths = #"""
        "/api/v1/accesses": {
          "get": {
            "operationId": "listAccesses", "tags": ["trail"],
            "summary": "Who saw this customer? What did this agent see? What was seen on this call?",
            "description": "At least one of customerId, agentId and interactionId is needed; of several, all must hold. Newest first. A plus sign in the query stands for itself, not for a space.",
            \#(secured("audit")),
            "parameters": [
              {
                "name": "customerId", "in": "query",
                "description": "The customer's id as in the system of record. It becomes a token before it is looked for; only the token is recorded.",
                "schema": {"$ref": "#/components/schemas/CustomerId"}, "example": "C-1001"
              },
              {"name": "agentId", "in": "query", "schema": {"$ref": "#/components/schemas/PlatformId"}},
              {"name": "interactionId", "in": "query", "schema": {"$ref": "#/components/schemas/PlatformId"}},
              {
                "name": "on", "in": "query", "description": "A whole day in UTC; instead of from and to.",
                "schema": {"type": "string", "format": "date"}, "example": "2026-01-02"
              },
              {"$ref": "#/components/parameters/from"},
              {"$ref": "#/components/parameters/to"},
              {
                "name": "includeRefused", "in": "query", "description": "Whether reads that released nothing are wanted too.",
                "schema": {"type": "boolean", "default": false}
              },
              {"$ref": "#/components/parameters/proofs"},
              {"$ref": "#/components/parameters/limit"},
              {"$ref": "#/components/parameters/cursor"},
              {"$ref": "#/components/parameters/reason"}
            ],
            "responses": {
              "200": {
                "description": "A page of accesses.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/AccessPage"}}}
              },
              \#(problems(400, 401, 403, 408, 413, 500, 503))
            }
          }
        },
        "/api/v1/events": {
          "get": {
            "operationId": "listEvents", "tags": ["trail"], "summary": "Events of one kind, newest first.",
            \#(secured("audit")),
            "parameters": [
              {
                "name": "eventType", "in": "query", "required": true,
                "schema": {"$ref": "#/components/schemas/EventType"}, "example": "API_CLIENT_CREATED"
              },
              {"$ref": "#/components/parameters/from"},
              {"$ref": "#/components/parameters/to"},
              {"$ref": "#/components/parameters/proofs"},
              {"$ref": "#/components/parameters/limit"},
              {"$ref": "#/components/parameters/cursor"},
              {"$ref": "#/components/parameters/reason"}
            ],
            "responses": {
              "200": {
                "description": "A page of events.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/EventPage"}}}
              },
              \#(problems(400, 401, 403, 408, 413, 500, 503))
            }
          }
        },
        "/api/v1/events/{index}": {
          "get": {
            "operationId": "getEvent", "tags": ["trail"], "summary": "One event, by its place in the ledger.",
            \#(secured("audit")),
            "parameters": [
              {"$ref": "#/components/parameters/index"},
              {"$ref": "#/components/parameters/proofs"},
              {"$ref": "#/components/parameters/reason"}
            ],
            "responses": {
              "200": {
                "description": "The event.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/FoundEvent"}}}
              },
              \#(problems(400, 401, 403, 404, 408, 413, 500, 503))
            }
          }
        },
        "/api/v1/tokens": {
          "post": {
            "operationId": "lookUpToken", "tags": ["trail"],
            "summary": "The token under which a customer stands in the ledger. The id is sent in the body, where no proxy logs it.",
            \#(secured("audit")),
            "requestBody": {
              "required": true,
              "content": {
                "application/json": {
                  "schema": {
                    "type": "object", "required": ["customerId"], "additionalProperties": false,
                    "properties": {
                      "customerId": {"$ref": "#/components/schemas/CustomerId"},
                      "reason": {"$ref": "#/components/schemas/Reason"}
                    }
                  },
                  "example": {"customerId": "C-1001", "reason": "complaint 77"}
                }
              }
            },
            "responses": {
              "200": {
                "description": "The token.",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object", "required": ["token"], "additionalProperties": false,
                      "properties": {"token": {"type": "string", "pattern": "^(subject|hmac-sha256:[0-9]+:customer):[0-9a-f]{64}$"}}
                    }
                  }
                }
              },
              \#(problems(400, 401, 403, 408, 413, 415, 500, 503))
            }
          }
        }
        """#
}
