/// The description of both planes' HTTP interfaces (OpenAPI 3.1.0), as served at `GET /openapi.json`.
///
/// An area in each file, as ``Operation``s of the endpoints that are served; what must not drift from the code (paths, scopes, problems,
/// kinds of event, limits) is taken from it.
enum OpenAPIDocument {
    /// The document as UTF-8 JSON.
    static let bytes = Array(text.utf8)

    /// The document.
    static let text = #"""
        {
          "openapi": "3.1.0",
          "info": {
            "title": "Muniment",
            "version": "1",
            "summary": "Audited reads of customer data, and the record of them.",
            "description": "Two planes with addresses of their own. The data plane answers audited reads; the control plane answers questions to the audit trail, serves the ledger as a C2SP tlog-tiles log, and manages API clients. Every error is an RFC 9457 problem document whose `type` never changes. Each GET of the control plane answers HEAD too. Of all answers only full tiles may be cached.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}
          },
          "servers": [{"url": "/", "description": "The control plane, which serves this document."}],
          "tags": [
            {"name": "reads", "description": "Audited reads, on the data plane."},
            {"name": "trail", "description": "Questions to the audit trail. Each is recorded as AUDIT_TRAIL_READ before it is answered."},
            {"name": "identity", "description": "Who is whom. Every identification and every decision is an event; identifiers are sent in bodies only, and kept as keyed codes."},
            {"name": "log", "description": "The ledger as a tlog-tiles log, for independent verification."},
            {"name": "redaction", "description": "Personal data in text that the caller sends. Nothing of it is kept or logged."},
            {"name": "clients", "description": "API clients. Each change is an event."},
            {"name": "sinks", "description": "Delivery of the record to SIEM, warehouse and locked storage. Each change is an event."},
            {"name": "alerts", "description": "What detection found, and people's decisions about it. Each change is an event."},
            {"name": "containment", "description": "The containment of agents, with approvals. Each change is an event before it is done."},
            {"name": "honey", "description": "Customers who are planted for nobody to read. Each change, and each look at the list, is an event."},
            {"name": "operations", "description": "Health, metrics and settings."}
          ],
          "security": [],
          "paths": {
        \#(paths("operations", installationOperations)),
        \#(paths("log", logOperations)),
        \#(paths("trail", trailOperations)),
        \#(paths("identity", identityOperations)),
        \#(paths("redaction", redactionOperations)),
        \#(paths("clients", clientOperations)),
        \#(paths("sinks", sinkOperations)),
        \#(paths("alerts", alertOperations)),
        \#(paths("alerts", ruleOperations)),
        \#(paths("containment", containmentOperations)),
        \#(paths("honey", honeyOperations)),
        \#(readPaths)
          },
          "components": {
            "securitySchemes": {
              "basic": {
                "type": "http",
                "scheme": "basic",
                "description": "Id and secret of an API client. The roles named at an operation are scopes of the client."
              },
              "bearer": {
                "type": "http",
                "scheme": "bearer",
                "description": "`<id>.<secret>` of an API client, or an access token from `POST /oauth/token`."
              },
              "signature": {
                "type": "apiKey", "in": "header", "name": "Signature-Input",
                "description": "An HTTP message signature (RFC 9421) by hmac-sha256 or ed25519, with `Signature-Input` and `Signature`: covers `@method`, `@path`, `@query` where there is one, and `content-digest` (RFC 9530, sha-256) where there is a body; has `created`, `keyid` (the client's id) and a `nonce` of its own; `alg`, where it is given, is that of the client's key. Stands in place of `Authorization`, or beside it."
              }
            },
            "parameters": {
        \#(sinkName)
        \#(parameters)
            },
            "responses": {
        \#(responses)
            },
            "schemas": {
        \#(sinkSchemas)
        \#(alertSchemas)
        \#(ruleSchemas)
        \#(containmentSchemas)
        \#(honeySchemas)
        \#(schemas),
        \#(identitySchemas)
            }
          }
        }

        """#
}
