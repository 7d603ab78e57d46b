extension OpenAPIDocument {
    /// API clients.
    static let clientPaths = #"""
        "/api/v1/clients": {
          "get": {
            "operationId": "listClients", "tags": ["clients"], "summary": "Every client, revoked ones too, oldest first.",
            \#(secured("admin")),
            "responses": {
              "200": {
                "description": "The clients.",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object", "required": ["clients"], "additionalProperties": false,
                      "properties": {"clients": {"type": "array", "items": {"$ref": "#/components/schemas/Client"}}}
                    }
                  }
                }
              },
              \#(problems(400, 401, 403, 408, 413, 500, 503))
            }
          },
          "post": {
            "operationId": "createClient", "tags": ["clients"],
            "summary": "Makes a client. Its secret is in this answer and nowhere else.",
            "description": "A request with an Idempotency-Key is refused with the problem idempotency-unsupported, since the answer is not kept and cannot be given again.",
            \#(secured("admin")),
            "requestBody": {
              "required": true,
              "content": {
                "application/json": {
                  "schema": {
                    "type": "object", "required": ["name", "scopes"], "additionalProperties": false,
                    "properties": {
                      "name": {
                        "type": "string", "minLength": 1, "maxLength": 200,
                        "description": "At most 200 bytes, no control characters."
                      },
                      "scopes": {
                        "type": "array", "minItems": 1, "maxItems": 100, "items": {"$ref": "#/components/schemas/Scope"}
                      },
                      "allowedAddresses": {
                        "type": ["array", "null"], "maxItems": 100, "items": {"$ref": "#/components/schemas/AddressRange"},
                        "description": "Where it may call from; empty for anywhere."
                      },
                      "expires": {
                        "type": ["string", "null"], "format": "date-time", "description": "When it stops working; in the future."
                      },
                      "signing": {"$ref": "#/components/schemas/NewSigningKey"},
                      "signatureRequired": {
                        "type": ["boolean", "null"], "description": "Whether each request must be signed. Needs a key."
                      },
                      "certificates": {
                        "type": ["array", "null"], "maxItems": 20, "items": {"$ref": "#/components/schemas/CertificateBinding"},
                        "description": "Over which client certificates alone it may call; empty for any or none."
                      }
                    }
                  },
                  "example": {"name": "contact centre", "scopes": ["read:*"], "allowedAddresses": ["192.0.2.0/24"]}
                }
              }
            },
            "responses": {
              "201": {
                "description": "The client with its secret.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/IssuedSecret"}}}
              },
              \#(problems(400, 401, 403, 408, 413, 415, 500, 503))
            }
          }
        },
        "/api/v1/clients/{id}/rotate": {
          "post": {
            "operationId": "rotateClient", "tags": ["clients"],
            "summary": "Gives a client a new secret, which is in this answer and nowhere else.",
            "description": "With `signing`, `signatureRequired` or `certificates` only what they name is changed, and the secret stays.",
            \#(secured("admin")),
            "parameters": [{"$ref": "#/components/parameters/clientId"}],
            "requestBody": {
              "required": true,
              "content": {
                "application/json": {
                  "schema": {
                    "type": "object", "required": ["overlapSeconds"], "additionalProperties": false,
                    "properties": {
                      "overlapSeconds": {
                        "type": "integer", "minimum": 0, "maximum": 2592000,
                        "description": "How long the old secrets or keys go on working."
                      },
                      "signing": {"$ref": "#/components/schemas/NewSigningKey"},
                      "signatureRequired": {
                        "type": ["boolean", "null"], "description": "Whether each request must be signed. Needs a key."
                      },
                      "certificates": {
                        "type": ["array", "null"], "maxItems": 20, "items": {"$ref": "#/components/schemas/CertificateBinding"},
                        "description": "Over which client certificates alone it may call; empty for any or none."
                      }
                    }
                  },
                  "example": {"overlapSeconds": 86400}
                }
              }
            },
            "responses": {
              "200": {
                "description": "The client with its new secret.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/IssuedSecret"}}}
              },
              \#(problems(400, 401, 403, 404, 408, 409, 413, 415, 500, 503))
            }
          }
        },
        "/api/v1/clients/{id}/revoke": {
          "post": {
            "operationId": "revokeClient", "tags": ["clients"],
            "summary": "Ends a client: at once on this node, within a second on every other.",
            \#(secured("admin")),
            "parameters": [{"$ref": "#/components/parameters/clientId"}],
            "requestBody": {
              "required": false,
              "content": {
                "application/json": {
                  "schema": {
                    "type": "object", "additionalProperties": false,
                    "properties": {"reason": {"$ref": "#/components/schemas/Reason"}}
                  },
                  "example": {"reason": "left the project"}
                }
              }
            },
            "responses": {
              "200": {
                "description": "The client as it is now.",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object", "required": ["client"], "additionalProperties": false,
                      "properties": {"client": {"$ref": "#/components/schemas/Client"}}
                    }
                  }
                }
              },
              \#(problems(400, 401, 403, 404, 408, 409, 413, 415, 500, 503))
            }
          }
        }
        """#
}
