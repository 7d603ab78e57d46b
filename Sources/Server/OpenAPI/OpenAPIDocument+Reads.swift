extension OpenAPIDocument {
    /// The data plane, which listens at an address of its own.
    private static let dataPlane = #"""
        [{
          "url": "https://{host}:{port}",
          "description": "The data plane.",
          "variables": {"host": {"default": "localhost"}, "port": {"default": "8080"}}
        }]
        """#

    /// Audited reads.
    static let readPaths = #"""
        "/api/v1/read/{route}": {
          "servers": \#(dataPlane),
          "post": {
            "operationId": "read", "tags": ["reads"],
            "summary": "Fetches a customer's data for an agent on an interaction, masked as the policy says, once that is recorded.",
            \#(secured(["read:{route}"])),
            "parameters": [
              {
                "name": "route", "in": "path", "required": true, "description": "A route of the configuration.",
                "schema": {"type": "string", "minLength": 1}, "example": "customer-profile"
              }
            ],
            "requestBody": {
              "required": true,
              "content": {
                "application/json": {
                  "schema": {
                    "type": "object", "required": ["customerId", "agentId", "interactionId"], "additionalProperties": false,
                    "properties": {
                      "customerId": {"$ref": "#/components/schemas/CustomerId"},
                      "agentId": {"$ref": "#/components/schemas/PlatformId"},
                      "interactionId": {"$ref": "#/components/schemas/PlatformId"},
                      "purpose": {
                        "type": ["string", "null"],
                        "description": "One of the route's purposes. May be left out where the route has a default."
                      },
                      "reason": {
                        "type": ["string", "null"], "maxLength": 100, "pattern": "^[^\\u0000-\\u001F\\u007F-\\u009F]*$",
                        "description": "Why the record is needed: a code or a few words without personal data, at most 100 bytes. It is recorded. Needed while the agent's reads have to be justified (`justification-required`)."
                      }
                    }
                  },
                  "example": {
                    "customerId": "C-1001", "agentId": "0b5f3c2e-6a55-4d7c-9a3e-6f1d2c3b4a59",
                    "interactionId": "5f0c1d2e-3b4a-4c5d-8e6f-7a8b9c0d1e2f", "purpose": "service"
                  }
                }
              }
            },
            "responses": {
              "200": {
                "description": "The released fields, in the shape in which the system of record has them.",
                "headers": {
                  "Muniment-Receipt": {
                    "required": true, "description": "The entry that records the read; `spooled` while the ledger is away.",
                    "schema": {"type": "string", "pattern": "^([0-9]+|spooled)$"}
                  },
                  "Muniment-Event": {
                    "required": true, "description": "The id of the event.", "schema": {"type": "string"}
                  },
                  "Muniment-Binding": {
                    "required": true, "description": "How well agent, interaction and customer are tied together.",
                    "schema": {"enum": ["verified", "partial", "claimed", "contradicted", "unverifiable"]}
                  }
                },
                "content": {"application/json": {}}
              },
              \#(problems([400, 401, 403, 404, 405, 413, 415, 429, 502, 503, 504], of: "ReadProblem"))
            }
          }
        },
        "/oauth/token": {
          "servers": \#(dataPlane),
          "post": {
            "operationId": "getAccessToken", "tags": ["reads"],
            "summary": "An access token for an API client (RFC 6749 section 4.4).",
            "security": [{"basic": []}, {"bearer": []}, {"signature": []}],
            "requestBody": {
              "required": true,
              "content": {
                "application/x-www-form-urlencoded": {
                  "schema": {
                    "type": "object", "required": ["grant_type"], "properties": {"grant_type": {"const": "client_credentials"}}
                  }
                }
              }
            },
            "responses": {
              "200": {
                "description": "The token.",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object", "required": ["access_token", "token_type", "expires_in"],
                      "properties": {
                        "access_token": {"type": "string"},
                        "token_type": {"const": "bearer"},
                        "expires_in": {"type": "integer", "minimum": 1, "description": "In seconds."}
                      }
                    }
                  }
                }
              },
              \#(problems([400, 401, 403, 405, 413], of: "ReadProblem"))
            }
          }
        }
        """#
}
