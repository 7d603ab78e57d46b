import Credentials
import Ledger

extension OpenAPIDocument {
    /// Parameters that several operations have.
    static let parameters = #"""
        "index": {
          "name": "index", "in": "path", "required": true, "description": "The entry's place in the ledger.",
          "schema": {"type": "integer", "minimum": 0}, "example": 0
        },
        "tile": {
          "name": "tile", "in": "path", "required": true,
          "description": "Number of the tile in groups of three digits, all but the last with an x before them, and .p/<width> behind a partial tile. The slashes between the groups are sent as they are: x001/234, 000.p/17.",
          "schema": {"type": "string", "pattern": "^(x[0-9]{3}/)*[0-9]{3}(\\.p/[0-9]{1,3})?$"}, "example": "000"
        },
        "bundle": {
          "name": "bundle", "in": "path", "required": true,
          "description": "Number of the bundle, written like that of a tile.",
          "schema": {"type": "string", "pattern": "^(x[0-9]{3}/)*[0-9]{3}(\\.p/[0-9]{1,3})?$"}, "example": "000"
        },
        "clientId": {
          "name": "id", "in": "path", "required": true, "description": "The client's id.",
          "schema": {"type": "string", "pattern": "^cl_[a-z2-7]+$"}, "example": "cl_abcdefghijklmnop"
        },
        "from": {
          "name": "from", "in": "query", "description": "The first moment, inclusive: RFC 3339, or a date for its first moment in UTC.",
          "schema": {"type": "string", "format": "date-time"}, "example": "2026-01-02T00:00:00Z"
        },
        "to": {
          "name": "to", "in": "query", "description": "The moment at which to stop, exclusive; after from.",
          "schema": {"type": "string", "format": "date-time"}, "example": "2026-01-03T00:00:00Z"
        },
        "proofs": {
          "name": "proofs", "in": "query", "description": "Whether each event comes with its proof (C2SP tlog-proof).",
          "schema": {"type": "boolean", "default": false}
        },
        "limit": {
          "name": "limit", "in": "query", "description": "Events in a page.",
          "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
        },
        "cursor": {
          "name": "cursor", "in": "query", "description": "Where to go on: nextCursor of the page before.",
          "schema": {"type": "string", "pattern": "^(0|[1-9][0-9]{0,17})$"}
        },
        "reason": {
          "name": "reason", "in": "query", "description": "What the answer is for. It is recorded, so it must name nobody.",
          "schema": {"type": "string", \#(reasonRule)}
        }
        """#

    /// Words of a person, as ``TextRule/reason`` takes them.
    static let reasonRule = #""minLength": 1, "maxLength": 200, "pattern": "^[^\\u0000-\\u001F\\u007F-\\u009F]*$""#

    /// The shapes of bodies.
    static let schemas = #"""
        "CustomerId": {"type": "string", "pattern": "^[A-Za-z0-9._~@+:-]{1,128}$"},
        "PlatformId": {
          "type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$",
          "description": "Id of an agent or conversation on the platform, in either case."
        },
        "Reason": {"type": ["string", "null"], \#(reasonRule)},
        "Scope": {
          "type": "string", "pattern": "\#(Scope.pattern)",
          "description": "read:<route> and read:* for audited reads, audit for the audit trail, ledger for entries and proofs, sinks for delivery, alerts for what detection found, respond for asking for containment and taking it back, respond.approve for agreeing to it, redact for redaction, redact.reverse for taking it back, admin for management, identity for identification and decisions about who is whom, identity.approve for agreeing to such decisions, identity.forget for forgetting, identity.pseudonyms for finding out who stands behind a recipient's pseudonym, events for reporting events of other systems."
        },
        "AddressRange": {
          "type": "string", "description": "An IP address, or a range in CIDR notation without bits beyond its prefix."
        },
        "EventType": {"type": "string", "enum": [\#(EventType.all.map { "\"\($0)\"" }.joined(separator: ", "))]},
        "Count": {"type": "integer", "minimum": 0},
        "Event": {
          "type": "object",
          "description": "A typed fact; the fields beside these depend on the type. Its RFC 8785 form is the ledger's entry.",
          "required": ["eventId", "eventType", "producer", "schemaVersion", "timestamp"],
          "properties": {
            "eventId": {"type": "string"},
            "eventType": {"type": "string"},
            "producer": {"type": "string"},
            "schemaVersion": {"type": "integer", "minimum": 1},
            "timestamp": {"type": "string", "format": "date-time"}
          }
        },
        "FoundEvent": {
          "type": "object", "required": ["index", "event"], "additionalProperties": false,
          "properties": {
            "index": {"$ref": "#/components/schemas/Count"},
            "event": {"$ref": "#/components/schemas/Event"},
            "proof": {"type": "string", "description": "Its tlog-proof, when asked for."}
          }
        },
        "AccessPage": {
          "type": "object", "required": ["accesses", "nextCursor", "completeToTreeSize", "receipt"], "additionalProperties": false,
          "properties": {
            "accesses": {"type": "array", "items": {"$ref": "#/components/schemas/FoundEvent"}},
            \#(pageMembers)
          }
        },
        "EventPage": {
          "type": "object", "required": ["events", "nextCursor", "completeToTreeSize", "receipt"], "additionalProperties": false,
          "properties": {
            "events": {"type": "array", "items": {"$ref": "#/components/schemas/FoundEvent"}},
            \#(pageMembers)
          }
        },
        "Client": {
          "type": "object", "additionalProperties": false,
          "required": [
            "id", "name", "scopes", "allowedAddresses", "created", "expires", "revoked", "signatureRequired", "signingKeys",
            "certificates"
          ],
          "properties": {
            "id": {"type": "string"},
            "name": {"type": "string"},
            "scopes": {"type": "array", "items": {"type": "string"}},
            "allowedAddresses": {"type": "array", "items": {"$ref": "#/components/schemas/AddressRange"}},
            "created": {"type": "string", "format": "date-time"},
            "expires": {"type": ["string", "null"], "format": "date-time"},
            "revoked": {"type": ["string", "null"], "format": "date-time"},
            "signatureRequired": {"type": "boolean"},
            "signingKeys": {
              "type": "array",
              "items": {
                "type": "object", "required": ["algorithm", "fingerprint", "expires", "readable"], "additionalProperties": false,
                "properties": {
                  "algorithm": {"enum": ["hmac-sha256", "ed25519"]},
                  "fingerprint": {"type": "string", "description": "SHA-256 of the public key or of the secret, in hex."},
                  "expires": {"type": ["string", "null"], "format": "date-time"},
                  "readable": {"type": "boolean", "description": "False when the keyring's key that its secret is sealed under is gone."}
                }
              }
            },
            "certificates": {"type": "array", "items": {"$ref": "#/components/schemas/CertificateBinding"}}
          }
        },
        "CertificateBinding": {
          "type": "string", "pattern": "^(sha256:[0-9a-fA-F:]{64,95}|dns:[!-~]+|uri:[!-~]+)$",
          "description": "SHA-256 of the certificate, or a subject alternative name."
        },
        "NewSigningKey": {
          "type": ["object", "null"], "required": ["algorithm"], "additionalProperties": false,
          "properties": {
            "algorithm": {"enum": ["hmac-sha256", "ed25519"]},
            "publicKey": {
              "type": ["string", "null"], "minLength": 44, "maxLength": 200,
              "description": "Of ed25519: the raw key of 32 bytes or its SubjectPublicKeyInfo, in base64. Of hmac-sha256 none: the secret is made here."
            }
          }
        },
        "IssuedSecret": {
          "type": "object", "required": ["client"], "additionalProperties": false,
          "properties": {
            "client": {"$ref": "#/components/schemas/Client"},
            "secret": {"type": "string", "description": "Shown once; only its hash is kept. Not there when the client keeps its old one."},
            "signingSecret": {
              "type": "string", "description": "Shown once, in base64; a sealed copy is kept. Only of a new key for hmac-sha256."
            }
          }
        },
        "Readiness": {
          "type": "object", "required": ["status", "cluster", "parts", "routes"], "additionalProperties": false,
          "properties": {
            "status": {"$ref": "#/components/schemas/PartStatus"},
            "cluster": {"$ref": "#/components/schemas/Cluster"},
            "parts": {
              "type": "array",
              "items": {
                "type": "object", "required": ["name", "status"], "additionalProperties": false,
                "properties": {
                  "name": {"type": "string"},
                  "status": {"$ref": "#/components/schemas/PartStatus"},
                  "reason": {"type": "string"}
                }
              }
            },
            "routes": {
              "type": "array",
              "items": {
                "type": "object", "required": ["name", "upstream", "failMode", "state"], "additionalProperties": false,
                "properties": {
                  "name": {"type": "string"},
                  "upstream": {"type": "string"},
                  "failMode": {"enum": ["refuse", "spool"]},
                  "state": {"enum": ["serving", "spooling", "refusing", "upstream-unavailable"]}
                }
              }
            }
          }
        },
        "Cluster": {
          "type": "object", "required": ["node", "engine", "treeSize", "indexLag", "leases"], "additionalProperties": false,
          "properties": {
            "node": {"type": "string", "description": "The name of the node that answers."},
            "engine": {"enum": ["sqlite", "postgresql"]},
            "role": {"enum": ["leader", "member"], "description": "Whether this node does any work that runs once in a cluster."},
            "treeSize": {"type": "integer", "description": "Entries in the ledger as this node knows it."},
            "indexLag": {
              "type": ["integer", "null"], "description": "Entries that the query index lacks; null when it cannot be read."
            },
            "leases": {
              "type": ["array", "null"], "description": "Null when the store cannot be read.",
              "items": {
                "type": "object", "required": ["work", "holder", "fence", "remainingMilliseconds"],
                "additionalProperties": false,
                "properties": {
                  "work": {"type": "string"},
                  "holder": {"type": ["string", "null"], "description": "The node, and which run of it; null when nobody."},
                  "fence": {"type": "integer"},
                  "remainingMilliseconds": {"type": "integer"}
                }
              }
            }
          }
        },
        "PartStatus": {"enum": ["ok", "degraded", "failed"]},
        "Status": {
          "type": "object", "additionalProperties": false,
          "required": ["configurationHash", "policyHash", "startedAt", "now", "ledger", "dataPlane"],
          "properties": {
            "configurationHash": {"type": "string"},
            "policyHash": {"type": "string"},
            "startedAt": {"type": "string", "format": "date-time"},
            "now": {"type": "string", "format": "date-time"},
            "ledger": {
              "type": "object", "additionalProperties": false,
              "required": [
                "origin", "verifierKey", "size", "indexedSize", "commits", "failedCommits", "appended", "commitFailure",
                "anchorFailure"
              ],
              "properties": {
                "origin": {"type": "string"},
                "verifierKey": {"type": "string"},
                "size": {"$ref": "#/components/schemas/Count"},
                "indexedSize": {"$ref": "#/components/schemas/Count"},
                "commits": {"$ref": "#/components/schemas/Count"},
                "failedCommits": {"$ref": "#/components/schemas/Count"},
                "appended": {"$ref": "#/components/schemas/Count"},
                "commitFailure": {"type": ["string", "null"]},
                "anchorFailure": {"type": ["string", "null"]}
              }
            },
            "dataPlane": {
              "type": "object", "required": ["connections", "journal", "upstreams"], "additionalProperties": false,
              "properties": {
                "connections": {"$ref": "#/components/schemas/Count"},
                "journal": {
                  "type": ["object", "null"], "required": ["records", "bytes", "failure"], "additionalProperties": false,
                  "properties": {
                    "records": {"$ref": "#/components/schemas/Count"},
                    "bytes": {"$ref": "#/components/schemas/Count"},
                    "failure": {"type": ["string", "null"]}
                  }
                },
                "upstreams": {
                  "type": "array",
                  "items": {
                    "type": "object", "required": ["name", "leftAlone"], "additionalProperties": false,
                    "properties": {"name": {"type": "string"}, "leftAlone": {"type": "boolean"}}
                  }
                }
              }
            }
          }
        },
        "Problem": {
          "type": "object", "required": ["type", "title", "status", "code"], "additionalProperties": false,
          "properties": {
            \#(problemMembers),
            "detail": {"type": "string", "description": "Which part of the request it is about."},
            "instance": {"type": "string", "description": "The request's id, which stands in the log, too."}
          }
        },
        "ReadProblem": {
          "type": "object", "required": ["type", "title", "status", "code"], "additionalProperties": false,
          "properties": {
            \#(problemMembers),
            "receipt": {"type": "string", "description": "The entry that records the refusal."}
          }
        }
        """#

    private static let pageMembers = #"""
        "nextCursor": {"type": ["string", "null"], "description": "Where the next page goes on; null when this is the last."},
            "completeToTreeSize": {
              "$ref": "#/components/schemas/Count", "description": "The answer misses nothing among this many entries."
            },
            "receipt": {"$ref": "#/components/schemas/Count", "description": "The entry that records the question."}
        """#

    private static let problemMembers = #"""
        "type": {"type": "string", "pattern": "^urn:muniment:problem:[a-z-]+$", "description": "Never changes."},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "code": {"type": "string", "pattern": "^[a-z-]+$", "description": "The last part of type."}
        """#
}
