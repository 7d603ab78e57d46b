extension OpenAPIDocument {
    /// Health, metrics and settings.
    static let operationsPaths = #"""
        "/healthz": {
          "get": {
            "operationId": "getHealth", "tags": ["operations"], "summary": "Whether the process lives.",
            "responses": {
              "200": {
                "description": "It does.",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object", "required": ["status"], "additionalProperties": false,
                      "properties": {"status": {"const": "ok"}}
                    }
                  }
                }
              },
              \#(problems(400, 408, 413))
            }
          }
        },
        "/readyz": {
          "get": {
            "operationId": "getReadiness", "tags": ["operations"],
            "summary": "Whether requests should be sent here: every part, and what each route does for its callers.",
            "responses": {
              "200": {
                "description": "Yes, though a part may be degraded.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Readiness"}}}
              },
              "503": {
                "description": "No: a part has failed.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Readiness"}}}
              },
              \#(problems(400, 408, 413))
            }
          }
        },
        "/metrics": {
          "get": {
            "operationId": "getMetrics", "tags": ["operations"],
            "summary": "Metrics in the Prometheus text exposition format 0.0.4.",
            "responses": {
              "200": {"description": "The metrics.", "content": {"text/plain": {"schema": {"type": "string"}}}},
              \#(problems(400, 408, 413))
            }
          }
        },
        "/openapi.json": {
          "get": {
            "operationId": "getDescription", "tags": ["operations"], "summary": "This document.",
            "responses": {
              "200": {
                "description": "This document.",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object", "required": ["openapi"], "properties": {"openapi": {"const": "3.1.0"}}
                    }
                  }
                }
              },
              \#(problems(400, 408, 413))
            }
          }
        },
        "/api/v1/configuration": {
          "get": {
            "operationId": "getConfiguration", "tags": ["operations"], "summary": "The resolved settings without secrets.",
            \#(secured("admin")),
            "responses": {
              "200": {
                "description": "The settings, and the hash that names them in the events.",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object", "required": ["configuration", "hash"], "additionalProperties": false,
                      "properties": {"configuration": {"type": "object"}, "hash": {"type": "string"}}
                    }
                  }
                }
              },
              \#(problems(400, 401, 403, 408, 413, 500))
            }
          }
        },
        "/api/v1/status": {
          "get": {
            "operationId": "getStatus", "tags": ["operations"], "summary": "How the installation fares, in numbers.",
            \#(secured("audit", "admin")),
            "responses": {
              "200": {
                "description": "The status.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Status"}}}
              },
              \#(problems(400, 401, 403, 408, 413, 500, 503))
            }
          }
        }
        """#
}
