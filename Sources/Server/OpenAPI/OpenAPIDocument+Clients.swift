extension OpenAPIDocument {
    /// API clients.
    static let clientOperations: [Operation] =
        [
            Operation(
                .clients,
                "listClients",
                "Every client, revoked ones too, oldest first.",
                answers: [.ok("The clients.", only("clients", list(ref("Client"))))]
            ),
            Operation(
                .createClient,
                "createClient",
                "Makes a client. Its secret is in this answer and nowhere else.",
                description:
                    "A request with an Idempotency-Key is refused with the problem idempotency-unsupported, since the answer is not kept and cannot be given again.",
                body: .required(
                    #"""
                    {
                      "type": "object", "required": ["name", "scopes"], "additionalProperties": false,
                      "properties": {
                        "name": {
                          "type": "string", "minLength": 1, "maxLength": 200,
                          "description": "At most 200 bytes, no control characters."
                        },
                        "scopes": {"type": "array", "minItems": 1, "maxItems": 100, "items": {"$ref": "#/components/schemas/Scope"}},
                        "allowedAddresses": {
                          "type": ["array", "null"], "maxItems": 100, "items": {"$ref": "#/components/schemas/AddressRange"},
                          "description": "Where it may call from; empty for anywhere."
                        },
                        "expires": {
                          "type": ["string", "null"], "format": "date-time",
                          "description": "When it stops working; in the future."
                        },
                        "signing": {"$ref": "#/components/schemas/NewSigningKey"},
                        "signatureRequired": {"type": ["boolean", "null"], "description": "Whether each request must be signed. Needs a key."},
                        "certificates": {
                          "type": ["array", "null"], "maxItems": 20, "items": {"$ref": "#/components/schemas/CertificateBinding"},
                          "description": "Over which client certificates alone it may call; empty for any or none."
                        }
                      }
                    }
                    """#,
                    example: #"{"name": "contact centre", "scopes": ["read:*"], "allowedAddresses": ["192.0.2.0/24"]}"#
                ),
                answers: [.created("The client with its secret.", ref("IssuedSecret"))]
            ),
            Operation(
                .rotateClient,
                "rotateClient",
                "Gives a client a new secret, which is in this answer and nowhere else.",
                description:
                    "With `signing`, `signatureRequired` or `certificates` only what they name is changed, and the secret stays.",
                parameters: [parameter("clientId")],
                body: .required(
                    #"""
                    {
                      "type": "object", "required": ["overlapSeconds"], "additionalProperties": false,
                      "properties": {
                        "overlapSeconds": {
                          "type": "integer", "minimum": 0, "maximum": 2592000,
                          "description": "How long the old secrets or keys go on working."
                        },
                        "signing": {"$ref": "#/components/schemas/NewSigningKey"},
                        "signatureRequired": {"type": ["boolean", "null"], "description": "Whether each request must be signed. Needs a key."},
                        "certificates": {
                          "type": ["array", "null"], "maxItems": 20, "items": {"$ref": "#/components/schemas/CertificateBinding"},
                          "description": "Over which client certificates alone it may call; empty for any or none."
                        }
                      }
                    }
                    """#,
                    example: #"{"overlapSeconds": 86400}"#
                ),
                answers: [.ok("The client with its new secret.", ref("IssuedSecret"))],
                problems: [404, 409]
            ),
            Operation(
                .revokeClient,
                "revokeClient",
                "Ends a client: at once on this node, within a second on every other.",
                parameters: [parameter("clientId")],
                body: .optional(
                    #"""
                    {
                      "type": "object", "additionalProperties": false,
                      "properties": {"reason": {"$ref": "#/components/schemas/Reason"}}
                    }
                    """#,
                    example: #"{"reason": "left the project"}"#
                ),
                answers: [.ok("The client as it is now.", only("client", ref("Client")))],
                problems: [404, 409]
            ),
        ]
}
